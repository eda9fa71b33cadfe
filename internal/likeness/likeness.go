// SPDX-License-Identifier: GPL-2.0-only

// Package likeness tells how far two words are from each other, for "did you mean".
package likeness

// longest is the length of a word whose likeness is looked at: the work is the product of both lengths.
const longest = 500

// Distance is Levenshtein's: how many bytes must be added, dropped or changed to make b of a. Words that are very long are not alike at all.
func Distance(a, b string) int {
	if len(a) > longest || len(b) > longest {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
