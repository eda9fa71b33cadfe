// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestAsGitAm compares what a landing leaves in the repository beside the commits with what git am leaves: the
// reflogs, entry by entry, ORIG_HEAD and its log, REBASE_HEAD, and HEAD itself, also where that is a symlink.
func TestAsGitAm(t *testing.T) {
	t.Parallel()
	for name, setUp := range map[string]func(t *testing.T, dir string){
		"branch": func(*testing.T, string) {},
		"symlink": func(t *testing.T, dir string) {
			gittest.Must(t, os.Remove(filepath.Join(dir, ".git/HEAD")))
			gittest.Must(t, os.Symlink("refs/heads/main", filepath.Join(dir, ".git/HEAD")))
		},
		"replaced": func(t *testing.T, dir string) {
			gittest.Write(t, filepath.Join(dir, "kernel/sched/core.c"), "as it is read\n")
			gittest.Git(t, dir, "add", "-A")
			tree := gittest.Git(t, dir, "write-tree")
			gittest.Git(t, dir, "replace", "base", gittest.Git(t, dir, "commit-tree", "-m", "other", tree))
		},
		"detached": func(t *testing.T, dir string) { gittest.Git(t, dir, "checkout", "-q", "--detach") },
		"all is logged": func(t *testing.T, dir string) {
			gittest.Git(t, dir, "config", "core.logAllRefUpdates", "always")
			gittest.Git(t, dir, "update-ref", "REBASE_HEAD", "HEAD")
		},
		"all is logged, ORIG_HEAD was another": func(t *testing.T, dir string) {
			gittest.Git(t, dir, "update-ref", "ORIG_HEAD", gittest.Git(t, dir, "commit-tree", "-m", "other", "HEAD^{tree}"))
			gittest.Git(t, dir, "config", "core.logAllRefUpdates", "always")
		},
		"by git": func(t *testing.T, dir string) { gittest.Git(t, dir, "config", "core.autocrlf", "true") },
		"guarded": func(t *testing.T, dir string) {
			hook := filepath.Join(dir, ".git/hooks/reference-transaction")
			gittest.Write(t, hook, "#!/bin/sh\nexit 0\n")
			gittest.Must(t, os.Chmod(hook, 0o755))
		},
	} {
		t.Run(name, func(t *testing.T) {
			runtest.OneIn(t, 6)
			t.Parallel()
			source := gittest.SeriesRepo(t)
			mbox := filepath.Join(t.TempDir(), "mbox")
			gittest.Write(t, mbox, gittest.Git(t, source, "format-patch", "--stdout", "--binary", "base..series~1")+"\n\n")
			theirs, ours := gittest.BaseRepo(t), gittest.BaseRepo(t)
			setUp(t, theirs)
			setUp(t, ours)
			gittest.Git(t, theirs, "am", "-q", "--committer-date-is-author-date", mbox)
			tr := open(t, ours)
			base, err := tr.Resolve("HEAD")
			gittest.Must(t, err)
			_, err = land(tr, base, stepsOf(t, source, "base", "series~1"), nil)
			gittest.Must(t, err)
			look := func(dir string) string {
				gittest.CheckClean(t, dir)
				head, _ := gittest.TryGit(dir, "symbolic-ref", "-q", "HEAD")
				logs := gittest.Git(t, dir, "reflog", "--format=%gs")
				if name == "guarded" {
					logs = "" // the hook is asked once for all
				}
				origin, _ := gittest.TryGit(dir, "reflog", "--format=%gs", "ORIG_HEAD")
				rebase, _ := gittest.TryGit(dir, "rev-parse", "-q", "--verify", "REBASE_HEAD")
				return strings.Join([]string{head, logs, origin, rebase, gittest.Git(t, dir, "rev-parse", "ORIG_HEAD", "HEAD^{tree}")}, "\n")
			}
			if got, want := look(ours), look(theirs); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestUnfinished refuses to move HEAD while git is in the midst of something that a commit would get in the way of.
func TestUnfinished(t *testing.T) {
	t.Parallel()
	steps := stepsOf(t, gittest.SeriesRepo(t), "base", "series~1")
	for name, file := range map[string]string{
		"an am": "rebase-apply/applying", "a rebase": "rebase-apply/head-name", "a merge": "MERGE_HEAD", "a cherry-pick": "CHERRY_PICK_HEAD", "a revert": "REVERT_HEAD",
	} {
		dir := gittest.BaseRepo(t)
		gittest.Write(t, filepath.Join(dir, ".git", file), gittest.Git(t, dir, "rev-parse", "HEAD")+"\n")
		tr := open(t, dir)
		base, err := tr.Resolve("HEAD")
		gittest.Must(t, err)
		before := gittest.State(t, dir)
		if _, err := land(tr, base, steps, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if gittest.State(t, dir) != before {
			t.Errorf("%s: something changed", name)
		}
		_, err = land(tr, base, steps, &Options{Branch: "topic"})
		gittest.Must(t, err)
	}
}

// TestHintsOfUnfinished: what the hint of a refusal names is a command that ends what git is in the midst of. "git rebase --apply --continue" is none.
func TestHintsOfUnfinished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin func(dir string)
		hint  string
	}{
		"rebase": {func(dir string) { _, _ = gittest.TryGit(dir, "rebase", "-q", "--apply", "other") }, "git rebase --continue, or --abort"},
		"stray":  {func(dir string) { gittest.Must(t, os.Mkdir(filepath.Join(dir, ".git", "rebase-apply"), 0o777)) }, "git am --abort"},
	} {
		dir := gittest.BaseRepo(t)
		for _, branch := range []string{"other", "mine"} {
			gittest.Git(t, dir, "checkout", "-q", "-b", branch, "base")
			gittest.Write(t, filepath.Join(dir, "Makefile"), branch)
			gittest.Git(t, dir, "commit", "-qam", branch)
		}
		c.begin(dir)
		tr := open(t, dir)
		if err := CheckIdle(tr.Repo); err == nil || !strings.Contains(hint.Of(err), c.hint) {
			t.Errorf("%s: %v, hint %q", name, err, hint.Of(err))
		}
		gittest.Git(t, dir, append(strings.Fields(c.hint)[1:2], "--abort")...)
		if err := CheckIdle(tr.Repo); err != nil {
			t.Errorf("%s, aborted: %v", name, err)
		}
	}
}

// TestGuardOfRefs asks the hook reference-transaction, and lands nothing where it refuses.
func TestGuardOfRefs(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	steps := stepsOf(t, gittest.SeriesRepo(t), "base", "series~1")
	for _, branch := range []string{"", "topic"} {
		dir := gittest.BaseRepo(t)
		hook := filepath.Join(dir, ".git/hooks/reference-transaction")
		gittest.Write(t, hook, "#!/bin/sh\n[ \"$1\" != prepared ] || { echo no >&2; exit 1; }\n")
		gittest.Must(t, os.Chmod(hook, 0o755))
		tr := open(t, dir)
		base, err := tr.Resolve("HEAD")
		gittest.Must(t, err)
		if _, err := land(tr, base, steps, &Options{Branch: branch}); err == nil {
			t.Errorf("branch %q: it landed", branch)
		}
		gittest.CheckClean(t, dir)
		if head := gittest.Git(t, dir, "rev-parse", "HEAD"); head != string(base) {
			t.Errorf("HEAD is %s", head)
		}
		checkNothingLeft(t, tr.Repo)
	}
}
