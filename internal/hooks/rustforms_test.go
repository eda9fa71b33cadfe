// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// rustForms are the ways to name the function of a hook in Rust: what is given to the shim of file_open
// instead of Some(Self::file_open), what items or statements that needs, and the checks that must find
// something. "good" has the type of the hook, "bad" another.
var rustForms = []struct {
	name, items, statements, given string
	want                           string
}{
	{"plain", "", "", "Some(good)", ""},
	{"plain, wrong", "", "", "Some(bad)", "hooks/adapter-type"},
	{"constant", "", "", "Some(S::GOOD)", ""},
	{"constant, wrong", "", "", "Some(S::BAD)", "hooks/adapter-type"},
	{"constant of another type than it says", "const F: unsafe extern \"C\" fn(u8) -> c_int = good;", "", "Some(F)", "hooks/adapter-type"},
	{"constant option", "const F: Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int> = Some(good);", "", "F", ""},
	{"static option, wrong", "static F: Option<Hook> = Some(bad);\ntype Hook = unsafe extern \"C\" fn(u8) -> c_int;", "", "F", "hooks/adapter-type"},
	{"let", "", "let g = good;", "Some(g)", ""},
	{"let, wrong", "", "let f = good; let mut g = Some(bad);", "g", "hooks/adapter-type"},
	{"a type parameter", "unsafe extern \"C\" fn open<X>(_f: *mut X) -> c_int { 0 }", "", "Some(open::<bindings::inode>)", "hooks/unresolved"},
	{"let with a type", "", "let g: unsafe extern \"C\" fn(u8) -> c_int = good;", "Some(g)", "hooks/adapter-type"},
	{"by its trait", "", "", "Some(<S as Face>::hooked)", "hooks/adapter-type"},
	{"default of a trait", "", "", "Some(S::by_default)", ""},
	{"method of a type parameter, wrong", "", "", "Some(T::file_open)", "hooks/adapter-abi hooks/adapter-type"},
	{"nested", "", "unsafe extern \"C\" fn inner(_f: *mut bindings::file) -> c_int { 0 }", "Some(inner)", ""},
	{"nested, wrong", "", "unsafe extern \"C\" fn inner(_f: u8) -> c_int { 0 }", "Some(inner)", "hooks/adapter-type"},
	{"imported under another name", "use self::fns::bad as fine;", "", "Some(fine)", "hooks/adapter-type"},
	{"block", "", "", "unsafe { Some({ good }) }", ""},
	{"branches", "", "", "if cfg!(X) { Some(good) } else { Some(bad) }", "hooks/adapter-type"},
	{"function without Some", "", "", "good", "hooks/shim-call"},
	{"constant without Some", "", "", "S::GOOD", "hooks/shim-call"},
	{"Some by its path", "", "", "core::option::Option::Some(bad)", "hooks/adapter-type"},
	{"block with an item", "", "", "Some({ unsafe extern \"C\" fn inner(_f: u8) -> c_int { 0 } inner })", "hooks/adapter-type"},
	{"block with a let", "", "", "{ let g = Some(bad); g }", "hooks/adapter-type"},
	{"constant of a trait", "trait Const { const F: unsafe extern \"C\" fn(u8) -> c_int; }\nfn of<C: Const>(entry: *mut bindings::security_hook_list) { bindings::lsm_hook_init_file_open(entry, Some(C::F)) }", "", "Some(good)", "hooks/adapter-type"},
	{"element of an array", "static FNS: [u8; 2] = [0, 1];", "", "FNS[0]", "hooks/unresolved"},
	{"field", "", "", "ops.open", "hooks/unresolved"},
	{"field of a static", "struct Ops { open: Option<Hook> }\ntype Hook = unsafe extern \"C\" fn(*mut bindings::file) -> c_int;\nstatic OPS: Ops = Ops { open: Some(good) };", "", "OPS.open", ""},
	{"field of a static, wrong", "struct Ops { open: Option<Hook>, more: u8 }\ntype Hook = unsafe extern \"C\" fn(u8) -> c_int;\nstatic OPS: Ops = Ops { more: 1, open: Some(bad) };", "", "OPS.open", "hooks/adapter-type"},
	{"field of a tuple, wrong", "struct One(unsafe extern \"C\" fn(u8) -> c_int);\nconst H: One = One(bad);", "", "Some(H.0)", "hooks/adapter-type"},
	{"field of a let", "", "let pair = (1, good);", "Some(pair.1)", ""},
	{"field of a let, wrong", "", "let pair = (bad, 1);", "Some(pair.0)", "hooks/adapter-type"},
	{"field that is not there", "struct One(u8);\nconst H: One = One(1);", "", "Some(H.3)", "hooks/unresolved"},
	{"match", "", "", "match x { 0 => Some(good), _ => None }", ""},
	{"closure", "", "", "Some(|_f| 0)", "hooks/adapter-abi"},
	{"constant none", "const F: Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int> = None;", "", "F", "hooks/no-function"},
	{"none", "", "", "None", "hooks/no-function"},
	{"transmute", "", "", "Some(core::mem::transmute::<_, Hook>(good))", "hooks/cast"},
	{"transmute, wrong", "", "", "Some(transmute(bad as *const ()))", "hooks/adapter-type hooks/cast"},
	{"cast", "", "", "Some(good as unsafe extern \"C\" fn(_) -> _)", ""},
	{"cast, wrong", "", "", "Some(good as unsafe extern \"C\" fn(u8) -> c_int)", "hooks/adapter-type"},
	{"a macro that nobody has", "", "", "Some(pick!(good))", "hooks/unresolved"},
	{"array", "static FNS: [unsafe extern \"C\" fn(*mut bindings::file) -> c_int; 2] = [good, good];", "", "Some(FNS[1])", ""},
	{"array, wrong", "static FNS: [unsafe extern \"C\" fn(u8) -> c_int; 2] = [bad, bad];", "", "Some(FNS[i])", "hooks/adapter-type"},
	{"array of options", "const FNS: [Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int>; 2] = [None, Some(good)];", "", "FNS[1]", ""},
	{"array of options, none of them", "const FNS: [Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int>; 2] = [None, Some(good)];", "", "FNS[0]", "hooks/no-function"},
	{"array, an element of a call", "const fn other() -> usize { 0 }\nstatic FNS: [unsafe extern \"C\" fn(*mut bindings::file) -> c_int; 1] = [elsewhere::make()];", "", "Some(FNS[0])", "hooks/unresolved"},
	{"const fn", "const fn pick() -> Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int> { Some(good) }", "", "pick()", ""},
	{"const fn, wrong", "const fn pick() -> Option<unsafe extern \"C\" fn(u8) -> c_int> { Some(bad) }", "", "pick()", "hooks/adapter-type"},
	{"const fn of another type than it says", "const fn pick() -> unsafe extern \"C\" fn(u8) -> c_int { good }", "", "Some(pick())", "hooks/adapter-type"},
	{"const fn without Some", "const fn pick() -> unsafe extern \"C\" fn(*mut bindings::file) -> c_int { good }", "", "pick()", "hooks/shim-call"},
	{"const fn of a type", "impl S { const fn pick() -> Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int> { let g = good; Some(g) } }", "", "S::pick()", ""},
	{"const fn of another type", "const fn pick() -> Option<unsafe extern \"C\" fn(u8) -> c_int> { Some(bad) }", "", "Other::pick()", "hooks/unresolved"},
	{"const fn around", "const fn wrap<F>(f: F) -> Option<F> { Some(f) }", "", "wrap(good)", ""},
	{"const fn around, wrong", "const fn wrap<F>(f: F) -> Option<F> { Some(f) }", "", "wrap(bad)", "hooks/adapter-type"},
	{"const fn around a closure", "const fn wrap<F>(f: F) -> Option<F> { Some(f) }", "", "wrap(|_f| 0)", "hooks/adapter-abi"},
	{"fn that returns early", "fn pick() -> Option<Hook> { if x() { return None; } Some(good) }", "", "pick()", "hooks/unresolved"},
	{"fn that calls itself", "fn pick() -> Option<Hook> { pick() }", "", "pick()", "hooks/unresolved"},
	{"a function call", "", "", "make()", "hooks/unresolved"},
	{"an argument too many", "", "", "Some(good), 0", "hooks/shim-call"},
	{"an option of nothing known", "", "", "Some(nowhere::f)", "hooks/unresolved"},
}

