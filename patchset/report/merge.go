// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
)

// Read reads a report that [WriteJSON] wrote. What Result holds comes back as [json.RawMessage]. The error is that of r, or
// says what makes it no report.
func Read(r io.Reader) (*Report, error) {
	type step struct {
		Step
		Result json.RawMessage `json:"result"`
	}
	type plain Report
	var read struct {
		*plain
		Steps []step `json:"steps"`
	}
	read.plain = new(plain)
	if err := json.NewDecoder(r).Decode(&read); err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	rep := (*Report)(read.plain)
	if len(read.Steps) == 0 {
		return nil, fmt.Errorf("reading a report: it has no steps")
	}
	for _, s := range read.Steps {
		if !slices.Contains([]Status{Passed, Failed, Skipped, Broken}, s.Status) {
			return nil, fmt.Errorf("reading a report: step %.40q has the status %.40q", s.Name, s.Status)
		}
		if s.Result != nil {
			s.Step.Result = s.Result
		}
		rep.Steps = append(rep.Steps, s.Step)
	}
	return rep, nil
}

// A Part is one of the reports that [Merge] makes one of. Label tells it from the others: "v7.3 · arm64".
type Part struct {
	Label  string
	Report *Report
}

// Merge makes one report of many: it begins with the first of them and took as long as all. A step that says the same in
// all parts which have it stands there once; any other has the label of its part before its name. So the verdict is the
// worst of all.
//
// Where the parts are of several series or trees, these are told as such.
func Merge(parts []Part) *Report {
	if len(parts) == 0 {
		return &Report{Steps: []Step{}}
	}
	first := parts[0].Report
	merged := &Report{Tool: first.Tool, Started: first.Started, Tree: first.Tree, Series: first.Series, Steps: []Step{}}
	for _, p := range parts {
		r := p.Report
		merged.Seconds += r.Seconds
		if merged.Started.IsZero() || !r.Started.IsZero() && r.Started.Before(merged.Started) {
			merged.Started = r.Started
		}
		if r.Tree.Path != first.Tree.Path || r.Tree.Base != first.Tree.Base {
			merged.Tree = Tree{Path: "several trees"}
		}
		if a, b := r.Series, first.Series; a.Title != b.Title || a.Author != b.Author || a.Version != b.Version || a.Patches != b.Patches {
			merged.Series = Series{Name: "several series", Title: "several series"}
		} else {
			merged.Series.Name = cmp.Or(merged.Series.Name, r.Series.Name)
		}
	}
	for _, name := range stepNames(parts) {
		merged.Steps = append(merged.Steps, mergeStep(name, parts)...)
	}
	return merged
}

// stepNames returns the names of all steps, in the order in which they first come.
func stepNames(parts []Part) []string {
	var names []string
	for _, p := range parts {
		for _, s := range p.Report.Steps {
			if !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// mergeStep returns the steps of a name: one, where all say the same, else that of each part.
func mergeStep(name string, parts []Part) []Step {
	var steps []Step
	same := true
	for _, p := range parts {
		for _, s := range p.Report.Steps {
			if s.Name != name {
				continue
			}
			same = same && (len(steps) == 0 || sameStep(steps[0], s))
			s.Name = p.Label + ": " + name
			steps = append(steps, s)
		}
	}
	if same {
		steps[0].Name = name
		return steps[:1]
	}
	return steps
}

// sameStep reports whether two steps say the same. How long they took is nothing that they say.
func sameStep(a, b Step) bool {
	return a.Status == b.Status && a.Summary == b.Summary && a.Hint == b.Hint && len(a.Findings) == len(b.Findings) &&
		(len(a.Findings) == 0 || reflect.DeepEqual(a.Findings, b.Findings)) && reflect.DeepEqual(a.Result, b.Result)
}
