// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

var patAssignTest = syntax.Compile(`^\+(\s+)if\s*\(\s*(!)?\s*\(\s*(({lval})\s*=\s*{lvalOrCall})\s*\)\s*(?:({compare})\s*({arg}))?\s*\)\s*(\{)?\s*$`)

// fixAssignment takes the assignment out of the condition of an if, and says whether it could.
func fixAssignment(c *engine.Checker) bool {
	l := &c.Line
	m := c.M.Groups(patAssignTest, l.Raw)
	if !c.Fixes.Wanted() || m == nil {
		return false
	}
	space, not, statement, assigned, brace := m[1], m[2], m[3], m[4], m[len(m)-1]
	test := assigned
	if compare := m[7]; compare != "" {
		test += " " + compare + " " + m[8]
		if not != "" {
			test = "(" + test + ")"
		}
	}
	if brace != "" {
		brace = " {"
	}
	c.Fixes.Remove(l.Nr)
	c.Fixes.Insert(l.Nr, "+"+space+statement+";")
	c.Fixes.Insert(l.Nr, "+"+space+"if ("+not+test+")"+brace)
	return true
}

var patTestThenMore = syntax.Compile(`^\+(\s*)((?:if|while|for)\s*{parens})\s*(.*)$`)

// fixTrailing puts the statement after a condition on a line of its own.
func fixTrailing(c *engine.Checker) {
	if !c.Fixes.Wanted() {
		return
	}
	m := c.M.Groups(patTestThenMore, c.Fixes.Lines[c.Line.Nr-1])
	if m == nil {
		return
	}
	if rest := lines.TrimRight(m[3]); strings.HasSuffix(rest, ";") {
		c.FixLine(func(string) string { return "+" + m[1] + m[2] })
		c.Fixes.Insert(c.Line.Nr+1, "+"+m[1]+"\t"+rest)
	}
}
