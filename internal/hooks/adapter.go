// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// A link is a place in Rust that gives a function to a C shim, which registers it for a hook, or
// that puts the function into the union of hooks itself; then shim has no declaration.
type link struct {
	file *rustsyn.File
	pos  ctype.Pos
	shim *registration
	// adapter is the function given, nil where it is not found; text is how it is written.
	adapter *rustsyn.Fn
	text    string
}

// shims are the registrations by parameter, by the name that Rust calls: rust_helper_x is
// bindings::x.
type shims map[string][]registration

func (s shims) add(regs []registration) {
	for _, r := range regs {
		if r.shim != nil {
			name := strings.TrimPrefix(r.shim.Name, "rust_helper_")
			s[name] = append(s[name], r)
		}
	}
}

// shims returns the shims of the series, and those of the tree's helpers where the Rust files
// names give functions to others than the series has.
func (c *series) shims(names []string) shims {
	found := shims{}
	for _, regs := range c.checked {
		found.add(regs)
	}
	if !slices.ContainsFunc(names, func(name string) bool { return callsOthers(c.src.rust(name), found) }) {
		return found
	}
	for _, name := range c.src.helperFiles() {
		if c.regs[name] == nil && bytes.Contains(c.src.read(name), []byte("LSM_HOOK_INIT")) {
			found.add(registrationsOf(c.src, c.src.unit(name)))
		}
	}
	return found
}

// callsOthers reports whether f gives a function to a binding that is no shim of known.
func callsOthers(f *rustsyn.File, known shims) bool {
	for _, call := range rustsyn.Calls(f.Tokens) {
		if known[call.Name] == nil && isBinding(f, &call) && slices.ContainsFunc(call.Args, isSome) {
			return true
		}
	}
	return false
}

