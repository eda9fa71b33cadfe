// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// A Registration is a place in C that puts a function into a hook.
type Registration struct {
	Hook string
	Pos  ctype.Pos // of the hook's name
	Cond string
	// Fn is the function as written, decl its declaration and typ the type of the function; decl
	// and typ are nil where they are not found.
	Fn string
	typed
	// name is the function's own, where fn is one with "&", brackets or casts around; "" where it is none.
	name string
	// named is where it is named, in a declaration that begins at within.
	named, within ctype.Pos
	// others are what other declarations of its file say that the function is.
	others []typed
	// Names is what the file sees.
	Names *ctype.Headers
	// Shim is the function around the registration whose parameter number param is fn; nil where
	// the function is named directly.
	Shim  *ctype.Decl
	param int
	// Cast says that fn is cast, so that the compiler compares nothing.
	Cast bool
	// castTo is the type of the cast, nil where it is not read.
	castTo *ctype.Type
	// null says that there is no function at all.
	null bool
}

// typed is a declaration with the type of its function.
type typed struct {
	decl *ctype.Decl
	Type *ctype.Type
}

// Function returns the declaration of the registered function, or nil where it is not found.
func (r *Registration) Function() *ctype.Decl { return r.decl }

// isNumber reports whether a number stands for the function.
func (r *Registration) isNumber() bool {
	return r.Fn != "" && strings.Trim(r.Fn, "0123456789xXuUlL") == "" && r.Fn[0] >= '0' && r.Fn[0] <= '9'
}

// at returns the place of parameter i of the registered function, or of the function.
func (r *Registration) at(i int) ctype.Pos {
	if r.Type != nil && i >= 0 && i < len(r.Type.Params) && r.Type.Params[i].Pos.Line > 0 {
		return r.Type.Params[i].Pos
	}
	if r.decl != nil {
		return r.decl.Pos
	}
	return r.Pos
}

// registrations finds all places of u that put a function into a hook: LSM_HOOK_INIT, and
// without the macro the member of the hook union by its name.
func RegistrationsOf(s *source.Source, u *ctype.Unit) []Registration {
	var found []Registration
	scan := func(toks []ctype.Token, around *ctype.Decl) {
		for _, call := range ctype.Calls(toks, "LSM_HOOK_INIT") {
			if len(call.Args) == 2 && len(call.Args[0]) == 1 && len(call.Args[1]) > 0 {
				for _, value := range choices(call.Args[1]) {
					found = append(found, newRegistration(s, u, call.Args[0][0], value, around))
				}
			}
		}
		for _, a := range unionAssignments(toks) {
			for _, value := range choices(a.value) {
				found = append(found, newRegistration(s, u, a.name, value, around))
			}
		}
	}
	for _, d := range u.Decls {
		before := len(found)
		if d.Defined {
			scan(d.Body, d)
		} else {
			scan(d.Init, nil)
		}
		for i := range found[before:] {
			found[before+i].within = d.Pos
		}
	}
	for _, use := range u.Uses {
		scan(use.Init, nil)
		scan(use.Body, nil)
		scan(slices.Concat(use.Args...), nil)
	}
	return found
}

type assignment struct {
	name  ctype.Token
	value []ctype.Token
}

// choices returns both functions of "condition ? one : other", and all else as it is.
func choices(value []ctype.Token) [][]ctype.Token {
	whole := ctype.Unwrap(value)
	n := len(whole)
	isFunction := func(t *ctype.Token) bool { return t.Kind == ctype.Ident && !t.Is("NULL") && !t.Is("nullptr") }
	if n < 5 || !whole[n-4].Is("?") || !whole[n-2].Is(":") || !isFunction(&whole[n-3]) || !isFunction(&whole[n-1]) {
		return [][]ctype.Token{value}
	}
	if slices.ContainsFunc(whole[:n-4], func(t ctype.Token) bool { return t.Is("?") }) {
		return [][]ctype.Token{value} // one within another
	}
	return [][]ctype.Token{whole[n-3 : n-2], whole[n-1:]}
}

