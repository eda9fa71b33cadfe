// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"bytes"
	"fmt"
	"path"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// callers checks how the files of a series call a wrapper of hook h: with how many arguments, of which types, and whether any looks
// at what a new hook answers. Where the series changes what it takes, those who call it elsewhere are left to callersElsewhere.
func (l *looker) callers(h *defs.Hook, fn *ctype.Decl) {
	isSure := slices.ContainsFunc(l.header[fn.Name], func(d *ctype.Decl) bool { return l.alike(d.Type, fn.Type) })
	if isSure { // else nobody knows which of them is meant
		dropped, isHeeded := l.calledInSeries(fn)
		if dropped != nil && !isHeeded && l.added[h.Name] && fn.Type.Elem.String() != "void" && !l.namedElsewhere(fn.Name) {
			l.Add("hooks/wrapper-call", dropped.Name.Pos(), fmt.Sprintf("nothing looks at what %s answers (%s), so no LSM can refuse by hook %s", fn.Name, fn.Pos, h.Name),
				"end with the error where it is not 0, or let the hook return void")
		}
	}
	if old := l.oldHeader[fn.Name]; len(old) > 0 && !old[0].Defined && !l.alike(old[0].Type, fn.Type) {
		l.retyped = append(l.retyped, retyped{fn, old[0].Type, isSure})
	}
}

// calledInSeries checks each call of a wrapper in the files of the series. It returns one whose answer is dropped, nil for none, and
// whether there is one whose answer is not.
func (l *looker) calledInSeries(fn *ctype.Decl) (dropped *ctype.Call, isHeeded bool) {
	for _, file := range l.Src.Touched {
		if path.Ext(file) != ".c" || file == defs.SecurityPath || !bytes.Contains(l.Src.Read(file), []byte(fn.Name)) {
			continue
		}
		for _, d := range l.Src.Unit(file).Decls {
			for _, c := range ctype.Calls(d.Body, fn.Name) {
				l.calledWith(fn, d, &c)
				if isStatement(d.Body, &c) {
					dropped = &c
				} else {
					isHeeded = true
				}
			}
		}
	}
	return dropped, isHeeded
}

// namedElsewhere reports whether the series names a wrapper where calls are not looked at: in a header, in Rust, or by its address.
func (l *looker) namedElsewhere(name string) bool {
	return slices.ContainsFunc(l.Src.Touched, func(file string) bool {
		if file == defs.SecurityPath || file == HeaderPath || !bytes.Contains(l.Src.Read(file), []byte(name)) {
			return false
		}
		switch path.Ext(file) {
		case ".h", ".rs":
			return true
		case ".c":
			toks := l.Src.Unit(file).Tokens
			for i := range toks {
				if toks[i].Is(name) && (i+1 == len(toks) || !toks[i+1].Is("(")) {
					return true
				}
			}
		}
		return false
	})
}

// calledWith checks what a function gives to a wrapper.
func (l *looker) calledWith(fn, from *ctype.Decl, c *ctype.Call) {
	given := len(c.Args)
	if given == 1 && len(c.Args[0]) == 0 {
		given = 0
	}
	if (ctype.Facts{}).Holds(c.Name.Cond()) == ctype.False {
		return
	}
	if given != len(fn.Params) {
		l.Add("hooks/wrapper-call", c.Name.Pos(), fmt.Sprintf("%s takes %d parameters (%s), but is given %d here", fn.Name, len(fn.Params), fn.Pos, given),
			fmt.Sprintf("call it as it is declared: `%s`", fn.Type.Declare(fn.Name)))
		return
	}
	if fn.Type.Elem.IsVoid() && isUsed(from, c) {
		l.Add("hooks/wrapper-call", c.Name.Pos(), fmt.Sprintf("%s returns nothing (%s), but its answer is used here", fn.Name, fn.Pos), "call it by itself")
	}
	for i := range given {
		if len(c.Args[i]) != 1 || c.Args[i][0].Kind != ctype.Ident {
			continue
		}
		name := c.Args[i][0]
		if got := ownType(from, name.Text); got != nil && !l.canBeGiven(fn.Params[i].Type, got) {
			l.Add("hooks/wrapper-call", name.Pos(), fmt.Sprintf("%s takes `%s` as parameter %d (%s), but is given `%s` here", fn.Name, fn.Params[i].Type.Declare(fn.Params[i].Name), i+1, fn.Pos, got.Declare(name.Text)),
				fmt.Sprintf("call it as it is declared: `%s`", fn.Type.Declare(fn.Name)))
		}
	}
}

