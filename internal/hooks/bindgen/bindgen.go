// SPDX-License-Identifier: GPL-2.0-only

// Package bindgen tells what bindgen makes of the C types of a tree in Rust.
//
// Call [New] for the mapping of a tree; [Mapper.Rust] prints a C type in Rust, [Mapper.Same] compares
// the two. What only a compiler knows is unknown, never the same.
package bindgen

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// paramsPath is where a tree says how bindgen maps some types.
const paramsPath = "rust/bindgen_parameters"

// ffiPath is where a tree maps the basic types of C to Rust, since Linux 6.12.
const ffiPath = "rust/ffi.rs"

// Mapper maps C types to Rust as the tree's bindgen does.
type Mapper struct {
	// FFI maps c_int and the like to the primitive types of Rust.
	FFI map[string]string
	// newtypes are the enumerations that are types of their own in Rust.
	newtypes map[string]bool
	headers  *ctype.Headers
}

// New reads from a tree how its bindgen maps types: its parameters, and rust/ffi.rs where it has one.
func New(s *source.Source) *Mapper {
	m := &Mapper{FFI: coreFFI(), newtypes: map[string]bool{}, headers: s.Headers}
	for line := range strings.Lines(s.Text(paramsPath)) {
		if words := strings.Fields(line); len(words) == 2 && strings.HasPrefix(words[0], "--newtype-enum") {
			m.newtypes[words[1]] = true
		}
	}
	toks, _ := rustsyn.Lex(ffiPath, s.Read(ffiPath))
	for i := 0; i+3 < len(toks); i++ {
		if strings.HasPrefix(toks[i].Text, "c_") && toks[i+1].Is("=") && toks[i+3].Is(";") {
			m.FFI[toks[i].Text] = toks[i+2].Text
		}
	}
	return m
}

// Rust prints the Rust type of t, as one writes it in the kernel: "*mut bindings::file",
// "c_int", "u64".
func (m *Mapper) Rust(t *ctype.Type) string {
	switch t.Class {
	case ctype.Basic:
		if name := ffiName(t.Name); name != "" {
			return name
		}
		if t.Name == "void" {
			return "()"
		}
		return m.primitive(t.Name)
	case ctype.Typedef:
		if name := sizeType(t.Name); name != "" {
			return name
		}
		if t.Name == "bool" {
			return "bool"
		}
		return "bindings::" + t.Name
	case ctype.Pointer:
		return m.rustPointer(t)
	case ctype.Array:
		return "[" + m.Rust(t.Elem) + "; " + t.Len + "]"
	case ctype.Func:
		return m.rustFunc(t)
	}
	return "bindings::" + t.Name
}

func (m *Mapper) rustPointer(t *ctype.Type) string {
	if t.Elem.Class == ctype.Func {
		return "Option<" + m.rustFunc(t.Elem) + ">"
	}
	to := m.Rust(t.Elem)
	if t.Elem.Class == ctype.Basic && t.Elem.Name == "void" {
		to = "c_void"
	}
	if t.Elem.Qual&ctype.Const != 0 {
		return "*const " + to
	}
	return "*mut " + to
}

func (m *Mapper) rustFunc(t *ctype.Type) string {
	return `unsafe extern "C" fn` + m.RustHead(t)
}

// RustHead prints the parameters and the return type of a C function in Rust.
func (m *Mapper) RustHead(t *ctype.Type) string {
	var params []string
	for _, p := range t.Params {
		text := m.Rust(p.Type)
		if p.Name != "" {
			text = p.Name + ": " + text
		}
		params = append(params, text)
	}
	if t.Variadic {
		params = append(params, "...")
	}
	head := "(" + strings.Join(params, ", ") + ")"
	if ret := m.Rust(t.Elem); ret != "()" {
		head += " -> " + ret
	}
	return head
}

// Bits returns how wide an integer type of Rust is, or 0 for what is none or is not known.
func (m *Mapper) Bits(f *rustsyn.File, r *rustsyn.Type) int {
	for range 16 {
		if r == nil || r.Class != rustsyn.Path || len(r.Args) > 0 {
			return 0
		}
		alias := AliasOf(f, r)
		if alias == nil {
			break
		}
		r = alias
	}
	name := r.Last()
	if prim := m.FFI[name]; prim != "" {
		name = prim
	} else if binding := BindingName(f, r); binding != "" {
		t := m.headers.Resolve(&ctype.Type{Class: ctype.Typedef, Name: binding})
		if name = sizeType(binding); name == "" && t.Class == ctype.Basic {
			name = m.primitive(t.Name)
		}
	}
	switch name {
	case "u8", "i8":
		return 8
	case "u16", "i16":
		return 16
	case "u32", "i32":
		return 32
	case "u64", "i64", "usize", "isize":
		return 64
	}
	return 0
}
