// SPDX-License-Identifier: GPL-2.0-only

package compare

import "slices"

// maxEdits is the limit of diffLines that most use; the search takes its square in memory.
const maxEdits = 1500

// An edit keeps ('='), deletes ('-') or inserts ('+') one line.
type edit struct {
	op   byte
	text string
}

// diffLines returns the shortest edits that turn a into b, after Myers. Texts further apart than
// limit come out as all deleted, then all inserted, between what they have in common at both ends.
func diffLines(a, b []string, limit int) []edit {
	var edits []edit
	prefix := 0
	for prefix < len(a) && prefix < len(b) && a[prefix] == b[prefix] {
		edits = append(edits, edit{'=', a[prefix]})
		prefix++
	}
	a, b = a[prefix:], b[prefix:]
	suffix := 0
	for suffix < len(a) && suffix < len(b) && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	tail := a[len(a)-suffix:]
	edits = append(edits, shortestEdits(a[:len(a)-suffix], b[:len(b)-suffix], limit)...)
	for _, line := range tail {
		edits = append(edits, edit{'=', line})
	}
	return edits
}

// shortestEdits walks the edit graph by diagonals: reach[k] is the furthest position in a that d
// edits lead to on diagonal k = position in a - position in b.
func shortestEdits(a, b []string, limit int) []edit {
	limit = min(len(a)+len(b), limit)
	if len(a) == 0 || len(b) == 0 {
		limit = -1 // there is but one way
	}
	offset := limit + 1
	reach := make([]int32, 2*max(limit, 0)+3)
	var trace [][]int32
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(reach[offset-d-1:offset+d+2]))
		for k := -d; k <= d; k += 2 {
			x := reach[offset+k-1] + 1
			if k == -d || k != d && reach[offset+k-1] < reach[offset+k+1] {
				x = reach[offset+k+1]
			}
			for int(x) < len(a) && int(x)-k < len(b) && a[x] == b[int(x)-k] {
				x++
			}
			reach[offset+k] = x
			if int(x) >= len(a) && int(x)-k >= len(b) {
				return backtrack(a, b, trace)
			}
		}
	}
	var edits []edit
	for _, line := range a {
		edits = append(edits, edit{'-', line})
	}
	for _, line := range b {
		edits = append(edits, edit{'+', line})
	}
	return edits
}

// backtrack follows the trace from the end: trace[d] is the reach before step d, from diagonal
// -d-1 on.
func backtrack(a, b []string, trace [][]int32) []edit {
	var edits []edit
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		reach := func(k int) int { return int(trace[d][k+d+1]) }
		k := x - y
		from := k - 1
		if k == -d || k != d && reach(k-1) < reach(k+1) {
			from = k + 1
		}
		fromX := reach(from)
		fromY := fromX - from
		if d == 0 {
			fromX, fromY = 0, 0
		}
		for x > fromX && y > fromY {
			x, y = x-1, y-1
			edits = append(edits, edit{'=', a[x]})
		}
		switch {
		case d == 0:
		case x == fromX:
			y--
			edits = append(edits, edit{'+', b[y]})
		default:
			x--
			edits = append(edits, edit{'-', a[x]})
		}
	}
	slices.Reverse(edits)
	return edits
}