// isBinding reports whether a call is one of bindings::NAME, with the imports of the file.
func isBinding(f *rustsyn.File, call *rustsyn.Call) bool {
	t, err := rustsyn.ParsePath(call.Path)
	return err == nil && bindingName(f, t) == call.Name
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

// rustFiles checks the Rust side of the series.
func (c *series) rustFiles() {
	names := c.src.lsmFiles(".rs")
	if len(names) == 0 {
		return
	}
	known := c.shims(names)
	m := newMapper(c.src)
	c.mapper = m
	for _, name := range names {
		f := c.src.rust(name)
		for _, p := range f.Problems {
			c.add("hooks/bad-rust", p.Pos, p.Message, "what stands around it is checked all the same")
		}
		c.links = append(c.links, c.linksOf(f, known)...)
		c.links = append(c.links, c.exported(f)...)
	}
	done := map[string]bool{}
	for i := range c.links {
		l := &c.links[i]
		if l.adapter == nil {
			continue
		}
		if key := l.adapter.Pos.String() + l.shim.hook; !done[key] {
			done[key] = true
			c.adapter(m, l)
		}
	}
	c.traits(m)
}

// linksOf finds the calls of shims in f, in functions and in macros.
func (c *series) linksOf(f *rustsyn.File, known shims) []link {
	var found []link
	for _, e := range rustsyn.StructExprs(f.Tokens) {
		for _, fd := range e.Fields {
			if e.Name == hookUnion && len(fd.Value) > 1 {
				r := &registration{hook: fd.Name, pos: fd.Pos, param: -1}
				found = append(found, c.newLinks(f, r, fd.Value, fd.Pos, e.Index)...)
				if len(c.byName[fd.Name]) == 0 {
					c.unknownHook(fd.Name, fd.Pos)
				}
			}
		}
	}
	for _, call := range rustsyn.Calls(f.Tokens) {
		if known[call.Name] == nil {
			c.missingShim(f, &call)
		}
		for i := range known[call.Name] {
			if r := &known[call.Name][i]; r.param < len(call.Args) {
				found = append(found, c.newLinks(f, r, call.Args[r.param], call.Pos, call.Index)...)
			}
		}
	}
	return found
}

// missingShim tells of a call that gives an extern "C" function of the series to a C function
// that does not exist.
func (c *series) missingShim(f *rustsyn.File, call *rustsyn.Call) {
	if !isBinding(f, call) {
		return
	}
	for _, arg := range call.Args {
		if !isSome(arg) {
			continue
		}
		fns := c.findAdapters(f, arg, call.Index)
		if len(fns) == 0 || fns[0].ABI != "C" || c.hasHelper(call.Name) || c.src.headers.Decl(call.Name) != nil {
			continue
		}
		c.add("hooks/no-shim", call.Pos,
			fmt.Sprintf("bindings::%s is given %s, but no C helper rust_helper_%[1]s exists", call.Name, fns[0].Name),
			fmt.Sprintf("add it in %s, with LSM_HOOK_INIT() around the function that it gets", c.src.helperPlace()))
		return
	}
}

// hasHelper reports whether a C helper of the tree is called rust_helper_NAME.
func (c *series) hasHelper(name string) bool {
	return slices.ContainsFunc(c.src.helperFiles(), func(file string) bool {
		return bytes.Contains(c.src.read(file), []byte("rust_helper_"+name+"("))
	})
}

// exported returns the links of the functions of f that C registers by the names that they export.
func (c *series) exported(f *rustsyn.File) []link {
	var found []link
	for _, fn := range f.Fns {
		name := exportedName(fn)
		if name == "" {
			continue
		}
		for _, file := range c.src.lsmFiles(".c") {
			for i := range c.regs[file] {
				r := &c.regs[file][i]
				// One that is meant for another hook is told where it is registered.
				if r.shim == nil && r.decl != nil && r.decl.Name == name && c.another(name, r.hook) == nil {
					found = append(found, link{f, fn.Pos, r, fn, "LSM_HOOK_INIT(" + r.hook + ", " + r.fn + ")"})
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

// newLinks returns the links that an argument makes for the hook of r, in an expression that begins at
// pos, the token of that index: one, or one for each
// function of that name where all of them stand under cfg gates.
func (c *series) newLinks(f *rustsyn.File, r *registration, arg []rustsyn.Token, pos ctype.Pos, index int) []link {
	fns := c.findAdapters(f, arg, index)
	isGated := func(fn *rustsyn.Fn) bool { return rustsyn.FindAttr(fn.Attrs, "cfg") != nil }
	if len(fns) == 0 {
		fns = []*rustsyn.Fn{nil}
	} else if slices.ContainsFunc(fns, func(fn *rustsyn.Fn) bool { return !isGated(fn) }) {
		fits := func(fn *rustsyn.Fn) bool { return c.fits(fn, r.hook) }
		fns = fns[max(0, slices.IndexFunc(fns, fits)):][:1]
	}
	var links []link
	for _, fn := range fns {
		links = append(links, link{f, pos, r, fn, rustsyn.Text(arg)})
	}
	return links
}

// fits reports whether a function is what bindgen makes of a hook.
func (c *series) fits(fn *rustsyn.Fn, hook string) bool {
	return slices.ContainsFunc(c.byName[hook], func(h *Hook) bool {
		return len(compareAdapter(c.mapper, c.src.rust(fn.Pos.File), fn, h)) == 0
	})
}

// findAdapters finds the functions that an argument at the token of that index names: Some(Self::f),
// Some(Adapter::<T>::f), f.
func (c *series) findAdapters(f *rustsyn.File, arg []rustsyn.Token, index int) []*rustsyn.Fn {
	if inner := someOf(arg); inner != nil {
		arg = inner
	}
	if i := slices.IndexFunc(arg, func(t rustsyn.Token) bool { return t.Is("as") }); i > 0 {
		arg = arg[:i]
	}
	t, err := rustsyn.ParsePath(arg)
	if err != nil || len(t.Segs) == 0 {
		return nil
	}
	name, owner := t.Last(), ""
	if len(t.Segs) > 1 {
		owner = t.Segs[len(t.Segs)-2]
	}
	if owner == "Self" {
		owner = ownerAt(f, index)
	}
	if fns := pick(f, name, owner); fns != nil {
		return fns
	}
	for _, other := range c.src.lsmFiles(".rs") {
		if fns := pick(c.src.rust(other), name, owner); fns != nil {
			return fns
		}
	}
	return nil
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

// ownerAt returns the type whose impl stands around the token of that index.
func ownerAt(f *rustsyn.File, index int) string {
	for _, fn := range f.Fns {
		if fn.Owner != nil && fn.Spans(index) {
			return fn.Owner.SelfType
		}
	}
	return ""
}

// adapter checks a Rust function against the hook that a shim registers it for.
func (c *series) adapter(m *mapper, l *link) {
	hooks := c.byName[l.shim.hook]
	if len(hooks) == 0 {
		return
	}
	h, fn := hooks[0], l.adapter
	for _, other := range hooks {
		if m.compareFunc(l.file, fn.Type(), other.Type, 0) == matches {
			h = other
		}
	}
	if fn.ABI != "C" {
		c.add("hooks/adapter-abi", fn.Pos,
			fmt.Sprintf("%s, registered for hook %s, is no extern \"C\" function", fn.Name, h.Name),
			fmt.Sprintf("write `unsafe extern \"C\" fn %s%s`", fn.Name, m.rustHead(h.Type)))
	}
	file := c.src.rust(fn.Pos.File)
	diff := compareAdapter(m, file, fn, h)
	if other := c.another(fn.Name, h.Name); len(diff) > 0 && other != nil && len(compareAdapter(m, file, fn, other)) == 0 {
		c.wrongFunction("hooks/adapter-type", l.pos, fn.Name, h, other).Detail = c.rustChain(l, h)
		return
	}
	for _, mm := range diff {
		c.adapterMismatch(m, l, h, mm)
	}
}

// compareAdapter returns how fn differs from what the hook is in Rust.
func compareAdapter(m *mapper, f *rustsyn.File, fn *rustsyn.Fn, h *Hook) []mismatch {
	var found []mismatch
	if m.same(f, fn.Ret, h.Type.Elem) == differs {
		found = append(found, mismatch{param: returns, want: m.rust(h.Type.Elem), got: fn.Ret.String()})
	}
	if len(fn.Params) != len(h.Type.Params) || fn.HasSelf {
		return append(found, mismatch{param: arity, want: count(h.Type), got: plural(len(fn.Params), "parameter")})
	}
	for i, p := range h.Type.Params {
		if m.same(f, fn.Params[i].Type, p.Type) == differs {
			found = append(found, mismatch{param: i, want: m.rust(p.Type), got: fn.Params[i].Type.String()})
		}
	}
	swaps(found, func(g, w int) bool { return m.same(f, fn.Params[g].Type, h.Type.Params[w].Type) == matches })
	return found
}

func (c *series) adapterMismatch(m *mapper, l *link, h *Hook, mm mismatch) {
	fn, there := l.adapter, h.paramPos(mm.param).String()
	here := fn.Pos
	var message, hint string
	switch mm.param {
	case returns:
		message = fmt.Sprintf("hook %s returns `%s` in this tree (%s), `%s` in Rust; %s returns `%s`",
			h.Name, h.Return, there, mm.want, fn.Name, mm.got)
		hint = fmt.Sprintf("in %s let %s return `%s`", here.String(), fn.Name, mm.want)
	case arity:
		message = fmt.Sprintf("hook %s takes %s in this tree (%s), %s takes %s", h.Name, mm.want, there, fn.Name, mm.got)
		hint = fmt.Sprintf("in %s write `unsafe extern \"C\" fn %s%s`", here.String(), fn.Name, m.rustHead(h.Type))
	default:
		here = fn.Params[mm.param].Pos
		p := h.Type.Params[mm.param]
		message = fmt.Sprintf("hook %s takes `%s` in this tree (%s), `%s` in Rust; %s has `%s`",
			h.Name, p.Type.Declare(p.Name), there, mm.want, fn.Name, mm.got)
		hint = fmt.Sprintf("in %s write `%s: %s`", here.String(), fn.Params[mm.param].Name, mm.want)
	}
	f := c.add("hooks/adapter-type", here, message, mm.advice(hint))
	f.Detail = c.rustChain(l, h)
}

// rustChain shows the links from the hook to the Rust function.
func (c *series) rustChain(l *link, h *Hook) string {
	lines := []string{fmt.Sprintf("%s:%d: %s", h.File, h.Line, h.Prototype())}
	if d := l.shim.decl; d != nil {
		lines = append(lines, fmt.Sprintf("%s: %s", d.Pos.String(), d.Type.Declare(d.Name)))
	}
	lines = append(lines,
		fmt.Sprintf("%s: %s", l.pos.String(), l.text),
		fmt.Sprintf("%s: %s", l.adapter.Pos.String(), l.adapter.Signature()))
	return strings.Join(lines, "\n")
}
