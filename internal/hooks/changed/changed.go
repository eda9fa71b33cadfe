// SPDX-License-Identifier: GPL-2.0-only

// Package changed looks after a series that adds, changes or removes a hook: a hook is a line of
// lsm_hook_defs.h, a wrapper in security.c, a declaration and a stub in security.h, the sets of
// bpf_lsm.c, and those who call and who use it.
//
// Call [Look] with what a series registers; what is wrong is added to its findings. Hooks that the
// series does not touch in any of these places are not looked at.
package changed

import (
	"bytes"
	"fmt"
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
	// calls are the calls of each hook in security.c, unit all of it, header what security.h declares. Those of old are from
	// before the series.
	calls, oldCalls   map[string][]call
	unit, oldUnit     *ctype.Unit
	header, oldHeader map[string][]*ctype.Decl
	retyped           []retyped
	removed           []*removed
	// beside are the hooks that are called in security/, or by a function that a macro makes, once somebody asked.
	beside map[string]bool
	// exports are the functions that security.c exports, once somebody asked.
	exports, oldExports map[string]bool
	// lines are those of security.c, addedLines those that the series writes there, once somebody asked.
	lines      []string
	addedLines map[string]bool
}

// Look checks the places of the hooks that a series adds, changes or removes.
func Look(s *registered.Series) {
	if !touchesAny(s, defs.DefsPath, defs.SecurityPath, HeaderPath, defs.BPFPath) || s.Src.Read(defs.SecurityPath) == nil {
		return
	}
	l := &looker{Series: s, added: map[string]bool{}, touched: map[string]bool{}}
	l.calls, l.unit = callsOf(s.Src.Read(defs.SecurityPath))
	l.header = declarations(s.Src.Read(HeaderPath))
	before := len(s.Findings)
	defer func() {
		l.lay(s.Findings[before:])
		l.inOrder()
	}()
	l.scope()
	l.semicolons()
	l.sets()
	for name := range l.calls {
		l.calledHook(name)
	}
	for i := range s.Hooks {
		if h := &s.Hooks[i]; l.touched[h.Name] {
			l.hook(h)
		}
	}
	l.leftBehind()
	l.callersElsewhere()
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
	l.oldCalls, l.oldUnit = callsOf(l.Src.ReadBefore(defs.SecurityPath))
	l.oldHeader = declarations(l.Src.ReadBefore(HeaderPath))
	if len(l.oldCalls) == 0 || len(l.oldHeader) == 0 {
		return
	}
	for name, calls := range l.calls {
		for _, c := range calls {
			if !slices.ContainsFunc(l.oldCalls[name], func(o call) bool { return o.text() == c.text() }) ||
				!slices.EqualFunc(l.header[c.fn.Name], l.oldHeader[c.fn.Name], sameDeclaration) {
				l.touched[name] = true
			}
		}
	}
	for name := range l.oldCalls {
		if len(l.calls[name]) == 0 {
			l.touched[name] = true
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
	if len(calls) == 0 && (l.added[h.Name] || len(l.oldCalls[h.Name]) > 0) && !l.calledBeside(h.Name) {
		l.noWrapper(h)
	}
	for i := range calls {
		l.wrapper(h, &calls[i])
		l.gate(h, "the wrapper", calls[i].fn.Name, calls[i].name.Pos(), calls[i].name.Cond())
	}
	for _, fn := range l.entries(calls) {
		l.definedOnce(fn)
		l.declared(h, fn)
		l.visible(h, fn)
		l.callers(h, fn)
		l.exported(fn)
		if l.added[h.Name] {
			l.caller(h, fn)
			l.kernelDoc(fn)
		}
	}
	if l.added[h.Name] {
		l.user(h)
	}
}

// entries returns the functions by which the rest of the kernel asks a hook: those that call it, and for one of them that is a
// part of others in security.c, these.
func (l *looker) entries(calls []call) []*ctype.Decl {
	var found []*ctype.Decl
	for i := range calls {
		fn := calls[i].fn
		isPart := fn.Storage == "static" && len(l.header[fn.Name]) == 0
		n := len(found)
		for _, d := range l.unit.Decls {
			if isPart && d.Defined && d != fn && slices.ContainsFunc(d.Body, func(t ctype.Token) bool { return t.Is(fn.Name) }) {
				found = append(found, d)
			}
		}
		if len(found) == n {
			found = append(found, fn)
		}
	}
	slices.SortFunc(found, func(a, b *ctype.Decl) int { return a.Pos.Line - b.Pos.Line })
	return slices.Compact(found)
}

// definedOnce tells of a second definition of a wrapper under the same condition.
func (l *looker) definedOnce(fn *ctype.Decl) {
	for _, d := range l.unit.Find(fn.Name) {
		if d.Defined && d != fn && d.Cond == fn.Cond && d.Pos.Line > fn.Pos.Line {
			l.Add("hooks/wrapper-type", d.Pos, fmt.Sprintf("%s is defined already (%s)", fn.Name, fn.Pos), "leave one of them out")
		}
	}
}

// semicolons tells of one that the series writes behind a line of lsm_hook_defs.h, in a tree that makes lists of values of those
// lines: trees before 6.12 made declarations alone of them.
func (l *looker) semicolons() {
	if !bytes.Contains(l.Src.Read(defs.HooksHeader), []byte("static_calls_table")) || !l.touchedBySeries(defs.DefsPath) {
		return
	}
	in := func(text []byte) (found []ctype.Token) {
		for _, t := range ctype.ParseTokens(defs.DefsPath, text, nil).Tokens {
			if t.Is(";") {
				found = append(found, t)
			}
		}
		return found
	}
	if now := in(l.Src.Read(defs.DefsPath)); len(now) > len(in(l.Src.ReadBefore(defs.DefsPath))) {
		l.Add("hooks/bad-definition", now[0].Pos(), "a semicolon behind an LSM_HOOK line, which stands in lists of values too", "leave it out")
	}
}
