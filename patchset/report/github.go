// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteGitHub writes the findings of r as workflow commands, which a job on GitHub shows beside the lines of the code.
func WriteGitHub(w io.Writer, r *Report) error {
	var b strings.Builder
	for _, s := range r.Steps {
		if s.Status == Broken {
			command(&b, "error", "title="+property("lsmpatch: "+s.Name), withHint(s.Summary, s.Hint))
		}
		for _, f := range s.Findings {
			if f.Waived == "" {
				annotate(&b, f)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func annotate(b *strings.Builder, f Finding) {
	name := f.Severity.String()
	if f.Severity == Note {
		name = "notice"
	}
	title := f.Check
	if f.Patch > 0 {
		title += fmt.Sprintf(" (patch %d)", f.Patch)
	}
	at := ""
	if f.File != "" {
		at = fmt.Sprintf("file=%s,line=%d,", property(f.File), max(f.Line, 1))
		if f.Column > 0 {
			at += fmt.Sprintf("col=%d,", f.Column)
		}
	}
	command(b, name, at+"title="+property(title), withHint(f.Message, f.Hint))
}

// command writes a workflow command. A line of ours can be no other: what is in it is on one line and escaped.
func command(b *strings.Builder, name, at, text string) {
	fmt.Fprintf(b, "::%s %s::%s\n", name, at, data(text))
}

func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(PrintableText(text))
}

func property(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(Printable(text)))
}

// maxDescription is how long GitHub and patchwork let the description of a status be, in characters.
const maxDescription = 140

// A CommitStatus is what GitHub's API wants to know of a commit.
type CommitStatus struct {
	State       string `json:"state"`
	TargetURL   string `json:"target_url,omitempty"`
	Description string `json:"description"`
	Context     string `json:"context"`
}

// Status is the verdict as the status of a commit.
func (r *Report) Status() CommitStatus {
	state := map[Status]string{Passed: "success", Failed: "failure", Broken: "error", Skipped: "error"}[r.Verdict()]
	return CommitStatus{state, r.Context.URL, shorten(r.inOneLine(), maxDescription), cmp.Or(r.Context.Name, "lsmpatch")}
}

// WriteGitHubStatus writes the verdict as the status of a commit.
func WriteGitHubStatus(w io.Writer, r *Report) error { return WriteJSON(w, r.Status()) }

// inOneLine says the verdict and its first reason.
func (r *Report) inOneLine() string {
	if s := r.FirstBroken(); s != nil && r.Verdict() == Broken {
		return s.Name + ": " + s.Summary
	}
	if r.Verdict() == Skipped {
		return r.Steps[0].Summary
	}
	findings := r.Findings()
	line := CountLine(findings)
	for _, f := range findings {
		if f.Severity == Error && f.Waived == "" {
			return line + ": " + f.Message
		}
	}
	return line
}

// shorten cuts text to n characters.
func shorten(text string, n int) string {
	text = Printable(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
