// SPDX-License-Identifier: GPL-2.0-only

// Package changed looks after a series that adds, changes or removes a hook: a hook is a line of
// lsm_hook_defs.h, a wrapper in security.c, a declaration and a stub in security.h, the sets of
// bpf_lsm.c, and those who call and who use it.
//
// Call [Look] with what a series registers; what is wrong is added to its findings. Hooks that the
// series does not touch in any of these places are not looked at.
package changed

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// HeaderPath declares the wrappers of all hooks, and what stands for them in a kernel without LSMs.
const HeaderPath = "include/linux/security.h"

// A looker holds the places of the hooks of a tree, after the series, and what the series changes.
type looker struct {
	*registered.Series
	// added are the hooks that the series brings, touched all whose places it changes.
	added, touched map[string]bool
	changes        []defs.Change
	// calls are the calls of each hook in security.c, header what security.h declares.
	calls  map[string][]call
	header map[string][]*ctype.Decl
}

// Look checks the places of the hooks that a series adds, changes or removes.
func Look(s *registered.Series) {
	if !touchesAny(s, defs.DefsPath, defs.SecurityPath, HeaderPath, defs.BPFPath) || s.Src.Read(defs.SecurityPath) == nil {
		return
	}
	l := &looker{Series: s, added: map[string]bool{}, touched: map[string]bool{}}
	l.calls = callsOf(s.Src.Read(defs.SecurityPath))
	l.header = declarations(s.Src.Read(HeaderPath))
	before := len(s.Findings)
	defer func() { l.lay(s.Findings[before:]) }()
	l.scope()
	l.sets()
	for name := range l.calls {
		l.calledHook(name)
	}
	for i := range s.Hooks {
		if h := &s.Hooks[i]; l.touched[h.Name] {
			l.hook(h)
		}
	}
}

// lay lays findings in files that the series does not touch to the patch that changes the hooks.
func (l *looker) lay(findings []report.Finding) {
	for i := range findings {
		for _, file := range []string{findings[i].File, defs.DefsPath, defs.SecurityPath, HeaderPath, defs.BPFPath} {
			if patch, touched := l.Src.PatchOf[file]; touched {
				findings[i].Patch = patch
				break
			}
		}
	}
}

func touchesAny(s *registered.Series, files ...string) bool {
	return slices.ContainsFunc(files, func(f string) bool { _, touched := s.Src.PatchOf[f]; return touched })
}

// scope finds the hooks that the series adds or changes, and those whose wrapper or declarations it changes.
func (l *looker) scope() {
	if old, _ := defs.Parse(l.Src.ReadBefore(defs.DefsPath)); len(old) > 0 {
		l.changes = defs.DiffHooks(old, l.Hooks, l.Src.Headers)
	}
	for _, c := range l.changes {
		if c.New != nil {
			l.touched[c.New.Name] = true
			l.added[c.New.Name] = c.Old == nil
		}
	}
	oldCalls, oldHeader := callsOf(l.Src.ReadBefore(defs.SecurityPath)), declarations(l.Src.ReadBefore(HeaderPath))
	if len(oldCalls) == 0 || len(oldHeader) == 0 {
		return
	}
	for name, calls := range l.calls {
		for _, c := range calls {
			if !slices.ContainsFunc(oldCalls[name], func(o call) bool { return o.text() == c.text() }) ||
				!slices.EqualFunc(l.header[c.fn.Name], oldHeader[c.fn.Name], sameDeclaration) {
				l.touched[name] = true
			}
		}
	}
}

func sameDeclaration(a, b *ctype.Decl) bool {
	return a.Cond == b.Cond && a.Type.String() == b.Type.String() && ctype.Text(a.Body) == ctype.Text(b.Body)
}

// hook checks all places of one hook.
func (l *looker) hook(h *defs.Hook) {
	l.defaultValue(h)
	calls := l.calls[h.Name]
	if len(calls) == 0 && l.added[h.Name] {
		l.noWrapper(h)
	}
	for i := range calls {
		l.wrapper(h, &calls[i])
		l.declared(h, &calls[i])
		l.gate(h, "the wrapper", calls[i].fn.Name, calls[i].name.Pos, calls[i].name.Cond)
		if l.added[h.Name] {
			l.caller(h, calls[i].fn)
			l.kernelDoc(calls[i].fn)
		}
	}
	if l.added[h.Name] {
		l.user(h)
	}
}
