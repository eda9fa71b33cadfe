// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
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
}

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
	for _, regs := range c.Checked {
		found.add(regs)
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

// RustFiles checks the Rust side of the series.
func (c *Series) RustFiles() {
	names := c.Src.LSMFiles(".rs")
	if len(names) == 0 {
		return
	}
	known := c.shims(names)
	m := bindgen.New(c.Src)
	c.mapper = m
	for _, name := range names {
		f := c.Src.Rust(name)
		for _, p := range f.Problems {
			c.Add("hooks/bad-rust", p.Pos, p.Message, "what stands around it is checked all the same")
		}
		c.Links = append(c.Links, c.linksOf(f, known)...)
		c.Links = append(c.Links, c.exported(f)...)
	}
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

// linksOf finds the calls of shims in f, in functions and in macros.
func (c *Series) linksOf(f *rustsyn.File, known shims) []Link {
	var found []Link
	for _, e := range rustsyn.StructExprs(f.Tokens) {
		for _, fd := range e.Fields {
			if e.Name == defs.HookUnion && len(fd.Value) > 1 {
				r := &Registration{Hook: fd.Name, Pos: fd.Pos, param: -1}
				found = append(found, c.newLinks(f, r, fd.Value, fd.Pos, e.Index)...)
				if len(c.ByName[fd.Name]) == 0 {
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
func (c *Series) missingShim(f *rustsyn.File, call *rustsyn.Call) {
	if !isBinding(f, call) {
		return
	}
	for _, arg := range call.Args {
		if !isSome(arg) {
			continue
		}
		fns := c.findAdapters(f, arg, call.Index)
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
					found = append(found, Link{f, fn.Pos, r, fn, "LSM_HOOK_INIT(" + r.Hook + ", " + r.Fn + ")"})
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
func (c *Series) newLinks(f *rustsyn.File, r *Registration, arg []rustsyn.Token, pos ctype.Pos, index int) []Link {
	fns := c.findAdapters(f, arg, index)
	isGated := func(fn *rustsyn.Fn) bool { return rustsyn.FindAttr(fn.Attrs, "cfg") != nil }
	if len(fns) == 0 {
		fns = []*rustsyn.Fn{nil}
	} else if slices.ContainsFunc(fns, func(fn *rustsyn.Fn) bool { return !isGated(fn) }) {
		fits := func(fn *rustsyn.Fn) bool { return c.fits(fn, r.Hook) }
		fns = fns[max(0, slices.IndexFunc(fns, fits)):][:1]
	}
	var links []Link
	for _, fn := range fns {
		links = append(links, Link{f, pos, r, fn, rustsyn.Text(arg)})
	}
	return links
}

// fits reports whether a function is what bindgen makes of a hook.
func (c *Series) fits(fn *rustsyn.Fn, hook string) bool {
	return slices.ContainsFunc(c.ByName[hook], func(h *defs.Hook) bool {
		return len(CompareAdapter(c.mapper, c.Src.Rust(fn.Pos.File), fn, h)) == 0
	})
}

// findAdapters finds the functions that an argument at the token of that index names: Some(Self::f),
// Some(Adapter::<T>::f), f.
func (c *Series) findAdapters(f *rustsyn.File, arg []rustsyn.Token, index int) []*rustsyn.Fn {
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
	for _, other := range c.Src.LSMFiles(".rs") {
		if fns := pick(c.Src.Rust(other), name, owner); fns != nil {
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

// Adapter checks a Rust function against the hook that a shim registers it for.
func (c *Series) adapter(m *bindgen.Mapper, l *Link) {
	hooks := c.ByName[l.Shim.Hook]
	if len(hooks) == 0 {
		return
	}
	h, fn := hooks[0], l.Adapter
	for _, other := range hooks {
		if m.CompareFunc(l.file, fn.Type(), other.Type, 0) == bindgen.Matches {
			h = other
		}
	}
	if fn.ABI != "C" {
		c.Add("hooks/adapter-abi", fn.Pos,
			fmt.Sprintf("%s, registered for hook %s, is no extern \"C\" function", fn.Name, h.Name),
			fmt.Sprintf("write `unsafe extern \"C\" fn %s%s`", fn.Name, m.RustHead(h.Type)))
	}
	file := c.Src.Rust(fn.Pos.File)
	diff := CompareAdapter(m, file, fn, h)
	if other := c.another(fn.Name, h.Name); len(diff) > 0 && other != nil && len(CompareAdapter(m, file, fn, other)) == 0 {
		c.wrongFunction("hooks/adapter-type", l.pos, fn.Name, h, other).Detail = c.rustChain(l, h)
		return
	}
	for _, mm := range diff {
		c.adapterMismatch(m, l, h, mm)
	}
}

// CompareAdapter returns how fn differs from what the hook is in Rust.
func CompareAdapter(m *bindgen.Mapper, f *rustsyn.File, fn *rustsyn.Fn, h *defs.Hook) []Mismatch {
	var found []Mismatch
	if m.Same(f, fn.Ret, h.Type.Elem) == bindgen.Differs {
		found = append(found, Mismatch{Param: returns, want: m.Rust(h.Type.Elem), got: fn.Ret.String()})
	}
	if len(fn.Params) != len(h.Type.Params) || fn.HasSelf {
		return append(found, Mismatch{Param: arity, want: count(h.Type), got: plural(len(fn.Params), "parameter")})
	}
	for i, p := range h.Type.Params {
		if m.Same(f, fn.Params[i].Type, p.Type) == bindgen.Differs {
			found = append(found, Mismatch{Param: i, want: m.Rust(p.Type), got: fn.Params[i].Type.String()})
		}
	}
	swaps(found, func(g, w int) bool { return m.Same(f, fn.Params[g].Type, h.Type.Params[w].Type) == bindgen.Matches })
	return found
}

func (c *Series) adapterMismatch(m *bindgen.Mapper, l *Link, h *defs.Hook, mm Mismatch) {
	fn, there := l.Adapter, h.ParamPos(mm.Param).String()
	here := fn.Pos
	var message, hint string
	switch mm.Param {
	case returns:
		message = fmt.Sprintf("hook %s returns `%s` in this tree (%s), `%s` in Rust; %s returns `%s`",
			h.Name, h.Return, there, mm.want, fn.Name, mm.got)
		hint = fmt.Sprintf("in %s let %s return `%s`", here.String(), fn.Name, mm.want)
	case arity:
		message = fmt.Sprintf("hook %s takes %s in this tree (%s), %s takes %s", h.Name, mm.want, there, fn.Name, mm.got)
		hint = fmt.Sprintf("in %s write `unsafe extern \"C\" fn %s%s`", here.String(), fn.Name, m.RustHead(h.Type))
	default:
		here = fn.Params[mm.Param].Pos
		p := h.Type.Params[mm.Param]
		message = fmt.Sprintf("hook %s takes `%s` in this tree (%s), `%s` in Rust; %s has `%s`",
			h.Name, p.Type.Declare(p.Name), there, mm.want, fn.Name, mm.got)
		hint = fmt.Sprintf("in %s write `%s: %s`", here.String(), fn.Params[mm.Param].Name, mm.want)
	}
	f := c.Add("hooks/adapter-type", here, message, mm.advice(hint))
	f.Detail = c.rustChain(l, h)
}

// rustChain shows the links from the hook to the Rust function.
func (c *Series) rustChain(l *Link, h *defs.Hook) string {
	lines := []string{fmt.Sprintf("%s:%d: %s", h.File, h.Line, h.Prototype())}
	if d := l.Shim.decl; d != nil {
		lines = append(lines, fmt.Sprintf("%s: %s", d.Pos.String(), d.Type.Declare(d.Name)))
	}
	lines = append(lines,
		fmt.Sprintf("%s: %s", l.pos.String(), l.text),
		fmt.Sprintf("%s: %s", l.Adapter.Pos.String(), l.Adapter.Signature()))
	return strings.Join(lines, "\n")
}
