// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"
)

var patAssignTest = pat(`^\+(\s+)if\s*\(\s*(!)?\s*\(\s*(({lval})\s*=\s*{lvalOrCall})\s*\)\s*(?:({compare})\s*({arg}))?\s*\)\s*(\{)?\s*$`)

// fixAssignment takes the assignment out of the condition of an if, and says whether it could.
func (c *checker) fixAssignment() bool {
	l := &c.line
	m := c.m.Groups(patAssignTest, l.raw)
	if !c.fixes.wanted() || m == nil {
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
	c.fixes.remove(l.nr)
	c.fixes.insert(l.nr, "+"+space+statement+";")
	c.fixes.insert(l.nr, "+"+space+"if ("+not+test+")"+brace)
	return true
}

var patTestThenMore = pat(`^\+(\s*)((?:if|while|for)\s*{parens})\s*(.*)$`)

// fixTrailing puts the statement after a condition on a line of its own.
func (c *checker) fixTrailing() {
	if !c.fixes.wanted() {
		return
	}
	m := c.m.Groups(patTestThenMore, c.fixes.lines[c.line.nr-1])
	if m == nil {
		return
	}
	if rest := trimRight(m[3]); strings.HasSuffix(rest, ";") {
		c.fixLine(func(string) string { return "+" + m[1] + m[2] })
		c.fixes.insert(c.line.nr+1, "+"+m[1]+"\t"+rest)
	}
}
