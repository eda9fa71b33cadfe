// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"slices"
)

// Definers returns the C files of the series that define, or declare, a function of that name the way that the kernel writes
// it: the name, or what stands before it, begins a line. Others may define it too.
func (s *Source) Definers(name string) []string {
	if s.definers == nil {
		s.definers = map[string][]string{}
		for _, file := range s.TouchedWith(".c") {
			for line := range bytes.Lines(s.Read(file)) {
				if name := headName(line); name != nil && !slices.Contains(s.definers[string(name)], file) {
					s.definers[string(name)] = append(s.definers[string(name)], file)
				}
			}
		}
	}
	return s.definers[name]
}

// headName returns the name before the first bracket of a line that begins in its first column, or nil.
func headName(line []byte) []byte {
	if len(line) == 0 || !isWord(line[0]) {
		return nil
	}
	end := bytes.IndexByte(line, '(')
	if end < 0 {
		return nil
	}
	start := end
	for start > 0 && isWord(line[start-1]) {
		start--
	}
	return line[start:end]
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
