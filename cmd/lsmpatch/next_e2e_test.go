// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestCarriedNext builds the series after the carried one, on top of it, and boots it: both LSMs are active, the KUnit
// tests of the blobs pass, and the selftest sees each denial and each allowance from user space. It builds a kernel with
// a configuration of its own, too long for each run of CI: `make e2e-next` runs it.
func TestCarriedNext(t *testing.T) { carriedNext(t, newMission(t), "--test", "kunit,lsm") }

// TestLongDebug does so in kernels that watch themselves: by KASAN, lockdep and checks of sleeping, RCU, lists and objects; by
// KCSAN; and on arm64 by kCFI, with link-time optimisation. `make e2e-debug` runs it.
func TestLongDebug(t *testing.T) {
	m := newMission(t)
	for _, c := range []struct{ name, arch string }{{"kasan", "x86_64"}, {"kcsan", "x86_64"}, {"cfi", "arm64"}} {
		t.Run(c.name, func(t *testing.T) {
			carriedNext(t, m, "--arch", c.arch, "--config-fragment", testConfig(t, c.name), "--test", "lsm", "--timeout", "15m", "--lens", "none")
		})
	}
}

func testConfig(t *testing.T, name string) string {
	t.Helper()
	file, err := filepath.Abs("testdata/" + name + ".config")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func carriedNext(t *testing.T, m *mission, more ...string) {
	t.Helper()
	flags := []string{"--with-prerequisites", "--build", "--boot", "--each=false", "--strict",
		"--lsm", "rust_lsm_sample,renounce", "--config-fragment", testConfig(t, "next")}
	r, exit := m.premerge(t, "builtin:rust-lsm-next", append(flags, more...)...)
	if exit != exitClean || r.Verdict() != report.Passed {
		t.Errorf("exit %d, verdict %s", exit, r.Verdict())
	}
	for _, name := range []string{"apply", "checkpatch", "hooks", "build", "boot"} {
		s := step(t, r, name)
		errors, warnings, _, waived := report.Tally(s.Findings)
		if s.Status != report.Passed || errors+warnings+waived > 0 {
			t.Errorf("step %s %s with %d errors, %d warnings", name, s.Status, errors, warnings)
		}
	}
	if s := step(t, r, "boot"); !strings.HasPrefix(s.Summary, "capability,rust_lsm_sample,renounce;") {
		t.Errorf("boot: %s", s.Summary)
	}
}

// TestLongElsewhere compiles both series where no kernel is booted: each patch without CONFIG_SECURITY, and the last for arm64.
// `make e2e-elsewhere` runs it.
func TestLongElsewhere(t *testing.T) {
	m := newMission(t)
	for name, flags := range map[string][]string{
		"nosecurity": {"--config-fragment", testConfig(t, "nosecurity")},
		"arm64":      {"--arch", "arm64", "--each=false"},
	} {
		for _, series := range []string{"builtin:rust-lsm", "builtin:rust-lsm-next"} {
			t.Run(name+"/"+series, func(t *testing.T) {
				r, _ := m.premerge(t, series, append(flags, "--with-prerequisites", "--build", "--objects", "--lens", "none")...)
				s := step(t, r, "build")
				if errors, _, _, _ := report.Tally(s.Findings); s.Status != report.Passed || errors > 0 {
					t.Errorf("build %s: %s", s.Status, s.Summary)
				}
			})
		}
	}
}
