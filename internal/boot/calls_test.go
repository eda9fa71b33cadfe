// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A program with the names of a kernel's static calls stands for vmlinux: the words that init reads
// at their addresses say which hook goes to which function, and against the base which are new.
func TestHooksOfTheRunningKernel(t *testing.T) {
	t.Parallel()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("needs a C compiler")
	}
	dir := t.TempDir()
	src, vmlinux := filepath.Join(dir, "v.c"), filepath.Join(dir, "vmlinux")
	const text = `long __SCK__lsm_static_call_task_alloc_0 = 1, __SCK__lsm_static_call_task_alloc_1 = 1, __SCK__lsm_static_call_file_open_0 = 1;
int cap_task(void) { return 0; }
int _RNvXs_Cs1234_6sampleNtB4_5HooksNtNtCs5678_6kernel3lsm5Hooks10task_alloc(void) { return 1; }
int main(void) { return 0; }
`
	if err := os.WriteFile(src, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, "-no-pie", "-o", vmlinux, src).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := elf.Open(vmlinux)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	at := func(prefix string) int64 {
		i := slices.IndexFunc(symbols, func(s elf.Symbol) bool { return strings.HasPrefix(s.Name, prefix) })
		return int64(symbols[i].Value)
	}
	calls, err := staticCalls(vmlinux)
	if err != nil || len(calls) != 3 || calls[0].hook != "file_open" || calls[1].hook != "task_alloc" || calls[1].key == calls[2].key {
		t.Fatalf("%v, %v", calls, err)
	}
	capability, ours := at("cap_task"), at("_RNv")
	for _, c := range []struct {
		peeks []int64
		base  []Hook
		want  string
	}{
		{[]int64{0, capability, ours}, nil, ""},
		{[]int64{0, capability, ours}, []Hook{{"task_alloc", "cap_task"}}, ""},
		{[]int64{0, capability, 0}, []Hook{{"task_alloc", "cap_task"}}, "error hook task_alloc is registered by the series, and the running kernel calls nothing of it there"},
		{[]int64{ours, 0, 0}, nil, "error hook task_alloc is registered by the series, and the running kernel calls nothing of it there"},
		{nil, nil, ""}, // a kernel that does not show its memory
	} {
		m := &machine{opts: &Options{Hooks: []string{"task_alloc", "no_such_hook"}}, calls: calls, base: &baseline{hooks: c.base}}
		r := &Result{Facts: &Facts{Peeks: c.peeks}}
		if got := messages(m.judgeHooks(r)); got != c.want {
			t.Errorf("%v: got %q, want %q", c.peeks, got, c.want)
		}
		if c.want == "" && c.peeks != nil && !slices.Contains(r.Hooks, Hook{"task_alloc", "<sample::Hooks as kernel::lsm::Hooks>::task_alloc"}) {
			t.Errorf("hooks %v", r.Hooks)
		}
	}
	// Of an abstraction that registers what an LSM overrides, one hook at least.
	for want, peeks := range map[string][]int64{
		"": {0, capability, ours},
		"error the running kernel calls nothing of the series for any LSM hook: not for file_open, task_alloc": {0, capability, 0},
	} {
		m := &machine{opts: &Options{AnyHook: []string{"file_open", "task_alloc"}}, calls: calls, base: &baseline{hooks: []Hook{{"task_alloc", "cap_task"}}}}
		if got := messages(m.judgeHooks(&Result{Facts: &Facts{Peeks: peeks}})); got != want {
			t.Errorf("%v: got %q, want %q", peeks, got, want)
		}
	}
	m := &machine{opts: &Options{Vmlinux: vmlinux}}
	if m.orders, err = newOrders(m.opts); err != nil {
		t.Fatal(err)
	}
	m.orders.peeks = append(m.orders.peeks, calls[0].key)
	if got, want := m.orders.text(), fmt.Sprintf("peek\t%x\n", calls[0].key); got != want {
		t.Errorf("orders %q, want %q", got, want)
	}
}
