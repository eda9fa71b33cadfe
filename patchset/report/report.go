// SPDX-License-Identifier: GPL-2.0-only

// Package report holds what the checks say, and renders it.
//
// A [Finding] is one statement about a series; a [Report] is a run of several steps with their
// findings. The renderers write either for people or for programs. The package is a leaf: it
// imports nothing of this module.
package report

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity says how much a finding matters.
type Severity int

const (
	// Note tells something that asks for no action.
	Note Severity = iota
	// Warning asks for a look.
	Warning
	// Error puts the series at fault: the command exits with 1.
	Error
)

var severityNames = [...]string{Note: "note", Warning: "warning", Error: "error"}

func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity as error, warning or note.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("severity %q is none of error, warning, note", text)
	}
	*s = Severity(i)
	return nil
}

// A Finding is one statement of a check about a series. Its JSON names are a contract.
type Finding struct {
	// Check is the stable ID: "series/missing-patch", "checkpatch/LONG_LINE".
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	// Patch is the index of the patch, from 1; 0 where the finding is about the whole series
	// or its cover letter.
	Patch int `json:"patch,omitempty"`
	// File is a path in the tree, after the patch; Line is a line of it, from 1, or 0.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Column is the byte column within the line, from 1, or 0.
	Column int `json:"column,omitempty"`
	// Message is one sentence. Detail, where there is any, is text of several lines to be
	// shown as it is: a code excerpt, both sides of a conflict, a compiler's output.
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
	// Hint says how to mend it.
	Hint string `json:"hint,omitempty"`
	// Waived is the reason why the finding does not count, or "".
	Waived string `json:"waived,omitempty"`
	// Sides are those of a conflict about lines, else nil.
	Sides *Sides `json:"sides,omitempty"`
}

// Position returns "file:line", "file", "patch N" or "", the most precise place known.
func (f *Finding) Position() string {
	switch {
	case f.File != "" && f.Line > 0 && f.Column > 0:
		return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	case f.File != "" && f.Line > 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	case f.File != "":
		return f.File
	case f.Patch > 0:
		return fmt.Sprintf("patch %d", f.Patch)
	}
	return ""
}

// Sort orders findings by patch, file, line and check, so that output never depends on timing.
func Sort(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Patch, b.Patch), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), cmp.Compare(a.Check, b.Check))
	})
}

// AnyError reports whether a finding of severity error stands unwaived.
func AnyError(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Severity == Error && f.Waived == ""
	})
}

// Tally returns how many unwaived errors, warnings and notes there are, and how many waived.
func Tally(findings []Finding) (errors, warnings, notes, waived int) {
	for _, f := range findings {
		switch {
		case f.Waived != "":
			waived++
		case f.Severity == Error:
			errors++
		case f.Severity == Warning:
			warnings++
		default:
			notes++
		}
	}
	return errors, warnings, notes, waived
}
