// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options say how [Check] works. Nil and the zero value are fine.
type Options struct {
	// Arch is the directory under arch/ whose headers define <asm/…>; "" is x86.
	Arch string
	// History gives other states of the tree, with a name for each, newest first. A hook that
	// the tree does not have is looked for there.
	History iter.Seq2[string, fs.FS]
}

func (o *Options) arch() string {
	if o == nil || o.Arch == "" {
		return "x86"
	}
	return o.Arch
}

type checker struct {
	src    *source
	before fs.FS
	opts   *Options
	hooks  []Hook
	byName map[string][]*Hook
	// checked are the registrations of the series by the name of the hook, regs by their file.
	checked  map[string][]registration
	regs     map[string][]registration
	links    []link
	inits    []initializer
	structs  map[string]*structure
	mapper   *mapper
	findings []report.Finding
}

// Check checks what set registers as LSM hooks, and what else an LSM needs, in the tree after:
// that before with set applied. Where set does not apply, after is nil: the files that set adds
// are checked all the same, and its changes to other files as far as their places are found.
// Findings are sorted. An error means that the tree has no hooks that could be read.
func Check(set *patchset.Set, before, after fs.FS, opts *Options) ([]report.Finding, error) {
	if after == nil {
		after = assume(set, before)
	}
	c, err := newChecker(set, before, after, opts)
	if err != nil {
		return nil, err
	}
	c.all()
	for i := range c.findings {
		if c.findings[i].Patch == 0 {
			c.findings[i].Patch = c.src.patchOf[c.findings[i].File]
		}
	}
	report.Sort(c.findings)
	return c.findings, nil
}

// newChecker reads the hooks of the tree after.
func newChecker(set *patchset.Set, before, after fs.FS, opts *Options) (*checker, error) {
	src := newSource(set, after, opts.arch())
	hooks, bad, err := List(after)
	if err != nil {
		return nil, err
	}
	c := &checker{
		src: src, before: before, opts: opts, hooks: hooks, byName: map[string][]*Hook{},
		checked: map[string][]registration{}, regs: map[string][]registration{},
	}
	for i := range hooks {
		c.byName[hooks[i].Name] = append(c.byName[hooks[i].Name], &hooks[i])
	}
	c.definitions(bad)
	return c, nil
}

func (c *checker) all() {
	for _, name := range c.src.lsmFiles(".c", ".h") {
		c.cFile(name)
	}
	c.otherUsers()
	c.rustFiles()
	c.crossed()
	c.initializers()
	c.descriptors()
	c.initCalls()
	c.ids()
	c.blobs()
	c.hookGates()
	c.sleeps()
	c.kconfigs()
	c.helpers()
	c.modules()
	lsms := c.lsms()
	c.counts(lsms)
	c.defaultClaims(lsms)
}

// readBefore reads a file of the tree without the series; nil where there is none.
func (c *checker) readBefore(name string) []byte {
	if c.before == nil || !fs.ValidPath(name) {
		return nil
	}
	data, err := fs.ReadFile(c.before, name)
	if err != nil {
		return nil
	}
	return data
}

func (c *checker) isNew(name string) bool { return c.readBefore(name) == nil }

// definitions takes over what List could not read. It is the series' fault where the series
// changes the file.
func (c *checker) definitions(bad []report.Finding) {
	for _, f := range bad {
		if _, touched := c.src.patchOf[DefsPath]; !touched {
			f.Severity = report.Warning
		}
		c.findings = append(c.findings, f)
	}
}

// add records a finding at pos. What a macro makes in several places is told once.
func (c *checker) add(check string, pos ctype.Pos, message, hint string) *report.Finding {
	for i := range c.findings {
		if f := &c.findings[i]; f.Check == check && f.File == pos.File && f.Line == pos.Line && f.Column == pos.Col && f.Message == message {
			return f
		}
	}
	c.findings = append(c.findings, report.Finding{
		Check: check, Severity: severityOf(check), File: pos.File, Line: pos.Line, Column: pos.Col,
		Message: message, Hint: hint,
	})
	return &c.findings[len(c.findings)-1]
}

func (c *checker) cFile(name string) {
	if name == DefsPath || name == "include/linux/lsm_hooks.h" {
		return
	}
	u := c.src.unit(name)
	c.regs[name] = c.src.registrations(u)
	for _, r := range c.regs[name] {
		c.checked[r.hook] = append(c.checked[r.hook], r)
		c.registration(&r)
	}
}

// registration checks one place in C that puts a function into a hook.
func (c *checker) registration(r *registration) {
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
func (c *checker) signature(hooks []*Hook, r *registration) {
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

func (c *checker) mismatches(hooks []*Hook, r *registration, v typed) {
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

func (c *checker) shimMismatch(h *Hook, r *registration, m mismatch) {
	there, here := at(h.paramPos(m.param)), r.at(m.param)
	var message, hint string
	switch m.param {
	case returns:
		message = fmt.Sprintf("hook %s returns `%s` in this tree (%s), the series has `%s`", h.Name, m.want, there, m.got)
		hint = fmt.Sprintf("in %s let the function return `%s`", at(here), m.want)
	case arity:
		message = fmt.Sprintf("hook %s takes %s in this tree (%s), the series has %s", h.Name, m.want, there, m.got)
		hint = fmt.Sprintf("in %s give it the parameters of `%s`", at(here), h.Prototype())
	default:
		message = fmt.Sprintf("hook %s takes `%s` in this tree (%s), the series has `%s`", h.Name, m.want, there, m.got)
		hint = fmt.Sprintf("in %s write `%s`", at(here), m.want)
	}
	f := c.add("hooks/shim-type", here, message, m.advice(hint))
	f.Detail = c.chain(h, r)
}

// chain shows both ends of a broken link.
func (c *checker) chain(h *Hook, r *registration) string {
	var b strings.Builder
	line := func(pos ctype.Pos, text string) { fmt.Fprintf(&b, "%s: %s\n", at(pos), text) }
	line(ctype.Pos{File: h.File, Line: h.Line}, h.Prototype())
	line(r.decl.Pos, r.decl.Type.Declare(r.decl.Name))
	if r.pos.Line != r.decl.Pos.Line || r.pos.File != r.decl.Pos.File {
		line(r.pos, fmt.Sprintf("LSM_HOOK_INIT(%s, %s)", r.hook, r.fn))
	}
	return strings.TrimSuffix(b.String(), "\n")
}
