// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"flag"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

var (
	patches = flag.Int("patches", 300, "how many per-file differences to compare")
	files   = flag.Int("files", 100, "how many files to compare in file mode")
	seed    = flag.String("seed", "lsmpatch", "what the sample is drawn with")
)

// TestCollect only fills the cache of answers.
func TestCollect(t *testing.T) {
	tree := e2e.Tree(t, "7.3")
	oracle, err := NewOracle(tree, e2e.Cache(t, "parity"))
	if err != nil {
		t.Fatal(err)
	}
	diffs, err := Diffs(t.Context(), e2e.Tree(t, "7.2"), tree, *seed, *patches)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Files(tree, *seed, *files)
	if err != nil {
		t.Fatal(err)
	}
	for i := range max(len(diffs), len(whole)) {
		for _, list := range [][]Sample{diffs, whole} {
			if i >= len(list) {
				continue
			}
			if _, err := oracle.Ask(t.Context(), list[i], "--strict"); err != nil {
				t.Error(list[i].Name, err)
			}
		}
	}
}
