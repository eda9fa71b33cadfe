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
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
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

// TestKilled kills runs of the command on a small tree; see [killRuns].
func TestKilled(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	plainGit(t, dir, "init", "-q")
	plainGit(t, dir, "add", "-A", "-f")
	plainGit(t, dir, "commit", "-q", "-m", "minilinux")
	killRuns(t, dir, 45)
	plainGit(t, dir, "fsck", "--strict")
}

// plainGit runs git in dir and returns what it prints.
func plainGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=A", "-c", "user.email=a@example.org"}, args...)...)
	cmd.Dir, cmd.Env = dir, subprocess.GitEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// killRuns kills runs of the command in a repository at random moments, by the process or with its whole
// group, and then looks with git alone: no lock is left, and all is as before or as after. Each third run
// puts the series on a branch.
func killRuns(t *testing.T, dir string, rounds int) {
	bin, base := binary(t), plainGit(t, dir, "rev-parse", "HEAD")
	start := func(args ...string) *exec.Cmd {
		plainGit(t, dir, "reset", "-q", "--hard", base)
		cmd := exec.Command(bin, append([]string{"apply", "-q", "--tree", dir}, args...)...)
		cmd.Env = subprocess.GitEnv("GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=@1700000000 +0000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	whole := time.Hour
	for range 3 { // the first one finds cold caches
		cmd, begin := start(), time.Now()
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		whole = min(whole, time.Since(begin))
	}
	want := plainGit(t, dir, "rev-parse", "HEAD")
	cut, done := 0, 0
	for round := range rounds {
		branch := round%3 == 0
		var args []string
		if branch {
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
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			left := leftBehind(dir)
			if len(left) == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("round %d: %q are left", round, left)
			}
		}
		switch head := plainGit(t, dir, "rev-parse", "HEAD"); head {
		case base:
		case want:
			done++
		default:
			t.Fatalf("round %d: HEAD is %s", round, head)
		}
		if status := plainGit(t, dir, "status", "--porcelain"); status != "" {
			t.Fatalf("round %d: git status:\n%s", round, status)
		}
		if branch {
			plainGit(t, dir, "branch", "-f", "lsm", base)
		}
	}
	t.Logf("%d of %d runs were cut short, the series is in after %d", cut, rounds, done)
	if cut == 0 {
		t.Error("no run was cut short")
	}
}

// leftBehind returns the locks and notes of a run in the repository at dir.
func leftBehind(dir string) []string {
	var left []string
	for _, pattern := range []string{"*.lock", "refs/heads/*.lock", "lsmpatch"} {
		found, _ := filepath.Glob(filepath.Join(dir, ".git", pattern)) // fails for bad patterns only
		left = append(left, found...)
	}
	return left
}
