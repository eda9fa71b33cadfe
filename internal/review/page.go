// SPDX-License-Identifier: GPL-2.0-only

package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// patch returns the patch that is shown, nil for the series.
func (s *Session) patch() *patchset.Patch { return s.patchOf(s.page) }

func (s *Session) patchOf(index int) *patchset.Patch {
	for _, p := range s.set.Patches {
		if p.Index == index {
			return p
		}
	}
	return nil
}

// mailOf returns the mail of a patch, or the cover letter; nil where there is none.
func (s *Session) mailOf(index int) *patchset.Mail {
	if p := s.patchOf(index); p != nil {
		return &p.Mail
	}
	if index == 0 {
		return s.set.Cover
	}
	return nil
}

// patchPage is the page of a patch, or of the series.
func (s *Session) patchPage() []row {
	var rows []row
	add := func(style Style, format string, args ...any) {
		rows = append(rows, row{Line: Line{clean(fmt.Sprintf(format, args...)), style}})
	}
	if p := s.patch(); p == nil {
		add(Title, "%s", s.rep.Series.Title)
		add(Plain, "verdict: %s", s.rep.Verdict())
		for _, step := range s.rep.Steps {
			add(statusStyle(step.Status), "  %-11s %-8s %s", step.Name, step.Status, step.Summary)
		}
	} else {
		add(Title, "%s", p.Subject)
		add(Plain, "From: %s <%s>", p.Author.Name, p.Author.Email)
		add(Plain, "Date: %s", p.Author.When.Format("2006-01-02 15:04 -0700"))
		for _, t := range p.Received {
			add(Notes, "got %s: %s", t.Key, t.Value)
		}
	}
	placed := maps.Clone(s.placed[s.page])
	body := s.bodyRows(placed)
	// A finding whose line the mail does not show stands above it.
	above := slices.Clone(s.above[s.page])
	for _, key := range slices.SortedFunc(maps.Keys(placed), place.compare) {
		above = append(above, placed[key]...)
	}
	for i := range above {
		rows = append(rows, s.findingRows(&above[i], 0, true)...)
	}
	rows = append(rows, row{})
	return append(rows, body...)
}

// A place is a line of a file after the patch that is shown.
type place struct {
	file string
	line int
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.file, q.file), cmp.Compare(p.line, q.line))
}

func statusStyle(status report.Status) Style {
	if status == report.Failed || status == report.Broken {
		return Errors
	}
	return Plain
}

var severityStyles = [...]Style{report.Note: Notes, report.Warning: Warnings, report.Error: Errors}

// findingRows tells a finding, with its place where nothing beside it does. What is longer than a line goes on below.
func (s *Session) findingRows(f *report.Finding, quote int, withPlace bool) []row {
	var rows []row
	add := func(indent, text string) {
		for i, part := range fold(clean(text), s.width-1-len(indent)) {
			if i > 0 {
				indent = strings.Repeat(" ", len(indent))
			}
			rows = append(rows, row{Line{indent + part, severityStyles[f.Severity]}, quote, f})
		}
	}
	pos := ""
	if withPlace && f.Position() != "" {
		pos = f.Position() + ": "
	}
	label := f.Severity.String()
	if f.Waived != "" {
		label = "waived " + label
	}
	add(">> ", fmt.Sprintf("%s%s: %s [%s]", pos, label, f.Message, f.Check))
	if f.Detail != "" {
		for line := range strings.Lines(strings.TrimRight(f.Detail, "\n")) {
			add("     ", strings.TrimRight(line, "\n"))
		}
	}
	if f.Waived != "" {
		add("   ", "waived: "+f.Waived)
	}
	if f.Hint != "" {
		add("   ", "hint: "+f.Hint)
	}
	return rows
}

// bodyRows is the text of the mail, with the findings below their lines and the notes of the reviewer. What it shows it
// removes from placed.
func (s *Session) bodyRows(placed map[place][]report.Finding) []row {
	m := s.mailOf(s.page)
	if m == nil {
		return nil
	}
	var rows []row
	var at diffPlace
	for i, line := range bodyLines(m) {
		rows = append(rows, row{Line: Line{clean(line), at.read(line)}, quote: i + 1})
		if key := (place{at.file, at.shown}); at.shown > 0 && len(placed[key]) > 0 {
			for j := range placed[key] {
				rows = append(rows, s.findingRows(&placed[key][j], i+1, false)...)
			}
			delete(placed, key)
		}
		for _, n := range s.notes[s.page] {
			if n.quote == i+1 {
				for line := range strings.Lines(n.text) {
					rows = append(rows, row{Line: Line{"~~ " + clean(strings.TrimRight(line, "\n")), Mine}, quote: i + 1})
				}
			}
		}
	}
	return rows
}

// bodyLines are the lines of a mail's text.
func bodyLines(m *patchset.Mail) []string {
	return strings.Split(strings.TrimRight(m.Body, "\n"), "\n")
}

// A diffPlace follows a diff line by line.
type diffPlace struct {
	file string
	// next is the number of the next line after the patch, left how many of the hunk remain; shown the number of
	// the line that was read last, 0 where it is none of the file after the patch.
	next, shown        int
	leftOld, leftAfter int
}

// read takes a line and returns how it is shown.
func (d *diffPlace) read(line string) Style {
	d.shown = 0
	if d.leftOld > 0 || d.leftAfter > 0 {
		return d.inHunk(line)
	}
	if name, ok := strings.CutPrefix(line, "+++ "); ok {
		name, _, _ = strings.Cut(name, "\t")
		d.file = strings.TrimPrefix(name, "b/")
		return Title
	}
	var start int
	if d.leftOld, start, d.leftAfter = hunkHeader(line); d.leftOld > 0 || d.leftAfter > 0 {
		d.next = start
		return Hunk
	}
	if strings.HasPrefix(line, "diff --git ") {
		return Title
	}
	return Plain
}

func (d *diffPlace) inHunk(line string) Style {
	switch {
	case strings.HasPrefix(line, "+"):
		d.shown, d.next, d.leftAfter = d.next, d.next+1, d.leftAfter-1
		return Added
	case strings.HasPrefix(line, "-"):
		d.leftOld--
		return Deleted
	case strings.HasPrefix(line, "\\"):
		return Plain
	}
	d.shown, d.next = d.next, d.next+1
	d.leftOld, d.leftAfter = d.leftOld-1, d.leftAfter-1
	return Plain
}

// hunkHeader reads "@@ -1,7 +2,9 @@"; all is 0 for another line.
func hunkHeader(line string) (old, start, after int) {
	fields := strings.Fields(line)
	if len(fields) < 4 || fields[0] != "@@" || !strings.HasPrefix(fields[1], "-") || !strings.HasPrefix(fields[2], "+") {
		return 0, 0, 0
	}
	_, old, ok1 := span(fields[1][1:])
	start, after, ok2 := span(fields[2][1:])
	if !ok1 || !ok2 {
		return 0, 0, 0
	}
	return old, start, after
}

// span reads "12,7", or "12", which is one line.
func span(s string) (start, length int, ok bool) {
	first, rest, counted := strings.Cut(s, ",")
	length = 1
	start, err := strconv.Atoi(first)
	if err == nil && counted {
		length, err = strconv.Atoi(rest)
	}
	return start, length, err == nil && start >= 0 && length >= 0
}
