// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// shims are the registrations by parameter, by the name that Rust calls: rust_helper_x is
// bindings::x.
type shims map[string][]Registration

func (s shims) add(regs []Registration) {
	for _, r := range regs {
		if r.Shim != nil {
			name := strings.TrimPrefix(r.Shim.Name, "rust_helper_")
			s[name] = append(s[name], r)
		}
	}
}

// shims returns the shims of the series, and those of the tree's helpers where the Rust files
// names give functions to others than the series has.
func (c *Series) shims(names []string) shims {
	found := shims{}
	for _, file := range slices.Sorted(maps.Keys(c.Checked)) {
		found.add(c.Checked[file])
	}
	if !slices.ContainsFunc(names, func(name string) bool { return callsOthers(c.Src.Rust(name), found) }) {
		return found
	}
	for _, name := range c.Src.HelperFiles() {
		if c.Regs[name] == nil && bytes.Contains(c.Src.Read(name), []byte("LSM_HOOK_INIT")) {
			found.add(RegistrationsOf(c.Src, c.Src.Unit(name)))
		}
	}
	return found
}

// callsOthers reports whether f gives a function to a binding that is no shim of known.
func callsOthers(f *rustsyn.File, known shims) bool {
	for _, call := range callsIn(f) {
		if known[call.Name] == nil && isBinding(f, &call) && slices.ContainsFunc(call.Args, isSome) {
			return true
		}
	}
	return false
}

// callsIn returns the calls in a file; what is imported under another name has its own.
func callsIn(f *rustsyn.File) []rustsyn.Call {
	calls := rustsyn.Calls(f.Tokens)
	lets := letBindings(f)
	for i := range calls {
		if path := lets[calls[i].Name]; path != nil && len(calls[i].Path) == 1 {
			calls[i].Name, calls[i].Path = path[len(path)-1].Text, path
		}
		if full := f.Uses[calls[i].Name]; len(calls[i].Path) == 1 && len(full) > 1 && full[len(full)-2] == "bindings" {
			calls[i].Name = full[len(full)-1]
		}
	}
	return calls
}

// maxLet is how many tokens a let may have, with its type, whose name is followed.
const maxLet = 100

// letBindings returns the paths of bindings that f gives names by let, for the names that are given once and for nothing but calls.
func letBindings(f *rustsyn.File) map[string][]rustsyn.Token {
	found := map[string][]rustsyn.Token{}
	toks := f.Tokens
	for i := 0; i+4 < len(toks); i++ {
		if !toks[i].Is("let") || !toks[i+2].Is("=") && !toks[i+2].Is(":") {
			continue
		}
		begin := toks[i+2 : min(i+2+maxLet, len(toks))]
		is := slices.IndexFunc(begin, func(t rustsyn.Token) bool { return t.Is("=") || t.Is(";") })
		end := slices.IndexFunc(begin, func(t rustsyn.Token) bool { return t.Is(";") })
		if end <= is { // without a value, too
			continue
		}
		path := begin[is+1 : end]
		t, err := rustsyn.ParsePath(path)
		switch {
		case err != nil || bindgen.BindingName(f, t) == "":
		case found[toks[i+1].Text] != nil:
			found[toks[i+1].Text] = []rustsyn.Token{} // several
		default:
			found[toks[i+1].Text] = path
		}
	}
	if len(found) == 0 {
		return nil
	}
	for i := 1; i+1 < len(toks); i++ {
		if found[toks[i].Text] != nil && !toks[i+1].Is("(") && !toks[i-1].Is("let") {
			delete(found, toks[i].Text)
		}
	}
	maps.DeleteFunc(found, func(_ string, path []rustsyn.Token) bool { return len(path) == 0 })
	return found
}

// calledAlone returns the names of f that it imports, once, and does nothing with but call them.
func calledAlone(f *rustsyn.File) map[string]bool {
	calls, others := map[string]int{}, map[string]int{}
	for i := 0; i+1 < len(f.Tokens); i++ {
		name := f.Tokens[i].Text
		switch {
		case len(f.Uses[name]) == 0:
		case f.Tokens[i+1].Is("("):
			calls[name]++
		default:
			others[name]++ // one is that of the import
		}
	}
	alone := map[string]bool{}
	for name := range calls {
		alone[name] = others[name] == 1
	}
	return alone
}

// isBinding reports whether a call is one of bindings::NAME, with the imports of the file.
func isBinding(f *rustsyn.File, call *rustsyn.Call) bool {
	t, err := rustsyn.ParsePath(call.Path)
	return err == nil && bindgen.BindingName(f, t) == call.Name
}

// isSome reports whether an argument is Some(…), or that under a condition.
func isSome(arg []rustsyn.Token) bool { return someOf(arg) != nil }

