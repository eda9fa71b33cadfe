// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
)

// binary builds the command and returns its path.
func binary(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "lsmpatch")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// TestKilled kills runs of the command at random moments, by the process or with its whole group, and then
// looks with git alone: no lock is left, and all is as before or as after. Each third run puts the series on
// a branch.
func TestKilled(t *testing.T) {
	bin := binary(t)
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=A", "-c", "user.email=a@example.org"}, args...)...)
		cmd.Dir, cmd.Env = dir, subprocess.GitEnv()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("add", "-A", "-f")
	git("commit", "-q", "-m", "minilinux")
	base := git("rev-parse", "HEAD")
	start := func(args ...string) *exec.Cmd {
		git("reset", "-q", "--hard", base)
		cmd := exec.Command(bin, append([]string{"apply", "-q", "--tree", dir}, args...)...)
		cmd.Env = subprocess.GitEnv("GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=@1700000000 +0000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	begin := time.Now()
	if err := start().Wait(); err != nil {
		t.Fatal(err)
	}
	whole, want := time.Since(begin), git("rev-parse", "HEAD")
	cut := 0
	for round := range 45 {
		var args []string
		if round%3 == 0 {
			args = []string{"--branch", "lsm", "--base", base, "--force"}
		}
		cmd := start(args...)
		time.Sleep(time.Duration(float64(whole) * (0.3 + 0.7*rand.Float64())))
		pid := cmd.Process.Pid
		if round%2 == 0 {
			pid = -pid
		}
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		if cmd.Wait() != nil {
			cut++
		}
		left := func() bool {
			locks, _ := filepath.Glob(filepath.Join(dir, ".git", "*.lock"))
			refLocks, _ := filepath.Glob(filepath.Join(dir, ".git", "refs", "heads", "*.lock"))
			_, err := os.Lstat(filepath.Join(dir, ".git", "lsmpatch"))
			return len(locks)+len(refLocks) > 0 || err == nil
		}
		for deadline := time.Now().Add(20 * time.Second); left(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("round %d: a lock is left", round)
			}
		}
		if head := git("rev-parse", "HEAD"); head != base && head != want {
			t.Fatalf("round %d: HEAD is %s", round, head)
		}
		if status := git("status", "--porcelain"); status != "" {
			t.Fatalf("round %d: git status:\n%s", round, status)
		}
	}
	git("fsck", "--strict")
	if cut == 0 {
		t.Error("no run was cut short")
	}
}
