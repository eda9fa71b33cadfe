// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const addHooks = "security_add_hooks"

// fieldTypes checks what C files put into the fields of the framework's structs against the tree's own
// declarations.
func (c *needs) fieldTypes() {
	for i := range c.inits {
		s := c.structures()[c.inits[i].tag]
		if s == nil || !strings.HasSuffix(c.inits[i].pos.File, ".c") {
			continue
		}
		names := c.Src.Scope(c.Src.Unit(c.inits[i].pos.File))
		for _, f := range c.inits[i].fields {
			want, known := s.types[f.name]
			if !known {
				continue
			}
			if got := c.misfit(names, want.Type, typeOf(names, f.toks)); got != nil {
				c.Add("hooks/field-type", f.pos,
					fmt.Sprintf("struct %s has `%s` in this tree (%s), but %s is `%s`", s.name, want.Type.Declare(f.name), want.Pos, f.value, got),
					fmt.Sprintf("give it what is declared there: `%s`", want.Type)).Detail = declaredAt(names, f.toks)
			}
		}
	}
}

// misfit returns the type of a value, got, where it cannot stand for one of type want, of the framework, and nil where it can
// or where nothing is known of it. names are those that the file of the value sees.
func (c *needs) misfit(names *ctype.Headers, want, got *ctype.Type) *ctype.Type {
	if got == nil || got.HasTypeof() {
		return nil
	}
	w, g := c.Src.Headers.Resolve(want), names.Resolve(got)
	switch {
	case g.Class == ctype.Array:
		g = &ctype.Type{Class: ctype.Pointer, Elem: g.Elem}
	case g.Class == ctype.Func:
		g = &ctype.Type{Class: ctype.Pointer, Elem: g}
	}
	if w.Class == ctype.Typedef || g.Class == ctype.Typedef {
		return nil
	}
	if w.Class != ctype.Pointer || g.Class != ctype.Pointer {
		isScalar := func(t *ctype.Type) bool { return t.Class == ctype.Basic || t.Class == ctype.Enum }
		if isScalar(w) && isScalar(g) || w.Class == g.Class && w.Class != ctype.Pointer {
			return nil
		}
		return got
	}
	to, from := c.Src.Headers.Resolve(w.Elem), names.Resolve(g.Elem)
	if to.Class == ctype.Func && from.Class == ctype.Func {
		if len(registered.CompareFuncs(to, from, names)) > 0 {
			return got
		}
		return nil
	}
	if from.Qual&^to.Qual&(ctype.Const|ctype.Volatile) != 0 {
		return got // clang takes that for another type with the flags of a tree
	}
	plain := func(t *ctype.Type) *ctype.Type { u := *t; u.Qual = 0; return &u }
	if to.IsVoid() || from.IsVoid() || ctype.Compatible(plain(to), plain(from), names) {
		return nil
	}
	return got
}

// typeOf returns the type of a string, a name or the address of one; nil for all else.
func typeOf(names *ctype.Headers, value []ctype.Token) *ctype.Type {
	if len(value) == 1 && strings.HasPrefix(value[0].Text, `"`) {
		return &ctype.Type{Class: ctype.Pointer, Elem: &ctype.Type{Name: "char"}}
	}
	isAddress := len(value) == 2 && value[0].Is("&")
	if isAddress {
		value = value[1:]
	}
	if len(value) > 0 && (value[0].Is("sizeof") || isMacroName(value[0].Text) && !isFigure(value[0].Text)) {
		return nil // nothing declares it, and to find that out takes all headers
	}
	isCall := len(value) > 2 && value[0].Kind == ctype.Ident && value[1].Is("(") && value[len(value)-1].Is(")") && !isAddress
	if isCall {
		if inner, rest := ctype.Group(value[1:]); inner == nil && len(value) != 3 || len(rest) > 0 {
			return nil
		}
		if d := names.Decl(value[0].Text); d != nil && d.Type.Class == ctype.Func {
			return d.Type.Elem
		}
		return nil
	}
	if len(value) == 1 && !isAddress && isFigure(value[0].Text) {
		return &ctype.Type{Name: "int"}
	}
	if len(value) != 1 || value[0].Kind != ctype.Ident {
		return nil
	}
	d := names.Decl(value[0].Text)
	if d == nil {
		return nil
	}
	if isAddress {
		return &ctype.Type{Class: ctype.Pointer, Elem: d.Type}
	}
	return d.Type
}

// isMacroName reports whether a name is written as those of macros and constants are: ARRAY_SIZE.
func isMacroName(name string) bool {
	return len(name) > 1 && strings.ToUpper(name) == name && name[0] >= 'A' && name[0] <= 'Z'
}

