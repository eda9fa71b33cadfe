// SPDX-License-Identifier: GPL-2.0-only

package lines

import "strings"

// A chunk is one arm of an if: its condition and all of it.
type chunk struct{ Cond, Text string }

// ReadChain reads an if with its else arms, or a do with its while.
func (s *Source) ReadChain(c Cursor) (level int, chunks []chunk) {
	st := s.ReadStatement(c)
	chunks = append(chunks, chunk{st.Cond, st.Text})
	if st.Next.Left <= 0 || !startsChain(st.Cond) {
		return st.level, chunks
	}
	for {
		st = s.ReadStatement(st.Next)
		if st.Next.Left <= 0 || !continuesChain(st.Cond) {
			return st.level, chunks
		}
		chunks = append(chunks, chunk{st.Cond, st.Text})
	}
}

// startsChain reports whether a condition starts with if, else or do, perhaps a line further on.
func startsChain(cond string) bool {
	i := SkipSpace(cond, 0)
	switch FirstWord(cond[i:]) {
	case "if", "else", "do":
		return true
	}
	// White space may hold a line marker once.
	nl := strings.LastIndexByte(cond[:i], '\n')
	if nl >= 0 && nl+1 < len(cond) && (cond[nl+1] == '+') {
		switch FirstWord(cond[SkipSpace(cond, nl+2):]) {
		case "if", "else", "do":
			return true
		}
	}
	return false
}

// continuesChain is startsChain for else and do, any number of lines further on.
func continuesChain(cond string) bool {
	word := FirstWord(cond[LeadingLines(cond):])
	return word == "else" || word == "do"
}
