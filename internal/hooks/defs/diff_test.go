// SPDX-License-Identifier: GPL-2.0-only

package defs

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
)

func defs(text string) fstest.MapFS { return fstest.MapFS{DefsPath: {Data: []byte(text)}} }

func TestList(t *testing.T) {
	hooks, findings, err := List(hookstest.ReadArchive(t, "../testdata/tree.txtar"))
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	want := []Hook{
		{Name: "file_open", Return: "int", Default: "0", Params: []Param{{"struct file *", "file"}}, Line: 2},
		{Name: "task_alloc", Return: "int", Default: "0", Params: []Param{{"struct task_struct *", "task"}, {"u64", "clone_flags"}}, Line: 3},
		{Name: "task_free", Return: "void", Default: "LSM_RET_VOID", Params: []Param{{"struct task_struct *", "task"}}, Line: 5},
		{Name: "parse_param", Return: "int", Default: "-ENOPARAM", Params: []Param{{"struct fs_context *", "fc"}, {"const char **", "name"}}, Line: 6},
		{Name: "path_mkdir", Return: "int", Default: "0", Params: []Param{{"const struct path *", "dir"}, {"umode_t", "mode"}}, Condition: "defined(CONFIG_SECURITY_PATH)", Line: 8},
		{Name: "locked_down", Return: "int", Default: "0", Params: []Param{{"enum lockdown_reason", "what"}}, Line: 10},
		{Name: "inode_free_security_rcu", Return: "void", Default: "LSM_RET_VOID", Params: []Param{{"void *", "inode_security"}}, Line: 11},
		{Name: "uring_sqpoll", Return: "int", Default: "0", Params: []Param{}, Line: 12},
	}
	for i := range want {
		want[i].File = DefsPath
	}
	for i := range hooks {
		hooks[i].Type = nil
	}
	if diff := cmp.Diff(want, hooks); diff != "" {
		t.Error(diff)
	}
}

