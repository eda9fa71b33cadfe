// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "github.com/lsmpatch/lsmpatch/internal/lazyregexp"

// Fixing is r with a fix for the line at hand.
func (r Rule) Fixing(fix func(c *checker, line string) string) Rule {
	when, unless, looks := r.when, r.unless, r.looks
	r.check = func(c *checker, r *Rule) {
		text, ok := c.reading(looks)
		if !ok {
			return
		}
		loc := c.M.Find(when, text)
		if loc == nil {
			return
		}
		column := loc[0] + 1
		if unless != nil && c.M.Match(unless, text) {
			return
		}
		if c.ReportAt(r.Typ, r.Severity, column, "") && c.Fixes.Wanted() {
			c.FixLine(func(line string) string { return fix(c, line) })
		}
	}
	return r
}

// FirstOf makes a fix that replaces the first match of a regular expression; with may name groups as $1.
func FirstOf(expr, with string) func(c *checker, line string) string {
	re := lazyregexp.New(expr)
	return func(_ *checker, line string) string { return ReplaceFirst(re, line, with) }
}

// Leveled is r with a function that reports once when has matched.
func (r Rule) Leveled(report func(c *checker, r *Rule)) Rule {
	when, looks := r.when, r.looks
	r.check = func(c *checker, r *Rule) {
		if text, ok := c.reading(looks); ok && c.M.Match(when, text) {
			report(c, r)
		}
	}
	return r
}
