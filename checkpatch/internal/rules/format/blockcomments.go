// SPDX-License-Identifier: GPL-2.0-only

package format

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// checkBlockComment wants the stars of a block comment in a column, and its end on a line of its own.
func checkBlockComment(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	inComment := endsInComment(l.Prev)
	if !strings.HasPrefix(l.Raw, "+") || !inComment && !strings.Contains(l.Raw, "*/") {
		return
	}
	starLine := startsWithStar(l.Raw)
	prevOpens := strings.HasPrefix(l.PrevRaw, "+") && strings.Contains(l.PrevRaw[1:], "/*")
	prevCloses := strings.HasSuffix(strings.TrimRight(l.PrevRaw, " \t"), "*/")
	if inComment && prevOpens && !prevCloses && !starLine {
		r.Fire(c, "each line of a block comment starts with a *")
	}
	if strings.Contains(l.Raw, "*/") && c.M.Match(patTextThenEnd, l.Raw) && !c.M.Match(patEndAllowed, l.Raw) {
		r.Fire(c, "the */ of a block comment stands on a line of its own")
	}
	if inComment && starLine && commentFirst(l.Text) && (prevOpens && !prevCloses || startsWithStar(l.PrevRaw)) {
		if starColumn(c, l.PrevRaw) != c.Settings.Columns(l.Raw[1:strings.IndexByte(l.Raw, '*')]) {
			r.Fire(c, "the stars of a block comment belong in one column")
		}
	}
}

var (
	patTextThenEnd = syntax.Compile(`^\+[ \t]*.+\*/[ \t]*$`)
	patEndAllowed  = syntax.Compile(`^\+(?:[ \t]*\*/|.*/\*.*\*/|.*\*{2,}/)[ \t]*$`)
)

// checkNetworkComment wants the text of a block comment of the network in its first line, as older kernels have it.
func checkNetworkComment(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if lines.HasAnyPrefix(l.File, "drivers/net/", "net/") && l.FileNr > 3 && patCommentAlone.MatchString(l.PrevRaw) && startsWithStar(l.Raw) {
		r.Fire(c, "")
	}
}

var patCommentAlone = lazyregexp.New(`^\+[ \t]*/\*[ \t]*$`)

// endsInComment reports whether a comment is the last of a line, spaces and tabs aside.
func endsInComment(line string) bool {
	end := len(line)
	for end > 0 && (line[end-1] == ' ' || line[end-1] == '\t') {
		end--
	}
	return end > 0 && line[end-1] == lines.Comment
}

func startsWithStar(line string) bool {
	return strings.HasPrefix(line, "+") && strings.HasPrefix(strings.TrimLeft(line[1:], " \t"), "*")
}

// commentFirst reports whether an added line starts within a comment.
func commentFirst(text string) bool {
	rest := strings.TrimLeft(text[1:], " \t")
	return strings.HasPrefix(text, "+") && rest != "" && rest[0] == lines.Comment
}

// starColumn is the column of the star at the start of line, or of the last one in it.
func starColumn(c *engine.Checker, line string) int {
	rest := strings.TrimLeft(line[1:], " \t")
	if strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, "/*") {
		return c.Settings.Columns(line[1:strings.IndexByte(line, '*')])
	}
	return c.Settings.Columns(line[1:strings.LastIndexByte(line, '*')])
}