func TestListConditions(t *testing.T) {
	hooks, findings, err := List(defs(`#ifndef GUARD_H
#define GUARD_H
LSM_HOOK(int, 0, plain, void)
#if defined(CONFIG_A) && \
    defined(CONFIG_B)
LSM_HOOK(int, 0, both, void)
#ifdef CONFIG_C /* inner */
LSM_HOOK(int, 0, nested, void)
#else
LSM_HOOK(int, 0, otherwise, void)
#endif
#elif defined(CONFIG_D) || defined(CONFIG_E)
LSM_HOOK(int, 0, either, void)
#endif
#if 0
LSM_HOOK(int, 0, never, void)
#endif
#endif
`))
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	got := map[string]string{}
	for _, h := range hooks {
		got[h.Name] = h.Condition
	}
	want := map[string]string{
		"plain":     "",
		"both":      "defined(CONFIG_A) && defined(CONFIG_B)",
		"nested":    "defined(CONFIG_A) && defined(CONFIG_B) && defined(CONFIG_C)",
		"otherwise": "defined(CONFIG_A) && defined(CONFIG_B) && !defined(CONFIG_C)",
		"either":    "!(defined(CONFIG_A) && defined(CONFIG_B)) && (defined(CONFIG_D) || defined(CONFIG_E))",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var enabled []string
	for _, h := range hooks {
		if h.EnabledBy(map[string]string{"B": "y", "C": "n", "E": "y"}) {
			enabled = append(enabled, h.Name)
		}
	}
	if s := strings.Join(enabled, " "); s != "plain either" {
		t.Errorf("with CONFIG_B and CONFIG_E there are %s", s)
	}
}

// TestListDamaged has one line of each kind of damage, and a good hook behind each of them.
func TestListDamaged(t *testing.T) {
	hooks, findings, err := List(defs(`LSM_HOOK(int, 0, a, void)
LSM_HOOK(int, 0, open, struct file *file
LSM_HOOK(int, 0, b, void)
LSM_HOOK(int, 0)
LSM_HOOK(int, 0, c, void)
LSM_HOOK(int, 0, 12, void)
LSM_HOOK(int, 0, d, void)
LSM_HOOK(int, 0, e, struct *x)
LSM_HOOK(int, 0, f, int x[)
LSM_HOOK(int, 0, g, void)
ANDROID_HOOK(int, 0, vendor, void)
LSM_HOOK(int, 0, g, void)
LSM_HOOK(int, 0, h, void)
#endif
LSM_HOOK(int, 0, i, int (*cb)(void *), ...)
/* the end is missing
`))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, h := range hooks {
		names = append(names, h.Name)
	}
	if want := "a b c d g g h i"; strings.Join(names, " ") != want {
		t.Errorf("hooks %s, want %s", strings.Join(names, " "), want)
	}
	var lines []int
	for _, f := range findings {
		lines = append(lines, f.Line)
	}
	slices.Sort(lines)
	if want := []int{2, 4, 6, 8, 9, 11, 12, 14, 16}; !slices.Equal(lines, want) {
		t.Errorf("findings in lines %v, want %v", lines, want)
	}
}

func TestListOldTree(t *testing.T) {
	for _, tc := range []struct{ file, hint string }{
		{"include/linux/lsm_hooks.h", "5.7"},
		{"include/linux/security.h", "5.7"},
		{"README", "Linux tree"},
	} {
		_, _, err := List(fstest.MapFS{tc.file: {}})
		if !errors.Is(err, ErrNoHooks) || !strings.Contains(hint.Of(err), tc.hint) {
			t.Errorf("%s: error %v, hint %q", tc.file, err, hint.Of(err))
		}
	}
}

func TestDiff(t *testing.T) {
	types := fstest.MapFS{"include/linux/types.h": {Data: []byte("typedef unsigned short umode_t;\n")}}
	a, b := maps.Clone(types), maps.Clone(types)
	a[DefsPath] = &fstest.MapFile{Data: []byte(`LSM_HOOK(int, 0, first, void)
LSM_HOOK(void, LSM_RET_VOID, inode_getsecid, u32 *secid)
LSM_HOOK(int, 0, task_alloc, struct task_struct *task, unsigned long clone_flags)
LSM_HOOK(int, 0, mkdir, umode_t mode)
LSM_HOOK(int, 0, gone, void)
LSM_HOOK(int, 0, last, int a)
`)}
	b[DefsPath] = &fstest.MapFile{Data: []byte(`LSM_HOOK(int, 0, first, void)
LSM_HOOK(void, LSM_RET_VOID, inode_getlsmprop, struct lsm_prop *prop)
LSM_HOOK(int, -EPERM, task_alloc, struct task_struct *task, u64 clone_flags)
LSM_HOOK(int, 0, mkdir, unsigned short mode)
#ifdef CONFIG_NET
LSM_HOOK(int, 0, last, int a, int b)
#endif
LSM_HOOK(int, 0, fresh, void)
`)}
	changes, err := Diff(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, c.String())
	}
	const want = `renamed  inode_getsecid is now void inode_getlsmprop(struct lsm_prop *prop) (include/linux/lsm_hook_defs.h:2)
             parameter 1: ` + "`u32 *secid` is now `struct lsm_prop *prop`" + `
changed  task_alloc (include/linux/lsm_hook_defs.h:3)
             default: ` + "`0` is now `-EPERM`" + `
             parameter 2: ` + "`unsigned long clone_flags` is now `u64 clone_flags`" + `
changed  last (include/linux/lsm_hook_defs.h:6)
             parameters: ` + "`(int a)` is now `(int a, int b)`" + `
             condition: ` + "`` is now `defined(CONFIG_NET)`" + `
added    int fresh(void)  [default 0] (include/linux/lsm_hook_defs.h:8)
removed  int gone(void) (include/linux/lsm_hook_defs.h:5)`
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Error(diff)
	}
}
