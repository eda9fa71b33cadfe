// SPDX-License-Identifier: GPL-2.0-only

package page

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A View is a report, made ready for the templates.
type View struct {
	*report.Report
	// Reasons are why the verdict is what it is, the worst first; More is how many are not among them.
	Reasons []Reason
	More    int
	// Steps are those of the report, with what the templates want of findings.
	Steps []StepView
	// Diffs are the patches; LeftOut says that some lines are not shown.
	Diffs   []PatchView
	LeftOut bool
}

// A Reason is one of those.
type Reason struct {
	Text string
	// Link is the fragment of the place that tells more, or "".
	Link string
}

// A StepView is a step.
type StepView struct {
	report.Step
	Findings []*FindingView
}

// A FindingView is a finding. ID names its place in the page, Row the line of a diff that it is about, or "".
type FindingView struct {
	report.Finding
	ID, Row string
	Sides   []SideRow
}

const (
	// maxReasons are told at the top.
	maxReasons = 8
	// maxRows bounds the lines of all diffs.
	maxRows = 30_000
)

// NewView makes r ready.
func NewView(r *report.Report) *View {
	v := &View{Report: r}
	for i, s := range r.Steps {
		step := StepView{Step: s}
		for j := range s.Findings {
			f := &FindingView{Finding: s.Findings[j], ID: fmt.Sprintf("s%d-f%d", i+1, j+1)}
			if f.Finding.Sides != nil {
				f.Sides = sideRows(f.Finding.Sides)
			}
			step.Findings = append(step.Findings, f)
		}
		v.Steps = append(v.Steps, step)
	}
	v.diffs()
	v.reasons()
	return v
}

// ID names the place of a step in the page.
func (s StepView) ID() string {
	return "step-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '-' {
			return r
		}
		return -1
	}, s.Name)
}

// Raw are the findings as the report has them.
func (s StepView) Raw() []report.Finding { return s.Step.Findings }

// Standing reports whether the finding counts.
func (f *FindingView) Standing() bool { return f.Waived == "" }

// Class is the finding's severity, or "waived".
func (f *FindingView) Class() string {
	if !f.Standing() {
		return "waived"
	}
	return f.Severity.String()
}

// reasons collects what put the series at fault and what could not be done; of a series that passed, what asks for a look.
func (v *View) reasons() {
	for _, s := range v.Steps {
		if s.Status == report.Broken {
			v.reason(s.Name+" could not be done: "+s.Summary, "#"+s.ID())
		}
	}
	least := report.Error
	if verdict := v.Verdict(); verdict == report.Passed || verdict == report.Skipped {
		least = report.Warning
	}
	for _, s := range v.Steps {
		for _, f := range s.Findings {
			if f.Severity < least || !f.Standing() {
				continue
			}
			text := f.Message
			if pos := f.Position(); pos != "" {
				text = pos + ": " + text
			}
			v.reason(text, "#"+f.ID)
		}
	}
}

func (v *View) reason(text, link string) {
	if len(v.Reasons) == maxReasons {
		v.More++
		return
	}
	v.Reasons = append(v.Reasons, Reason{text, link})
}

// Headline is the verdict in words.
func (v *View) Headline() string {
	switch v.Verdict() {
	case report.Failed:
		return "Failed"
	case report.Broken:
		return "Not decided"
	case report.Skipped:
		return "Not judged"
	}
	return "Passed"
}

// A TextLine is a line of a text that is a difference.
type TextLine struct{ Class, Text string }

// diffText splits a difference into lines, without their ends.
func diffText(text string) []TextLine {
	var out []TextLine
	for line := range strings.Lines(text) {
		class := "same"
		switch {
		case strings.HasPrefix(line, "+"):
			class = "add"
		case strings.HasPrefix(line, "-"):
			class = "del"
		}
		out = append(out, TextLine{class, strings.TrimSuffix(line, "\n")})
	}
	return out
}
