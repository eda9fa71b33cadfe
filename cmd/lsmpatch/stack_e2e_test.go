// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestE2EStackKilled kills stack apply and stack rebase at random moments, or interrupts them as Ctrl-C does. The next run
// completes what was begun, and comes to what it comes to when nobody cuts it short.
func TestE2EStackKilled(t *testing.T) {
	bin := binary(t)
	world := t.TempDir()
	repo := filepath.Join(world, "repo")
	gittest.Must(t, os.Mkdir(repo, 0o777))
	gittest.Git(t, repo, "init", "-q", "-b", "main")
	for i := range 40 {
		gittest.Write(t, filepath.Join(repo, fmt.Sprintf("file%d", i)), gittest.Lines("file", 40))
	}
	gittest.Git(t, repo, "add", "-A")
	gittest.Git(t, repo, "commit", "-q", "-m", "first")
	gittest.Git(t, repo, "tag", "v1")
	gittest.Git(t, repo, "checkout", "-q", "-b", "topic")
	for i := range 40 {
		name := filepath.Join(repo, fmt.Sprintf("file%d", i))
		gittest.Write(t, name, strings.Replace(gittest.Lines("file", 40), "line 20\n", "line twenty\n", 1))
		gittest.Git(t, repo, "commit", "-q", "-a", "-m", fmt.Sprintf("file%d: change", i))
	}
	gittest.Git(t, repo, "checkout", "-q", "main")
	for i := range 40 {
		gittest.Write(t, filepath.Join(repo, fmt.Sprintf("file%d", i)), "a line more\n"+gittest.Lines("file", 40))
	}
	gittest.Git(t, repo, "commit", "-q", "-a", "-m", "second")
	gittest.Git(t, repo, "tag", "v2")
	gittest.Git(t, repo, "config", "user.name", "C O Mitter")
	gittest.Git(t, repo, "config", "user.email", "committer@example.org")
	stack := filepath.Join(world, "stack")

	command := func(args ...string) *exec.Cmd { return exec.Command(bin, append([]string{"stack"}, args...)...) }
	must := func(args ...string) time.Duration {
		t.Helper()
		start := time.Now()
		if out, err := command(args...).CombinedOutput(); err != nil {
			t.Fatalf("lsmpatch stack %v: %v\n%s", args, err, out)
		}
		return time.Since(start)
	}
	begin := func() {
		gittest.Must(t, os.RemoveAll(stack))
		for _, ref := range []string{"stack", "lsmpatch-stack-trial"} {
			gittest.TryGit(repo, "branch", "-q", "-D", ref)
		}
		must("init", "--stack", stack, "--tree", repo, "--commit", "v1", "--entry", "builtin:rust-lsm")
		must("remove", "--stack", stack, "rust-lsm-write-linux-security")
		entry := "\n[[entry]]\nname = \"topic\"\nseries = \"v1..topic\"\n"
		file, err := os.OpenFile(filepath.Join(stack, "stack.toml"), os.O_APPEND|os.O_WRONLY, 0)
		gittest.Must(t, err)
		_, err = file.WriteString(entry)
		gittest.Must(t, err)
		gittest.Must(t, file.Close())
	}
	begin()
	took := must("apply", "--stack", stack)
	applied := gittest.Git(t, repo, "rev-parse", "stack")
	took = max(took, must("rebase", "--stack", stack, "--onto", "v2"))
	rebased := gittest.Git(t, repo, "rev-parse", "stack")

	killed := 0
	for i := range 6 {
		begin()
		steps := [][]string{{"apply", "--stack", stack}, {"rebase", "--stack", stack, "--onto", "v2"}}
		want := []string{applied, rebased}
		for j, args := range steps {
			cmd := command(args...)
			gittest.Must(t, cmd.Start())
			time.Sleep(rand.N(took))
			if i%2 == 0 {
				cmd.Process.Kill()
			} else {
				cmd.Process.Signal(os.Interrupt)
			}
			if cmd.Wait() != nil {
				killed++
			}
			must(args...)
			must("apply", "--stack", stack)
			if got := gittest.Git(t, repo, "rev-parse", "stack"); got != want[j] {
				t.Errorf("run %d: cut short, %v, the stack is at %s, not %s", i, args, got, want[j])
			}
			if left, _ := filepath.Glob(filepath.Join(stack, "*", ".lsmpatch-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if left := gittest.Git(t, repo, "for-each-ref", "refs/heads/lsmpatch-*"); left != "" {
				t.Errorf("left behind: %s", left)
			}
			if left, _ := filepath.Glob(filepath.Join(repo, ".git", "*.lock")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		}
	}
	t.Logf("%d of 12 runs were killed in time", killed)
	if killed < 2 {
		t.Errorf("only %d runs were killed in time", killed)
	}
}

// TestE2EStackUpdateKilled kills stack update, and stack rebase --resolve, at random moments. After the one, the next run comes
// to what it comes to when nobody cuts it short; after the other, --abort leaves nothing behind, and it can begin again.
func TestE2EStackUpdateKilled(t *testing.T) {
	bin := binary(t)
	world := t.TempDir()
	repo, stack, pending := filepath.Join(world, "repo"), filepath.Join(world, "stack"), filepath.Join(world, "pending.mbox")
	gittest.Must(t, os.CopyFS(repo, os.DirFS("../../testdata/minilinux")))
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A", "-f"}, {"commit", "-q", "-m", "minilinux"}, {"tag", "v1"}} {
		gittest.Git(t, repo, args...)
	}
	lsm := filepath.Join(repo, "security", "Kconfig") // the series adds a line there
	data, err := os.ReadFile(lsm)
	gittest.Must(t, err)
	gittest.Write(t, lsm, strings.ReplaceAll(string(data), "source ", "# all are new\nsource "))
	gittest.Git(t, repo, "commit", "-q", "-a", "-m", "Kconfig: other lines")
	gittest.Git(t, repo, "tag", "v2")
	run := func(fail bool, args ...string) time.Duration {
		t.Helper()
		start := time.Now()
		out, err := exec.Command(bin, append([]string{"stack", args[0], "--stack", stack}, args[1:]...)...).CombinedOutput()
		if (err != nil) != fail {
			t.Fatalf("lsmpatch stack %v: %v\n%s", args, err, out)
		}
		return time.Since(start)
	}
	begin := func() {
		gittest.Must(t, os.RemoveAll(stack))
		gittest.TryGit(repo, "branch", "-q", "-D", "stack")
		gittest.Must(t, os.WriteFile(pending, mailbox(t, "rust-lsm-v1"), 0o666))
		run(false, "init", "--tree", repo, "--commit", "v1", "--entry", pending)
		run(false, "apply")
		gittest.Must(t, os.WriteFile(pending, append(mailbox(t, "rust-lsm-v1"), mailbox(t, "rust-lsm")...), 0o666))
	}
	state := func() string {
		return gittest.Git(t, repo, "for-each-ref") + gittest.Git(t, repo, "worktree", "list") + gittest.Git(t, repo, "status", "--porcelain")
	}
	killed := 0
	kill := func(took time.Duration, args ...string) {
		cmd := exec.Command(bin, append([]string{"stack", args[0], "--stack", stack}, args[1:]...)...)
		gittest.Must(t, cmd.Start())
		time.Sleep(rand.N(took))
		gittest.Must(t, cmd.Process.Kill())
		if cmd.Wait(); !cmd.ProcessState.Exited() {
			killed++
		}
	}
	begin()
	took := run(false, "update")
	run(false, "apply")
	want := gittest.Git(t, repo, "rev-parse", "stack")
	for i := range 8 {
		begin()
		kill(took, "update")
		run(false, "update")
		run(false, "apply")
		if got := gittest.Git(t, repo, "rev-parse", "stack"); got != want {
			t.Errorf("run %d: cut short, update comes to %s, not %s", i, got, want)
		}
	}
	before := state()
	took = run(true, "rebase", "--onto", "v2", "--resolve")
	for i := range 8 {
		run(false, "rebase", "--abort")
		if after := state(); after != before {
			t.Fatalf("run %d: before:\n%s\nafter:\n%s", i, before, after)
		}
		kill(took, "rebase", "--onto", "v2", "--resolve")
	}
	run(false, "rebase", "--abort")
	run(true, "rebase", "--onto", "v2", "--resolve")
	t.Logf("%d of 16 runs were killed in time", killed)
	if killed < 4 {
		t.Errorf("only %d runs were killed in time", killed)
	}
}

// mailbox returns the mails of a carried series as a mailbox.
func mailbox(t *testing.T, name string) []byte {
	t.Helper()
	set, ok := patchset.Builtin(name)
	if !ok {
		t.Fatalf("no %s", name)
	}
	var all []byte
	for _, m := range set.Mails {
		all = append(all, m.Raw...)
	}
	return all
}
