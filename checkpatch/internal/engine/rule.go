// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Rule is one check of a line. Which files it looks at is told by the table that it stands in.
type Rule struct {
	Typ      string
	Severity report.Severity
	// needs, where there are any, are texts of which the raw line must have one to be of interest.
	needs []string
	// quick, where there is one, tells cheaply that the line is of no interest.
	quick func(c *Checker) bool
	// looks is what when and unless are matched against.
	looks looks
	// The rule fires where when matches and unless, if there is one, does not.
	when, unless *pattern.Pattern
	// check, where it is not nil, decides and reports by itself.
	check func(c *Checker, r *Rule)
}

// looks says which reading of a line, or what around it, a pattern is for.
type looks int

const (
	atText      looks = iota // comments and strings blanked
	AtPlain                  // and comments as spaces
	AtRaw                    // as it was read
	AtStatement              // all of the statement that starts on the line
)

// A RuleTable holds the rules of a stage.
type RuleTable []Rule

// wordsNeeded returns texts of which a line must have one for r to fire; none where they are not known.
func (r *Rule) wordsNeeded() []string {
	if r.needs == nil && r.when != nil && r.looks != AtStatement {
		return r.when.Needs()
	}
	return r.needs
}

func (c *Checker) runRule(r *Rule) {
	if r.quick != nil && !r.quick(c) {
		return
	}
	if r.check != nil {
		r.check(c, r)
		return
	}
	text, ok := c.reading(r.looks)
	if !ok {
		return
	}
	loc := c.M.Find(r.when, text)
	if loc == nil {
		return
	}
	column := loc[0] + 1
	if r.unless == nil || !c.M.Match(r.unless, text) {
		c.ReportAt(r.Typ, r.Severity, column, "")
	}
}

// reading returns what l says.
func (c *Checker) reading(l looks) (string, bool) {
	switch l {
	case AtPlain:
		return c.Line.Plain, true
	case AtRaw:
		return c.Line.Raw, true
	case AtStatement:
		return c.Stmt.Text, c.Stmt.Known
	}
	return c.Line.Text, true
}

// Only makes a rule that fires where src matches.
func Only(typ string, severity report.Severity, src string) Rule {
	return Rule{Typ: typ, Severity: severity, when: syntax.Compile(src)}
}

// Except is r, but not where src matches.
func (r Rule) Except(src string) Rule {
	r.unless = syntax.Compile(src)
	return r
}

// At is r, looking at another reading.
func (r Rule) At(l looks) Rule {
	r.looks = l
	return r
}

// With is a rule that decides by itself.
func With(typ string, severity report.Severity, check func(c *Checker, r *Rule)) Rule {
	return Rule{Typ: typ, Severity: severity, check: check}
}

// Needing is r for lines that contain one of texts.
func (r Rule) Needing(texts ...string) Rule {
	r.needs = texts
	return r
}

// OnlyIf is r for lines on which quick says that there may be something to look at.
func (r Rule) OnlyIf(quick func(c *Checker) bool) Rule {
	r.quick = quick
	return r
}

// Fire reports the rule's type at its severity.
func (r *Rule) Fire(c *Checker, message string) bool {
	return c.Report(r.Typ, r.Severity, message)
}

// Fixing is r with a fix for the line at hand.
func (r Rule) Fixing(fix func(c *Checker, line string) string) Rule {
	when, unless, looks := r.when, r.unless, r.looks
	r.check = func(c *Checker, r *Rule) {
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
func FirstOf(expr, with string) func(c *Checker, line string) string {
	re := lazyregexp.New(expr)
	return func(_ *Checker, line string) string { return lines.ReplaceFirst(re, line, with) }
}

// Leveled is r with a function that reports once when has matched.
func (r Rule) Leveled(report func(c *Checker, r *Rule)) Rule {
	when, looks := r.when, r.looks
	r.check = func(c *Checker, r *Rule) {
		if text, ok := c.reading(looks); ok && c.M.Match(when, text) {
			report(c, r)
		}
	}
	return r
}
