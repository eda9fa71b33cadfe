// SPDX-License-Identifier: GPL-2.0-only

package page

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A SideRow is a line of a conflict, as the patch expects it and as the tree has it. A number is 0 where there is none.
type SideRow struct {
	Left, Right             string
	LeftNumber, RightNumber int
	Differs                 bool
}

// maxSide bounds the lines of a side that are shown.
const maxSide = 300

// sideRows pairs the lines of both sides so that as many as can be stand beside an equal one.
func sideRows(s *report.Sides) []SideRow {
	left, right := splitLines(s.Expected), splitLines(s.Found)
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
	var rows []SideRow
	i, j, from, to := 0, 0, 0, 0
	flush := func() { // what differs since from and to
		for ; from < i || to < j; from, to = min(from+1, i), min(to+1, j) {
			row := SideRow{Differs: true}
			if from < i {
				row.Left, row.LeftNumber = left[from], s.ExpectedLine+from
			}
			if to < j {
				row.Right, row.RightNumber = right[to], s.FoundLine+to
			}
			rows = append(rows, row)
		}
	}
	for i < len(left) || j < len(right) {
		switch {
		case i < len(left) && j < len(right) && left[i] == right[j]:
			flush()
			rows = append(rows, SideRow{left[i], right[j], s.ExpectedLine + i, s.FoundLine + j, false})
			i, j = i+1, j+1
			from, to = i, j
		case j == len(right) || i < len(left) && longest[i+1][j] >= longest[i][j+1]:
			i++
		default:
			j++
		}
	}
	flush()
	return rows
}

func splitLines(text string) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		return nil
	}
	return lines[:min(len(lines), maxSide)]
}
