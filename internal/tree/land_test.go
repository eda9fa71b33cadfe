// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB, dir string) *Tree {
	t.Helper()
	tr, err := openRecovered(dir)
	must(t, err)
	t.Cleanup(func() { tr.Close() })
	return tr
}

// TestLandKinds lands the same series on repositories of many kinds, and asks git whether the
// result is what the series' own commits are.
func TestLandKinds(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		name string
		init []string
		// setup changes the repository, and returns the folder to land in.
		setup func(t *testing.T, dir string) string
		byGit bool // not even the first commits land without git
	}{
		{name: "plain", setup: func(t *testing.T, dir string) string { return dir }},
		{name: "sha256", init: []string{"--object-format=sha256"}, setup: func(t *testing.T, dir string) string { return dir }},
		{name: "index v3", setup: func(t *testing.T, dir string) string {
			git(t, dir, "update-index", "--skip-worktree", "run.sh")
			return dir
		}},
		{name: "index v4", setup: func(t *testing.T, dir string) string {
			git(t, dir, "update-index", "--index-version", "4")
			return dir
		}},
		{name: "split index", byGit: true, setup: func(t *testing.T, dir string) string {
			git(t, dir, "update-index", "--split-index")
			write(t, filepath.Join(dir, "kernel/new"), "x")
			git(t, dir, "add", "kernel/new")
			git(t, dir, "rm", "-q", "-f", "kernel/new")
			return dir
		}},
		{name: "untracked cache", byGit: true, setup: func(t *testing.T, dir string) string {
			git(t, dir, "update-index", "--force-untracked-cache")
			git(t, dir, "status")
			return dir
		}},
		{name: "fsmonitor", byGit: true, setup: func(t *testing.T, dir string) string {
			hook := filepath.Join(t.TempDir(), "monitor")
			write(t, hook, "#!/bin/sh\nprintf 'token\\0/\\0'\n")
			must(t, os.Chmod(hook, 0o755))
			git(t, dir, "config", "core.fsmonitor", hook)
			git(t, dir, "update-index", "--fsmonitor")
			git(t, dir, "status")
			return dir
		}},
		{name: "sparse checkout", byGit: true, setup: func(t *testing.T, dir string) string {
			git(t, dir, "sparse-checkout", "set", "--cone", "kernel")
			return dir
		}},
		{name: "sparse index", byGit: true, setup: func(t *testing.T, dir string) string {
			git(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "kernel/sched")
			return dir
		}},
		{name: "linked worktree", setup: func(t *testing.T, dir string) string {
			linked := filepath.Join(t.TempDir(), "linked")
			git(t, dir, "worktree", "add", "-q", "-b", "topic", linked, "base")
			return linked
		}},
		{name: "alternates", setup: func(t *testing.T, dir string) string {
			clone := filepath.Join(t.TempDir(), "clone")
			git(t, dir, "clone", "-q", "--shared", ".", clone)
			return clone
		}},
		{name: "packed", setup: func(t *testing.T, dir string) string {
			git(t, dir, "repack", "-q", "-a", "-d", "-f")
			git(t, dir, "pack-refs", "--all")
			return dir
		}},
		{name: "multi-pack-index and commit-graph", setup: func(t *testing.T, dir string) string {
			git(t, dir, "repack", "-q", "-d")
			git(t, dir, "commit-tree", "-m", "loose", "base^{tree}")
			git(t, dir, "repack", "-q", "-d")
			git(t, dir, "multi-pack-index", "write")
			git(t, dir, "commit-graph", "write", "--reachable")
			return dir
		}},
		{name: "detached", setup: func(t *testing.T, dir string) string {
			git(t, dir, "checkout", "-q", "--detach")
			return dir
		}},
		{name: "crlf", byGit: true, setup: func(t *testing.T, dir string) string {
			git(t, dir, "config", "core.autocrlf", "true")
			for name := range strings.FieldsSeq(git(t, dir, "ls-files")) {
				must(t, os.Remove(filepath.Join(dir, name)))
			}
			git(t, dir, "checkout", "-q", "-f", ".")
			return dir
		}},
		{name: "partial clone", setup: func(t *testing.T, dir string) string {
			git(t, dir, "config", "uploadpack.allowFilter", "true")
			git(t, dir, "config", "uploadpack.allowAnySHA1InWant", "true")
			clone := filepath.Join(t.TempDir(), "clone")
			git(t, dir, "clone", "-q", "--filter=blob:none", "file://"+dir, clone)
			return clone
		}},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			source := seriesRepo(t, kind.init...)
			dir := kind.setup(t, baseRepo(t, kind.init...))
			write(t, filepath.Join(dir, "kernel/sched/core.c"), "a local change\n")
			write(t, filepath.Join(dir, "untracked"), "mine\n")
			status := git(t, dir, "status", "--porcelain")
			tr := open(t, dir)
			var native atomic.Bool
			tr.repo.step = func(name string) {
				if name == "rename" {
					native.Store(true)
				}
			}
			landRange := func(from, to string) {
				t.Helper()
				base, err := tr.Resolve("HEAD")
				must(t, err)
				got, err := land(tr, base, stepsOf(t, source, from, to), nil)
				must(t, err)
				want := git(t, source, "rev-parse", to)
				if string(got.Head) != want {
					t.Errorf("landed %s, git made %s", got.Head, want)
				}
				if head := git(t, dir, "rev-parse", "HEAD"); head != want {
					t.Errorf("HEAD is %s, not %s", head, want)
				}
				if diff := cmp.Diff(status, git(t, dir, "status", "--porcelain")); diff != "" {
					t.Errorf("status changed (-before +after):\n%s", diff)
				}
			}
			landRange("base", "series~1")
			if native.Load() == kind.byGit {
				t.Errorf("landed natively: %v", !kind.byGit)
			}
			landRange("series~1", "series")
			if data, _ := os.ReadFile(filepath.Join(dir, "kernel/sched/core.c")); string(data) != "a local change\n" {
				t.Errorf("the local change is gone: %q", data)
			}
			checkSound(t, dir)
			want := "lsmpatch: a submodule link\nlsmpatch: the last"
			if log := git(t, dir, "reflog", "-2", "--format=%gs"); log != want {
				t.Errorf("reflog %q", log)
			}
			checkNothingLeft(t, tr.repo)
		})
	}
}

