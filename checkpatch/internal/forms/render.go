// SPDX-License-Identifier: GPL-2.0-only

package forms

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Style says how findings are written, in the terms of the script's options, so that what reads the script's output can
// read ours.
type Style struct {
	Terse       bool // one line a finding; implies Emacs and Quiet
	Emacs       bool // findings start with "name:line: "
	ShowFile    bool // places are those in the files that a patch changes, not in the patch
	ShowTypes   bool // levels are followed by the type
	Quiet       bool // no verdict on each input, no notes
	Verbose     bool // the first finding of each type is followed by why it matters
	NoSummary   bool // no line of totals
	SummaryFile bool // the line of totals starts with the name of the input
	Mailback    bool // write nothing of an input without findings, or that is no patch
	NoPatch     bool // write nothing of an input that is no patch
	Color       bool
}

// The colours of the levels and of the types, and the end of them.
const (
	colorType  = "\x1b[34m"
	colorReset = "\x1b[0m"
)

// A level is how the script writes a severity.
type level struct{ name, color string }

var levels = map[report.Severity]level{
	report.Error:   {"ERROR", "\x1b[31m"},
	report.Warning: {"WARNING", "\x1b[33m"},
	report.Note:    {"CHECK", "\x1b[32m"},
}

// cleanLines reports whether nothing that counts was found in the lines; what is wrong with the input as a whole is not
// enough for the script to write back.
func (r *Result) cleanLines() bool {
	return !slices.ContainsFunc(r.found, func(f engine.Found) bool { return f.Waived == "" && !f.AtEnd })
}

// silent reports whether s wants nothing to be said of r.
func (r *Result) silent(s Style) bool {
	return r.empty || s.Mailback && (r.cleanLines() || !r.patch) || s.NoPatch && !r.patch
}

// Render writes the results of one run as scripts/checkpatch.pl does, with our messages. It reports whether all that
// was written of is clean.
func Render(w io.Writer, results []*Result, s Style) (clean bool, err error) {
	s.Quiet = s.Quiet || s.Terse
	p := printer{Writer: bufio.NewWriter(w), style: s, explained: map[string]bool{}}
	clean, silent := true, true
	for _, r := range results {
		if len(results) > 1 && !s.Quiet {
			line := strings.Repeat("-", len(r.title()))
			fmt.Fprintf(p, "%s\n%s\n%s\n", line, r.title(), line)
		}
		if !r.silent(s) {
			p.result(r)
			clean, silent = clean && r.Clean(), false
		}
	}
	if !s.Quiet && !silent {
		p.footer(results[0].set, clean)
	}
	return clean, p.Flush()
}

// A printer writes results in a style.
type printer struct {
	*bufio.Writer
	style     Style
	explained map[string]bool // the types that were
}

func (p printer) result(r *Result) {
	counts := map[report.Severity]int{}
	for _, f := range r.found {
		if f.Waived == "" {
			counts[f.Severity]++
		}
		p.finding(r, f)
	}
	if !p.style.NoSummary && !(p.style.Quiet && r.Clean()) {
		name, checks := "", ""
		if p.style.SummaryFile {
			name = r.Name + " "
		}
		if r.strict {
			checks = fmt.Sprintf("%d checks, ", counts[report.Note])
		}
		fmt.Fprintf(p, "%stotal: %d errors, %d warnings, %s%d lines checked\n", name, counts[report.Error], counts[report.Warning], checks, r.Lines)
	}
	if p.style.Quiet {
		return
	}
	if !r.Clean() && !r.set.Fix {
		p.note("--fix and --fix-inplace can mend some of this.")
	}
	if r.spaces {
		p.note("Some of this is white space, which scripts/cleanpatch and scripts/cleanfile mend.")
	}
	verdict := "has style problems, please review."
	if r.Clean() {
		verdict = "has no obvious style problems and is ready for submission."
	}
	fmt.Fprintf(p, "\n%s %s\n", r.title(), verdict)
}

