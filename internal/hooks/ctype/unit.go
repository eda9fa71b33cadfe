// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"slices"
	"sync"
)

// A Unit is a C file, taken apart.
type Unit struct {
	Path string
	// Tokens are those of the file with its own macros replaced and without directives.
	Tokens []Token
	// Decls are the declarations outside of functions, in order; a name may have several.
	Decls []*Decl
	Tags  []Tag
	// Uses are the macros used as declarations: DEFINE_LSM(x) = { … }.
	Uses     []Use
	Includes []Include
	Macros   map[string]*Macro
	Problems []Problem
	closes   []int // where the bracket at each index closes, -1 for none; while it is taken apart

	mu sync.Mutex
	// byName has the first indexed declarations.
	byName  map[string][]*Decl
	indexed int
}

// A Use is a macro that stands in the place of a declaration.
type Use struct {
	Call
	Cond string
	// Init are the tokens between the braces behind "=", Body those of a function body.
	Init, Body []Token
}

// ParseUnit takes a C file apart. It reads on behind what it cannot read, and says so in the
// unit's Problems. Its tokens are parts of src, to which nobody may write then.
func ParseUnit(path string, src []byte, opts *Options) *Unit {
	u := ParseTokens(path, src, opts)
	u.closes = closers(u.Tokens)
	for i := 0; i < len(u.Tokens); {
		i = u.external(i)
	}
	u.closes = nil // nobody asks any more
	return u
}

// ParseTokens returns a unit with nothing but its tokens, macros and includes.
func ParseTokens(path string, src []byte, opts *Options) *Unit {
	p := preprocess(path, src, opts)
	return &Unit{Path: path, Tokens: p.out, Includes: p.includes, Macros: p.exp.macros, Problems: p.problems}
}

// Find returns the declarations of name, the one with a body first.
func (u *Unit) Find(name string) []*Decl {
	var definitions, others []*Decl
	for _, d := range u.named(name) {
		if d.Defined {
			definitions = append(definitions, d)
		} else {
			others = append(others, d)
		}
	}
	slices.Reverse(definitions)
	return append(definitions, others...)
}

// named returns the declarations of name in their order.
func (u *Unit) named(name string) []*Decl {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byName == nil {
		u.byName = map[string][]*Decl{}
	}
	for ; u.indexed < len(u.Decls); u.indexed++ {
		d := u.Decls[u.indexed]
		u.byName[d.Name] = append(u.byName[d.Name], d)
	}
	return u.byName[name]
}

// external reads the external declaration that begins at i and returns where the next begins.
func (u *Unit) external(i int) int {
	toks := u.Tokens
	if toks[i].Is(";") {
		return i + 1
	}
	if end := u.use(i); end > 0 {
		return end
	}
	parens, params := -1, 0 // where the last bracket of a parameter list closed, and opened
	assigned := false
	for j := i; j < len(toks); j++ {
		switch t := &toks[j]; {
		case t.Kind != Punct:
		case t.Text == ";":
			if params > 0 && parens+1 < j && !assigned {
				if end := u.oldStyle(i, params); end > 0 {
					return end
				}
			}
			u.declare(toks[i:j])
			return j + 1
		case t.Text == "=":
			assigned = true
		case t.Text == "(" || t.Text == "[" || t.Text == "{":
			end := u.closes[j]
			if end < 0 {
				u.problem(t.Pos(), "bracket is not closed")
				return u.resume(j + 1)
			}
			if t.Text == "{" && parens >= 0 && !assigned {
				if d := u.function(toks[i:j], toks[j+1:end]); d != nil {
					name := slices.IndexFunc(toks[i:j], func(t Token) bool { return t.Pos() == d.Pos })
					d.Split = name >= 0 && len(t.Cond()) < len(toks[i+name].Cond())
					if len(t.Cond()) < len(d.Cond) {
						d.Cond = t.Cond() // the body is there without the condition of the head, which has others then
					}
				}
				return end + 1
			}
			if t.Text == "(" {
				parens, params = end, j
			} else if t.Text == "{" {
				parens = -1
			}
			j = end
		case t.Text == ")" || t.Text == "]" || t.Text == "}":
			u.problem(t.Pos(), "bracket closes nothing")
			return j + 1
		}
	}
	if rest := toks[i:]; len(rest) > 0 && !isMacroUse(rest) {
		u.problem(rest[0].Pos(), "declaration does not end")
	}
	return len(toks)
}

