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
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escapeJSON(indentJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n")), prefix)), nil
}

// indentJSON writes compact JSON with line ends, as [json.Indent] does with two spaces. That reads the text as
// something which may be wrong, byte by byte; here strings, which are most of it, are passed over.
func indentJSON(text []byte, prefix string) []byte {
	out := make([]byte, 0, len(text)+len(text)/4)
	depth := 0
	newline := func() {
		out = append(append(out, '\n'), prefix...)
		for range depth {
			out = append(out, "  "...)
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		n := 1
		switch c {
		case '"':
			n = stringSize(text[i:])
		case '}', ']':
			if depth--; text[i-1] != '{' && text[i-1] != '[' {
				newline()
			}
		}
		out = append(out, text[i:i+n]...)
		i += n
		switch {
		case c == ',':
			newline()
		case c == ':':
			out = append(out, ' ')
		case c == '{' || c == '[':
			if depth++; text[i] != '}' && text[i] != ']' {
				newline()
			}
		}
	}
	return out
}

// stringSize returns how long the string is that text, which is JSON, starts with, its quotes included.
func stringSize(text []byte) int {
	for i := 1; ; i++ {
		i += bytes.IndexByte(text[i:], '"')
		escapes := i
		for text[escapes-1] == '\\' {
			escapes--
		}
		if (i-escapes)%2 == 0 {
			return i + 1
		}
	}
}
