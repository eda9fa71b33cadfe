// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A call is a place in security.c that calls a hook.
type call struct {
	fn   *ctype.Decl // the function around
	name ctype.Token // of the hook
	// macro is call_int_hook or call_void_hook, "" for a walk over the functions of the hook.
	macro string
	args  [][]ctype.Token
	// dropped says that the statement is the call alone, so that nobody learns the answer.
	dropped bool
}

func (c *call) text() string {
	return c.fn.Type.String() + c.fn.Cond + ctype.Text(c.fn.Body)
}

// reIRC finds the form of the macro that takes the default value itself, before Linux 6.9.
var reIRC = lazyregexp.New(`#define call_int_hook\(\w+, ?\w+, ?\.\.\.\)`)

// callsOf returns the calls of hooks in the text of security.c, by the names of the hooks, and what else stands in it.
func callsOf(text []byte) (map[string][]call, *ctype.Unit) {
	found := map[string][]call{}
	keep := func(name string) bool {
		return strings.HasPrefix(name, "call_") || name == "LSM_RET_DEFAULT" || strings.HasPrefix(name, "lsm_for_each")
	}
	u := ctype.ParseUnit(defs.SecurityPath, text, &ctype.Options{Keep: keep})
	takesDefault := reIRC.Match(text)
	for _, d := range u.Decls {
		if !d.Defined {
			continue
		}
		for _, macro := range []string{"call_int_hook", "call_void_hook", "lsm_for_each_hook"} {
			for _, c := range ctype.Calls(d.Body, macro) {
				at, first := 0, 1
				if macro == "lsm_for_each_hook" {
					at, first = 1, 2
				} else if macro == "call_int_hook" && takesDefault {
					first = 2
				}
				if len(c.Args) <= at || len(c.Args[at]) != 1 {
					continue
				}
				name := c.Args[at][0]
				one := call{fn: d, name: name, args: c.Args[min(first, len(c.Args)):]}
				if at == 0 {
					one.macro, one.dropped = macro, isStatement(d.Body, &c)
				}
				found[name.Text] = append(found[name.Text], one)
			}
		}
		for i := 0; i+2 < len(d.Body); i++ { // trees of old walk a list by hand
			if (d.Body[i].Is("security_hook_heads") || d.Body[i].Is("static_calls_table")) && d.Body[i+1].Is(".") {
				found[d.Body[i+2].Text] = append(found[d.Body[i+2].Text], call{fn: d, name: d.Body[i+2]})
			}
		}
	}
	return found, u
}

// isStatement reports whether a call in a body is a statement of its own.
func isStatement(body []ctype.Token, c *ctype.Call) bool {
	isEnd := func(i int, marks ...string) bool {
		return i < 0 || i >= len(body) || slices.Contains(marks, body[i].Text)
	}
	return isEnd(c.Index-1, ";", "{", "}", "else") && isEnd(c.End, ";")
}

// noWrapper tells of a new hook that security.c does not call.
func (l *looker) noWrapper(h *defs.Hook) {
	pos, message := ctype.Pos{File: h.File, Line: h.Line}, fmt.Sprintf("%s calls hook %s nowhere", defs.SecurityPath, h.Name)
	for name, calls := range l.calls {
		for _, c := range calls {
			if c.fn.Name == "security_"+h.Name {
				pos, message = c.name.Pos(), fmt.Sprintf("%s calls hook %s, not %s (%s:%d)", c.fn.Name, name, h.Name, h.File, h.Line)
			}
		}
	}
	l.Add("hooks/no-wrapper", pos, message, fmt.Sprintf("let security_%s() there call it: %s", h.Name, callText(h)))
}

// callText is how a wrapper calls a hook.
func callText(h *defs.Hook) string {
	words := []string{h.Name}
	for _, p := range h.Type.Params {
		words = append(words, p.Name)
	}
	if h.Return == "void" {
		return "call_void_hook(" + strings.Join(words, ", ") + ")"
	}
	return "call_int_hook(" + strings.Join(words, ", ") + ")"
}

// calledHook tells of a call of a hook that the tree does not have, where the series changes either.
func (l *looker) calledHook(name string) {
	if len(l.ByName[name]) > 0 {
		return
	}
	c := &l.calls[name][0]
	was := slices.ContainsFunc(l.changes, func(ch defs.Change) bool { return ch.Old != nil && ch.Old.Name == name })
	if was || slices.ContainsFunc(l.calls[name], func(c call) bool { return l.touchedBySeries(c.name.Pos().File) }) {
		l.Add("hooks/unknown-hook", c.name.Pos(), fmt.Sprintf("%s calls hook %s, which this tree does not have", c.fn.Name, name),
			"remove the wrapper as well, with its declaration, its stub and its callers")
	}
}

