// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A contest is two commands that do the same, run in turn.
type contest struct {
	name       string
	ours, peer func() *exec.Cmd
	// reset brings back the state before either, and is not timed.
	reset func()
	// aim is how many times as fast as the peer we want to be.
	aim float64
}

// A measure is what one command took, over all runs. Once they are done, times are sorted.
type measure struct {
	times []time.Duration
	cpu   time.Duration // of all runs
	peak  int64         // KiB of the largest process
}

func (m *measure) run(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	cmd.Env = run.GitEnv(
		"GIT_COMMITTER_NAME="+committedAt.Name, "GIT_COMMITTER_EMAIL="+committedAt.Email, "GIT_COMMITTER_DATE=@1700000000 +0000")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		tb.Fatalf("%s: %v\n%.2000s", cmd, err, out.String())
	}
	m.times = append(m.times, took)
	m.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// weigh runs a command once more for its peak memory. The kernel counts what a process had before it
// became the command as well, which for a child of this test is a lot. So a small program is started,
// which starts the command.
func (m *measure) weigh(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	scale := exec.Command(self, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	scale.Dir = cmd.Dir
	scale.Env = append(run.GitEnv(
		"GIT_COMMITTER_NAME="+committedAt.Name, "GIT_COMMITTER_EMAIL="+committedAt.Email, "GIT_COMMITTER_DATE=@1700000000 +0000"),
		scaleEnv+"=1")
	scale.Stderr = os.Stderr
	out, err := scale.Output()
	if err != nil {
		tb.Fatalf("%s: %v", scale, err)
	}
	peak, err := strconv.ParseInt(string(out), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	m.peak = max(m.peak, peak)
}

func (m *measure) String() string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }
	return fmt.Sprintf("%8s %8s %8s ms %6d KiB", ms(m.times[0]), ms(m.median()), ms(m.times[len(m.times)-1]), m.peak)
}

func (m *measure) median() time.Duration { return m.times[len(m.times)/2] }

// hold runs both sides n times and prints min, median and max of each, and the ratio of the medians.
func (c *contest) hold(tb testing.TB, n int) (ratio float64) {
	tb.Helper()
	var ours, peer measure
	// What a reset has written is on disk before the clock runs: else whoever syncs first waits for it.
	reset := func() { c.reset(); syscall.Sync() }
	for range n {
		reset()
		peer.run(tb, c.peer())
		reset()
		ours.run(tb, c.ours())
	}
	for range min(n, 3) {
		c.reset()
		peer.weigh(tb, c.peer())
		c.reset()
		ours.weigh(tb, c.ours())
	}
	slices.Sort(ours.times)
	slices.Sort(peer.times)
	ratio = float64(peer.median()) / float64(ours.median())
	fmt.Printf("%s\n  peer      %s\n  lsmpatch  %s\n  %.1f times as fast (aim: %.1f), by CPU time %.1f times, %.2f times the memory\n",
		c.name, &peer, &ours, ratio, c.aim, float64(peer.cpu)/float64(ours.cpu), float64(ours.peak)/float64(peer.peak))
	return ratio
}

// TestBenchApply prints what apply takes beside git am, on a real tree. LSMPATCH_BENCH_RUNS sets the
// number of runs, by default 10.
func TestBenchApply(t *testing.T) {
	runs := 10
	if n, err := strconv.Atoi(os.Getenv("LSMPATCH_BENCH_RUNS")); err == nil {
		runs = n
	}
	bin := buildCommand(t)
	dir := cloneOf(t, "7.3")
	base := gitIn(t, dir, "rev-parse", "HEAD")
	worktree := filepath.Join(t.TempDir(), "worktree")
	gitIn(t, dir, "worktree", "add", "-q", "--detach", worktree, base)
	before := snapshotOf(t, dir, base)
	five, hundred, stack := builtinMbox(t), madePatches(t, before, 100), madePatches(t, before, 400)
	command := func(dir, name string, args ...string) func() *exec.Cmd {
		return func() *exec.Cmd {
			cmd := exec.Command(name, args...)
			cmd.Dir = dir
			return cmd
		}
	}
	resetAll := func() {
		gitIn(t, dir, "reset", "-q", "--hard", base)
		gitIn(t, worktree, "reset", "-q", "--hard", base)
		_, _ = tryGitIn(dir, "branch", "-q", "-D", "lsm") // it may not be there
		dropOwnObjects(t, dir)
	}
	for _, c := range []contest{
		{"five patches into the checked-out tree",
			command(dir, bin, "apply", "--tree", dir, five), command(dir, "git", "am", "-q", five), resetAll, 10},
		{"five patches onto a branch, git am in a worktree of its own",
			command(dir, bin, "apply", "--tree", dir, "--branch", "lsm", "--base", base, five), command(worktree, "git", "am", "-q", five), resetAll, 25},
		{"a hundred patches into the checked-out tree",
			command(dir, bin, "apply", "--tree", dir, hundred), command(dir, "git", "am", "-q", hundred), resetAll, 30},
		{"a stack of four hundred into the checked-out tree",
			command(dir, bin, "apply", "--tree", dir, stack), command(dir, "git", "am", "-q", stack), resetAll, 30},
	} {
		c.hold(t, runs)
	}
	small, one := smallTree(t)
	start := gitIn(t, small, "rev-parse", "HEAD")
	(&contest{
		name: "one patch on a tree of 1,300 files",
		ours: command(small, bin, "apply", "--tree", small, one), peer: command(small, "git", "am", "-q", one),
		reset: func() {
			gitIn(t, small, "reset", "-q", "--hard", start)
			gitIn(t, small, "reflog", "expire", "--expire=now", "--all")
			gitIn(t, small, "prune", "--expire=now")
		},
		aim: 1,
	}).hold(t, 2*runs)
	// A repository of its own, so that what is written can be taken away again.
	big := filepath.Join(t.TempDir(), "big.git")
	gitIn(t, ".", "clone", "-q", "--bare", "--shared", bigRepo(t), big)
	c := contest{
		name: "five patches onto a branch among ten million objects, the peer being lsmpatch on the small repository",
		ours: command(big, bin, "apply", "--tree", big, "--branch", "lsm", "--base", base, five),
		peer: command(dir, bin, "apply", "--tree", dir, "--branch", "lsm", "--base", base, five),
		reset: func() {
			_, _ = tryGitIn(dir, "branch", "-q", "-D", "lsm")
			_, _ = tryGitIn(big, "branch", "-q", "-D", "lsm")
			dropOwnObjects(t, dir)
			dropOwnObjects(t, big)
		},
		aim: 1 / 1.3,
	}
	c.hold(t, runs)
}

