// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestResolve resolves a conflict by hand in git am's own state. What was done is a file that is used again, by another stack
// too.
func TestResolve(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "both")
	w.apply(t, s)
	ctx := context.Background()
	n, err := s.Resolve(ctx, w.t, "v2", nil)
	gittest.Must(t, err)
	if n.Entry != "both" || n.Index != 2 {
		t.Fatalf("%+v", n)
	}
	if _, err := s.Continue(ctx, w.t); err == nil || !strings.Contains(err.Error(), "git am is not done") {
		t.Errorf("continued too early: %v", err)
	}
	if _, err := s.Resolve(ctx, w.t, "v2", nil); !errors.Is(err, ErrResolving) {
		t.Errorf("resolved twice: %v", err)
	}
	file := filepath.Join(n.Worktree, "both")
	data, err := os.ReadFile(file)
	gittest.Must(t, err)
	if !bytes.Contains(data, []byte("<<<<<<<")) {
		t.Fatalf("git am left no conflict:\n%s", data)
	}
	mended := strings.Join([]string{gittest.Lines("both", 40)}, "")
	mended = strings.Replace(mended, "both line 9\n", "changed by both 1\n", 1)
	mended = strings.Replace(mended, "both line 19\n", "rewritten, and changed by both 2\n", 1)
	gittest.Write(t, file, mended)
	gittest.Git(t, n.Worktree, "add", "both")
	gittest.Git(t, n.Worktree, "am", "--continue")
	_, err = s.Continue(ctx, w.t)
	gittest.Must(t, err)
	if now, err := s.Resolving(); now != nil || err != nil {
		t.Errorf("still resolving %v, %v", now, err)
	}
	if out := gittest.Git(t, w.repo, "worktree", "list"); strings.Count(out, "\n") > 0 {
		t.Errorf("a worktree stays: %s", out)
	}
	o, err := s.Rebase(ctx, w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != "moved, moved, as it is, resolved" {
		t.Fatalf("%s", became(o))
	}
	if got := gittest.Git(t, w.repo, "show", "stack:both") + "\n"; got != mended {
		t.Errorf("resolved to\n%s", got)
	}
	if o := w.apply(t, w.reopen(t, s)); became(o) != "moved, moved, as it is, resolved" {
		t.Errorf("applied again: %s", became(o))
	}

	second := *w
	second.branch = "second"
	second.dir = filepath.Join(t.TempDir(), "second")
	other := second.stack(t, "both")
	second.apply(t, other)
	gittest.Must(t, os.CopyFS(filepath.Join(second.dir, resolvedDir), os.DirFS(filepath.Join(w.dir, resolvedDir))))
	o, err = second.reopen(t, other).Rebase(ctx, w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != "as it is, resolved" {
		t.Errorf("another stack: %s", became(o))
	}
}

// TestResolveFromThePresentForm begins with the patch as it was resolved for the base that is left, where neither that nor what
// was sent fits the next one.
func TestResolveFromThePresentForm(t *testing.T) {
	runtest.Deep(t)
	w := newWorld(t)
	gittest.Git(t, w.repo, "checkout", "-q", "v2")
	w.edit(t, "both", 20, "rewritten in the third release")
	w.commit(t, "both: rewritten again")
	gittest.Git(t, w.repo, "tag", "v3")
	s := w.stack(t, "both")
	w.apply(t, s)
	ctx := context.Background()
	mend := func(rev, text string) (conflict string) {
		n, err := s.Resolve(ctx, w.t, rev, nil)
		gittest.Must(t, err)
		file := filepath.Join(n.Worktree, "both")
		data, err := os.ReadFile(file)
		gittest.Must(t, err)
		_, rest, _ := strings.Cut(string(data), "<<<<<<<")
		conflict, rest, _ = strings.Cut(rest, ">>>>>>>")
		_, rest, _ = strings.Cut(rest, "\n")
		head, _, _ := strings.Cut(string(data), "<<<<<<<")
		gittest.Write(t, file, head+text+"\n"+rest)
		gittest.Git(t, n.Worktree, "commit", "-q", "-a", "-m", "both: change 2")
		gittest.Git(t, n.Worktree, "am", "--skip")
		_, err = s.Continue(ctx, w.t)
		gittest.Must(t, err)
		return conflict
	}
	mend("v2", "fitted to the second release")
	_, err := s.Rebase(ctx, w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	if conflict := mend("v3", "fitted to the third release"); !strings.Contains(conflict, "fitted to the second release") {
		t.Errorf("it begins with %q", conflict)
	}
	o, err := s.Rebase(ctx, w.t, "v3", &ApplyOptions{})
	gittest.Must(t, err)
	if became(o) != "as it is, resolved" {
		t.Errorf("%s", became(o))
	}
	// Back on the second release the older resolution is found again.
	o, err = s.Rebase(ctx, w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	if got := gittest.Git(t, w.repo, "show", "stack:both"); became(o) != "as it is, resolved" || !strings.Contains(got, "fitted to the second release") {
		t.Errorf("%s\n%s", became(o), got)
	}
}

// TestSkip leaves a patch out that somebody skipped while resolving.
func TestSkip(t *testing.T) {
	runtest.Deep(t)
	w := newWorld(t)
	s := w.stack(t, "both")
	w.apply(t, s)
	ctx := context.Background()
	n, err := s.Resolve(ctx, w.t, "v2", nil)
	gittest.Must(t, err)
	gittest.Git(t, n.Worktree, "am", "--skip")
	_, err = s.Continue(ctx, w.t)
	gittest.Must(t, err)
	o, err := s.Rebase(ctx, w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	if p := o.Patches[1]; became(o) != "as it is, skipped" || p.Commit != "" {
		t.Errorf("%s, %+v", became(o), p)
	}
}

// TestAbort leaves the stack as it was.
func TestAbort(t *testing.T) {
	runtest.Deep(t)
	w := newWorld(t)
	s := w.stack(t, "both")
	w.apply(t, s)
	before := w.state(t)
	_, err := s.Resolve(context.Background(), w.t, "v2", nil)
	gittest.Must(t, err)
	gittest.Must(t, s.Abort(context.Background(), w.t))
	// So it is where one was killed before it could write its note.
	gittest.Git(t, w.repo, "branch", resolveBranch, "v1")
	gittest.Git(t, w.repo, "branch", trialBranch, "v1")
	gittest.Must(t, s.Abort(context.Background(), w.t))
	if after := w.state(t); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// TestResolveCutShort: a run that was killed before git am stopped has skipped nothing, whatever of the worktree it left.
func TestResolveCutShort(t *testing.T) {
	runtest.Deep(t)
	w := newWorld(t)
	s := w.stack(t, "both")
	w.apply(t, s)
	before := w.state(t)
	ctx := context.Background()
	n, err := s.Resolve(ctx, w.t, "v2", nil)
	gittest.Must(t, err)
	for name, leave := range map[string]func(){
		"nothing":      func() {},
		"a worktree":   func() { gittest.Git(t, w.repo, "worktree", "add", "-q", "--detach", n.Worktree, n.Below) },
		"an empty one": func() { gittest.Must(t, os.Mkdir(n.Worktree, 0o777)) },
		"a part of it": func() {
			gittest.Git(t, w.repo, "worktree", "add", "-q", "--detach", n.Worktree, n.Below)
			gittest.Git(t, w.repo, "worktree", "lock", n.Worktree)
			gittest.Must(t, os.Remove(filepath.Join(n.Worktree, ".git")))
		},
		"a name of it": func() {
			gittest.Git(t, w.repo, "worktree", "add", "-q", "--lock", "--detach", n.Worktree, n.Below)
			gittest.Must(t, os.RemoveAll(n.Worktree))
		},
	} {
		gittest.Must(t, s.Abort(ctx, w.t))
		n.Preparing = true
		gittest.Must(t, s.note(n))
		leave()
		if _, err := s.Continue(ctx, w.t); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("%s: it goes on: %v", name, err)
		}
		gittest.Must(t, s.Abort(ctx, w.t))
		if after := w.state(t); after != before {
			t.Errorf("%s: before:\n%s\nafter:\n%s", name, before, after)
		}
		again, err := s.Resolve(ctx, w.t, "v2", nil)
		if err != nil || again == nil || again.Preparing {
			t.Fatalf("%s: %+v, %v", name, again, err)
		}
	}
}