const formItems = `
unsafe extern "C" fn good(_f: *mut bindings::file) -> c_int { 0 }
unsafe extern "C" fn bad(_f: u8) -> c_int { 0 }
struct S;
impl S {
    const GOOD: unsafe extern "C" fn(*mut bindings::file) -> c_int = good;
    const BAD: unsafe extern "C" fn(u8) -> c_int = bad;
}
trait Face {
    unsafe extern "C" fn hooked(f: u8) -> c_int;
    unsafe extern "C" fn by_default(_f: *mut bindings::file) -> c_int { 0 }
}
impl Face for S { unsafe extern "C" fn hooked(_f: u8) -> c_int { 0 } }
mod fns { pub unsafe extern "C" fn bad(_f: u8) -> c_int { 0 } }
`

func TestRustForms(t *testing.T) {
	for _, tc := range rustForms {
		t.Run(tc.name, func(t *testing.T) {
			ids := map[string]bool{}
			for _, f := range found(t,
				edit{lsmRS, "pub struct Adapter", formItems + tc.items + "\npub struct Adapter"},
				edit{lsmRS, "bindings::lsm_hook_init_file_open(entry, Some(Self::file_open))",
					tc.statements + "bindings::lsm_hook_init_file_open(entry, " + tc.given + ")"},
			) {
				if f.Check != "hooks/not-registered" { // the adapter of the fixture is not used here
					ids[f.Check] = true
				}
			}
			var got []string
			for id := range ids {
				got = append(got, id)
			}
			slices.Sort(got)
			if strings.Join(got, " ") != tc.want {
				t.Errorf("`%s`: %q, want %q", tc.given, got, tc.want)
			}
		})
	}
}

