// SPDX-License-Identifier: GPL-2.0-only

package bindgen

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// coreFFI is how core::ffi maps on a 64-bit target where char is signed; the kernel used it
// before it had a mapping of its own.
func coreFFI() map[string]string {
	return map[string]string{
		"c_char": "i8", "c_schar": "i8", "c_uchar": "u8", "c_short": "i16", "c_ushort": "u16",
		"c_int": "i32", "c_uint": "u32", "c_long": "i64", "c_ulong": "u64",
		"c_longlong": "i64", "c_ulonglong": "u64",
	}
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

// compareBasic compares with a type that C has by itself. void is the empty tuple of Rust.
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

// IsPrimitive reports whether name is a primitive type of Rust.
func IsPrimitive(name string) bool {
	switch name {
	case "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
		"bool", "char", "str", "f32", "f64":
		return true
	}
	return false
}
