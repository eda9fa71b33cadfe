// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Rules are what a tree or a kernel lets BPF LSM programs do.
type Rules struct {
	hooks map[string]*defs.Hook
	// sleepable and disabled are the hooks whose programs may sleep, and those that have none; nil where
	// nobody knows. Where says where they stand.
	sleepable, disabled map[string]bool
	where, whereNot     string
	headers             *ctype.Headers
	// told are the conditions that a file was told of already.
	told map[string]bool
}

// Selftests is where a tree has BPF programs of its own.
const Selftests = "tools/testing/selftests/bpf/progs"

// FromTree reads the rules of a tree. The error is that of [defs.List].
func FromTree(tree fs.FS) (*Rules, error) {
	list, _, err := defs.List(tree)
	if err != nil {
		return nil, err
	}
	read := func(name string) []byte {
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil
		}
		return data
	}
	return New(list, read, ctype.NewHeaders(tree, "x86", defs.TypeRoots()...)), nil
}

// New makes the rules of a tree whose hooks are known; read reads a file of it, or returns nil.
func New(list []defs.Hook, read func(name string) []byte, headers *ctype.Headers) *Rules {
	r := &Rules{hooks: defs.Index(list), headers: headers, told: map[string]bool{}}
	r.sleepable, r.where = defs.SetOf(read, defs.SleepableHooks)
	r.disabled, r.whereNot = defs.SetOf(read, defs.DisabledHooks)
	return r
}

// Check returns what is wrong with programs, in their order.
func (r *Rules) Check(programs []Program) []report.Finding {
	told := make([][]report.Finding, len(programs))
	for i := range programs {
		r.program(&programs[i], func(check string, severity report.Severity, pos ctype.Pos, message, hint string) {
			told[i] = append(told[i], report.Finding{Check: check, Severity: severity, File: pos.File, Line: pos.Line, Column: pos.Col, Message: message, Hint: hint})
		})
	}
	// Programs of a name under different conditions are versions of one for different kernels. Two right ones are enough to tell.
	type version struct{ file, name string }
	right := map[version][]*Program{}
	for i := range programs {
		p := &programs[i]
		v := version{p.File, p.Name}
		if len(told[i]) == 0 && len(right[v]) < 2 && !slices.ContainsFunc(right[v], func(q *Program) bool { return q.cond == p.cond }) {
			right[v] = append(right[v], p)
		}
	}
	var findings []report.Finding
	for i := range programs {
		p := &programs[i]
		if !slices.ContainsFunc(right[version{p.File, p.Name}], p.isVersionOf) {
			findings = append(findings, told[i]...)
		}
	}
	return findings
}

type teller func(check string, severity report.Severity, pos ctype.Pos, message, hint string)

func (r *Rules) program(p *Program, tell teller) {
	if p.Unread != "" {
		tell("hooks/unresolved", report.Warning, p.Pos, fmt.Sprintf("%s of BPF program %s is not understood", p.Unread, p.Name), "write it out, so that it can be compared")
		return
	}
	h := r.hooks[p.Hook]
	if h == nil {
		tell("hooks/bpf-hook", report.Error, p.Pos, fmt.Sprintf("BPF program %s is for hook %s, which is not there", p.Name, p.Hook), r.alike(p.Hook))
		return
	}
	if p.Fails {
		return // a selftest of what does not load
	}
	if r.disabled[p.Hook] {
		tell("hooks/bpf-disabled", report.Error, p.Pos, fmt.Sprintf("hook %s takes no BPF programs (%s: %s), but %s is one", p.Hook, r.whereNot, defs.DisabledHooks, p.Name),
			"take another hook: this one is not loaded")
	}
	if p.Sleepable() && r.sleepable != nil && !r.sleepable[p.Hook] {
		tell("hooks/bpf-sleepable", report.Error, p.Pos, fmt.Sprintf("BPF program %s is sleepable, but hook %s is not among those that may sleep (%s: %s)", p.Name, p.Hook, r.where, defs.SleepableHooks),
			fmt.Sprintf("write SEC(\"lsm/%s\"), and call nothing that sleeps", p.Hook))
	}
	r.params(h, p, tell)
	r.reads(h, p, tell)
	r.loads(h, p, tell)
	r.gate(h, p, tell)
}

// gate tells once for each file of a hook that some kernels lack. The selftests of a tree have a
// configuration of their own.
func (r *Rules) gate(h *defs.Hook, p *Program, tell teller) {
	if p.Optional() || strings.ContainsAny(h.Condition, "|!") || strings.HasPrefix(p.File, path.Dir(Selftests)+"/") {
		return
	}
	for _, symbol := range h.Configs() {
		key := p.File + " " + symbol
		if symbol == "BPF_SYSCALL" || r.told[key] {
			continue
		}
		r.told[key] = true
		tell("hooks/bpf-gate", report.Note, p.Pos, fmt.Sprintf("hook %s exists only with CONFIG_%s (%s); without it the whole object of %s does not load", p.Hook, symbol, placeOf(h), p.Name),
			fmt.Sprintf("ask for CONFIG_%s, or write SEC(\"?%s\") and load it where the kernel has the hook", symbol, p.Section))
	}
}

