// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	columns   = 76 // of a terminal of 80, where a report indents it by 4
	gutter    = 6  // line numbers up to 99999, and a blank
	textWidth = (columns-3)/2 - gutter
	// around is how many equal lines are shown before and after a difference.
	around = 3
)

// SideBySide shows what the patch expects beside what the tree has, in 76 columns, and below each
// line that differs marks the characters that do. Of a three-way merge it shows the first lines between
// conflict markers. Control characters are spelled out. It returns "" for a conflict that is not
// about lines.
func (c *Conflict) SideBySide() string {
	if c.Merged != "" {
		return c.mergedExcerpt()
	}
	if c.Hunk == 0 || c.Expected == "" {
		return ""
	}
	left, right := splitLines(c.Expected), splitLines(c.Found)
	pairs := align(left, right)
	var b strings.Builder
	row(&b, strings.Repeat(" ", gutter)+"the patch expects", strings.Repeat(" ", gutter)+"the tree has")
	skipped := false
	for i, p := range pairs {
		if !nearDifference(pairs, left, right, i) {
			if !skipped {
				row(&b, "   ...", "   ...")
			}
			skipped = true
			continue
		}
		skipped = false
		c.writePair(&b, left, right, p)
	}
	return b.String()
}

// mergedExcerpt shows the first conflict of a merged file.
func (c *Conflict) mergedExcerpt() string {
	const longest = 40
	lines := splitLines(c.Merged)
	start := max(c.Line-1-around, 0)
	end, left := start, -1
	for ; end < len(lines) && end < start+longest && left != 0; end++ {
		left--
		if strings.HasPrefix(lines[end], ">>>>>>> ") {
			left = around
		}
	}
	var b strings.Builder
	for i := start; i < end; i++ {
		text, _ := cell(strings.TrimSuffix(lines[i], "\n"), 0, 0, columns-gutter)
		fmt.Fprintf(&b, "%*d %s\n", gutter-1, i+1, text)
	}
	return b.String()
}

func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// nearDifference reports whether pair i or one around it differs.
func nearDifference(pairs []pair, left, right []string, i int) bool {
	for j := max(i-around, 0); j <= min(i+around, len(pairs)-1); j++ {
		if differs(pairs[j], left, right) {
			return true
		}
	}
	return false
}

func differs(p pair, left, right []string) bool {
	return p.left < 0 || p.right < 0 || left[p.left] != right[p.right]
}

// writePair writes one line of each side, and marks below them where they differ.
func (c *Conflict) writePair(b *strings.Builder, left, right []string, p pair) {
	var a, z, numberA, numberZ string
	if p.left >= 0 {
		a, numberA = left[p.left], fmt.Sprint(c.ExpectedLine+p.left)
	}
	if p.right >= 0 {
		z, numberZ = right[p.right], fmt.Sprint(c.FoundLine+p.right)
	}
	if p.left < 0 || p.right < 0 || strings.HasSuffix(a, "\n") == strings.HasSuffix(z, "\n") {
		a, z = strings.TrimSuffix(a, "\n"), strings.TrimSuffix(z, "\n")
	}
	fromA, toA, fromZ, toZ := differingBytes(a, z)
	textA, markA := cell(a, fromA, toA, textWidth)
	textZ, markZ := cell(z, fromZ, toZ, textWidth)
	row(b, fmt.Sprintf("%*s %s", gutter-1, numberA, textA), fmt.Sprintf("%*s %s", gutter-1, numberZ, textZ))
	if markA != "" || markZ != "" {
		blank := strings.Repeat(" ", gutter)
		row(b, blank+markA, blank+markZ)
	}
}

// row writes two halves of a line of the terminal.
func row(b *strings.Builder, left, right string) {
	pad := gutter + textWidth
	for _, r := range left {
		pad -= columnsOf(r)
	}
	b.WriteString(strings.TrimRight(left+strings.Repeat(" ", max(pad, 0))+" | "+right, " "))
	b.WriteByte('\n')
}

// cell returns the part of a line that fits into width columns, and the marks below its bytes from..to.
// The part is chosen so that the beginning of the difference is in it.
func cell(line string, from, to, size int) (text, marks string) {
	var shown []string // what each column shows; "" where the character before takes two
	var marked []bool
	first := -1
	add := func(text string, in bool) { shown, marked = append(shown, text), append(marked, in) }
	for i, r := range line {
		in := i >= from && i < to
		if in && first < 0 {
			first = len(shown)
		}
		for _, s := range spell(r, line[i:], len(shown)) {
			switch columns := columnsOf(s); {
			case columns > 0:
				add(string(s), in)
				for range columns - 1 {
					add("", in)
				}
			case len(shown) > 0:
				shown[len(shown)-1] += string(s)
			}
		}
	}
	start := 0
	if len(shown) > size && first > size*2/3 {
		start = min(first-size/3, len(shown)-size)
	}
	shown, marked = shown[start:], marked[start:]
	if len(shown) > size {
		shown, marked = shown[:size], marked[:size]
		if shown[size-1] == "" {
			shown[size-2] = " "
		}
		shown[size-1] = ">"
	}
	if start > 0 {
		shown[0] = "<"
		if shown[1] == "" {
			shown[1] = " "
		}
	}
	var m strings.Builder
	for _, in := range marked {
		if in {
			m.WriteByte('^')
		} else {
			m.WriteByte(' ')
		}
	}
	return strings.Join(shown, ""), strings.TrimRight(m.String(), " ")
}

// columnsOf returns how many columns of a terminal r takes.
func columnsOf(r rune) int {
	switch kind := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// spell returns how r is shown: tabs as far as the next stop, with a sign that they are tabs; the
// line end, where it is told apart, and other control characters as an escape.
func spell(r rune, rest string, column int) string {
	switch {
	case r == '\t':
		return "»" + strings.Repeat(" ", 7-column%8)
	case r == '\n':
		return "$"
	case r == utf8.RuneError:
		return fmt.Sprintf("\\x%02x", rest[0])
	case r == ' ' && strings.TrimRight(rest, " \r\n") == "":
		return "·"
	case !unicode.IsGraphic(r):
		return fmt.Sprintf("\\u%04x", r)
	}
	return string(r)
}
