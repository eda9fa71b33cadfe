// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"slices"
	"time"
)

// A Report is one run over a series: its steps in order, with what each found.
type Report struct {
	// Tool is "lsmpatch" with its version.
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	// Seconds is the wall-clock time of the whole run.
	Seconds float64 `json:"seconds"`
	Tree    Tree    `json:"tree"`
	Series  Series  `json:"series"`
	Steps   []Step  `json:"steps"`
	// Patches are those of the series, and Marks what a build compiled of them.
	Patches []Patch `json:"patches,omitempty"`
	Marks   []Marks `json:"marks,omitempty"`
	// Changes are those since the version before, where that was at hand.
	Changes *Changes `json:"changes,omitempty"`
	// Command is what makes the same run again, for a shell.
	Command string `json:"command,omitempty"`
	// Attachments are for pages: the log, the console, the configuration.
	Attachments []Attachment `json:"-"`
	// Cover is the cover letter, or nil. Rules say what checks look for, by ID; Context is who says all this to others.
	Cover   *Mail           `json:"-"`
	Rules   map[string]Rule `json:"-"`
	Context Context         `json:"-"`
}

// Tree names what the series was held against.
type Tree struct {
	Path string `json:"path"`
	// Base is the commit that the series was applied to, or "" for a plain directory.
	Base string `json:"base,omitempty"`
	// Release is the kernel version that the tree's Makefile states: "7.3.4".
	Release string `json:"release,omitempty"`
}

// Series names the series.
type Series struct {
	// Name is the SERIES argument.
	Name    string `json:"name"`
	Title   string `json:"title"`
	Author  string `json:"author"`
	Version int    `json:"version"`
	Patches int    `json:"patches"`
}

// Status is how a step ended.
type Status string

// The ways in which a step ends.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped" // Summary says why
	Broken  Status = "error"   // our own failure; Summary says which
)

// A Step is one part of a run: series, apply, checkpatch, hooks, build, boot.
type Step struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Summary is one line: what was done, or why not.
	Summary string  `json:"summary"`
	Seconds float64 `json:"seconds"`
	// Findings are sorted.
	Findings []Finding `json:"findings"`
	// Hint says how to mend a Broken or Skipped step.
	Hint string `json:"hint,omitempty"`
	// Result is what the verb of the same name gives as JSON, or nil.
	Result any `json:"result,omitempty"`
}

// Verdict is the worst status of the steps: Failed before Broken before Passed. A Skipped step
// does not count; where all steps were skipped, nothing was judged, and the verdict is Skipped.
func (r *Report) Verdict() Status {
	for _, status := range []Status{Failed, Broken} {
		if slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Status == status }) {
			return status
		}
	}
	if r.unjudged() {
		return Skipped
	}
	return Passed
}

// unjudged reports whether there are steps and all of them were skipped.
func (r *Report) unjudged() bool {
	return len(r.Steps) > 0 && !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Status != Skipped })
}

// FirstBroken returns the first step that could not be done, or nil.
func (r *Report) FirstBroken() *Step {
	for i := range r.Steps {
		if r.Steps[i].Status == Broken {
			return &r.Steps[i]
		}
	}
	return nil
}

// Findings returns those of all steps, in order.
func (r *Report) Findings() []Finding {
	var all []Finding
	for _, s := range r.Steps {
		all = append(all, s.Findings...)
	}
	return all
}
