// SPDX-License-Identifier: GPL-2.0-only

// Package changed says which lines of a file a series changes, what they are, and under which
// conditions of the preprocessor they stand.
//
// [Lines] compares two versions, [Conditions] reads the #if lines of a C file. The conditions are for
// finding a configuration; whether a line was compiled only the compiler knows.
package changed

import (
	"path"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"

	gitdiff "github.com/go-git/go-git/v5/utils/diff"
)

// Of returns what each line of a C, assembly or Rust file is.
func Of(name, text string) []Line {
	if path.Ext(name) == ".rs" {
		return RustLines(text)
	}
	return Conditions(text)
}

// maxDiff bounds the lines of a file that are compared one by one; of a larger one all lines between
// the first and the last difference count as changed.
const maxDiff = 200_000

// Lines returns the numbers, from 1, of the lines of after that before has not.
func Lines(before, after string) []int {
	old, now := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	start := 0
	for start < len(old) && start < len(now) && old[start] == now[start] {
		start++
	}
	end := 0
	for end < len(old)-start && end < len(now)-start && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	old, now = old[start:len(old)-end], now[start:len(now)-end]
	var out []int
	if len(old)+len(now) > maxDiff || len(old) == 0 {
		for i, line := range now {
			if line != "" {
				out = append(out, start+i+1)
			}
		}
		return out
	}
	line := start
	for _, d := range gitdiff.Do(strings.Join(old, ""), strings.Join(now, "")) {
		count := strings.Count(d.Text, "\n")
		if d.Text != "" && !strings.HasSuffix(d.Text, "\n") {
			count++
		}
		switch d.Type {
		case diffmatchpatch.DiffEqual:
			line += count
		case diffmatchpatch.DiffInsert:
			for range count {
				line++
				out = append(out, line)
			}
		}
	}
	return out
}