// smallTree makes a repository of 1,300 files, and a patch for one of them.
func smallTree(tb testing.TB) (dir, patch string) {
	tb.Helper()
	dir = filepath.Join(tb.TempDir(), "small")
	for i := range 1300 {
		put(tb, dir, fmt.Sprintf("d%d/f%d.c", i%20, i), strings.Repeat(fmt.Sprintf("line of %d\n", i), 40))
	}
	gitIn(tb, dir, "init", "-q", "-b", "main")
	gitIn(tb, dir, "add", "-A")
	gitIn(tb, dir, "commit", "-q", "-m", "base")
	put(tb, dir, "d7/f7.c", strings.Repeat("line of 7\n", 40)+"more\n")
	gitIn(tb, dir, "commit", "-q", "-a", "-m", "change")
	patch = filepath.Join(filepath.Dir(dir), "one.patch")
	if err := os.WriteFile(patch, []byte(gitIn(tb, dir, "format-patch", "--stdout", "-1")+"\n"), 0o666); err != nil {
		tb.Fatal(err)
	}
	gitIn(tb, dir, "reset", "-q", "--hard", "HEAD~")
	gitIn(tb, dir, "gc", "-q")
	return dir, patch
}

// dropOwnObjects removes what a run has written into a repository that borrows all the others: else the
// next run would find its objects there.
func dropOwnObjects(tb testing.TB, dir string) {
	tb.Helper()
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		dir = filepath.Join(dir, ".git")
	}
	objects := filepath.Join(dir, "objects")
	if _, err := os.Stat(filepath.Join(objects, "info", "alternates")); err != nil {
		tb.Fatal(err)
	}
	list, err := os.ReadDir(objects)
	if err != nil {
		tb.Fatal(err)
	}
	for _, d := range list {
		if d.Name() == "info" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(objects, d.Name())); err != nil {
			tb.Fatal(err)
		}
	}
}

// buildCommand builds the command and returns its path.
func buildCommand(tb testing.TB) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "lsmpatch")
	cmd := exec.Command("go", "build", "-o", bin, "github.com/lsmpatch/lsmpatch/cmd/lsmpatch")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// bigRepo returns a bare repository with the objects of Linux 7.3 and ten million more, in a pack as
// large as those of full clones. It is made once, in some minutes, and kept in the cache folder.
func bigRepo(tb testing.TB) string {
	tb.Helper()
	dir := e2e.Cache(tb, "repo-10m.git")
	if _, err := os.Stat(dir + ".complete"); err == nil {
		return dir
	}
	if err := os.RemoveAll(dir); err != nil {
		tb.Fatal(err)
	}
	gitIn(tb, ".", "clone", "-q", "--bare", "--shared", e2e.Tree(tb, "7.3"), dir)
	cmd := exec.Command("git", "-c", "pack.compression=0", "fast-import", "--quiet", "--done")
	cmd.Dir, cmd.Env, cmd.Stderr = dir, run.GitEnv(), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(in, 1<<20)
	for i := range 10_000_000 {
		fmt.Fprintf(w, "blob\ndata 9\n%08d\n\n", i)
	}
	fmt.Fprint(w, "done\n")
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := in.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(dir+".complete", nil, 0o666); err != nil {
		tb.Fatal(err)
	}
	return dir
}
