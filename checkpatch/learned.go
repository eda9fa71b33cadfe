// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

// learned are the names that a file has used as types and as modifiers so far: what stands
// where only a type can stand is taken for one from then on.
//
// The script puts them into patterns in which "#" begins a comment. So of a name that is glued with "##", only
// the beginning counts, and the next name is joined to it, where it is no type of its own.
type learned struct {
	types     map[string]bool
	glued     string // the last type, where the next one is joined to it
	modifiers []string
	openEnded bool            // the next modifier is joined to the last one
	none      map[string]bool // names that are no types of the file, since they are types anyway, or keywords
}

func (l *learned) isType(word string) bool {
	return len(l.types) > 0 && l.types[word] || l.glued != "" && l.glued == word
}

func (l *learned) addType(name string) {
	begin, _, open := strings.Cut(name, "#")
	if begin == "" {
		return
	}
	if l.glued != "" {
		l.none = nil // what was a type may not be one any more
	}
	name = l.glued + begin
	if l.glued = ""; open {
		l.glued = name
		return
	}
	if l.types == nil {
		l.types = map[string]bool{}
	}
	l.types[name] = true
}

func (l *learned) addModifier(name string) {
	begin, _, open := strings.Cut(name, "#")
	switch {
	case begin == "":
		return
	case l.openEnded:
		l.modifiers[len(l.modifiers)-1] += begin
	default:
		l.modifiers = append(l.modifiers, begin)
	}
	l.openEnded = open
}

func matchFileType(m *pattern.Matcher, s string, i, nth int) int {
	l := m.Ctx.(*learned)
	if nth > 0 || len(l.types) == 0 && l.glued == "" {
		return -1
	}
	if end := wordEnd(s, i); l.isType(s[i:end]) {
		return end
	}
	return -1
}

// mayStartType reports whether a type or a modifier can start with the word from i to end of s.
func (l *learned) mayStartType(s string, i, end int) bool {
	if i >= end {
		return false
	}
	if startsType(s[i:end]) || l.isType(s[i:end]) {
		return true
	}
	if next := skipSpace(s, end); next < len(s) && s[next] == '#' {
		return true // names glued to one may be a type
	}
	for _, mod := range l.modifiers {
		if strings.HasPrefix(s[i:], mod) {
			return true
		}
	}
	return false
}

// hasModifier reports whether s contains a modifier that the file uses.
func (l *learned) hasModifier(s string) bool {
	for _, mod := range l.modifiers {
		if strings.Contains(s, mod) {
			return true
		}
	}
	return false
}

func matchFileModifier(m *pattern.Matcher, s string, i, nth int) int {
	for _, mod := range m.Ctx.(*learned).modifiers {
		if strings.HasPrefix(s[i:], mod) {
			if nth == 0 {
				return i + len(mod)
			}
			nth--
		}
	}
	return -1
}
