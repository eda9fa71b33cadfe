// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"
)

var (
	patLongLog     = pat(`^\+\s*{logFunction}\s*\(\s*(?:(?:KERN_\S+\s*|[^"]*))?({string}\s*(?:|,|\)\s*;)\s*)$`)
	patLongString  = pat(`^\+\s*{string}\s*(?:\s*|,|\)\s*;)\s*$`)
	patLongDefine  = pat(`^\+\s*#\s*define\s+\w+\s+{string}$`)
	patLongSpecial = pat(`^\+(?:.*\bEFI_GUID\s*\(|\s*(?:\w+)?\s*DEFINE_PER_CPU)`)
	patLongURL     = pat(`^\+.*\b(?i:[a-z][\w.+\-]*)://\S+`)
	patLongComment = pat(`(\c[\s\c]*)$`)
	patStringAtEnd = pat(`\s*({string}(?:\s*(?:\\|,\s*|\)\s*;\s*))?)$`)
)

// checkLongLine finds lines that are too long, but not those that are so for a string that is better left in one piece.
func checkLongLine(c *checker, r *rule) {
	l := &c.line
	if l.length <= c.set.maxLine || !c.added() {
		return
	}
	typ := c.longLineType()
	if typ == "" || !c.set.wants("LONG_LINE") {
		return
	}
	c.reportAt(typ, c.warnUnlessFile(), 0, fmt.Sprintf("the line is %d columns long, and %d are the limit", l.length, c.set.maxLine))
}

// longLineType tells what makes the line too long, or returns "" for what may be.
func (c *checker) longLineType() string {
	l := &c.line
	// startsWithin reports whether tail, the end of the line, starts before the limit.
	startsWithin := func(tail string) bool {
		end := len(l.text) - len(tail)
		return end < 1 || c.set.columns(l.text[1:end]) <= c.set.maxLine
	}
	quotes := strings.IndexByte(l.text, '"') >= 0
	if quotes {
		if m := c.m.Groups(patLongLog, l.text); m != nil && startsWithin(m[1]) {
			return ""
		}
		if c.m.Match(patLongString, l.text) || c.m.Match(patLongDefine, l.text) {
			return ""
		}
	}
	if c.m.Match(patLongSpecial, l.text) || strings.Contains(l.raw, "://") && c.m.Match(patLongURL, l.raw) {
		return ""
	}
	if m := c.m.Groups(patLongComment, l.text); m != nil && startsWithin(m[1]) {
		return "LONG_LINE_COMMENT"
	}
	if quotes {
		if m := c.m.Groups(patStringAtEnd, l.plain); m != nil && startsWithin(m[1]) {
			return "LONG_LINE_STRING"
		}
	}
	return "LONG_LINE"
}