// isUsed reports whether a function uses what a call returns: it stands behind an operator, in parentheses, or is returned.
func isUsed(from *ctype.Decl, c *ctype.Call) bool {
	if c.Index == 0 {
		return false
	}
	switch before := &from.Body[c.Index-1]; before.Text {
	case "return":
		return !from.Type.Elem.IsVoid()
	case "(", "=", "|=", "&=", "!", "-", "+", "<", ">", "==", "!=", "<=", ">=", "&&", "||", "|", "&":
		return true
	}
	return false
}

// canBeGiven reports whether a variable may be what a parameter takes, as far as pointers say; qualifiers are left to the compiler.
func (l *looker) canBeGiven(want, got *ctype.Type) bool {
	w, g := l.Src.Headers.Resolve(want), l.Src.Headers.Resolve(got)
	if w.Class == ctype.Typedef || g.Class == ctype.Typedef || w.Class == ctype.Array || g.Class == ctype.Array || w.Class == ctype.Func || g.Class == ctype.Func {
		return true
	}
	if w.Class != ctype.Pointer || g.Class != ctype.Pointer {
		return w.Class == g.Class || w.Class != ctype.Pointer && g.Class != ctype.Pointer && w.Class != ctype.Struct && g.Class != ctype.Struct
	}
	plain := func(t *ctype.Type) *ctype.Type { u := *t; u.Elem = unqualified(t.Elem); return &u }
	to, from := l.Src.Headers.Resolve(w.Elem), l.Src.Headers.Resolve(g.Elem)
	if to.Class != ctype.Struct && to.Class != ctype.Union || from.Class != ctype.Struct && from.Class != ctype.Union {
		return true // only structs are told apart here
	}
	return l.pointsAlike(plain(w), plain(g))
}

func unqualified(t *ctype.Type) *ctype.Type {
	u := *t
	u.Qual = 0
	return &u
}

// ownType returns the type of a parameter of a function, or of a variable that it declares as "struct X *NAME"; nil where it is
// another thing, or where there are several.
func ownType(fn *ctype.Decl, name string) *ctype.Type {
	var found *ctype.Type
	n := 0
	for _, p := range fn.Type.Params {
		if p.Name == name && p.Name != "" {
			found = p.Type
			n++
		}
	}
	body := fn.Body
	for i := 1; i < len(body); i++ {
		if !body[i].Is(name) || body[i-1].Kind != ctype.Ident && !body[i-1].Is("*") && !body[i-1].Is(",") {
			continue
		}
		from := ctype.StatementStart(body, i)
		if slices.Contains([]string{"return", "goto", "case", "else", "do", "sizeof"}, body[from].Text) {
			continue
		}
		decl, err := ctype.ParseDecl(body[from : i+1])
		isOne := err == nil && decl.Name == name && from < i
		switch {
		case isOne && i+1 < len(body) && (body[i+1].Is("[") || body[i+1].Is("(")):
			return nil
		case isOne:
			found = decl.Type
			n++
		case body[i-1].Is(",") && body[from].Kind == ctype.Ident && (body[from+1].Kind == ctype.Ident || body[from+1].Is("*")):
			return nil // one of several of a declaration
		}
	}
	if n != 1 {
		return nil
	}
	return found
}
