// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const kunitLog = `[    0.500000] KTAP version 1
[    0.500001] 1..2
[    0.500002]     KTAP version 1
[    0.500003]     # Subtest: sample
[    0.500004]     1..3
[    0.500005]     ok 1 good
[    0.500006]     # bad: EXPECTATION FAILED at security/sample/test.c:42
[    0.500007]     not ok 2 bad
[    0.500008]     ok 3 lazy # SKIP no sample here
[    0.500009] not ok 1 sample
[    0.500010] ok 2 other
`

func messages(findings []report.Finding) string {
	var res []string
	for _, f := range findings {
		res = append(res, f.Severity.String()+" "+f.Message)
	}
	return strings.Join(res, "\n")
}

// bootWith boots a fake guest with a log and facts.
func bootWith(t *testing.T, log string, facts *Facts, change func(*Options)) *Result {
	t.Helper()
	kernel, opts := fakeQEMU(t, bootScript(t, hookLine+"\n"+log, facts))
	change(opts)
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKUnit(t *testing.T) {
	t.Parallel()
	r := bootWith(t, kunitLog, goodFacts(), func(*Options) {})
	const want = "error test sample.bad failed\nnote 1 test of sample skipped"
	if got := messages(r.Findings); got != want || len(r.Tests) != 4 {
		t.Errorf("got %q, want %q; tests %v", got, want, r.Tests)
	}
	if f := r.Findings[0]; f.File != "security/sample/test.c" || f.Line != 42 || f.Check != checkTestFailed {
		t.Errorf("%+v", f)
	}
}

// Against the base: what failed there is a note, what is gone an error, what is skipped now a warning.
func TestKUnitBaseline(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "base.log")
	for _, c := range []struct{ base, want string }{
		{kunitLog, "note test sample.bad failed\nnote 1 test of sample skipped"},
		{strings.ReplaceAll(kunitLog, "not ok", "ok"), "error test sample.bad failed\nnote 1 test of sample skipped"},
		{strings.ReplaceAll(strings.ReplaceAll(kunitLog, " # SKIP no sample here", ""), "ok 2 other", "ok 2 gone"),
			"note test sample.bad failed\nwarning test sample.lazy is skipped, and passes on the base: no sample here\nerror 1 test of gone did not run, which the base passes: gone"},
	} {
		if err := os.WriteFile(base, []byte(c.base), 0o644); err != nil {
			t.Fatal(err)
		}
		r := bootWith(t, kunitLog, goodFacts(), func(o *Options) { o.Baseline = []string{base} })
		if got := messages(r.Findings); got != c.want {
			t.Errorf("got\n%s, want\n%s", got, c.want)
		}
	}
}

// What a suite provokes is a note, anything else that happens in it is not.
func TestProvoked(t *testing.T) {
	t.Parallel()
	const log = `KTAP version 1
1..1
    KTAP version 1
    # Subtest: kasan
    1..1
==================================================================
BUG: KASAN: slab-out-of-bounds in kmalloc_oob_right+0x1/0x2
Write of size 1 at addr ffff888001234567 by task kunit_try_catch/1
==================================================================
    ok 1 kmalloc_oob_right