// checkNothingLeft fails where a lock or a file of ours is left in the repository.
func checkNothingLeft(t *testing.T, r *repo) {
	t.Helper()
	for _, dir := range []string{r.gitDir, r.commonDir} {
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && (d.Name() == "lsmpatch" || strings.HasSuffix(name, ".lock")) {
				t.Errorf("left behind: %s", name)
			}
			return err
		})
		must(t, err)
	}
}

func TestLandBranch(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		source := seriesRepo(t)
		steps := stepsOf(t, source, "base", "series")
		want := git(t, source, "rev-parse", "series")
		dir := baseRepo(t)
		if bare {
			clone := filepath.Join(t.TempDir(), "bare.git")
			git(t, dir, "clone", "-q", "--bare", ".", clone)
			dir = clone
		}
		tr := open(t, dir)
		base, err := tr.Resolve("base")
		must(t, err)
		got, err := land(tr, base, steps, &LandOptions{Branch: "topic/rust"})
		must(t, err)
		if got.Ref != "refs/heads/topic/rust" || string(got.Head) != want || git(t, dir, "rev-parse", "topic/rust") != want {
			t.Errorf("landed %+v, want %s", got, want)
		}
		var moved *MovedError
		if _, err = land(tr, base, steps, &LandOptions{Branch: "topic/rust"}); !errors.As(err, &moved) {
			t.Errorf("landing twice: %v", err)
		}
		if _, err = land(tr, base, steps, &LandOptions{Branch: "topic/rust", Force: true}); err != nil {
			t.Errorf("landing twice by force: %v", err)
		}
		if _, err = land(tr, base, steps, &LandOptions{Branch: "topic"}); err == nil {
			t.Error("a branch above another one")
		}
		if bare {
			checkSound(t, dir)
		} else {
			checkClean(t, dir)
		}
	}
}

