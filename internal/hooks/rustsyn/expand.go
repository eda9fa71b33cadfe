// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import "github.com/lsmpatch/lsmpatch/internal/limit"

import "slices"

// Bounds of what macros may make of one file, since a few hostile lines can ask for 2^64 tokens.
const (
	maxExpansion = limit.MacroTokens
	maxNested    = 32
)

// Expand takes a file apart again with its uses of macros replaced by what they make, at the place of
// the use. Lookup returns the macro of a name, or nil; macros without a rule that fits, and those that
// it does not know, stay as they are. So do the definitions, and File.Calls. A file in which nothing
// is replaced is returned as it is.
func (f *File) Expand(lookup func(name string) *Macro) *File {
	e := &expander{lookup: lookup, budget: maxExpansion}
	toks := e.expand(f.Tokens, 0)
	if !e.changed {
		return f
	}
	g := newFile(f.Path, toks, f.Problems)
	(&itemParser{file: g, lenient: true}).items(newCursor(toks), nil)
	g.Calls = f.Calls
	return g
}

type expander struct {
	lookup  func(name string) *Macro
	budget  int
	changed bool
}

// expand returns toks with the macros replaced.
func (e *expander) expand(toks []Token, depth int) []Token {
	closes := closers(toks)
	out := make([]Token, 0, len(toks))
	for i := 0; i < len(toks); i++ {
		if toks[i].Is("macro_rules") && i+3 < len(toks) && closes[i+3] > 0 {
			out = append(out, toks[i:closes[i+3]+1]...)
			i = closes[i+3]
			continue
		}
		made, end := e.use(toks, closes, i, depth)
		if end == 0 {
			out = append(out, toks[i])
			continue
		}
		// "name!(…);" is an item or a statement, whose semicolon belongs to it.
		if !toks[end-1].Is("}") && end < len(toks) && toks[end].Is(";") && endsItem(made) {
			end++
		}
		for len(out) > 1 && out[len(out)-1].Is("::") { // the path before the name
			out = out[:len(out)-2]
		}
		out = append(out, made...)
		i = end - 1
	}
	return out
}

func endsItem(toks []Token) bool {
	return len(toks) == 0 || toks[len(toks)-1].Is("}") || toks[len(toks)-1].Is(";")
}

// use replaces the macro whose name stands at i, and returns what it makes and the end of the use; 0
// where there is none.
func (e *expander) use(toks []Token, closes []int, i, depth int) ([]Token, int) {
	if toks[i].Kind != Ident || i+2 >= len(toks) || !toks[i+1].Is("!") || closes[i+2] < 0 || depth > maxNested || e.budget <= 0 {
		return nil, 0
	}
	args, end := toks[i+3:closes[i+2]], closes[i+2]+1
	if toks[i].Text == "paste" {
		e.changed = true
		return paste(e.expand(args, depth+1)), end
	}
	m := e.lookup(toks[i].Text)
	if m == nil {
		return nil, 0
	}
	c := newCursor(args)
	for n := range m.Arms {
		matcher, body := m.Arms[n].patterns()
		bound := map[string]*capture{}
		if c.i = 0; !match(matcher, c, bound) || c.more() {
			continue
		}
		t := &transcriber{budget: e.budget, bound: bound}
		t.nodes(body)
		e.budget -= len(t.out) + 1
		e.changed = true
		for n := range t.out {
			t.out[n].From = m
		}
		return e.expand(t.out, depth+1), end
	}
	return nil, 0
}

// paste joins what stands between "[<" and ">]" into one name.
func paste(toks []Token) []Token {
	closes := closers(toks)
	var out []Token
	for i := 0; i < len(toks); i++ {
		end := closes[i]
		if !toks[i].Is("[") || end < i+4 || !toks[i+1].Is("<") || !toks[end-1].Is(">") {
			out = append(out, toks[i])
			continue
		}
		name := toks[end-2]
		name.Kind, name.Text = Ident, ""
		for _, t := range toks[i+2 : end-1] {
			if t.Is(":") { // a modifier, such as :lower
				break
			}
			name.Text += trimLiteral(t)
		}
		if i = end; name.Text != "" {
			out = append(out, name)
		}
	}
	return out
}

func trimLiteral(t Token) string {
	if t.Kind == Literal && len(t.Text) > 1 && t.Text[0] == '"' {
		return t.Text[1 : len(t.Text)-1]
	}
	return t.Text
}

// A transcriber makes the tokens of a rule.
type transcriber struct {
	out    []Token
	budget int
	bound  map[string]*capture
}

func (t *transcriber) nodes(nodes []node) {
	for i := range nodes {
		n := &nodes[i]
		switch {
		case len(t.out) > t.budget:
			return
		case n.kind == tokenNode || n.kind == varNode && t.bound[n.name] == nil:
			t.out = append(t.out, *n.tok)
		case n.kind == varNode:
			t.out = append(t.out, t.bound[n.name].toks...)
		case n.kind == groupNode:
			t.out = append(t.out, *n.tok)
			t.nodes(n.sub)
			t.out = append(t.out, *n.end)
		default:
			t.repeat(n)
		}
	}
}

// repeat makes a repetition as often as the variables in it were captured.
func (t *transcriber) repeat(n *node) {
	names := variables(n.sub)
	times := 0
	for _, name := range names {
		if c := t.bound[name]; c != nil && c.repeated {
			times = max(times, len(c.each))
		}
	}
	outer := t.bound
	for i := range times {
		if i > 0 && n.sep != nil && n.sep.Text != "" {
			t.out = append(t.out, *n.sep)
		}
		t.bound = map[string]*capture{}
		for name, c := range outer {
			switch {
			case c.repeated && slices.Contains(names, name) && i < len(c.each):
				t.bound[name] = c.each[i]
			case !c.repeated:
				t.bound[name] = c
			}
		}
		t.nodes(n.sub)
	}
	t.bound = outer
}
