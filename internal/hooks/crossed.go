// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A naming is a function, named at pos, that serves a hook, and whose name may tell which hook it is
// meant for. Decl is where the function is declared.
type naming struct {
	fn, hook  string
	pos, decl ctype.Pos
}

// crossed looks for functions that are named for one hook and serve another. Where the types of the
// two agree, as those of neighbours often do, no compiler sees it. Along a chain each link is held
// against the one before, so that one that is crossed is told once.
func (c *series) crossed() {
	var all []naming
	for _, name := range c.src.lsmFiles(".c", ".h") {
		for _, r := range c.regs[name] {
			if r.shim != nil {
				all = append(all, naming{r.shim.Name, r.hook, r.pos, r.shim.Pos})
			} else if r.decl != nil {
				all = append(all, naming{r.decl.Name, r.hook, r.pos, r.decl.Pos})
			}
		}
	}
	for i := range c.links {
		if c.links[i].adapter != nil {
			all = append(all, c.chained(&c.links[i])...)
		}
	}
	for _, n := range all {
		meant := c.namedFor(n.fn, n.hook)
		shared := func(other naming) bool { return other.decl == n.decl && other.hook == meant }
		if meant == n.hook || slices.ContainsFunc(all, shared) || c.toldAt(n.pos) {
			continue
		}
		c.add("hooks/crossed", n.pos,
			fmt.Sprintf("%s is named for hook %s, but serves hook %s", n.fn, meant, n.hook),
			fmt.Sprintf("use the function for %s here, or name this one for what it does", n.hook))
	}
}

// chained returns the adapter of a link, and the trait's methods that it calls.
func (c *series) chained(l *link) []naming {
	hook := l.shim.hook
	if l.shim.shim != nil {
		hook = c.namedFor(l.shim.shim.Name, hook)
	}
	found := []naming{{l.adapter.Name, hook, l.pos, l.adapter.Pos}}
	hook = c.namedFor(l.adapter.Name, hook)
	for _, tc := range c.traitCalls(l.adapter) {
		if tc.method != nil && len(c.byName[tc.call.Name]) > 0 {
			found = append(found, naming{tc.call.Name, hook, tc.call.Pos, tc.method.Pos})
		}
	}
	return found
}

// namedFor returns the hook that the name of a function, or its last words, tell, or hook where they
// tell none, all words of hook are among them, or only the first words of hook.
func (c *series) namedFor(fn, hook string) string {
	words := strings.Split(fn, "_")
	if !slices.ContainsFunc(strings.Split(hook, "_"), func(w string) bool { return !slices.Contains(words, w) }) {
		return hook
	}
	for i := range words {
		name := strings.Join(words[i:], "_")
		if len(c.byName[name]) == 0 || len(c.byName[hook]) == 0 {
			continue
		}
		if strings.HasPrefix(hook, name+"_") {
			return hook
		}
		return name
	}
	return hook
}

// another returns the hook that a function is named for where that is not the one that it serves, or nil.
func (c *series) another(fn, hook string) *Hook {
	if name := c.namedFor(fn, hook); name != hook {
		return c.byName[name][0]
	}
	return nil
}

// wrongFunction tells at pos of a function that is not of the type of its hook, since it is one for
// another.
func (c *series) wrongFunction(check string, pos ctype.Pos, fn string, hook, other *Hook) *report.Finding {
	return c.add(check, pos,
		fmt.Sprintf("hook %s is `%s` in this tree (%s:%d), but is given %s, a function for hook %s",
			hook.Name, hook.Prototype(), hook.File, hook.Line, fn, other.Name),
		fmt.Sprintf("in %s give it the function for %s", pos.String(), hook.Name))
}

// toldAt reports whether something is wrong at a place already.
func (c *series) toldAt(pos ctype.Pos) bool {
	return slices.ContainsFunc(c.findings, func(f report.Finding) bool { return f.File == pos.File && f.Line == pos.Line })
}
