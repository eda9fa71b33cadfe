// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Rule is one check of a line. Which files it looks at is told by the table that it stands in.
type Rule struct {
	Typ      string
	Severity report.Severity
	// needs, where there are any, are texts of which the raw line must have one to be of interest.
	needs []string
	// quick, where there is one, tells cheaply that the line is of no interest.
	quick func(c *checker) bool
	// looks is what when and unless are matched against.
	looks looks
	// The rule fires where when matches and unless, if there is one, does not.
	when, unless *pattern.Pattern
	// check, where it is not nil, decides and reports by itself.
	check func(c *checker, r *Rule)
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

// A Plan is all rules, in the order of the stages that a line goes through.
type Plan struct {
	// Log are the rules for every line, whether it belongs to the mail or to a diff. One that returns true ends the line.
	Log []func(*checker) bool
	// Each table is for fewer files than the one before: all, sources, those with an indent, C.
	Any, Source, Indent, C RuleTable
	// context looks at a line of C and those around it; facts are what the words of the line must tell for it.
	Facts   RuleTable
	Context func(*checker)
	// End judges the input as a whole.
	End func(*checker)

	starts map[*RuleTable]int // where the numbers of a table's rules start among those of all
	words  *pattern.Words     // what the rules need in a line
}

// Ready numbers the rules and finds out what they need in a line, which parses their patterns.
func (p *Plan) Ready() *Plan {
	p.starts = map[*RuleTable]int{}
	var lists [][]string
	for _, t := range []*RuleTable{&p.Facts, &p.Any, &p.Source, &p.Indent, &p.C} {
		p.starts[t] = len(lists)
		for i := range *t {
			lists = append(lists, (*t)[i].wordsNeeded())
		}
	}
	p.words = pattern.NewWords(lists)
	return p
}

// wordsNeeded returns texts of which a line must have one for r to fire; none where they are not known.
func (r *Rule) wordsNeeded() []string {
	if r.needs == nil && r.when != nil && r.looks != AtStatement {
		return r.when.Needs()
	}
	return r.needs
}

// runRules tries the rules of a table that find in the line what they need.
func (c *checker) runRules(table *RuleTable) {
	start := c.plan.starts[table]
	end := start + len(*table)
	for i := c.Hits.Next(start); i >= 0 && i < end; i = c.Hits.Next(i + 1) {
		c.runRule(&(*table)[i-start])
	}
}

func (c *checker) runRule(r *Rule) {
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
func (c *checker) reading(l looks) (string, bool) {
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
	return Rule{Typ: typ, Severity: severity, when: Compile(src)}
}

// Except is r, but not where src matches.
func (r Rule) Except(src string) Rule {
	r.unless = Compile(src)
	return r
}

// At is r, looking at another reading.
func (r Rule) At(l looks) Rule {
	r.looks = l
	return r
}

// With is a rule that decides by itself.
func With(typ string, severity report.Severity, check func(c *checker, r *Rule)) Rule {
	return Rule{Typ: typ, Severity: severity, check: check}
}

// Needing is r for lines that contain one of texts.
func (r Rule) Needing(texts ...string) Rule {
	r.needs = texts
	return r
}

// OnlyIf is r for lines on which quick says that there may be something to look at.
func (r Rule) OnlyIf(quick func(c *checker) bool) Rule {
	r.quick = quick
	return r
}

// Fire reports the rule's type at its severity.
func (r *Rule) Fire(c *checker, message string) bool {
	return c.Report(r.Typ, r.Severity, message)
}
