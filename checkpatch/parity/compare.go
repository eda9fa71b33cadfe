// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// A Tally counts how the engines agree on findings of one type.
type Tally struct {
	Type                     string
	Agreed, Ours, Theirs     int // found by both, only by ours, only by the script
	OursSample, TheirsSample []string
}

// share is the part of all findings that both have.
func (t *Tally) share() float64 {
	if total := t.Agreed + t.Ours + t.Theirs; total > 0 {
		return float64(t.Agreed) / float64(total)
	}
	return 1
}

// A Comparison adds up samples.
type Comparison struct {
	Samples int
	types   map[string]*Tally
}

// maxSample is how many places of disagreement are kept for each type.
const maxSample = 6

// Add compares what both engines found in a sample.
func (c *Comparison) Add(s Sample, ours, theirs []Triple) {
	if c.types == nil {
		c.types = map[string]*Tally{}
	}
	c.Samples++
	a, b := set(ours), set(theirs)
	for t := range a {
		tally := c.tally(t.Type)
		if b[t] {
			tally.Agreed++
		} else {
			tally.Ours++
			tally.OursSample = sample(tally.OursSample, s, t)
		}
	}
	for t := range b {
		if tally := c.tally(t.Type); !a[t] {
			tally.Theirs++
			tally.TheirsSample = sample(tally.TheirsSample, s, t)
		}
	}
}

func set(triples []Triple) map[Triple]bool {
	m := map[Triple]bool{}
	for _, t := range triples {
		m[t] = true
	}
	return m
}

func sample(list []string, s Sample, t Triple) []string {
	if len(list) >= maxSample {
		return list
	}
	return append(list, fmt.Sprintf("%s:%d %s", s.Name, t.Line, t.Severity))
}

func (c *Comparison) tally(typ string) *Tally {
	if c.types[typ] == nil {
		c.types[typ] = &Tally{Type: typ}
	}
	return c.types[typ]
}

// Total adds up all types.
func (c *Comparison) Total() Tally {
	total := Tally{Type: "total"}
	for _, t := range c.types {
		total.Agreed += t.Agreed
		total.Ours += t.Ours
		total.Theirs += t.Theirs
	}
	return total
}

// Weak returns the types that occur more than least times, and on which less than share agree.
func (c *Comparison) Weak(least int, share float64) []string {
	var weak []string
	for _, t := range c.types {
		if t.Agreed+t.Ours+t.Theirs > least && t.share() < share {
			weak = append(weak, t.Type)
		}
	}
	slices.Sort(weak)
	return weak
}

// Print writes the table, types with most differences first, and, with detail, where they are.
func (c *Comparison) Print(w io.Writer, detail bool) {
	var list []*Tally
	for _, t := range c.types {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *Tally) int {
		return cmp.Or(cmp.Compare(b.Ours+b.Theirs, a.Ours+a.Theirs), cmp.Compare(b.Agreed, a.Agreed), cmp.Compare(a.Type, b.Type))
	})
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "type\tagreed\tonly ours\tonly theirs\tshare\t")
	total := c.Total()
	for _, t := range append([]*Tally{&total}, list...) {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%.2f%%\t\n", t.Type, t.Agreed, t.Ours, t.Theirs, 100*t.share())
	}
	tw.Flush()
	if detail {
		c.details(w)
	}
}

// details writes where the engines differ.
func (c *Comparison) details(w io.Writer) {
	for _, typ := range slices.Sorted(maps.Keys(c.types)) {
		t := c.types[typ]
		for _, s := range t.OursSample {
			fmt.Fprintf(w, "only ours    %s %s\n", t.Type, s)
		}
		for _, s := range t.TheirsSample {
			fmt.Fprintf(w, "only theirs  %s %s\n", t.Type, s)
		}
	}
}
