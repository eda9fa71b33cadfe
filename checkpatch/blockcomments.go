// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// checkBlockComment wants the stars of a block comment in a column, and its end on a line of its own.
func checkBlockComment(c *checker, r *rule) {
	l := &c.line
	inComment := endsInComment(l.prev)
	if !strings.HasPrefix(l.raw, "+") || !inComment && !strings.Contains(l.raw, "*/") {
		return
	}
	starLine := startsWithStar(l.raw)
	prevOpens := strings.HasPrefix(l.prevRaw, "+") && strings.Contains(l.prevRaw[1:], "/*")
	prevCloses := strings.HasSuffix(strings.TrimRight(l.prevRaw, " \t"), "*/")
	if inComment && prevOpens && !prevCloses && !starLine {
		r.fire(c, "each line of a block comment starts with a *")
	}
	if strings.Contains(l.raw, "*/") && c.m.Match(patTextThenEnd, l.raw) && !c.m.Match(patEndAllowed, l.raw) {
		r.fire(c, "the */ of a block comment stands on a line of its own")
	}
	if inComment && starLine && commentFirst(l.text) && (prevOpens && !prevCloses || startsWithStar(l.prevRaw)) {
		if c.starColumn(l.prevRaw) != c.set.columns(l.raw[1:strings.IndexByte(l.raw, '*')]) {
			r.fire(c, "the stars of a block comment belong in one column")
		}
	}
}

var (
	patTextThenEnd = pat(`^\+[ \t]*.+\*/[ \t]*$`)
	patEndAllowed  = pat(`^\+(?:[ \t]*\*/|.*/\*.*\*/|.*\*{2,}/)[ \t]*$`)
)

// endsInComment reports whether a comment is the last of a line, spaces and tabs aside.
func endsInComment(line string) bool {
	end := len(line)
	for end > 0 && (line[end-1] == ' ' || line[end-1] == '\t') {
		end--
	}
	return end > 0 && line[end-1] == comment
}

func startsWithStar(line string) bool {
	return strings.HasPrefix(line, "+") && strings.HasPrefix(strings.TrimLeft(line[1:], " \t"), "*")
}

// commentFirst reports whether an added line starts within a comment.
func commentFirst(text string) bool {
	rest := strings.TrimLeft(text[1:], " \t")
	return strings.HasPrefix(text, "+") && rest != "" && rest[0] == comment
}

// starColumn is the column of the star at the start of line, or of the last one in it.
func (c *checker) starColumn(line string) int {
	rest := strings.TrimLeft(line[1:], " \t")
	if strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, "/*") {
		return c.set.columns(line[1:strings.IndexByte(line, '*')])
	}
	return c.set.columns(line[1:strings.LastIndexByte(line, '*')])
}
