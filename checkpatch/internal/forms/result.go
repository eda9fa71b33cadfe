// SPDX-License-Identifier: GPL-2.0-only

// Package forms writes what was found: as findings of a report, and in the forms of the script's own output.
//
// [NewResult] makes a [Result] of a checker that has run; [Render] writes results as scripts/checkpatch.pl does.
package forms

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Result is what was found in one patch or file.
type Result struct {
	// Name is the name that the input was given; "-" is standard input.
	Name string
	// Title is what the input as a whole is called, where that is not Name.
	Title string
	// Lines is how many lines within hunks were looked at.
	Lines int
	// Fixed is the input with what can be fixed, where Options.Fix asks for it.
	Fixed []byte

	set    *engine.Settings
	file   bool
	strict bool // of the last file in it
	patch  bool // it looks like a patch
	spaces bool // it has white space that scripts of the tree mend
	empty  bool
	// subject is that of a mail, where the script would call the input by it.
	subject string
	found   []engine.Found
}

// NewResult returns what c found in its whole input. It keeps nothing of the input but the lines that are shown: hundreds of
// results wait until the last of them is there.
func NewResult(c *engine.Checker) *Result {
	r := &Result{
		Name: c.Name, Lines: c.Counted, set: c.Settings, file: c.FileMode, strict: c.Strict, patch: c.IsPatch, spaces: c.Spaces,
		empty: len(c.Src.Raw) == 0, subject: subject(c.Src), found: c.Found}
	file := "" // one copy of each name, which would keep all of the input
	for i := range r.found {
		f := &r.found[i]
		if file != f.File {
			file = strings.Clone(f.File)
		}
		f.File = file
		show(c.Src, f)
	}
	return r
}

// subject returns the last subject in src, or "".
func subject(src *lines.Source) string {
	found := ""
	for _, line := range src.Raw {
		if name, ok := lines.CutFold(line, "Subject:"); ok && name != "" && lines.IsSpace(name[0]) && lines.TrimLeft(name) != "" {
			found = lines.TrimLeft(name)
		}
	}
	return strings.Clone(found)
}

// Add adds what the script found, in the order of the lines.
func (r *Result) Add(more []engine.Found) {
	r.found = append(r.found, more...)
	slices.SortStableFunc(r.found, func(a, b engine.Found) int { return cmp.Compare(a.Nr, b.Nr) })
}

// Findings returns what was found as findings of patch, which is 0 for a file, in the order of the lines.
func (r *Result) Findings(patch int) []report.Finding {
	findings := make([]report.Finding, 0, len(r.found))
	for _, f := range r.found {
		findings = append(findings, r.finding(f, patch))
	}
	return findings
}

func (r *Result) finding(f engine.Found, patch int) report.Finding {
	finding := report.Finding{
		Check: "checkpatch/" + f.Typ, Severity: f.Severity, Patch: patch, Message: f.Message,
		Detail: f.Excerpt + f.Mark, Hint: hintFor(f.Typ), Waived: f.Waived}
	if finding.File = f.File; f.Hunk {
		finding.Line, finding.Column = f.FileNr, f.Column
	}
	return finding
}

// Judge takes the severities of the findings and the reasons why some do not count from judge, which returns false to
// drop one.
func (r *Result) Judge(judge func(report.Finding) (report.Finding, bool)) {
	kept := r.found[:0]
	for _, f := range r.found {
		if judged, keep := judge(r.finding(f, 0)); keep {
			f.Severity, f.Waived = judged.Severity, judged.Waived
			kept = append(kept, f)
		}
	}
	r.found = kept
}

// maxExcerpt is how much of a line is shown.
const maxExcerpt = 200

// show sets what is shown of the line of a finding, and below it the column.
func show(src *lines.Source, f *engine.Found) {
	raw := src.RawLine(f.Nr)
	if raw == "" || bareTypes[f.Typ] {
		return
	}
	if vetted[f.Typ] && len(raw) <= maxExcerpt {
		f.Excerpt = strings.ToValidUTF8(vet(raw), "?") + "\n"
		return
	}
	f.Excerpt = cut(raw)
	f.Before, f.After = slices.Clone(f.Before), slices.Clone(f.After)
	for _, lines := range [][]string{f.Before, f.After} {
		for i := range lines {
			lines[i] = strings.Clone(lines[i][:min(len(lines[i]), 2*maxExcerpt)])
		}
	}
	if len(raw) > maxExcerpt {
		return
	}
	line := strings.TrimSuffix(f.Excerpt, "\n")
	if (f.Column > 0 || f.Pointed > 0) && f.Column < len(line) {
		f.Mark = strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, line[:f.Column]) + "^\n"
	}
}

// cut returns a line to show, or its start.
func cut(raw string) string {
	line := strings.ToValidUTF8(raw[:min(len(raw), maxExcerpt)], "?")
	if len(raw) > maxExcerpt {
		line += "…"
	}
	return line + "\n"
}

// vetted are types of findings about white space, which is shown.
var vetted = map[string]bool{"DOS_LINE_ENDINGS": true, "TRAILING_WHITESPACE": true, "FSF_MAILING_ADDRESS": true,
	"CODE_INDENT": true, "SPACE_BEFORE_TAB": true, "LEADING_SPACE": true}

// vet shows control characters in a line as ^I, and its end as $.
func vet(line string) string {
	var b strings.Builder
	for i := range len(line) {
		switch c := line[i]; {
		case c < 0x20:
			b.WriteByte('^')
			b.WriteByte(c + 64)
		case c == 0x7f:
			b.WriteString("^?")
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "$"
}

// bareTypes are types of findings about the input or a file of it as a whole, which belong to no line.
var bareTypes = map[string]bool{
	"COMMIT_MESSAGE": true, "OBSOLETE": true, "PATCH_PREFIX": true, "DT_SPLIT_BINDING_PATCH": true,
	"NOT_UNIFIED_DIFF": true, "MISSING_SIGN_OFF": true, "NO_AUTHOR_SIGN_OFF": true, "FROM_SIGN_OFF_MISMATCH": true,
	"MISSING_FIXES_TAG": true,
}

func hintFor(typ string) string {
	if doc := explain.All()[typ].Document; doc != "" {
		return "see " + doc
	}
	return ""
}

// Clean reports whether nothing was found that counts: the script exits with 0 then, else with 1.
func (r *Result) Clean() bool {
	return !slices.ContainsFunc(r.found, func(f engine.Found) bool { return f.Waived == "" })
}
