// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
)

// CFile checks the registrations of a C file.
func (c *Series) CFile(name string) {
	if name == defs.DefsPath || name == "include/linux/lsm_hooks.h" {
		return
	}
	u := c.Src.Unit(name)
	c.Regs[name] = RegistrationsOf(c.Src, u)
	for _, r := range c.Regs[name] {
		c.Checked[r.Hook] = append(c.Checked[r.Hook], r)
		c.registration(&r)
	}
}

// wrappedInC follows the functions that C files of the series give to the series' own functions around
// LSM_HOOK_INIT.
func (c *Series) wrappedInC() {
	for _, file := range c.Src.LSMFiles(".c", ".h") {
		for _, r := range c.Regs[file] {
			if r.Shim == nil || source.IsHelper(file) {
				continue
			}
			for _, caller := range c.callersOf(file, r.Shim) {
				c.shimCalls(caller, &r)
			}
		}
	}
}

// callersOf returns the files that can call a shim: its own where it is static.
func (c *Series) callersOf(file string, shim *ctype.Decl) []string {
	if shim.Storage == "static" && strings.HasSuffix(file, ".c") {
		return []string{file}
	}
	return c.Src.LSMFiles(".c")
}

// shimCalls checks what a file gives to the shim of r.
func (c *Series) shimCalls(file string, r *Registration) {
	u := c.Src.Unit(file)
	for _, d := range u.Decls {
		if !d.Defined {
			continue
		}
		for _, call := range ctype.Calls(d.Body, r.Shim.Name) {
			if r.param >= len(call.Args) || len(call.Args[r.param]) == 0 {
				continue
			}
			name := ctype.NewToken(ctype.Ident, r.Hook, call.Name.Pos(), call.Name.Cond())
			given := newRegistration(c.Src, u, name, call.Args[r.param], d)
			c.Regs[file] = append(c.Regs[file], given)
			c.Checked[r.Hook] = append(c.Checked[r.Hook], given)
			c.registration(&given)
		}
	}
}

// registration checks one place in C that puts a function into a hook.
func (c *Series) registration(r *Registration) {
	hooks := c.ByName[r.Hook]
	switch {
	case len(hooks) == 0:
		c.unknownHook(r.Hook, r.Pos)
	case r.null:
		c.Add("hooks/no-function", r.Pos, fmt.Sprintf("hook %s gets no function", r.Hook),
			"leave hooks without a function out of the list")
	case r.Type == nil && r.decl != nil && r.decl.Type.HasTypeof():
		c.notCompared(r, r.decl.Type)
	case r.Type == nil && c.isUndefined(r):
		c.undefined(r)
	case r.Type == nil && r.isNumber():
		c.Add("hooks/shim-type", r.Pos, fmt.Sprintf("hook %s is given the number %s", r.Hook, r.Fn), "give it a function")
	case r.Type == nil:
		c.Add("hooks/unresolved", r.Pos,
			fmt.Sprintf("what %q, registered for hook %s, is declared as is not found", r.Fn, r.Hook),
			"declare the function in the file or in a header that it includes")
	case r.Shim == nil && !r.Cast && r.decl.Type.Class == ctype.Pointer && r.decl.Type.Qual&ctype.Const == 0:
		c.signature(hooks, r)
		c.Add("hooks/unresolved", r.Pos, fmt.Sprintf("%s, registered for hook %s, is a variable, and what it holds is not followed", r.Fn, r.Hook),
			"name the function itself: a variable is no constant, which an initialiser must be")
	default:
		if r.Cast {
			c.Add("hooks/cast", r.Pos, fmt.Sprintf("the function for hook %s is cast, so no compiler checks its type", r.Hook),
				"register the function without the cast")
			c.cast(hooks, r)
		}
		c.signature(hooks, r)
		c.elsewhere(hooks, r)
		c.declaredElse(r)
		c.early(r)
		c.absent(r)
		if r.decl.Split {
			c.Add("hooks/not-compared", r.decl.Pos, fmt.Sprintf("%s, registered for hook %s, has a head in each branch of a condition, of which the first alone is compared", r.Fn, r.Hook), "write it once, or each with its body")
		}
	}
}

