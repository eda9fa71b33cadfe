// SPDX-License-Identifier: GPL-2.0-only

// Package columns sets text in columns: how wide a character is on a terminal ([Of]), and which lines of two texts stand side by
// side ([Align]).
package columns

import (
	"unicode"

	"golang.org/x/text/width"
)

// Of returns how many columns of a terminal r takes.
func Of(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
