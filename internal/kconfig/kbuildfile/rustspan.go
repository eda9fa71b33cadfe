// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A RustSpan is a part of a Rust source that stands under a cfg attribute, or defines a macro.
type RustSpan struct {
	From, To int         // its first and last line, from 1, the attribute's among them
	When     *logic.Cond // of the attribute
	Macro    bool        // a macro_rules! definition, whose text is compiled where it is called
}

// RustSpans returns the spans of a Rust source, by their first line. It knows comments, strings, brackets
// and attributes, and of the grammar only where what an attribute stands before ends.
func RustSpans(text string) []RustSpan {
	var out []RustSpan
	line := func(at int) int { return 1 + strings.Count(text[:min(at, len(text))], "\n") }
	for i := 0; i < len(text); {
		n := skipRust(text, i)
		switch {
		case strings.HasPrefix(text[i:], "#!["):
			n = 1 + attributeLength(text[i+1:])
			if when := conditionOf(text[i+1 : i+n]); when.Op != logic.True {
				out = append(out, RustSpan{From: 1, To: line(len(text)), When: when})
			}
		case strings.HasPrefix(text[i:], "#["):
			n = attributeLength(text[i:])
			if when := conditionOf(text[i : i+n]); when.Op != logic.True {
				out = append(out, RustSpan{From: line(i), To: line(itemEnd(text, i+n) - 1), When: when})
			}
		case isWordByte(text[i]):
			if text[i:i+n] == "macro_rules" && strings.HasPrefix(text[i+n:], "!") {
				out = append(out, RustSpan{From: line(i), To: line(itemEnd(text, i) - 1), When: logic.Always, Macro: true})
			}
		}
		i += n
	}
	slices.SortStableFunc(out, func(a, b RustSpan) int { return a.From - b.From })
	return out
}

// conditionOf returns the condition of a cfg attribute, and of kunit's, which stands for one; that of any
// other holds always.
func conditionOf(attr string) *logic.Cond {
	body := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(attr, "#"), "["))
	if strings.HasPrefix(body, "kunit_tests") {
		return logic.Is("KUNIT", "y")
	}
	when, _ := attribute("#[" + body)
	return when
}

// skipRust returns the length of the comment, string or word at i, 1 for anything else.
func skipRust(s string, i int) int {
	switch c := s[i]; {
	case strings.HasPrefix(s[i:], "//"):
		return max(1, lineLength(s[i:]))
	case strings.HasPrefix(s[i:], "/*"):
		return commentLength(s[i:])
	case c == '"':
		return stringLength(s[i:])
	case rawString(s[i:]) > 0 && (i == 0 || !isWordByte(s[i-1])):
		return rawString(s[i:])
	case c == '\'' && i+2 < len(s) && (s[i+1] == '\\' || s[i+2] == '\''):
		return charLength(s[i:])
	case isWordByte(c):
		n := 1
		for i+n < len(s) && isWordByte(s[i+n]) {
			n++
		}
		return n
	}
	return 1
}

// itemWords begin what ends at a semicolon or a closing brace alone, whichever commas it has before.
var itemWords = []string{"fn", "impl", "struct", "enum", "union", "trait", "mod", "const", "static", "use", "unsafe", "extern", "type",
	"async", "macro_rules", "let"}

// itemEnd returns where what begins at i, behind an attribute, ends: a whole item, statement, field,
// variant, match arm or argument.
func itemEnd(s string, i int) int {
	item, first := false, true
	depth := 0
	for i < len(s) {
		n := skipRust(s, i)
		switch c := s[i]; {
		case strings.HasPrefix(s[i:], "#["):
			n = attributeLength(s[i:])
		case strings.HasPrefix(s[i:], "//"), strings.HasPrefix(s[i:], "/*"), c == '"':
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
			if depth < 0 {
				return i
			}
			if c == '}' && depth == 0 && !goesOn(s[i+1:]) {
				return i + 1
			}
		case depth == 0 && (c == ';' || c == ',' && !item):
			return i + 1
		case isWordByte(c) && first:
			if word := s[i : i+n]; word != "pub" {
				first, item = false, slices.Contains(itemWords, word)
			} else if rest := strings.TrimLeft(s[i+n:], " "); strings.HasPrefix(rest, "(") {
				if end := strings.IndexByte(s[i:], ')'); end > 0 { // pub(crate)
					n = end + 1
				}
			}
		}
		i += n
	}
	return len(s)
}

// goesOn reports whether what ends with a brace before rest is not at its end: "Foo { … };", "if … { } else".
func goesOn(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\n\r")
	return strings.HasPrefix(rest, "else") || rest != "" && strings.ContainsRune(";,.?)", rune(rest[0]))
}
