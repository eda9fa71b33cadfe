// SPDX-License-Identifier: GPL-2.0-only

package columns

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAlign(t *testing.T) {
	for _, c := range []struct {
		left, right string
		want        []Pair
	}{
		{"", "", nil},
		{"a", "", []Pair{{0, -1}}},
		{"a b c", "a x c", []Pair{{0, 0}, {1, 1}, {2, 2}}},
		{"a b c", "b c d", []Pair{{0, -1}, {1, 0}, {2, 1}, {-1, 2}}},
		{"x y a", "a", []Pair{{0, -1}, {1, -1}, {2, 0}}},
	} {
		if got := Align(strings.Fields(c.left), strings.Fields(c.right)); !slices.Equal(got, c.want) {
			t.Errorf("%q beside %q: %v, want %v", c.left, c.right, got, c.want)
		}
	}
}

// TestCommonOfManyLines: of a hunk of more than 400 lines, all beyond the 400th were said to differ.
func TestCommonOfManyLines(t *testing.T) {
	lines := func(n int, word string) []string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprint(word, i))
		}
		return all
	}
	same := lines(3000, "same ")
	changed := func(at ...int) []string {
		other := slices.Clone(same)
		for _, i := range at {
			other[i] = "other"
		}
		return other
	}
	for _, c := range []struct {
		name        string
		left, right []string
		want        int
	}{
		{"equal", same, same, 3000},
		{"the last line", same, changed(2999), 2999},
		{"lines all over", same, changed(0, 700, 1500, 2999), 2996},
		{"lines come between", same, slices.Insert(slices.Clone(same), 1500, lines(100, "more ")...), 3000},
		{"nothing", same, lines(3000, "other "), 0},
	} {
		common := Common(c.left, c.right)
		for i, p := range common {
			if c.left[p.Left] != c.right[p.Right] || i > 0 && (p.Left <= common[i-1].Left || p.Right <= common[i-1].Right) {
				t.Fatalf("%s: pair %d is %v", c.name, i, p)
			}
		}
		if len(common) != c.want {
			t.Errorf("%s: %d lines, want %d", c.name, len(common), c.want)
		}
	}
}

func TestOf(t *testing.T) {
	for r, want := range map[rune]int{'a': 1, '日': 2, '\u0301': 0, 'Ａ': 2} {
		if got := Of(r); got != want {
			t.Errorf("%q takes %d columns, want %d", r, got, want)
		}
	}
}
