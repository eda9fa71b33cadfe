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

// Mentioning returns the C files of the series that hold a name as a word.
func (s *Source) Mentioning(name string) []string {
	files := s.TouchedWith(".c")
	if s.words == nil {
		s.words = &wordSet{}
		for _, file := range files {
			s.words.addAll(s.Read(file))
		}
	}
	if !s.words.has(name) {
		return nil
	}
	return slices.DeleteFunc(files, func(file string) bool { return !bytes.Contains(s.Read(file), []byte(name)) })
}

// A wordSet tells quickly of most words that they are not in some texts. Of the others it does not know.
type wordSet [1 << 14]uint64

// addAll adds the words of a text.
func (w *wordSet) addAll(text []byte) {
	hash := uint32(0)
	for _, c := range text {
		if isWord(c) {
			hash = nextHash(hash, c)
			continue
		}
		w.add(hash)
		hash = 0
	}
	w.add(hash)
}

func (w *wordSet) add(hash uint32) { w[hash>>6%uint32(len(w))] |= 1 << (hash % 64) }

// has reports whether a word may be among them.
func (w *wordSet) has(word string) bool {
	hash := uint32(0)
	for _, c := range []byte(word) {
		if !isWord(c) {
			return true
		}
		hash = nextHash(hash, c)
	}
	return w[hash>>6%uint32(len(w))]&(1<<(hash%64)) != 0
}

// nextHash is the step of FNV-1a, but for where it begins.
func nextHash(hash uint32, c byte) uint32 { return (hash ^ uint32(c)) * 16777619 }
