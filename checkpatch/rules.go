// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A rule is one check of a line. Which files it looks at is told by the table that it stands in.
type rule struct {
	typ      string
	severity report.Severity
	// needs, where there are any, are texts of which the raw line must have one to be of interest.
	needs []string
	// quick, where there is one, tells cheaply that the line is of no interest.
	quick func(c *checker) bool
	// looks is what when and unless are matched against.
	looks looks
	// The rule fires where when matches and unless, if there is one, does not.
	when, unless *pattern.Pattern
	// check, where it is not nil, decides and reports by itself.
	check func(c *checker, r *rule)
}

// looks says which reading of a line, or what around it, a pattern is for.
type looks int

const (
	atText      looks = iota // comments and strings blanked
	atPlain                  // and comments as spaces
	atRaw                    // as it was read
	atStatement              // all of the statement that starts on the line
)

// A ruleTable holds the rules of a stage.
type ruleTable []rule

// A plan is all rules, in the order of the stages that a line goes through.
type plan struct {
	// log are the rules for every line, whether it belongs to the mail or to a diff. One that returns true ends the line.
	log []func(*checker) bool
	// Each table is for fewer files than the one before: all, sources, those with an indent, C.
	any, source, indent, c ruleTable
	// context looks at a line of C and those around it; facts are what the words of the line must tell for it.
	facts   ruleTable
	context func(*checker)
	// end judges the input as a whole.
	end func(*checker)

	starts map[*ruleTable]int // where the numbers of a table's rules start among those of all
	words  *pattern.Words     // what the rules need in a line
}

// ready numbers the rules and finds out what they need in a line, which parses their patterns.
func (p *plan) ready() *plan {
	p.starts = map[*ruleTable]int{}
	var lists [][]string
	for _, t := range []*ruleTable{&p.facts, &p.any, &p.source, &p.indent, &p.c} {
		p.starts[t] = len(lists)
		for i := range *t {
			lists = append(lists, (*t)[i].wordsNeeded())
		}
	}
	p.words = pattern.NewWords(lists)
	return p
}

// wordsNeeded returns texts of which a line must have one for r to fire; none where they are not known.
func (r *rule) wordsNeeded() []string {
	if r.needs == nil && r.when != nil && r.looks != atStatement {
		return r.when.Needs()
	}
	return r.needs
}

// runRules tries the rules of a table that find in the line what they need.
func (c *checker) runRules(table *ruleTable) {
	start := c.plan.starts[table]
	end := start + len(*table)
	for i := c.hits.Next(start); i >= 0 && i < end; i = c.hits.Next(i + 1) {
		c.runRule(&(*table)[i-start])
	}
}

func (c *checker) runRule(r *rule) {
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
	loc := c.m.Find(r.when, text)
	if loc == nil {
		return
	}
	column := loc[0] + 1
	if r.unless == nil || !c.m.Match(r.unless, text) {
		c.reportAt(r.typ, r.severity, column, "")
	}
}

// reading returns what l says.
func (c *checker) reading(l looks) (string, bool) {
	switch l {
	case atPlain:
		return c.line.plain, true
	case atRaw:
		return c.line.raw, true
	case atStatement:
		return c.stmt.text, c.stmt.known
	}
	return c.line.text, true
}

// only makes a rule that fires where src matches.
func only(typ string, severity report.Severity, src string) rule {
	return rule{typ: typ, severity: severity, when: pat(src)}
}

// except is r, but not where src matches.
func (r rule) except(src string) rule {
	r.unless = pat(src)
	return r
}

// at is r, looking at another reading.
func (r rule) at(l looks) rule {
	r.looks = l
	return r
}

// with is a rule that decides by itself.
func with(typ string, severity report.Severity, check func(c *checker, r *rule)) rule {
	return rule{typ: typ, severity: severity, check: check}
}

// needing is r for lines that contain one of texts.
func (r rule) needing(texts ...string) rule {
	r.needs = texts
	return r
}

// onlyIf is r for lines on which quick says that there may be something to look at.
func (r rule) onlyIf(quick func(c *checker) bool) rule {
	r.quick = quick
	return r
}

// fire reports the rule's type at its severity.
func (r *rule) fire(c *checker, message string) bool {
	return c.report(r.typ, r.severity, message)
}
