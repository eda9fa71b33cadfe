// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

func open(t testing.TB, dir string) *tree.Tree {
	t.Helper()
	tr, err := Open(dir)
	gittest.Must(t, err)
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
			gittest.Git(t, dir, "update-index", "--skip-worktree", "run.sh")
			return dir
		}},
		{name: "index v4", setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "update-index", "--index-version", "4")
			return dir
		}},
		{name: "split index", byGit: true, setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "update-index", "--split-index")
			gittest.Write(t, filepath.Join(dir, "kernel/new"), "x")
			gittest.Git(t, dir, "add", "kernel/new")
			gittest.Git(t, dir, "rm", "-q", "-f", "kernel/new")
			return dir
		}},
		{name: "untracked cache", byGit: true, setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "update-index", "--force-untracked-cache")
			gittest.Git(t, dir, "status")
			return dir
		}},
		{name: "fsmonitor", byGit: true, setup: func(t *testing.T, dir string) string {
			hook := filepath.Join(t.TempDir(), "monitor")
			gittest.Write(t, hook, "#!/bin/sh\nprintf 'token\\0/\\0'\n")
			gittest.Must(t, os.Chmod(hook, 0o755))
			gittest.Git(t, dir, "config", "core.fsmonitor", hook)
			gittest.Git(t, dir, "update-index", "--fsmonitor")
			gittest.Git(t, dir, "status")
			return dir
		}},
		{name: "sparse checkout", byGit: true, setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "sparse-checkout", "set", "--cone", "kernel")
			return dir
		}},
		{name: "sparse index", byGit: true, setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "kernel/sched")
			return dir
		}},
		{name: "linked worktree", setup: func(t *testing.T, dir string) string {
			linked := filepath.Join(t.TempDir(), "linked")
			gittest.Git(t, dir, "worktree", "add", "-q", "-b", "topic", linked, "base")
			return linked
		}},
		{name: "alternates", setup: func(t *testing.T, dir string) string {
			clone := filepath.Join(t.TempDir(), "clone")
			gittest.Git(t, dir, "clone", "-q", "--shared", ".", clone)
			return clone
		}},
		{name: "packed", setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "repack", "-q", "-a", "-d", "-f")
			gittest.Git(t, dir, "pack-refs", "--all")
			return dir
		}},
		{name: "multi-pack-index and commit-graph", setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "repack", "-q", "-d")
			gittest.Git(t, dir, "commit-tree", "-m", "loose", "base^{tree}")
			gittest.Git(t, dir, "repack", "-q", "-d")
			gittest.Git(t, dir, "multi-pack-index", "write")
			gittest.Git(t, dir, "commit-graph", "write", "--reachable")
			return dir
		}},
		{name: "detached", setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "checkout", "-q", "--detach")
			return dir
		}},
		{name: "crlf", byGit: true, setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "config", "core.autocrlf", "true")
			for name := range strings.FieldsSeq(gittest.Git(t, dir, "ls-files")) {
				gittest.Must(t, os.Remove(filepath.Join(dir, name)))
			}
			gittest.Git(t, dir, "checkout", "-q", "-f", ".")
			return dir
		}},
		{name: "partial clone", setup: func(t *testing.T, dir string) string {
			gittest.Git(t, dir, "config", "uploadpack.allowFilter", "true")
			gittest.Git(t, dir, "config", "uploadpack.allowAnySHA1InWant", "true")
			clone := filepath.Join(t.TempDir(), "clone")
			gittest.Git(t, dir, "clone", "-q", "--filter=blob:none", "file://"+dir, clone)
			return clone
		}},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			runtest.OneIn(t, 6)
			t.Parallel()
			source := gittest.SeriesRepo(t, kind.init...)
			dir := kind.setup(t, gittest.BaseRepo(t, kind.init...))
			gittest.Write(t, filepath.Join(dir, "kernel/sched/core.c"), "a local change\n")
			gittest.Write(t, filepath.Join(dir, "untracked"), "mine\n")
			status := gittest.Git(t, dir, "status", "--porcelain")
			tr := open(t, dir)
			var native atomic.Bool
			tr.Repo.Step = func(name string) {
				if name == "stage" {
					native.Store(true)
				}
			}
			landRange := func(from, to string) {
				t.Helper()
				base, err := tr.Resolve("HEAD")
				gittest.Must(t, err)
				got, err := land(tr, base, stepsOf(t, source, from, to), nil)
				gittest.Must(t, err)
				want := gittest.Git(t, source, "rev-parse", to)
				if string(got.Head) != want {
					t.Errorf("landed %s, git made %s", got.Head, want)
				}
				if head := gittest.Git(t, dir, "rev-parse", "HEAD"); head != want {
					t.Errorf("HEAD is %s, not %s", head, want)
				}
				if diff := cmp.Diff(status, gittest.Git(t, dir, "status", "--porcelain")); diff != "" {
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
			gittest.CheckSound(t, dir)
			want := "am: a submodule link\nam: the last\nam: swap file and folder"
			if log := gittest.Git(t, dir, "reflog", "-3", "--format=%gs"); log != want {
				t.Errorf("reflog %q", log)
			}
			checkNothingLeft(t, tr.Repo)
		})
	}
}

