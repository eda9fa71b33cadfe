// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"strings"
	"unicode/utf8"
)

// textWidth is how many columns a line of prose takes at most: those of a terminal.
const textWidth = 80

func wrap(label, text string) string { return Wrap(label, text, textWidth) }

// Wrap returns label and text as lines of at most width columns, broken at spaces, those after the first
// indented as far as label reaches. What stands between backquotes is to be copied, and stays whole; so does
// a word that is too long. All other spaces are kept.
func Wrap(label, text string, width int) string {
	indent := strings.Repeat(" ", utf8.RuneCountInString(label))
	var b strings.Builder
	b.WriteString(label)
	column := len(indent)
	for i, word := range words(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+size > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += size
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
