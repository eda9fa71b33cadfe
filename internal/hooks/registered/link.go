// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// A Link is a place in Rust that gives a function to a C shim, which registers it for a hook, or
// that puts the function into the union of hooks itself; then shim has no declaration.
type Link struct {
	file *rustsyn.File
	pos  ctype.Pos
	Shim *Registration
	// Adapter is the function given, nil where it is not found; text is how it is written.
	Adapter *rustsyn.Fn
	text    string
	// through is the function of Rust around the call whose parameter of that number is given, or nil.
	through *rustsyn.Fn
	param   int
}

// Pos returns where the function is given.
func (l *Link) Pos() ctype.Pos { return l.pos }

// RustFiles checks the Rust side of the series.
func (c *Series) RustFiles() {
	names := c.Src.LSMFiles(".rs")
	if len(names) == 0 {
		return
	}
	known := c.shims(names)
	m := c.Mapper()
	for _, name := range names {
		f := c.Src.Rust(name)
		for _, p := range f.Problems {
			c.Add("hooks/bad-rust", p.Pos, p.Message, "what stands around it is checked all the same")
		}
		c.Links = append(c.Links, c.linksOf(f, known)...)
		c.Links = append(c.Links, c.exported(f)...)
		c.renamed(f, known)
		c.filledTwice(f, known)
		c.addressed(f)
	}
	c.Links = append(c.Links, c.wrapped(names)...)
	done := map[string]bool{}
	for i := range c.Links {
		l := &c.Links[i]
		if l.Adapter == nil {
			continue
		}
		if key := l.Adapter.Pos.String() + l.Shim.Hook; !done[key] {
			done[key] = true
			c.adapter(m, l)
		}
	}
	c.traits(m)
}

// linksOf finds the places in f that put a function into a hook: the union of hooks, filled in or
// assigned to, and calls of shims, in functions and in macros.
func (c *Series) linksOf(f *rustsyn.File, known shims) []Link {
	var found []Link
	for _, m := range unionMembers(f.Tokens) {
		r := &Registration{Hook: m.name.Text, Pos: m.name.Pos, param: -1}
		found = append(found, c.newLinks(f, r, m.value, m.name.Pos, m.index)...)
		if len(c.ByName[m.name.Text]) == 0 {
			c.unknownHook(m.name.Text, m.name.Pos)
		}
	}
	for _, call := range callsIn(f) {
		if known[call.Name] == nil {
			c.missingShim(f, &call)
		}
		for i := range known[call.Name] {
			if r := &known[call.Name][i]; c.shimCall(f, &call, r) {
				found = append(found, c.newLinks(f, r, call.Args[r.param], call.Pos, call.Index)...)
			}
		}
	}
	return found
}

// wrapped follows the functions that are given to wrappers of the series around shims: functions of
// Rust that pass a parameter on.
func (c *Series) wrapped(names []string) []Link {
	var found []Link
	done := map[*rustsyn.Fn]bool{}
	for round, links := 0, c.Links; len(links) > 0 && round < maxFollowed; round++ {
		var next []Link
		for _, l := range links {
			if l.through == nil || done[l.through] || l.through.HasSelf {
				continue
			}
			done[l.through] = true
			for _, name := range names {
				next = append(next, c.callsOf(l, c.Src.Rust(name))...)
			}
		}
		found, links = append(found, next...), next
	}
	return found
}

// callsOf returns the links of the calls in f of the wrapper that l goes through.
func (c *Series) callsOf(l Link, f *rustsyn.File) []Link {
	var found []Link
	for _, call := range rustsyn.Calls(f.Tokens) {
		if call.Name == l.through.Name && l.param < len(call.Args) && !isBinding(f, &call) {
			found = append(found, c.linksFrom(f, l.Shim, call.Args[l.param], call.Pos, call.Index, false)...)
		}
	}
	return found
}

// A member is a value that is given to a member of the union of hooks, in an expression at the token
// of that index.
type member struct {
	name  rustsyn.Token
	value []rustsyn.Token
	index int
}

