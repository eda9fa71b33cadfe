// SPDX-License-Identifier: GPL-2.0-only

package review

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/columns"
)

// fit cuts text to a number of columns; what was cut shows as "…".
func fit(text string, columnsLeft int) string {
	total, cut := 0, -1
	for i, r := range text {
		n := columns.Of(r)
		if total+n > columnsLeft-1 && cut < 0 {
			cut = i
		}
		if total += n; total > columnsLeft {
			return text[:cut] + "…"
		}
	}
	return text
}

// fold breaks text into lines of a number of columns, at spaces where there are any.
func fold(text string, width int) []string {
	var lines []string
	for {
		total, end, space := 0, len(text), 0
		for i, r := range text {
			if total += columns.Of(r); total > width && i > 0 {
				end = i
				break
			}
			if r == ' ' && i > 0 {
				space = i
			}
		}
		if end == len(text) {
			return append(lines, text)
		}
		if space > 0 {
			end = space
		}
		lines = append(lines, text[:end])
		text = strings.TrimPrefix(text[end:], " ")
	}
}
