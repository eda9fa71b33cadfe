// SPDX-License-Identifier: GPL-2.0-only

package page

import (
	"fmt"
	"path"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A PatchView is a patch with its diff.
type PatchView struct {
	*report.Patch
	Files []FileView
	// Findings is how many stand at lines. Open says that the diff is not folded.
	Findings int
	Open     bool
	// Rest is the diff as it came, where it does not parse.
	Rest string
}

// A FileView is a file of a patch.
type FileView struct {
	Name string
	// What is said of the file besides its lines: that it is new, renamed, binary.
	What string
	Rows []Row
}

// A Row is a line of a diff, or, where Op is "@", the words above a hunk.
type Row struct {
	ID       string
	Op       string // " ", "+", "-" or "@"
	Old, New int    // numbers before and after the patch; 0 where the line is not there
	Text     string
	// Mark is "compiled", "macro" or "not compiled", then Why; "" where nobody looked.
	Mark, Why string
	Findings  []*FindingView

	// final is the line's number after the whole series, 0 where it is gone.
	final int
}

// Class names the sort of the row for the style.
func (r Row) Class() string {
	class := map[string]string{"+": "add", "-": "del", "@": "hunk", " ": "same"}[r.Op]
	switch r.Mark {
	case "compiled", "macro":
		class += " seen"
	case "not compiled":
		class += " missed"
	}
	return class
}

// A drawnPatch is a patch taken apart.
type drawnPatch struct {
	files []*gitdiff.File
	moved map[string][]int
}

// start returns where hunk i of a file begins after the patch.
func (d drawnPatch) start(file string, i int, frag *gitdiff.TextFragment) int {
	at := int(frag.NewPosition)
	if offsets := d.moved[file]; i < len(offsets) {
		at += offsets[i]
	}
	return at
}

// diffs makes the rows of all patches, with marks and findings.
func (v *View) diffs() {
	var drawn []drawnPatch
	for i := range v.Report.Patches {
		p := &v.Report.Patches[i]
		files, _, err := gitdiff.Parse(strings.NewReader(p.Diff))
		d := drawnPatch{files: files, moved: map[string][]int{}}
		for _, m := range p.Moved {
			d.moved[m.File] = m.Offsets
		}
		drawn = append(drawn, d)
		view := PatchView{Patch: p}
		if err != nil {
			view.Rest = p.Diff
		}
		v.Diffs = append(v.Diffs, view)
	}
	marks := marksOf(v.Report.Marks)
	changes := changesOf(drawn)
	rows := 0
	for i := range v.Diffs {
		view := &v.Diffs[i]
		for j, f := range drawn[i].files {
			file := fileView(f, fmt.Sprintf("p%d-%d", i+1, j+1), drawn[i])
			if rows += len(file.Rows); rows > maxRows {
				file.Rows, v.LeftOut = nil, true
			}
			for k := range file.Rows {
				row := &file.Rows[k]
				row.final = follow(row.final, file.Name, i, changes[file.Name])
				if row.Op == "+" {
					row.Mark, row.Why = marks.of(file.Name, row.final)
				}
			}
			view.Files = append(view.Files, file)
		}
	}
	spots := v.spots()
	for _, s := range v.Steps {
		for _, f := range s.Findings {
			if s.Name != "apply" { // whose lines are those of the tree before
				spots.attach(f, s.Name == "checkpatch" || s.Name == "series")
			}
		}
	}
	for i := range v.Diffs {
		v.Diffs[i].Open = v.Diffs[i].Findings > 0 || len(v.Diffs) <= 3
	}
}

// nameOf is the path of a file after a patch.
func nameOf(f *gitdiff.File) string {
	if f.NewName == "" || f.IsDelete {
		return f.OldName
	}
	return f.NewName
}

func fileView(f *gitdiff.File, id string, d drawnPatch) FileView {
	file := FileView{Name: nameOf(f)}
	switch {
	case f.IsNew:
		file.What = "new"
	case f.IsDelete:
		file.What = "deleted"
	case f.IsRename:
		file.What = "renamed from " + f.OldName
	case f.IsCopy:
		file.What = "copied from " + f.OldName
	}
	if f.IsBinary {
		file.What = strings.TrimPrefix(file.What+", binary", ", ")
	}
	for i, frag := range f.TextFragments {
		old, now, final := int(frag.OldPosition), int(frag.NewPosition), d.start(file.Name, i, frag)
		file.Rows = append(file.Rows, Row{Op: "@", Text: fmt.Sprintf("@@ -%d,%d +%d,%d @@ %s", frag.OldPosition, frag.OldLines, frag.NewPosition, frag.NewLines, frag.Comment)})
		for _, l := range frag.Lines {
			row := Row{Op: l.Op.String(), Text: strings.TrimRight(l.Line, "\r\n"), ID: fmt.Sprintf("%s-%d", id, len(file.Rows))}
			if l.Old() {
				row.Old, old = old, old+1
			}
			if l.New() {
				row.New, row.final = now, final
				now, final = now+1, final+1
			}
			file.Rows = append(file.Rows, row)
		}
	}
	return file
}

// A change is what a patch, by its place in the list, does to a file.
type change struct {
	at    int
	patch drawnPatch
	file  *gitdiff.File
}

// changesOf returns what the patches do to each file that was there before them, in their order.
func changesOf(patches []drawnPatch) map[string][]change {
	all := map[string][]change{}
	for i, p := range patches {
		for _, f := range p.files {
			if !f.IsNew {
				all[nameOf(f)] = append(all[nameOf(f)], change{i, p, f})
			}
		}
	}
	return all
}

// follow returns the number that line n of a file has after those changes which come after patch at, 0 where one of them takes
// it out.
func follow(n int, name string, at int, changes []change) int {
	for _, c := range changes {
		if n > 0 && c.at > at {
			n = through(n, name, c.file, c.patch)
		}
	}
	return n
}

// through is follow for one file of one patch.
func through(n int, name string, f *gitdiff.File, p drawnPatch) int {
	delta := 0
	for i, frag := range f.TextFragments {
		now := p.start(name, i, frag)
		old := now - delta
		if frag.NewLines == 0 {
			old++ // the number is of the line before what is gone
		}
		if n < old {
			break
		}
		if n < old+int(frag.OldLines) {
			return within(n-old, now, frag)
		}
		delta += int(frag.NewLines - frag.OldLines)
	}
	return n + delta
}

// within returns the new number of the old line that stands index lines below the beginning of frag.
func within(index, now int, frag *gitdiff.TextFragment) int {
	for _, l := range frag.Lines {
		switch {
		case l.Old() && index == 0 && l.New():
			return now
		case l.Old() && index == 0:
			return 0
		}
		if l.Old() {
			index--
		}
		if l.New() {
			now++
		}
	}
	return 0
}

// A lineOf is a line that a finding may name: of a file after a patch or, with patch 0, after any of them; own says that it is
// counted as the mail does, else as the tree after the series.
type lineOf struct {
	patch int
	file  string
	line  int
	own   bool
}

// A spot is where a line is shown.
type spot struct {
	patch *PatchView
	row   *Row
}

type spots map[lineOf]spot

// spots returns where each line is shown: of several places the first one of the last patch.
func (v *View) spots() spots {
	all := spots{}
	put := func(at lineOf, where spot) {
		if _, taken := all[at]; at.line > 0 && !taken {
			all[at] = where
		}
	}
	for i := len(v.Diffs) - 1; i >= 0; i-- {
		view := &v.Diffs[i]
		for j := range view.Files {
			file := &view.Files[j]
			for k := range file.Rows {
				row := &file.Rows[k]
				for _, patch := range []int{0, view.Index} {
					put(lineOf{patch, file.Name, row.New, true}, spot{view, row})
					put(lineOf{patch, file.Name, row.final, false}, spot{view, row})
				}
			}
		}
	}
	return all
}

// attach puts a finding at the line of a diff that it is about.
func (s spots) attach(f *FindingView, own bool) {
	where, shown := s[lineOf{max(f.Patch, 0), f.File, f.Line, own}]
	if !shown || f.File == "" {
		return
	}
	where.row.Findings, f.Row = append(where.row.Findings, f), where.row.ID
	where.patch.Findings++
}

// fileMarks are the marks of lines, by file.
type fileMarks map[string]map[int]Row

func marksOf(list []report.Marks) fileMarks {
	all := fileMarks{}
	for _, m := range list {
		lines := map[int]Row{}
		for _, n := range m.Compiled {
			lines[n] = Row{Mark: "compiled"}
		}
		for _, n := range m.Macros {
			lines[n] = Row{Mark: "macro", Why: "compiled where it is used"}
		}
		for _, missing := range m.Missing {
			for _, n := range missing.Lines {
				lines[n] = Row{Mark: "not compiled", Why: missing.Why}
			}
		}
		all[path.Clean(m.File)] = lines
	}
	return all
}

func (m fileMarks) of(file string, line int) (mark, why string) {
	row := m[file][line]
	return row.Mark, row.Why
}
