// SPDX-License-Identifier: GPL-2.0-only

package pattern

import (
	"strings"
	"testing"
)

var wordLists = [][]string{
	{"she"}, {"he", "his"}, {"hers"}, nil, {"s"}, {"xyz", "\xff"}, {"for", "for_each"}, {"r_e"},
}

// FuzzWords: the lists that are found are those of which the text contains a word.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "ushers", "his", "hh", "she\xff", "for_each", "for_er", "xy", "hhershhe"} {
		f.Add(s)
	}
	words := NewWords(wordLists)
	var hits Bits
	f.Fuzz(func(t *testing.T, s string) {
		hits = words.Scan(s, hits)
		for i, list := range wordLists {
			want := list == nil
			for _, w := range list {
				want = want || strings.Contains(s, w)
			}
			if hits.Has(i) != want {
				t.Errorf("%q in %q: %v", list, s, hits.Has(i))
			}
		}
	})
}
