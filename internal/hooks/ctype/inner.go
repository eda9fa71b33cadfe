// SPDX-License-Identifier: GPL-2.0-only

package ctype

// Inner returns the static variables that the functions of u have, of a struct that wanted names, or arrays of one. They live as
// long as those outside do, and nobody can name them there: one whose name stands for something else as well is left out.
func (u *Unit) Inner(wanted func(tag string) bool) []*Decl {
	var found []*Decl
	times := map[string]int{}
	for _, d := range u.Decls {
		for i := 0; i < len(d.Body); i++ {
			begins := i == 0 || d.Body[i-1].Is(";") || d.Body[i-1].Is("{") || d.Body[i-1].Is("}")
			if !begins || !d.Body[i].Is("static") {
				continue
			}
			toks := statement(d.Body[i:])
			if i += len(toks); !ofStruct(toks, wanted) {
				continue
			}
			p := &parser{toks: toks}
			decls, err := p.declList()
			if err != nil {
				continue
			}
			for _, one := range decls {
				one.Cond = toks[0].Cond()
				times[one.Name]++
				found = append(found, &one)
			}
		}
	}
	only := found[:0]
	for _, d := range found {
		if times[d.Name] == 1 && len(u.named(d.Name)) == 0 {
			only = append(only, d)
		}
	}
	return only
}

// statement returns the tokens before the semicolon that ends what toks begins with, or all of them.
func statement(toks []Token) []Token {
	depth := 0
	for i := range toks {
		if depth += toks[i].nesting(); depth == 0 && toks[i].Is(";") {
			return toks[:i]
		}
	}
	return toks
}

// ofStruct reports whether a declaration names a wanted struct before it names a variable.
func ofStruct(toks []Token, wanted func(tag string) bool) bool {
	for i := 0; i+1 < len(toks) && toks[i].Kind == Ident; i++ {
		if toks[i].Is("struct") {
			return wanted(toks[i+1].Text)
		}
	}
	return false
}
