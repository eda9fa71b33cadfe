// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package proof

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

type rustToken = rustsyn.Token

// parseFn reads the function that stands in a constant's block.
func parseFn(t *testing.T, toks []rustToken) *rustsyn.Fn {
	t.Helper()
	f := rustsyn.Parse("line.rs", []byte(rustsyn.Text(toks[blockStart(toks):])))
	if len(f.Fns) == 0 {
		t.Fatalf("no function in %s", rustsyn.Text(toks))
	}
	return f.Fns[0]
}

func blockStart(toks []rustToken) int {
	for i := range toks {
		if toks[i].Is("{") {
			return i + 1
		}
	}
	return 0
}

// cVariants returns functions for h as C types, the right one first.
func cVariants(h *defs.Hook) []variant {
	f := h.Type.Unnamed()
	vs := []variant{{h, "right", -1, f.String()}}
	add := func(kind string, param int, t *ctype.Type) { vs = append(vs, variant{h, kind, param, t.String()}) }
	for i, p := range f.Params {
		spoiled := spoilC(p.Type)
		for _, kind := range slices.Sorted(maps.Keys(spoiled)) {
			for _, text := range spoiled[kind] {
				typ, err := ctype.ParseType(text)
				if err == nil {
					add(kind, i, withParam(f, i, typ))
				}
			}
		}
		if i > 0 {
			swapped := withParam(withParam(f, i, f.Params[i-1].Type), i-1, p.Type)
			add("order", -1, swapped)
		}
	}
	more := *f
	more.Params = append(append([]ctype.Param{}, f.Params...), ctype.Param{Type: &ctype.Type{Name: "int"}})
	add("arity", -1, &more)
	if len(f.Params) > 0 {
		fewer := *f
		fewer.Params = f.Params[:len(f.Params)-1]
		add("arity", -1, &fewer)
	}
	for _, ret := range []string{"int", "void", "long", "unsigned int"} {
		r := *f
		r.Elem = &ctype.Type{Name: ret}
		add("return type", -1, &r)
	}
	return vs
}

func withParam(f *ctype.Type, i int, t *ctype.Type) *ctype.Type {
	g := *f
	g.Params = append([]ctype.Param{}, f.Params...)
	g.Params[i] = ctype.Param{Type: t}
	return &g
}

// spoilC returns types near t, by what is different. Some are the same type under another name:
// the compiler decides.
func spoilC(t *ctype.Type) map[string][]string {
	text := t.String()
	if t.Class == ctype.Pointer {
		q := "const " + text
		if t.Elem.Qual&ctype.Const != 0 {
			q = strings.Replace(text, "const ", "", 1)
		}
		s := map[string][]string{
			"qualifier": {q},
			"depth":     {strings.Replace(text, "*", "**", 1)},
			"same":      {strings.Replace(text, "*", "*const ", 1)},
		}
		if t.Elem.Class == ctype.Struct {
			s["tag"] = []string{strings.Replace(text, t.Elem.Name, "bio_vec", 1)}
		}
		return s
	}
	return map[string][]string{
		"width or sign": {
			"int", "unsigned int", "long", "unsigned long", "unsigned long long", "long long", "unsigned short", "short",
			"unsigned char", "_Bool", "u64", "u32", "size_t", "umode_t", "gfp_t", "dev_t", "bool", "enum bpf_cmd",
		},
		"same": {"const " + text},
	}
}

// rustVariants returns functions for h as Rust heads, the right one first.
func rustVariants(m *bindgen.Mapper, h *defs.Hook) []variant {
	var params []string
	for _, p := range h.Type.Params {
		params = append(params, m.Rust(p.Type))
	}
	ret := m.Rust(h.Type.Elem)
	vs := []variant{{h, "right", -1, rustHeadOf(params, ret)}}
	add := func(kind string, param int, params []string, ret string) {
		vs = append(vs, variant{h, kind, param, rustHeadOf(params, ret)})
	}
	for i, p := range params {
		spoiled := spoilRust(p)
		for _, kind := range slices.Sorted(maps.Keys(spoiled)) {
			for _, text := range spoiled[kind] {
				changed := append([]string{}, params...)
				changed[i] = text
				add(kind, i, changed, ret)
			}
		}
		if i > 0 {
			swapped := append([]string{}, params...)
			swapped[i], swapped[i-1] = p, params[i-1]
			add("order", -1, swapped, ret)
		}
	}
	add("arity", -1, append(append([]string{}, params...), "c_int"), ret)
	if len(params) > 0 {
		add("arity", -1, params[:len(params)-1], ret)
	}
	for _, r := range []string{"c_int", "()", "c_long", "u32", "i32"} {
		add("return type", -1, params, r)
	}
	return vs
}

func rustHeadOf(params []string, ret string) string {
	var b strings.Builder
	b.WriteString("(")
	for i, p := range params {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("_a" + string(rune('0'+i)) + ": " + p)
	}
	b.WriteString(")")
	if ret != "()" {
		b.WriteString(" -> " + ret)
	}
	return b.String()
}

func spoilRust(p string) map[string][]string {
	if to, isMut := strings.CutPrefix(p, "*mut "); isMut {
		return map[string][]string{
			"qualifier": {"*const " + to}, "reference": {"&mut " + nameable(to)}, "depth": {"*mut " + p},
			"tag": {"*mut bindings::bio_vec"},
		}
	}
	if to, isConst := strings.CutPrefix(p, "*const "); isConst {
		return map[string][]string{
			"qualifier": {"*mut " + to}, "reference": {"&" + nameable(to)}, "tag": {"*const bindings::bio_vec"},
		}
	}
	return map[string][]string{"width or sign": {
		"c_int", "c_uint", "c_long", "c_ulong", "u64", "usize", "u32", "u16", "i32", "i64", "bool", "u8",
		"c_ulonglong", "bindings::umode_t", "bindings::gfp_t", "bindings::dev_t", "bindings::bpf_cmd",
	}}
}

func nameable(t string) string { return "(" + t + ")" }
