// SPDX-License-Identifier: GPL-2.0-only

package page

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/columns"
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
	var rows []SideRow
	for _, p := range columns.Align(left, right) {
		var row SideRow
		if p.Left >= 0 {
			row.Left, row.LeftNumber = left[p.Left], s.ExpectedLine+p.Left
		}
		if p.Right >= 0 {
			row.Right, row.RightNumber = right[p.Right], s.FoundLine+p.Right
		}
		row.Differs = p.Left < 0 || p.Right < 0 || row.Left != row.Right
		rows = append(rows, row)
	}
	return rows
}

func splitLines(text string) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if text == "" {
		return nil
	}
	return lines[:min(len(lines), maxSide)]
}
