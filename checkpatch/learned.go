// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

// learned are the names that a file has used as types and as modifiers so far: what stands
// where only a type can stand is taken for one from then on.
type learned struct {
	types     map[string]bool
	modifiers []string
	none      map[string]bool // names that are no types of the file, since they are types anyway, or keywords
}

func matchFileType(m *pattern.Matcher, s string, i, nth int) int {
	l := m.Ctx.(*learned)
	if nth > 0 || len(l.types) == 0 {
		return -1
	}
	end := wordEnd(s, i)
	if l.types[s[i:end]] {
		return end
	}
	return -1
}

// mayStartType reports whether a type or a modifier can start with the word from i to end of s.
func (l *learned) mayStartType(s string, i, end int) bool {
	if i >= end {
		return false
	}
	if startsType(s[i:end]) || len(l.types) > 0 && l.types[s[i:end]] {
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

var (
	patNoType = pat(`(?:^(?:{modifier}|{storage}|{type}|DEFINE_\S+)$|` +
		`^(?:goto|return|case|else|asm|__asm__|do|#|##|)(?:\s|$)|^(?:typedef|struct|enum)\b)`)
	patStorageIn = pat(`\s*{storage}\s*`)
	patSparseIn  = pat(`\s*{sparse}\s*`)
	patTypeIn    = pat(`\s*{type}\s*`)
)

// learn takes name, which stands where a type can stand, for a type, or its words for modifiers.
func (c *checker) learn(name string) {
	if len(c.learned.types) > maxLearned || c.learned.types[name] || c.learned.none[name] {
		return
	}
	if c.m.Match(patNoType, name) {
		if c.learned.none == nil {
			c.learned.none = map[string]bool{}
		}
		c.learned.none[name] = true
		return
	}
	name = c.deleteAll(patStorageIn, name)
	name = c.deleteAll(patSparseIn, name)
	switch {
	case strings.TrimSpace(name) == "":
	case strings.ContainsAny(name, " \t\n\r\f\v"):
		for _, mod := range strings.Fields(c.deleteAll(patTypeIn, name)) {
			if !c.m.Match(patNoType, mod) && !strings.Contains(mod, "#") {
				c.learned.modifiers = append(c.learned.modifiers, mod)
			}
		}
	case !strings.Contains(name, "#"):
		if c.learned.types == nil {
			c.learned.types = map[string]bool{}
		}
		c.learned.types[name] = true
	}
}

// maxLearned bounds what one input can teach.
const maxLearned = 20_000
