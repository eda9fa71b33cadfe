// SPDX-License-Identifier: GPL-2.0-only

package format

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

var (
	patLongLog     = syntax.Compile(`^\+\s*{logFunction}\s*\(\s*(?:(?:KERN_\S+\s*|[^"]*))?({string}\s*(?:|,|\)\s*;)\s*)$`)
	patLongString  = syntax.Compile(`^\+\s*{string}\s*(?:\s*|,|\)\s*;)\s*$`)
	patLongDefine  = syntax.Compile(`^\+\s*#\s*define\s+\w+\s+{string}$`)
	patLongSpecial = syntax.Compile(`^\+(?:.*\bEFI_GUID\s*\(|\s*(?:\w+)?\s*DEFINE_PER_CPU)`)
	patLongURL     = syntax.Compile(`^\+.*\b(?i:[a-z][\w.+\-]*)://\S+`)
	patLongComment = syntax.Compile(`(\c[\s\c]*)$`)
	patStringAtEnd = syntax.Compile(`\s*({string}(?:\s*(?:\\|,\s*|\)\s*;\s*))?)$`)
)

// checkLongLine finds lines that are too long, but not those that are so for a string that is better left in one piece.
func checkLongLine(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if l.Length <= c.Settings.MaxLine || !c.Added() {
		return
	}
	typ := longLineType(c)
	switch {
	case typ == "", !c.Settings.Wants("LONG_LINE") && (c.Has(edition.BothLongLines) || !c.Settings.Wants(typ)):
		return
	}
	c.ReportAt(typ, c.WarnUnlessFile(), 0, fmt.Sprintf("the line is %d columns long, and %d are the limit", l.Length, c.Settings.MaxLine))
}

// longLineType tells what makes the line too long, or returns "" for what may be.
func longLineType(c *engine.Checker) string {
	l := &c.Line
	// startsWithin reports whether tail, the end of the line, starts before the limit.
	startsWithin := func(tail string) bool {
		end := len(l.Text) - len(tail)
		return end < 1 || c.Settings.Columns(l.Text[1:end]) <= c.Settings.MaxLine
	}
	quotes := strings.IndexByte(l.Text, '"') >= 0
	if quotes {
		if m := c.M.Groups(patLongLog, l.Text); m != nil && startsWithin(m[1]) {
			return ""
		}
		if c.M.Match(patLongString, l.Text) || c.M.Match(patLongDefine, l.Text) {
			return ""
		}
	}
	if c.M.Match(patLongSpecial, l.Text) || strings.Contains(l.Raw, "://") && c.M.Match(patLongURL, l.Raw) {
		return ""
	}
	if m := c.M.Groups(patLongComment, l.Text); m != nil && startsWithin(m[1]) {
		return "LONG_LINE_COMMENT"
	}
	if quotes {
		if m := c.M.Groups(patStringAtEnd, l.Plain); m != nil && startsWithin(m[1]) {
			return "LONG_LINE_STRING"
		}
	}
	return "LONG_LINE"
}
