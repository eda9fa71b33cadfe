// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import (
	"slices"
	"strings"
	"testing"
)

func TestLex(t *testing.T) {
	const src = `/* a /* nested */ comment */ r#fn 'a' 'life b'\n' b"by\"te" c"c" r#"raw " "# br"x" 1.5e3 0..3 x.0 "two
lines" $crate::f($x) b'q' '\u{1F600}' 'é'`
	toks, problems := Lex("f.rs", []byte(src))
	if len(problems) > 0 {
		t.Error(problems)
	}
	var got []string
	for _, tok := range toks {
		got = append(got, tok.Text)
	}
	want := []string{
		"fn", "'a'", "'life", `b'\n'`, `b"by\"te"`, `c"c"`, `r#"raw " "#`, `br"x"`, "1.5e3", "0", "..", "3", "x", ".", "0",
		"\"two\nlines\"", "$crate", "::", "f", "(", "$x", ")", "b'q'", `'\u{1F600}'`, "'é'",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if last := toks[len(toks)-1]; last.Pos.Line != 2 {
		t.Errorf("last token in line %d", last.Pos.Line)
	}
}

func TestParseType(t *testing.T) {
	for _, tc := range []struct {
		in    string
		class Class
		last  string
	}{
		{"*mut bindings::file", Ptr, ""},
		{"*const *mut c_void", Ptr, ""},
		{"&'a mut T", Ref, ""},
		{"Option<unsafe extern \"C\" fn(*mut file, u64) -> c_int>", Path, "Option"},
		{"for<'a> fn(&'a str)", Func, ""},
		{"[u8; 4]", Array, ""},
		{"[u8]", Slice, ""},
		{"(u8, u16)", Tuple, ""},
		{"()", Tuple, ""},
		{"(u8)", Path, "u8"},
		{"!", Never, ""},
		{"dyn Fn(u8) -> u8 + Send", Other, ""},
		{"<T as Trait>::Out", Other, ""},
		{"$crate::lsm::Adapter::<$lsm>", Path, "Adapter"},
		{"impl Fn(u8)", Other, ""},
	} {
		typ, err := ParseType(tc.in)
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
		} else if typ.Class != tc.class || typ.Last() != tc.last {
			t.Errorf("%s: class %d, last name %q", tc.in, typ.Class, typ.Last())
		}
	}
	for _, in := range []string{"", "*file", "fn", "Vec<u8", "a::", "u8 u16", strings.Repeat("&", 1000) + "u8"} {
		if _, err := ParseType(in); err == nil {
			t.Errorf("%.20q is a type", in)
		}
	}
}

