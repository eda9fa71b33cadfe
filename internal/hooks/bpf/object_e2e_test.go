// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package bpf

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
)

// objectSource holds one program that fits 7.3, one for a hook that is not there, and one that sleeps where it must not.
const objectSource = `typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define BPF_PROG(name, args...) \
name(u64 *ctx); \
static __attribute__((noinline)) int ____##name(u64 *ctx, ##args); \
int name(u64 *ctx) { return ____##name(ctx, (void *)ctx[0], (int)ctx[1]); } \
static __attribute__((noinline)) int ____##name(u64 *ctx, ##args)
struct file; struct task_struct;
SEC("lsm.s/file_open") int BPF_PROG(right, struct file *file, int ret) { return ret; }
SEC("lsm/file_opened") int BPF_PROG(nowhere, struct file *file, int ret) { return ret; }
SEC("lsm.s/task_free") int BPF_PROG(sleeps, struct task_struct *task, int ret) { return ret; }
char _license[] SEC("license") = "GPL";
`

// runningBTF is what the kernel of this machine says about its types, where it was built with them.
const runningBTF = "/sys/kernel/btf/vmlinux"

// TestE2EObject reads an object that clang makes for BPF, and holds its programs against a tree, and against the kernel
// that runs here where that has BTF.
func TestE2EObject(t *testing.T) {
	tc, err := kbuild.OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.c"), []byte(objectSource), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"clang-19", "-target", "bpf", "-g", "-O2", "-c", "-o", "p.o", "p.c"}
	if _, err := tc.Output(t.Context(), kbuild.Cmd{Args: args, Out: kbuild.Folder{Dir: dir}}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "p.o"))
	if err != nil {
		t.Fatal(err)
	}
	programs, err := Read("p.o", data)
	if err != nil || len(programs) != 3 {
		t.Fatalf("%d programs: %v", len(programs), err)
	}
	rules, err := FromTree(os.DirFS(e2e.Tree(t, "7.3")))
	if err != nil {
		t.Fatal(err)
	}
	check := func(where string, rules *Rules, want ...string) {
		t.Helper()
		var got []string
		for _, f := range rules.Check(programs) {
			got = append(got, f.Check)
			t.Logf("%s: %s", where, f.Message)
		}
		for _, id := range want {
			if !slices.Contains(got, id) {
				t.Errorf("%s: %q, want %s", where, got, id)
			}
		}
	}
	check("7.3", rules, "hooks/bpf-hook", "hooks/bpf-sleepable")
	if _, err := os.Stat(runningBTF); err != nil {
		t.Logf("the kernel of this machine has no BTF: %v", err)
		return
	}
	kernel, err := FromKernel(runningBTF, rules)
	if err != nil {
		t.Fatal(err)
	}
	check("the running kernel", kernel, "hooks/bpf-hook", "hooks/bpf-sleepable")
}