func (l *looker) touchedBySeries(file string) bool { _, touched := l.Src.PatchOf[file]; return touched }

// wrapper checks how security.c calls a hook.
func (l *looker) wrapper(h *defs.Hook, c *call) {
	there := fmt.Sprintf("%s:%d", h.File, h.Line)
	bad := func(pos ctype.Pos, message string) {
		l.Add("hooks/wrapper-call", pos, message, "write "+callText(h)).Detail = there + ": " + h.Prototype()
	}
	l.defaultOf(c, bad)
	if c.macro == "" {
		l.walk(h, c, bad)
		return
	}
	if isVoid := h.Return == "void"; isVoid != (c.macro == "call_void_hook") {
		bad(c.name.Pos(), fmt.Sprintf("hook %s returns `%s` (%s), but %s calls it by %s", h.Name, h.Return, there, c.fn.Name, c.macro))
		return
	}
	if len(c.args) != len(h.Type.Params) {
		bad(c.name.Pos(), fmt.Sprintf("hook %s takes %d parameters (%s), but %s gives it %d", h.Name, len(h.Type.Params), there, c.fn.Name, len(c.args)))
		return
	}
	l.given(h, c, bad)
	if c.dropped && h.Return != "void" && c.fn.Type.Elem.String() != "void" {
		bad(c.name.Pos(), fmt.Sprintf("%s does not look at what hook %s answers, and returns something else", c.fn.Name, h.Name))
	}
	for i, p := range h.Type.Params {
		l.wrapperArg(h, c, i, p, bad)
	}
}

// defaultOf tells of a wrapper that asks for the default of a hook that is not there.
func (l *looker) defaultOf(c *call, bad func(ctype.Pos, string)) {
	for _, asked := range ctype.Calls(c.fn.Body, "LSM_RET_DEFAULT") {
		if len(asked.Args) == 1 && len(asked.Args[0]) == 1 && len(l.ByName[asked.Args[0][0].Text]) == 0 {
			bad(asked.Args[0][0].Pos(), fmt.Sprintf("%s asks for the default of hook %s, which this tree does not have", c.fn.Name, asked.Args[0][0].Text))
		}
	}
}

// isConstant reports whether a word is a number, or a name written as those of constants are.
func isConstant(t *ctype.Token) bool {
	return t.Kind == ctype.Number || t.Is("true") || t.Is("false") || t.Kind == ctype.Ident && strings.ToUpper(t.Text) == t.Text
}

// given tells of a parameter of the wrapper that the hook takes by this name, and that the wrapper uses nowhere.
func (l *looker) given(h *defs.Hook, c *call, bad func(ctype.Pos, string)) {
	for i, p := range h.Type.Params {
		isIt := func(q ctype.Param) bool { return q.Name == p.Name && p.Name != "" }
		if i >= len(c.args) || len(c.args[i]) != 1 || !isConstant(&c.args[i][0]) || !slices.ContainsFunc(c.fn.Params, isIt) {
			continue
		}
		if !slices.ContainsFunc(c.fn.Body, func(t ctype.Token) bool { return t.Is(p.Name) }) {
			bad(c.args[i][0].Pos(), fmt.Sprintf("hook %s takes `%s` (%s), but %s gives it %s, and uses its own %s nowhere", h.Name, p.Type.Declare(p.Name), h.ParamPos(i), c.fn.Name, ctype.Text(c.args[i]), p.Name))
		}
	}
}

// walk checks what a wrapper that walks over the functions of a hook itself calls them with.
func (l *looker) walk(h *defs.Hook, c *call, bad func(ctype.Pos, string)) {
	for i := 1; i+2 < len(c.fn.Body); i++ {
		name := &c.fn.Body[i+1]
		if !c.fn.Body[i].Is(".") || !c.fn.Body[i-1].Is("hook") || !c.fn.Body[i+2].Is("(") || len(l.ByName[name.Text]) == 0 {
			continue
		}
		if name.Text != h.Name {
			if l.walks(c.fn, name.Text) {
				continue
			}
			bad(name.Pos(), fmt.Sprintf("%s goes over the functions of hook %s, and calls them as those of hook %s", c.fn.Name, h.Name, name.Text))
			continue
		}
		inner, _ := ctype.Group(c.fn.Body[i+2:])
		one := call{fn: c.fn, name: *name, args: ctype.Split(inner)}
		if len(one.args) != len(h.Type.Params) {
			bad(name.Pos(), fmt.Sprintf("hook %s takes %d parameters (%s:%d), but %s gives it %d", h.Name, len(h.Type.Params), h.File, h.Line, c.fn.Name, len(one.args)))
			continue
		}
		for i, p := range h.Type.Params {
			l.wrapperArg(h, &one, i, p, bad)
		}
	}
}