func TestParse(t *testing.T) {
	f := Parse("a.rs", []byte(`//! Doc.
#![no_std]
use crate::{bindings::{self, file as CFile}, prelude::*, ffi::c_int};
#[cfg(CONFIG_SECURITY)]
pub(crate) mod inner { pub type Raw = *mut CFile; fn deep() {} }
mod outer;
pub struct S<T>(T) where T: Copy;
enum E { A = 1, B { x: u8 } }
unsafe impl<T: Hooks + Sync> Sync for S<T> where T: Other {
    const N: usize = 3;
    pub const unsafe extern "C" fn cb(p: *mut bindings::file, mut n: c_int, ...) -> c_int { helper(p, n) }
}
pub unsafe trait Hooks: 'static { type Out; fn open(&self, f: &File) -> Result { Ok(()) } fn close(); }
macro_rules! m { ($t:ty $(,)?) => { const _: () = { #[used] #[link_section = ".x"] static D: A = B; fn init() { Adapter::<$t>::go() } }; }; ($x:expr) => { $( fn rep() {} )* } }
kernel::define! { type: S, name: "s" }
static mut COUNT: u32 = 0;
extern "C" { fn c_side(); }
extern crate self as kernel;
fn broken(x: ) {}
fn after() {}
`))
	var fns []string
	for _, fn := range f.Fns {
		name := fn.Name
		if fn.Owner != nil {
			name = fn.Owner.Trait + "/" + fn.Owner.SelfType + "." + name
		}
		if fn.Macro != nil {
			name = fn.Macro.Name + "!" + name
		}
		fns = append(fns, name)
	}
	if want := []string{"deep", "Sync/S.cb", "Hooks/.open", "Hooks/.close", "m!init", "m!rep", "after"}; !slices.Equal(fns, want) {
		t.Errorf("functions %q, want %q", fns, want)
	}
	if got, want := f.Fns[1].Signature(), `unsafe extern "C" fn cb(p: *mut bindings::file, n: c_int, ...) -> c_int`; got != want {
		t.Errorf("signature %s", got)
	}
	if b := f.Fns[1].Owner.Generics["T"]; !slices.Contains(b, "Hooks") || !slices.Contains(b, "Other") {
		t.Errorf("bounds %v", b)
	}
	if len(f.Problems) != 1 || f.Problems[0].Pos.Line != 19 {
		t.Errorf("problems %v", f.Problems)
	}
	if got := strings.Join(f.Uses["CFile"], "::"); got != "crate::bindings::file" {
		t.Errorf("CFile is %s", got)
	}
	if got := strings.Join(f.Uses["bindings"], "::"); got != "crate::bindings" {
		t.Errorf("bindings is %s", got)
	}
	if f.Aliases["Raw"].String() != "*mut CFile" || len(f.Mods) != 2 || f.Mods[0].Attrs[0].Name != "cfg" {
		t.Errorf("aliases %v, modules %v", f.Aliases, f.Mods)
	}
	if len(f.Calls) != 1 || f.Calls[0].Name() != "define" {
		t.Errorf("macros used: %v", f.Calls)
	}
	for _, s := range f.Statics {
		if a := FindAttr(s.Attrs, "link_section"); s.Name == "D" && (s.Macro == nil || a == nil || a.Value() != ".x") {
			t.Errorf("static D: %+v", s)
		}
	}
}

