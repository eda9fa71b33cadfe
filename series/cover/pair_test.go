// SPDX-License-Identifier: GPL-2.0-only

package cover

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSamePath(t *testing.T) {
	for shown, want := range map[string]bool{"b/lib/x.c": true, "a/lib/x.c": true, "lib/x.c": true, ".../x.c": true, "c/lib/x.c": false, "b/x.c": false} {
		if SamePath(shown, "lib/x.c") != want {
			t.Errorf("%s: %v", shown, !want)
		}
	}
}

func TestPair(t *testing.T) {
	files := []StatLine{
		{Path: "a/bench/of_bytes.s", Changes: 19},
		{Path: "a/bench/of_text.s", Changes: 7},
		{Path: "a/bench/try_of_bytes.s", Changes: 21},
		{Path: "a/bench/try_of_text.s", Changes: 7},
		{Path: "new/x.c", Old: "old/x.c", Changes: 2},
		{Path: "z/x.c", Changes: 2},
	}
	for name, test := range map[string]struct {
		stats []StatLine
		want  []int
	}{
		"by their counts":         {[]StatLine{{Path: "...of_bytes.s", Changes: 21}, {Path: "...of_bytes.s", Changes: 19}}, []int{2, 0}},
		"in order":                {[]StatLine{{Path: "...of_text.s", Changes: 7}, {Path: "...of_text.s", Changes: 7}}, []int{1, 3}},
		"of one end first":        {[]StatLine{{Path: "...of_bytes.s", Changes: 5}, {Path: ".../of_bytes.s", Changes: 5}}, []int{2, 0}},
		"in full first":           {[]StatLine{{Path: "...of_bytes.s", Changes: 19}, {Path: "a/bench/of_bytes.s", Changes: 19}}, []int{2, 0}},
		"by the old name":         {[]StatLine{{Path: ".../x.c", Changes: 2}, {Path: ".../x.c", Old: ".../x.c", Changes: 9}}, []int{4, 4}},
		"a file twice":            {[]StatLine{{Path: "z/x.c"}, {Path: "b/z/x.c"}, {Path: ".../try_of_text.s"}, {Path: ".../try_of_text.s"}}, []int{5, 5, 3, 3}},
		"what is no file of them": {[]StatLine{{Path: "x.c"}, {Path: ".../y.c"}, {Path: "..."}}, []int{-1, -1, 0}},
	} {
		if diff := cmp.Diff(test.want, Pair(test.stats, files)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestPairMany: thirty thousand lines that fit each file take no longer than others.
func TestPairMany(t *testing.T) {
	var stats, files []StatLine
	for i := range 30000 {
		stats = append(stats, StatLine{Path: "...c", Changes: 1})
		files = append(files, StatLine{Path: fmt.Sprintf("%d.c", i)})
	}
	if pairs := Pair(stats, files); len(pairs) != len(stats) || pairs[0] < 0 {
		t.Error(len(pairs))
	}
}
