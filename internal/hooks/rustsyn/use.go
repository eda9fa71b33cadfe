// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import "slices"

func (p *itemParser) use(c *cursor) error {
	c.i++
	end := c.i
	for end < c.end && !c.toks[end].Is(";") {
		end++
	}
	tree := &cursor{toks: c.toks, closes: c.closes, i: c.i, end: end}
	p.useTree(tree, nil)
	c.i = end
	c.accept(";")
	return nil
}

func (p *itemParser) useTree(c *cursor, prefix []string) {
	if c.depth > maxDepth {
		return
	}
	c.accept("::")
	path := slices.Clip(prefix)
	for c.more() {
		switch {
		case c.is("{"):
			in, err := c.group()
			if err != nil {
				return
			}
			for in.more() {
				start := in.i
				p.useTree(in, path)
				in.accept(",")
				if in.i == start {
					in.i++
				}
			}
			return
		case c.accept("as"):
			if name, ok := c.acceptWord(); ok {
				p.file.Uses[name] = path
			}
			return
		case c.accept("*"):
			p.file.Globs = append(p.file.Globs, path)
			return
		case c.is(","):
			return
		case c.accept("::"):
		default:
			name, ok := c.acceptWord()
			if !ok {
				return
			}
			if name != "self" || len(path) == 0 {
				path = append(path, name)
			}
			if !c.is("::") && !c.is("as") {
				p.file.Uses[path[len(path)-1]] = path
				return
			}
		}
	}
}
