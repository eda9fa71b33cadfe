// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"strings"
	"unicode/utf8"
)

// textWidth is how many columns a line of prose takes at most: those of a terminal.
const textWidth = 80

// wrap returns label and text as lines of at most textWidth columns, broken at spaces, those after the first
// indented as far as label reaches. What stands between backquotes is to be copied, and stays whole; so does
// a word that is too long. All other spaces are kept.
func wrap(label, text string) string {
	indent := strings.Repeat(" ", utf8.RuneCountInString(label))
	var b strings.Builder
	b.WriteString(label)
	column := len(indent)
	for i, word := range words(text) {
		width := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+width > textWidth:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	b.WriteByte('\n')
	return b.String()
}

// words splits text at the spaces that are not between backquotes.
func words(text string) []string {
	var out []string
	start, quoted := 0, false
	for i := range len(text) {
		switch {
		case text[i] == '`':
			quoted = !quoted
		case text[i] == ' ' && !quoted:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}
