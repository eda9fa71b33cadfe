// SPDX-License-Identifier: GPL-2.0-only

package apply

import "unicode/utf8"

// A pair is two lines that stand side by side; an index of -1 means that there is none.
type pair struct{ left, right int }

// align pairs the lines of left and right, so that as many as can be are equal. Lines between
// equal ones are paired in order.
func align(left, right []string) []pair {
	var pairs []pair
	i, j := 0, 0
	for _, same := range append(commonLines(left, right), pair{len(left), len(right)}) {
		for i < same.left || j < same.right {
			p := pair{-1, -1}
			if i < same.left {
				p.left = i
				i++
			}
			if j < same.right {
				p.right = j
				j++
			}
			pairs = append(pairs, p)
		}
		if same.left < len(left) {
			pairs = append(pairs, same)
			i, j = i+1, j+1
		}
	}
	return pairs
}

// maxAlign bounds the lines of each side that are aligned; what is beyond is paired in order.
const maxAlign = 400

// commonLines returns a longest common subsequence of left and right.
func commonLines(left, right []string) []pair {
	left, right = left[:min(len(left), maxAlign)], right[:min(len(right), maxAlign)]
	longest := make([][]int, len(left)+1)
	for i := range longest {
		longest[i] = make([]int, len(right)+1)
	}
	for i := len(left) - 1; i >= 0; i-- {
		for j := len(right) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if left[i] == right[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var common []pair
	for i, j := 0, 0; i < len(left) && j < len(right); {
		switch {
		case left[i] == right[j]:
			common = append(common, pair{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return common
}

// differingBytes returns the ranges of a and b that differ: what is left when the common beginning
// and the common end are taken off, at character boundaries.
func differingBytes(a, b string) (fromA, toA, fromB, toB int) {
	start := 0
	for start < len(a) && start < len(b) {
		r, n := utf8.DecodeRuneInString(a[start:])
		s, m := utf8.DecodeRuneInString(b[start:])
		if r != s || n != m || a[start:start+n] != b[start:start+m] {
			break
		}
		start += n
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start {
		r, n := utf8.DecodeLastRuneInString(a[start:endA])
		s, m := utf8.DecodeLastRuneInString(b[start:endB])
		if r != s || n != m || a[endA-n:endA] != b[endB-m:endB] {
			break
		}
		endA, endB = endA-n, endB-m
	}
	return start, endA, start, endB
}
