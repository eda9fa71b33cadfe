// SPDX-License-Identifier: GPL-2.0-only

// Package bindgen tells what bindgen makes of the C types of a tree in Rust.
//
// Call [New] for the mapping of a tree; [Mapper.Rust] prints a C type in Rust, [Mapper.Same] compares
// the two. What only a compiler knows is unknown, never the same.
package bindgen

import (
	"slices"
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

// coreFFI is how core::ffi maps on a 64-bit target where char is signed; the kernel used it
// before it had a mapping of its own.
func coreFFI() map[string]string {
	return map[string]string{
		"c_char": "i8", "c_schar": "i8", "c_uchar": "u8", "c_short": "i16", "c_ushort": "u16",
		"c_int": "i32", "c_uint": "u32", "c_long": "i64", "c_ulong": "u64",
		"c_longlong": "i64", "c_ulonglong": "u64",
	}
}

func New(s *source.Source) *Mapper {
	m := &Mapper{FFI: coreFFI(), newtypes: map[string]bool{}, headers: s.Headers}
	for line := range strings.Lines(string(s.Read(paramsPath))) {
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

// ffiName returns the name in ffi of a basic C type, or "".
func ffiName(basic string) string {
	switch basic {
	case "signed char":
		return "c_schar"
	case "unsigned char":
		return "c_uchar"
	case "unsigned short":
		return "c_ushort"
	case "unsigned int":
		return "c_uint"
	case "unsigned long":
		return "c_ulong"
	case "long long":
		return "c_longlong"
	case "unsigned long long":
		return "c_ulonglong"
	case "char", "short", "int", "long":
		return "c_" + basic
	}
	return ""
}

// sizeType returns the Rust type of the typedefs that bindgen knows by name, or "".
func sizeType(typedef string) string {
	switch typedef {
	case "size_t", "uintptr_t", "__kernel_size_t":
		return "usize"
	case "ssize_t", "intptr_t", "ptrdiff_t", "__kernel_ssize_t", "__kernel_ptrdiff_t":
		return "isize"
	case "u8", "u16", "u32", "u64", "__u8", "__u16", "__u32", "__u64":
		return strings.TrimLeft(typedef, "_")
	case "s8", "s16", "s32", "s64", "__s8", "__s16", "__s32", "__s64":
		return "i" + strings.TrimLeft(typedef, "_")[1:]
	}
	return ""
}

// primitive returns the primitive Rust type of a basic C type, or "".
func (m *Mapper) primitive(basic string) string {
	switch basic {
	case "_Bool":
		return "bool"
	case "float":
		return "f32"
	case "double":
		return "f64"
	case "__int128":
		return "i128"
	case "unsigned __int128":
		return "u128"
	}
	return m.FFI[ffiName(basic)]
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

// verdict is the outcome of a comparison between a Rust and a C type.
type verdict int

const (
	Differs verdict = iota
	unknown         // a name stands for what only a compiler knows
	Matches
)

// Same compares a Rust type of file f with what bindgen makes of the C type t.
func (m *Mapper) Same(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type) verdict {
	return m.compare(f, r, t, 0)
}

func (m *Mapper) compare(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if depth > 32 {
		return unknown
	}
	if r == nil {
		return verdictOf(t.Class == ctype.Basic && t.Name == "void")
	}
	if alias := AliasOf(f, r); alias != nil {
		return m.compare(f, alias, t, depth+1)
	}
	switch t.Class {
	case ctype.Typedef:
		return m.compareTypedef(f, r, t, depth)
	case ctype.Pointer:
		return m.comparePointer(f, r, t, depth)
	case ctype.Basic:
		return m.compareBasic(f, r, t.Name, depth)
	case ctype.Enum:
		if name := BindingName(f, r); name == t.Name || m.newtypes[t.Name] {
			return verdictOf(name == t.Name)
		}
		return m.compareBasic(f, r, m.headers.EnumType(t.Name), depth)
	case ctype.Struct, ctype.Union:
		return m.compareTag(f, r, t, depth)
	case ctype.Array:
		if r.Class == rustsyn.Array {
			return m.compare(f, r.Elem, t.Elem, depth+1)
		}
	}
	return Differs
}

func verdictOf(ok bool) verdict {
	if ok {
		return Matches
	}
	return Differs
}

// BindingName returns the name behind bindings:: that r stands for, with the file's imports, or "".
func BindingName(f *rustsyn.File, r *rustsyn.Type) string {
	if r.Class != rustsyn.Path || len(r.Args) > 0 {
		return ""
	}
	segs := FullPath(f, r.Segs)
	name := segs[len(segs)-1]
	isBindings := func(path []string) bool { return len(path) > 0 && path[len(path)-1] == "bindings" }
	// What "use bindings::*" brings is named as in C; generic parameters and the types of Rust are not.
	isGlob := len(segs) == 1 && slices.ContainsFunc(f.Globs, isBindings) && strings.ToLower(name[:1]) == name[:1] && !IsPrimitive(name) && !strings.HasPrefix(name, "c_")
	if isBindings(segs[:len(segs)-1]) || isGlob {
		return name
	}
	return ""
}

// AliasOf returns what the file defines the name r as, or nil.
func AliasOf(f *rustsyn.File, r *rustsyn.Type) *rustsyn.Type {
	if r.Class != rustsyn.Path || len(r.Args) > 0 {
		return nil
	}
	if segs := hereOf(r.Segs); len(segs) == 1 {
		return f.Aliases[segs[0]]
	}
	return nil
}

// hereOf returns a path without the names that lead to another module of the file.
func hereOf(segs []string) []string {
	for len(segs) > 1 && (segs[0] == "super" || segs[0] == "self") {
		segs = segs[1:]
	}
	return segs
}

// FullPath replaces the first name of a path by what the file imports under it.
func FullPath(f *rustsyn.File, segs []string) []string {
	segs = hereOf(segs)
	if full, ok := f.Uses[segs[0]]; ok && len(full) > 0 {
		return slices.Concat(full, segs[1:])
	}
	return segs
}

func (m *Mapper) compareTypedef(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if BindingName(f, r) == t.Name {
		return Matches
	}
	if name := sizeType(t.Name); name != "" {
		return m.comparePrimitive(f, r, name, depth)
	}
	to := m.headers.Resolve(t)
	switch {
	case to.Class == ctype.Typedef:
		return unknown
	case to.Name == "" && (to.Class == ctype.Struct || to.Class == ctype.Union || to.Class == ctype.Enum):
		// Without a tag the type has the name of its typedef.
		named := *to
		named.Name = t.Name
		to = &named
	}
	return m.compare(f, r, to, depth+1)
}

func (m *Mapper) comparePointer(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	elem := t.Elem
	if elem.Class == ctype.Typedef {
		if to := m.headers.Resolve(elem); to.Class == ctype.Func {
			elem = to
		}
	}
	if elem.Class == ctype.Func {
		if r.Last() != "Option" || len(r.Args) != 1 || r.Args[0].Class != rustsyn.Func {
			return m.viaName(f, r, t, depth)
		}
		return m.CompareFunc(f, r.Args[0], elem, depth+1)
	}
	if r.Class != rustsyn.Ptr {
		return m.viaName(f, r, t, depth)
	}
	if isConst := elem.Qual&ctype.Const != 0; isConst == r.Mut {
		return Differs
	}
	if elem.Class == ctype.Basic && elem.Name == "void" {
		return verdictOf(r.Elem.Last() == "c_void")
	}
	return m.compare(f, r.Elem, elem, depth+1)
}

// viaName compares where Rust has a name for what C spells out: that of a typedef, or one that
// is not known here.
func (m *Mapper) viaName(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if r.Class != rustsyn.Path {
		return Differs
	}
	name := BindingName(f, r)
	if name == "" {
		return m.foreign(f, r)
	}
	to := m.headers.Resolve(&ctype.Type{Class: ctype.Typedef, Name: name})
	return verdictOf(to.Class != ctype.Typedef && ctype.Compatible(to, t, m.headers))
}

// foreign judges a Rust path that is no binding against something that is one.
func (m *Mapper) foreign(f *rustsyn.File, r *rustsyn.Type) verdict {
	segs := FullPath(f, r.Segs)
	name := segs[len(segs)-1]
	switch {
	case m.FFI[name] != "" || IsPrimitive(name) || name == "c_void":
		return Differs
	case len(segs) > 1 && segs[0] != "Self" || len(r.Args) > 0 || slices.Contains([]string{"Option", "Box", "KBox"}, name):
		return Differs
	}
	return unknown
}

func (m *Mapper) CompareFunc(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if len(r.Params) != len(t.Params) || r.ABI != "C" {
		return Differs
	}
	worst := m.compare(f, r.Ret, t.Elem, depth+1)
	for i := range r.Params {
		worst = min(worst, m.compare(f, r.Params[i].Type, t.Params[i].Type, depth+1))
	}
	return worst
}

func (m *Mapper) compareTag(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	name := BindingName(f, r)
	if name == t.Name && name != "" {
		return Matches
	}
	return m.viaName(f, r, t, depth)
}

func (m *Mapper) compareBasic(f *rustsyn.File, r *rustsyn.Type, basic string, depth int) verdict {
	if basic == "void" {
		return verdictOf(r.Class == rustsyn.Tuple && len(r.Args) == 0)
	}
	want := m.primitive(basic)
	if want == "" {
		return unknown
	}
	return m.comparePrimitive(f, r, want, depth)
}

// comparePrimitive compares a Rust type with a primitive one.
func (m *Mapper) comparePrimitive(f *rustsyn.File, r *rustsyn.Type, want string, depth int) verdict {
	if r.Class != rustsyn.Path || len(r.Args) > 0 {
		return Differs
	}
	segs := FullPath(f, r.Segs)
	name := segs[len(segs)-1]
	if to := AliasOf(f, r); to != nil && depth < 32 {
		return m.comparePrimitive(f, to, want, depth+1)
	}
	if prim := m.FFI[name]; prim != "" {
		return verdictOf(m.effective(segs, prim) == want)
	}
	if IsPrimitive(name) {
		return verdictOf(name == want)
	}
	if binding := BindingName(f, r); binding != "" {
		return m.bindingPrimitive(binding, want)
	}
	return m.foreign(f, r)
}

// effective is the primitive of a c_ type: core::ffi keeps its own mapping.
func (m *Mapper) effective(segs []string, prim string) string {
	if len(segs) > 2 && (segs[0] == "core" || segs[0] == "std") {
		return coreFFI()[segs[len(segs)-1]]
	}
	return prim
}

// bindingPrimitive compares a name behind bindings:: with a primitive type.
func (m *Mapper) bindingPrimitive(binding, want string) verdict {
	if name := sizeType(binding); name != "" {
		return verdictOf(name == want)
	}
	switch to := m.headers.Resolve(&ctype.Type{Class: ctype.Typedef, Name: binding}); to.Class {
	case ctype.Basic:
		return verdictOf(m.primitive(to.Name) == want)
	case ctype.Enum:
		return verdictOf(m.primitive(m.headers.EnumType(to.Name)) == want)
	case ctype.Typedef: // none; the tag of an enumeration has a type of its name
		if basic := m.headers.EnumType(binding); basic != "" {
			return verdictOf(m.primitive(basic) == want)
		}
	}
	return Differs
}

func IsPrimitive(name string) bool {
	switch name {
	case "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
		"bool", "char", "str", "f32", "f64":
		return true
	}
	return false
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
