// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/internal/columns"
)

const (
	wide   = 76 // of a terminal of 80, where a report indents it by 4
	gutter = 6  // a line number up to 99999, and a blank
	// halfWidth is how many columns of text stand on either side.
	halfWidth = (wide-3)/2 - gutter
	// leftColumns are those left of the text of a line that stands alone.
	leftColumns = 2*gutter + 2
	// around is how many equal lines are shown before and after a difference.
	around = 3
	// longest is how many lines are shown at most.
	longest = 40
)

// Excerpt shows what the patch expects beside what the tree has, in 76 columns, and below each line that
// differs marks the characters that do. Where half a terminal is too narrow for the lines, they stand
// one above the other, as in a diff. White space that all lines begin with is left out. Of a three-way
// merge it shows the first lines between conflict markers. Control characters are spelled out. It returns
// "" for a conflict that is not about lines, and for a hunk that is in the tree already.
func (c *Conflict) Excerpt() string { return c.excerpt(wide) }

// WholeExcerpt is [Conflict.Excerpt] for what is no terminal: lines are not cut.
func (c *Conflict) WholeExcerpt() string { return c.excerpt(uncut) }

// uncut is a width that no line has.
const uncut = 1 << 30

func (c *Conflict) excerpt(width int) string {
	if c.Merged != "" {
		return c.mergedExcerpt(width)
	}
	if c.Hunk == 0 || c.Expected == "" || c.isApplied() || c.Expected == c.Found {
		return ""
	}
	e := newExcerpt(c)
	if e.fits() {
		return e.beside()
	}
	return e.stacked(width)
}

// An excerpt is the lines around differences of two texts.
type excerpt struct{ rows []excerptRow }

// An excerptRow is a pair of lines. One without a number is not there; a row without both stands for lines that
// are left out.
type excerptRow struct {
	left, right excerptLine
	differs     bool
	alike       bool // the lines differ, and have so much in common that the differences are marked
}

// An excerptLine is a line with its number, and the range of bytes to mark.
type excerptLine struct {
	text, number string
	from, to     int
}

func newExcerpt(c *Conflict) *excerpt {
	left, right := splitLines(c.Expected), splitLines(c.Found)
	pairs := columns.Align(left, right)
	e := &excerpt{}
	for i, p := range pairs {
		shown := len(e.rows) < longest && nearDifference(pairs, left, right, i)
		if !shown {
			if len(e.rows) == 0 || !e.rows[len(e.rows)-1].isGap() {
				e.rows = append(e.rows, excerptRow{})
			}
			continue
		}
		row := excerptRow{differs: differs(p, left, right)}
		if p.Left >= 0 {
			row.left = excerptLine{text: left[p.Left], number: fmt.Sprint(c.ExpectedLine + p.Left)}
		}
		if p.Right >= 0 {
			row.right = excerptLine{text: right[p.Right], number: fmt.Sprint(c.FoundLine + p.Right)}
		}
		a, z := &row.left.text, &row.right.text
		if !row.isPair() || strings.HasSuffix(*a, "\n") == strings.HasSuffix(*z, "\n") {
			*a, *z = strings.TrimSuffix(*a, "\n"), strings.TrimSuffix(*z, "\n")
		}
		e.rows = append(e.rows, row)
	}
	indent := e.commonIndent()
	for i := range e.rows {
		row := &e.rows[i]
		row.left.text, row.right.text = strings.TrimPrefix(row.left.text, indent), strings.TrimPrefix(row.right.text, indent)
		row.mark()
	}
	return e
}

func (r *excerptRow) isGap() bool  { return r.left.number == "" && r.right.number == "" }
func (r *excerptRow) isPair() bool { return r.left.number != "" && r.right.number != "" }

// mark finds what differs in a pair of lines. Where they have next to nothing in common, that is all of them, and
// nothing is marked.
func (r *excerptRow) mark() {
	if !r.differs || !r.isPair() {
		return
	}
	a, z := &r.left, &r.right
	fromA, toA, fromZ, toZ := differingBytes(a.text, z.text)
	indent := len(a.text) - len(strings.TrimLeft(a.text, " \t"))
	same := max(fromA-indent, 0) + len(a.text) - toA
	if 4*same < max(len(a.text), len(z.text))-indent && strings.TrimSpace(a.text) != "" && strings.TrimSpace(z.text) != "" {
		return
	}
	r.alike = true
	a.from, a.to, z.from, z.to = fromA, toA, fromZ, toZ
}

// commonIndent returns the white space that all lines begin with, blank ones aside.
func (e *excerpt) commonIndent() string {
	indent, any := "", false
	for _, row := range e.rows {
		for _, text := range []string{row.left.text, row.right.text} {
			if strings.TrimSpace(text) == "" {
				continue
			}
			own := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
			if !any {
				indent, any = own, true
			}
			for !strings.HasPrefix(own, indent) {
				indent = indent[:len(indent)-1]
			}
		}
	}
	return indent
}

// fits reports whether half of the columns are enough for each line.
func (e *excerpt) fits() bool {
	for _, row := range e.rows {
		for _, text := range []string{row.left.text, row.right.text} {
			if shown, _ := spelled(text, 0, 0); len(shown) > halfWidth {
				return false
			}
		}
	}
	return true
}