// someOf returns what is inside the first Some(…) of an argument, or inside then_some(…), or nil.
func someOf(arg []rustsyn.Token) []rustsyn.Token {
	for i := 0; i+1 < len(arg); i++ {
		if (arg[i].Is("Some") || arg[i].Is("then_some")) && arg[i+1].Is("(") {
			return rustsyn.Group(arg[i+1:])
		}
	}
	return nil
}

// shimCall reports whether a call of a shim gives it a function that can be looked at, and tells of
// one with other arguments than the shim takes.
func (c *Series) shimCall(f *rustsyn.File, call *rustsyn.Call, r *Registration) bool {
	if !isBinding(f, call) || slices.ContainsFunc(call.Args, isTemplate) {
		return r.param < len(call.Args)
	}
	tell := func(pos ctype.Pos, message string) {
		c.Add("hooks/shim-call", pos, message, "give it what it takes, in its order").Detail = fmt.Sprintf("%s: %s", r.Shim.Pos, r.Shim.Type.Declare(r.Shim.Name))
	}
	if len(call.Args) != len(r.Shim.Params) {
		tell(call.Pos, fmt.Sprintf("%s takes %s, but is given %d", call.Name, plural(len(r.Shim.Params), "argument"), len(call.Args)))
		return r.param < len(call.Args)
	}
	for i, arg := range call.Args {
		if i != r.param && isFunctionOption(arg) {
			tell(arg[0].Pos, fmt.Sprintf("argument %d of %s is `%s`, but the function is argument %d", i+1, call.Name, rustsyn.Text(arg), r.param+1))
			return false
		}
	}
	return true
}

// isFunctionOption reports whether an argument is Some(…) or None as a whole.
func isFunctionOption(arg []rustsyn.Token) bool {
	arg = bare(arg)
	head, _ := lastCall(arg)
	return len(arg) == 1 && arg[0].Is("None") || lastIdent(head) == "Some"
}

// missingShim tells of a call that gives an extern "C" function of the series to a C function
// that does not exist.
func (c *Series) missingShim(f *rustsyn.File, call *rustsyn.Call) {
	if !isBinding(f, call) || strings.HasPrefix(call.Name, "$") { // of a macro, which is looked at where it is used
		return
	}
	for _, arg := range call.Args {
		if !isSome(arg) {
			continue
		}
		fns := c.value(at(f, call.Index), arg, 0).fns
		if len(fns) == 0 || fns[0].ABI != "C" || c.hasHelper(call.Name) || c.Src.Headers.Decl(call.Name) != nil {
			continue
		}
		c.Add("hooks/no-shim", call.Pos,
			fmt.Sprintf("bindings::%s is given %s, but no C helper rust_helper_%[1]s exists", call.Name, fns[0].Name),
			fmt.Sprintf("add it in %s, with LSM_HOOK_INIT() around the function that it gets", c.Src.HelperPlace()))
		return
	}
}

// hasHelper reports whether a C helper of the tree is called rust_helper_NAME.
func (c *Series) hasHelper(name string) bool {
	return slices.ContainsFunc(c.Src.HelperFiles(), func(file string) bool {
		return bytes.Contains(c.Src.Read(file), []byte("rust_helper_"+name+"("))
	})
}

// renamed tells of a shim that f names without calling it: it is called by another name then, as a value or an import,
// and what it is given there is not seen.
func (c *Series) renamed(f *rustsyn.File, known shims) {
	inUse, public := false, false
	alone := sync.OnceValue(func() map[string]bool { return calledAlone(f) })
	lets := map[ctype.Pos]bool{}
	for _, path := range letBindings(f) {
		lets[path[len(path)-1].Pos] = true
	}
	for i := 0; i+1 < len(f.Tokens); i++ {
		t, next := &f.Tokens[i], &f.Tokens[i+1]
		switch {
		case t.Is("use"):
			inUse, public = true, i > 0 && (f.Tokens[i-1].Is("pub") || f.Tokens[i-1].Is(")"))
		case t.Is(";"):
			inUse = false
		}
		name := strings.TrimPrefix(strings.Trim(t.Text, `"`), "rust_helper_")
		if known[name] == nil || lets[t.Pos] {
			continue
		}
		if inUse && !public && next.Is("as") && i+2 < len(f.Tokens) {
			alias := f.Tokens[i+2].Text
			if full := f.Uses[alias]; alone()[alias] && full[len(full)-1] == name {
				continue
			}
		}
		quoted := strings.HasPrefix(t.Text, `"`)
		if quoted || next.Is("as") || !inUse && !next.Is("(") && !next.Is("::") {
			c.Add("hooks/unresolved", t.Pos, fmt.Sprintf("%s goes by another name here, and what it is given is not followed", name),
				fmt.Sprintf("call bindings::%s itself", name))
		}
	}
}
