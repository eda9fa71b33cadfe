// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "github.com/lsmpatch/lsmpatch/internal/lazyregexp"

// fixing is r with a fix for the line at hand.
func (r rule) fixing(fix func(c *checker, line string) string) rule {
	when, unless, looks := r.when, r.unless, r.looks
	r.check = func(c *checker, r *rule) {
		text, ok := c.reading(looks)
		if !ok {
			return
		}
		loc := c.m.Find(when, text)
		if loc == nil {
			return
		}
		column := loc[0] + 1
		if unless != nil && c.m.Match(unless, text) {
			return
		}
		if c.reportAt(r.typ, r.severity, column, "") && c.fixes.wanted() {
			c.fixLine(func(line string) string { return fix(c, line) })
		}
	}
	return r
}

// firstOf makes a fix that replaces the first match of a regular expression; with may name groups as $1.
func firstOf(expr, with string) func(c *checker, line string) string {
	re := lazyregexp.New(expr)
	return func(_ *checker, line string) string { return replaceFirst(re, line, with) }
}

// leveled is r with a function that reports once when has matched.
func (r rule) leveled(report func(c *checker, r *rule)) rule {
	when, looks := r.when, r.looks
	r.check = func(c *checker, r *rule) {
		if text, ok := c.reading(looks); ok && c.m.Match(when, text) {
			report(c, r)
		}
	}
	return r
}
