// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"slices"
	"strings"
)

// conds follows the #if groups of a file. All branches are alive, except those of "#if 0".
type conds struct {
	groups []condGroup
	joined string
	dead   int // how many groups are
}

type condGroup struct {
	pos Pos
	// earlier are the conditions of the branches before, current that of this one.
	earlier []string
	current string
	// depth is that of the brackets where the group began; dead says that this branch is left out.
	depth int
	dead  bool
	guard bool
	// taken says that one branch stands for all that follow it.
	taken bool
}

func (c *conds) alive() bool { return c.dead == 0 }

// maxConds bounds how many nested conditions, and branches of one, are told.
const maxConds = 100

func (c *conds) join() {
	if len(c.groups) > maxConds {
		return
	}
	var parts []string
	for _, g := range c.groups {
		if g.current != "" && !g.guard {
			parts = append(parts, g.current)
		}
	}
	if len(parts) == 1 {
		c.joined = parts[0]
		return
	}
	for i := range parts {
		parts[i] = wrapOr(parts[i])
	}
	c.joined = strings.Join(parts, " && ")
}

func (c *conds) open(pos Pos, cond string, depth int, guard bool) {
	c.groups = append(c.groups, condGroup{pos: pos, current: cond, depth: depth, guard: guard})
	c.kill(cond == "0")
	c.join()
}

// next begins an #elif or #else branch; cond is "" for #else. A branch is left out where the
// one before it did not close its brackets, or ended (inside) within a declaration: then the
// branches are alternatives for the same piece of code, and only one of them makes sense
// together with the rest.
func (c *conds) next(cond string, depth int, inside bool) bool {
	if len(c.groups) == 0 {
		return false
	}
	g := &c.groups[len(c.groups)-1]
	g.earlier = append(g.earlier, g.current)
	g.taken = g.taken || depth != g.depth || inside && !g.dead
	dead := g.taken || len(g.earlier) == 1 && g.current == "1" || cond == "0"
	c.kill(dead)
	parts := make([]string, 0, len(g.earlier)+1)
	for _, e := range g.earlier[:min(len(g.earlier), maxConds)] {
		if e != "0" {
			parts = append(parts, negate(e))
		}
	}
	if cond != "" {
		parts = append(parts, wrapOr(cond))
	}
	g.current = strings.Join(parts, " && ")
	c.join()
	return true
}

func (c *conds) close() bool {
	if len(c.groups) == 0 {
		return false
	}
	c.kill(false)
	c.groups = c.groups[:len(c.groups)-1]
	c.join()
	return true
}

// kill says whether the branch that is open is left out.
func (c *conds) kill(dead bool) {
	g := &c.groups[len(c.groups)-1]
	if g.dead != dead {
		if g.dead = dead; dead {
			c.dead++
		} else {
			c.dead--
		}
	}
}

func negate(cond string) string {
	inner, isNot := strings.CutPrefix(cond, "!")
	switch {
	case isNot && !strings.ContainsAny(inner, "&|<>= "):
		return inner
	case strings.ContainsAny(cond, "&|<>= "):
		return "!(" + cond + ")"
	}
	return "!" + cond
}

func wrapOr(cond string) string {
	if strings.Contains(cond, "||") || strings.Contains(cond, "?") {
		return "(" + cond + ")"
	}
	return cond
}

// ConfigsIn returns the CONFIG symbols in an expression, sorted, without "CONFIG_".
func ConfigsIn(expr string) []string {
	toks, _ := LexAt(Pos{Line: 1, Col: 2}, expr)
	var names []string
	for _, t := range toks {
		if name, ok := strings.CutPrefix(t.Text, "CONFIG_"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
