// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// fixture returns the small tree, and the tree with the series after edits. An edit replaces
// the first occurrence of a text in a file; the whole file where the text is "".
func fixture(t testing.TB, edits ...edit) (set *patchset.Set, before, after fstest.MapFS) {
	t.Helper()
	return editedFixture(t, hookstest.ReadArchive(t, "testdata/tree.txtar"), hookstest.ReadArchive(t, "testdata/series.txtar"), edits)
}

func editedFixture(t testing.TB, before, series fstest.MapFS, edits []edit) (_ *patchset.Set, _, after fstest.MapFS) {
	t.Helper()
	after = maps.Clone(before)
	maps.Copy(after, series)
	touched := slices.Collect(maps.Keys(series))
	for _, e := range edits {
		if e.old == "" {
			after[e.file] = &fstest.MapFile{Data: []byte(e.now)}
			touched = append(touched, e.file)
			continue
		}
		f := after[e.file]
		if f == nil || !strings.Contains(string(f.Data), e.old) {
			t.Fatalf("%s does not hold %q", e.file, e.old)
		}
		after[e.file] = &fstest.MapFile{Data: []byte(strings.Replace(string(f.Data), e.old, e.now, 1))}
	}
	return hookstest.Touching(touched...), before, after
}

type edit struct{ file, old, now string }