// params compares the parameters of BPF_PROG with those of the hook: the first ones, and behind all of them
// what the programs before returned.
func (r *Rules) params(h *defs.Hook, p *Program, tell teller) {
	there := fmt.Sprintf("%s: %s", placeOf(h), h.Prototype())
	want := h.Type.Params
	for i, got := range p.Params {
		pos := got.Pos
		switch {
		case i > len(want), i == len(want) && h.Return == "void":
			tell("hooks/bpf-param", report.Error, pos, fmt.Sprintf("hook %s has %d parameters (%s), `%s` of %s is none of them", h.Name, len(want), there, got.Type.Declare(got.Name), p.Name), "leave it out")
			return
		case i == len(want):
			if r.isPointer(got.Type) {
				tell("hooks/bpf-param", report.Error, pos, fmt.Sprintf("what follows the parameters of hook %s (%s) is an int, what the programs before returned; %s has `%s`", h.Name, there, p.Name, got.Type.Declare(got.Name)), "write `int ret`, or leave it out")
			}
		case !r.fits(want[i].Type, got.Type) && r.headers.Resolve(got.Type).Class == ctype.Typedef:
			tell("hooks/unresolved", report.Warning, pos, fmt.Sprintf("the type `%s` of a parameter of BPF program %s is not found, and not compared with `%s` (%s)", got.Type, p.Name, want[i].Type.Declare(want[i].Name), there),
				"write it out, so that it can be compared")
		case !r.fits(want[i].Type, got.Type):
			tell("hooks/bpf-param", report.Error, pos, fmt.Sprintf("parameter %d of hook %s is `%s` (%s), %s has `%s`", i+1, h.Name, want[i].Type.Declare(want[i].Name), there, p.Name, got.Type.Declare(got.Name)),
				fmt.Sprintf("write `%s`", want[i].Type.Declare(want[i].Name)))
			return // those behind it are moved as well
		case r.size(got.Type) > 0 && r.size(got.Type) < r.size(want[i].Type):
			tell("hooks/bpf-param", report.Warning, pos, fmt.Sprintf("parameter %d of hook %s is `%s` (%s), of %d bytes, and %s takes %d of them, `%s`", i+1, h.Name, want[i].Type.Declare(want[i].Name), there,
				r.size(want[i].Type), p.Name, r.size(got.Type), got.Type.Declare(got.Name)), fmt.Sprintf("write `%s`", want[i].Type.Declare(want[i].Name)))
		case (got.Name == "ret" || got.Name == "retval") && want[i].Name != got.Name && i == len(p.Params)-1:
			tell("hooks/bpf-param", report.Error, pos, fmt.Sprintf("`%s` of %s is parameter %d of hook %s, `%s` (%s): what the programs before returned is behind all of them", got.Name, p.Name, i+1, h.Name, want[i].Type.Declare(want[i].Name), there),
				"name all parameters of the hook before it")
		}
	}
}

// placeOf returns where a hook is defined; a kernel has no lines.
func placeOf(h *defs.Hook) string {
	if h.Line == 0 {
		return h.File
	}
	return fmt.Sprintf("%s:%d", h.File, h.Line)
}

func (r *Rules) isPointer(t *ctype.Type) bool {
	to := r.headers.Resolve(t)
	return to.Class == ctype.Pointer || to.Class == ctype.Array
}

// fits reports whether a parameter of a program reads right what the hook hands over in a register.
func (r *Rules) fits(want, got *ctype.Type) bool {
	if r.isPointer(want) != r.isPointer(got) {
		// An address may be taken as a number that holds it.
		return !r.isPointer(got) && slices.Contains([]string{"unsigned long", "unsigned long long", "long", "long long"}, r.headers.Resolve(got).Name) ||
			r.headers.Resolve(got).Class == ctype.Typedef && (strings.HasSuffix(got.Name, "64") || strings.HasSuffix(got.Name, "long"))
	}
	if !r.isPointer(want) {
		return true
	}
	w, g := r.headers.Resolve(r.headers.Resolve(want).Elem), r.headers.Resolve(r.headers.Resolve(got).Elem)
	isTagged := func(t *ctype.Type) bool { return (t.Class == ctype.Struct || t.Class == ctype.Union) && t.Name != "" }
	switch {
	case w.IsVoid() || g.IsVoid() || w.Class == ctype.Typedef || g.Class == ctype.Typedef:
		return true
	case isTagged(w) && isTagged(g):
		flavor, _, _ := strings.Cut(g.Name, "___") // struct file___old of CO-RE
		return w.Class == g.Class && w.Name == flavor
	}
	return isTagged(w) == isTagged(g)
}

// alike returns a hint that names the hooks whose names are like one.
func (r *Rules) alike(name string) string {
	for _, prefix := range []string{"bpf_lsm_", "security_"} {
		if hook, found := strings.CutPrefix(name, prefix); found && r.hooks[hook] != nil {
			return "write the name of the hook alone: lsm/" + hook
		}
	}
	var near []string
	for other := range r.hooks {
		if likeness.Distance(name, other) <= max(2, len(name)/3) {
			near = append(near, other)
		}
	}
	if len(near) == 0 {
		return "see the hooks with: lsmpatch hooks list"
	}
	slices.SortFunc(near, func(a, b string) int {
		if d := likeness.Distance(name, a) - likeness.Distance(name, b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return "alike: " + strings.Join(near[:min(3, len(near))], ", ")
}
