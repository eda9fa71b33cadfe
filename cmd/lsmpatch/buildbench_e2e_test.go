// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const benchFile = "lib/crc/crc16.c"

// TestBenchBuild prints what premerge --build --boot takes for a series that changes one file in C, with the KUnit suite of
// that file and the selftests of security modules, where the base is built and another series was tested before; and what make alone and
// the kernel alone take. BENCH_ARCH names the architectures.
func TestBenchBuild(t *testing.T) {
	m := newMission(t)
	var table strings.Builder
	fmt.Fprintf(&table, "%-8s %10s %8s %8s %8s %8s   on %d cores\n", "arch", "premerge", "build", "boot", "make", "kernel", runtime.NumCPU())
	for _, arch := range strings.Fields(cmp.Or(os.Getenv("BENCH_ARCH"), "um x86_64")) {
		flags := []string{"--arch", arch, "--build", "--boot", "--test", "auto,lsm"}
		m.premerge(t, oneFile(t, m, "!p"), flags...) // builds the base

		start := time.Now()
		r, exit := m.premerge(t, oneFile(t, m, "!len"), flags...)
		whole := time.Since(start)
		if boot := step(t, r, "boot"); exit != exitClean || boot.Status != report.Passed || !strings.Contains(boot.Summary, " tests, ") {
			t.Errorf("%s: exit %d, boot %s: %s", arch, exit, boot.Status, boot.Summary)
		}
		mk, kernel := m.bare(t, arch)
		fmt.Fprintf(&table, "%-8s %8.1f s %6.1f s %6.1f s %6.1f s %6.1f s\n", arch, whole.Seconds(), step(t, r, "build").Seconds,
			step(t, r, "boot").Seconds, mk.Seconds(), kernel.Seconds())
	}
	t.Logf("\n%s", table.String())
}

// withCondition is the text of benchFile in the tree, with a condition in it that changes its code and not what it computes.
func withCondition(t *testing.T, m *mission, condition string) (before, after string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.tree, benchFile))
	if err != nil {
		t.Fatal(err)
	}
	const loop = "\twhile (len--)\n"
	if !bytes.Contains(text, []byte(loop)) {
		t.Fatalf("%s is another", benchFile)
	}
	return string(text), strings.Replace(string(text), loop, fmt.Sprintf("\tif (%s)\n\t\treturn crc;\n\n%s", condition, loop), 1)
}

// oneFile writes the mail of a series that changes benchFile.
func oneFile(t *testing.T, m *mission, condition string) string {
	t.Helper()
	before, after := withCondition(t, m, condition)
	dir := t.TempDir()
	for side, text := range map[string]string{"a": before, "b": after} {
		name := filepath.Join(dir, side, benchFile)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("git", "diff", "--no-index", "--no-prefix", "--stat", "--summary", "-p", "a/"+benchFile, "b/"+benchFile)
	cmd.Dir = dir
	diff, err := cmd.Output() // 1: they differ
	if len(diff) == 0 {
		t.Fatal(err)
	}
	_, patch, _ := strings.Cut(string(diff), "diff --git ")
	mail := "From: A Hacker <hacker@example.org>\nDate: Sun, 29 Nov 2026 10:00:00 +0000\nMessage-ID: <bench@example.org>\n" +
		"Subject: [PATCH] lib/crc: return early from crc16()\n\nThere may be nothing to do.\n\nSigned-off-by: A Hacker <hacker@example.org>\n---\n\n" +
		"diff --git " + patch
	name := filepath.Join(dir, "0001.patch")
	if err := os.WriteFile(name, []byte(mail), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// bare makes what oneFile changes in a copy of the base that premerge built, with the same tools at the same places, and starts the
// kernel, which ends for want of a root after it has run KUnit.
func (m *mission) bare(t *testing.T, arch string) (mk, kernel time.Duration) {
	t.Helper()
	dir, err := os.MkdirTemp(m.work, "bare")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	src, out := filepath.Join(dir, "src"), filepath.Join(dir, "out")
	call(t, "cp", "-al", m.newest(t, "source", "tree"), src)
	call(t, "cp", "-a", m.newest(t, "base", "obj"), out)
	_, after := withCondition(t, m, "!len")
	file := filepath.Join(src, benchFile)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
	target, kernelFile := "bzImage", "arch/x86/boot/bzImage"
	if arch == "um" {
		target, kernelFile = "linux", "linux"
	}
	tools := []string{"--die-with-parent", "--unshare-net", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", out, "/out", "--ro-bind", src, "/src"}
	for _, name := range []string{"usr", "etc"} {
		tools = append(tools, "--ro-bind", filepath.Join(m.toolchain, name), "/"+name)
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} {
		tools = append(tools, "--symlink", "usr/"+name, "/"+name)
	}
	mk = call(t, "bwrap", append(tools, "--chdir", "/src", "make", "--no-print-directory", "LLVM=-19", "O=/out", "ARCH="+arch,
		fmt.Sprintf("-j%d", runtime.NumCPU()), target)...)
	line := "panic=-1 kunit.enable=1"
	if arch == "um" {
		start := time.Now()
		cmd := exec.Command("bwrap", append(tools, "/out/"+kernelFile, "mem=512M", "con0=fd:0,fd:1", "con=null", line)...)
		_, _ = cmd.CombinedOutput() // it has no root, and panics
		return mk, time.Since(start)
	}
	return mk, call(t, "qemu-system-x86_64", "-m", "512", "-smp", "2", "-nographic", "-no-reboot", "-net", "none",
		"-kernel", filepath.Join(out, kernelFile), "-append", "console=ttyS0 "+line)
}

// newest returns what is in the entry of a kind, as base or series, that premerge used last.
func (m *mission) newest(t *testing.T, kind, name string) string {
	t.Helper()
	infos, err := filepath.Glob(filepath.Join(m.work, kind+"-*", "info.json"))
	if err != nil {
		t.Fatal(err)
	}
	var best string
	var when time.Time
	for _, file := range infos {
		info, err := os.Stat(file)
		if err == nil && info.ModTime().After(when) {
			best, when = filepath.Dir(file), info.ModTime()
		}
	}
	if best == "" {
		t.Fatal("there is no ", kind)
	}
	return filepath.Join(best, name)
}

// call runs a program and returns how long that took.
func call(t *testing.T, name string, args ...string) time.Duration {
	t.Helper()
	start := time.Now()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return time.Since(start)
}
