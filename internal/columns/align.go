// SPDX-License-Identifier: GPL-2.0-only

package columns

// A Pair is two lines that stand side by side; an index of -1 means that there is none.
type Pair struct{ Left, Right int }

// Align pairs the lines of left and right, so that as many as can be are equal. Lines between
// equal ones are paired in order.
func Align(left, right []string) []Pair {
	var pairs []Pair
	i, j := 0, 0
	for _, same := range append(Common(left, right), Pair{len(left), len(right)}) {
		for i < same.Left || j < same.Right {
			p := Pair{-1, -1}
			if i < same.Left {
				p.Left = i
				i++
			}
			if j < same.Right {
				p.Right = j
				j++
			}
			pairs = append(pairs, p)
		}
		if same.Left < len(left) {
			pairs = append(pairs, same)
			i, j = i+1, j+1
		}
	}
	return pairs
}

// maxAlign bounds the lines of each side that are aligned; what is beyond is paired in order.
const maxAlign = 400

// Common returns a longest common subsequence of left and right.
func Common(left, right []string) []Pair {
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
	var common []Pair
	for i, j := 0, 0; i < len(left) && j < len(right); {
		switch {
		case left[i] == right[j]:
			common = append(common, Pair{i, j})
			i, j = i+1, j+1
		case longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	return common
}
