// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"strings"
	"testing"
)

// TestScriptWords: what Getopt::Long makes of a command line with the script's settings. An option after +, a later opposite of one, a
// value for one that takes none, and the short names behind "no" were read in other ways.
func TestScriptWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"+strict -STRICT a.patch":        "--strict --strict -- a.patch",
		"a.patch --no-signoff --signoff": "--no-signoff --no-signoff=false -- a.patch",
		"--nov -no-f --NO-g":             "--verbose=false --file=false --git=false --",
		"--notree --tree":                "--no-tree --no-tree=false --",
		"--types SPACING --ignore=A,B":   "--types=SPACING --ignore=A,B --",
		"--types --strict":               "--types=--strict --",
		"-- --strict -":                  "-- --strict -",
		"- x":                            "-- - x",
		"--max-line-length 1_20":         "--max-line-length=120 --",
		"--min-conf-desc-length=0":       "--min-conf-desc-length=-1 --",
		"-color a.patch --color=1":       "--color=never -- a.patch",
		"--nocolor --COLOR ALWAYS":       "--color=never --color=always --",
		"--subjective --no-strict -q -q": "--strict --strict=false --quiet --quiet --",
		"--strict=1":                     "! Option strict does not take an argument",
		"--no-quiet":                     "! Unknown option: no-quiet",
		"--stric":                        "! Unknown option: stric",
		"-fq":                            "! Unknown option: fq",
		"---strict":                      "! Unknown option: -strict",
		"+":                              "! Missing option after +",
		"--types=":                       "! Option types requires an argument",
		"a.patch --ignore":               "! Option ignore requires an argument",
		"--tab-size four":                `! Value "four" invalid for option tab-size (number expected)`,
		"--debug values":                 `! Option debug, key "values", requires a value`,
		"--nix --strict=1":               "! Unknown option: nix\nOption strict does not take an argument",
	} {
		words, help, err := scriptWords(strings.Fields(line))
		got := strings.Join(words, " ")
		if err != nil {
			got = "! " + err.Error()
		}
		if got != want || help {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if _, help, err := scriptWords([]string{"bad.patch", "-H"}); !help || err != nil {
		t.Errorf("-H: %v, %v", help, err)
	}
}
