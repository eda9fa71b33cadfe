// SPDX-License-Identifier: GPL-2.0-only

package needs

import "github.com/lsmpatch/lsmpatch/internal/hooks/ctype"

// unitWords says which parts of a unit name a word, so that each list does not have the whole unit looked through.
type unitWords struct {
	bodies map[string][]*ctype.Decl // the functions by the words of their bodies
	inits  map[string][]*ctype.Decl // the declarations by the words of their initializers
	count  map[string]int           // how often a word stands in the unit
	// registered are the places of the registrations in the file.
	registered map[ctype.Pos]bool
	adders     []adder
	through    map[string][]addition // see throughTables
}

// wordsOf returns what a unit names, and looks through it once.
func (c *needs) wordsOf(u *ctype.Unit) *unitWords {
	if w := c.words[u]; w != nil {
		return w
	}
	w := &unitWords{bodies: map[string][]*ctype.Decl{}, inits: map[string][]*ctype.Decl{}, count: map[string]int{}, registered: map[ctype.Pos]bool{}}
	for _, r := range c.Regs[u.Path] {
		w.registered[r.Pos] = true
	}
	add := func(to map[string][]*ctype.Decl, d *ctype.Decl, toks []ctype.Token) {
		for i := range toks {
			in := to[toks[i].Text]
			if toks[i].Kind == ctype.Ident && (len(in) == 0 || in[len(in)-1] != d) {
				to[toks[i].Text] = append(in, d)
			}
		}
	}
	for _, d := range u.Decls {
		if d.Defined {
			add(w.bodies, d, d.Body)
		}
		add(w.inits, d, d.Init)
	}
	for i := range u.Tokens {
		if u.Tokens[i].Kind == ctype.Ident {
			w.count[u.Tokens[i].Text]++
		}
	}
	w.adders = append(w.addersIn(), adder{name: addHooks, list: 0, count: 1})
	w.through = throughTables(u, w)
	if c.words == nil {
		c.words = map[*ctype.Unit]*unitWords{}
	}
	c.words[u] = w
	return w
}
