// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"io/fs"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	gitdiff "github.com/go-git/go-git/v5/utils/diff"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const (
	// contextLines are shown around what changes.
	contextLines = 3
	// maxMarked bounds the lines of a file, and of its diff, that are shown.
	maxMarked, maxShown = 50_000, 2000
)

// marked returns the diff of the files that coverage tells of, with what became of each line that is added.
func marked(before, after fs.FS, coverage *kbuild.Coverage) []report.MarkedFile {
	var files []report.MarkedFile
	for _, f := range coverage.Files {
		old, _ := fs.ReadFile(before, f.Path) // a new file had no text
		now, err := fs.ReadFile(after, f.Path)
		if err != nil || strings.Count(string(now), "\n")+strings.Count(string(old), "\n") > maxMarked {
			continue
		}
		why := map[int]string{}
		for _, m := range f.Missing {
			for _, n := range m.Lines {
				why[n] = m.Why
			}
		}
		lines := diffLines(string(old), string(now))
		kinds := changed.Of(f.Path, string(now))
		for i := range lines {
			if l := &lines[i]; l.Op == "+" && l.Number <= len(kinds) {
				l.Mark, l.Why = mark(kinds[l.Number-1].Kind, why[l.Number])
			}
		}
		files = append(files, report.MarkedFile{Path: f.Path, Lines: around(lines)})
	}
	return files
}

func mark(kind changed.Kind, why string) (word, reason string) {
	switch {
	case why != "":
		return "not compiled", why
	case kind == changed.Code:
		return "compiled", ""
	case kind == changed.Macro:
		return "macro", "compiled where it is used"
	case kind == changed.Directive:
		return "directive", ""
	}
	return "", ""
}

// diffLines returns all lines of both texts in the order of a diff.
func diffLines(old, now string) []report.MarkedLine {
	var out []report.MarkedLine
	number := 0
	for _, d := range gitdiff.Do(old, now) {
		op := map[diffmatchpatch.Operation]string{diffmatchpatch.DiffEqual: " ", diffmatchpatch.DiffInsert: "+", diffmatchpatch.DiffDelete: "-"}[d.Type]
		for text := range strings.Lines(d.Text) {
			l := report.MarkedLine{Op: op, Text: strings.TrimRight(text, "\r\n")}
			if op != "-" {
				number++
				l.Number = number
			}
			out = append(out, l)
		}
	}
	return out
}

// around leaves out what is far from any change, an empty line with the Op "…" in its place.
func around(lines []report.MarkedLine) []report.MarkedLine {
	near := make([]bool, len(lines))
	for i, l := range lines {
		if l.Op != " " {
			for j := max(0, i-contextLines); j < min(len(lines), i+contextLines+1); j++ {
				near[j] = true
			}
		}
	}
	var out []report.MarkedLine
	for i, l := range lines {
		switch {
		case len(out) >= maxShown:
			return append(out, report.MarkedLine{Op: "…"})
		case near[i]:
			out = append(out, l)
		case i > 0 && near[i-1]:
			out = append(out, report.MarkedLine{Op: "…"})
		}
	}
	return out
}