// TestRustWrapper gives functions to shims by functions of Rust around them, and fills in the union by
// an assignment.
func TestRustWrapper(t *testing.T) {
	const wrapper = "\nunsafe fn add(to: *mut bindings::security_hook_list, f: %) { unsafe { bindings::lsm_hook_init_file_open(to, %2) } }\n"
	for _, tc := range []struct{ param, pass, call, want string }{
		{"unsafe extern \"C\" fn(*mut bindings::file) -> c_int", "Some(f)", "add(entry, good)", ""},
		{"unsafe extern \"C\" fn(u8) -> c_int", "Some(f)", "add(entry, bad)", "hooks/adapter-type hooks/adapter-type"},
		{"Option<unsafe extern \"C\" fn(*mut bindings::file) -> c_int>", "f", "add(entry, Some(bad))", "hooks/adapter-type"},
		{"unsafe extern \"C\" fn(*mut bindings::file) -> c_int", "Some(f)", "add(entry, better())", "hooks/unresolved"},
		{"impl Fn(u8)", "Some(f)", "add(entry, good)", "hooks/unresolved"},
		{"u8", "Some(good)", "(*entry).hook.file_open = Some(bad)", "hooks/adapter-type"},
	} {
		text := strings.NewReplacer("%2", tc.pass, "%", tc.param).Replace(wrapper)
		var got []string
		for _, f := range found(t, edit{lsmRS, "pub struct Adapter", formItems + text + "pub struct Adapter"},
			edit{lsmRS, "bindings::lsm_hook_init_file_open(entry, Some(Self::file_open))", tc.call}) {
			if f.Check != "hooks/not-registered" {
				got = append(got, f.Check)
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s, %s: %q, want %q", tc.param, tc.call, got, tc.want)
		}
	}
}

// TestRustImports calls the shim by other names than bindings::NAME.
func TestRustImports(t *testing.T) {
	const shim = "kernel::bindings::lsm_hook_init_file_open"
	for _, tc := range []struct{ use, call, want string }{
		{"use " + shim + ";", "lsm_hook_init_file_open(entry, Some(good))", ""},
		{"use " + shim + " as put;", "put(entry, Some(good))", ""},
		{"use " + shim + " as put;", "put(entry, Some(bad))", "hooks/adapter-type"},
		{"use " + shim + " as put;", "put(Some(good), entry)", "hooks/shim-call"},
		{"use kernel::bindings::{lsm_hook_init_file_open as put, security_hook_list};", "put(entry, Some(bad))", "hooks/adapter-type"},
		{"use " + shim + " as put;", "put(entry, Some(good)); let g = put; g(entry, Some(bad))", "hooks/adapter-type hooks/twice hooks/unresolved"},
		{"", "let g = " + shim + "; g(entry, Some(bad))", "hooks/adapter-type"},
		{"", "let g: Shim; let h: u32 = 1; " + shim + "(entry, Some(good))", ""}, // a let without a value
		{"", "let g: Shim = " + shim + "; g(entry, Some(good))", ""},
		{"", "let g = " + shim + "; let h = g; h(entry, Some(bad))", "hooks/unresolved"},
		{"", "let mut f = None; if true { f = Some(bad); } " + shim + "(entry, f)", "hooks/adapter-type"},
		{"", "let mut f = None; if true { f = Some(good); } " + shim + "(entry, f)", ""},
		{"unsafe extern \"C\" fn worse(_f: *mut bindings::file) -> Result { Ok(()) }", shim + "(entry, Some(worse))", "hooks/adapter-type"},
		{"macro_rules! m { ($s:ident) => { bindings::$s(entry(), Some(good)) }; }", "m!(lsm_hook_init_file_open)", ""},
		{"pub use " + shim + " as put;", "put(entry, Some(good))", "hooks/unresolved"},
		{"mod a { use " + shim + " as put; }\nuse kernel::bindings::lsm_hook_init_task_alloc as put;", "put(entry, Some(good))", "hooks/adapter-type hooks/unresolved"},
	} {
		ids := map[string]bool{}
		for _, f := range found(t, edit{lsmRS, "pub struct Adapter", formItems + tc.use + "\npub struct Adapter"},
			edit{lsmRS, "bindings::lsm_hook_init_file_open(entry, Some(Self::file_open))", tc.call}) {
			if f.Check != "hooks/not-registered" {
				ids[f.Check] = true
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(ids)), " "); got != tc.want {
			t.Errorf("%s, %s: %q, want %q", tc.use, tc.call, got, tc.want)
		}
	}
}

// TestRustTables gives the adapters to the shim by constants and statics, through which the trait's methods are called all
// the same: none of them is not registered.
func TestRustTables(t *testing.T) {
	const (
		fn     = "unsafe extern \"C\" fn(*mut bindings::file) -> c_int"
		row    = "pub struct Adapter"
		inImpl = "    unsafe extern \"C\" fn file_open("
	)
	for _, tc := range []struct{ before, within, given, want string }{
		{"", "const F: " + fn + " = Self::file_open;", "Some(Self::F)", ""},
		{"", "const F: " + fn + " = Self::file_open;", "Some(Adapter::<T>::F)", ""},
		{"", "const F: Option<" + fn + "> = Some(Self::file_open);", "Self::F", ""},
		{"", "const F: Option<" + fn + "> = Some(Adapter::<T>::file_open);", "Self::F", ""},
		{"", "const F: " + fn + " = { Self::file_open };", "Some(Self::F)", ""},
		{"", "const F: " + fn + " = Self::G;\n    const G: " + fn + " = Self::file_open;", "Some(Self::F)", ""},
		{"type Open = " + fn + ";\n", "const F: Open = Self::file_open;", "Some(Self::F)", ""},
		{"static F: " + fn + " = Adapter::<Sample>::file_open;\n", "", "Some(F)", ""},
		{"const F: Option<" + fn + "> = Some(Adapter::<Sample>::file_open);\n", "", "F", ""},
		{"trait Row { const F: " + fn + "; }\nimpl<T: Hooks> Row for Adapter<T> { const F: " + fn + " = Adapter::<T>::file_open; }\n", "", "Some(<Self as Row>::F)", ""},
		{"trait Row { const F: " + fn + "; }\nimpl<T: Hooks> Row for Adapter<T> { const F: " + fn + " = Self::file_open; }\n", "", "Some(<Adapter<T> as Row>::F)", ""},
		{"trait Row { const F: " + fn + "; }\nimpl<T: Hooks> Row for Adapter<T> { const F: " + fn + " = Self::file_open; }\nfn row<R: Row>() -> Option<" + fn + "> { Some(R::F) }\n", "", "Some(Self::F)", ""},
		{"trait Row { const F: " + fn + "; }\nimpl<T: Hooks> Row for Adapter<T> { const F: " + fn + " = Self::file_open; }\nfn put<R: Row>(entry: *mut bindings::security_hook_list) { bindings::lsm_hook_init_file_open(entry, Some(R::F)) }\n", "", "", ""},
		{"", "const F: unsafe extern \"C\" fn(u8) -> c_int = Self::file_open;", "Some(Self::F)", "hooks/adapter-type"},
		{"", "const F: " + fn + " = Self::task_alloc;", "Some(Self::F)", "hooks/adapter-type hooks/not-registered"},
		{"struct Ops { open: " + fn + " }\n", "const OPS: Ops = Ops { open: Self::file_open };", "Some(Self::OPS.open)", ""},
	} {
		call := "bindings::lsm_hook_init_file_open(entry, " + tc.given + ")"
		if tc.given == "" {
			call = "put::<Self>(entry)"
		}
		var got []string
		for _, f := range found(t, edit{lsmRS, row, tc.before + row}, edit{lsmRS, inImpl, tc.within + "\n" + inImpl},
			edit{lsmRS, "bindings::lsm_hook_init_file_open(entry, Some(Self::file_open))", call}) {
			got = append(got, f.Check)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s, %s, %s: %q, want %q", tc.before, tc.within, tc.given, got, tc.want)
		}
	}
}
