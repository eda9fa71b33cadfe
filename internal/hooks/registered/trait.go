// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// A traitCall is a call of a trait's method out of an adapter: T::file_open(file).
type traitCall struct {
	call   rustsyn.Call
	trait  *rustsyn.Trait
	method *rustsyn.Fn // nil where the trait has none of that name
}

// traitCalls finds the calls of methods of the type parameters of an adapter.
func (c *Series) traitCalls(fn *rustsyn.Fn) []traitCall {
	params := map[string][]string{}
	if fn.Owner != nil {
		for name, bounds := range fn.Owner.Generics {
			params[name] = bounds
		}
	}
	for name, bounds := range fn.Generics {
		params[name] = append(params[name], bounds...)
	}
	var found []traitCall
	for _, call := range rustsyn.Calls(fn.Body) {
		param := call.Path[0].Text
		if call.Path[0].Is("<") && len(call.Path) > 1 { // <T as Hooks>::file_open
			param = call.Path[1].Text
		}
		bounds, ok := params[param]
		if !ok || len(call.Path) < 3 {
			continue
		}
		for _, name := range bounds {
			if t := c.findTrait(name); t != nil {
				found = append(found, traitCall{call, t, methodOf(t, call.Name)})
			}
		}
	}
	return found
}

func (c *Series) findTrait(name string) *rustsyn.Trait {
	for _, file := range append(c.Src.LSMFiles(".rs"), source.AbstractionPath) {
		for _, t := range c.Src.Rust(file).Traits {
			if t.Name == name {
				return t
			}
		}
	}
	return nil
}

