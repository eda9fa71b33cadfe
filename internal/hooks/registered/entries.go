// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// maxApart is how many tokens may stand between two calls that are held against each other, which is more than a hundred entries
// have: a hostile file has many calls.
const maxApart = 1 << 12

// A filling is a call of a shim in Rust that fills in an entry of a list of hooks.
type filling struct {
	call  rustsyn.Call
	hook  string
	entry []rustsyn.Token
}

// filledTwice tells of an entry that f fills in twice, so that the first hook is lost, and of a hook that gets one function twice.
func (c *Series) filledTwice(f *rustsyn.File, known shims) {
	entries, functions := map[string]*filling{}, map[string]*filling{}
	inArgs := make([]bool, len(f.Tokens)) // the token is what a shim is given
	for _, call := range callsIn(f) {
		regs := known[call.Name]
		if len(regs) == 0 || !isBinding(f, &call) || len(call.Args) != len(regs[0].Shim.Params) || slices.ContainsFunc(call.Args, isTemplate) {
			continue
		}
		for i, depth := call.Index, 0; i < min(len(f.Tokens), call.Index+maxApart); i++ {
			inArgs[i] = true
			if f.Tokens[i].Is("(") {
				depth++
			} else if f.Tokens[i].Is(")") {
				if depth--; depth == 0 {
					break
				}
			}
		}
		now := &filling{call: call, hook: regs[0].Hook, entry: entryOf(&regs[0], &call)}
		if now.entry == nil {
			continue
		}
		text := rustsyn.Text(now.entry)
		function := call.Name + " " + rustsyn.Text(call.Args[regs[0].param])
		if was := entries[text]; was != nil && runsInto(f.Tokens, inArgs, was, now) {
			c.Add("hooks/twice", call.Pos, fmt.Sprintf("`%s` is filled in twice (%s), so hook %s is lost", text, was.call.Pos, was.hook), "fill in the next one")
		} else if was := functions[function]; was != nil && runsInto(f.Tokens, inArgs, was, now) {
			c.Add("hooks/twice", call.Pos, fmt.Sprintf("hook %s gets %s twice (%s)", now.hook, rustsyn.Text(call.Args[regs[0].param]), was.call.Pos), "leave one of them out: it is called twice")
		}
		entries[text], functions[function] = now, now
	}
}

// entryOf returns what a call gives as the entry of a list, where its text says which that is: a name, with a number at the most.
func entryOf(r *Registration, call *rustsyn.Call) []rustsyn.Token {
	isEntry := func(p ctype.Param) bool {
		return p.Type.Pointee() != nil && p.Type.Pointee().Name == "security_hook_list"
	}
	i := slices.IndexFunc(r.Shim.Params, isEntry)
	if i < 0 || i == r.param {
		return nil
	}
	entry := call.Args[i]
	for j := range entry {
		isCall := j+1 < len(entry) && entry[j+1].Is("(")
		if isCall && entry[j].Kind == rustsyn.Ident && !slices.Contains([]string{"add", "offset", "as_mut_ptr", "cast", "as_mut", "addr_of_mut"}, entry[j].Text) {
			return nil
		}
	}
	return entry
}

// runsInto reports whether whoever makes the first of two calls comes to the second, with the names of its entry as they were:
// nothing but shims names them between the two.
func runsInto(toks []rustsyn.Token, inArgs []bool, first, second *filling) bool {
	if second.call.Index-first.call.Index > maxApart {
		return false
	}
	depth := 0
	for i := first.call.Index; i < second.call.Index; i++ {
		t := &toks[i]
		switch {
		case t.Is("{"):
			depth++
		case t.Is("}"):
			depth--
		case t.Is("=>") || t.Is("return") || t.Is("break") || t.Is("continue") || t.Is("cfg"):
			return false
		case t.Kind == rustsyn.Ident && !inArgs[i] && !t.Is("mut") && (names(first.entry, t.Text) || names(second.entry, t.Text)):
			return false
		}
		if depth < 0 {
			return false
		}
	}
	return true
}

func names(toks []rustsyn.Token, name string) bool {
	return slices.ContainsFunc(toks, func(t rustsyn.Token) bool { return t.Is(name) })
}
