// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes v, indented, with a final newline. All JSON of the command goes through it. It may be shown on
// a terminal as it is: what [Printable] escapes is written as JSON's own escapes, which mean the same character.
func WriteJSON(w io.Writer, v any) error {
	text, err := encodeIndented(v, "")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// escapeJSON escapes the hidden characters of a JSON text; beyond those of JSON's own syntax they stand in strings alone.
func escapeJSON(text []byte) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if ' ' <= r && r <= '~' {
			i++
			continue
		}
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[i:])
		}
		if isHidden(r, size) && r != '\n' {
			out = append(out, text[done:i]...)
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return text
	}
	return append(out, text[done:]...)
}

// WriteJSONLine writes v as JSON on a line of its own, for streams of objects, with the escapes of [WriteJSON].
func WriteJSONLine(w io.Writer, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(text.Bytes()))
	return err
}

// MarshalJSON adds the verdict and, where a step of ours failed, which and how to mend it, or why nothing was judged; it writes no list as null.
func (r *Report) MarshalJSON() ([]byte, error) {
	type plain Report
	out := struct {
		*plain
		Verdict Status `json:"verdict"`
		Error   string `json:"error,omitempty"`
		Hint    string `json:"hint,omitempty"`
	}{plain: (*plain)(r), Verdict: r.Verdict()}
	if s := r.FirstBroken(); s != nil {
		out.Error, out.Hint = s.Name+": "+s.Summary, s.Hint
	} else if out.Verdict == Skipped {
		out.Error = r.Steps[0].Summary
	}
	for i := range out.Steps {
		if out.Steps[i].Findings == nil {
			out.Steps[i].Findings = []Finding{}
		}
	}
	return json.Marshal(out)
}
