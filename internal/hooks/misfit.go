// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"bytes"
	"maps"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/changed"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// withoutGuesses takes from the findings of a series that does not apply those that come of where its changes were put: in the
// guessed files; of the places of hooks, those from index changes up to end, where one of these places is guessed;
// and that a hook is not there, or takes no BPF programs, where the file that says so is. What was not followed for that is told instead,
// of Rust where the series adds anything that speaks of hooks.
func withoutGuesses(s *registered.Series, guessed map[string]bool, changes, end int) {
	places := []string{defs.DefsPath, defs.SecurityPath, changed.HeaderPath, defs.BPFPath}
	unsure := slices.ContainsFunc(places, func(name string) bool { return guessed[name] })
	untold := map[string]bool{}
	var kept []report.Finding
	for i, f := range s.Findings {
		switch {
		case guessed[f.File]:
			untold[f.File] = true
		case unsure && changes <= i && i < end:
		case guessed[defs.DefsPath] && (f.Check == "hooks/unknown-hook" || f.Check == "hooks/bpf-hook"), guessed[defs.BPFPath] && f.Check == "hooks/bpf-disabled":
		default:
			kept = append(kept, f)
		}
	}
	rust := slices.DeleteFunc(s.Src.LSMFiles(".rs"), func(name string) bool { return !bytes.Contains(s.Src.Added(name), []byte("hook")) })
	for _, name := range slices.Concat(places, s.Src.LSMFiles(".c", ".h"), rust) {
		untold[name] = untold[name] || guessed[name]
	}
	s.Findings = kept
	for _, name := range slices.Sorted(maps.Keys(untold)) {
		if untold[name] {
			s.Take(report.Finding{Check: "hooks/unresolved", File: name, Message: "the series does not fit this file, and what it changes there for hooks is not followed",
				Hint: "check it against the tree that it is for, or bring it to this one first"})
		}
	}
}
