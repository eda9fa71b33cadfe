// SPDX-License-Identifier: GPL-2.0-only

package syntax

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

// Older tells what of C an older script does not know.
type Older struct {
	NoAligned bool // __aligned() as an attribute
	NoGroups  bool // the macros of cache line groups as declarations
}

// String tells one from another in a few letters.
func (o Older) String() string {
	s := ""
	if o.NoAligned {
		s += "-aligned"
	}
	if o.NoGroups {
		s += "-groups"
	}
	return s
}

// Learned are the names that a file has used as types and as modifiers so far: what stands
// where only a type can stand is taken for one from then on.
//
// The script puts them into patterns in which "#" begins a comment. So of a name that is glued with "##", only
// the beginning counts, and the next name is joined to it, where it is no type of its own.
type Learned struct {
	// Older is what the script at hand does not know yet.
	Older Older

	Types     map[string]bool
	glued     string // the last type, where the next one is joined to it
	modifiers []string
	openEnded bool            // the next modifier is joined to the last one
	None      map[string]bool // names that are no types of the file, since they are types anyway, or keywords
}

func (l *Learned) isType(word string) bool {
	return len(l.Types) > 0 && l.Types[word] || l.glued != "" && l.glued == word
}

// AddType adds a name that the patch itself uses as a type.
func (l *Learned) AddType(name string) {
	begin, _, open := strings.Cut(name, "#")
	if begin == "" {
		return
	}
	if l.glued != "" {
		l.None = nil // what was a type may not be one any more
	}
	name = l.glued + begin
	if l.glued = ""; open {
		l.glued = name
		return
	}
	if l.Types == nil {
		l.Types = map[string]bool{}
	}
	l.Types[name] = true
}

// AddModifier adds a word that the patch uses between a type and a name.
func (l *Learned) AddModifier(name string) {
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
	l := m.Ctx.(*Learned)
	if nth > 0 || len(l.Types) == 0 && l.glued == "" {
		return -1
	}
	if end := lines.WordEnd(s, i); l.isType(s[i:end]) {
		return end
	}
	return -1
}

// MayStartType reports whether a type or a modifier can start with the word from i to end of s.
func (l *Learned) MayStartType(s string, i, end int) bool {
	if i >= end {
		return false
	}
	if startsType(s[i:end]) || l.isType(s[i:end]) {
		return true
	}
	if next := lines.SkipSpace(s, end); next < len(s) && s[next] == '#' {
		return true // names glued to one may be a type
	}
	for _, mod := range l.modifiers {
		if strings.HasPrefix(s[i:], mod) {
			return true
		}
	}
	return false
}

// HasModifier reports whether s contains a modifier that the file uses.
func (l *Learned) HasModifier(s string) bool {
	for _, mod := range l.modifiers {
		if strings.Contains(s, mod) {
			return true
		}
	}
	return false
}

func matchFileModifier(m *pattern.Matcher, s string, i, nth int) int {
	for _, mod := range m.Ctx.(*Learned).modifiers {
		if strings.HasPrefix(s[i:], mod) {
			if nth == 0 {
				return i + len(mod)
			}
			nth--
		}
	}
	return -1
}
