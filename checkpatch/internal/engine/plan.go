// SPDX-License-Identifier: GPL-2.0-only

package engine

import "github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"

// A Plan is all rules, in the order of the stages that a line goes through.
type Plan struct {
	// Log are the rules for every line, whether it belongs to the mail or to a diff. One that returns true ends the line.
	Log []func(*Checker) bool
	// Each table is for fewer files than the one before: all, sources, those with an indent, C.
	Any, Source, Indent, C RuleTable
	// context looks at a line of C and those around it; facts are what the words of the line must tell for it.
	Facts   RuleTable
	Context func(*Checker)
	// End judges the input as a whole.
	End func(*Checker)

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

// runRules tries the rules of a table that find in the line what they need.
func (c *Checker) runRules(table *RuleTable) {
	start := c.plan.starts[table]
	end := start + len(*table)
	for i := c.Hits.Next(start); i >= 0 && i < end; i = c.Hits.Next(i + 1) {
		c.runRule(&(*table)[i-start])
	}
}
