// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package kbuild

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Ten series, in different orders, twice, some killed before, two and ten at a time: each has the same report.
func TestLongOrderOfTen(t *testing.T) {
	fakeTools(t, nil)
	patches := []patch{
		{"security/b.c": function("b", "return 1; // WARN b is odd")},
		{"security/b.c": function("b", "ERROR no"), "security/c.c": function("c", "ERROR no")},
		{"security/Makefile": "POISON := $(shell echo x >$(O)/poison)\n"},
		{"security/a.c": function("a", "return 1; // WARN a is even")},
		{"include/x.h": "int y;\n"},
		{"security/a.c": ""},
		{"security/new.c": function("fresh", "return 0; // EXTRA fresh is large")},
		{"security/Kconfig": "config SECURITY\n\tbool \"other\"\n\nconfig MORE\n\tbool\n"},
		{"security/a.c": "\n\n" + function("a", "return 0; // WARN a is odd")},
		{"Documentation/x.rst": "x\n"},
	}
	r := rand.New(rand.NewPCG(20261128, 10))
	want := reports(t, testCache(t), patches, r.Perm(len(patches)), false)
	if len(want) != len(patches) {
		t.Fatalf("%d reports", len(want))
	}
	for range 2 {
		cache := testCache(t)
		for _, i := range r.Perm(len(patches))[:3] { // killed at some moment
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(2500))*time.Millisecond)
			if s, err := BuildSeries(ctx, seriesOf(t, cache, nil, patches[i]), &Options{Fragments: testFragment}); err == nil {
				s.Close() // it was faster
			}
			cancel()
		}
		order := r.Perm(len(patches))
		got := reports(t, cache, patches, order[:2], true)
		for i, report := range reports(t, cache, patches, order[2:], true) {
			got[i] = report
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order %v: %s", order, diff)
		}
		if diff := cmp.Diff(want, reports(t, cache, patches, r.Perm(len(patches)), false)); diff != "" {
			t.Errorf("the second time: %s", diff)
		}
	}
}

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
