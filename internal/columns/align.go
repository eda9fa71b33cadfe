// SPDX-License-Identifier: GPL-2.0-only

package columns

import "slices"

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

// maxAlign bounds the lines of each side that are looked at together.
const maxAlign = 400

// Common returns a longest common subsequence of left and right, where no more than some hundred lines differ in one
// place; of longer ones it returns a common subsequence, so that the cost grows with the lines and not with their square.
func Common(left, right []string) []Pair {
	end := 0
	for end < min(len(left), len(right)) && left[len(left)-1-end] == right[len(right)-1-end] {
		end++
	}
	i, j, lefts, rights := 0, 0, len(left)-end, len(right)-end
	var common []Pair
	for w := new(window); i < lefts && j < rights; {
		if left[i] == right[j] {
			common = append(common, Pair{i, j})
			i, j = i+1, j+1
			continue
		}
		l, r := left[i:min(i+maxAlign, lefts)], right[j:min(j+maxAlign, rights)]
		found := w.common(l, r)
		for _, p := range found {
			common = append(common, Pair{i + p.Left, j + p.Right})
		}
		if i+len(l) == lefts && j+len(r) == rights {
			break
		}
		last := Pair{-1, -1}
		if len(found) > 0 {
			last = found[len(found)-1]
		}
		i, j = i+max(last.Left+1, len(l)/2), j+max(last.Right+1, len(r)/2)
	}
	for n := end; n > 0; n-- {
		common = append(common, Pair{len(left) - n, len(right) - n})
	}
	return common
}

// A window holds the lengths of the longest common subsequences of what follows in two texts, row by row.
type window []uint16

// common returns a longest common subsequence of at most maxAlign lines each.
func (w *window) common(left, right []string) []Pair {
	row := len(right) + 1
	size := row * (len(left) + 1)
	*w = slices.Grow((*w)[:0], size)[:size]
	longest := *w
	clear(longest[len(left)*row:])
	for i := len(left) - 1; i >= 0; i-- {
		longest[i*row+len(right)] = 0
		for j := len(right) - 1; j >= 0; j-- {
			n := max(longest[(i+1)*row+j], longest[i*row+j+1])
			if left[i] == right[j] {
				n = longest[(i+1)*row+j+1] + 1
			}
			longest[i*row+j] = n
		}
	}
	var common []Pair
	for i, j := 0, 0; i < len(left) && j < len(right); {
		switch {
		case left[i] == right[j]:
			common = append(common, Pair{i, j})
			i, j = i+1, j+1
		case longest[(i+1)*row+j] >= longest[i*row+j+1]:
			i++
		default:
			j++
		}
	}
	return common
}