// checkNothingLeft fails where a lock or a file of ours is left in the repository.
func checkNothingLeft(t *testing.T, r *git.Repo) {
	t.Helper()
	for _, dir := range []string{r.GitDir, r.CommonDir} {
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && (d.Name() == "lsmpatch" || strings.HasSuffix(name, ".lock")) {
				t.Errorf("left behind: %s", name)
			}
			return err
		})
		gittest.Must(t, err)
	}
}

func TestLandBranch(t *testing.T) {
	t.Parallel()
	for _, bare := range []bool{false, true} {
		source := gittest.SeriesRepo(t)
		steps := stepsOf(t, source, "base", "series")
		want := gittest.Git(t, source, "rev-parse", "series")
		dir := gittest.BaseRepo(t)
		if bare {
			clone := filepath.Join(t.TempDir(), "bare.git")
			gittest.Git(t, dir, "clone", "-q", "--bare", ".", clone)
			dir = clone
		}
		tr := open(t, dir)
		base, err := tr.Resolve("base")
		gittest.Must(t, err)
		got, err := land(tr, base, steps, &Options{Branch: "topic/rust"})
		gittest.Must(t, err)
		if got.Ref != "refs/heads/topic/rust" || string(got.Head) != want || gittest.Git(t, dir, "rev-parse", "topic/rust") != want {
			t.Errorf("landed %+v, want %s", got, want)
		}
		var moved *git.MovedError
		if _, err = land(tr, base, steps, &Options{Branch: "topic/rust"}); !errors.As(err, &moved) {
			t.Errorf("landing twice: %v", err)
		}
		if _, err = land(tr, base, steps, &Options{Branch: "topic/rust", Force: true}); err != nil {
			t.Errorf("landing twice by force: %v", err)
		}
		if _, err = land(tr, base, steps, &Options{Branch: "topic/rust", From: got.Head}); err != nil {
			t.Errorf("landing twice, from where it is: %v", err)
		}
		if _, err = land(tr, base, steps, &Options{Branch: "topic/rust", From: got.Head[:39] + "x"}); !errors.As(err, &moved) {
			t.Errorf("landing twice, from elsewhere: %v", err)
		}
		if _, err = land(tr, base, steps, &Options{Branch: "topic"}); err == nil {
			t.Error("a branch above another one")
		}
		if bare {
			gittest.CheckSound(t, dir)
		} else {
			gittest.CheckClean(t, dir)
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
		{"touched file is dirty", func(t *testing.T, dir string) { gittest.Write(t, filepath.Join(dir, "kernel/fork.c"), "mine\n") },
			func(err error) bool { d := dirty(err); return d != nil && !d.Index && d.Paths[0] == "kernel/fork.c" }},
		{"untracked file in the way", func(t *testing.T, dir string) { gittest.Write(t, filepath.Join(dir, "security/rust/lsm.c"), "mine\n") },
			func(err error) bool { d := dirty(err); return d != nil && d.Paths[0] == "security/rust/lsm.c" }},
		// It was found when other files had changed already, by a rename that failed.
		{"folder of an empty folder in the way", func(t *testing.T, dir string) {
			gittest.Must(t, os.MkdirAll(filepath.Join(dir, "security/rust/lsm.c/empty"), 0o777))
		}, func(err error) bool { d := dirty(err); return d != nil && d.Paths[0] == "security/rust/lsm.c/empty" }},
		{"staged change", func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, "security/Kconfig"), "mine\n")
			gittest.Git(t, dir, "add", "security/Kconfig")
		}, func(err error) bool { d := dirty(err); return d != nil && d.Index && d.Paths[0] == "security/Kconfig" }},
		{"index locked", func(t *testing.T, dir string) { gittest.Write(t, filepath.Join(dir, ".git/index.lock"), "") },
			func(err error) bool {
				var l *git.LockedError
				return errors.As(err, &l) && strings.HasSuffix(l.File, "index.lock")
			}},
		{"ref locked", func(t *testing.T, dir string) { gittest.Write(t, filepath.Join(dir, ".git/refs/heads/main.lock"), "") },
			func(err error) bool {
				var l *git.LockedError
				return errors.As(err, &l) && strings.HasSuffix(l.File, "main.lock")
			}},
		{"ref moved", func(t *testing.T, dir string) { gittest.Git(t, dir, "commit", "-q", "--allow-empty", "-m", "other") },
			func(err error) bool { var m *git.MovedError; return errors.As(err, &m) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			runtest.OneIn(t, 6)
			t.Parallel()
			steps := stepsOf(t, gittest.SeriesRepo(t), "base", "series")
			dir := gittest.BaseRepo(t)
			tr := open(t, dir)
			test.spoil(t, dir)
			before, _ := gittest.TryGit(dir, "status", "--porcelain", "-b")
			head := gittest.Git(t, dir, "rev-parse", "HEAD")
			base, err := tr.Resolve("base")
			gittest.Must(t, err)
			_, err = land(tr, base, steps, nil)
			if !test.check(err) {
				t.Errorf("error %T %v", err, err)
			}
			if after, _ := gittest.TryGit(dir, "status", "--porcelain", "-b"); after != before || gittest.Git(t, dir, "rev-parse", "HEAD") != head {
				t.Errorf("before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

// TestLandDryRun checks without writing, natively and by git.
func TestLandDryRun(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"series~1", "series"} {
		steps := stepsOf(t, gittest.SeriesRepo(t), "base", to)
		dir := gittest.BaseRepo(t)
		tr := open(t, dir)
		base, err := tr.Resolve("HEAD")
		gittest.Must(t, err)
		before := gittest.Git(t, dir, "count-objects")
		got, err := land(tr, base, steps, &Options{DryRun: true})
		if err != nil || got.Head == base || gittest.Git(t, dir, "rev-parse", "HEAD") != string(base) {
			t.Errorf("%s: %+v, %v", to, got, err)
		}
		if after := gittest.Git(t, dir, "count-objects"); after != before {
			t.Errorf("%s: %s, before %s", to, after, before)
		}
		gittest.CheckClean(t, dir)
		checkNothingLeft(t, tr.Repo)
		gittest.Write(t, filepath.Join(dir, "kernel/fork.c"), "mine\n")
		if _, err := land(tr, base, steps, &Options{DryRun: true}); dirty(err) == nil {
			t.Errorf("%s, with a local change: %v", to, err)
		}
		checkNothingLeft(t, tr.Repo)
	}
}

func dirty(err error) *git.DirtyError {
	var d *git.DirtyError
	if errors.As(err, &d) && len(d.Paths) > 0 {
		return d
	}
	return nil
}
