// SPDX-License-Identifier: GPL-2.0-only

package message

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// TestMayMention: no line that an expression of these rules finds is passed over before.
func TestMayMention(t *testing.T) {
	words := []string{"commit", "Commit", "COMMIT", "committed", "fixes:", "Fixes:", " ", "  ", "0123456789ab", "DEADBEEF", "12345", "(", "\"x\"", "[", "]", "c", "f", "f\xc3\xa9", "in", "\t"}
	found := 0
	for seed := range uint64(20000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var line strings.Builder
		for range r.IntN(8) {
			line.WriteString(words[r.IntN(len(words))])
		}
		for _, pat := range []*lazyregexp.Regexp{patCommitWord, patCommitAtEnd, patBareID, patKnownCommit} {
			if pat.MatchString(line.String()) {
				if found++; !mayMention(line.String()) {
					t.Fatalf("%q is passed over", line.String())
				}
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d lines were found by the expressions", found)
	}
	for _, line := range []string{"", "a line of plain text in a message", "0123456789a", "com mit", "0123 4567 89ab", "F", "c"} {
		if mayMention(line) {
			t.Errorf("%q names no commit", line)
		}
	}
}
