// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

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
			if !c.m.Match(patNoType, mod) {
				c.learned.addModifier(mod)
			}
		}
	default:
		c.learned.addType(name)
	}
}

// maxLearned bounds what one input can teach.
const maxLearned = 20_000
