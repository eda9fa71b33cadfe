// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// git runs the oracle and returns what it prints, without the last newline.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = run.GitEnv("GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_AUTHOR_DATE=@1700000000 +0200",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.org", "GIT_COMMITTER_DATE=@1700000100 -0330",
		"GIT_CONFIG_COUNT=3", "GIT_CONFIG_KEY_1=init.defaultBranch", "GIT_CONFIG_VALUE_1=main",
		"GIT_CONFIG_KEY_2=protocol.file.allow", "GIT_CONFIG_VALUE_2=always")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

func write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lines returns n numbered lines.
func lines(word string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s line %d\n", word, i)
	}
	return b.String()
}

// seriesRepo makes a repository with a base commit, tagged "base", and a branch "series" with
// commits on it that add, change, remove and rename files, change modes, make symlinks and submodule
// links, and swap a file for a folder. Only the last commit, the submodule link, needs git to land. "main",
// at the base, is checked out.
func seriesRepo(t testing.TB, initArgs ...string) string {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	key := strings.Join(initArgs, " ")
	if templates.made[key] == "" {
		dir, err := os.MkdirTemp(templates.root, "")
		must(t, err)
		templates.made[key] = makeSeriesRepo(t, filepath.Join(dir, "repo"), initArgs)
		base := filepath.Join(dir, "base")
		copyRepo(t, templates.made[key], base)
		git(t, base, "branch", "-q", "-D", "series")
		git(t, base, "reflog", "expire", "--expire=all", "--all")
		git(t, base, "prune")
	}
	dir := filepath.Join(t.TempDir(), "repo")
	copyRepo(t, templates.made[key], dir)
	return dir
}

// baseRepo is seriesRepo without the series. Both come from one template, so a hash of the one
// is right in the other.
func baseRepo(t testing.TB, initArgs ...string) string {
	t.Helper()
	source := seriesRepo(t, initArgs...)
	dir := filepath.Join(filepath.Dir(source), "base")
	templates.Lock()
	defer templates.Unlock()
	copyRepo(t, filepath.Join(filepath.Dir(templates.made[strings.Join(initArgs, " ")]), "base"), dir)
	return dir
}

func copyRepo(t testing.TB, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	git(t, to, "update-index", "--refresh")
}

// templates are the repositories that seriesRepo copies.
var templates struct {
	sync.Mutex
	root string
	made map[string]string
}

// RunTests runs the tests of a package, and removes the repositories that they copied from.
func RunTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lsmpatch-tree-")
	if err != nil {
		panic(err)
	}
	templates.root, templates.made = dir, map[string]string{}
	defer os.RemoveAll(dir)
	return m.Run()
}

func TestMain(m *testing.M) {
	if job := os.Getenv("LSMPATCH_CRASH"); job != "" {
		os.Exit(crashChild(job))
	}
	os.Exit(RunTests(m))
}

func makeSeriesRepo(t testing.TB, dir string, initArgs []string) string {
	t.Helper()
	git(t, ".", append(append([]string{"init", "-q"}, initArgs...), dir)...)
	for _, name := range []string{"Makefile", "kernel/fork.c", "kernel/exit.c", "kernel/sched/core.c", "a/b/c/d.txt", "a/b.txt", "a/b-c", "security/Kconfig", "swap"} {
		write(t, filepath.Join(dir, name), lines(name, 200))
	}
	write(t, filepath.Join(dir, "run.sh"), "#!/bin/sh\n")
	must(t, os.Chmod(filepath.Join(dir, "run.sh"), 0o755))
	must(t, os.Symlink("kernel/fork.c", filepath.Join(dir, "link")))
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "base")
	git(t, dir, "tag", "base")
	git(t, dir, "checkout", "-q", "-b", "series")
	step := func(subject string) {
		t.Helper()
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", subject+"\n\nBody of "+subject+".\n\nSigned-off-by: A U Thor <author@example.org>")
	}
	write(t, filepath.Join(dir, "kernel/fork.c"), "changed\n"+lines("kernel/fork.c", 200))
	write(t, filepath.Join(dir, "security/rust/lsm.c"), "new\n")
	step("add and change")
	git(t, dir, "rm", "-q", "a/b/c/d.txt")
	git(t, dir, "mv", "kernel/exit.c", "kernel/exit2.c")
	must(t, os.Chmod(filepath.Join(dir, "Makefile"), 0o755))
	step("remove, rename, mode")
	git(t, dir, "rm", "-q", "swap", "link")
	write(t, filepath.Join(dir, "swap/inner/file"), "now a folder\n")
	must(t, os.Symlink("a", filepath.Join(dir, "dirlink")))
	step("swap file and folder")
	write(t, filepath.Join(dir, "empty"), "")
	write(t, filepath.Join(dir, "kernel/fork.c"), "changed again\n"+lines("kernel/fork.c", 200))
	write(t, filepath.Join(dir, "bin"), "\x00\x01\xff no newline")
	step("the last")
	git(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+git(t, dir, "rev-parse", "base")[:40]+strings.Repeat("0", hexLen(t, dir)-40)+",sub")
	must(t, os.Mkdir(filepath.Join(dir, "sub"), 0o777))
	git(t, dir, "commit", "-q", "-m", "a submodule link")
	git(t, dir, "checkout", "-q", "main")
	return dir
}

func hexLen(t testing.TB, dir string) int { return len(git(t, dir, "rev-parse", "base")) }

// stepsOf reads the commits of a range with the oracle.
func stepsOf(t testing.TB, dir, from, to string) []Step {
	t.Helper()
	var steps []Step
	for id := range strings.FieldsSeq(git(t, dir, "rev-list", "--reverse", from+".."+to)) {
		raw, err := tryGit(dir, "cat-file", "commit", id)
		must(t, err)
		c, err := parseCommit(Hash(id), []byte(raw+"\n"))
		must(t, err)
		s := Step{Draft: Draft{Author: c.Author, Committer: c.Committer, Message: c.Message}}
		for _, line := range splitLines(git(t, dir, "diff-tree", "-r", "--no-commit-id", "--no-renames", "--no-abbrev", id)) {
			meta, name, _ := strings.Cut(line, "\t")
			cols := strings.Fields(meta)
			mode, err := strconv.ParseUint(cols[1], 8, 32)
			must(t, err)
			change := Change{Path: name, Mode: filemode.FileMode(mode), Hash: Hash(cols[3])}
			switch change.Mode {
			case filemode.Empty, filemode.Submodule:
			default:
				cmd := exec.Command("git", "-C", dir, "cat-file", "blob", cols[3])
				change.Data, err = cmd.Output()
				must(t, err)
			}
			s.Changes = append(s.Changes, change)
		}
		steps = append(steps, s)
	}
	return steps
}

// land makes and lands a chain of steps.
func land(tr *Tree, base Hash, steps []Step, opts *LandOptions) (*Landed, error) {
	c, err := NewChain(tr, base)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i := range steps {
		if err := c.Add(&steps[i]); err != nil {
			return nil, err
		}
	}
	return c.Land(context.Background(), opts)
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// checkClean fails the test where git finds anything wrong with a repository, or not clean.
func checkClean(t testing.TB, dir string) {
	t.Helper()
	if out := git(t, dir, "status", "--porcelain"); out != "" {
		t.Errorf("git status: %s", out)
	}
	checkSound(t, dir)
}

func checkSound(t testing.TB, dir string) {
	t.Helper()
	if out := git(t, dir, "fsck", "--strict", "--no-dangling", "--no-progress"); out != "" {
		t.Errorf("git fsck: %s", out)
	}
}