// cast checks what a function is cast to: the hook's type, or void *, which a compiler takes for any.
func (c *Series) cast(hooks []*defs.Hook, r *Registration) {
	if r.castTo == nil {
		return
	}
	to := r.Names.Resolve(r.castTo)
	switch fn := functionType(r.Names, to); {
	case r.castTo.HasTypeof():
		c.notCompared(r, r.castTo)
	case fn != nil && to.Class == ctype.Pointer:
		c.mismatches(hooks, r, typed{r.decl, fn})
	case to.Class == ctype.Typedef:
		c.Add("hooks/unresolved", r.Pos, fmt.Sprintf("what `%s` is, to which the function for hook %s is cast, is not found", r.castTo, r.Hook), "register the function without the cast")
	case !r.Names.Resolve(to).Pointee().IsVoid():
		c.Add("hooks/shim-type", r.Pos, fmt.Sprintf("hook %s is given `%s`, a function that is cast to `%s`", r.Hook, r.Fn, r.castTo), "give it the function itself")
	}
}

// early tells of a static function that its file declares behind its use alone. What a macro writes has the places of the macro.
func (c *Series) early(r *Registration) {
	u := c.Src.Unit(r.named.File)
	if u == nil || r.Shim != nil || r.within.File != r.named.File || r.within.Line > r.named.Line {
		return
	}
	isLater := func(d *ctype.Decl) bool {
		return d.Pos.File == r.named.File && d.Pos.Line > r.named.Line && d.Storage == "static"
	}
	if all := u.Find(r.name); len(all) > 0 && !slices.ContainsFunc(all, func(d *ctype.Decl) bool { return !isLater(d) }) {
		c.Add("hooks/undefined-function", r.named, fmt.Sprintf("%s is registered for hook %s before it is declared (%s)", r.name, r.Hook, all[0].Pos),
			"move it up, or declare it before")
	}
}

// isUndefined reports whether nothing can declare a function that is named: no header has it, and its file
// names it nowhere else, nor defines anything by macros that are not known.
func (c *Series) isUndefined(r *Registration) bool {
	if r.decl != nil || r.name == "" {
		return false
	}
	u := c.Src.Unit(r.Pos.File)
	if u == nil {
		return false
	}
	defines := func(use ctype.Use) bool { return use.Body != nil }
	m := c.mentions(r.Pos.File)[r.name]
	return m.spare <= 0 && m.written && !slices.ContainsFunc(u.Uses, defines)
}

// A mention says how often the tokens of a file have a name besides registering it, and whether its text has that word.
type mention struct {
	spare   int
	written bool
}

// mentions counts those of a file. It keeps them for the next question, which is about the same file mostly.
func (c *Series) mentions(file string) map[string]mention {
	if c.mentioned.file == file {
		return c.mentioned.names
	}
	names := map[string]mention{}
	for _, t := range c.Src.Unit(file).Tokens {
		if t.Kind == ctype.Ident {
			m := names[t.Text]
			m.spare++
			names[t.Text] = m
		}
	}
	for _, r := range c.Regs[file] {
		m := names[r.name]
		m.spare--
		names[r.name] = m
	}
	notInWord := func(b rune) bool { return b != '_' && b < 0x80 && !unicode.IsLetter(b) && !unicode.IsDigit(b) }
	for word := range bytes.FieldsFuncSeq(c.Src.Read(file), notInWord) {
		if m, ok := names[string(word)]; ok && !m.written {
			m.written = true
			names[string(word)] = m
		}
	}
	c.mentioned.file, c.mentioned.names = file, names
	return names
}

// maxLikened bounds how many names are held against those that are not declared.
const maxLikened = 1_000_000

// undefined tells of a function that nobody declares, and of one that may be meant.
func (c *Series) undefined(r *Registration) {
	best, near := "", len(r.name)/3+1
	for _, d := range c.Src.Unit(r.Pos.File).Decls {
		if c.likened++; c.likened > maxLikened {
			break
		}
		if n := likeness.Distance(d.Name, r.name); d.Type.Class == ctype.Func && n < near {
			best, near = d.Name, n
		}
	}
	hint := "define it, or declare it in a header that the file includes"
	if best != "" {
		hint = "is " + best + " meant?"
	}
	c.Add("hooks/undefined-function", r.Pos, fmt.Sprintf("nothing declares %s, which is registered for hook %s", r.name, r.Hook), hint)
}

// signature compares the registered function with the definitions of its hook. There are several
// of either where they stand under different conditions: then those that can hold together must
// agree. Where a condition is not one of the configuration, such as that on a kernel's version, one
// that agrees is enough.
func (c *Series) signature(hooks []*defs.Hook, r *Registration) {
	all := append([]typed{r.typed}, r.others...)
	isConfig := func(v typed) bool { return ctype.OfConfig(v.decl.Cond) }
	agrees := func(v typed) bool { _, diff := closest(hooks, r, v); return len(diff) == 0 }
	if !slices.ContainsFunc(all, func(v typed) bool { return !isConfig(v) }) {
		for _, v := range all {
			c.mismatches(hooks, r, v)
		}
	} else if !slices.ContainsFunc(all, agrees) {
		c.mismatches(hooks, r, all[0])
	}
}

