// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

func (c *series) cFile(name string) {
	if name == DefsPath || name == "include/linux/lsm_hooks.h" {
		return
	}
	u := c.src.unit(name)
	c.regs[name] = registrationsOf(c.src, u)
	for _, r := range c.regs[name] {
		c.checked[r.hook] = append(c.checked[r.hook], r)
		c.registration(&r)
	}
}

// registration checks one place in C that puts a function into a hook.
func (c *series) registration(r *registration) {
	hooks := c.byName[r.hook]
	switch {
	case len(hooks) == 0:
		c.unknownHook(r.hook, r.pos)
	case r.null:
		c.add("hooks/no-function", r.pos, fmt.Sprintf("hook %s gets no function", r.hook),
			"leave hooks without a function out of the list")
	case r.typ == nil:
		c.add("hooks/unresolved", r.pos,
			fmt.Sprintf("what %q, registered for hook %s, is declared as is not found", r.fn, r.hook),
			"declare the function in the file or in a header that it includes")
	default:
		if r.cast {
			c.add("hooks/cast", r.pos, fmt.Sprintf("the function for hook %s is cast, so no compiler checks its type", r.hook),
				"register the function without the cast")
		}
		c.signature(hooks, r)
	}
}

// signature compares the registered function with the definitions of its hook. There are several
// of either where they stand under different conditions: then those that can hold together must
// agree. Where a condition is not one of the configuration, such as that on a kernel's version, one
// that agrees is enough.
func (c *series) signature(hooks []*Hook, r *registration) {
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

func (c *series) mismatches(hooks []*Hook, r *registration, v typed) {
	hook, diff := closest(hooks, r, v)
	if other := c.another(v.decl.Name, r.hook); len(diff) > 0 && other != nil && len(compareFuncs(other.Type, v.typ, r.names)) == 0 {
		f := c.wrongFunction("hooks/shim-type", r.pos, v.decl.Name, hook, other)
		f.Detail = c.chain(hook, &registration{hook: r.hook, pos: r.pos, fn: r.fn, typed: v})
		return
	}
	for _, m := range diff {
		c.shimMismatch(hook, &registration{hook: r.hook, pos: r.pos, fn: r.fn, typed: v}, m)
	}
}

// closest returns the definition of a hook from which the function of r, as v declares it, differs
// least, and how; none where no definition can hold together with v.
func closest(hooks []*Hook, r *registration, v typed) (hook *Hook, diff []mismatch) {
	for _, h := range hooks {
		facts := ctype.FactsOf(h.Condition, r.cond)
		if facts.Holds(v.decl.Cond) == ctype.False || ctype.FactsOf(v.decl.Cond, r.cond).Holds(h.Condition) == ctype.False {
			continue
		}
		if d := compareFuncs(h.Type, v.typ, r.names); hook == nil || len(d) < len(diff) {
			hook, diff = h, d
		}
	}
	return hook, diff
}

func (c *series) shimMismatch(h *Hook, r *registration, m mismatch) {
	there, here := h.paramPos(m.param).String(), r.at(m.param)
	var message, hint string
	switch m.param {
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
	f := c.add("hooks/shim-type", here, message, m.advice(hint))
	f.Detail = c.chain(h, r)
}

// chain shows both ends of a broken link.
func (c *series) chain(h *Hook, r *registration) string {
	var b strings.Builder
	line := func(pos ctype.Pos, text string) { fmt.Fprintf(&b, "%s: %s\n", pos.String(), text) }
	line(ctype.Pos{File: h.File, Line: h.Line}, h.Prototype())
	line(r.decl.Pos, r.decl.Type.Declare(r.decl.Name))
	if r.pos.Line != r.decl.Pos.Line || r.pos.File != r.decl.Pos.File {
		line(r.pos, fmt.Sprintf("LSM_HOOK_INIT(%s, %s)", r.hook, r.fn))
	}
	return strings.TrimSuffix(b.String(), "\n")
}
