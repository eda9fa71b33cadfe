// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// tree has hooks of each kind that programs can go wrong with.
func tree() fstest.MapFS {
	return fstest.MapFS{
		defs.DefsPath: {Data: []byte("LSM_HOOK(int, 0, file_open, struct file *file)\n" +
			"LSM_HOOK(int, 0, inode_mkdir, struct inode *dir, struct dentry *dentry, umode_t mode)\n" +
			"LSM_HOOK(int, 0, task_alloc, struct task_struct *task, unsigned long long flags)\n" +
			"LSM_HOOK(void, LSM_RET_VOID, task_free, struct task_struct *task)\n" +
			"LSM_HOOK(int, 0, getprocattr, struct task_struct *p, const char *name, char **value)\n" +
			"#ifdef CONFIG_SECURITY_NETWORK\nLSM_HOOK(int, 0, socket_create, int family, int type, int protocol, int kern)\n#endif\n")},
		defs.BPFPath: {Data: []byte("BTF_SET_START(bpf_lsm_disabled_hooks)\nBTF_ID(func, bpf_lsm_getprocattr)\nBTF_SET_END(bpf_lsm_disabled_hooks)\n" +
			"BTF_SET_START(sleepable_lsm_hooks)\nBTF_ID(func, bpf_lsm_file_open)\nBTF_SET_END(sleepable_lsm_hooks)\n")},
	}
}