func TestCalls(t *testing.T) {
	toks, _ := Lex("a.rs", []byte(`unsafe { bindings::init(entry.add(1), Some(Adapter::<A<T>, B>::open)) }; x.method(a); if a < b && c > d { <T as Hooks>::free(t) } f::<u8>(1, (2, 3));`))
	var got []string
	for _, c := range Calls(toks) {
		var args []string
		for _, a := range c.Args {
			args = append(args, Text(a))
		}
		got = append(got, c.Name+"("+strings.Join(args, "|")+")")
	}
	want := []string{"init(entry.add(1)|Some(Adapter::<A<T>, B>::open))", "Some(Adapter::<A<T>, B>::open)", "free(t)", "f(1|(2, 3))"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestExpand has macros of the kinds that make functions: what they make is told as text.
func TestExpand(t *testing.T) {
	for _, tc := range []struct{ name, macro, use, want string }{
		{"no variables", "() => { fn f() {} }", "m!{}", "fn f(){ }"},
		{"fragments", "($v:vis $n:ident: $t:ty = $e:expr) => { $v static $n: $t = $e; }", "m!(pub(crate) X: Option<fn(u8) -> u8> = a + b[1]);", "pub(crate) static X: Option<fn(u8) -> u8> = a+b[1]; "},
		{"the second rule", "(a) => { A } ; ($x:literal) => { B $x }", "m!(-7)", "B -7"},
		{"repetition", "($($n:ident($($a:ident),*)),+ $(,)?) => { $( fn $n($($a: u8),*); )+ }", "m![f(), g(a, b),]", "fn f(); fn g(a: u8, b: u8);"},
		{"outer variables inside", "($t:ty; $($n:ident)*) => { $($n: $t,)* }", "m!{u64; a b}", "a: u64, b: u64, "},
		{"nested uses", "(@x $n:ident) => { $n } ; ($($n:ident)*) => { $( m!(@x $n); )* }", "m!(a b)", "a; b;"},
		{"paste", "($n:ident) => { paste! { bindings::[<init_ $n _hook>](Some(Self::$n)) } }", "m!(open)", "bindings::init_open_hook(Some(Self::open))"},
		{"paste of nothing", "() => { paste! { [< >] [<\"\">] x } }", "m!()", "[< >] x"},
		{"no rule fits", "(a) => { A }", "m!(b)", "m!(b)"},
		{"blocks and trees", "($b:block $($t:tt)*) => { fn f() $b $($t)* }", "m!({ x } (y) z)", "fn f(){ x }(y) z"},
	} {
		f := Parse("a.rs", []byte("macro_rules! m { "+tc.macro+" }\n"+tc.use))
		n := len(f.Macros)
		if n != 1 {
			t.Fatalf("%s: %d macros", tc.name, n)
		}
		g := f.Expand(f.macro)
		after := g.Tokens[len(f.Tokens)-len(lexed(tc.use)):]
		if got := Text(after); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(tc.want, " ", "") {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func (f *File) macro(name string) *Macro {
	for _, m := range f.Macros {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func lexed(text string) []Token {
	toks, _ := Lex("", []byte(text))
	return toks
}

// TestHostile has inputs that could take exponential or quadratic time, or no end.
func TestHostile(t *testing.T) {
	for _, src := range []string{
		"macro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*); } } m!(a b); }",
		"macro_rules! m { ($a:tt) => { m!($a) m!($a) } } m!(a); (",
		"macro_rules! m { ($($($a:tt)*)*) => { $($($($a)*)*)* } } m!(a b c d); (" + strings.Repeat("m!(", 2000),
		strings.Repeat("mod a {", 5000),
		"fn f(x: " + strings.Repeat("A<", 20000),
		"fn f(x: " + strings.Repeat("&", 50000) + "u8) {}",
		strings.Repeat("macro_rules! m { () => {", 3000),
		"use " + strings.Repeat("a::{", 20000),
		strings.Repeat("/*", 50000),
		`"` + strings.Repeat(`\`, 9999),
		strings.Repeat("<", 50000) + "(" + strings.Repeat(">", 50000),
		strings.Repeat("#[", 20000),
	} {
		f := Parse("bad.rs", []byte(src))
		f = f.Expand(f.macro)
		Calls(f.Tokens)
		StructExprs(f.Tokens)
		if len(f.Problems) == 0 {
			t.Errorf("%.20q has no problems", src)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"impl<T: Hooks> A<T> { unsafe extern \"C\" fn f(p: *mut bindings::file) -> c_int { T::f(p)?; 0 } }",
		"macro_rules! d { ($t:ty, $n:expr) => { const _: () = { static X: A = B { a: 1, ..c }; }; }; }\nd!(A, c\"x\");",
		"use a::{b as c, d::*};\ntype X = Option<fn(u8) -> [u8; 3]>;\n", "macro_rules! m { ($($n:ident: $t:ty),* $(,)?) => { paste! { $(fn [<f_ $n>](x: $t);)* } }; }\nm!(a: u8, b: fn(u8) -> u16);", "r#\"", "b'", "'", "fn f<'a, T>(&self) where T: X {}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file := Parse("f.rs", src)
		for _, tok := range file.Tokens {
			if tok.Text == "" || tok.Pos.Line < 1 || tok.Pos.Col < 1 {
				t.Fatalf("token %+v", tok)
			}
		}
		for _, fn := range file.Fns {
			for _, p := range fn.Params {
				// What a type prints as must be that type again.
				again, err := ParseType(p.Type.Text)
				if p.Type.Class == Other || strings.Contains(p.Type.Text, "$") {
					continue
				}
				if err != nil || again.Class != p.Type.Class {
					t.Fatalf("%q does not parse again: %v", p.Type.Text, err)
				}
			}
		}
		file = file.Expand(file.macro)
		for _, tok := range file.Tokens {
			if tok.Text == "" {
				t.Fatalf("an empty token at %v", tok.Pos)
			}
		}
		Calls(file.Tokens)
		StructExprs(file.Tokens)
	})
}
