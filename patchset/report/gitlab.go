// SPDX-License-Identifier: GPL-2.0-only

package report

import "io"

// gitlabIssue is an entry of GitLab's report of code quality.
type gitlabIssue struct {
	Description string `json:"description"`
	Check       string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"`
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

var gitlabSeverities = [...]string{Note: "info", Warning: "minor", Error: "major"}

// WriteGitLab writes the findings of r as GitLab's report of code quality. What could not be done is in it as well, with
// the severity blocker.
func WriteGitLab(w io.Writer, r *Report) error {
	issues := []gitlabIssue{}
	prints, places := fingerprints{}, r.places()
	add := func(f Finding, severity string) {
		at := places.of(f)
		issue := gitlabIssue{Description: withHint(f.Message, f.Hint), Check: f.Check, Fingerprint: prints.of(f), Severity: severity}
		issue.Location.Path, issue.Location.Lines.Begin = at.file, at.line
		issues = append(issues, issue)
	}
	for _, s := range r.Steps {
		if s.Status == Broken {
			add(Finding{Check: "lsmpatch/" + s.Name, Message: s.Summary, Hint: s.Hint}, "blocker")
		}
		for _, f := range s.Findings {
			if f.Waived == "" {
				add(f, gitlabSeverities[f.Severity])
			}
		}
	}
	return WriteJSON(w, issues)
}