// maxOldParams is how many parameters a function of the old style may have.
const maxOldParams = 32

// oldStyle reads a function of the old style, int f(a) int a; { … }, that begins at i and has the brackets of its parameters at open. It
// returns the end, or 0 where there is none. Such a function has no prototype.
func (u *Unit) oldStyle(i, open int) int {
	toks, end := u.Tokens, u.closes[open]
	names := toks[open+1 : end]
	if len(names) > 2*maxOldParams || !toks[end+1].startsType() || slices.ContainsFunc(names, func(t Token) bool { return t.Kind != Ident && !t.Is(",") }) {
		return 0
	}
	from := end + 1
	for range names {
		next := slices.IndexFunc(toks[from:], func(t Token) bool { return t.Is(";") || t.Is("{") || t.Is("}") || t.Is("=") })
		p := &parser{toks: toks[from : from+max(next, 0)]}
		if _, err := p.declList(); err != nil || !toks[from+next].Is(";") {
			return 0
		}
		from += next + 1
		if from < len(toks) && toks[from].Is("{") && u.closes[from] > 0 {
			if d := u.function(toks[i:end+1], toks[from+1:u.closes[from]]); d != nil {
				d.Type = &Type{Class: Func, Elem: d.Type.Elem, NoProto: true}
			}
			return u.closes[from] + 1
		}
	}
	return 0
}

// startsType reports whether a declaration may begin with the token.
func (t *Token) startsType() bool { return t.Kind == Ident && !isKnownAttr(t.Text) }

// isMacroUse reports whether toks, the last of a file, are NAME or NAME(…).
func isMacroUse(toks []Token) bool {
	return toks[0].Kind == Ident && (len(toks) == 1 || toks[1].Is("(") && matching(toks, 1) == len(toks)-1)
}

// resume looks for the next place where a declaration may begin: a word in the first column.
func (u *Unit) resume(i int) int {
	for i < len(u.Tokens) && (u.Tokens[i].Kind != Ident || u.Tokens[i].Pos().Col != 1) {
		i++
	}
	return i
}

// use reads a macro used as a declaration at i and returns the end, or 0 where there is none.
func (u *Unit) use(i int) int {
	toks := u.Tokens
	if toks[i].Kind != Ident || isTypeWord(toks[i].Text) || i+1 >= len(toks) || !toks[i+1].Is("(") || isKnownAttr(toks[i].Text) {
		return 0
	}
	end := u.closes[i+1]
	if end < 0 {
		return 0
	}
	use := Use{Call: Call{toks[i], splitCommas(toks[i+2 : end]), i, end + 1}, Cond: toks[i].Cond()}
	next := end + 1
	switch {
	case next >= len(toks):
	case toks[next].Is(";"):
		next++
	case toks[next].Is("{"):
		last := u.closes[next]
		if last < 0 {
			return 0
		}
		use.Body = toks[next+1 : last]
		next = last + 1
	case toks[next].Is("=") && next+1 < len(toks) && toks[next+1].Is("{"):
		last := u.closes[next+1]
		if last < 0 {
			return 0
		}
		use.Init = toks[next+2 : last]
		next = last + 1
	case toks[next].Kind == Ident && toks[next].Pos().Line > toks[end].Pos().Line:
	default:
		return 0
	}
	u.Uses = append(u.Uses, use)
	return next
}

func (u *Unit) problem(pos Pos, message string) {
	u.Problems = append(u.Problems, Problem{Pos: pos, Message: message})
}

// declare reads a declaration without its semicolon.
func (u *Unit) declare(toks []Token) {
	p := &parser{toks: toks}
	decls, err := p.declList()
	u.Tags = append(u.Tags, p.tags...)
	if err != nil && !(len(p.tags) > 0 && p.i == len(toks)) {
		// What declares neither a function nor a type is of no interest, so macros of all sorts
		// may stand here.
		return
	}
	for _, d := range decls {
		d.Cond = toks[0].Cond()
		u.Decls = append(u.Decls, &d)
	}
}

// function reads a function with its body; nil for what is none.
func (u *Unit) function(head, body []Token) *Decl {
	d, err := ParseDecl(head)
	if err != nil || d.Type.Class != Func {
		return nil
	}
	d.Defined, d.Body, d.Cond = true, body, head[0].Cond()
	u.Decls = append(u.Decls, d)
	return d
}
