// SPDX-License-Identifier: GPL-2.0-only

package columns

import (
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

func TestOf(t *testing.T) {
	for r, want := range map[rune]int{'a': 1, '日': 2, '\u0301': 0, 'Ａ': 2} {
		if got := Of(r); got != want {
			t.Errorf("%q takes %d columns, want %d", r, got, want)
		}
	}
}
