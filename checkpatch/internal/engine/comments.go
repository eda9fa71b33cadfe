// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// PatString matches a string of C.
var PatString = syntax.Compile(`{string}`)

// Quoted returns the first string of line nr, with its quotation marks, or "".
func (c *Checker) Quoted(nr int) string {
	text, ok := c.Src.Line(nr)
	if !ok {
		return ""
	}
	loc := c.M.Find(PatString, text)
	if loc == nil {
		return ""
	}
	raw := c.Src.RawLine(nr)
	return raw[min(loc[0], len(raw)):min(loc[1], len(raw))]
}

var (
	patC99Around  = lazyregexp.New(`^[+ ].*//`)
	patC99Here    = lazyregexp.New(`^\+.*//`)
	patCommentEnd = lazyregexp.New(`/\*.*\*/\s*(?:\\\s*)?$`)
)

// HasComment reports whether a comment belongs to line nr: on it, next to it as a // comment, or as a block that
// ends right before it in the hunk.
func (c *Checker) HasComment(nr int) bool {
	raw := c.Src.RawLine(nr)
	if patC99Here.MatchString(raw) || patC99Around.MatchString(c.Src.RawLine(nr-1)) || patC99Around.MatchString(c.Src.RawLine(nr+1)) ||
		patCommentEnd.MatchString(raw) {
		return true
	}
	return c.comments.before(c.Src, c.Line.first, nr)
}

// A commentTracker follows comments through the raw lines of a hunk.
type commentTracker struct {
	first, next     int // the hunk's first line, and the next to look at
	inside, current bool
}

// before reports whether the line before nr has a comment, or is within one, in the hunk that starts at first.
func (t *commentTracker) before(src *lines.Source, first, nr int) bool {
	if t.first != first || t.next > nr || t.next == 0 {
		*t = commentTracker{first: first, next: first}
	}
	for ; t.next < nr; t.next++ {
		line := src.RawLine(t.next)
		if t.next == first && len(line) > 1 && strings.HasPrefix(lines.TrimLeft(line[1:]), "*") || strings.Contains(line, "/*") {
			t.inside = true
		}
		t.current = t.inside
		if strings.Contains(line, "*/") {
			t.inside = false
		}
	}
	return t.current
}