// isFigure reports whether a word is a number other than 0, true, which is 1, or an ID of the framework, which is a number.
func isFigure(word string) bool {
	return word == "true" || word != "" && (word[0] >= '1' && word[0] <= '9' || strings.HasPrefix(word, "LSM_ID_"))
}

// declaredAt says where the name in a value is declared, or nothing.
func declaredAt(names *ctype.Headers, value []ctype.Token) string {
	if len(value) == 0 {
		return ""
	}
	d := names.Decl(value[len(value)-1].Text)
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", d.Pos, d.Type.Declare(d.Name))
}

// addHooksCalls checks the calls of security_add_hooks against the tree's declaration of it.
func (c *needs) addHooksCalls() {
	c.structures()
	declared := c.addHooks
	if declared == nil || declared.Type.Class != ctype.Func {
		return
	}
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		for _, d := range u.Decls {
			for _, call := range addsIn(d.Body, addHooks) {
				c.addHooksCall(declared, c.Src.Scope(u), d, call)
			}
		}
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		f := c.Src.Rust(name)
		for _, call := range rustsyn.Calls(f.Tokens) {
			t, err := rustsyn.ParsePath(call.Path)
			if err == nil && bindgen.BindingName(f, t) == addHooks && len(call.Args) != len(declared.Type.Params) {
				c.badCall(declared, call.Pos, fmt.Sprintf("is given %d arguments", len(call.Args)))
			}
		}
	}
}

// callsIn returns the calls of a function in the bodies of a unit.
func callsIn(u *ctype.Unit, name string) []ctype.Call {
	var found []ctype.Call
	for _, d := range u.Decls {
		if d.Defined {
			found = append(found, ctype.Calls(d.Body, name)...)
		}
	}
	return found
}

// typeWithin is [typeOf] in a function, whose parameters and variables hide what others there are of their names. Nil stands for
// variables of its own, too.
func typeWithin(fn *ctype.Decl, names *ctype.Headers, value []ctype.Token) *ctype.Type {
	if len(value) == 0 {
		return nil
	}
	name := value[len(value)-1]
	for _, p := range fn.Type.Params {
		switch {
		case p.Name == "" || p.Name != name.Text:
		case len(value) == 1:
			return p.Type
		case len(value) == 2 && value[0].Is("&"):
			return &ctype.Type{Class: ctype.Pointer, Elem: p.Type}
		}
	}
	if isVariable(fn.Body, name.Text) {
		return nil
	}
	return typeOf(names, value)
}

// isVariable reports whether a function may have a variable of a name: behind a type, or a star.
func isVariable(body []ctype.Token, name string) bool {
	for i := 1; i+1 < len(body); i++ {
		if body[i].Text != name || body[i].Kind != ctype.Ident {
			continue
		}
		before, behind := &body[i-1], &body[i+1]
		if (before.Is("*") || before.Is(",") || before.Kind == ctype.Ident && !before.Is("return")) &&
			slices.Contains([]string{"=", ";", "[", ","}, behind.Text) && startsDeclaration(body[:i]) {
			return true
		}
	}
	return false
}

// startsDeclaration reports whether the statement that toks ends in begins with two words, or a word and a star, as a declaration
// does.
func startsDeclaration(toks []ctype.Token) bool {
	rest := toks[ctype.StatementStart(toks, len(toks)):]
	return len(rest) > 0 && rest[0].Kind == ctype.Ident && (len(rest) == 1 || rest[1].Kind == ctype.Ident || rest[1].Is("*"))
}

// maxDefined bounds how many descriptors of a file are looked at.
const maxDefined = 100

var (
	reDefineLSM = lazyregexp.New(`(?m)^(DEFINE_(?:EARLY_)?LSM)\(([^)\n]*)\)`)
	reName      = lazyregexp.New(`^\s*[A-Za-z_]\w*\s*$`)
)

// defineArgs checks what DEFINE_LSM() is given, as it is written: the macro pastes it, so no other macro behind it counts.
func (c *needs) defineArgs(file string) {
	text := c.Src.Text(file)
	for _, at := range reDefineLSM.FindAllStringSubmatchIndex(text, maxDefined) {
		macro, arg := text[at[2]:at[3]], text[at[4]:at[5]]
		if !reName.MatchString(arg) {
			c.Add("hooks/framework-call", ctype.Pos{File: file, Line: 1 + strings.Count(text[:at[0]], "\n")},
				fmt.Sprintf("%s takes one name, of which it makes a variable, but is given `%s`", macro, arg), fmt.Sprintf("give it the name alone, as in %s(sample)", macro))
		}
	}
}