// unionMembers finds "security_list_options { NAME: value }" and "….hook.NAME = value;".
func unionMembers(toks []rustsyn.Token) []member {
	var found []member
	for _, e := range rustsyn.StructExprs(toks) {
		for _, fd := range e.Fields {
			if e.Name == defs.HookUnion && len(fd.Value) > 1 {
				found = append(found, member{rustsyn.Token{Text: fd.Name, Pos: fd.Pos}, fd.Value, e.Index})
			}
		}
	}
	for i := 0; i+5 < len(toks); i++ {
		if toks[i].Is(".") && toks[i+1].Is("hook") && toks[i+2].Is(".") && toks[i+4].Is("=") && !toks[i+5].Is("=") {
			found = append(found, member{toks[i+3], untilSemicolon(toks[i+5:]), i})
		}
	}
	return found
}

// addressed tells of members of the union of hooks that f names in another way than by setting them: what is put there by
// their address is not seen.
func (c *Series) addressed(f *rustsyn.File) {
	toks := f.Tokens
	for i := 0; i+4 < len(toks); i++ {
		if !toks[i].Is(".") || !toks[i+1].Is("hook") || !toks[i+2].Is(".") || len(c.ByName[toks[i+3].Text]) == 0 || toks[i+4].Is("=") {
			continue
		}
		begin := i
		for begin > 0 && !toks[begin].Is(";") && !toks[begin].Is("{") && !toks[begin].Is("}") {
			begin--
		}
		if slices.ContainsFunc(toks[begin:i], func(t rustsyn.Token) bool { return t.Is("&") || strings.HasPrefix(t.Text, "addr_of") }) {
			c.Add("hooks/unresolved", toks[i+3].Pos, fmt.Sprintf("the address of member %s of the union of hooks is taken, and what is put there is not followed", toks[i+3].Text),
				fmt.Sprintf("set it: ….hook.%s = Some(…)", toks[i+3].Text))
		}
	}
}

// exported returns the links of the functions of f that C registers by the names that they export.
func (c *Series) exported(f *rustsyn.File) []Link {
	var found []Link
	for _, fn := range f.Fns {
		name := exportedName(fn)
		if name == "" {
			continue
		}
		for _, file := range c.Src.LSMFiles(".c") {
			for i := range c.Regs[file] {
				r := &c.Regs[file][i]
				// One that is meant for another hook is told where it is registered.
				if r.Shim == nil && r.decl != nil && r.decl.Name == name && c.another(name, r.Hook) == nil {
					found = append(found, Link{file: f, pos: fn.Pos, Shim: r, Adapter: fn, text: "LSM_HOOK_INIT(" + r.Hook + ", " + r.Fn + ")"})
				}
			}
		}
	}
	return found
}

// exportedName returns the name that C knows a function by, or "".
func exportedName(fn *rustsyn.Fn) string {
	if a := rustsyn.FindAttr(fn.Attrs, "export_name"); a != nil {
		return a.Value()
	}
	if rustsyn.FindAttr(fn.Attrs, "no_mangle") != nil || rustsyn.FindAttr(fn.Attrs, "export") != nil {
		return fn.Name
	}
	return ""
}

// newLinks returns the links that an argument at the token of that index makes for the hook of r: one
// for each function that it may be.
func (c *Series) newLinks(f *rustsyn.File, r *Registration, arg []rustsyn.Token, pos ctype.Pos, index int) []Link {
	return c.linksFrom(f, r, arg, pos, index, true)
}

