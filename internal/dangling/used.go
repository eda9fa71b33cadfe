// SPDX-License-Identifier: GPL-2.0-only

package dangling

import (
	"bytes"
	"path"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// rustHelper begins the name of a C function by which Rust calls a macro or an inline function.
const rustHelper = "rust_helper_"

// declared returns the functions and macros that a header gives to others.
func declared(u *ctype.Unit) []*name {
	var found []*name
	for _, m := range u.Macros {
		// What an architecture calls so may be named, or made, in many other ways: a register, a generated header.
		if m.Func || !strings.HasPrefix(u.Path, "arch/") {
			found = append(found, &name{text: m.Name, call: m.Func, file: u.Path, line: m.Pos.Line})
		}
	}
	for _, d := range u.Decls {
		if isFunc(d) {
			found = append(found, &name{text: d.Name, call: true, file: u.Path, line: d.Pos.Line})
		}
	}
	return found
}

func isFunc(d *ctype.Decl) bool {
	return d.Type != nil && d.Type.Class == ctype.Func && d.Storage != "typedef" && d.Name != ""
}

// lookAt notes in names, in those of exports that went, and in members of structs, what a file of the tree says of them.
func lookAt(hit tree.Hit, names, exports map[string]*name, members map[string][]*member) {
	if path.Ext(hit.Path) == ".rs" {
		lookAtRust(hit, names)
		return
	}
	u := ctype.ParseUnit(hit.Path, hit.Text, nil)
	meanings := meaningsIn(u)
	exported := exportsIn(hit.Text)
	taken := sync.OnceValue(func() map[string]int { return takenIn(u) })
	meant := map[string][]*name{} // by the words that u does not give a meaning itself
	for _, word := range hit.Words {
		others, own := meanings[word]
		if n := names[word]; n != nil {
			if n.was != n.takes {
				// It is declared, and what matters is whether that is as before, or not clear.
				own = definesFor(u, word)
				count, known := taken()[word]
				others = known && count != n.takes && !own
			}
			n.defined = n.defined || others
			if !own && n.reaches(u) {
				meant[word] = append(meant[word], n)
			}
		}
		if n := names[strings.TrimPrefix(word, rustHelper)]; n != nil && n.text != word {
			n.helped = n.helped || own
		}
		if n := exports[word]; n != nil {
			n.defined = n.defined || exported[word] > 0
			if n.neededIn(u) {
				meant[word] = append(meant[word], n)
			}
		}
	}
	if len(meant) > 0 {
		noteUses(u, meant)
	}
	noteMembers(u, hit.Words, members)
}

// meaningsIn returns the names that u gives a meaning, and whether that holds for other files as well.
func meaningsIn(u *ctype.Unit) map[string]bool {
	header := path.Ext(u.Path) == ".h"
	found := map[string]bool{}
	give := func(name string, others bool) { found[name] = found[name] || others }
	for _, d := range u.Decls {
		give(d.Name, header || d.Storage != "static")
	}
	for _, m := range u.Macros {
		give(m.Name, header)
	}
	// What macros are given outside of functions may be defined by them: DEFINE_STATIC_KEY_FALSE(name).
	for arg := range arguments(u) {
		give(arg, true)
	}
	for _, tag := range u.Tags { // enumerators, or members
		for i := range tag.Body {
			if tag.Body[i].Kind == ctype.Ident {
				give(tag.Body[i].Text, true)
			}
		}
	}
	if header { // and what was not understood
		mentions := map[string]int{}
		count := func(toks []ctype.Token, by int) {
			for i := range toks {
				if toks[i].Kind == ctype.Ident {
					mentions[toks[i].Text] += by
				}
			}
		}
		count(u.Tokens, 1)
		for _, d := range u.Decls {
			count(d.Body, -1)
		}
		for word, n := range mentions {
			if n > 0 {
				give(word, true)
			}
		}
	}
	return found
}

// reaches reports whether the header that declared n is one that u may mean: of another architecture it is none, and one that lies
// beside its users is theirs alone.
func (n *name) reaches(u *ctype.Unit) bool {
	if of, user := archOf(n.file), archOf(u.Path); of != "" && user != "" && of != user {
		return false
	}
	if strings.HasPrefix(n.file, "include/") || strings.HasPrefix(n.file, "arch/") && strings.Contains(n.file, "/include/") {
		return true
	}
	dir := path.Dir(n.file)
	return path.Dir(u.Path) == dir || strings.HasPrefix(u.Path, dir+"/")
}

// archOf returns the folder of arch/ that a file lies in, or "".
func archOf(file string) string {
	rest, ok := strings.CutPrefix(file, "arch/")
	if !ok {
		return ""
	}
	arch, _, _ := strings.Cut(rest, "/")
	return arch
}

// noteUses notes the uses of names in functions and initialisers of u.
func noteUses(u *ctype.Unit, names map[string][]*name) {
	for _, d := range u.Decls {
		for _, toks := range [][]ctype.Token{d.Body, d.Init} {
			for i := range toks {
				for _, n := range names[toks[i].Text] {
					if n.usedAt(toks, i) {
						n.uses = append(n.uses, toks[i].Pos())
					}
				}
			}
		}
	}
}

// usedAt reports whether toks[i], which is the name, stands for what was taken away: not a member, a variable of the function, a label,
// or what an #ifdef asks for first.
func (n *name) usedAt(toks []ctype.Token, i int) bool {
	t := &toks[i]
	if t.Kind != ctype.Ident || strings.Contains(t.Cond(), n.text) {
		return false
	}
	if i > 0 {
		prev := &toks[i-1]
		declares := prev.Kind == ctype.Ident && !prev.Is("return") && !prev.Is("else") && !prev.Is("case") && !prev.Is("do")
		if prev.Is(".") || prev.Is("->") || prev.Is("*") || prev.Is("goto") || declares {
			return false
		}
	}
	called := i+1 < len(toks) && toks[i+1].Is("(")
	switch {
	case n.was != n.takes:
		return called && argumentsAt(toks[i:], n.text) == n.was
	case called:
		return n.call
	case n.call: // given to somebody, as in ".open = name,"
		return i > 2 && toks[i-1].Is("=") && toks[i-3].Is(".") && (i+1 == len(toks) || toks[i+1].Is(",") || toks[i+1].Is("}"))
	}
	if !strings.HasPrefix(n.file, "include/") && pastable(toks, i) { // fields of registers have names that others have too
		return false
	}
	return i+1 == len(toks) || !toks[i+1].Is(":") && !toks[i+1].Is("=")
}

// pastable reports whether toks[i] is a whole argument of what looks like a macro, which may make another name of it.
func pastable(toks []ctype.Token, i int) bool {
	if i == 0 || i+1 == len(toks) || !toks[i-1].Is("(") && !toks[i-1].Is(",") || !toks[i+1].Is(")") && !toks[i+1].Is(",") {
		return false
	}
	const before = 100 // tokens of the arguments before
	depth := 0
	for j := i - 1; j > max(0, i-before); j-- {
		switch {
		case toks[j].Is(")"):
			depth++
		case toks[j].Is("(") && depth > 0:
			depth--
		case toks[j].Is("("):
			return toks[j-1].Kind == ctype.Ident && strings.ToUpper(toks[j-1].Text) == toks[j-1].Text
		}
	}
	return false
}

// lookAtRust notes the uses by way of bindgen.
func lookAtRust(hit tree.Hit, names map[string]*name) {
	for _, word := range hit.Words {
		n := names[word]
		if n == nil || n.defined {
			continue
		}
		binding := []byte("bindings::" + word)
		line := 0
		for text := range bytes.Lines(hit.Text) {
			line++
			code, _, _ := bytes.Cut(text, []byte("//"))
			at := bytes.Index(code, binding)
			if at < 0 {
				continue
			}
			if end := at + len(binding); end == len(code) || !tree.IsWordByte(code[end]) {
				n.inRust = append(n.inRust, ctype.Pos{File: hit.Path, Line: line})
			}
		}
	}
}