// programs are sources of one program each, and the checks that must tell.
var programs = []struct{ text, want string }{
	{`SEC("lsm/file_open") int BPF_PROG(f, struct file *file) { return 0; }`, ""},
	{`SEC("lsm.s/file_open") int BPF_PROG(f, struct file *file, int ret) { return ret; }`, ""},
	{`SEC("lsm_cgroup/file_open") int BPF_PROG(f, const struct file___old *file) { return 1; }`, ""},
	{`SEC("?lsm/file_open") __success int f(void *ctx) { return 0; }`, ""},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, struct inode *dir) { return 0; }`, ""},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, unsigned long dir, void *dentry, int mode, int ret) { return 0; }`, ""},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, struct dentry *dentry) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, int dir) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, struct inode *dir, struct dentry *dentry, struct iattr *a) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, struct inode *dir, struct dentry *dentry, int ret) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/file_open") int BPF_PROG(f, struct file *file, int ret, int more) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/file_open") int BPF_PROG(f, struct file *file, struct cred *cred) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/task_free") int BPF_PROG(f, struct task_struct *t, int ret) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/file_opened") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/bpf-hook"},
	{`SEC("lsm.s/task_free") int BPF_PROG(f, struct task_struct *t) { return 0; }`, "hooks/bpf-sleepable"},
	{`SEC("lsm.s/task_free") __failure __msg("x") int BPF_PROG(f, struct task_struct *t) { return 0; }`, ""},
	{`SEC("lsm/getprocattr") int BPF_PROG(f, struct task_struct *t) { return 0; }`, "hooks/bpf-disabled"},
	{`SEC("lsm/socket_create") int BPF_PROG(f, int family) { return 0; } SEC("lsm/socket_create") int BPF_PROG(g) { return 0; }`, "hooks/bpf-gate"},
	{`SEC("?lsm/socket_create") int BPF_PROG(f, int family) { return 0; }`, ""},
	{`SEC("lsm/" HOOK) int BPF_PROG(f, int family) { return 0; }`, "hooks/unresolved"},
	{"#define OPEN \"lsm/file_opened\"\nSEC(OPEN) int BPF_PROG(f) { return 0; }", "hooks/bpf-hook"},
	// Macros of other projects name the hook by pieces; the section may be written out.
	{"#define P(H) SEC(\"lsm/inode_\" #H) int BPF_PROG(f_##H, int dir) { return 0; }\nP(mkdir)", "hooks/bpf-param"},
	{`SEC("?lsm/" HOOK) int BPF_PROG(f, int family) { return 0; }`, "hooks/unresolved"},
	{`__attribute__((section("lsm/file_opened"), used)) int BPF_PROG(f) { return 0; }`, "hooks/bpf-hook"},
	{`__attribute__((__section__("lsm/file_opened"))) int f(void *ctx) { return 0; }`, "hooks/bpf-hook"},
	{`__section("lsm/file_opened") int f(void *ctx) { return 0; }`, "hooks/bpf-hook"},
	{`SEC("lsm.s") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/unresolved"},
	// A program in a version for each of two kernels: one of them has to fit.
	{"#ifdef OLD\nSEC(\"lsm/file_open\") int BPF_PROG(f, struct path *path)\n#else\nSEC(\"lsm/file_open\") int BPF_PROG(f, struct file *file)\n#endif\n{ return 0; }", ""},
	{"SEC(\"lsm/file_open\")\n#ifndef NEW\nint BPF_PROG(f, struct path *path)\n#else\nint BPF_PROG(f, struct file *file)\n#endif\n{ return 0; }", ""},
	{`SEC("lsm:file_open") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/unresolved"},
	{`SEC("lsm_cgroup.s/file_open") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/unresolved"},
	{`SEC("lsm/security_file_open") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/bpf-hook"},
	// A name that the file itself gives a type, and one that it does not.
	{"typedef struct file *fp;\nSEC(\"lsm/file_open\") int BPF_PROG(f, fp file) { return 0; }", ""},
	{"typedef struct file open_file;\ntypedef open_file *fp;\nSEC(\"lsm/file_open\") int BPF_PROG(f, fp file) { return 0; }", ""},
	{"typedef struct inode *ip;\nSEC(\"lsm/file_open\") int BPF_PROG(f, ip file) { return 0; }", "hooks/bpf-param"},
	{"typedef struct inode node;\nSEC(\"lsm/file_open\") int BPF_PROG(f, node *file) { return 0; }", "hooks/bpf-param"},
	{"typedef loop loop;\nSEC(\"lsm/file_open\") int BPF_PROG(f, loop file) { return 0; }", "hooks/unresolved"},
	{`SEC("lsm/file_open") int BPF_PROG(f, file_ptr file) { return 0; }`, "hooks/unresolved"},
	{`SEC("lsm/") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/unresolved"},
	{`SEC ("lsm/file_opened") int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/bpf-hook"},
	// A number that is cut off on its way, and one that is not.
	{`SEC("lsm/task_alloc") int BPF_PROG(f, struct task_struct *task, int flags) { return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/inode_mkdir") int BPF_PROG(f, struct inode *dir, struct dentry *dentry, unsigned char mode) { return 0; }`, ""}, // umode_t is of no header here
	{`SEC("lsm/socket_create") int BPF_PROG(f, int family, short type) { return 0; }`, "hooks/bpf-param hooks/bpf-gate"},
	{`SEC("?lsm/socket_create") int BPF_PROG(f, long family, unsigned int type, bool protocol) { return 0; }`, ""},
	{`SEC("lsm/task_alloc") int BPF_PROG(f, struct task_struct *task, unsigned long flags, bool ret) { return 0; }`, ""},
	// What is taken out of the context by its number.
	{`SEC("lsm/file_open") int f(unsigned long long *ctx) { struct file *x = (struct file *)ctx[0]; return ctx[1]; }`, ""},
	{`SEC("lsm/file_open") int f(u64 *ctx) { return ctx[2]; }`, "hooks/bpf-param"},
	{`SEC("lsm/task_free") int f(__u64 *args) { return args[1]; }`, "hooks/bpf-param"},
	{`SEC("lsm/file_open") int f(u64 *ctx) { struct inode *x = (struct inode *)ctx[0]; return 0; }`, "hooks/bpf-param"},
	{`SEC("lsm/file_open") int f(u64 *ctx) { struct file *x = (struct file *)ctx[0]; struct path *p = (struct path *)p->ctx[9]; return 0; }`, ""},
	{`SEC("lsm/file_open") int BPF_PROG(f) { return ctx[4]; }`, "hooks/bpf-param"},
	{`SEC("lsm/file_open") int BPF_PROG(f, struct file *file) { struct ctx *ctx = look(file); return ctx[7].n; }`, ""},
	{`SEC("lsm/file_open") int f(void *c) { u64 ctx[9]; return ctx[8]; }`, ""},
	// A program that is not loaded.
	{`SEC("lsm/file_open") static int BPF_PROG(f, struct file *file) { return 0; }`, "hooks/bpf-static"},
	{`static SEC("lsm/file_open") int f(void *ctx) { return 0; }`, "hooks/bpf-static"},
	{`static int helper(void) { return 0; } SEC("lsm/file_open") int f(void *ctx) { return helper(); }`, ""},
	{`SEC("lsm/file_open") void BPF_PROG(f, struct file *file) { }`, "hooks/bpf-param"},
	{`SEC("lsm/file_open") __naked void f(void) { asm volatile("r0 = 0; exit;"); }`, ""},
	{`SEC("lsm/task_free") void BPF_PROG(f, struct task_struct *t) { }`, ""},
	{`SEC("lsm/file_open") int f(void *ctx) { return 0; } // no license`, "hooks/bpf-license"},
	{`char license[] SEC("license") = "MIT"; SEC("lsm/file_open") int f(void *ctx) { return 0; } SEC("lsm/file_open") int g(void *ctx) { return 0; }`, "hooks/bpf-license"},
	{`SEC("license") const char license[] = "Dual " "MIT/GPL"; SEC("lsm/file_open") int f(void *ctx) { return 0; }`, ""},
	{"#define LIC \"GPL v2\"\nchar license[] SEC(\"license\") = LIC;\nSEC(\"lsm/file_open\") int f(void *ctx) { return 0; }", ""},
	{`char license[] SEC("license") = LIC; SEC("lsm/file_open") int f(void *ctx) { return 0; }`, "hooks/not-compared"},
	{"#include \"vmlinux.h\"\n#include \"common.h\" /* the license */\nSEC(\"lsm/file_open\") int f(void *ctx) { return 0; }", "hooks/not-compared"},
	{`SEC("tc") int f(void *ctx) { return 0; } char l[] SEC("license") = "GPL"; SEC("lsm`, ""},
}

func TestPrograms(t *testing.T) {
	for _, tc := range programs {
		rules, err := FromTree(tree())
		if err != nil {
			t.Fatal(err)
		}
		text := tc.text
		if !strings.Contains(text, "license") {
			text += "\nchar _license[] SEC(\"license\") = \"GPL\";\n"
		}
		found, err := Read("prog.bpf.c", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range rules.Check(found) {
			got = append(got, f.Check)
			if f.Line == 0 || f.Hint == "" || f.Message == "" {
				t.Errorf("%+v", f)
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

// TestObject reads the object that testdata/build makes of testdata/prog.c.
func TestObject(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "prog.o"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Read("prog.o", data)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := FromTree(tree())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range rules.Check(found) {
		got = append(got, f.Check)
	}
	if len(found) != 3 || strings.Join(got, " ") != "hooks/bpf-sleepable hooks/bpf-hook" {
		t.Errorf("%d programs, %q", len(found), got)
	}
	for i := 0; i < len(data); i += 13 { // damage must not panic
		bad := append([]byte{}, data...)
		bad[i] ^= 0xff
		_, _ = Read("bad.o", bad)
		_, _ = Read("cut.o", data[:i])
	}
	if _, err := FromKernel(filepath.Join("testdata", "prog.o"), nil); err == nil {
		t.Error("an object without hooks is taken for a kernel")
	}
}

// TestHasPrograms: a comment that speaks of sections is none, and a file of the framework was read for it.
func TestHasPrograms(t *testing.T) {
	for text, want := range map[string]bool{
		"/* Pointers to LSM sections */ lsm":       false,
		"SEC(\"lsm/file_open\")":                   true,
		"SEC (\"lsm/file_open\")":                  true,
		"#define P SEC\nP(\"lsm/x\")":              true,
		"__attribute__((section(\"lsm/x\")))":      true,
		"__attribute__((__section__ (\"lsm/x\")))": true,
		"SEC(\"tc\")":                              false,
	} {
		if got := HasPrograms([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
