// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"fmt"
	"io"
	"strings"
)

// WriteGCC writes the findings of r as gcc writes its own, a line each, so that what reads compilers' messages finds the place:
// "file:line:column: error: message [check] (patch 2)". Details are left out, hints are notes; what is waived is a note, too.
func WriteGCC(w io.Writer, r *Report) error {
	var b strings.Builder
	for _, s := range r.Steps {
		if s.Status == Broken {
			fmt.Fprintf(&b, "lsmpatch: error: %s: %s\n", Printable(s.Name), Printable(s.Summary))
			gccHint(&b, "lsmpatch", s.Hint)
		}
		for _, f := range s.Findings {
			writeGCC(&b, f)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeGCC(b *strings.Builder, f Finding) {
	at := "lsmpatch"
	if f.File != "" {
		at = fmt.Sprintf("%s:%d:%d", Printable(f.File), max(f.Line, 1), max(f.Column, 1))
	}
	severity, end := f.Severity, ""
	if f.Waived != "" {
		severity, end = Note, " (waived: "+Printable(f.Waived)+")"
	}
	if f.Patch > 0 {
		end = fmt.Sprintf(" (patch %d)", f.Patch) + end
	}
	fmt.Fprintf(b, "%s: %s: %s [%s]%s\n", at, severity, Printable(f.Message), Printable(f.Check), end)
	gccHint(b, at, f.Hint)
}

func gccHint(b *strings.Builder, at, hint string) {
	if hint != "" {
		fmt.Fprintf(b, "%s: note: hint: %s\n", at, Printable(hint))
	}
}
