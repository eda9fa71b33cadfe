// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Look checks the BPF LSM programs of a series, and where it changes hooks the selftests of the tree that
// it leaves behind, adds what it finds to that of s, and returns how many programs there are.
func Look(s *registered.Series) int {
	isC := func(file string) bool { return strings.HasSuffix(file, ".c") && HasPrograms(s.Src.Read(file)) }
	files := slices.DeleteFunc(slices.Clone(s.Src.Touched), func(file string) bool { return !isC(file) })
	var rules *Rules
	check := func(file string, only func(p Program) bool) int {
		programs := slices.DeleteFunc(Programs(file, s.Src.Read(file)), func(p Program) bool { return !only(p) })
		if len(programs) > 0 && rules == nil {
			rules = New(s.Hooks, s.Src.Read, s.Src.Headers)
		}
		if rules != nil {
			found := rules.Check(programs)
			if !slices.Contains(files, file) { // and it is not the series' doing whether the program loads
				found = slices.DeleteFunc(found, func(f report.Finding) bool { return f.Check == "hooks/bpf-license" || f.Check == "hooks/bpf-static" })
			}
			s.Take(found...)
		}
		return len(programs)
	}
	n := 0
	for _, file := range files {
		n += check(file, func(Program) bool { return true })
	}
	changed := changedHooks(s)
	if len(changed) == 0 {
		return n
	}
	for _, file := range selftests(s) {
		if slices.Contains(files, file) || !isC(file) {
			continue
		}
		before := len(s.Findings)
		n += check(file, func(p Program) bool { return changed[p.Hook] })
		for i := before; i < len(s.Findings); i++ {
			s.Findings[i].Patch = max(s.Src.PatchOf[defs.DefsPath], s.Src.PatchOf[defs.BPFPath])
		}
	}
	return n
}

// selftests returns the files of BPF programs of a tree: all in the folder of those for BPF, and what is named so in the others.
func selftests(s *registered.Series) []string {
	files := s.Src.FilesIn(Selftests, ".c")
	_ = fs.WalkDir(s.Src.Tree, "tools/testing/selftests", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil: // what cannot be listed has none
			return nil
		case d.IsDir() && file == path.Dir(Selftests):
			return fs.SkipDir
		case strings.HasSuffix(file, ".bpf.c"):
			files = append(files, file)
		}
		return nil
	})
	return files
}

// changedHooks returns the hooks that the series changes, removes or puts into other sets.
func changedHooks(s *registered.Series) map[string]bool {
	changed := map[string]bool{}
	if _, touched := s.Src.PatchOf[defs.DefsPath]; touched {
		old, _ := defs.Parse(s.Src.ReadBefore(defs.DefsPath))
		for _, c := range defs.DiffHooks(old, s.Hooks, s.Src.Headers) {
			if c.Old != nil {
				changed[c.Old.Name] = true
			}
		}
	}
	if _, touched := s.Src.PatchOf[defs.BPFPath]; touched {
		for _, set := range []string{defs.SleepableHooks, defs.DisabledHooks} {
			was, _ := defs.SetOf(s.Src.ReadBefore, set)
			is, _ := defs.SetOf(s.Src.Read, set)
			for _, h := range s.Hooks {
				if was[h.Name] != is[h.Name] {
					changed[h.Name] = true
				}
			}
		}
	}
	return changed
}
