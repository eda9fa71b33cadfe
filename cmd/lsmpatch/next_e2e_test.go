// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestCarriedNext builds the series after the carried one, on top of it, and boots it: both LSMs are active, the KUnit
// tests of the blobs pass, and the selftest sees each denial and each allowance from user space. It builds a kernel with
// a configuration of its own, too long for each run of CI: `make e2e-next` runs it.
func TestCarriedNext(t *testing.T) {
	m := newMission(t)
	r, exit := m.premerge(t, "builtin:rust-lsm-next", "--with-prerequisites", "--build", "--boot", "--each=false", "--strict",
		"--config-fragment", testConfig(t, "next"), "--lsm", "rust_lsm_sample,renounce", "--test", "kunit,lsm")
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

// TestLongDebug builds a tree with both series as kernels that watch themselves, and boots them with KUnit and, on x86, the
// selftest of Renounce: by KASAN, lockdep and checks of sleeping, RCU, lists and objects; by KCSAN; and on arm64 by kCFI, with
// link-time optimisation. None may report anything. `make e2e-debug` runs it.
func TestLongDebug(t *testing.T) {
	m := newMission(t)
	dir := filepath.Join(e2e.Scratch(t), "linux")
	call(t, "git", "clone", "-q", "--shared", m.tree, dir)
	for _, series := range []string{"builtin:rust-lsm", "builtin:rust-lsm-next"} {
		if out, code := m.lsmpatch(t, "apply", "--tree", dir, series); code != exitClean {
			t.Fatalf("apply: exit %d\n%s", code, out)
		}
	}
	call(t, "chmod", "755", filepath.Dir(dir))
	selftest := filepath.Join(t.TempDir(), "renounce_test")
	folder := filepath.Join(dir, "tools/testing/selftests")
	call(t, "gcc", "-static", "-O1", "-I", folder, "-o", selftest, filepath.Join(folder, "lsm/renounce_test.c"))
	for _, c := range []struct {
		name, arch, image string
		flags             []string
	}{
		{"kasan", "x86_64", "arch/x86/boot/bzImage", []string{"--run", selftest}},
		{"kcsan", "x86_64", "arch/x86/boot/bzImage", []string{"--run", selftest}},
		{"cfi", "arm64", "arch/arm64/boot/Image", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			obj := filepath.Join(m.work, c.name)
			out, code := m.lsmpatch(t, "build", "--tree", dir, "--out", obj, "--toolchain", m.toolchain, "--arch", c.arch,
				"--config-fragment", testConfig(t, "next"), "--config-fragment", testConfig(t, c.name))
			if code != exitClean {
				t.Fatalf("build: exit %d\n%s", code, out)
			}
			out, code = m.lsmpatch(t, append([]string{"boot", "--kernel", filepath.Join(obj, c.image), "--vmlinux", filepath.Join(obj, "vmlinux"),
				"--lsm", "rust_lsm_sample,renounce", "--memory", "1024", "--timeout", "10m"}, c.flags...)...)
			if code != exitClean || !strings.Contains(out, "active: capability,rust_lsm_sample,renounce") {
				t.Errorf("boot: exit %d\n%s", code, out)
			}
			t.Log(out)
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
