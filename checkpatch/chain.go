// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// A chunk is one arm of an if: its condition and all of it.
type chunk struct{ cond, text string }

// readChain reads an if with its else arms, or a do with its while.
func (s *source) readChain(c cursor) (level int, chunks []chunk) {
	st := s.readStatement(c)
	chunks = append(chunks, chunk{st.cond, st.text})
	if st.next.left <= 0 || !startsChain(st.cond) {
		return st.level, chunks
	}
	for {
		st = s.readStatement(st.next)
		if st.next.left <= 0 || !continuesChain(st.cond) {
			return st.level, chunks
		}
		chunks = append(chunks, chunk{st.cond, st.text})
	}
}

// startsChain reports whether a condition starts with if, else or do, perhaps a line further on.
func startsChain(cond string) bool {
	i := skipSpace(cond, 0)
	switch firstWord(cond[i:]) {
	case "if", "else", "do":
		return true
	}
	// White space may hold a line marker once.
	nl := strings.LastIndexByte(cond[:i], '\n')
	if nl >= 0 && nl+1 < len(cond) && (cond[nl+1] == '+') {
		switch firstWord(cond[skipSpace(cond, nl+2):]) {
		case "if", "else", "do":
			return true
		}
	}
	return false
}

// continuesChain is startsChain for else and do, any number of lines further on.
func continuesChain(cond string) bool {
	word := firstWord(cond[leadingLines(cond):])
	return word == "else" || word == "do"
}
