// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"
)

// fixes collect what is to be changed in the input. They are nil where no fixed input is wanted.
type fixes struct {
	lines   []string // the input, changed line by line; nil: nothing is to be fixed
	removed map[int]bool
	// inserted are the lines to put before a line.
	inserted map[int][]string
	// joined is the line whose string was last joined to that of the line before.
	joined int
}

// start makes f collect the fixes of raw.
func (f *fixes) start(raw []string) {
	f.lines = append([]string{}, raw...)
	f.removed, f.inserted = map[int]bool{}, map[int][]string{}
}

// wanted reports whether fixes are collected.
func (f *fixes) wanted() bool { return f.lines != nil }

// remove drops line nr.
func (f *fixes) remove(nr int) {
	if f.wanted() {
		f.removed[nr] = true
	}
}

// insert puts line before line nr.
func (f *fixes) insert(nr int, line string) {
	if f.wanted() {
		f.inserted[nr] = append(f.inserted[nr], line)
	}
}

// change changes line nr.
func (f *fixes) change(nr int, change func(line string) string) {
	if f.wanted() && nr >= 1 && nr <= len(f.lines) {
		f.lines[nr-1] = change(f.lines[nr-1])
	}
}

// text returns the fixed input: of a patch with its hunk headers put right, of a file without what made it look like
// a patch.
func (f *fixes) text(file bool) []byte {
	var out []string
	header, added, moved := -1, 0, 0 // the last hunk header in out; lines that it and those before in its file got
	flush := func() {
		if header >= 0 && !file {
			out[header] = moveHunk(out[header], moved, added)
		}
		moved += added
		header, added = -1, 0
	}
	for i, line := range f.lines {
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
		if _, ok := parseHunk(line); ok {
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
	h, ok := parseHunk(header)
	if !ok || moved == 0 && added == 0 {
		return header
	}
	old, _, _ := strings.Cut(header, " +")
	return fmt.Sprintf("%s +%d,%d @@%s", old, h.start+moved, h.count+added, h.context)
}

func plainLine(line string, file bool) string {
	if file {
		return strings.TrimPrefix(line, "+")
	}
	return line
}
