// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"io/fs"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// marks tells of each line of code by which a series is judged in the files that coverage tells of what became of it.
func marks(before, after fs.FS, moves changed.Moves, coverage *kbuild.Coverage) []report.Marks {
	var out []report.Marks
	for _, f := range coverage.Files {
		old, _ := readText(before, moves.Was(f.Path)) // a new file had no text
		text, ok := readText(after, f.Path)
		if !ok {
			continue
		}
		m := report.Marks{File: f.Path}
		missing := map[int]bool{}
		for _, part := range f.Missing {
			m.Missing = append(m.Missing, report.Missing{Lines: part.Lines, Why: part.Why})
			for _, n := range part.Lines {
				missing[n] = true
			}
		}
		kinds := changed.Of(f.Path, text)
		for _, n := range moves.Lines(f.Path, old, text) {
			switch {
			case missing[n] || n > len(kinds):
			case kinds[n-1].Kind == changed.Code:
				m.Compiled = append(m.Compiled, n)
			case kinds[n-1].Kind == changed.Macro:
				m.Macros = append(m.Macros, n)
			}
		}
		out = append(out, m)
	}
	return out
}
