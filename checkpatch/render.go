// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bufio"
	"fmt"
	"io"

	"github.com/lsmpatch/lsmpatch/internal/report"
)

// Style says how Render writes, in the terms of the script's options, so that what reads the script's output can
// read ours.
type Style struct {
	Terse     bool // one line a finding; implies Emacs
	Emacs     bool // findings start with "name:line: "
	ShowFile  bool // places are those in the files that a patch changes, not in the patch
	ShowTypes bool // levels are followed by the type
	NoSummary bool
	// Strict is whether matters of taste were looked at, and are part of the summary.
	Strict bool
}

var levelNames = map[report.Severity]string{
	report.Error: "ERROR", report.Warning: "WARNING", report.Note: "CHECK",
}

// Clean reports whether nothing was found: the script exits with 0 then, else with 1.
func (r *Result) Clean() bool { return len(r.found) == 0 }

// Render writes r as scripts/checkpatch.pl does, with our messages.
func (r *Result) Render(w io.Writer, s Style) error {
	b := bufio.NewWriter(w)
	counts := map[report.Severity]int{}
	for _, f := range r.found {
		counts[f.severity]++
		typ := ""
		if s.ShowTypes {
			typ = f.typ + ":"
		}
		fmt.Fprintf(b, "%s%s:%s %s\n", r.prefix(f, s), levelNames[f.severity], typ, f.message)
		if s.Terse {
			continue
		}
		if !endTypes[f.typ] {
			if !s.ShowFile {
				fmt.Fprintf(b, "#%d: %s\n", r.number(f), place(f))
			}
			b.WriteString(r.excerpt(f))
		}
		b.WriteByte('\n')
	}
	if !s.NoSummary && !(s.Terse && r.Clean()) {
		checks := ""
		if s.Strict {
			checks = fmt.Sprintf("%d checks, ", counts[report.Note])
		}
		fmt.Fprintf(b, "total: %d errors, %d warnings, %s%d lines checked\n", counts[report.Error], counts[report.Warning], checks, r.Lines)
	}
	if !s.Terse {
		verdict := "has style problems, please review."
		if r.Clean() {
			verdict = "has no obvious style problems and is ready for submission."
		}
		fmt.Fprintf(b, "\n%s %s\n", r.Name, verdict)
	}
	return b.Flush()
}

// number is the line of f in what was checked: of the file itself in file mode, else of the patch.
func (r *Result) number(f found) int {
	if r.file {
		return f.fileNr
	}
	return f.nr
}

func (r *Result) prefix(f found, s Style) string {
	switch {
	case s.ShowFile:
		return fmt.Sprintf("%s:%d: ", f.file, f.fileNr)
	case s.Emacs || s.Terse:
		return fmt.Sprintf("%s:%d: ", r.Name, r.number(f))
	}
	return ""
}

func place(f found) string {
	if f.file == "" || f.fileNr == 0 {
		return ""
	}
	return fmt.Sprintf("FILE: %s:%d:", f.file, f.fileNr)
}
