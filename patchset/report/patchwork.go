// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"cmp"
	"fmt"
	"io"
)

// A PatchCheck is a check of one patch, as patchwork takes it. Its JSON names are patchwork's, but for the patch, which is in the
// address that it is sent to.
type PatchCheck struct {
	MessageID   string `json:"message_id"`
	State       string `json:"state"` // success, warning or fail
	TargetURL   string `json:"target_url"`
	Context     string `json:"context"`
	Description string `json:"description"`
}

// PatchChecks returns a check for each patch that has a Message-ID. What is said of the whole series counts for the first. Where
// something could not be done and nothing is at fault, nothing is known, which is a warning.
func (r *Report) PatchChecks() []PatchCheck {
	checks := []PatchCheck{}
	all, broken := r.Findings(), r.FirstBroken()
	for i, p := range r.Patches {
		if p.MessageID == "" {
			continue
		}
		var own []Finding
		for _, f := range all {
			if f.Patch == p.Index || f.Patch == 0 && i == 0 {
				own = append(own, f)
			}
		}
		state, text := stateOf(own)
		if broken != nil && state == "success" {
			state, text = "warning", fmt.Sprintf("%s could not be done: %s", broken.Name, broken.Summary)
		}
		checks = append(checks, PatchCheck{p.MessageID, state, r.Context.URL, cmp.Or(r.Context.Name, "lsmpatch"), shorten(text, maxDescription)})
	}
	return checks
}

func stateOf(findings []Finding) (state, text string) {
	text = CountLine(findings)
	for _, least := range []Severity{Error, Warning} {
		for _, f := range findings {
			if f.Severity == least && f.Waived == "" {
				return map[Severity]string{Error: "fail", Warning: "warning"}[least], text + ": " + f.Message
			}
		}
	}
	return "success", text
}

// WritePatchwork writes what patchwork would be told.
func WritePatchwork(w io.Writer, r *Report) error { return WriteJSON(w, r.PatchChecks()) }
