// SPDX-License-Identifier: GPL-2.0-only

// Package scan holds what the readers of C and of Rust have in common: places in a file, and brackets.
package scan

import (
	"fmt"
	"strings"
)

// A Pos is a place in a file of the tree. Line and Col count from 1, Col in bytes.
type Pos struct {
	File string
	Line int
	Col  int
}

// String formats p as "file:line".
func (p Pos) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// A Problem is something that could not be read.
type Problem struct {
	Pos     Pos
	Message string
	// Limit is set where a limit was met, so that the rest was not read.
	Limit bool
}

// A Scanner goes through the text of a file and knows where it is.
type Scanner struct {
	File, Src string
	// Off is the offset of what comes next, Line its line, and Start the offset of that line.
	Off, Line, Start int
}

// Here returns the place of what comes next.
func (s *Scanner) Here() Pos { return Pos{s.File, s.Line, s.Off - s.Start + 1} }

// Advance moves to the offset end, counting lines.
func (s *Scanner) Advance(end int) {
	for s.Off < end {
		i := strings.IndexByte(s.Src[s.Off:end], '\n')
		if i < 0 {
			s.Off = end
			return
		}
		s.Off += i + 1
		s.Newline()
	}
}

// Newline begins a line at the current offset.
func (s *Scanner) Newline() {
	s.Line++
	s.Start = s.Off
}

// Nesting returns 1 for a bracket that opens, -1 for one that closes, and 0 for all other punctuation.
func Nesting(punct string) int {
	switch punct {
	case "(", "[", "{":
		return 1
	case ")", "]", "}":
		return -1
	}
	return 0
}

// Closers returns for each of n tokens where its bracket closes, and -1 for all others, given the
// nesting of each token.
func Closers(n int, nesting func(i int) int) []int {
	at := make([]int, n)
	var open []int
	for i := range n {
		at[i] = -1
		switch nesting(i) {
		case 1:
			open = append(open, i)
		case -1:
			if len(open) > 0 {
				at[open[len(open)-1]] = i
				open = open[:len(open)-1]
			}
		}
	}
	return at
}

// CutWord cuts a line behind its first word.
func CutWord(s string) (word, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}
