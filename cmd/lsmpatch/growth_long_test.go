// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"strings"
	"testing"
	"time"
)

// TestGrowth: a chain of hunks, of entries in MAINTAINERS or of conditions took the square of its length, and a mail of
// some megabytes minutes.
func TestGrowth(t *testing.T) {
	verbs := map[string][]string{
		"series": {"series", "check", "--tree", "TREE", "MAIL"}, "apply": {"apply", "--check", "--tree", "TREE", "MAIL"},
		"checkpatch": {"checkpatch", "--strict", "--tree", "TREE", "MAIL"}, "hooks": {"hooks", "check", "--tree", "TREE", "MAIL"},
	}
	const small, large = 3000, 12000
	for _, f := range families() {
		for name, verb := range verbs {
			text := strings.HasPrefix(f.name, "body ") || strings.HasPrefix(f.name, "header ")
			if text && name != "series" || strings.HasPrefix(f.name, "code ") && (name == "series" || name == "apply") {
				continue // they pass it by
			}
			after := f.cost(t, large, verb)
			if after < time.Second {
				continue
			}
			// What takes long may do so because there is much of it.
			if before := f.cost(t, small, verb); after > 8*before {
				t.Errorf("%s of %s: %v for %d, %v for %d", name, f.name, before, small, after, large)
			}
		}
	}
}
