// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A naming is a function, named at pos, that serves a hook, and whose name may tell which hook it is
// meant for. Decl is where the function is declared. Reg is the registration of one that is given to a hook itself.
type naming struct {
	fn, hook  string
	pos, decl ctype.Pos
	reg       *Registration
}

// crossed looks for functions that are named for one hook and serve another. Where the types of the
// two agree, as those of neighbours often do, no compiler sees it. Along a chain each link is held
// against the one before, so that one that is crossed is told once.
func (c *Series) crossed() {
	var all []naming
	for _, name := range c.Src.LSMFiles(".c", ".h") {
		for i := range c.Regs[name] {
			r := &c.Regs[name][i]
			if r.Shim != nil {
				all = append(all, naming{r.Shim.Name, r.Hook, r.Pos, r.Shim.Pos, nil})
			} else if r.decl != nil {
				all = append(all, naming{r.decl.Name, r.Hook, r.Pos, r.decl.Pos, r})
			}
		}
	}
	for i := range c.Links {
		if c.Links[i].Adapter != nil {
			all = append(all, c.chained(&c.Links[i])...)
		}
	}
	for _, n := range all {
		meant := c.namedFor(n.fn, n.hook)
		shared := func(other naming) bool { return other.decl == n.decl && other.hook == meant }
		if meant == n.hook || slices.ContainsFunc(all, shared) || c.toldAt(n.pos) || n.reg != nil && !c.couldServe(n.reg, meant) {
			continue
		}
		c.Add("hooks/crossed", n.pos,
			fmt.Sprintf("%s is named for hook %s, but serves hook %s", n.fn, meant, n.hook),
			fmt.Sprintf("use the function for %s here, or name this one for what it does", n.hook))
	}
}

// couldServe reports whether the function of a registration has the type of another hook as well: who writes down the parameters of a
// hook knows which one it is.
func (c *Series) couldServe(r *Registration, hook string) bool {
	fits := func(h *defs.Hook) bool { return len(CompareFuncs(h.Type, r.Type, r.Names)) == 0 }
	return r.Type == nil || r.Cast || slices.ContainsFunc(c.ByName[hook], fits)
}

// chained returns the adapter of a link, and the trait's methods that it calls.
func (c *Series) chained(l *Link) []naming {
	hook := l.Shim.Hook
	if l.Shim.Shim != nil {
		hook = c.namedFor(l.Shim.Shim.Name, hook)
	}
	found := []naming{{l.Adapter.Name, hook, l.pos, l.Adapter.Pos, nil}}
	hook = c.namedFor(l.Adapter.Name, hook)
	for _, tc := range c.traitCalls(l.Adapter) {
		if tc.method != nil && len(c.ByName[tc.call.Name]) > 0 {
			found = append(found, naming{tc.call.Name, hook, tc.call.Pos, tc.method.Pos, nil})
		}
	}
	return found
}

// namedFor returns the hook that the name of a function, or its last words (before "callback" and the
// like), tell, or hook where they
// tell none, all words of hook are among them, or only the first words of hook.
func (c *Series) namedFor(fn, hook string) string {
	words := strings.Split(fn, "_")
	if !slices.ContainsFunc(strings.Split(hook, "_"), func(w string) bool { return !slices.Contains(words, w) }) {
		return hook
	}
	if len(c.ByName[hook]) == 0 {
		return hook
	}
	for last := len(words); last > len(words)-2 && last > 0; last-- {
		if last < len(words) && !isHandlerWord(words[last]) {
			break
		}
		for i := range words[:last] {
			name := strings.Join(words[i:last], "_")
			if len(c.ByName[name]) == 0 {
				continue
			}
			if strings.HasPrefix(hook, name+"_") {
				return hook
			}
			return name
		}
	}
	return hook
}

// isHandlerWord reports whether a word at the end of a function's name says only that it serves a hook.
func isHandlerWord(word string) bool {
	return slices.Contains([]string{"callback", "cb", "hook", "handler", "adapter", "fn", "shim", "wrapper", "trampoline", "impl", "c"}, word)
}

// another returns the hook that a function is named for where that is not the one that it serves, or nil.
func (c *Series) another(fn, hook string) *defs.Hook {
	if name := c.namedFor(fn, hook); name != hook {
		return c.ByName[name][0]
	}
	return nil
}

// wrongFunction tells at pos of a function that is not of the type of its hook, since it is one for
// another.
func (c *Series) wrongFunction(check string, pos ctype.Pos, fn string, hook, other *defs.Hook) *report.Finding {
	return c.Add(check, pos,
		fmt.Sprintf("hook %s is `%s` in this tree (%s:%d), but is given %s, a function for hook %s",
			hook.Name, hook.Prototype(), hook.File, hook.Line, fn, other.Name),
		fmt.Sprintf("in %s give it the function for %s", pos.String(), hook.Name))
}

// toldAt reports whether something is wrong at a place already.
func (c *Series) toldAt(pos ctype.Pos) bool {
	return c.lines[ctype.Pos{File: pos.File, Line: pos.Line}]
}