ok 1 kasan
`
	for log, want := range map[string]string{
		log: "note KASAN: slab-out-of-bounds Write in kmalloc_oob_right",
		strings.ReplaceAll(log, "Subtest: kasan", "Subtest: landlock_fs"):                                                                        "error KASAN: slab-out-of-bounds Write in kmalloc_oob_right",
		strings.ReplaceAll(log, "BUG: KASAN: slab-out-of-bounds in kmalloc_oob_right+0x1/0x2", "WARNING: kernel/a.c:1 at a+0x1/0x2, CPU#0: a/1"): "error WARNING in a",
		strings.Replace(log, "Write of size 1 at addr ffff888001234567 by task kunit_try_catch/1\n", "Read of size 8 at addr ffff888001234567 by task a/9\nCall Trace:\n kasan_report+0x1/0x2\n"+
			" sample_open+0x1/0x2\n security_file_open+0x1/0x2\n", 1): "error KASAN: slab-out-of-bounds Read in sample_open",
		"lkdtm: Performing direct entry WARNING\nWARNING: drivers/misc/lkdtm/bugs.c:112 at lkdtm_WARNING+0x1/0x2, CPU#0: sh/9\nCall Trace:\n lkdtm_do_action+0x1/0x2\n" +
			" vfs_write+0x1/0x2\n---[ end trace 0000000000000000 ]---\n": "note WARNING in lkdtm_WARNING",
	} {
		r := bootWith(t, log, goodFacts(), func(*Options) {})
		if got := messages(r.Findings); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A crash in the middle of the tests is told, and what did not run for it is no fault of its own.
func TestKUnitCrash(t *testing.T) {
	t.Parallel()
	cut, _, _ := strings.Cut(kunitLog, "[    0.500007]")
	kernel, opts := fakeQEMU(t, "cat <<'END'\n"+cut+"BUG: kernel NULL pointer dereference, address: 0000000000000000\nRIP: 0010:sample_test+0x1/0x2\nKernel panic - not syncing: Fatal exception\nEND\n")
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	const want = "error kernel NULL pointer dereference in sample_test\nnote tests did not run, or to their end, since the kernel did not come so far: sample"
	if got := messages(r.Findings); got != want || !strings.Contains(r.Findings[0].Detail, "(while the test suite sample ran)") {
		t.Errorf("got\n%s, want\n%s; detail %q", got, want, r.Findings[0].Detail)
	}
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	const tap = "TAP version 13\n1..2\nok 1 a\nnot ok 2 b\n"
	pass := strings.ReplaceAll(tap, "not ", "")
	for _, c := range []struct {
		name, want string
		runs       []Ran
	}{
		{"all pass", "", []Ran{{Name: "p", Output: pass}}},
		{"fails twice", "error test p.b failed", []Ran{{Name: "p", Status: 256, Output: tap}, {Name: "p", Status: 256, Output: tap}}},
		{"flaky", "warning test p.b is flaky: it failed, and passed when it was run again", []Ran{{Name: "p", Status: 256, Output: tap}, {Name: "p", Output: pass}}},
		{"no TAP", "error test p failed: it exited with 3", []Ran{{Name: "p", Status: 3 << 8, Output: "no"}, {Name: "p", Status: 3 << 8, Output: "no"}}},
		{"skips", "note 1 test of p skipped", []Ran{{Name: "p", Status: 4 << 8, Output: "needs root"}}},
		{"signal", "error test p.b failed\nerror test p failed: ended by signal 11 (SIGSEGV)", []Ran{{Name: "p", Status: 11, Output: tap}, {Name: "p", Status: 11, Output: tap}}},
		{"signal in the middle", "error test p failed: ended by signal 11 (SIGSEGV); the log ends after 1 of 2 tests", []Ran{{Name: "p", Status: 11, Output: "TAP version 13\n1..2\nok 1 a\n"}}},
		{"plan too short", "error test p failed: 2 results came, and its plan has 1", []Ran{{Name: "p", Output: "TAP version 13\n1..1\nok 1 a\nok 2 b\n"}}},
		{"plan too long", "error test p was broken off: the log ends after 1 of 2 tests", []Ran{{Name: "p", Output: "TAP version 13\n1..2\nok 1 a\n"}}},
		{"gives up", "error test p failed: it exited with 1; it gave up: no root", []Ran{{Name: "p", Status: 256, Output: "TAP version 13\n1..2\nok 1 a\nBail out! no root\n"}}},
		{"late", "error test p failed: its time ran out", []Ran{{Name: "p", Status: 9, Late: true}, {Name: "p", Status: 9, Late: true}}},
		{"cannot start", "error test p failed: it could not be started", []Ran{{Name: "p", Status: 126 << 8}}},
	} {
		facts := goodFacts()
		facts.Runs = c.runs
		r := bootWith(t, "", facts, func(*Options) {})
		if got := messages(r.Findings); got != c.want {
			t.Errorf("%s: got\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

// The list of LSMs, lsm_list_modules(2) and the probes.
func TestLSMs(t *testing.T) {
	t.Parallel()
	denied, _ := ParseProbe("open /etc/shadow -> EACCES")
	base := filepath.Join(t.TempDir(), "base.json")
	data, err := json.Marshal(&Result{Active: []string{"capability"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base, data, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want   string
		facts  func(*Facts)
		change func(*Options)
	}{
		{"", func(f *Facts) { f.IDs = []uint64{100, 114} }, func(*Options) {}},
		{"note LSM rust_lsm_sample has no ID: lsm_list_modules(2) gives LSM_ID_UNDEF for it", func(f *Facts) { f.IDs = []uint64{100, 0} }, func(*Options) {}},
		{"error the kernel lists capability,rust_lsm_sample, and lsm_list_modules(2) has 1 of them", func(f *Facts) { f.IDs = []uint64{100} }, func(*Options) {}},
		{"error lsm_list_modules(2) gives LSM capability the ID 7; in include/uapi/linux/lsm.h it has 100", func(f *Facts) { f.IDs = []uint64{7, 114} }, func(*Options) {}},
		{"", func(f *Facts) { f.Probes = []int{13} }, func(o *Options) { o.Probes = []Probe{denied} }},
		{`error probe "open /etc/shadow -> EACCES": it succeeds, and should end with EACCES`, func(f *Facts) { f.Probes = []int{0} }, func(o *Options) { o.Probes = []Probe{denied} }},
		{`error probe "open /etc/shadow -> EACCES" was not made`, func(*Facts) {}, func(o *Options) { o.Probes = []Probe{denied} }},
		{"error the kernel lists the LSMs capability,rust_lsm_sample, that of the base capability", func(*Facts) {}, func(o *Options) { o.LSM, o.Baseline = []string{}, []string{base} }},
		{"", func(f *Facts) { f.LSM = "capability" }, func(o *Options) { o.LSM, o.Baseline = []string{}, []string{base} }},
	} {
		facts := goodFacts()
		c.facts(facts)
		r := bootWith(t, "", facts, c.change)
		if got := messages(r.Findings); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// What a kernel is for is told by its first bytes.
func TestPlatformOf(t *testing.T) {
	dir := t.TempDir()
	head := func(at int, magic string) []byte {
		b := make([]byte, 1024)
		copy(b[at:], magic)
		return b
	}
	for want, data := range map[string][]byte{"arm64": head(56, "ARM\x64"), "riscv": head(56, "RSC\x05"), "": head(0, "MZ")} {
		name := filepath.Join(dir, "k"+want)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := platformOf(name)
		if want == "" && err == nil || want != "" && (err != nil || p.name != want) {
			t.Errorf("%s: %v, %v", want, p, err)
		}
	}
	// A User Mode Linux is a program of the machine, and not each program is one: this test was taken for a kernel that restarts.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if p, err := platformOf(self); err == nil {
		t.Errorf("a program is told as a kernel for %s", p.name)
	}
}

// What hangs is named: the suite of KUnit, or the program that init runs.
func TestHangIn(t *testing.T) {
	t.Parallel()
	cut, _, _ := strings.Cut(kunitLog, "[    0.500007]")
	for _, c := range []struct{ log, want string }{
		{cut, "hang: the kernel did not start init; the test suite sample does not end, within "},
		{kunitLog + "Run /init as init process\nlsmpatch| # running lsm:sample_test\nlsmpatch| 1..2\n", "hang: the program lsm:sample_test does not end, within "},
		{kunitLog + "Run /init as init process\nlsmpatch| # running lsm:sample_test\nlsmpatch| # running \n", "hang: the kernel started init, which did not end its work within "},
	} {
		if r := judgeLog(t, []byte(c.log), true); !strings.HasPrefix(r.Findings[len(r.Findings)-1].Message, c.want) {
			t.Errorf("got %s, want %s", messages(r.Findings), c.want)
		}
	}
}

// A selftest names its own file as make gives it to the compiler.
func TestPlaceOfProgram(t *testing.T) {
	t.Parallel()
	facts := goodFacts()
	out := "TAP version 13\n1..1\n#  RUN           global.sample ...\n# sample_test.c:52:sample:Expected 1 (1) == size (16)\n#          FAIL  global.sample\nnot ok 1 global.sample\n"
	facts.Runs = []Ran{{Name: "lsm:sample_test", Status: 256, Output: out}}
	for source, want := range map[string]string{"tools/testing/selftests/lsm": "tools/testing/selftests/lsm/sample_test.c", "": "sample_test.c"} {
		r := bootWith(t, "", facts, func(o *Options) {
			o.Programs = []Program{{Name: "lsm:sample_test", Args: []string{"/tests/lsm/sample_test"}, Source: source}}
		})
		if f := r.Findings[0]; f.File != want || f.Line != 52 {
			t.Errorf("%+v, want %s:52", f, want)
		}
	}
}

// A crash in a test that the kernel survives is told once, and that of an example stands where the example does.
func TestCrashOfTest(t *testing.T) {
	t.Parallel()
	log := "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: rust_doctests_kernel\n    1..1\n" +
		"    # rust_doctest_kernel_lsm_rs_0.location: rust/kernel/lsm.rs:40\n" +
		"rust_kernel: panicked at rust/doctests_kernel_generated.rs:12:5:\nassertion failed: x.is_ok()\n" +
		"kernel BUG at rust/helpers/bug.c:7!\nOops: invalid opcode: 0000 [#1] SMP\nCPU: 0 UID: 0 PID: 71 Comm: kunit_try_catch Not tainted 7.3.0 #1\n" +
		"RIP: 0010:rust_helper_BUG+0x8/0x10\nCall Trace:\n rust_doctest_kernel_lsm_rs_0+0x12/0x40\n kunit_try_run_case+0x1/0x2\n---[ end trace 0000000000000000 ]---\n" +
		"    # rust_doctest_kernel_lsm_rs_0: try faulted\n    not ok 1 rust_doctest_kernel_lsm_rs_0\nnot ok 1 rust_doctests_kernel\n"
	r := bootWith(t, log, goodFacts(), func(*Options) {})
	const want = "error Rust panic: assertion failed: x.is_ok() in rust_doctest_kernel_lsm_rs_0\n" +
		"note test rust_doctests_kernel.rust_doctest_kernel_lsm_rs_0 failed: it crashed"
	if got := messages(r.Findings); got != want || r.Findings[0].File != "rust/kernel/lsm.rs" || r.Findings[0].Line != 40 {
		t.Errorf("got %s at %s:%d, want %s", got, r.Findings[0].File, r.Findings[0].Line, want)
	}
}