func found(t testing.TB, edits ...edit) []report.Finding {
	t.Helper()
	set, before, after := fixture(t, edits...)
	findings, _, err := Check(&check.View{Set: set, Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func TestNothingWrong(t *testing.T) {
	for _, f := range found(t) {
		t.Errorf("%s: %s: %s", f.Position(), f.Check, f.Message)
	}
}

// lineOf returns the line of the first occurrence of text in a file of the fixture after edits.
func lineOf(t *testing.T, fsys fs.FS, file, text string) int {
	t.Helper()
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(data), text)
	if i < 0 {
		t.Fatalf("%s does not hold %q", file, text)
	}
	return 1 + strings.Count(string(data[:i]), "\n")
}

const (
	mainC   = "security/plain/main.c"
	bpfC    = "kernel/bpf/bpf_lsm.c"
	shimC   = "rust/helpers/lsm.c"
	lsmRS   = "rust/kernel/lsm.rs"
	sample  = "security/rust_lsm/rust_lsm.rs"
	allocC  = "int (*hook)(struct task_struct *, u64)"
	allocRS = "clone_flags: u64) -> c_int"
)

// twins gives the tree another hook of the type of file_open.
var twins = edit{"include/linux/lsm_hook_defs.h", "LSM_HOOK(int, 0, file_open", "LSM_HOOK(int, 0, file_seal, struct file *file)\nLSM_HOOK(int, 0, file_open"}

// spoiled are small changes to the series that must give exactly the named findings. Each is
// "check file: text on its line".
var spoiled = []struct {
	name  string
	edits []edit
	want  []string
}{
	{"width in the shim", []edit{{shimC, allocC, "int (*hook)(struct task_struct *, u32)"}}, []string{"hooks/shim-type rust/helpers/lsm.c: u32"}},
	{"qualifier in the shim", []edit{{shimC, "struct file *file", "const struct file *file"}}, []string{"hooks/shim-type rust/helpers/lsm.c: const struct file"}},
	{"return type of the shim", []edit{{shimC, "void (*hook)(struct task", "int (*hook)(struct task"}}, []string{"hooks/shim-type rust/helpers/lsm.c: int (*hook)(struct task_struct *task)"}},
	{"arity of the shim", []edit{{shimC, allocC, "int (*hook)(struct task_struct *)"}}, []string{"hooks/shim-type rust/helpers/lsm.c: int (*hook)(struct task_struct *)"}},
	{"another hook's shim", []edit{{shimC, "LSM_HOOK_INIT(file_open", "LSM_HOOK_INIT(file_close"}}, []string{"hooks/unknown-hook rust/helpers/lsm.c: file_close"}},
	{"cast", []edit{{mainC, "file_open, plain_file_open", "file_open, (void *)plain_file_open"}}, []string{"hooks/cast security/plain/main.c: (void *)"}},
	{"no function", []edit{{mainC, "file_open, plain_file_open", "file_open, NULL"}}, []string{"hooks/no-function security/plain/main.c: NULL"}},
	{"undeclared function", []edit{{mainC, "file_open, plain_file_open", "file_open, plain_open"}}, []string{"hooks/undefined-function security/plain/main.c: plain_open)"}},
	{"signed enumeration", []edit{{"security/plain/plain.h", "unsigned int what", "int what"}}, []string{"hooks/shim-type security/plain/plain.h: int what"}},
	{"width through a macro", []edit{{mainC, "unsigned short mode", "int mode"}}, []string{"hooks/shim-type security/plain/main.c: int mode"}},
	{"width in the adapter", []edit{{lsmRS, allocRS, "clone_flags: u32) -> c_int"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: clone_flags: u32) -> c_int"}},
	{"sign in the adapter", []edit{{lsmRS, allocRS, "clone_flags: i64) -> c_int"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: clone_flags: i64) -> c_int"}},
	{"usize is not u64", []edit{{lsmRS, allocRS, "clone_flags: c_ulong) -> c_int"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: clone_flags: c_ulong) -> c_int"}},
	{"const in the adapter", []edit{{lsmRS, "file: *mut bindings::file)", "file: *const bindings::file)"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: file: *const"}},
	{"reference in the adapter", []edit{{lsmRS, "file: *mut bindings::file)", "file: &bindings::file)"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: file: &bindings"}},
	{"return type of the adapter", []edit{{lsmRS, "bindings::file) -> c_int", "bindings::file) -> c_long"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: fn file_open(file: *mut"}},
	{"arity of the adapter", []edit{{lsmRS, "task: *mut bindings::task_struct, clone", "task: *mut bindings::task_struct, x: u64, clone"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: fn task_alloc(task: *mut"}},
	{"no shim", []edit{{shimC, "rust_helper_lsm_hook_init_task_free", "rust_helper_lsm_hook_init_task_end"}}, []string{"hooks/no-shim rust/kernel/lsm.rs: bindings::lsm_hook_init_task_free", "hooks/not-registered rust/kernel/lsm.rs: fn task_free(_task"}},
	{"union filled in by Rust", []edit{{lsmRS, "bindings::lsm_hook_init_file_open(entry, Some(Self::file_open));", "bindings::security_list_options { file_open: Some(Self::file_open), file_close: Some(Self::file_open) };"}, {lsmRS, "file: *mut bindings::file)", "file: u32)"}}, []string{"hooks/unknown-hook rust/kernel/lsm.rs: file_close: Some", "hooks/adapter-type rust/kernel/lsm.rs: file: u32"}},
	{"one of two adapters", []edit{{lsmRS, "    unsafe extern \"C\" fn file_open", "    #[cfg(CONFIG_OLD)]\n    unsafe extern \"C\" fn file_open(i: *mut bindings::inode) -> c_int { 0 }\n    #[cfg(not(CONFIG_OLD))]\n    unsafe extern \"C\" fn file_open"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: fn file_open(i:"}},
	{"Rust ABI", []edit{{lsmRS, `unsafe extern "C" fn file_open`, "unsafe fn file_open"}}, []string{"hooks/adapter-abi rust/kernel/lsm.rs: unsafe fn file_open"}},
	{"trait method", []edit{{lsmRS, "fn task_free(_task: &Task) {}", "fn task_freed(_task: &Task) {}"}}, []string{"hooks/trait-method rust/kernel/lsm.rs: T::task_free"}},
	{"trait type", []edit{{lsmRS, "_clone_flags: u64", "_clone_flags: u32"}}, []string{"hooks/trait-type rust/kernel/lsm.rs: _clone_flags: u32"}},
	{"trait arity", []edit{{lsmRS, "_task: &Task, _clone_flags: u64", "_clone_flags: u64"}}, []string{"hooks/trait-type rust/kernel/lsm.rs: <T as Hooks>::task_alloc"}},
	{"default answer", []edit{{lsmRS, "u64) -> Result {\n        Ok(())", "u64) -> Result {\n        Err(code::EPERM)"}}, []string{"hooks/default-return rust/kernel/lsm.rs: _clone_flags: u64"}},
	{"not registered", []edit{{lsmRS, "            bindings::lsm_hook_init_task_free(entry.add(2), Some(Adapter::<T>::task_free));\n", ""}}, []string{"hooks/not-registered rust/kernel/lsm.rs: fn task_free(_task"}},
	{"another hook's function", []edit{{mainC, "file_open, plain_file_open", "task_free, plain_file_open"}}, []string{"hooks/shim-type security/plain/main.c: task_free, plain_file_open"}},
	{"another hook's adapter", []edit{{lsmRS, "Some(Adapter::<T>::task_free)", "Some(Self::file_open)"}}, []string{"hooks/adapter-type rust/kernel/lsm.rs: bindings::lsm_hook_init_task_free", "hooks/not-registered rust/kernel/lsm.rs: fn task_free(_task"}},
	{"crossed in C", []edit{twins, {mainC, "LSM_HOOK_INIT(file_open, plain", "LSM_HOOK_INIT(file_seal, plain"}}, []string{"hooks/crossed security/plain/main.c: file_seal, plain"}},
	{"crossed in the shim", []edit{twins, {shimC, "LSM_HOOK_INIT(file_open", "LSM_HOOK_INIT(file_seal"}}, []string{"hooks/crossed rust/helpers/lsm.c: file_seal, hook"}},
	{"crossed in the adapter", []edit{twins, {lsmRS, "task_free(entry.add(2), Some(Adapter::<T>::task_free))", "task_free(entry.add(2), Some(Adapter::<T>::file_open))"}, {lsmRS, "fn file_open(file: *mut bindings::file) -> c_int", "fn file_open(file: *mut bindings::task_struct)"}, {lsmRS, "entry, Some(Self::file_open)", "entry, Some(Self::opened)"}}, []string{"hooks/crossed rust/kernel/lsm.rs: bindings::lsm_hook_init_task_free", "hooks/not-registered rust/kernel/lsm.rs: fn task_free(_task", "hooks/unresolved rust/kernel/lsm.rs: Self::opened"}},
	{"crossed in the trait", []edit{twins, {lsmRS, "T::file_open(file)?", "T::file_seal(file)?"}, {lsmRS, "    /// A task is born.", "    fn file_seal(_file: &File) -> Result { Ok(()) }\n    /// A task is born."}}, []string{"hooks/crossed rust/kernel/lsm.rs: T::file_seal", "hooks/not-registered rust/kernel/lsm.rs: fn file_open(_file"}},
	{"not crossed: shared", []edit{twins, {mainC, "	PLAIN_HOOK(path_mkdir),", "	LSM_HOOK_INIT(file_seal, plain_file_open),\n	PLAIN_HOOK(path_mkdir),"}}, nil},
	{"built by a script", []edit{{"security/plain/Makefile", "obj-$(CONFIG_SECURITY_PLAIN) := plain.o", "ifeq ($(shell uname),Linux)\nobj-$(CONFIG_SECURITY_PLAIN) := plain.o\nendif"}}, []string{"hooks/wiring-unread security/plain/main.c: DEFINE_LSM"}},
	{"built by a variable", []edit{{"security/plain/Makefile", "plain-y := main.o", "objects := main.o\nplain-y := $(objects)"}}, nil},
	{"built by a function", []edit{{"security/plain/Makefile", "plain-y := main.o", "plain-y := $(addsuffix .o,main)"}}, nil},
	{"built as a part of another file", []edit{{"security/plain/Makefile", "plain-y := main.o", "plain-y := all.o"}, {"security/plain/all.c", "", "#include \"main.c\"\n"}}, nil},
	{"built as a part of nothing", []edit{{"security/plain/Makefile", "plain-y := main.o", "plain-y := all.o"}, {"security/plain/all.c", "", "#include \"main.h\"\n"}}, []string{"hooks/not-built security/plain/main.c: DEFINE_LSM"}},
	{"built as a module of a crate", []edit{{"security/rust_lsm/Makefile", "rust_lsm.o", "root.o"}, {"security/rust_lsm/root.rs", "", "//! Root of the lsm crate.\nmod rust_lsm;\n"}}, nil},
	{"a module of no crate", []edit{{"security/rust_lsm/Makefile", "rust_lsm.o", "root.o"}, {"security/rust_lsm/root.rs", "", "//! Root of the lsm crate.\n"}}, []string{"hooks/not-built security/rust_lsm/rust_lsm.rs: define_lsm!"}},
	{"composites of each other", []edit{{"security/plain/Makefile", "obj-$(CONFIG_SECURITY_PLAIN) := plain.o", "a-y := b.o plain.o\nb-y := a.o"}}, []string{"hooks/not-built security/plain/main.c: DEFINE_LSM"}},
	{"init of another type", []edit{{mainC, "static int __init plain_init(void)", "static void __init plain_init(void)"}}, []string{"hooks/field-type security/plain/main.c: .init = plain_init"}},
	{"id without its address", []edit{{mainC, ".id = &plain_lsmid", ".id = plain_lsmid"}}, []string{"hooks/field-type security/plain/main.c: .id = plain_lsmid"}},
	{"blobs of another struct", []edit{{mainC, ".blobs = &plain_blobs", ".blobs = &plain_lsmid"}}, []string{"hooks/field-type security/plain/main.c: .blobs = &plain_lsmid", "hooks/blob-sizes-unused security/plain/main.c: plain_blobs"}},
	{"hooks added by a name", []edit{{mainC, "ARRAY_SIZE(plain_hooks), &plain_lsmid", "ARRAY_SIZE(plain_hooks), \"plain\""}}, []string{"hooks/framework-call security/plain/main.c: security_add_hooks"}},
	{"hooks added without a name", []edit{{mainC, "ARRAY_SIZE(plain_hooks), &plain_lsmid", "ARRAY_SIZE(plain_hooks)"}}, []string{"hooks/framework-call security/plain/main.c: security_add_hooks"}},
	{"attribute of old", []edit{{mainC, "plain_hooks[] __ro_after_init", "plain_hooks[] __lsm_ro_after_init"}}, []string{"hooks/gone security/plain/main.c: __lsm_ro_after_init"}},
	{"flag of nobody", []edit{{mainC, ".init = plain_init,", ".order = LSM_ORDER_SECOND,\n	.init = plain_init,"}}, []string{"hooks/gone security/plain/main.c: LSM_ORDER_SECOND"}},
	{"too few counted", []edit{{mainC, "ARRAY_SIZE(plain_hooks)", "2"}}, []string{"hooks/wrong-count security/plain/main.c: security_add_hooks"}},
	{"all counted", []edit{{mainC, "ARRAY_SIZE(plain_hooks)", "4"}}, nil},
	{"one left out", []edit{{mainC, "ARRAY_SIZE(plain_hooks)", "ARRAY_SIZE(plain_hooks) - 1"}}, []string{"hooks/wrong-count security/plain/main.c: security_add_hooks"}},
	{"bytes counted", []edit{{mainC, "ARRAY_SIZE(plain_hooks)", "sizeof(plain_hooks)"}}, []string{"hooks/wrong-count security/plain/main.c: security_add_hooks"}},
	{"counted by hand", []edit{{mainC, "ARRAY_SIZE(plain_hooks)", "sizeof(plain_hooks) / sizeof(plain_hooks[0])"}}, nil},
	{"ID worked out", []edit{{mainC, "LSM_ID_PLAIN", "LSM_ID_SELINUX + 1"}}, []string{"hooks/lsm-id-unknown security/plain/main.c: LSM_ID_SELINUX + 1"}},
	{"another list counted", []edit{{mainC, "ARRAY_SIZE(plain_hooks)", "ARRAY_SIZE(plain_other)"}}, []string{"hooks/wrong-count security/plain/main.c: security_add_hooks"}},
	{"list that nobody adds", []edit{{mainC, "	security_add_hooks(plain_hooks, ARRAY_SIZE(plain_hooks), &plain_lsmid);\n", ""}}, []string{"hooks/never-added security/plain/main.c: plain_hooks[]"}},
	{"list that is handed on", []edit{{mainC, "	security_add_hooks(plain_hooks, ARRAY_SIZE(plain_hooks), &plain_lsmid);\n", "	add_all(plain_hooks, ARRAY_SIZE(plain_hooks));\n"}}, nil},
	{"hook twice", []edit{{mainC, "	PLAIN_HOOK(path_mkdir),", "	PLAIN_HOOK(path_mkdir),\n	LSM_HOOK_INIT(file_open, &plain_file_open),"}}, []string{"hooks/twice security/plain/main.c: &plain_file_open"}},
	{"static calls of another hook", []edit{{mainC, "	LSM_HOOK_INIT(file_open, plain_file_open),", "	{ .scalls = static_calls_table.task_free, .hook = { .file_open = plain_file_open } },"}}, []string{"hooks/crossed-calls security/plain/main.c: .scalls"}},
	{"hook function freed", []edit{{mainC, "static int plain_file_open(", "static int __init plain_file_open("}}, []string{"hooks/freed-at-boot security/plain/main.c: static int __init plain_file_open"}},
	{"list freed", []edit{{mainC, "plain_hooks[] __ro_after_init", "plain_hooks[] __initdata"}}, []string{"hooks/freed-at-boot security/plain/main.c: plain_hooks[] __initdata"}},
	{"no descriptor", []edit{{mainC, "DEFINE_LSM(plain) = {\n	.id = &plain_lsmid,\n	.blobs = &plain_blobs,\n	.init = plain_init,\n};", "module_init(plain_init);"}}, []string{"hooks/no-descriptor security/plain/main.c: security_add_hooks", "hooks/blob-sizes-unused security/plain/main.c: plain_blobs"}},
	{"name of another LSM", []edit{{mainC, ".name = \"plain\"", ".name = \"selinux\""}}, []string{"hooks/name-taken security/plain/main.c: DEFINE_LSM"}},
	{"place of capabilities", []edit{{mainC, ".init = plain_init,", ".order = LSM_ORDER_FIRST,\n	.init = plain_init,"}}, []string{"hooks/order security/plain/main.c: LSM_ORDER_FIRST"}},
	{"tristate", []edit{{"security/plain/Kconfig", "bool", "tristate"}}, []string{"hooks/module-lsm security/plain/Kconfig: config SECURITY_PLAIN"}},
	{"module only", []edit{{"security/plain/Makefile", "obj-$(CONFIG_SECURITY_PLAIN)", "obj-m"}}, []string{"hooks/module-lsm security/plain/main.c: DEFINE_LSM"}},
	{"ID of another LSM", []edit{{mainC, "LSM_ID_PLAIN", "LSM_ID_SELINUX"}}, []string{"hooks/lsm-id-taken security/plain/main.c: LSM_ID_SELINUX"}},
	{"ID of nobody", []edit{{mainC, "LSM_ID_PLAIN", "LSM_ID_UNDEF"}}, []string{"hooks/lsm-id-unknown security/plain/main.c: LSM_ID_UNDEF"}},
	{"number of nobody", []edit{{mainC, "LSM_ID_PLAIN", "400"}}, []string{"hooks/lsm-id-unknown security/plain/main.c: 400"}},
	{"sleeping where BPF may not", []edit{{bpfC, "", "BTF_SET_START(sleepable_lsm_hooks)\nBTF_ID(func, bpf_lsm_task_free)\nBTF_SET_END(sleepable_lsm_hooks)\n"}}, []string{"hooks/sleeps security/plain/main.c: GFP_KERNEL"}},
	{"sleeping where BPF may", []edit{{bpfC, "", "BTF_SET_START(sleepable_lsm_hooks)\nBTF_ID(func, bpf_lsm_file_open)\nBTF_SET_END(sleepable_lsm_hooks)\n"}}, nil},
	{"sleeping where another LSM does", []edit{{bpfC, "", "BTF_SET_START(sleepable_lsm_hooks)\nBTF_ID(func, bpf_lsm_task_free)\nBTF_SET_END(sleepable_lsm_hooks)\n"}, {"security/other/other.c", "", "static int f(struct file *f)\n{\n	msleep(1);\n}\nstatic struct security_hook_list l = LSM_HOOK_INIT(file_open, f);\n"}}, nil},
	{"sleeping in RCU walk", []edit{{"include/linux/lsm_hook_defs.h", "LSM_HOOK(int, 0, file_open", "LSM_HOOK(int, 0, walk, struct file *f, bool rcu)\nLSM_HOOK(int, 0, file_open"}, {mainC, "static struct security_hook_list", "static int plain_walk(struct file *f, bool rcu)\n{\n	msleep(5);\n	return rcu;\n}\nstatic struct security_hook_list"}, {mainC, "	PLAIN_HOOK(path_mkdir)", "	PLAIN_HOOK(walk),\n	PLAIN_HOOK(path_mkdir)"}}, []string{"hooks/sleeps security/plain/main.c: msleep(5)"}},
	{"not sleeping in RCU walk", []edit{{"include/linux/lsm_hook_defs.h", "LSM_HOOK(int, 0, file_open", "LSM_HOOK(int, 0, walk, struct file *f, bool rcu)\nLSM_HOOK(int, 0, file_open"}, {mainC, "static struct security_hook_list", "static int plain_walk(struct file *f, bool rcu)\n{\n	if (!rcu)\n		msleep(5);\n	return 0;\n}\nstatic struct security_hook_list"}, {mainC, "	PLAIN_HOOK(path_mkdir)", "	PLAIN_HOOK(walk),\n	PLAIN_HOOK(path_mkdir)"}}, nil},
	{"hook of old", []edit{{"include/linux/lsm_hook_defs.h", "LSM_HOOK(int, 0, file_open", "LSM_HOOK(int, 0, bprm_creds_for_exec, struct linux_binprm *bprm)\nLSM_HOOK(int, 0, file_open"}, {mainC, "file_open, plain_file_open", "bprm_set_creds, plain_file_open"}}, []string{"hooks/unknown-hook security/plain/main.c: bprm_set_creds"}},
	{"page", []edit{{"Documentation/admin-guide/LSM/index.rst", "", ".. toctree::\n\n   plain\n"}, {"Documentation/admin-guide/LSM/plain.rst", "", "Plain\n"}}, nil},
	{"page that the index does not name", []edit{{"Documentation/admin-guide/LSM/index.rst", "", ".. toctree::\n\n   apparmor\n"}, {"Documentation/admin-guide/LSM/plain.rst", "", "Plain\n"}}, []string{"hooks/no-lsm-page security/plain/main.c: DEFINE_LSM", "hooks/no-lsm-page security/rust_lsm/rust_lsm.rs: define_lsm!"}},
	{"no page at all", []edit{{"Documentation/admin-guide/LSM/index.rst", "", ".. toctree::\n\n   apparmor\n"}}, []string{"hooks/no-lsm-page security/plain/main.c: DEFINE_LSM", "hooks/no-lsm-page security/rust_lsm/rust_lsm.rs: define_lsm!"}},
	{"one of two maintained", []edit{{"MAINTAINERS", "", "SECURITY\nF:\tsecurity/\n\nPLAIN\nF:\tsecurity/plain/\n"}}, []string{"hooks/no-maintainer security/rust_lsm/rust_lsm.rs: define_lsm!"}},
	{"ID that the selftest does not know", []edit{{"tools/testing/selftests/lsm/lsm_list_modules_test.c", "", "case LSM_ID_SELINUX:\n"}}, []string{"hooks/lsm-id-untested include/uapi/linux/lsm.h: LSM_ID_PLAIN"}},
	{"type for the compiler", []edit{{mainC, "plain_file_open(struct file *f)", "plain_file_open(typeof(*(struct file *)0) *f)"}}, []string{"hooks/not-compared security/plain/main.c: LSM_HOOK_INIT(file_open"}},
	{"typeof of a type", []edit{{mainC, "plain_file_open(struct file *f)", "plain_file_open(typeof(struct file) *f)"}}, nil},
	{"qualified result", []edit{{mainC, "static int plain_file_open(", "static const int plain_file_open("}}, []string{"hooks/shim-type security/plain/main.c: static const int plain_file_open"}},
	{"no prototype", []edit{{mainC, "plain_file_open(struct file *f)", "plain_file_open()"}}, []string{"hooks/shim-type security/plain/main.c: static int plain_file_open"}},
	{"shim without its list", []edit{{lsmRS, "task_alloc(entry.add(1), ", "task_alloc("}}, []string{"hooks/shim-call rust/kernel/lsm.rs: bindings::lsm_hook_init_task_alloc", "hooks/not-registered rust/kernel/lsm.rs: fn task_alloc(_task"}},
	{"shim with its list behind", []edit{{lsmRS, "task_alloc(entry.add(1), Some(Self::task_alloc))", "task_alloc(Some(Self::task_alloc), entry.add(1))"}}, []string{"hooks/shim-call rust/kernel/lsm.rs: bindings::lsm_hook_init_task_alloc", "hooks/not-registered rust/kernel/lsm.rs: fn task_alloc(_task"}},
	{"wrapper in C", []edit{{mainC, "static int plain_file_open(struct file *f)", "static void put(struct security_hook_list *hl, int (*fn)(struct file *))\n{\n\t*hl = (struct security_hook_list)LSM_HOOK_INIT(file_open, fn);\n}\nstatic int wrong(int a);\nstatic void fill(void)\n{\n\tput(list, wrong);\n}\nstatic int plain_file_open(struct file *f)"}}, []string{"hooks/shim-type security/plain/main.c: static int wrong"}},
	{"cut off on its way", []edit{{lsmRS, "task_alloc(task, clone_flags)?", "task_alloc(task, (clone_flags as u32) as u64)?"}}, []string{"hooks/trait-type rust/kernel/lsm.rs: clone_flags as u32"}},
	{"not cut off on its way", []edit{{lsmRS, "task_alloc(task, clone_flags)?", "task_alloc(task, clone_flags as u64)?"}}, nil},
	{"hook of some configurations", []edit{{"security/plain/Kconfig", "	select SECURITY_PATH\n", ""}}, []string{"hooks/hook-gate security/plain/main.c: PLAIN_HOOK(path_mkdir)"}},
	{"sleeping under RCU", []edit{{mainC, "kfree(p);", "mutex_lock(p);"}}, []string{"hooks/sleeps security/plain/main.c: mutex_lock"}},
	{"unknown field", []edit{{mainC, ".init = plain_init", ".init = plain_init, .name = \"plain\""}}, []string{"hooks/unknown-field security/plain/main.c: .init = plain_init"}},
	{"missing field", []edit{{mainC, "	.id = &plain_lsmid,\n", ""}}, []string{"hooks/missing-field security/plain/main.c: DEFINE_LSM"}},
	{"unknown field in Rust", []edit{{lsmRS, "init: Some(init),", "init: Some(init), name: ptr::null(),"}}, []string{"hooks/unknown-field rust/kernel/lsm.rs: name: ptr::null"}},
	{"no base in Rust", []edit{{lsmRS, "            ..pin_init::zeroed()\n", ""}}, []string{"hooks/missing-field rust/kernel/lsm.rs: bindings::lsm_info {"}},
	{"descriptor without a section", []edit{{lsmRS, "            #[link_section = \".lsm_info.init\"]\n", ""}}, []string{"hooks/descriptor-section rust/kernel/lsm.rs: static __LSM_INFO"}},
	{"descriptor without used", []edit{{lsmRS, "            #[used(compiler)]\n", ""}}, []string{"hooks/descriptor-unused rust/kernel/lsm.rs: static __LSM_INFO"}},
	{"descriptor in C without a section", []edit{{mainC, "DEFINE_LSM(plain) = {", "static struct lsm_info __lsm_plain = {"}}, []string{"hooks/descriptor-section security/plain/main.c: __lsm_plain"}},
	{"init in .text", []edit{{lsmRS, "            #[link_section = \".init.text\"]\n", ""}}, []string{"hooks/init-section rust/kernel/lsm.rs: fn __lsm_init"}},
	{"init in .text, C", []edit{{mainC, "static int __init plain_init", "static int plain_init"}}, []string{"hooks/init-section security/plain/main.c: static int plain_init"}},
	{"unknown ID", []edit{{mainC, "LSM_ID_PLAIN", "LSM_ID_PLAINER"}}, []string{"hooks/lsm-id-unknown security/plain/main.c: LSM_ID_PLAINER"}},
	{"ID taken", []edit{{"include/uapi/linux/lsm.h", "LSM_ID_PLAIN		102", "LSM_ID_PLAIN		101"}}, []string{"hooks/lsm-id-taken include/uapi/linux/lsm.h: LSM_ID_PLAIN"}},
	{"number taken", []edit{{mainC, "LSM_ID_PLAIN", "101"}}, []string{"hooks/lsm-id-taken security/plain/main.c: 101"}},
	{"blob sizes not handed over", []edit{{mainC, "	.blobs = &plain_blobs,\n", ""}}, []string{"hooks/blob-sizes-unused security/plain/main.c: plain_blobs"}},
	{"blob without a size", []edit{{mainC, "plain_blobs.lbs_task;", "plain_blobs.lbs_inode;"}}, []string{"hooks/blob-size-missing security/plain/main.c: plain_blobs.lbs_inode"}},
	{"Kconfig not sourced", []edit{{"security/Kconfig", "source \"security/plain/Kconfig\"\n", ""}}, []string{"hooks/kconfig-not-sourced security/plain/Kconfig: config SECURITY_PLAIN"}},
	{"select RUST", []edit{{"security/rust_lsm/Kconfig", "depends on SECURITY && RUST", "depends on SECURITY\n	select RUST"}}, []string{"hooks/kconfig-select security/rust_lsm/Kconfig: select RUST"}},
	{"no depends on RUST", []edit{{"security/rust_lsm/Kconfig", "SECURITY && RUST", "SECURITY"}}, []string{"hooks/kconfig-depends security/rust_lsm/Kconfig: config SECURITY_RUST_LSM"}},
	{"helper not included", []edit{{"rust/helpers/helpers.c", "#include \"lsm.c\"\n", ""}}, []string{"hooks/helper-not-included rust/helpers/lsm.c: #include"}},
	{"module not declared", []edit{{"rust/kernel/lib.rs", "pub mod lsm;", ""}}, []string{"hooks/module-not-declared rust/kernel/lsm.rs: //! LSMs"}},
	{"module without its gate", []edit{{"rust/kernel/lib.rs", "#[cfg(CONFIG_SECURITY)]\n", ""}}, []string{"hooks/module-gate rust/kernel/lib.rs: pub mod lsm"}},
	{"false document", []edit{{"Documentation/rust/lsm.rst", "is not in the default", "rust_lsm_sample is in the default"}, {"Documentation/rust/lsm.rst", ": it has to be named there", ""}}, []string{"hooks/not-in-default Documentation/rust/lsm.rst: The sample"}},
	{"not counted", []edit{{"include/linux/lsm_count.h", "		RUST_LSM_ENABLED	\\\n", ""}}, []string{"hooks/not-counted security/rust_lsm/rust_lsm.rs: kernel::define_lsm!"}},
	{"not counted, C", []edit{{"include/linux/lsm_count.h", "CONFIG_SECURITY_PLAIN", "CONFIG_SECURITY_PLANE"}}, []string{"hooks/not-counted security/plain/main.c: DEFINE_LSM"}},
	{"no obj line", []edit{{"security/Makefile", "obj-$(CONFIG_SECURITY_PLAIN) += plain/\n", ""}}, []string{"hooks/not-built security/plain/main.c: DEFINE_LSM"}},
	{"no obj line for the file", []edit{{"security/rust_lsm/Makefile", "rust_lsm.o", "rust_lsm_sample.o"}}, []string{"hooks/not-built security/rust_lsm/rust_lsm.rs: kernel::define_lsm!"}},
	{"broken definition", []edit{{"include/linux/lsm_hook_defs.h", "", "LSM_HOOK(int, 0, file_open, struct file *file)\nLSM_HOOK(int, 0, task_alloc, struct task_struct *task,\nLSM_HOOK(void, LSM_RET_VOID, task_free, struct task_struct *task)\nLSM_HOOK(int, 0, task_alloc, struct task_struct *task, u64 clone_flags)\nLSM_HOOK(int, 0, path_mkdir, const struct path *dir, umode_t mode)\nLSM_HOOK(int, 0, locked_down, enum lockdown_reason what)\nLSM_HOOK(void, LSM_RET_VOID, inode_free_security_rcu, void *inode_security)\n"}}, []string{"hooks/bad-definition include/linux/lsm_hook_defs.h: LSM_HOOK(int, 0, task_alloc"}},
	{"broken Rust", []edit{{lsmRS, "pub struct LsmInfo(Opaque", "pub 12 struct LsmInfo(Opaque"}}, []string{"hooks/bad-rust rust/kernel/lsm.rs: pub 12"}},
}

func TestSpoiled(t *testing.T) {
	covered := map[string]bool{"hooks/compiler-disagrees": true, "hooks/binary-disagrees": true, "hooks/not-in-kernel": true} // have tests of their own
	for _, id := range []string{"hook", "param", "sleepable", "disabled", "gate"} {
		covered["hooks/bpf-"+id] = true // TestPrograms of package bpf
	}
	for _, tc := range spoiled {
		t.Run(tc.name, func(t *testing.T) {
			set, before, after := fixture(t, tc.edits...)
			expect(t, set, before, after, tc.want...)
		})
		for _, w := range tc.want {
			id, _, _ := strings.Cut(w, " ")
			covered[id] = true
		}
	}
	for _, tc := range newHooks { // TestNewHook
		for id := range strings.FieldsSeq(tc.want) {
			covered[id] = true
		}
	}
	for _, c := range Checks(nil) {
		if !covered[c.ID] {
			t.Errorf("no fixture for %s", c.ID)
		}
	}
}

// expect checks a series and compares the findings with want: "check file: text on its line".
func expect(t *testing.T, set *patchset.Set, before, after fs.FS, want ...string) {
	t.Helper()
	findings, _, err := Check(&check.View{Set: set, Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got, places []string
	for _, w := range want {
		id, rest, _ := strings.Cut(w, " ")
		file, text, _ := strings.Cut(rest, ": ")
		places = append(places, fmt.Sprintf("%s %s:%d", id, file, lineOf(t, after, file, text)))
	}
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%s %s:%d", f.Check, f.File, f.Line))
		if f.Hint == "" || f.Message == "" || f.Patch != 1 {
			t.Errorf("%s lacks a message, a hint or its patch: %+v", f.Check, f)
		}
	}
	slices.Sort(got)
	slices.Sort(places)
	if !slices.Equal(got, places) {
		for _, f := range findings {
			t.Logf("%s: %s: %s", f.Position(), f.Check, f.Message)
		}
		t.Errorf("findings:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(places, "\n"))
	}
}

// TestAlternatives has functions with two types, of which each is right under its own condition.
func TestAlternatives(t *testing.T) {
	for _, f := range found(t,
		edit{mainC, "static int plain_file_open(struct file *f)\n", "#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 0, 0)\nstatic int plain_file_open(struct inode *i)\n{ return 0; }\n#else\nstatic int plain_file_open(struct file *f)\n"},
		edit{mainC, "wait(GFP_KERNEL);\n}\n", "wait(GFP_KERNEL);\n}\n#endif\n"},
		edit{lsmRS, "    unsafe extern \"C\" fn file_open", "    #[cfg(CONFIG_OLD)]\n    unsafe extern \"C\" fn file_open(i: *mut bindings::file) -> i32 { 0 }\n    unsafe extern \"C\" fn mkdir(dir: *const bindings::path, mode: bindings::umode_t) -> c_int { 0 }\n    #[cfg(not(CONFIG_OLD))]\n    unsafe extern \"C\" fn file_open"},
		edit{shimC, "#endif", "#ifdef CONFIG_SECURITY_PATH\n__rust_helper void rust_helper_lsm_hook_init_mkdir(struct security_hook_list *hl,\n\tint (*hook)(const struct path *dir, umode_t mode))\n{\n\t*hl = (struct security_hook_list)LSM_HOOK_INIT(path_mkdir, hook);\n}\n#endif\n#endif"},
		edit{lsmRS, "bindings::lsm_hook_init_file_open", "#[cfg(CONFIG_SECURITY_PATH)]\n            bindings::lsm_hook_init_mkdir(entry, Some(Self::mkdir));\n            bindings::lsm_hook_init_file_open"},
	) {
		t.Errorf("%s: %s: %s", f.Position(), f.Check, f.Message)
	}
}

// TestOldShim has a series that changes an adapter, but not the shim, which the tree has.
func TestOldShim(t *testing.T) {
	_, _, before := fixture(t)
	after := maps.Clone(before)
	after[lsmRS] = &fstest.MapFile{Data: []byte(strings.Replace(string(before[lsmRS].Data), allocRS, "clone_flags: u32) -> c_int", 1))}
	findings, _, err := Check(&check.View{Set: hookstest.Touching(lsmRS), Before: before, After: after}, nil)
	if err != nil || len(findings) != 1 || findings[0].Check != "hooks/adapter-type" {
		t.Errorf("%v: %+v", err, findings)
	}
}

// TestExchanged has two parameters in the wrong order, in both languages.
func TestExchanged(t *testing.T) {
	findings := found(t,
		edit{shimC, allocC, "int (*hook)(u64, struct task_struct *)"},
		edit{lsmRS, "task_alloc(task: *mut bindings::task_struct, clone_flags: u64)", "task_alloc(clone_flags: u64, task: *mut bindings::task_struct)"})
	n := 0
	for _, f := range findings {
		if strings.HasSuffix(f.Hint, ": parameters 1 and 2 are exchanged") {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d of these say so, want 4: %+v", n, findings)
	}
}

// TestEachCheckByItself runs each check of the table alone, as a driver of others' may: together they
// tell what [Check] tells, and each finding has a check in the table.
func TestEachCheckByItself(t *testing.T) {
	set, before, after := fixture(t,
		edit{shimC, "struct file *file", "const struct file *file"},
		edit{mainC, "	.blobs = &plain_blobs,\n", ""})
	all, _, err := Check(&check.View{Set: set, Before: before, After: after}, nil)
	if err != nil || len(all) < 2 {
		t.Fatal(all, err)
	}
	v := &check.View{Set: set, Before: before, After: after}
	var one []report.Finding
	for _, c := range Checks(nil) {
		found, err := check.Run(v, []*check.Check{c})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Check != c.ID || f.Severity != c.Severity {
				t.Errorf("%s told %s, %s", c.ID, f.Severity, f.Check)
			}
		}
		one = append(one, found...)
	}
	report.Sort(one)
	if diff := cmp.Diff(all, one); diff != "" {
		t.Error(diff)
	}
	found, err := check.Run(&check.View{Set: set}, Checks(nil))
	if err != nil || len(found) > 0 {
		t.Errorf("without a tree: %v, %v", found, err)
	}
}
