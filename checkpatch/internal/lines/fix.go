// SPDX-License-Identifier: GPL-2.0-only

package lines

import (
	"fmt"
	"strings"
)

// Fixes collect what is to be changed in the input. They are nil where no fixed input is wanted.
type Fixes struct {
	Lines   []string // the input, changed line by line; nil: nothing is to be fixed
	removed map[int]bool
	// inserted are the lines to put before a line.
	inserted map[int][]string
	// Joined is the line whose string was last joined to that of the line before.
	Joined int
}

// Start makes f collect the fixes of raw.
func (f *Fixes) Start(raw []string) {
	f.Lines = append([]string{}, raw...)
	f.removed, f.inserted = map[int]bool{}, map[int][]string{}
}

// Wanted reports whether fixes are collected.
func (f *Fixes) Wanted() bool { return f.Lines != nil }

// Remove drops line nr.
func (f *Fixes) Remove(nr int) {
	if f.Wanted() {
		f.removed[nr] = true
	}
}

// Insert puts line before line nr.
func (f *Fixes) Insert(nr int, line string) {
	if f.Wanted() {
		f.inserted[nr] = append(f.inserted[nr], line)
	}
}

// Change changes line nr.
func (f *Fixes) Change(nr int, change func(line string) string) {
	if f.Wanted() && nr >= 1 && nr <= len(f.Lines) {
		f.Lines[nr-1] = change(f.Lines[nr-1])
	}
}

// Text returns the fixed input: of a patch with its hunk headers put right, of a file without what made it look like
// a patch.
func (f *Fixes) Text(file bool) []byte {
	var out []string
	header, added, moved := -1, 0, 0 // the last hunk header in out; lines that it and those before in its file got
	flush := func() {
		if header >= 0 && !file {
			out[header] = moveHunk(out[header], moved, added)
		}
		moved += added
		header, added = -1, 0
	}
	for i, line := range f.Lines {
		nr := i + 1
		if file && i < fileHeader {
			continue
		}
		if strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "diff --git ") {
			flush()
			moved = 0
		}
		for _, more := range f.inserted[nr] {
			out = append(out, plainLine(more, file))
			added++
		}
		if f.removed[nr] {
			if strings.HasPrefix(line, "+") {
				added--
			}
			continue
		}
		if _, ok := ParseHunk(line); ok {
			flush()
			header = len(out)
		}
		out = append(out, plainLine(line, file))
	}
	flush()
	if len(out) == 0 {
		return []byte{}
	}
	return []byte(strings.Join(out, "\n") + "\n")
}

// moveHunk returns a hunk header whose new side starts moved lines later and has added lines more.
func moveHunk(header string, moved, added int) string {
	h, ok := ParseHunk(header)
	if !ok || moved == 0 && added == 0 {
		return header
	}
	old, _, _ := strings.Cut(header, " +")
	return fmt.Sprintf("%s +%d,%d @@%s", old, h.Start+moved, h.Count+added, h.Context)
}

func plainLine(line string, file bool) string {
	if file {
		return strings.TrimPrefix(line, "+")
	}
	return line
}
