// SPDX-License-Identifier: GPL-2.0-only

package scan

import (
	"slices"
	"testing"
)

func TestAdvance(t *testing.T) {
	s := Scanner{File: "f", Src: "ab\ncd\n\ne", Line: 1}
	for _, step := range []struct {
		end  int
		want Pos
	}{{0, Pos{"f", 1, 1}}, {2, Pos{"f", 1, 3}}, {4, Pos{"f", 2, 2}}, {7, Pos{"f", 4, 1}}, {8, Pos{"f", 4, 2}}, {3, Pos{"f", 4, 2}}} {
		if s.Advance(step.end); s.Here() != step.want {
			t.Errorf("at %d: %v, want %v", step.end, s.Here(), step.want)
		}
	}
}

func TestClosers(t *testing.T) {
	text := "a(b[c]{})]("
	got := Closers(len(text), func(i int) int { return Nesting(text[i : i+1]) })
	if want := []int{-1, 8, -1, 5, -1, -1, 7, -1, -1, -1, -1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
