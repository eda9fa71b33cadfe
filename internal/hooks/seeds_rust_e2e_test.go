// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

const (
	porterRS  = "security/porter/porter.rs"
	porterFn  = "    unsafe extern \"C\" fn file_open(file: *mut bindings::file) -> c_int {"
	giveOpen  = "Some(Self::file_open)"
	giveAlloc = "Some(Self::task_alloc)"
	giveFree  = "Some(Adapter::<T>::task_free)"
	openPtr   = "unsafe extern \"C\" fn(*mut bindings::file) -> c_int"
	wrongPtr  = "unsafe extern \"C\" fn(u8) -> c_int"
	wrongFn   = "unsafe extern \"C\" fn wrong(_f: u8) -> c_int { 0 }\n"
	rightFn   = "unsafe extern \"C\" fn right(_f: *mut bindings::file) -> c_int { 0 }\n"
	ofAdapter = "impl<T: Doors> Adapter<T> {\n"
)

func porter(old, now string) []edit { return []edit{{porterRS, old, now}} }

// given gives something else to the shim of file_open, with items before.
func given(items, now string) []edit {
	return []edit{{porterRS, giveOpen, now}, {porterRS, "struct Porter;", items + "struct Porter;"}}
}

// inside is given, with items in the impl of the adapter.
func inside(items, now string) []edit {
	return []edit{{porterRS, giveOpen, now}, {porterRS, ofAdapter, ofAdapter + items}}
}