// walks reports whether a function goes over the functions of a hook by itself.
func (l *looker) walks(fn *ctype.Decl, hook string) bool {
	return slices.ContainsFunc(l.calls[hook], func(c call) bool { return c.fn == fn && c.macro == "" })
}

// wrapperArg checks one argument: a parameter or a variable of the wrapper, as it is or behind one sign or a cast, or a name that nothing declares. What
// else a hook is given by a line of the series is told: nobody compared its type.
func (l *looker) wrapperArg(h *defs.Hook, c *call, i int, p ctype.Param, bad func(ctype.Pos, string)) {
	arg := c.args[i]
	if len(arg) == 0 {
		return
	}
	variable := ownType(c.fn, arg[len(arg)-1].Text)
	if variable == nil && len(arg) == 1 {
		if (l.added[h.Name] || l.isOfSeries(&arg[0])) && l.isUndeclared(c, &arg[0]) {
			bad(arg[0].Pos(), fmt.Sprintf("hook %s takes `%s` (%s), but %s gives it %s, which nothing declares", h.Name, p.Type.Declare(p.Name), h.ParamPos(i), c.fn.Name, arg[0].Text))
		}
		return
	}
	given, known := l.typeOf(arg, variable)
	if !known {
		if l.added[h.Name] || l.isOfSeries(&arg[0]) {
			l.Add("hooks/not-compared", arg[0].Pos(), fmt.Sprintf("hook %s takes `%s` (%s), and %s gives it `%s`, whose type only a compiler knows", h.Name, p.Type.Declare(p.Name), h.ParamPos(i), c.fn.Name, ctype.Text(arg)),
				"see that security.c compiles")
		}
		return
	}
	if given == nil || !l.takes(p.Type, given) {
		what := ctype.Text(arg)
		if len(arg) == 1 {
			what = given.Declare(what)
		}
		bad(arg[0].Pos(), fmt.Sprintf("hook %s takes `%s` (%s), but %s gives it `%s`", h.Name, p.Type.Declare(p.Name), h.ParamPos(i), c.fn.Name, what))
		return
	}
	other := slices.IndexFunc(h.Type.Params, func(q ctype.Param) bool { return q.Name == arg[0].Text })
	if other >= 0 && other != i && other < len(c.args) && ctype.Text(c.args[other]) == p.Name && !l.asksBothWays(h, c, i) {
		bad(arg[0].Pos(), fmt.Sprintf("hook %s takes `%s` as parameter %d (%s), but %s gives it %s", h.Name, p.Name, i+1, h.ParamPos(i), c.fn.Name, arg[0].Text))
	}
}

// typeOf returns the type of a variable, of *v, &v or (type)v; nil where it can have none, and not known where it is another expression.
func (l *looker) typeOf(expr []ctype.Token, variable *ctype.Type) (t *ctype.Type, known bool) {
	switch n := len(expr); {
	case variable == nil:
		return nil, false
	case n == 1:
		return variable, true
	case n == 2 && expr[0].Is("&"):
		return &ctype.Type{Class: ctype.Pointer, Elem: variable}, true
	case n == 2 && expr[0].Is("*"):
		to := l.Src.Headers.Resolve(variable)
		return to.Pointee(), to.Class != ctype.Typedef
	case n > 3 && expr[0].Is("("):
		if inner, rest := ctype.Group(expr); len(rest) == 1 {
			if d, err := ctype.ParseDecl(inner); err == nil && d.Name == "" && !d.Type.HasTypeof() {
				return d.Type, true
			}
		}
	}
	return nil, false
}

// takes reports whether a parameter of a hook may be given a value of a type: numbers are taken for each other.
func (l *looker) takes(want, got *ctype.Type) bool {
	w, g := l.Src.Headers.Resolve(want), l.Src.Headers.Resolve(got)
	switch {
	case w.Class == ctype.Pointer && g.Class == ctype.Pointer:
		return l.pointsAlike(want, got)
	case w.Class == ctype.Pointer || g.Class == ctype.Pointer:
		return false
	case w.Class == ctype.Struct || g.Class == ctype.Struct:
		return ctype.Compatible(want, got, l.Src.Headers) || w.Class == ctype.Typedef || g.Class == ctype.Typedef
	}
	return true
}

