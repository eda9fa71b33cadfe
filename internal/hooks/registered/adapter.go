// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// adapter checks a Rust function against the hook that a shim registers it for.
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
	if len(diff) == 0 {
		c.unknownType(m, l, h)
	}
}

// unknownType tells of the first parameter of a function whose type nobody but rustc works out, such as a type parameter of its
// own.
func (c *Series) unknownType(m *bindgen.Mapper, l *Link, h *defs.Hook) {
	fn := l.Adapter
	for i, p := range h.Type.Params {
		if mine := fn.Params[i].Type; m.Same(c.Src.Rust(fn.Pos.File), mine, p.Type) != bindgen.Matches {
			c.Add("hooks/unresolved", l.pos, fmt.Sprintf("hook %s takes `%s`, and %s takes `%s`, which is not worked out", h.Name, m.Rust(p.Type), fn.Name, mine),
				fmt.Sprintf("write `%s`", m.Rust(p.Type)))
			return
		}
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