// porterSeeds are faults in the hooks of testdata/seeded/porter.txtar.
var porterSeeds = []seed{
	{"nothing", nil, true, ""},

	// The adapters' types.
	{"narrower", porter("task: *mut bindings::task_struct, flags: u64) -> c_int", "task: *mut bindings::task_struct, flags: u32) -> c_int"), false, "adapter-type"},
	{"signed", porter("task: *mut bindings::task_struct, flags: u64) -> c_int", "task: *mut bindings::task_struct, flags: i64) -> c_int"), false, "adapter-type"},
	{"usize for u64", porter("task: *mut bindings::task_struct, flags: u64) -> c_int", "task: *mut bindings::task_struct, flags: usize) -> c_int"), false, "adapter-type"},
	{"by its name in C", porter("task: *mut bindings::task_struct, flags: u64) -> c_int", "task: *mut bindings::task_struct, flags: bindings::u64_) -> c_int"), true, ""},
	{"c_ulonglong", porter("task: *mut bindings::task_struct, flags: u64) -> c_int", "task: *mut bindings::task_struct, flags: c_ulonglong) -> c_int"), true, ""},
	{"const for mut", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *const bindings::file) -> c_int"), false, "adapter-type"},
	{"a reference", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: &mut bindings::file) -> c_int"), false, "adapter-type"},
	{"another struct", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut bindings::inode) -> c_int"), false, "adapter-type"},
	{"void", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut c_void) -> c_int"), false, "adapter-type"},
	{"i32 for c_int", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut bindings::file) -> i32"), true, ""},
	{"u32 for c_int", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut bindings::file) -> u32"), false, "adapter-type"},
	{"long result", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut bindings::file) -> c_long"), false, "adapter-type"},
	{"no result", porter(porterFn, "    unsafe extern \"C\" fn file_open(_file: *mut bindings::file) {}\n\n    unsafe extern \"C\" fn file_opened(file: *mut bindings::file) -> c_int {"), false, "adapter-type not-registered"},
	{"a result of a void hook", porter("    unsafe extern \"C\" fn task_free(task: *mut bindings::task_struct) {\n        T::task_free(task);", "    unsafe extern \"C\" fn task_free(task: *mut bindings::task_struct) -> c_int {\n        T::task_free(task);\n        0"), false, "adapter-type"},
	{"the empty result", porter("unsafe extern \"C\" fn task_free(task: *mut bindings::task_struct) {", "unsafe extern \"C\" fn task_free(task: *mut bindings::task_struct) -> () {"), true, ""},
	{"a parameter too many", porter("fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut bindings::file, _how: c_int) -> c_int"), false, "adapter-type"},
	{"a parameter too few", porter("task: *mut bindings::task_struct, flags: u64) -> c_int {\n        match T::task_alloc(task, flags)", "task: *mut bindings::task_struct) -> c_int {\n        match T::task_alloc(task, 0)"), false, "adapter-type"},
	{"exchanged", porter("fn task_alloc(task: *mut bindings::task_struct, flags: u64) -> c_int", "fn task_alloc(flags: u64, task: *mut bindings::task_struct) -> c_int"), false, "adapter-type trait-type"},
	{"the ABI of Rust", porter(porterFn, "    unsafe fn file_open(file: *mut bindings::file) -> c_int {"), false, "adapter-abi"},
	{"the ABI of the system", porter(porterFn, "    unsafe extern \"system\" fn file_open(file: *mut bindings::file) -> c_int {"), false, "adapter-abi"},
	{"extern without its name", porter(porterFn, "    unsafe extern fn file_open(file: *mut bindings::file) -> c_int {"), true, ""},
	{"not unsafe", porter(porterFn, "    extern \"C\" fn file_open(file: *mut bindings::file) -> c_int {"), true, ""},
	{"by an alias", []edit{{porterRS, "fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut Open) -> c_int"}, {porterRS, "struct Porter;", "type Open = bindings::file;\nstruct Porter;"}}, true, ""},
	{"by an alias, wrong", []edit{{porterRS, "fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut Open) -> c_int"}, {porterRS, "struct Porter;", "type Open = bindings::path;\nstruct Porter;"}}, false, "adapter-type"},

	// What is passed on.
	{"the trait narrower", porter("fn task_alloc(_task: *mut bindings::task_struct, _flags: u64) -> Result", "fn task_alloc(_task: *mut bindings::task_struct, _flags: u32) -> Result"), false, "trait-type"},
	{"the trait with a parameter more", porter("fn task_alloc(_task: *mut bindings::task_struct, _flags: u64) -> Result", "fn task_alloc(_task: *mut bindings::task_struct, _flags: u64, _how: u8) -> Result"), false, "trait-type"},
	{"cut off on the way", []edit{{porterRS, "fn task_alloc(_task: *mut bindings::task_struct, _flags: u64) -> Result", "fn task_alloc(_task: *mut bindings::task_struct, _flags: u32) -> Result"}, {porterRS, "T::task_alloc(task, flags)", "T::task_alloc(task, flags as u32)"}}, true, "trait-type"},
	{"cut off and widened", porter("T::task_alloc(task, flags)", "T::task_alloc(task, flags as u32 as u64)"), true, "trait-type"},
	{"cut off by a let", porter("        match T::task_alloc(task, flags)", "        let low = flags as u16;\n        match T::task_alloc(task, low as u64)"), true, "trait-type"},
	{"a method that is not there", porter("match T::task_alloc(task, flags)", "match T::task_made(task, flags)"), false, "not-registered trait-method"},
	{"the method of another hook", porter("match T::file_open(file) {\n            Ok(()) => 0,\n            Err(e) => e.to_errno(),\n        }", "T::task_free(file.cast());\n        0"), true, "not-registered"},
	{"another default", porter("    fn task_alloc(_task: *mut bindings::task_struct, _flags: u64) -> Result {\n        Ok(())", "    fn task_alloc(_task: *mut bindings::task_struct, _flags: u64) -> Result {\n        Err(EPERM)"), true, "default-return"},
	{"a hook that is not registered", porter("            bindings::lsm_hook_init_task_free(entry.add(2), Some(Adapter::<T>::task_free));\n", ""), true, "not-registered"},

	// How the function is named.
	{"by the type's name", given("", "Some(Adapter::<T>::file_open)"), true, ""},
	{"by its trait", given(rightFn+"trait Face { unsafe extern \"C\" fn hooked(f: u8) -> c_int; }\nimpl Face for Porter { unsafe extern \"C\" fn hooked(_f: u8) -> c_int { 0 } }\n", "Some(<Porter as Face>::hooked)"), false, "adapter-type not-registered"},
	{"a free function", given(rightFn, "Some(right)"), true, "not-registered"},
	{"a free function, wrong", given(wrongFn, "Some(wrong)"), false, "adapter-type not-registered"},
	{"a constant of the impl", inside("    const OPEN: "+openPtr+" = Self::file_open;\n", "Some(Self::OPEN)"), true, ""},
	{"a constant of the impl, wrong", inside("    const OPEN: "+wrongPtr+" = Self::file_open;\n", "Some(Self::OPEN)"), false, "adapter-type"},
	{"an option as a constant", inside("    const OPEN: Option<"+openPtr+"> = Some(Self::file_open);\n", "Self::OPEN"), true, ""},
	{"a constant of the impl, twice", inside("    const A: "+openPtr+" = Self::B;\n    const B: "+openPtr+" = Self::file_open;\n", "Some(Self::A)"), true, ""},
	{"a constant of a trait", given("trait Row { const F: "+openPtr+"; }\nimpl<T: Doors> Row for Adapter<T> { const F: "+openPtr+" = Self::file_open; }\n", "Some(<Self as Row>::F)"), true, ""},
	{"a constant of a trait, wrong", given("trait Row { const F: "+wrongPtr+"; }\n"+wrongFn+"impl<T: Doors> Row for Adapter<T> { const F: "+wrongPtr+" = wrong; }\n", "Some(<Self as Row>::F)"), false, "adapter-type not-registered"},
	{"a static", given("static OPEN: "+openPtr+" = Adapter::<Porter>::file_open;\n", "Some(OPEN)"), true, ""},
	{"a static, wrong", given(wrongFn+"static OPEN: "+wrongPtr+" = wrong;\n", "Some(OPEN)"), false, "adapter-type not-registered"},
	{"a let", porter("            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            let f: "+openPtr+" = Self::file_open;\n            bindings::lsm_hook_init_file_open(entry, Some(f));"), true, ""},
	{"a let, wrong", []edit{{porterRS, "            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            let f = wrong;\n            bindings::lsm_hook_init_file_open(entry, Some(f));"}, {porterRS, "struct Porter;", wrongFn + "struct Porter;"}}, false, "adapter-type not-registered"},
	{"imported under another name", given("mod fns { use super::*; pub "+wrongFn+"}\nuse fns::wrong as fine;\n", "Some(fine)"), false, "adapter-type not-registered"},
	{"a closure", given("", "Some(|_f| 0)"), false, "adapter-abi"},
	{"without Some", given("", "Self::file_open"), false, "shim-call"},
	{"none", given("", "None"), true, "no-function"},
	{"cast to its own type", given("", "Some(Self::file_open as "+openPtr+")"), true, ""},
	{"cast to another type", given("", "Some(Self::file_open as "+wrongPtr+")"), false, "adapter-type"},
	{"transmuted", given("", "Some(core::mem::transmute::<*const (), "+openPtr+">(Self::file_open as *const ()))"), true, "cast"},
	{"transmuted from a wrong one", given(wrongFn, "Some(core::mem::transmute::<*const (), "+openPtr+">(wrong as *const ()))"), true, "adapter-type cast not-registered"},
	{"a type parameter", given("unsafe extern \"C\" fn any<X>(_f: *mut X) -> c_int { 0 }\n", "Some(any::<bindings::inode>)"), false, "not-registered unresolved"},
	{"by its address", porter("            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            (&raw mut (*entry).hook.file_open).write(Some(Self::file_open));"), true, "not-registered unresolved"},
	{"a block", given("", "{ Some(Self::file_open) }"), true, ""},
	{"a condition", given("", "if cfg!(CONFIG_NET) { Some(Self::file_open) } else { None }"), true, ""},
	{"a condition, one wrong", given(wrongFn, "if cfg!(CONFIG_NET) { Some(Self::file_open) } else { Some(wrong) }"), false, "adapter-type"},
	{"a wrapper of its own", given("unsafe fn add(to: *mut bindings::security_hook_list, f: "+wrongPtr+") { unsafe { bindings::lsm_hook_init_file_open(to, Some(f)) } }\n", giveOpen), false, "adapter-type"},

	// The shims.
	{"a function for another hook", porter(giveFree, giveOpen), false, "adapter-type not-registered"},
	{"two that are exchanged", []edit{{porterRS, giveOpen, "Some(Self::task_allocs)"}, {porterRS, giveAlloc, giveOpen}, {porterRS, "Some(Self::task_allocs)", giveAlloc}}, false, "adapter-type"},
	{"an argument too many", porter("(entry, Some(Self::file_open))", "(entry, Some(Self::file_open), 0)"), false, "shim-call"},
	{"an argument too few", porter("(entry, Some(Self::file_open))", "(Some(Self::file_open))"), false, "not-registered shim-call"},
	{"the arguments exchanged", porter("(entry, Some(Self::file_open))", "(Some(Self::file_open), entry)"), false, "not-registered shim-call"},
	{"a shim that is not there", porter("bindings::lsm_hook_init_file_open(entry", "bindings::lsm_hook_init_file_opened(entry"), false, "no-shim not-registered"},
	{"the shim of a hook that has none", porter("bindings::lsm_hook_init_file_open(entry", "bindings::lsm_hook_init_file_receive(entry"), false, "no-shim not-registered"},
	{"Rust that ends early", porter("    T::task_free(task);\n    }\n", "    T::task_free(task);\n"), false, "bad-rust unresolved"},

	// The union itself.
	{"the union", porter("            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            (*entry).hook = bindings::security_list_options { file_open: Some(Self::file_open) };"), true, ""},
	{"the union, wrong", []edit{{porterRS, "            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            (*entry).hook = bindings::security_list_options { file_open: Some(wrong) };"}, {porterRS, "struct Porter;", wrongFn + "struct Porter;"}}, false, "adapter-type not-registered"},
	{"a member that is not there", porter("            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            (*entry).hook = bindings::security_list_options { file_opened: Some(Self::file_open) };"), false, "unknown-hook"},
	{"a member of the union", porter("            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            (*entry).hook.file_open = Some(Self::file_open);"), true, ""},
	{"a member of the union, crossed", porter("            bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "            (*entry).hook.file_receive = Some(Self::file_open);"), true, "crossed"},
}
