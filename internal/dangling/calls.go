// SPDX-License-Identifier: GPL-2.0-only

package dangling

import (
	"path"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// unsure is the number of arguments of what takes any number, or is declared in several ways.
const unsure = -1

// takenIn returns how many arguments the functions and macros take that u gives to others.
func takenIn(u *ctype.Unit) map[string]int {
	found := map[string]int{}
	give := func(name string, n int) {
		if old, known := found[name]; known && old != n {
			n = unsure
		}
		found[name] = n
	}
	for _, m := range u.Macros {
		switch {
		case m.Func && m.Rest == "":
			give(m.Name, len(m.Params))
		default:
			give(m.Name, unsure)
		}
	}
	for _, d := range u.Decls {
		switch {
		case !isFunc(d):
			give(d.Name, unsure)
		case d.Type.Variadic || d.Type.NoProto:
			give(d.Name, unsure)
		default:
			give(d.Name, len(d.Type.Params))
		}
	}
	return found
}

// retaken returns what headers declare before the series and after it, with another number of arguments.
func retaken(files []*file) []*name {
	merge := func(into, more map[string]int) {
		for word, n := range more {
			if old, known := into[word]; known && old != n {
				n = unsure
			}
			into[word] = n
		}
	}
	was, is := map[string]int{}, map[string]int{}
	declaredBy := map[string]*name{}
	for _, f := range files {
		if f.was != nil {
			merge(was, f.was.taken)
		}
		if f.is == nil {
			continue
		}
		merge(is, f.is.taken)
		for _, n := range f.is.declared {
			if declaredBy[n.text] == nil {
				declaredBy[n.text] = n
			}
		}
	}
	changed := map[string]*name{}
	for word, n := range declaredBy {
		old, known := was[word]
		if now := is[word]; known && old != now && old != unsure && now != unsure && n.call {
			n.was, n.takes = old, now
			changed[word] = n
		}
	}
	return inOrder(changed)
}

// definesFor reports whether a source has a function or macro of a name for itself.
func definesFor(u *ctype.Unit, name string) bool {
	if path.Ext(u.Path) == ".h" {
		return false
	}
	for _, d := range u.Find(name) {
		if d.Storage == "static" {
			return true
		}
	}
	return u.Macros[name] != nil
}

// argumentsAt returns with how many arguments toks, which begin with a name and "(", call it; unsure where the bracket does not close.
func argumentsAt(toks []ctype.Token, name string) int {
	calls := ctype.Calls(toks[:min(len(toks), farthest)], name)
	if len(calls) == 0 || calls[0].Index != 0 {
		return unsure
	}
	if args := calls[0].Args; len(args) != 1 || len(args[0]) > 0 {
		return len(args)
	}
	return 0
}

// farthest is how many tokens the arguments of a call may have.
const farthest = 1000