// finding writes one finding: its head, its place and its line.
func (p printer) finding(r *Result, f engine.Found) {
	s := p.style
	lv := levels[f.Severity]
	paint := func(color, text string) string {
		if s.Color {
			return color + text
		}
		return text
	}
	typ := ""
	if s.ShowTypes {
		typ = paint(colorType, f.Typ+":")
	}
	message := f.Message
	if f.Waived != "" {
		message += " (waived: " + report.Printable(f.Waived) + ")"
	}
	fmt.Fprintf(p, "%s %s\n", paint(lv.color, r.prefix(f, s)+lv.name+":"+typ)+paint(colorReset, ""), message)
	if s.Terse {
		return
	}
	if !bareTypes[f.Typ] {
		if !s.ShowFile {
			fmt.Fprintf(p, "#%d: %s\n", r.number(f), place(f))
		}
		for _, line := range f.Before {
			p.WriteString(cut(line))
		}
		if !inPlace[f.Typ] {
			p.WriteString(f.Excerpt)
		}
		if f.Pointed > 0 {
			p.WriteString(strings.Replace(f.Mark, "^", strings.Repeat("^", f.Pointed), 1))
		}
		for _, line := range f.After {
			p.WriteString(cut(line))
		}
		p.WriteByte('\n')
	} else if !s.ShowFile {
		p.WriteByte('\n')
	}
	if s.Verbose && !p.explained[f.Typ] {
		p.explained[f.Typ] = true
		fmt.Fprintf(p, "%s.\n", explain.All()[f.Typ].Why)
		if doc := explain.All()[f.Typ].Document; doc != "" {
			fmt.Fprintf(p, "See %s.\n", doc)
		}
		p.WriteByte('\n')
	}
}

// footer ends the output of a run with notes about all of it.
func (p printer) footer(set *engine.Settings, clean bool) {
	for _, list := range []struct {
		what  string
		types map[string]bool
	}{{"Used", set.Types}, {"Ignored", set.Ignore}} {
		if len(list.types) > 0 {
			p.note(list.what + " message types: " + strings.Join(slices.Sorted(maps.Keys(list.types)), " "))
		}
	}
	if !clean {
		p.note("Where a finding is wrong, CHECKPATCH in MAINTAINERS names who wants to know.")
	}
}

func (p printer) note(text string) { fmt.Fprintf(p, "\nNOTE: %s\n", text) }

// number is the line of f in what was checked: of the file itself in file mode, else of the patch.
func (r *Result) number(f engine.Found) int {
	if r.file {
		return f.FileNr
	}
	return f.Nr
}

func (r *Result) prefix(f engine.Found, s Style) string {
	before := 0
	if f.Early {
		before = 1
	}
	switch {
	case s.ShowFile:
		return fmt.Sprintf("%s:%d: ", f.File, f.FileNr-before)
	case s.Emacs || s.Terse:
		return fmt.Sprintf("%s:%d: ", r.Name, r.number(f)-before)
	}
	return ""
}

// inPlace are the types of which no line is shown below the place: the place says it.
var inPlace = map[string]bool{"EXECUTE_PERMISSIONS": true, "MODIFIED_INCLUDE_ASM": true}

func place(f engine.Found) string {
	switch {
	case f.Hunk:
		return fmt.Sprintf("FILE: %s:%d:", f.File, f.FileNr)
	case f.Typ == "EXECUTE_PERMISSIONS":
		return "FILE: " + f.File
	case f.Typ == "MODIFIED_INCLUDE_ASM":
		return strings.TrimSuffix(f.Excerpt, "\n")
	}
	return ""
}

// title is what the script calls an input where it speaks of it as a whole.
func (r *Result) title() string {
	if r.Title != "" {
		return r.Title
	}
	if r.Name != "-" {
		return r.Name
	}
	if r.subject != "" {
		return `"` + r.subject + `"`
	}
	return "Your patch"
}
