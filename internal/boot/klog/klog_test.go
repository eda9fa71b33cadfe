// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"os"
	"strings"
	"testing"
)

func titles(crashes []Crash) string {
	var res []string
	for _, c := range crashes {
		res = append(res, c.Title)
	}
	return strings.Join(res, "; ")
}

// Contexts that print at the same time make a report each.
func TestContexts(t *testing.T) {
	log := `[    1.000000][   T12] ==================================================================
[    1.000001][   T12] BUG: KASAN: slab-use-after-free in first_user+0x12/0x40
[    1.000002][   T13] BUG: sleeping function called from invalid context at mm/util.c:12
[    1.000003][   T12] Read of size 8 at addr ffff888001234567 by task a/12
[    1.000004][   T13] Call Trace:
[    1.000005][   T13]  __might_resched+0x12/0x40
[    1.000006][   T12] Call Trace:
[    1.000007][   T13]  second_user+0x12/0x40
[    1.000008][   T12]  kasan_report+0x12/0x40
[    1.000009][   T12]  first_user+0x12/0x40
`
	crashes, err := Read(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	const want = "KASAN: slab-use-after-free Read in first_user; sleeping function called from invalid context in second_user"
	if got := titles(crashes); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A console that two write to may have two messages in a line.
func TestTwoInALine(t *testing.T) {
	log := "[    1.0000[    1.000001] kernel BUG at mm/slub.c:12![    1.000002] RIP: 0010:sample_free+0x12/0x40\n"
	crashes, _ := Read(strings.NewReader(log))
	if got := titles(crashes); got != "kernel BUG in sample_free" {
		t.Errorf("got %q", got)
	}
}

// The same report again is one crash that came twice.
func TestTimes(t *testing.T) {
	report := "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]\nRIP: 0010:sample_loop+0x12/0x40\n"
	crashes, _ := Read(strings.NewReader(report + strings.Repeat("x\n", 40) + strings.ReplaceAll(report, "22s", "45s")))
	if len(crashes) != 1 || crashes[0].Times != 2 {
		t.Errorf("got %+v", crashes)
	}
}

// A journal's file is read as a console is.
func TestJournal(t *testing.T) {
	log := "Nov 28 10:12:48 host kernel: [    1.000000] list_add corruption. prev->next should be next\n" +
		"Nov 28 10:12:48 host kernel: [    1.000001] kernel BUG at lib/list_debug.c:12!\n" +
		"Nov 28 10:12:48 host kernel: [    1.000002] RIP: 0010:__list_add_valid+0x1/0x2\n" +
		"Nov 28 10:12:48 host kernel: [    1.000003] Call Trace:\n" +
		"Nov 28 10:12:48 host kernel: [    1.000004]  sample_link+0x1/0x2\n"
	crashes, _ := Read(strings.NewReader(log))
	if got := titles(crashes); got != "list_add corruption in sample_link" {
		t.Errorf("got %q", got)
	}
}

// A panic long after a warning is a fault of its own; one that only says how a report ends is not.
func TestPanics(t *testing.T) {
	warning := "WARNING: kernel/a.c:12 at sample_warn+0x1/0x2, CPU#0: init/1\n---[ end trace 0000000000000000 ]---\n"
	far := strings.Repeat("line\n", 300)
	for end, want := range map[string]string{
		"Kernel panic - not syncing: sample: out of luck\n":                                     "WARNING in sample_warn; kernel panic: sample: out of luck",
		"Kernel panic - not syncing: panic_on_warn set ...\n":                                   "WARNING in sample_warn",
		"Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200\n":             "WARNING in sample_warn; init died: Attempted to kill init! exitcode=0x00000200 (it exited with 2)",
		"---[ end Kernel panic - not syncing: sample: out of luck ]---\n":                       "WARNING in sample_warn",
		"INFO: lockdep is turned off.\n":                                                        "WARNING in sample_warn",
		"BUG: unable to handle page fault for address: ffffc90000400000\nRIP: 0010:b+0x1/0x2\n": "WARNING in sample_warn; kernel page fault in b",
	} {
		crashes, _ := Read(strings.NewReader(warning + far + end))
		if got := titles(crashes); got != want {
			t.Errorf("%q: got %q, want %q", end, got, want)
		}
	}
}

// Whatever is read, the bounds hold, and a title has no line break and no address.
func FuzzRead(f *testing.F) {
	healthy := healthyLines(f)
	for i, s := range samples(f) {
		f.Add(styles[i%len(styles)].log(&s, healthy[:4]))
	}
	if data, err := os.ReadFile("testdata/healthy.txt"); err == nil {
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, log string) {
		crashes, err := Read(strings.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		if len(crashes) > maxCrashes {
			t.Errorf("%d crashes", len(crashes))
		}
		for _, c := range crashes {
			if c.Title == "" || strings.ContainsAny(c.Title, "\n\x1b") || c.Check == "" || len(c.Lines) > maxFrame+maxBefore {
				t.Errorf("%+v", c)
			}
		}
	})
}

func TestInTree(t *testing.T) {
	for name, want := range map[string]string{
		"rust/kernel/lsm.rs": "rust/kernel/lsm.rs", "/src/rust/kernel/lsm.rs": "rust/kernel/lsm.rs",
		"./include/linux/fs.h": "include/linux/fs.h", "security/a/a.c": "security/a/a.c", "": "", "lsm.c": "lsm.c",
	} {
		if got := InTree(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestInlined: a log with decoded traces gets the title of the same log without them, where what was inlined has no line.
func TestInlined(t *testing.T) {
	const head = "BUG: unable to handle page fault for address: 000000000000dead\nOops: Oops: 0000 [#1] SMP PTI\nCPU: 0 UID: 0 PID: 1 Comm: init Not tainted 7.3.0 #1\nCall Trace:\n <TASK>\n"
	const trace = " sample_unregister+0x34/0x10c sound/sample.c:1611\n sample_close+0x1c/0x40 sound/sample.c:163\n </TASK>\n"
	for _, inlined := range []string{"", " sample_find sound/sample.c:286 [inline]\n"} {
		crashes, err := Read(strings.NewReader(head + inlined + trace))
		if err != nil || len(crashes) != 1 || crashes[0].Func != "sample_unregister" {
			t.Errorf("%q: %v %v", inlined, titles(crashes), err)
		}
	}
}

// TestStackOfUML: a User Mode Linux is unsure of each entry, and has functions in them that somebody only knows of.
func TestStackOfUML(t *testing.T) {
	const log = "sysfs: cannot create duplicate filename '//sample'\nCPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 7.3.4 #1 VOLUNTARY\nStack:\n" +
		" 00000000 00000000 60320ce7 60320ce7\n 60837e14 60837e10 00000001 6007f3a1\nCall Trace:\n [<60077cb0>] ? dump_trace+0x0/0xb8\n" +
		" [<6007f3a1>] ? um_set_signals+0x0/0x34\n [<602c3fbd>] ? dump_stack_lvl+0x5f/0x81\n [<601aa5de>] ? sysfs_warn_dup+0x79/0x8d\n" +
		" [<601aa6a6>] ? sysfs_create_dir_ns+0xb4/0xdc\n [<602ad0f3>] ? sample_known+0x0/0x1ec\n [<602ac94a>] ? kobject_add+0x59/0x99\n" +
		" [<60017cb0>] ? sample_init+0x48/0x4c\n [<60001da2>] ? do_one_initcall+0x37/0x11f\n"
	crashes, err := Read(strings.NewReader(log))
	if err != nil || len(crashes) != 1 || crashes[0].Func != "sample_init" {
		t.Errorf("%q: %v", titles(crashes), err)
	}
}

// TestTraceThatWasAskedFor: injected failures and sysrq print traces in healthy kernels.
func TestTraceThatWasAskedFor(t *testing.T) {
	const trace = "CPU: 0 UID: 0 PID: 71 Comm: sample Not tainted 7.3.4 #1\nCall Trace:\n <TASK>\n should_fail_ex+0x2c/0x90\n sample_alloc+0x12/0x40\n </TASK>\n"
	for said, want := range map[string]int{
		"FAULT_INJECTION: forcing a failure.\nname failslab, interval 1, probability 100, space 0, times 1\n": 0,
		"sysrq: Show Blocked State\n": 0,
		"sample: a blob is gone\n":    1,
	} {
		crashes, err := Read(strings.NewReader(said + trace))
		if err != nil || len(crashes) != want {
			t.Errorf("%q: %d reports, want %d: %v", said, len(crashes), want, err)
		}
	}
}

// A User Mode Linux tells its registers before it panics; what prints the trace of the panic names less.
func TestUserModeRegisters(t *testing.T) {
	log := "RIP: 0033:sample_read+0x1b/0x40\nRSP: 0000000061873d60  EFLAGS: 00010246\n" +
		"Kernel panic - not syncing: Kernel mode fault at addr 0x10, ip 0x6004a3cf\nCPU: 0 PID: 1 Comm: init Not tainted 7.3.0 #1\n" +
		"Stack:\n 60311af2 618a0c00 61873dd0 60096e5a\nCall Trace:\n [<60311af2>] ? sample_store+0x20/0x40\n [<60096e5a>] vfs_write+0xe1/0x420\n"
	crashes, _ := Read(strings.NewReader(log))
	if got := titles(crashes); got != "kernel panic: Kernel mode fault in sample_read" {
		t.Errorf("got %q", got)
	}
}

// Traces that somebody asks for with a key are no report.
func TestAskedTraces(t *testing.T) {
	for _, head := range []string{"sysrq: Show State\ntask:init            state:S stack:13000 pid:1     tgid:1     ppid:0", "sysrq: Show backtrace of all active CPUs\nNMI backtrace for cpu 0"} {
		crashes, _ := Read(strings.NewReader(head + "\nCPU: 0 PID: 1 Comm: init\nCall Trace:\n <TASK>\n sample_wait+0x12/0x40\n </TASK>\n"))
		if got := titles(crashes); got != "" {
			t.Errorf("%q: got %q", head, got)
		}
	}
}

// TestOfTheDead: what a task that an oops has killed breaks on its way out is no news.
func TestOfTheDead(t *testing.T) {
	const oops = "BUG: kernel NULL pointer dereference, address: 0000000000000008\nOops: Oops: 0000 [#1] SMP\nCPU: 0 UID: 0 PID: 71 Comm: a Not tainted 7.3.4 #1\n" +
		"RIP: 0010:sample_open+0x12/0x40\n---[ end trace 0000000000000000 ]---\n"
	const left = "BUG: sleeping function called from invalid context at include/linux/percpu-rwsem.h:49\nCPU: 0 UID: 0 PID: 71 Comm: a Tainted: G D 7.3.4 #1\n" +
		"Call Trace:\n __might_resched+0x12/0x40\n exit_signals+0x12/0x40\n do_exit+0x12/0x40\n make_task_dead+0x12/0x40\n"
	for log, want := range map[string]string{
		oops + left: "kernel NULL pointer dereference in sample_open",
		left:        "sleeping function called from invalid context in exit_signals",
		oops + strings.ReplaceAll(left, "make_task_dead", "sample_exit"): "kernel NULL pointer dereference in sample_open; sleeping function called from invalid context in exit_signals",
	} {
		crashes, err := Read(strings.NewReader(log))
		if got := titles(crashes); got != want || err != nil {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
}

// TestDecoded: scripts/decode_stacktrace.sh takes offsets and the spaces before entries away.
func TestDecoded(t *testing.T) {
	for _, log := range []string{
		"Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008\nInternal error: Oops: 0000000096000004 [#1]  SMP\n" +
			"CPU: 0 UID: 0 PID: 1 Comm: init Not tainted 7.3.4 #1\npc : __pi_memcpy (arch/arm64/lib/memcpy.S:80) \nlr : sample_copy (security/sample.c:88 (discriminator 1)) \n" +
			"Call trace:\n__pi_memcpy (arch/arm64/lib/memcpy.S:80) (P)\nsample_copy (security/sample.c:88 (discriminator 1)) \nvfs_write (fs/read_write.c:600) \n",
		"refcount_t: underflow; use-after-free.\nWARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate (lib/refcount.c:28 (discriminator 1)) \n" +
			"CPU: 0 UID: 0 PID: 1 Comm: init Not tainted 7.3.4 #1\nRIP: 0010:refcount_warn_saturate (lib/refcount.c:28 (discriminator 1)) \nCall Trace:\n <TASK>\n" +
			"? __warn (kernel/panic.c:746) \nsample_copy (security/sample.c:88 include/linux/refcount.h:190) \nvfs_write (fs/read_write.c:600) \n </TASK>\n",
	} {
		crashes, err := Read(strings.NewReader(log))
		if err != nil || len(crashes) != 1 || crashes[0].Func != "sample_copy" {
			t.Errorf("%q: %v", titles(crashes), err)
		}
	}
}

// TestPanicBehind: a panic with words of its own soon after a report that kills nothing was taken for the end of that.
func TestPanicBehind(t *testing.T) {
	const lockdep = "WARNING: bad unlock balance detected!\nstack backtrace:\nCall Trace:\n sample_unlock+0x1/0x2\n"
	for end, want := range map[string]string{
		"Kernel panic - not syncing: sample: the policy is lost\n":                               "lockdep: bad unlock balance in sample_unlock; kernel panic: sample: the policy is lost",
		"Kernel panic - not syncing: kernel: system warned too often (kernel.warn_limit is 1)\n": "lockdep: bad unlock balance in sample_unlock",
	} {
		crashes, _ := Read(strings.NewReader(lockdep + strings.Repeat("line\n", 40) + end))
		if got := titles(crashes); got != want {
			t.Errorf("%q: got %q, want %q", end, got, want)
		}
	}
}

// TestRustPanicOfUML: leftovers of C stand between panic! and the function of Rust that called it.
func TestRustPanicOfUML(t *testing.T) {
	const log = "rust_kernel: panicked at security/sample/sample.rs:35:13:\nthe policy is lost\nBUG: failure at rust/helpers/bug.c:7/rust_helper_BUG()!\n" +
		"Kernel panic - not syncing: BUG!\nCPU: 0 UID: 0 PID: 1 Comm: init Not tainted 7.3.4 #1 VOLUNTARY\nCall Trace:\n [<602241db>] ? dump_stack_lvl+0x5f/0x81\n" +
		" [<6007e300>] ? change_sig+0x33/0x84\n [<60020ca5>] ? _RNvNtCs2lKf6AS60Zg_4core9panicking18panic_nounwind_fmt+0x2/0x6\n [<600bf22a>] ? init_dl_entity+0x4d/0x7f\n" +
		" [<60022147>] ? _RNvMs7_NtCsb5MLIFMWygY_6kernel3lsmINtB5_7AdapterNtCs6KcnGVhqspI_6sample6SampleE10task_allocBM_+0x6/0xa\n [<601a98e4>] ? security_task_alloc+0x83/0xb2\n"
	crashes, err := Read(strings.NewReader(log))
	const want = "Rust panic: the policy is lost in <kernel::lsm::Adapter<sample::Sample>>::task_alloc"
	if got := titles(crashes); got != want || err != nil {
		t.Errorf("got %q, want %q: %v", got, want, err)
	}
}
