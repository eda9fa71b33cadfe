// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

// DeleteAll returns s without the matches of p.
func (c *Checker) DeleteAll(p *pattern.Pattern, s string) string { return c.replaceAll(p, s, "") }

// replaceAll returns s with each match of p replaced by with.
func (c *Checker) replaceAll(p *pattern.Pattern, s, with string) string {
	var b strings.Builder
	last := 0
	c.M.All(p, s, func(loc []int) bool {
		b.WriteString(s[last:loc[0]])
		b.WriteString(with)
		last = loc[1]
		return true
	})
	if last == 0 && b.Len() == 0 {
		return s
	}
	b.WriteString(s[last:])
	return b.String()
}

// FixLine changes the line at hand.
func (c *Checker) FixLine(change func(line string) string) { c.Fixes.Change(c.Line.Nr, change) }

// TabifyLine turns spaces in the indent of an added line into tabs.
func (c *Checker) TabifyLine(line string) string {
	if line == "" {
		return line
	}
	end := 1
	for end < len(line) && (line[end] == ' ' || line[end] == '\t') {
		end++
	}
	indent := line[1:end]
	tab := strings.Repeat(" ", c.Settings.Tab)
	for {
		plain := strings.TrimLeft(indent, "\t")
		tabs := indent[:len(indent)-len(plain)]
		switch spaces := len(plain) - len(strings.TrimLeft(plain, " ")); {
		case spaces >= c.Settings.Tab:
			indent = tabs + "\t" + plain[len(tab):]
		case spaces > 0 && spaces < len(plain) && plain[spaces] == '\t':
			indent = tabs + plain[spaces:]
		default:
			return line[:1] + indent + line[end:]
		}
	}
}

// Rewrite replaces the first match of p in line by what with makes of its groups.
func (c *Checker) Rewrite(p *pattern.Pattern, line string, with func(group func(n int) string) string) string {
	loc := c.M.Find(p, line)
	if loc == nil {
		return line
	}
	group := func(n int) string {
		if loc[2*n] < 0 {
			return ""
		}
		return line[loc[2*n]:loc[2*n+1]]
	}
	return line[:loc[0]] + with(group) + line[loc[1]:]
}
