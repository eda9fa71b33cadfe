// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"io"
)

// A JSONList writes an object whose first member is a list, item by item, so that the list need not fit into
// memory. The text is that of [WriteJSON]. Where it is given up halfway, what was written is no JSON.
type JSONList struct {
	w       io.Writer
	name    string
	written int
}

// NewJSONList writes {"name": [...]} to w, once there is an item or Close is called.
func NewJSONList(w io.Writer, name string) *JSONList { return &JSONList{w: w, name: name} }

// Encode makes an item of v for [JSONList.Add]. It may be called by several goroutines at once.
func (l *JSONList) Encode(v any) ([]byte, error) { return encodeIndented(v, "    ") }

// Add writes the next item.
func (l *JSONList) Add(item []byte) error {
	before := ",\n    "
	if l.written == 0 {
		before = "{\n  " + quoteJSON(l.name) + ": [\n    "
	}
	l.written++
	if _, err := io.WriteString(l.w, before); err != nil {
		return err
	}
	_, err := l.w.Write(item)
	return err
}

// Close ends the list and adds the members of rest, an object with at least one member or nil.
func (l *JSONList) Close(rest any) error {
	end := "\n  ]"
	if l.written == 0 {
		end = "{\n  " + quoteJSON(l.name) + ": []"
	}
	if rest != nil {
		text, err := encodeIndented(rest, "")
		if err != nil {
			return err
		}
		end += "," + string(bytes.TrimPrefix(text, []byte("{"))) + "\n"
	} else {
		end += "\n}\n"
	}
	_, err := io.WriteString(l.w, end)
	return err
}

func quoteJSON(s string) string {
	text, _ := json.Marshal(s) // a string always has a text
	return string(text)
}

// encodeIndented returns v as JSON, its further lines behind prefix, without a line end.
func encodeIndented(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