func (c *needs) addHooksCall(declared *ctype.Decl, names *ctype.Headers, fn *ctype.Decl, call ctype.Call) {
	params := declared.Type.Params
	if len(call.Args) != len(params) {
		c.badCall(declared, call.Name.Pos(), fmt.Sprintf("is given %d arguments", len(call.Args)))
		return
	}
	if call.Index > 0 && declared.Type.Elem.IsVoid() && !fn.Type.Elem.IsVoid() && (fn.Body[call.Index-1].Is("return") || fn.Body[call.Index-1].Is("=")) {
		c.Add("hooks/framework-call", call.Name.Pos(), fmt.Sprintf("%s gives no result in this tree (%s), but %s takes one", addHooks, declared.Pos, fn.Name), "call it, and return 0 behind it")
	}
	for i, p := range params {
		if p.Type.Pointee() != nil && p.Type.Pointee().Name == "lsm_id" && (ctype.Text(call.Args[i]) == "NULL" || ctype.Text(call.Args[i]) == "0") {
			c.badCall(declared, call.Args[i][0].Pos(), fmt.Sprintf("is given %s as `%s`, which the framework reads", ctype.Text(call.Args[i]), p.Type.Declare(p.Name)))
		}
		if got := c.misfit(names, p.Type, typeWithin(fn, names, call.Args[i])); got != nil {
			f := c.badCall(declared, call.Args[i][0].Pos(), fmt.Sprintf("is given `%s`, which is `%s`, as `%s`", ctype.Text(call.Args[i]), got, p.Type.Declare(p.Name)))
			if i != len(params)-1 || got.Pointee() != nil && got.Pointee().Name != "char" && got.Pointee().Class != ctype.Struct {
				f.Hint = fmt.Sprintf("give it a `%s`", p.Type)
			}
		}
	}
}

func (c *needs) badCall(declared *ctype.Decl, pos ctype.Pos, how string) *report.Finding {
	hint := fmt.Sprintf("call it as it is declared: `%s`", declared.Type.Declare(addHooks))
	if n := len(declared.Type.Params); n > 0 && declared.Type.Params[n-1].Type.Pointee() != nil && declared.Type.Params[n-1].Type.Pointee().Name == "lsm_id" {
		hint = "define a `static const struct lsm_id` with .name and .id, and give its address as the third argument"
	}
	f := c.Add("hooks/framework-call", pos, fmt.Sprintf("%s takes %d arguments in this tree (%s), but %s", addHooks, len(declared.Type.Params), declared.Pos, how), hint)
	f.Detail = fmt.Sprintf("%s: %s", declared.Pos, declared.Type.Declare(addHooks))
	return f
}

// framework are the headers that define what an LSM uses of the framework.
var framework = []string{"include/linux/lsm_hooks.h", "include/linux/security.h", "include/linux/init.h", "include/linux/lsm_count.h", "include/uapi/linux/lsm.h", "include/linux/lsm/"}

// superseded says what came in the place of names of the framework that trees have no more.
var superseded = map[string]string{
	"__lsm_ro_after_init":      "__ro_after_init",
	"security_initcall":        "DEFINE_LSM(), with .init or one of the .initcall_ fields",
	"security_module_enable":   "DEFINE_LSM(), with .enabled where the LSM can be switched off",
	"security_delete_hooks":    "nothing: an LSM cannot be unloaded",
	"DEFINE_EARLY_LSM":         "DEFINE_LSM()",
	"LSM_FLAG_LEGACY_MAJOR":    "no flag",
	"LSM_ORDER_MUTABLE":        "no .order",
	"register_security":        "security_add_hooks() out of .init of DEFINE_LSM()",
	"security_add_hooks_named": "security_add_hooks()",
}

// gone tells of names of the framework that this tree does not define.
func (c *needs) gone() {
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		seen := map[string]bool{}
		for _, t := range u.Tokens {
			isOurs := superseded[t.Text] != "" || strings.HasPrefix(t.Text, "LSM_FLAG_") || strings.HasPrefix(t.Text, "LSM_ORDER_")
			if t.Kind != ctype.Ident || !isOurs || seen[t.Text] || u.Macros[t.Text] != nil || len(u.Find(t.Text)) > 0 {
				continue
			}
			seen[t.Text] = true
			if c.defines(u, t.Text) {
				continue
			}
			hint := "see what " + framework[0] + " defines"
			if now := superseded[t.Text]; now != "" {
				hint = "use " + now
			}
			c.Add("hooks/gone", t.Pos(), fmt.Sprintf("this tree does not define %s", t.Text), hint)
		}
	}
}

// defines reports whether a name is defined by the headers of the framework, or by what the series
// brings beside a unit.
func (c *needs) defines(u *ctype.Unit, name string) bool {
	isIn := func(file string) bool { return strings.Contains(c.Src.Text(file), name) }
	return slices.ContainsFunc(framework, isIn) || slices.ContainsFunc(c.Src.LSMFiles(".h"), isIn) || c.Src.Scope(u).Decl(name) != nil
}
