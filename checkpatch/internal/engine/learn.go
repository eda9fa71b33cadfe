// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

var (
	patNoType = Compile(`(?:^(?:{modifier}|{storage}|{type}|DEFINE_\S+)$|` +
		`^(?:goto|return|case|else|asm|__asm__|do|#|##|)(?:\s|$)|^(?:typedef|struct|enum)\b)`)
	patStorageIn = Compile(`\s*{storage}\s*`)
	patSparseIn  = Compile(`\s*{sparse}\s*`)
	patTypeIn    = Compile(`\s*{type}\s*`)
)

// learn takes name, which stands where a type can stand, for a type, or its words for modifiers.
func (c *checker) learn(name string) {
	if len(c.Learned.Types) > maxLearned || c.Learned.Types[name] || c.Learned.None[name] {
		return
	}
	if c.M.Match(patNoType, name) {
		if c.Learned.None == nil {
			c.Learned.None = map[string]bool{}
		}
		c.Learned.None[name] = true
		return
	}
	name = c.DeleteAll(patStorageIn, name)
	name = c.DeleteAll(patSparseIn, name)
	switch {
	case strings.TrimSpace(name) == "":
	case strings.ContainsAny(name, " \t\n\r\f\v"):
		for _, mod := range strings.Fields(c.DeleteAll(patTypeIn, name)) {
			if !c.M.Match(patNoType, mod) {
				c.Learned.AddModifier(mod)
			}
		}
	default:
		c.Learned.AddType(name)
	}
}

// maxLearned bounds what one input can teach.
const maxLearned = 20_000