func (c *Series) mismatches(hooks []*defs.Hook, r *Registration, v typed) {
	hook, diff := closest(hooks, r, v)
	if other := c.another(v.decl.Name, r.Hook); len(diff) > 0 && other != nil && len(CompareFuncs(other.Type, v.Type, r.Names)) == 0 {
		f := c.wrongFunction("hooks/shim-type", r.Pos, v.decl.Name, hook, other)
		f.Detail = c.chain(hook, &Registration{Hook: r.Hook, Pos: r.Pos, Fn: r.Fn, typed: v})
		return
	}
	for _, m := range diff {
		if t := v.part(m.Param); t != nil && t.HasTypeof() {
			c.notCompared(&Registration{Hook: r.Hook, Pos: r.Pos, Fn: r.Fn, typed: v}, t)
			continue
		}
		c.shimMismatch(hook, &Registration{Hook: r.Hook, Pos: r.Pos, Fn: r.Fn, typed: v}, m)
	}
}

// notCompared tells of a type that only a compiler can work out.
func (c *Series) notCompared(r *Registration, t *ctype.Type) {
	c.Add("hooks/not-compared", r.Pos, fmt.Sprintf("%s, registered for hook %s, is declared with `%s`, which is not worked out", r.Fn, r.Hook, t),
		"let a compiler judge it: lsmpatch hooks check --compile")
}

// part returns the type of a parameter of the function, or of what it returns; nil for their number.
func (v *typed) part(param int) *ctype.Type {
	switch {
	case param == returns:
		return v.Type.Elem
	case param >= 0 && param < len(v.Type.Params):
		return v.Type.Params[param].Type
	}
	return nil
}

// closest returns the definition of a hook from which the function of r, as v declares it, differs
// least, and how; none where no definition can hold together with v.
func closest(hooks []*defs.Hook, r *Registration, v typed) (hook *defs.Hook, diff []Mismatch) {
	for _, h := range hooks {
		facts := ctype.FactsOf(h.Condition, r.Cond)
		if facts.Holds(v.decl.Cond) == ctype.False || ctype.FactsOf(v.decl.Cond, r.Cond).Holds(h.Condition) == ctype.False {
			continue
		}
		if d := CompareFuncs(h.Type, v.Type, r.Names); hook == nil || len(d) < len(diff) {
			hook, diff = h, d
		}
	}
	return hook, diff
}

func (c *Series) shimMismatch(h *defs.Hook, r *Registration, m Mismatch) {
	there, here := h.ParamPos(m.Param).String(), r.at(m.Param)
	var message, hint string
	switch m.Param {
	case returns:
		message = fmt.Sprintf("hook %s returns `%s` in this tree (%s), the series has `%s`", h.Name, m.want, there, m.got)
		hint = fmt.Sprintf("in %s let the function return `%s`", here.String(), m.want)
	case arity:
		message = fmt.Sprintf("hook %s takes %s in this tree (%s), the series has %s", h.Name, m.want, there, m.got)
		hint = fmt.Sprintf("in %s give it the parameters of `%s`", here.String(), h.Prototype())
	default:
		message = fmt.Sprintf("hook %s takes `%s` in this tree (%s), the series has `%s`", h.Name, m.want, there, m.got)
		hint = fmt.Sprintf("in %s write `%s`", here.String(), m.want)
	}
	f := c.Add("hooks/shim-type", here, message, m.advice(hint))
	f.Detail = c.chain(h, r)
}

// chain shows both ends of a broken link.
func (c *Series) chain(h *defs.Hook, r *Registration) string {
	var b strings.Builder
	line := func(pos ctype.Pos, text string) { fmt.Fprintf(&b, "%s: %s\n", pos.String(), text) }
	line(ctype.Pos{File: h.File, Line: h.Line}, h.Prototype())
	line(r.decl.Pos, r.decl.Type.Declare(r.decl.Name))
	if r.Pos.Line != r.decl.Pos.Line || r.Pos.File != r.decl.Pos.File {
		line(r.Pos, fmt.Sprintf("LSM_HOOK_INIT(%s, %s)", r.Hook, r.Fn))
	}
	return strings.TrimSuffix(b.String(), "\n")
}
