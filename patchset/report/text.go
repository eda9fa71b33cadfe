// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"fmt"
	"io"
	"strings"
)

// TextOptions say how text is written; nil means the zero value.
type TextOptions struct {
	// Color uses ANSI escapes.
	Color bool
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	faint  = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (o *TextOptions) paint(color, s string) string {
	if o == nil || !o.Color || s == "" {
		return s
	}
	return color + s + reset
}

var severityColors = [...]string{Note: cyan, Warning: yellow, Error: red}

// WriteFindings writes findings as compilers print theirs: "file:line: severity: message
// [check]", with detail and hint indented below.
func WriteFindings(w io.Writer, findings []Finding, opts *TextOptions) error {
	var b strings.Builder
	for i := range findings {
		writeFinding(&b, &findings[i], opts)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeFinding(b *strings.Builder, f *Finding, opts *TextOptions) {
	if f.Patch > 0 && f.File != "" {
		fmt.Fprintf(b, "patch %d: ", f.Patch)
	}
	if pos := f.Position(); pos != "" {
		b.WriteString(opts.paint(bold, Printable(pos)) + ": ")
	}
	label, color := f.Severity.String(), severityColors[f.Severity]
	if f.Waived != "" {
		label, color = "waived "+label, faint
	}
	fmt.Fprintf(b, "%s: %s %s\n", opts.paint(color, label), Printable(f.Message), opts.paint(faint, "["+Printable(f.Check)+"]"))
	if f.Detail != "" {
		for line := range strings.Lines(f.Detail) {
			b.WriteString("    " + Printable(strings.TrimSuffix(line, "\n")) + "\n")
		}
	}
	if f.Waived != "" {
		b.WriteString("  waived: " + Printable(f.Waived) + "\n")
	}
	if f.Hint != "" {
		b.WriteString(wrap("  hint: ", Printable(f.Hint)))
	}
}

// CountLine returns "2 errors, 1 warning, 3 notes (1 waived)", or "no findings".
func CountLine(findings []Finding) string {
	errors, warnings, notes, waived := Tally(findings)
	var parts []string
	for _, c := range []struct {
		n    int
		noun string
	}{{errors, "error"}, {warnings, "warning"}, {notes, "note"}} {
		if c.n > 0 {
			parts = append(parts, Plural(c.n, c.noun))
		}
	}
	line := strings.Join(parts, ", ")
	if line == "" {
		line = "no findings"
	}
	if waived > 0 {
		line += fmt.Sprintf(" (%d waived)", waived)
	}
	return line
}

// Plural returns "1 patch" or "2 patches".
func Plural(n int, noun string) string {
	switch {
	case n == 1 || strings.HasSuffix(noun, "series"):
		return fmt.Sprintf("%d %s", n, noun)
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, noun[:len(noun)-1])
	case strings.HasSuffix(noun, "ch") || strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

var statusColors = map[Status]string{Passed: green, Failed: red, Broken: red, Skipped: faint}

// WriteText writes r for a person: a table of the steps, the findings of each, the verdict.
func WriteText(w io.Writer, r *Report, opts *TextOptions) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", opts.paint(bold, Printable(r.Series.Title)))
	fmt.Fprintf(&b, "  series  %s: v%d, %s, by %s\n", Printable(r.Series.Name), r.Series.Version,
		Plural(r.Series.Patches, "patch"), Printable(r.Series.Author))
	tree := r.Tree.Path
	if r.Tree.Release != "" {
		tree += ", Linux " + r.Tree.Release
	}
	if r.Tree.Base != "" {
		tree += ", at " + r.Tree.Base[:min(12, len(r.Tree.Base))]
	}
	fmt.Fprintf(&b, "  tree    %s\n\n", Printable(tree))
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "  %-11s %s %8s  %s\n", Printable(s.Name), opts.paint(statusColors[s.Status], fmt.Sprintf("%-8s", s.Status)),
			seconds(s), Printable(s.Summary))
		if s.Hint != "" {
			b.WriteString(wrap(strings.Repeat(" ", 14)+"hint: ", Printable(s.Hint)))
		}
	}
	for _, s := range r.Steps {
		if len(s.Findings) > 0 {
			fmt.Fprintf(&b, "\n%s: %s\n", opts.paint(bold, Printable(s.Name)), CountLine(s.Findings))
			for i := range s.Findings {
				writeFinding(&b, &s.Findings[i], opts)
			}
		}
	}
	verdict := r.Verdict()
	fmt.Fprintf(&b, "\nverdict: %s (%s; %.1f s)\n", opts.paint(statusColors[verdict], string(verdict)),
		CountLine(r.Findings()), r.Seconds)
	_, err := io.WriteString(w, b.String())
	return err
}

func seconds(s Step) string {
	if s.Status == Skipped {
		return ""
	}
	return fmt.Sprintf("%.2f s", s.Seconds)
}
