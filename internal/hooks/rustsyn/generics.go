// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import "maps"

// generics reads "<T: Hooks, …>" into type parameters with their bounds.
func (c *cursor) generics() (map[string][]string, error) {
	if !c.is("<") {
		return nil, nil
	}
	inner, err := c.angles()
	if err != nil {
		return nil, err
	}
	return bounds(inner), nil
}

// where reads a where clause, up to the body.
func (c *cursor) where() map[string][]string {
	if !c.accept("where") {
		return nil
	}
	start := c.i
	for c.more() && !c.is("{") && !c.is(";") {
		c.skipTree()
	}
	return bounds(c.toks[start:c.i])
}

// bounds reads "T: A + B, U: C": the last names of the bounds of each parameter.
func bounds(toks []Token) map[string][]string {
	found := map[string][]string{}
	depth, name := 0, ""
	for i := range toks {
		t := &toks[i]
		switch {
		case t.Is("<") || t.Is("(") || t.Is("["):
			depth++
		case t.Is(">") || t.Is(")") || t.Is("]"):
			depth--
		case depth > 0:
		case t.Is(","):
			name = ""
		case t.Kind == Ident && name == "" && t.Text != "const":
			name = t.Text
			found[name] = nil
		case t.Kind == Ident && (i+1 == len(toks) || !toks[i+1].Is("::")):
			found[name] = append(found[name], t.Text)
		}
	}
	return found
}

func mergeBounds(a, b map[string][]string) map[string][]string {
	if len(b) == 0 {
		return a
	}
	m := maps.Clone(b)
	for k, v := range a {
		m[k] = append(m[k], v...)
	}
	return m
}
