// SPDX-License-Identifier: GPL-2.0-only

// Package lines reads an input line by line: a patch, or a file as a patch that adds all of it.
//
// Call [ReadPatch] or [ReadFile]; the [Source] that they return has each line as it was read and blanked, and
// reads statements, chains of if and else, and blocks from it. Fixes collects what is to be changed in the lines.
//
// Nothing here knows a rule, or what a tree has in it. An input that is cut, mangled or hostile is read all the same.
package lines

import (
	"bytes"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/share"
)

// Comment is the byte that stands in a blanked line for a byte of a comment.
const Comment = pattern.Comment

// A Source is an input, line by line: a patch, or a file as a patch that adds all of it.
//
// Lines count from 1 and have their diff marker in front. A blanked line is as long as the raw one
// and has comments, and the insides of strings, replaced (see blanker); lines outside hunks and
// deleted lines are not blanked.
//
// An input of 25 MB may be all newlines: what is kept of each line is its place in two texts, and the raw line.
type Source struct {
	Raw []string
	// joined holds all blanked lines that are not deleted, each with a newline, for statements that span lines;
	// spaced is the same with a space for each diff marker.
	joined, spaced string
	// start[i] is where line i+1 stands in joined, or where the next line does if it is deleted. It has one
	// entry more than there are lines.
	start []uint32
	// scanned counts the bytes that were read for statements, see scanBudget.
	scanned int
	// Cut is the first line that is longer than what is looked at, or 0. Over is the last line where there are more than
	// are looked at, or 0.
	Cut, Over int
	reader    statementReader // of one statement after the other
	// SetupDocs are the added lines of kernel-parameters.txt.
	SetupDocs []string
	// LastStart is where the last hunk starts in its file: 0 of one that leaves nothing of it, 1 where there is no hunk.
	LastStart int
}

// fileHeader makes a file look like a patch that adds it.
const fileHeader = 3

// ReadPatch splits data into lines and blanks them.
func ReadPatch(data []byte, keepC99 bool) *Source {
	data, over := firstLines(data)
	return newSource(splitLines(data), over, keepC99)
}

// ReadFile makes a source of the file name, as if all of it were added.
func ReadFile(name string, data []byte, keepC99 bool) *Source {
	data, over := firstLines(data)
	if len(data) == 0 {
		return newSource(nil, 0, keepC99)
	}
	count := bytes.Count(data, []byte("\n"))
	ended := bytes.HasSuffix(data, []byte("\n"))
	if !ended {
		count++
	}
	raw := make([]string, 0, count+fileHeader+1)
	raw = append(raw, "--- /dev/null", "+++ "+name, "@@ -0,0 +1,"+Itoa(count)+" @@")
	if count == 1 {
		raw[2] = "@@ -0,0 +1 @@"
	}
	raw = appendMarked(raw, data, count)
	if !ended {
		raw = append(raw, `\ No newline at end of file`)
	}
	return newSource(raw, over, keepC99)
}

// firstLines returns as much of data as is looked at, and the number of the last line where that is not all, else 0.
func firstLines(data []byte) (first []byte, over int) {
	if bytes.Count(data, []byte("\n")) <= limit.InputLines {
		return data, 0
	}
	end := 0
	for range limit.InputLines {
		end += bytes.IndexByte(data[end:], '\n') + 1
	}
	return data[:end], limit.InputLines
}

// appendMarked appends the count lines of data as added ones. All share one string.
func appendMarked(raw []string, data []byte, count int) []string {
	var marked strings.Builder
	marked.Grow(len(data) + count)
	for line := range bytes.Lines(data) {
		marked.WriteByte('+')
		marked.Write(line)
	}
	for line := range strings.Lines(marked.String()) {
		raw = append(raw, strings.TrimSuffix(line, "\n"))
	}
	return raw
}

