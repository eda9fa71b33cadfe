// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kbuild

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A hundred complaints are sown with a seed: ninety new ones, and ten that take the place of one that the base
// has in the same function. All are found, and nothing else: not those that only move, not those of the base.
func TestLongHundredComplaints(t *testing.T) {
	fakeTools(t, nil)
	r := rand.New(rand.NewPCG(20261128, 18))
	base, series := patch{}, patch{}
	var want []string
	for i := range 120 {
		name := fmt.Sprintf("f%03d", i)
		file := "security/" + name + ".c"
		old := fmt.Sprintf("return %d; // WARN old of %s", r.IntN(90), name)
		base[file] = function(name, old)
		moved := strings.Repeat("\n", 1+r.IntN(5))
		switch {
		case i < 10: // swapped one for one
			series[file] = moved + function(name, "return 1; // WARN swapped in "+name)
			want = append(want, "swapped in "+name)
		case i < 100: // one more, with the old one moved
			series[file] = moved + function(name, old+"\n\t// WARN new in "+name)
			want = append(want, "new in "+name)
		default: // only moved, or with other numbers
			series[file] = moved + function(name, old)
		}
	}
	s := buildSeries(t, seriesOf(t, testCache(t), base, series))
	var got []string
	for _, f := range s.Findings {
		got = append(got, f.Message)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || s.Gone != 10 {
		t.Errorf("%d found, %d gone; want %d and 10\n%s", len(got), s.Gone, len(want), strings.Join(got, "\n"))
	}
}