func methodOf(t *rustsyn.Trait, name string) *rustsyn.Fn {
	for _, m := range t.Methods {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// traits checks the last link of each chain: what the adapter passes on to the trait, and what
// the trait answers by default.
func (c *Series) traits(m *bindgen.Mapper) {
	served := map[*rustsyn.Trait][]string{}
	done := map[ctype.Pos]bool{}
	told := map[string]bool{} // hooks whose function was not followed, which is a finding of its own
	for i := range c.Links {
		l := &c.Links[i]
		hooks := c.ByName[l.Shim.Hook]
		if l.Adapter == nil {
			told[l.Shim.Hook] = true
			continue
		}
		if done[l.Adapter.Pos] {
			continue
		}
		done[l.Adapter.Pos] = true
		for _, tc := range c.traitCalls(l.Adapter) {
			served[tc.trait] = append(served[tc.trait], tc.call.Name)
			if len(hooks) > 0 {
				c.traitCall(m, l, hooks[0], tc)
			}
		}
	}
	for t, names := range served {
		for _, method := range t.Methods {
			if len(c.ByName[method.Name]) > 0 && !slices.Contains(names, method.Name) && !told[method.Name] {
				c.Add("hooks/not-registered", method.Pos,
					fmt.Sprintf("method %s of trait %s is named for a hook, but no adapter that is registered calls it", method.Name, t.Name),
					"add an adapter and register it by a C shim")
			}
		}
	}
}

func (c *Series) traitCall(m *bindgen.Mapper, l *Link, h *defs.Hook, tc traitCall) {
	if tc.method == nil {
		c.Add("hooks/trait-method", tc.call.Pos,
			fmt.Sprintf("trait %s (%s) has no method %s, which the adapter for hook %s calls", tc.trait.Name, tc.trait.Pos.String(), tc.call.Name, h.Name),
			fmt.Sprintf("add to the trait: fn %s(…)", tc.call.Name))
		return
	}
	if tc.method.HasSelf {
		return
	}
	if len(tc.call.Args) != len(tc.method.Params) {
		c.Add("hooks/trait-type", tc.call.Pos,
			fmt.Sprintf("%s::%s takes %s (%s), the adapter for hook %s passes %d", tc.trait.Name, tc.method.Name,
				plural(len(tc.method.Params), "parameter"), tc.method.Pos.String(), h.Name, len(tc.call.Args)),
			"pass on what the hook gets, in the same order")
		return
	}
	c.passedOn(m, l, h, tc)
	c.defaultValue(h, tc)
}

// passedOn compares the parameters that the adapter passes on as they are.
func (c *Series) passedOn(m *bindgen.Mapper, l *Link, h *defs.Hook, tc traitCall) {
	if len(l.Adapter.Params) != len(h.Type.Params) {
		return // told already
	}
	file := c.Src.Rust(tc.method.Pos.File)
	for i, arg := range tc.call.Args {
		c.cutOff(m, l, h, tc, arg)
		if len(arg) != 1 {
			continue
		}
		n := slices.IndexFunc(l.Adapter.Params, func(p rustsyn.Param) bool { return p.Name != "" && p.Name == arg[0].Text })
		if n < 0 || n >= len(h.Type.Params) || rebound(l.Adapter, arg[0].Text) {
			continue
		}
		param, want := tc.method.Params[i], h.Type.Params[n]
		if m.Same(file, param.Type, want.Type) != bindgen.Differs {
			continue
		}
		f := c.Add("hooks/trait-type", param.Pos,
			fmt.Sprintf("hook %s takes `%s` in this tree (%s), `%s` in Rust; %s::%s has `%s`", h.Name,
				want.Type.Declare(want.Name), h.ParamPos(n).String(), m.Rust(want.Type), tc.trait.Name, tc.method.Name, param.Type),
			fmt.Sprintf("in %s write `%s: %s`", param.Pos.String(), param.Name, m.Rust(want.Type)))
		f.Detail = c.rustChain(l, h) + fmt.Sprintf("\n%s: %s", tc.method.Pos.String(), tc.method.Signature())
	}
}

// cutOff tells of an argument that is a parameter of the adapter, cast to a narrower integer on its way.
func (c *Series) cutOff(m *bindgen.Mapper, l *Link, h *defs.Hook, tc traitCall, arg []rustsyn.Token) {
	var narrowest *rustsyn.Type
	for range maxFollowed {
		arg = bare(arg)
		if i := lastAs(arg); i > 0 {
			to := typeOf(arg[i+1:])
			if bits := m.Bits(l.file, to); bits > 0 && (narrowest == nil || bits < m.Bits(l.file, narrowest)) {
				narrowest = to
			}
			arg = arg[:i]
			continue
		}
		if len(arg) != 1 {
			return
		}
		if _, init := lastLet(l.Adapter.Body, arg[0].Text); init != nil {
			arg = init
			continue
		}
		break
	}
	n := slices.IndexFunc(l.Adapter.Params, func(p rustsyn.Param) bool { return len(arg) == 1 && p.Name != "" && p.Name == arg[0].Text })
	if n < 0 || n >= len(h.Type.Params) || narrowest == nil || m.Bits(l.file, narrowest) >= m.Bits(l.file, l.Adapter.Params[n].Type) {
		return
	}
	want := h.Type.Params[n]
	f := c.Add("hooks/trait-type", arg[0].Pos,
		fmt.Sprintf("hook %s hands over `%s` (%s), but %s::%s gets it as `%s`: what is wider is cut off",
			h.Name, want.Type.Declare(want.Name), h.ParamPos(n), tc.trait.Name, tc.method.Name, narrowest),
		fmt.Sprintf("pass it on as `%s`", l.Adapter.Params[n].Type))
	f.Detail = c.rustChain(l, h) + fmt.Sprintf("\n%s: %s", tc.method.Pos, tc.method.Signature())
}

// rebound reports whether the body gives a name a new value: let name = ….
func rebound(fn *rustsyn.Fn, name string) bool {
	for i := 1; i < len(fn.Body); i++ {
		if fn.Body[i].Is(name) && (fn.Body[i-1].Is("let") || fn.Body[i-1].Is("mut")) {
			return true
		}
	}
	return false
}

// defaultValue compares what a trait method returns by default with what the hook does where no
// LSM answers.
func (c *Series) defaultValue(h *defs.Hook, tc traitCall) {
	if !tc.method.HasBody || h.Return == "void" {
		return
	}
	got := returned(tc.method.Body)
	if got == "" || got == h.Default {
		return
	}
	want := "Ok(())"
	if code, isErr := strings.CutPrefix(h.Default, "-"); isErr {
		want = "Err(code::" + code + ")"
	} else if h.Default != "0" {
		want = h.Default
	}
	c.Add("hooks/default-return", tc.method.Pos,
		fmt.Sprintf("%s::%s answers %s by default, hook %s answers %s (%s:%d)", tc.trait.Name, tc.method.Name, got, h.Name, h.Default, h.File, h.Line),
		fmt.Sprintf("let the default body be `%s`", want))
}

// returned returns as C what a body that is one expression returns: Ok(()), Err(code::EPERM),
// a number; "" for anything else.
func returned(body []rustsyn.Token) string {
	text := rustsyn.Text(body)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "return "), ";")
	switch inner, isErr := strings.CutPrefix(text, "Err("); {
	case text == "Ok(())" || text == "Ok(0)" || text == "0":
		return "0"
	case isErr:
		inner = strings.TrimSuffix(strings.TrimSuffix(inner, ")"), ".into()")
		name := inner[strings.LastIndex(inner, ":")+1:]
		if strings.HasPrefix(name, "E") && !strings.ContainsAny(name, "( .") {
			return "-" + name
		}
	case strings.HasPrefix(text, "Ok(") && strings.Trim(text[3:], "0123456789)") == "":
		return strings.Trim(text[3:], ")")
	case strings.HasPrefix(text, "-") && strings.Contains(text, "bindings::E"):
		name, _, _ := strings.Cut(text[strings.LastIndex(text, ":")+1:], " ")
		return "-" + strings.Trim(name, "()")
	case text != "" && strings.Trim(text, "-0123456789") == "":
		return text
	}
	return ""
}
