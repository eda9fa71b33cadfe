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

// spoiled are small changes to the series that must give exactly the named findings, besides those of testdata/checks.
// Each is "check file: text on its line".
var spoiled = []struct {
	name  string
	edits []edit
	want  []string
}{
	{"broken definition", []edit{{"include/linux/lsm_hook_defs.h", "", "LSM_HOOK(int, 0, file_open, struct file *file)\nLSM_HOOK(int, 0, task_alloc, struct task_struct *task,\nLSM_HOOK(void, LSM_RET_VOID, task_free, struct task_struct *task)\nLSM_HOOK(int, 0, task_alloc, struct task_struct *task, u64 clone_flags)\nLSM_HOOK(int, 0, path_mkdir, const struct path *dir, umode_t mode)\nLSM_HOOK(int, 0, locked_down, enum lockdown_reason what)\nLSM_HOOK(void, LSM_RET_VOID, inode_free_security_rcu, void *inode_security)\n"}}, []string{"hooks/bad-definition include/linux/lsm_hook_defs.h: LSM_HOOK(int, 0, task_alloc"}},
	{"broken Rust", []edit{{lsmRS, "pub struct LsmInfo(Opaque", "pub 12 struct LsmInfo(Opaque"}}, []string{"hooks/bad-rust rust/kernel/lsm.rs: pub 12"}},
}

func TestSpoiled(t *testing.T) {
	for _, tc := range spoiled {
		t.Run(tc.name, func(t *testing.T) {
			set, before, after := fixture(t, tc.edits...)
			expect(t, set, before, after, tc.want...)
		})
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
	told := func(w string) bool { return strings.HasPrefix(w, "hooks/cfi-enum") }
	for _, f := range findings {
		if f.Check == "hooks/cfi-enum" && !slices.ContainsFunc(want, told) {
			continue // a note on right ones too, which has a test of its own
		}
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
		edit{lsmRS, "bindings::lsm_hook_init_file_open", "#[cfg(CONFIG_SECURITY_PATH)]\n            bindings::lsm_hook_init_mkdir(entry.add(3), Some(Self::mkdir));\n            bindings::lsm_hook_init_file_open"},
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
