// SPDX-License-Identifier: GPL-2.0-only

package ktap

import (
	"fmt"
	"strings"
	"testing"
)

func read(log string) (*Reader, string) {
	r := &Reader{}
	for _, line := range strings.Split(log, "\n") {
		r.Line(line)
	}
	var b strings.Builder
	for _, t := range r.Tests() {
		fmt.Fprintf(&b, "%s %s", t.Status, t.Name)
		if t.File != "" {
			fmt.Fprintf(&b, " at %s:%d", t.File, t.Line)
		}
		if t.Reason != "" {
			fmt.Fprintf(&b, " (%s)", t.Reason)
		}
		b.WriteString("\n")
	}
	return r, b.String()
}

func TestTests(t *testing.T) {
	for _, c := range []struct{ name, log, want string }{
		{"KUnit", `KTAP version 1
1..2
    KTAP version 1
    # Subtest: lsm_sample
    # module: sample
    1..3
    ok 1 first
sample: a line of the kernel
    # second: EXPECTATION FAILED at security/sample/test.c:42
    Expected a == b, but
        a == 1 (0x1)
    not ok 2 second
    ok 3 third # SKIP no sample here
# lsm_sample: pass:1 fail:1 skip:1 total:3
# Totals: pass:1 fail:1 skip:1 total:3
not ok 1 lsm_sample
    KTAP version 1
    # Subtest: rust_doctests_kernel
    1..2
    # rust_doctest_kernel_lsm_rs_0.location: rust/kernel/lsm.rs:82
    ok 1 rust_doctest_kernel_lsm_rs_0
    # rust_doctest_kernel_lsm_rs_1.location: rust/kernel/lsm.rs:90
    # rust_doctest_kernel_lsm_rs_1: ASSERTION FAILED at rust/kernel/lsm.rs:99
    not ok 2 rust_doctest_kernel_lsm_rs_1
not ok 2 rust_doctests_kernel`,
			`passed lsm_sample.first
failed lsm_sample.second at security/sample/test.c:42
skipped lsm_sample.third (no sample here)
passed rust_doctests_kernel.rust_doctest_kernel_lsm_rs_0 at rust/kernel/lsm.rs:82
failed rust_doctests_kernel.rust_doctest_kernel_lsm_rs_1 at rust/kernel/lsm.rs:99
`},
		{"parameters", `KTAP version 1
1..1
    KTAP version 1
    # Subtest: suite
    1..1
        KTAP version 1
        # Subtest: each
        ok 1 small
        not ok 2 large
    # each: pass:1 fail:1 skip:0 total:2
    not ok 1 each
not ok 1 suite`,
			"passed suite.each.small\nfailed suite.each.large\n"},
		{"without names", "KTAP version 1\n1..1\n    # sub: ASSERTION FAILED at a/b.rs:12\n    not ok 1 sub\nnot ok 1 suite",
			"failed suite.sub at a/b.rs:12\n"},
		{"a suite that fails by itself", "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: s\n    1..1\n    ok 1 a\nnot ok 1 s",
			"passed s.a\nfailed s\n"},
		{"missing", "KTAP version 1\n1..2\n    KTAP version 1\n    # Subtest: s\n    1..3\n    ok 1 a\nok 1 s\nok 2 t",
			"passed s.a\nmissing s (1 of 3 tests told their results)\npassed t\n"},
		{"crashed", "KTAP version 1\n1..2\n    KTAP version 1\n    # Subtest: s\n    1..3\n    ok 1 a\nKernel panic - not syncing: x",
			"broken s (the log ends after 1 of 3 tests)\npassed s.a\n"},
		{"a suite that does not start", "KTAP version 1\n1..2\n    # s:     # failed to initialize (-12)\nnot ok 1 s\n    KTAP version 1\n    # Subtest: t\n    1..1\n    ok 1 a\nok 2 t",
			"failed s (it could not be initialized (-12))\npassed t.a\n"},
		{"out of time, and crashed", "KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: s\n    1..2\n    # a: try timed out\n    # a: test case timed out\n    not ok 1 a\n    # b: try faulted: last line seen x/y.c:12\n    not ok 2 b\nnot ok 1 s",
			"failed s.a (its time ran out)\nfailed s.b (it crashed)\n"},
		{"kselftest", "TAP version 13\n1..3\n# Starting 3 tests from 1 test cases.\n#  RUN           global.a ...\n#            OK  global.a\nok 1 global.a\n# b.c:12:b:Expected 1 (1) == 0 (0)\nnot ok 2 global.b\nok 3 global.c # SKIP no root\n# FAILED: 1 / 3 tests passed.",
			"passed global.a\nfailed global.b at b.c:12\nskipped global.c (no root)\n"},
		{"kselftest with dashes", "TAP version 13\n1..2\nok 1 - works\nnot ok 2 - known # TODO later", "passed works\npassed known (later)\n"},
		{"nothing", "ok, all is well\n1..2..3\nnot okay\n", ""},
	} {
		if _, got := read(c.log); got != c.want {
			t.Errorf("%s: got\n%s, want\n%s", c.name, got, c.want)
		}
	}
}

func FuzzTests(f *testing.F) {
	f.Add("KTAP version 1\n1..1\n    # Subtest: s\n    1..2\n    ok 1 a\nnot ok 1 s\n")
	f.Add("TAP version 13\n1..99999\nok 1\n        not ok 3 # SKIP\n")
	f.Fuzz(func(t *testing.T, log string) {
		r, _ := read(log)
		results := strings.Count(log, "ok ")
		plans := strings.Count(log, "1..") + 1
		if n := len(r.Tests()); n > results+2*plans {
			t.Errorf("%d tests of %d results", n, results)
		}
	})
}