// TestLandRefuses shows what stands in the way, and that nothing changes then.
func TestLandRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
		check func(err error) bool
	}{
		{"touched file is dirty", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "kernel/fork.c"), "mine\n") },
			func(err error) bool { d := dirty(err); return d != nil && !d.Index && d.Paths[0] == "kernel/fork.c" }},
		{"touched file is gone", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "kernel/fork.c"))) },
			func(err error) bool { d := dirty(err); return d != nil && d.Paths[0] == "kernel/fork.c" }},
		{"untracked file in the way", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "security/rust/lsm.c"), "mine\n") },
			func(err error) bool { d := dirty(err); return d != nil && d.Paths[0] == "security/rust/lsm.c" }},
		{"staged change", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "security/Kconfig"), "mine\n")
			git(t, dir, "add", "security/Kconfig")
		}, func(err error) bool { d := dirty(err); return d != nil && d.Index && d.Paths[0] == "security/Kconfig" }},
		{"index locked", func(t *testing.T, dir string) { write(t, filepath.Join(dir, ".git/index.lock"), "") },
			func(err error) bool {
				var l *LockedError
				return errors.As(err, &l) && strings.HasSuffix(l.File, "index.lock")
			}},
		{"ref locked", func(t *testing.T, dir string) { write(t, filepath.Join(dir, ".git/refs/heads/main.lock"), "") },
			func(err error) bool {
				var l *LockedError
				return errors.As(err, &l) && strings.HasSuffix(l.File, "main.lock")
			}},
		{"ref moved", func(t *testing.T, dir string) { git(t, dir, "commit", "-q", "--allow-empty", "-m", "other") },
			func(err error) bool { var m *MovedError; return errors.As(err, &m) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			steps := stepsOf(t, seriesRepo(t), "base", "series")
			dir := baseRepo(t)
			tr := open(t, dir)
			test.spoil(t, dir)
			before, _ := tryGit(dir, "status", "--porcelain", "-b")
			head := git(t, dir, "rev-parse", "HEAD")
			base, err := tr.Resolve("base")
			must(t, err)
			_, err = land(tr, base, steps, nil)
			if !test.check(err) {
				t.Errorf("error %T %v", err, err)
			}
			if after, _ := tryGit(dir, "status", "--porcelain", "-b"); after != before || git(t, dir, "rev-parse", "HEAD") != head {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// TestLandDryRun checks without writing, natively and by git.
func TestLandDryRun(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"series~1", "series"} {
		steps := stepsOf(t, seriesRepo(t), "base", to)
		dir := baseRepo(t)
		tr := open(t, dir)
		base, err := tr.Resolve("HEAD")
		must(t, err)
		before := git(t, dir, "count-objects")
		got, err := land(tr, base, steps, &LandOptions{DryRun: true})
		if err != nil || got.Head == base || git(t, dir, "rev-parse", "HEAD") != string(base) {
			t.Errorf("%s: %+v, %v", to, got, err)
		}
		if after := git(t, dir, "count-objects"); after != before {
			t.Errorf("%s: %s, before %s", to, after, before)
		}
		checkClean(t, dir)
		checkNothingLeft(t, tr.repo)
		write(t, filepath.Join(dir, "kernel/fork.c"), "mine\n")
		if _, err := land(tr, base, steps, &LandOptions{DryRun: true}); dirty(err) == nil {
			t.Errorf("%s, with a local change: %v", to, err)
		}
		checkNothingLeft(t, tr.repo)
	}
}

func dirty(err error) *DirtyError {
	var d *DirtyError
	if errors.As(err, &d) && len(d.Paths) > 0 {
		return d
	}
	return nil
}
