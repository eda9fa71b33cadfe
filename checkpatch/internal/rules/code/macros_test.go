// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
)

// TestCollapse: one pass does what replacing the first innermost pair of brackets does, over and over.
func TestCollapse(t *testing.T) {
	pairs := []*regexp.Regexp{
		regexp.MustCompile(`\([^()]*\)`), regexp.MustCompile(`\{[^{}]*\}`), regexp.MustCompile(`.\[[^\[\]]*\]`)}
	slowly := func(s string) string {
		for _, re := range pairs {
			for re.MatchString(s) {
				s = lines.ReplaceFirst(re, s, "1u")
			}
		}
		return s
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		b := make([]byte, rng.IntN(14))
		for i := range b {
			b[i] = "([{)]}ab\n[]"[rng.IntN(11)]
		}
		s := string(b)
		if got, want := collapseIndexes(collapse(collapse(s, '(', ')'), '{', '}')), slowly(s); got != want {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	}
}
