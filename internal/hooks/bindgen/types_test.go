// SPDX-License-Identifier: GPL-2.0-only

package bindgen

import (
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

func mapper(t *testing.T) *Mapper {
	return New(source.New(nil, nil, hookstest.ReadArchive(t, "../testdata/tree.txtar"), "x86"))
}

func parseC(t *testing.T, text string) *ctype.Type {
	t.Helper()
	typ, err := ctype.ParseType(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return typ
}

// TestRust prints C types as one writes them in Rust for this tree.
func TestRust(t *testing.T) {
	m := mapper(t)
	for c, want := range map[string]string{
		"void":                       "()",
		"int":                        "c_int",
		"unsigned long":              "c_ulong",
		"char":                       "c_char",
		"_Bool":                      "bool",
		"bool":                       "bool",
		"u64":                        "u64",
		"__s16":                      "i16",
		"size_t":                     "usize",
		"ssize_t":                    "isize",
		"umode_t":                    "bindings::umode_t",
		"struct file *":              "*mut bindings::file",
		"const struct path *":        "*const bindings::path",
		"const char **":              "*mut *const c_char",
		"void *":                     "*mut c_void",
		"const void *":               "*const c_void",
		"enum lockdown_reason":       "bindings::lockdown_reason",
		"int (*)(struct file *)":     `Option<unsafe extern "C" fn(*mut bindings::file) -> c_int>`,
		"void (*)(void)":             `Option<unsafe extern "C" fn()>`,
		"int (*)(const char *, ...)": `Option<unsafe extern "C" fn(*const c_char, ...) -> c_int>`,
	} {
		if got := m.Rust(parseC(t, c)); got != want {
			t.Errorf("%s: %s, want %s", c, got, want)
		}
	}
}

// TestSame holds types of Rust against those of C. What only a compiler knows is neither the same nor another.
func TestSame(t *testing.T) {
	m := mapper(t)
	f := rustsyn.Parse("x.rs", []byte("use kernel::bindings;\nuse kernel::bindings::inode as node;\ntype Count = u64;\ntype Again = Count;\n"))
	for _, tc := range []struct {
		rust, c string
		want    verdict
	}{
		{"c_int", "int", Matches},
		{"i32", "int", Matches},
		{"u32", "int", Differs},
		{"core::ffi::c_int", "int", Matches},
		{"c_ulong", "unsigned long", Matches},
		{"usize", "unsigned long", Matches},
		{"u64", "unsigned long", Differs}, // this tree makes it usize
		{"core::ffi::c_ulong", "unsigned long", Differs},
		{"u64", "u64", Matches},
		{"bindings::u64_", "u64", Matches}, // bindgen sets what is a name of Rust apart
		{"bindings::u32_", "u64", Differs},
		{"Count", "u64", Matches},
		{"Again", "u64", Matches},
		{"Again", "u32", Differs},
		{"bool", "_Bool", Matches},
		{"u8", "_Bool", Differs},
		{"()", "void", Matches},
		{"*mut bindings::file", "struct file *", Matches},
		{"*const bindings::file", "struct file *", Differs},
		{"*const bindings::file", "const struct file *", Matches},
		{"*mut bindings::path", "struct file *", Differs},
		{"*mut node", "struct inode *", Matches},
		{"&mut bindings::file", "struct file *", Differs},
		{"*mut c_void", "void *", Matches},
		{"*mut u8", "void *", Differs},
		{"*mut *const c_char", "const char **", Matches},
		{"bindings::umode_t", "umode_t", Matches},
		{"c_ushort", "umode_t", Matches},
		{"u16", "umode_t", Matches},
		{"u32", "umode_t", Differs},
		{"bindings::kernel_cap_t", "kernel_cap_t", Matches},
		{"bindings::never_seen", "never_seen_t", unknown},
		{"Unknown", "int", unknown},
		{"Option<c_int>", "int", Differs},
		{"*mut Unknown", "struct file *", unknown},
		{`Option<unsafe extern "C" fn(*mut bindings::file) -> c_int>`, "int (*)(struct file *)", Matches},
		{`Option<unsafe extern "C" fn(*mut bindings::file)>`, "int (*)(struct file *)", Differs},
		{`Option<unsafe fn(*mut bindings::file) -> c_int>`, "int (*)(struct file *)", Differs},
		{`unsafe extern "C" fn(*mut bindings::file) -> c_int`, "int (*)(struct file *)", Differs},
		{"bindings::open_fn_t", "int (*)(struct file *)", Matches},
		{"bindings::open_fn_t", "int (*)(struct path *)", Differs},
		{"[u8; 4]", "u8[4]", Matches},
	} {
		r, err := rustsyn.ParseType(tc.rust)
		if err != nil {
			t.Fatalf("%s: %v", tc.rust, err)
		}
		if got := m.Same(f, r, parseC(t, tc.c)); got != tc.want {
			t.Errorf("%s for %s: %d, want %d", tc.rust, tc.c, got, tc.want)
		}
	}
}

// TestBits tells how wide an integer of Rust is, by whatever name; 0 is what is none.
func TestBits(t *testing.T) {
	m := mapper(t)
	f := rustsyn.Parse("x.rs", []byte("use kernel::bindings;\ntype Small = c_ushort;\ntype Loop = Loop;\n"))
	for text, want := range map[string]int{
		"u8": 8, "i16": 16, "c_int": 32, "c_ulong": 64, "usize": 64, "Small": 16, "bindings::umode_t": 16, "bindings::sector_t": 64,
		"bool": 0, "Loop": 0, "Option<u8>": 0, "*mut u8": 0, "bindings::never_seen": 0,
	} {
		r, err := rustsyn.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Bits(f, r); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
