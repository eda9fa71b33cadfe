// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"encoding/json"
	"io"
)

// WriteJSON writes v, indented, with a final newline. All JSON of the command goes through it.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// MarshalJSON adds the verdict, and writes no list as null.
func (r *Report) MarshalJSON() ([]byte, error) {
	type plain Report
	out := struct {
		*plain
		Verdict Status `json:"verdict"`
	}{(*plain)(r), r.Verdict()}
	for i := range out.Steps {
		if out.Steps[i].Findings == nil {
			out.Steps[i].Findings = []Finding{}
		}
	}
	return json.Marshal(out)
}