// unionAssignments finds ".hook.NAME = fn", "->hook.NAME = fn", ".hook = { .NAME = fn }" and, by their order, "{ static_calls_table.NAME,
// { .NAME = fn } }".
func unionAssignments(toks []ctype.Token) []assignment {
	var found []assignment
	for i := 1; i+4 < len(toks); i++ {
		if j := i + 3; toks[i-1].Is("{") && toks[i].Is("static_calls_table") && toks[j].Is(",") && j+4 < len(toks) && toks[j+1].Is("{") && toks[j+2].Is(".") && toks[j+4].Is("=") {
			found = append(found, assignment{toks[j+3], ctype.Expression(toks[j+5:])})
		}
		if !toks[i].Is("hook") || !toks[i-1].Is(".") && !toks[i-1].Is("->") {
			continue
		}
		j := i + 1
		if toks[j].Is("=") && toks[j+1].Is("{") {
			j += 2
		}
		if j+3 < len(toks) && toks[j].Is(".") && toks[j+1].Kind == ctype.Ident && toks[j+2].Is("=") {
			found = append(found, assignment{toks[j+1], ctype.Expression(toks[j+3:])})
		}
	}
	return found
}

func newRegistration(s *source.Source, u *ctype.Unit, name ctype.Token, value []ctype.Token, around *ctype.Decl) Registration {
	r := Registration{Hook: name.Text, Pos: name.Pos(), Cond: name.Cond(), Fn: ctype.Text(value), param: -1, Names: s.Scope(u)}
	given := value
	value, r.Cast = functionName(value)
	if r.Cast {
		r.castTo = castType(given)
	}
	if len(value) != 1 || value[0].Kind != ctype.Ident {
		r.null = len(value) == 1 && value[0].Text == "0"
		return r
	}
	fn := value[0].Text
	if r.null = fn == "NULL" || fn == "nullptr"; r.null {
		return r
	}
	r.name, r.named = fn, value[0].Pos()
	if around != nil {
		for i, p := range around.Params {
			if p.Name == fn {
				r.Shim, r.param = around, i
				r.decl = &ctype.Decl{Name: fn, Type: p.Type, Pos: p.Pos, Cond: around.Cond}
			}
		}
	}
	if r.decl == nil {
		r.decl = r.Names.Decl(fn)
	}
	if r.decl == nil {
		return r
	}
	r.Type = functionType(r.Names, r.decl.Type)
	for _, d := range u.Find(fn) {
		if r.Shim == nil && (d.Cond != r.decl.Cond || d.Pos != r.decl.Pos) {
			if t := functionType(r.Names, d.Type); t != nil {
				r.others = append(r.others, typed{d, t})
			}
		}
	}
	return r
}

// functionName strips "&", brackets and casts from an expression that names a function.
func functionName(toks []ctype.Token) (name []ctype.Token, cast bool) {
	for len(toks) > 1 {
		switch {
		case toks[0].Is("&") || toks[0].Is("*"):
			toks = toks[1:]
		case toks[0].Is("("):
			inner, rest := ctype.Group(toks)
			if inner == nil {
				return toks, cast
			}
			if len(rest) == 0 {
				toks = inner
			} else {
				toks, cast = rest, true
			}
		default:
			return toks, cast
		}
	}
	return toks, cast
}

// castType returns the type that an expression is cast to by its outermost cast, or nil.
func castType(toks []ctype.Token) *ctype.Type {
	for len(toks) > 1 && toks[0].Is("(") {
		inner, rest := ctype.Group(toks)
		if len(rest) > 0 {
			d, err := ctype.ParseDecl(inner)
			if err != nil {
				return nil
			}
			return d.Type
		}
		toks = inner
	}
	return nil
}

// functionType returns the function type that t is, points to or names, or nil.
func functionType(names *ctype.Headers, t *ctype.Type) *ctype.Type {
	for range 8 {
		switch t.Class {
		case ctype.Func:
			return t
		case ctype.Pointer, ctype.Array:
			t = t.Elem
		case ctype.Typedef:
			next := names.Resolve(t)
			if next == t {
				return nil
			}
			t = next
		default:
			return nil
		}
	}
	return nil
}
