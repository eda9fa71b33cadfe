// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var patString = pat(`{string}`)

// quoted returns the first string of line nr, with its quotation marks, or "".
func (c *checker) quoted(nr int) string {
	text, ok := c.src.line(nr)
	if !ok {
		return ""
	}
	loc := c.m.Find(patString, text)
	if loc == nil {
		return ""
	}
	raw := c.src.rawLine(nr)
	return raw[min(loc[0], len(raw)):min(loc[1], len(raw))]
}

var (
	patC99Around  = lazyregexp.New(`^[+ ].*//`)
	patC99Here    = lazyregexp.New(`^\+.*//`)
	patCommentEnd = lazyregexp.New(`/\*.*\*/\s*(?:\\\s*)?$`)
)

// hasComment reports whether a comment belongs to line nr: on it, next to it as a // comment, or as a block that
// ends right before it in the hunk.
func (c *checker) hasComment(nr int) bool {
	raw := c.src.rawLine(nr)
	if patC99Here.MatchString(raw) || patC99Around.MatchString(c.src.rawLine(nr-1)) || patC99Around.MatchString(c.src.rawLine(nr+1)) ||
		patCommentEnd.MatchString(raw) {
		return true
	}
	return c.comments.before(c.src, c.line.first, nr)
}

// A commentTracker follows comments through the raw lines of a hunk.
type commentTracker struct {
	first, next     int // the hunk's first line, and the next to look at
	inside, current bool
}

// before reports whether the line before nr has a comment, or is within one, in the hunk that starts at first.
func (t *commentTracker) before(src *source, first, nr int) bool {
	if t.first != first || t.next > nr || t.next == 0 {
		*t = commentTracker{first: first, next: first}
	}
	for ; t.next < nr; t.next++ {
		line := src.rawLine(t.next)
		if t.next == first && len(line) > 1 && strings.HasPrefix(trimLeft(line[1:]), "*") || strings.Contains(line, "/*") {
			t.inside = true
		}
		t.current = t.inside
		if strings.Contains(line, "*/") {
			t.inside = false
		}
	}
	return t.current
}
