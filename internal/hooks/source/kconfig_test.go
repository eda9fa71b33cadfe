// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"strings"
	"testing"
)

// TestConjuncts: an alternative in brackets once hid what stood beside it.
func TestConjuncts(t *testing.T) {
	for expr, want := range map[string]string{
		"A":                           "A",
		"A && B":                      "A B",
		"A && (B || C)":               "A",
		"(B || C) && A":               "A",
		"A || B":                      "",
		"A && B || A && C":            "A",
		"((A && B))":                  "A B",
		"(A) && (B)":                  "A B",
		"A=y && B != n && C=m":        "A B",
		"A!=y":                        "",
		"!A && B":                     "B",
		"!(A && B)":                   "",
		"A && (B || (C && !D))":       "A",
		"(A && B) || (B && (C || D))": "B",
		"":                            "",
		"&&":                          "",
		"((":                          "",
		strings.Repeat("(", 1<<20):    "",
	} {
		if got := strings.Join(Conjuncts(expr), " "); got != want {
			t.Errorf("%.40q: %q, want %q", expr, got, want)
		}
	}
}