// splitLines splits at newlines; a last line without one counts. The lines are those of data itself.
func splitLines(data []byte) []string {
	text := strings.TrimSuffix(share.String(data), "\n")
	if len(data) == 0 {
		return nil
	}
	return strings.Split(text, "\n")
}

func newSource(raw []string, over int, keepC99 bool) *Source {
	s := &Source{Raw: raw, Over: over, LastStart: 1, start: make([]uint32, len(raw)+1)}
	b := blanker{keepC99: keepC99}
	size := 0
	for _, line := range raw {
		size += min(len(line), maxSeen) + 1
	}
	b.to.Grow(size)
	left := 0 // lines left in the hunk, and one
	setupDocs := false
	var docs []int
	for i, line := range raw {
		if len(line) > maxSeen && s.Cut == 0 {
			s.Cut = i + 1
		}
		line = Seen(line)
		s.start[i] = uint32(b.to.Len())
		if name, ok := NewName(line); ok {
			setupDocs = strings.HasSuffix(name, "Documentation/admin-guide/kernel-parameters.txt")
		}
		inNew := line == "" || line[0] == '+' || line[0] == ' '
		if h, ok := ParseHunk(line); ok {
			s.LastStart = h.Start
			left = h.Count + 1
			b.reset(s.startsInComment(i, left))
			b.keep(line)
		} else if left > 0 && inNew {
			b.blank(line)
		} else {
			b.keep(line)
		}
		switch {
		case left <= 1:
			left = 0
		case inNew:
			left--
		}
		if setupDocs && strings.HasPrefix(line, "+") {
			docs = append(docs, i)
		}
	}
	s.start[len(raw)] = uint32(b.to.Len())
	s.joined = b.to.String()
	s.space()
	for _, i := range docs {
		s.SetupDocs = append(s.SetupDocs, s.Blanked(i))
	}
	return s
}

// maxSeen is how many bytes of a line are looked at. Only hostile ones are longer.
const maxSeen = limit.LineBytes

// Seen is the part of a line that is looked at.
func Seen(line string) string { return line[:min(len(line), maxSeen)] }

// space makes spaced of joined.
func (s *Source) space() {
	var spaced strings.Builder
	spaced.Grow(len(s.joined))
	for line := range strings.Lines(s.joined) {
		if line != "\n" {
			spaced.WriteByte(' ')
			line = line[1:]
		}
		spaced.WriteString(line)
	}
	s.spaced = spaced.String()
}

// deleted reports whether the line with index i starts with a minus, and is not in joined.
func (s *Source) deleted(i int) bool { return s.start[i] == s.start[i+1] }

// Blanked returns the blanked line with index i, which counts from 0.
func (s *Source) Blanked(i int) string {
	if s.deleted(i) {
		return Seen(s.Raw[i])
	}
	return s.joined[s.start[i] : s.start[i+1]-1]
}

// SpacedLine returns the blanked line nr, which is not deleted, with a space for its marker and a newline.
func (s *Source) SpacedLine(nr int) string { return s.spaced[s.start[nr-1]:s.start[nr]] }

// Line returns the blanked line nr, or "" and false past the end.
func (s *Source) Line(nr int) (string, bool) {
	if nr < 1 || nr > len(s.Raw) {
		return "", false
	}
	return s.Blanked(nr - 1), true
}

// RawLine returns line nr as it was read, or "".
func (s *Source) RawLine(nr int) string {
	if nr < 1 || nr > len(s.Raw) {
		return ""
	}
	return s.Raw[nr-1]
}

// RawAfter returns the raw line that stands n lines after nr, not counting deleted ones, or false past the end.
func (s *Source) RawAfter(nr, n int) (string, bool) {
	for ; nr <= len(s.Raw); nr++ {
		if strings.HasPrefix(s.Raw[nr-1], "-") {
			continue
		}
		if n == 0 {
			return s.Raw[nr-1], true
		}
		n--
	}
	return "", false
}