// isOfSeries reports whether the series writes the line of a token of security.c.
func (l *looker) isOfSeries(t *ctype.Token) bool {
	if l.lines == nil {
		l.lines, l.addedLines = strings.Split(string(l.Src.Read(defs.SecurityPath)), "\n"), map[string]bool{}
		for _, line := range strings.Split(string(l.Src.Added(defs.SecurityPath)), "\n") {
			l.addedLines[line] = true
		}
	}
	at := t.Pos()
	return at.File == defs.SecurityPath && at.Line <= len(l.lines) && l.addedLines[l.lines[at.Line-1]]
}

// asksBothWays reports whether the wrapper calls the hook a second time, with the parameter itself in the place i: it asks for
// an exchange then.
func (l *looker) asksBothWays(h *defs.Hook, c *call, i int) bool {
	return slices.ContainsFunc(l.calls[h.Name], func(o call) bool {
		return o.fn == c.fn && i < len(o.args) && ctype.Text(o.args[i]) == h.Type.Params[i].Name
	})
}

// isUndeclared reports whether a name that a hook is given stands nowhere else in its wrapper, and no header declares it.
// Names in capitals are constants and macros.
func (l *looker) isUndeclared(c *call, name *ctype.Token) bool {
	if name.Kind != ctype.Ident || isConstant(name) || name.Is("current") {
		return false
	}
	elsewhere := func(t ctype.Token) bool { return t.Is(name.Text) && t.Pos() != name.Pos() }
	return !slices.ContainsFunc(c.fn.Body, elsewhere) && l.Src.Scope(l.Src.Unit(defs.SecurityPath)).Decl(name.Text) == nil
}

// pointsAlike reports whether one pointer can be given for another.
func (l *looker) pointsAlike(want, got *ctype.Type) bool {
	w, g := l.Src.Headers.Resolve(l.Src.Headers.Resolve(want).Elem), l.Src.Headers.Resolve(l.Src.Headers.Resolve(got).Elem)
	if want.String() == got.String() {
		return true // by one name, and be it of a struct without a tag
	}
	return w.IsVoid() || g.IsVoid() || ctype.Compatible(w, g, l.Src.Headers)
}

// defaultValue checks the default value of a hook against what it returns.
func (l *looker) defaultValue(h *defs.Hook) {
	const none, macro = "LSM_RET_VOID", "DECLARE_LSM_RET_DEFAULT_"
	pos, want := ctype.Pos{File: h.File, Line: h.Line}, "0, or what the wrapper returns where no LSM answers"
	if text := l.Src.Text(defs.SecurityPath); strings.Contains(text, macro) && !strings.Contains(text, macro+h.Return+"(") {
		l.Add("hooks/default-type", pos, fmt.Sprintf("hook %s returns `%s`, for which %s has no %s%s", h.Name, h.Return, defs.SecurityPath, macro, h.Return), "let it return int or void, as all others do")
		return
	}
	if (h.Return == "void") == (h.Default == none) {
		return
	}
	if h.Return == "void" {
		want = none
	}
	l.Add("hooks/default-type", pos, fmt.Sprintf("hook %s returns `%s`, but its default is %s", h.Name, h.Return, h.Default), "give "+want)
}

// cutTitle cuts a file at the first line of the kernel-doc comment of a function, in each form that scripts/kernel-doc takes.
func cutTitle(text, fn string) (before, doc string, found bool) {
	for _, sign := range []string{"() - ", " - ", "(): ", ": ", "():\n", ":\n", "() -\n", "()\n", "\n"} {
		if before, doc, found = strings.Cut(text, "\n * "+fn+sign); found {
			return before, doc, true
		}
	}
	return text, "", false
}

// kernelDoc checks that a new wrapper is documented, with each parameter.
func (l *looker) kernelDoc(fn *ctype.Decl) {
	text := l.Src.Text(defs.SecurityPath)
	before, doc, found := cutTitle(text, fn.Name)
	if opens := strings.LastIndex(before, "/*"); !found || opens < 0 || !strings.HasPrefix(before[opens:], "/**") {
		l.Add("hooks/no-kernel-doc", fn.Pos, fmt.Sprintf("%s has no kernel-doc comment", fn.Name), "write one as its neighbours have: what it checks, its parameters, what it returns")
		return
	}
	doc, _, _ = strings.Cut(doc, "*/")
	for _, p := range fn.Params {
		if p.Name != "" && !strings.Contains(doc, "@"+p.Name+":") {
			l.Add("hooks/no-kernel-doc", fn.Pos, fmt.Sprintf("the kernel-doc comment of %s does not describe @%s", fn.Name, p.Name), fmt.Sprintf("add: @%s: …", p.Name))
		}
	}
}
