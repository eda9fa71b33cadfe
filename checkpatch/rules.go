// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/report"
)

// A rule is one check of a line. Which files it looks at is told by the table that it stands in.
type rule struct {
	typ      string
	severity report.Severity
	// needs, where there are any, are texts of which the raw line must have one to be of interest.
	needs []string
	// blooms returns the sets of needs, or of what when needs. They are made when they are first asked
	// for, since that compiles the pattern.
	blooms func() []pattern.Bloom
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

// prepared returns rules with what tells quickly that they cannot fire.
func prepared(rules []rule) []rule {
	for i := range rules {
		r := &rules[i]
		r.blooms = sync.OnceValue(r.sets)
	}
	return rules
}

// sets returns the sets of the words that r needs; none where they are not known.
func (r *rule) sets() []pattern.Bloom {
	words := r.needs
	if words == nil && r.when != nil && r.looks != atStatement {
		words = r.when.Needs()
	}
	sets := make([]pattern.Bloom, 0, len(words))
	for _, w := range words {
		sets = append(sets, pattern.BloomOf(w))
	}
	return sets
}

// mayFire reports whether the line has what r needs, as far as its set tells.
func (r *rule) mayFire(line *pattern.Bloom) bool {
	sets := r.blooms()
	for i := range sets {
		if line.MayHold(&sets[i]) {
			return true
		}
	}
	return len(sets) == 0
}

// hasNeeds reports whether the raw line has one of the texts that r needs.
func (r *rule) hasNeeds(raw string) bool {
	for _, text := range r.needs {
		if strings.Contains(raw, text) {
			return true
		}
	}
	return len(r.needs) == 0
}

// runRules tries the rules of a table.
func (c *checker) runRules(rules []rule) {
	for i := range rules {
		r := &rules[i]
		if !r.mayFire(&c.line.pairs) || !r.hasNeeds(c.line.raw) {
			continue
		}
		if r.check != nil {
			r.check(c, r)
			continue
		}
		text, ok := c.reading(r.looks)
		if !ok {
			continue
		}
		loc := c.m.Find(r.when, text)
		if loc == nil {
			continue
		}
		column := loc[0] + 1
		if r.unless == nil || !c.m.Match(r.unless, text) {
			c.reportAt(r.typ, r.severity, column, "")
		}
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

// fire reports the rule's type at its severity.
func (r *rule) fire(c *checker, message string) bool {
	return c.report(r.typ, r.severity, message)
}
