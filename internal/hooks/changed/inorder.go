// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
)

// inOrder looks at the patches of a series one by one: none may use a hook that a later one brings, or change a part of what has to change at once.
func (l *looker) inOrder() {
	if l.Src.Patches() < 2 {
		return
	}
	names := map[string]*registered.Arrival{}
	uses := []string{"LSM_HOOK_INIT", "call_int_hook", "call_void_hook"}
	for _, c := range l.changes {
		if c.Old == nil || c.New == nil || c.Old.Name != c.New.Name {
			if c.New != nil {
				names[c.New.Name] = &registered.Arrival{What: "hook " + c.New.Name, In: []string{defs.DefsPath}, Behind: uses}
			}
			if c.Old != nil {
				names[c.Old.Name] = &registered.Arrival{What: "hook " + c.Old.Name, In: []string{defs.DefsPath}, Behind: uses, Gone: true}
			}
			continue
		}
		l.atOnce(c.Old, c.New)
	}
	in := []string{defs.SecurityPath, HeaderPath}
	for name := range l.header {
		if len(l.oldHeader[name]) == 0 && len(l.oldHeader) > 0 {
			names[name] = &registered.Arrival{What: name, In: in}
		}
	}
	for name := range l.oldHeader {
		if len(l.header[name]) == 0 {
			names[name] = &registered.Arrival{What: name, In: in, Gone: true}
		}
	}
	l.TooEarly(names)
}

// atOnce tells of what stays behind for a patch where the type of a hook changes.
func (l *looker) atOnce(was, is *defs.Hook) {
	if l.alike(was.Type, is.Type) {
		return
	}
	in := l.patchesNaming(defs.DefsPath, is.Name)
	for _, r := range l.Checked[is.Name] {
		if d := r.Function(); d != nil {
			l.besides(in, defs.DefsPath, "hook "+is.Name, d, l.Src.UnitBefore(d.Pos.File), d.Pos.File)
		}
	}
	for _, c := range l.calls[is.Name] {
		l.besides(in, defs.DefsPath, "hook "+is.Name, c.fn, l.oldUnit, defs.SecurityPath)
		declared := l.patchesNaming(HeaderPath, c.fn.Name)
		if len(declared) == 0 {
			continue
		}
		l.besides(declared, HeaderPath, "the declaration of "+c.fn.Name, c.fn, l.oldUnit, defs.SecurityPath)
		for _, file := range l.Src.TouchedWith(".c") {
			if file == defs.SecurityPath || !strings.Contains(l.Src.Text(file), c.fn.Name) || l.Src.IsNew(file) {
				continue
			}
			for _, d := range l.Src.Unit(file).Decls {
				if calls := ctype.Calls(d.Body, c.fn.Name); len(calls) > 0 && l.callsBefore(file, c.fn.Name) {
					l.apart(declared, HeaderPath, "the declaration of "+c.fn.Name, calls[0].Name.Pos(), "the call of it in "+d.Name)
				}
			}
		}
	}
}

// callsBefore reports whether a file called a function before the series.
func (l *looker) callsBefore(file, name string) bool {
	return slices.ContainsFunc(l.Src.UnitBefore(file).Decls, func(d *ctype.Decl) bool { return len(ctype.Calls(d.Body, name)) > 0 })
}

// besides tells of a function whose type the series changes in another patch than the one that it follows.
func (l *looker) besides(patches map[int]bool, in, what string, fn *ctype.Decl, before *ctype.Unit, file string) {
	if before == nil {
		return
	}
	if old := before.Find(fn.Name); len(old) > 0 && !l.alike(old[0].Type, fn.Type) {
		l.apart(patches, in, what, ctype.Pos{File: file, Line: fn.Pos.Line, Col: fn.Pos.Col}, fn.Name)
	}
}

// apart tells of a place in a file that none of the patches changes which change what it follows.
func (l *looker) apart(patches map[int]bool, in, what string, pos ctype.Pos, which string) {
	touching := map[int]bool{}
	l.Src.Lines(pos.File, func(patch int, _, _ string, _ gitdiff.LineOp) { touching[patch] = true })
	for patch := range touching {
		if patches[patch] {
			return
		}
	}
	if len(patches) == 0 || len(touching) == 0 {
		return
	}
	first, other := slices.Min(slices.Collect(maps.Keys(patches))), slices.Min(slices.Collect(maps.Keys(touching)))
	l.Add("hooks/too-early", pos, fmt.Sprintf("patch %d changes %s (%s), and patch %d %s: the tree does not build in between", first, what, in, other, which),
		"change both in one patch").Patch = min(first, other)
}

// patchesNaming returns the patches that write a name into a file.
func (l *looker) patchesNaming(file, name string) map[int]bool {
	found := map[int]bool{}
	l.Src.Lines(file, func(patch int, _, line string, op gitdiff.LineOp) {
		if op == gitdiff.OpAdd && strings.Contains(line, name) {
			found[patch] = true
		}
	})
	return found
}
