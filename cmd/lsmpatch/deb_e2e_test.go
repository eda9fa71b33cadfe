// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// debRuns is what the package must do in a root filesystem that has nothing but what it depends on.
const debRuns = `set -eux
dpkg -i /in/*.deb
lsmpatch premerge --tree /in/minilinux >/tmp/verdict
grep '^verdict: passed' /tmp/verdict
man -w lsmpatch-series-info | grep '/usr/share/man/man1/lsmpatch-series-info.1.gz'
MANWIDTH=80 man --warnings lsmpatch-premerge >/tmp/page
grep 'do all checks' /tmp/page
bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader lsmpatch || true; complete -p lsmpatch' | grep __start_lsmpatch
zcat /usr/share/doc/lsmpatch/linked-modules.gz | grep '^== github.com/spf13/cobra@'
dpkg -V lsmpatch
dpkg -r lsmpatch
! test -e /usr/bin/lsmpatch
`

// TestE2EDeb makes the package twice, from folders and at times of their own, and compares the bytes; has lintian look at it;
// and installs, runs and removes it in a bare Debian 12.
func TestE2EDeb(t *testing.T) {
	var made [2]string
	for i := range made {
		dist := t.TempDir()
		binary := filepath.Join(dist, "lsmpatch-linux-"+runtime.GOARCH)
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", binary, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		cmd := exec.CommandContext(t.Context(), "../../packaging/deb/build", binary, runtime.GOARCH, dist)
		cmd.Env = append(os.Environ(), "VERSION=1.0~test", "SOURCE_DATE_EPOCH=1800000000")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		found, _ := filepath.Glob(filepath.Join(dist, "*.deb"))
		if len(found) != 1 {
			t.Fatalf("packages: %q", found)
		}
		made[i] = found[0]
	}
	if !bytes.Equal(mustRead(t, made[0]), mustRead(t, made[1])) {
		t.Errorf("two packages of the same binary differ")
	}
	lintian := exec.CommandContext(t.Context(), "lintian", "--allow-root", "--fail-on", "error,warning", "--info", made[0])
	if out, err := lintian.CombinedOutput(); err != nil || strings.Contains(string(out), "\nW: ") {
		t.Errorf("lintian: %v\n%s", err, out)
	}

	in := t.TempDir()
	if err := os.CopyFS(filepath.Join(in, "minilinux"), os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in, "lsmpatch.deb"), mustRead(t, made[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(e2e.Scratch(t), "root")
	if out, err := exec.Command("cp", "-a", e2e.Root(t), root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	fresh := exec.CommandContext(t.Context(), "bwrap", "--unshare-all", "--die-with-parent", "--uid", "0", "--gid", "0", "--cap-add", "ALL", "--clearenv",
		"--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "--setenv", "HOME", "/root", "--setenv", "LC_ALL", "C.UTF-8",
		"--bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", in, "/in", "/bin/sh", "-c", debRuns)
	if out, err := fresh.CombinedOutput(); err != nil {
		t.Errorf("in a bare root: %v\n%s", err, out)
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