// beside prints the two sides in two columns. A sign between them tells lines that differ.
func (e *excerpt) beside() string {
	var b strings.Builder
	blank := strings.Repeat(" ", gutter)
	writeHalves(&b, blank+"the patch expects", blank+"the tree has", false)
	for _, row := range e.rows {
		if row.isGap() {
			writeHalves(&b, "   ...", "   ...", false)
			continue
		}
		left, leftMarks := row.left.cell(halfWidth)
		right, rightMarks := row.right.cell(halfWidth)
		writeHalves(&b, number(row.left.number)+left, number(row.right.number)+right, row.differs)
		if leftMarks != "" || rightMarks != "" {
			writeHalves(&b, blank+leftMarks, blank+rightMarks, false)
		}
	}
	return b.String()
}

// stacked prints the lines of the patch with "-", those of the tree with "+", and both their numbers. Lines
// that resemble each other stand together; of others, those of the patch come first.
func (e *excerpt) stacked(width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%*s %*s   - the patch expects, + the tree has\n", gutter-1, "patch", gutter-1, "tree")
	for rows := e.rows; len(rows) > 0; {
		n := 0 // rows that differ
		for n < len(rows) && rows[n].differs {
			n++
		}
		switch row := rows[0]; {
		case row.isGap():
			b.WriteString("  ...   ...\n")
		case n == 0:
			row.left.write(&b, width, row.left.number, row.right.number, ' ')
		case !slices.ContainsFunc(rows[:n], func(r excerptRow) bool { return !r.alike }):
			for _, row := range rows[:n] {
				row.left.write(&b, width, row.left.number, "", '-')
				row.right.write(&b, width, "", row.right.number, '+')
			}
		default:
			for _, row := range rows[:n] {
				row.left.write(&b, width, row.left.number, "", '-')
			}
			for _, row := range rows[:n] {
				row.right.write(&b, width, "", row.right.number, '+')
			}
		}
		rows = rows[max(n, 1):]
	}
	return b.String()
}

// write prints a line, if it is there, with the numbers that it has in the patch and in the tree.
func (l *excerptLine) write(b *strings.Builder, width int, patch, tree string, sign byte) {
	if l.number == "" {
		return
	}
	text, marks := l.cell(width - leftColumns)
	b.WriteString(strings.TrimRight(fmt.Sprintf("%s%s%c %s", number(patch), number(tree), sign, text), " ") + "\n")
	if marks != "" {
		b.WriteString(strings.Repeat(" ", leftColumns) + marks + "\n")
	}
}

func (l *excerptLine) cell(size int) (text, marks string) { return cell(l.text, l.from, l.to, size) }

func number(n string) string { return fmt.Sprintf("%*s ", gutter-1, n) }

// mergedExcerpt shows the first conflict of a merged file.
func (c *Conflict) mergedExcerpt(width int) string {
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
		text, _ := cell(strings.TrimSuffix(lines[i], "\n"), 0, 0, width-gutter)
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
func nearDifference(pairs []columns.Pair, left, right []string, i int) bool {
	for j := max(i-around, 0); j <= min(i+around, len(pairs)-1); j++ {
		if differs(pairs[j], left, right) {
			return true
		}
	}
	return false
}

func differs(p columns.Pair, left, right []string) bool {
	return p.Left < 0 || p.Right < 0 || left[p.Left] != right[p.Right]
}

// writeHalves writes two halves of a line of the terminal.
func writeHalves(b *strings.Builder, left, right string, differ bool) {
	pad := gutter + halfWidth
	for _, r := range left {
		pad -= columns.Of(r)
	}
	sign := " | "
	if differ {
		sign = " ! "
	}
	b.WriteString(strings.TrimRight(left+strings.Repeat(" ", max(pad, 0))+sign+right, " "))
	b.WriteByte('\n')
}

// cell returns the part of a line that fits into size columns, and the marks below its bytes from..to.
// The part is chosen so that the beginning of the difference is in it.
func cell(line string, from, to, size int) (text, marks string) {
	shown, marked := spelled(line, from, to)
	start, first := 0, slices.Index(marked, true)
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

// spelled returns what each column shows of a line, "" where the character before takes two, and whether
// it stands for bytes from..to.
func spelled(line string, from, to int) (shown []string, marked []bool) {
	for i, r := range line {
		in := i >= from && i < to
		for _, s := range spell(r, line[i:], len(shown)) {
			switch n := columns.Of(s); {
			case n > 0:
				shown, marked = append(shown, string(s)), append(marked, in)
				for range n - 1 {
					shown, marked = append(shown, ""), append(marked, in)
				}
			case len(shown) > 0:
				shown[len(shown)-1] += string(s)
			}
		}
	}
	return shown, marked
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

// differingBytes returns the ranges of a and b that differ: what is left when the common beginning
// and the common end are taken off, at character boundaries.
func differingBytes(a, b string) (fromA, toA, fromB, toB int) {
	start := 0
	for start < len(a) && start < len(b) {
		r, n := utf8.DecodeRuneInString(a[start:])
		s, m := utf8.DecodeRuneInString(b[start:])
		if r != s || n != m || a[start:start+n] != b[start:start+m] {
			break
		}
		start += n
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start {
		r, n := utf8.DecodeLastRuneInString(a[start:endA])
		s, m := utf8.DecodeLastRuneInString(b[start:endB])
		if r != s || n != m || a[endA-n:endA] != b[endB-m:endB] {
			break
		}
		endA, endB = endA-n, endB-m
	}
	return start, endA, start, endB
}
