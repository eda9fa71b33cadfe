// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"io"
	"slices"
	"strings"
)

// b4Check is an answer to b4 review, which asks a program about one mail.
type b4Check struct {
	Tool    string `json:"tool"`
	Status  string `json:"status"`
	Summary string `json:"summary"`
	URL     string `json:"url,omitempty"`
	Details string `json:"details,omitempty"`
}

// WriteB4 writes what r says of the mail Context.Judged as b4's protocol for checks wants it: a list, of one result a step. Of
// a patch that is what is said of it, of a cover letter what is said of the series; where there is none, b4 asks the first patch
// for that. Of a patch that stands alone what depends on the others is told as a warning; of a cover letter that does, nothing.
func WriteB4(w io.Writer, r *Report) error {
	checks := []b4Check{}
	if r.Context.Alone && len(r.Patches) == 0 {
		return WriteJSON(w, checks) // a cover letter without its patches: nothing is known
	}
	patch, first := 0, r.Cover == nil
	for i, p := range r.Patches {
		if p.MessageID == r.Context.Judged && p.MessageID != "" {
			patch, first = p.Index, r.Cover == nil && i == 0
		}
	}
	for _, s := range r.Steps {
		if s.Status != Skipped || len(s.Findings) > 0 {
			checks = append(checks, r.b4Step(s, patch, first))
		}
	}
	return WriteJSON(w, checks)
}

// b4Step says what a step says of a patch, or of the series where that is 0. The first patch speaks for the series as well.
func (r *Report) b4Step(s Step, patch int, first bool) b4Check {
	c := b4Check{Tool: "lsmpatch-" + s.Name, URL: r.Context.URL}
	if s.Status == Broken {
		c.Status, c.Summary, c.Details = "fail", Printable(s.Summary), PrintableText(s.Hint)
		return c
	}
	own := slices.DeleteFunc(slices.Clone(s.Findings), func(f Finding) bool {
		ofSeries := f.Patch == 0 && (r.Context.Alone && s.Name != "series" || !r.Context.Alone && first)
		return patch > 0 && f.Patch != patch && !ofSeries
	})
	state, text := stateOf(own)
	c.Status = map[string]string{"success": "pass", "warning": "warn", "fail": "fail"}[state]
	if c.Summary = Printable(text); c.Status == "fail" && r.Context.Alone && s.Name != "checkpatch" && s.Name != "series" {
		c.Status, c.Summary = "warn", "without the rest of its series: "+c.Summary
	}
	var b strings.Builder
	for i := range own {
		writeFinding(&b, &own[i], nil)
	}
	c.Details = b.String()
	return c
}
