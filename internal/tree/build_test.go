// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMaterialize lays out one snapshot after another, and looks at which files were touched.
func TestMaterialize(t *testing.T) {
	t.Parallel()
	source := seriesRepo(t)
	tr := openTree(t, source)
	dir := filepath.Join(t.TempDir(), "build")
	built := "100644 " + string(BlobHash([]byte("built\n"))) + " kernel/fork.o\n"
	lay := func(rev string) {
		t.Helper()
		snapshot, err := tr.Snapshot(rev)
		must(t, err)
		must(t, Materialize(context.Background(), snapshot, dir, nil))
		git(t, source, "checkout", "-q", "--detach", rev)
		if diff := cmp.Diff(listing(t, source), strings.ReplaceAll(listing(t, dir), built, "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rev, diff)
		}
	}
	lay("base")
	// A second time, nothing is written; a file that somebody changed is.
	write(t, filepath.Join(dir, "kernel/fork.o"), "built\n")
	info, err := os.Lstat(filepath.Join(dir, "kernel/fork.c"))
	must(t, err)
	write(t, filepath.Join(dir, "a/b.txt"), "changed by hand\n")
	lay("base")
	again, err := os.Lstat(filepath.Join(dir, "kernel/fork.c"))
	must(t, err)
	if !info.ModTime().Equal(again.ModTime()) {
		t.Error("kernel/fork.c was written again")
	}
	// Of another snapshot, only the difference is.
	stays, err := os.Lstat(filepath.Join(dir, "kernel/sched/core.c"))
	must(t, err)
	lay("series~1")
	if again, err = os.Lstat(filepath.Join(dir, "kernel/sched/core.c")); err != nil || !again.ModTime().Equal(stays.ModTime()) {
		t.Errorf("kernel/sched/core.c was written again: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "kernel/fork.o")); err != nil || string(data) != "built\n" {
		t.Errorf("what was built is gone: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "kernel/exit.c")); err == nil {
		t.Error("a removed file is still there")
	}
	lay("base")
	// Nothing is written through a symlink that took a folder's place.
	outside := t.TempDir()
	must(t, os.RemoveAll(filepath.Join(dir, "security")))
	must(t, os.Symlink(outside, filepath.Join(dir, "security")))
	lay("base")
	if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
		t.Errorf("written outside: %v, %v", list, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	snapshot, err := tr.Snapshot("series~1")
	must(t, err)
	if err := Materialize(ctx, snapshot, dir, nil); err == nil {
		t.Error("a cancelled one: no error")
	}
	lay("series~1")
}

// TestLandPlain makes the changes of a series in a plain directory, and takes them out again.
func TestLandPlain(t *testing.T) {
	t.Parallel()
	source := seriesRepo(t)
	dir := filepath.Join(t.TempDir(), "plain")
	copyRepo(t, templateBase(t), dir)
	must(t, os.RemoveAll(filepath.Join(dir, ".git")))
	before := listing(t, dir)
	tr := open(t, dir)
	if tr.IsGit() || !tr.HasWorktree() {
		t.Fatal("not a plain directory")
	}
	steps := stepsOf(t, source, "base", "series~1")
	_, err := land(tr, "", steps, &LandOptions{DryRun: true})
	must(t, err)
	if listing(t, dir) != before {
		t.Error("a dry run changed files")
	}
	_, err = land(tr, "", steps, nil)
	must(t, err)
	git(t, source, "checkout", "-q", "series~1")
	if got, want := listing(t, dir), listing(t, source); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	git(t, source, "branch", "-q", "back", "base")
	git(t, source, "checkout", "-q", "series~1")
	back := stepsBack(t, source, "series~1", "base")
	_, err = land(tr, "", back, nil)
	must(t, err)
	if got := listing(t, dir); got != before {
		t.Errorf("taken out:\n%swant\n%s", got, before)
	}
	// A symlink on the way is not followed, and an error half way brings all back.
	outside := t.TempDir()
	must(t, os.RemoveAll(filepath.Join(dir, "security")))
	must(t, os.Symlink(outside, filepath.Join(dir, "security")))
	now := listing(t, dir)
	if _, err := land(tr, "", steps, nil); err == nil || listing(t, dir) != now {
		t.Errorf("through a symlink: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "security")))
	write(t, filepath.Join(dir, "empty", "in the way"), "mine\n")
	now = listing(t, dir)
	if _, err := land(tr, "", steps, nil); err == nil || listing(t, dir) != now {
		t.Errorf("over a folder: %v; now\n%s", err, listing(t, dir))
	}
}

// stepsBack returns one step that undoes a range.
func stepsBack(t *testing.T, dir, from, to string) []Step {
	t.Helper()
	tree := git(t, dir, "rev-parse", to+"^{tree}")
	back := git(t, dir, "commit-tree", "-p", from, "-m", "back", tree)
	return stepsOf(t, dir, from, back)
}
