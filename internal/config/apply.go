// SPDX-License-Identifier: GPL-2.0-only

package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Changed is the check of the finding that tells what a configuration changed.
const Changed = "config/changed"

// Apply returns the findings as the configuration wants them: without those of checks that are
// switched off, with the severities it sets, and with the reasons of its waivers. A waiver that a
// finding has already stays. Where anything was changed, the last finding says what, and in which file; no
// configuration takes that one away. The findings that were given are not changed.
func (c *Config) Apply(findings []report.Finding) []report.Finding {
	out := []report.Finding{}
	for _, f := range findings {
		if judged, counts := c.Judge(f); counts {
			out = append(out, judged)
		}
	}
	if note, ok := c.Note(findings); ok {
		out = append(out, note)
	}
	return out
}

// Judge is Apply for one finding, without the word about it. Counts is false where its check is switched off.
func (c *Config) Judge(f report.Finding) (judged report.Finding, counts bool) {
	if c == nil {
		return f, true
	}
	level := c.level(f.Check)
	if level == Off {
		return f, false
	}
	if level != "" {
		// validate has seen the level, so the error is nil.
		_ = f.Severity.UnmarshalText([]byte(level))
	}
	for _, w := range c.Waivers {
		if f.Waived == "" && match(w.Check, f.Check) && (w.Path == "" || match(w.Path, f.File)) && (w.Message == "" || match(w.Message, f.Message)) {
			f.Waived = w.Reason
		}
	}
	return f, true
}

// A change is what the configuration does to the findings of one check with one severity.
type change struct{ check, from, to string }

// Note says what Apply does to findings; ok is false where that is nothing. It is a warning where findings
// that put the series at fault no longer do.
func (c *Config) Note(findings []report.Finding) (note report.Finding, ok bool) {
	changes, after := map[change]int{}, []report.Finding{}
	for _, f := range findings {
		judged, counts := c.Judge(f)
		if counts {
			after = append(after, judged)
		}
		if to := becomes(f, judged, counts); to != "" {
			changes[change{f.Check, f.Severity.String(), to}]++
		}
	}
	if len(changes) == 0 {
		return report.Finding{}, false
	}
	note = report.Finding{
		Check:   Changed,
		Message: fmt.Sprintf("%s changed what counts here; without it: %s", c.file(), report.CountLine(findings)),
		Detail:  detail(changes),
	}
	if report.AnyError(findings) && !report.AnyError(after) {
		note.Severity = report.Warning
	}
	return note, true
}

// becomes says what became of a finding, or "".
func becomes(f, judged report.Finding, counts bool) string {
	switch {
	case !counts:
		return Off
	case judged.Waived != f.Waived:
		return "waived"
	case judged.Severity != f.Severity:
		return judged.Severity.String()
	}
	return ""
}

// detail lists changes, a line each.
func detail(changes map[change]int) string {
	var lines []string
	for ch, n := range changes {
		lines = append(lines, fmt.Sprintf("%s: %d of severity %s -> %s\n", ch.check, n, ch.from, ch.to))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (c *Config) file() string { return cmp.Or(c.File, Name) }
