// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestLandPlain makes the changes of a series in a plain directory, and takes them out again.
func TestLandPlain(t *testing.T) {
	t.Parallel()
	source := gittest.SeriesRepo(t)
	dir := filepath.Join(t.TempDir(), "plain")
	gittest.CopyRepo(t, gittest.TemplateBase(t), dir)
	gittest.Must(t, os.RemoveAll(filepath.Join(dir, ".git")))
	before := gittest.Listing(t, dir)
	tr := open(t, dir)
	if tr.IsGit() || !tr.HasWorktree() {
		t.Fatal("not a plain directory")
	}
	steps := stepsOf(t, source, "base", "series~1")
	_, err := land(tr, "", steps, &Options{DryRun: true})
	gittest.Must(t, err)
	if gittest.Listing(t, dir) != before {
		t.Error("a dry run changed files")
	}
	_, err = land(tr, "", steps, nil)
	gittest.Must(t, err)
	gittest.Git(t, source, "checkout", "-q", "series~1")
	if got, want := gittest.Listing(t, dir), gittest.Listing(t, source); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	gittest.Git(t, source, "branch", "-q", "back", "base")
	gittest.Git(t, source, "checkout", "-q", "series~1")
	back := stepsBack(t, source, "series~1", "base")
	_, err = land(tr, "", back, nil)
	gittest.Must(t, err)
	if got := gittest.Listing(t, dir); got != before {
		t.Errorf("taken out:\n%swant\n%s", got, before)
	}
	// A symlink on the way is not followed, and an error half way brings all back.
	outside := t.TempDir()
	gittest.Must(t, os.RemoveAll(filepath.Join(dir, "security")))
	gittest.Must(t, os.Symlink(outside, filepath.Join(dir, "security")))
	now := gittest.Listing(t, dir)
	if _, err := land(tr, "", steps, nil); err == nil || gittest.Listing(t, dir) != now {
		t.Errorf("through a symlink: %v", err)
	}
	gittest.Must(t, os.Remove(filepath.Join(dir, "security")))
	gittest.Write(t, filepath.Join(dir, "empty", "in the way"), "mine\n")
	now = gittest.Listing(t, dir)
	if _, err := land(tr, "", steps, nil); err == nil || gittest.Listing(t, dir) != now {
		t.Errorf("over a folder: %v; now\n%s", err, gittest.Listing(t, dir))
	}
}

// stepsBack returns one step that undoes a range.
func stepsBack(t *testing.T, dir, from, to string) []Step {
	t.Helper()
	tree := gittest.Git(t, dir, "rev-parse", to+"^{tree}")
	back := gittest.Git(t, dir, "commit-tree", "-p", from, "-m", "back", tree)
	return stepsOf(t, dir, from, back)
}