// linksFrom is newLinks for an argument that must be an Option, or need not be one.
func (c *Series) linksFrom(f *rustsyn.File, r *Registration, arg []rustsyn.Token, pos ctype.Pos, index int, option bool) []Link {
	if isTemplate(arg) {
		return nil // in the definition of a macro; what it makes is looked at where it is used
	}
	v := c.value(at(f, index), arg, 0)
	c.noFunction(r.Hook, arg, pos, &v)
	if option && len(v.fns) > 0 && !v.option {
		c.Add("hooks/shim-call", pos, fmt.Sprintf("hook %s is given `%s`, which is a function; bindgen has an Option of one", r.Hook, rustsyn.Text(arg)),
			fmt.Sprintf("write Some(%s)", rustsyn.Text(arg)))
	}
	if v.cast {
		c.Add("hooks/cast", pos, fmt.Sprintf("the function for hook %s is cast, so no compiler checks its type", r.Hook),
			"register the function without the cast")
	}
	if len(v.fns) == 0 {
		return []Link{{file: f, pos: pos, Shim: r, text: rustsyn.Text(arg)}}
	}
	var links []Link
	for _, fn := range c.meant(v.fns, r.Hook) {
		links = append(links, Link{file: f, pos: pos, Shim: r, Adapter: fn, text: rustsyn.Text(arg), through: v.through, param: v.param})
	}
	return links
}

// noFunction tells of an argument that is no function which C could call, and of one that could not be
// followed to a function.
func (c *Series) noFunction(hook string, arg []rustsyn.Token, pos ctype.Pos, v *value) {
	if len(arg) > 0 && arg[0].Pos.File != "" {
		pos = arg[0].Pos
	}
	hasBody := func(fn *rustsyn.Fn) bool { return fn.HasBody }
	switch {
	case len(v.fns) > 0 && (!v.none || slices.ContainsFunc(v.fns, hasBody)): // and not only what an Option is declared as
	case v.closure:
		c.Add("hooks/adapter-abi", pos, fmt.Sprintf("the closure that is given to hook %s is no extern \"C\" function", hook),
			"write an `unsafe extern \"C\" fn` and name it here")
	case v.none:
		c.Add("hooks/no-function", pos, fmt.Sprintf("hook %s gets no function", hook),
			"leave hooks without a function out of the list")
	default:
		c.Add("hooks/unresolved", pos, fmt.Sprintf("which function `%s` is, given to hook %s, is not found", rustsyn.Text(arg), hook),
			"name the function itself, so that its type can be compared")
	}
}

// isTemplate reports whether an expression has variables of a macro.
func isTemplate(expr []rustsyn.Token) bool {
	return slices.ContainsFunc(expr, func(t rustsyn.Token) bool { return strings.HasPrefix(t.Text, "$") && t.Text != "$crate" })
}

// meant returns the functions of a name that are meant for a hook: all where each stands under a cfg
// gate or has a name of its own, else the one that fits best.
func (c *Series) meant(fns []*rustsyn.Fn, hook string) []*rustsyn.Fn {
	isGated := func(fn *rustsyn.Fn) bool { return rustsyn.FindAttr(fn.Attrs, "cfg") != nil }
	isNamesake := func(fn *rustsyn.Fn) bool { return fn.Name == fns[0].Name && !isGated(fn) }
	if len(fns) < 2 || !slices.ContainsFunc(fns[1:], isNamesake) {
		return fns
	}
	fits := func(fn *rustsyn.Fn) bool { return c.fits(fn, hook) }
	return fns[max(0, slices.IndexFunc(fns, fits)):][:1]
}

// fits reports whether a function is what bindgen makes of a hook.
func (c *Series) fits(fn *rustsyn.Fn, hook string) bool {
	return slices.ContainsFunc(c.ByName[hook], func(h *defs.Hook) bool {
		return len(CompareAdapter(c.mapper, c.Src.Rust(fn.Pos.File), fn, h)) == 0
	})
}

// pick returns the functions name of the type or module owner; where there are none, free ones of that
// name.
func pick(f *rustsyn.File, name, owner string) []*rustsyn.Fn {
	var own, free []*rustsyn.Fn
	for _, fn := range f.Fns {
		switch {
		case fn.Name != name || fn.Owner != nil && fn.Owner.IsTrait:
		case fn.Owner != nil && fn.Owner.SelfType == owner, fn.Owner == nil && owner != "" && fn.Mod == owner:
			own = append(own, fn)
		case fn.Owner == nil:
			free = append(free, fn)
		}
	}
	if own != nil {
		return own
	}
	return free
}
