// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"slices"
	"strings"
	"testing"
)

// TestHasLSMWord holds the quick look against a search for each word: at both ends of a text, in the middle of others, cut short.
func TestHasLSMWord(t *testing.T) {
	slow := func(text string) bool {
		return slices.ContainsFunc(lsmWords[:], func(word string) bool { return strings.Contains(text, word) })
	}
	for _, word := range lsmWords {
		for cut := range len(word) {
			for _, text := range []string{word[cut:], word[:cut], "_" + word[cut:] + "x", "x" + word[:cut] + "_", "a_b " + word + "_c", "__" + word[cut:], word[cut:] + word[:cut]} {
				if got, want := hasLSMWord(text), slow(text); got != want {
					t.Errorf("%q: %v, want %v", text, got, want)
				}
			}
		}
	}
}
