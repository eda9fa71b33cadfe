// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// committedAt is when test commits are made.
var committedAt = object.Signature{Name: "Com Mitter", Email: "com@example.org", When: time.Unix(1700000000, 0).UTC()}

// gitIn runs git in dir, with a fixed committer.
func gitIn(tb testing.TB, dir string, args ...string) string {
	tb.Helper()
	out, err := tryGitIn(dir, args...)
	if err != nil {
		tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

func tryGitIn(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = run.GitEnv(
		"GIT_COMMITTER_NAME="+committedAt.Name, "GIT_COMMITTER_EMAIL="+committedAt.Email, "GIT_COMMITTER_DATE=@1700000000 +0000",
		"GIT_AUTHOR_NAME=Au Thor", "GIT_AUTHOR_EMAIL=au@example.org", "GIT_AUTHOR_DATE=@1600000000 +0200",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_1=maintenance.auto", "GIT_CONFIG_VALUE_1=false")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// put writes a file of a worktree.
func put(tb testing.TB, dir, name, data string) {
	tb.Helper()
	full := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(data), 0o666); err != nil {
		tb.Fatal(err)
	}
}

func get(tb testing.TB, dir, name string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// newRepo makes a repository with three commits after its base: an edit, a new file with an edit, and
// a rename with a deletion and a binary file. It returns the base, and leaves the commits on branch
// topic. Init are options of git init.
func newRepo(tb testing.TB, init ...string) (dir, base string) {
	tb.Helper()
	dir = gittest.Copied(tb, strings.Join(init, " "), func(dir string) { makeRepo(tb, dir, init) })
	return dir, gitIn(tb, dir, "rev-parse", "HEAD")
}

// makeRepo makes that repository in an empty folder.
func makeRepo(tb testing.TB, dir string, init []string) {
	tb.Helper()
	gitIn(tb, dir, append([]string{"init", "-q", "-b", "main"}, init...)...)
	put(tb, dir, "a.c", "1\n2\n3\n4\n5\n6\n7\n8\n9\n")
	put(tb, dir, "dir/b.c", "b\nb\nb\n")
	put(tb, dir, "gone", "gone\n")
	put(tb, dir, "image", "\x00\x01"+strings.Repeat("image\x00", 100))
	gitIn(tb, dir, "add", ".")
	gitIn(tb, dir, "commit", "-q", "-m", "base")
	gitIn(tb, dir, "checkout", "-q", "-b", "topic")
	put(tb, dir, "a.c", "1\n2\nthree\n4\n5\n6\n7\n8\n9\n")
	gitIn(tb, dir, "commit", "-q", "-am", "a: one\n\nA body.\n\nSigned-off-by: Au Thor <au@example.org>")
	put(tb, dir, "new/n.c", "n\n")
	put(tb, dir, "a.c", "1\n2\nthree\n4\n5\n6\n7\neight\n9\n")
	gitIn(tb, dir, "add", ".")
	gitIn(tb, dir, "commit", "-q", "-m", "a: two")
	gitIn(tb, dir, "mv", "dir/b.c", "b.c")
	gitIn(tb, dir, "rm", "-q", "gone")
	put(tb, dir, "image", "\x00\x02"+strings.Repeat("image\x00", 90)+"more")
	gitIn(tb, dir, "add", "image")
	gitIn(tb, dir, "commit", "-q", "-m", "b: three\n\nMoved.")
	gitIn(tb, dir, "checkout", "-q", "main")
}

// setOfCommits returns base..rev, or with base "" all of rev, as a set, and as the mbox that git am takes.
func setOfCommits(tb testing.TB, dir, base, rev string) (*patchset.Set, string) {
	tb.Helper()
	mbox := filepath.Join(tb.TempDir(), "mbox")
	revs := []string{base + ".." + rev}
	if base == "" {
		revs = []string{"--root", rev}
	}
	out := gitIn(tb, dir, append([]string{"format-patch", "--stdout", "--full-index", "--binary", "-M"}, revs...)...)
	if err := os.WriteFile(mbox, []byte(out+"\n\n"), 0o666); err != nil {
		tb.Fatal(err)
	}
	set := &patchset.Set{Version: 1}
	for _, commit := range strings.Fields(gitIn(tb, dir, "rev-list", "--reverse", revs[len(revs)-1])) {
		p := &patchset.Patch{Index: len(set.Patches) + 1}
		p.MessageID = fmt.Sprintf("%d@example.org", p.Index)
		p.Title = gitIn(tb, dir, "log", "-1", "--format=%s", commit)
		p.Message = gitIn(tb, dir, "log", "-1", "--format=%B", commit) + "\n"
		p.Author = object.Signature{Name: "Au Thor", Email: "au@example.org", When: time.Unix(1600000000, 0).In(time.FixedZone("", 7200))}
		p.Diff = []byte(gitIn(tb, dir, "show", "--format=", "--full-index", "--binary", "-M", commit) + "\n\n")
		set.Patches = append(set.Patches, p)
	}
	set.Total = len(set.Patches)
	return set, mbox
}

func mustApply(tb testing.TB, dir string, set *patchset.Set, opts *Options) *Result {
	tb.Helper()
	res, err := Series(context.Background(), dir, set, opts)
	if err != nil {
		tb.Fatal(err)
	}
	if len(res.Conflicts) > 0 {
		tb.Fatalf("conflicts: %+v", res.Conflicts)
	}
	return res
}

// TestSeriesEqualsGitAm compares commit hashes, and looks at index and worktree afterwards.
func TestSeriesEqualsGitAm(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		opts := Options{Signoff: format == "sha1"}
		dir, base := newRepo(t, "--object-format="+format)
		set, mbox := setOfCommits(t, dir, base, "topic")
		args := []string{"am", "-q"}
		if opts.Signoff {
			args = append(args, "--signoff")
		}
		gitIn(t, dir, append(args, mbox)...)
		want := gitIn(t, dir, "rev-parse", "HEAD")
		gitIn(t, dir, "reset", "-q", "--hard", base)
		put(t, dir, "untracked", "mine\n")

		opts.Committer = committedAt
		res := mustApply(t, dir, set, &opts)
		if res.Head != want || res.Base != base || res.Branch != "main" || len(res.Patches) != 3 {
			t.Errorf("%+v, want head %s", res, want)
		}
		if res.Patches[2].Commit != want {
			t.Errorf("commit of the last patch is %s", res.Patches[2].Commit)
		}
		if got := gitIn(t, dir, "rev-parse", "HEAD"); got != want {
			t.Errorf("HEAD is %s, want %s", got, want)
		}
		if status := gitIn(t, dir, "status", "--porcelain"); status != "?? untracked" {
			t.Errorf("status: %s", status)
		}
		if out := gitIn(t, dir, "fsck", "--strict"); out != "" {
			t.Errorf("fsck: %s", out)
		}
	}
}

// TestSeriesOntoBranch leaves HEAD, index and worktree alone.
func TestSeriesOntoBranch(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	put(t, dir, "a.c", "dirty\n")
	res := mustApply(t, dir, set, &Options{Committer: committedAt, Branch: "lsm", Base: base})
	if res.Branch != "lsm" || gitIn(t, dir, "rev-parse", "lsm") != res.Head {
		t.Errorf("%+v", res)
	}
	if gitIn(t, dir, "rev-parse", "HEAD") != base || get(t, dir, "a.c") != "dirty\n" {
		t.Error("the worktree was touched")
	}
	if want := gitIn(t, dir, "rev-parse", "topic^{tree}"); gitIn(t, dir, "rev-parse", "lsm^{tree}") != want {
		t.Error("the tree is not that of the commits")
	}
}

// TestSeriesConflict makes sure that nothing lands when the last patch does not fit.
func TestSeriesConflict(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	set.Patches[2].Diff = []byte("diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -5,4 +5,4 @@ x\n 5\n 6\n-7x\n+7y\n eight\n")
	res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) != 1 || res.Head != "" {
		t.Fatalf("%+v", res)
	}
	bad := res.Conflicts[0]
	if bad.Patch != 3 || bad.File != "a.c" || bad.Hunk != 1 || bad.Line != 7 || bad.Kind != KindHunk ||
		bad.Expected != "5\n6\n7x\neight\n" || bad.Found != "5\n6\n7\neight\n" {
		t.Errorf("%+v", bad)
	}
	if gitIn(t, dir, "rev-parse", "HEAD") != base || gitIn(t, dir, "status", "--porcelain") != "" {
		t.Error("something was changed")
	}
}

// TestSeriesCheck writes nothing that anyone refers to.
func TestSeriesCheck(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	for _, opts := range []*Options{{Check: true}, {Check: true, Base: "topic~1"}, {Check: true, Branch: "x"}} {
		opts.Committer = committedAt
		if opts.Base != "" {
			set = &patchset.Set{Version: 1, Total: 1, Patches: set.Patches[2:]}
		}
		mustApply(t, dir, set, opts)
	}
	if gitIn(t, dir, "rev-parse", "HEAD") != base || gitIn(t, dir, "status", "--porcelain") != "" {
		t.Error("something was changed")
	}
}

// TestPlainDirectory applies a series in place and takes it out again.
func TestPlainDirectory(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	mustApply(t, dir, set, &Options{Check: true})
	if get(t, dir, "gone") != "gone\n" {
		t.Error("--check changed a file")
	}
	mustApply(t, dir, set, nil)
	if get(t, dir, "b.c") != "b\nb\nb\n" || get(t, dir, "new/n.c") != "n\n" || !strings.Contains(get(t, dir, "a.c"), "eight") {
		t.Error("the series is not in")
	}
	for _, name := range []string{"gone", "dir/b.c"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	mustApply(t, dir, set, &Options{Reverse: true})
	if get(t, dir, "a.c") != "1\n2\n3\n4\n5\n6\n7\n8\n9\n" || get(t, dir, "gone") != "gone\n" || get(t, dir, "dir/b.c") != "b\nb\nb\n" {
		t.Error("the series is not out")
	}
	if _, err := os.Lstat(filepath.Join(dir, "new")); err == nil {
		t.Error("the folder of a new file is still there")
	}
}

// TestSeriesOverLocalChanges refuses to write over them, and leaves those of other files alone.
func TestSeriesOverLocalChanges(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	put(t, dir, "a.c", "mine\n")
	_, err := Series(context.Background(), dir, set, &Options{Committer: committedAt})
	var dirty *git.DirtyError
	if !errors.As(err, &dirty) || hint.Of(err) == "" || get(t, dir, "a.c") != "mine\n" || gitIn(t, dir, "rev-parse", "HEAD") != base {
		t.Errorf("error %v", err)
	}
	gitIn(t, dir, "checkout", "-q", "a.c")
	put(t, dir, "dir/other.c", "mine\n")
	mustApply(t, dir, set, &Options{Committer: committedAt})
	if get(t, dir, "dir/other.c") != "mine\n" {
		t.Error("the local file is gone")
	}
}

// TestUnborn puts a series, from its first commit on, onto a branch that has none, as git am does.
func TestUnborn(t *testing.T) {
	runtest.Deep(t)
	for _, format := range []string{"sha1", "sha256"} {
		source, _ := newRepo(t, "--object-format="+format)
		gitIn(t, source, "checkout", "-q", "topic")
		set, mbox := setOfCommits(t, source, "", "HEAD")
		empty := func() string {
			dir := t.TempDir()
			gitIn(t, dir, "init", "-q", "-b", "first", "--object-format="+format)
			return dir
		}
		peer := empty()
		gitIn(t, peer, "am", "-q", mbox)
		want := gitIn(t, peer, "rev-parse", "first")

		dir := empty()
		put(t, dir, "untracked", "mine\n")
		opts := &Options{Committer: committedAt, Check: true}
		if res, err := Series(context.Background(), dir, set, opts); err != nil || len(res.Conflicts) > 0 {
			t.Fatalf("%+v, %v", res, err)
		}
		put(t, dir, "new/n.c", "in the way\n")
		opts.Check = false
		var dirty *git.DirtyError
		if _, err := Series(context.Background(), dir, set, opts); !errors.As(err, &dirty) || dirty.Paths[0] != "new/n.c" {
			t.Errorf("a file in the way: %v", err)
		}
		if out, err := tryGitIn(dir, "rev-parse", "-q", "--verify", "HEAD"); err == nil {
			t.Errorf("HEAD is %s", out)
		}
		if err := os.RemoveAll(filepath.Join(dir, "new")); err != nil {
			t.Fatal(err)
		}
		res, err := Series(context.Background(), dir, set, opts)
		if err != nil {
			t.Fatal(err)
		}
		if res.Base != "" || res.Head != want || res.Branch != "first" || gitIn(t, dir, "rev-parse", "HEAD") != want {
			t.Errorf("%+v, git am makes %s", res, want)
		}
		if status := gitIn(t, dir, "status", "--porcelain"); status != "?? untracked" {
			t.Errorf("status %q", status)
		}
		if out := gitIn(t, dir, "fsck", "--strict"); out != "" {
			t.Errorf("fsck: %s", out)
		}
		if log := gitIn(t, dir, "reflog", "--format=%gs"); !strings.HasPrefix(log, "am: ") {
			t.Errorf("reflog %q", log)
		}
		res, err = Series(context.Background(), empty(), set, &Options{Committer: committedAt, Branch: "topic"})
		if err != nil || res.Head != want {
			t.Errorf("onto another branch: %+v, %v", res, err)
		}
	}
}

// TestLandHint makes sure that errors which a person can mend say how, and that others are left alone.
func TestLandHint(t *testing.T) {
	for _, err := range []error{
		&fs.PathError{Op: "write", Path: "f", Err: syscall.ENOSPC},
		&fs.PathError{Op: "write", Path: "f", Err: syscall.EDQUOT},
		&fs.PathError{Op: "open", Path: "f", Err: syscall.EROFS},
		fmt.Errorf("landing: %w", &os.LinkError{Op: "link", Err: syscall.EACCES}),
		&git.LockedError{File: "index.lock"}, &git.MovedError{Ref: "HEAD"}, &git.DirtyError{Paths: []string{"f"}},
	} {
		if got := landHint(err); hint.Of(got) == "" || !errors.Is(got, err) {
			t.Errorf("%v: hint %q", err, hint.Of(got))
		}
	}
	if other := errors.New("other"); landHint(other) != other || landHint(nil) != nil {
		t.Error("an error that nobody can mend got a hint")
	}
}

// TestUnreadableMail holds that a mail which git am refuses to read makes no commit: with a NUL in its
// subject it did.
func TestUnreadableMail(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	set.Patches[1].DecodeErr = errors.New("a NUL byte in the Subject header")
	res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) != 1 || res.Conflicts[0].Kind != KindMail || res.Conflicts[0].Patch != 2 || !strings.Contains(res.Conflicts[0].Message, "NUL") {
		t.Errorf("%+v", res.Conflicts)
	}
	if gitIn(t, dir, "rev-parse", "HEAD") != base {
		t.Error("HEAD moved")
	}
}

// TestEmptyOnUnborn drops all there is, on a branch that has no commit and keeps none.
func TestEmptyOnUnborn(t *testing.T) {
	set := &patchset.Set{Version: 1, Total: 1, Patches: []*patchset.Patch{{Index: 1, Title: "none", Message: "none\n", Author: committedAt}}}
	for _, branch := range []string{"", "topic"} {
		dir := t.TempDir()
		gitIn(t, dir, "init", "-q", "-b", "main")
		res := mustApply(t, dir, set, &Options{Committer: committedAt, Empty: "drop", Branch: branch})
		if res.Head != "" || len(res.Patches) != 1 || !res.Patches[0].Skipped {
			t.Errorf("%+v", res)
		}
		if out, err := tryGitIn(dir, "rev-parse", "--verify", "-q", "HEAD"); err == nil {
			t.Errorf("HEAD is %s", out)
		}
		res = mustApply(t, dir, set, &Options{Committer: committedAt, Empty: "keep", Branch: branch})
		if got := gitIn(t, dir, "rev-parse", "--branches"); got != res.Head {
			t.Errorf("%s, want %s", got, res.Head)
		}
	}
}

// TestEmptyOverlay has a snapshot for each patch, also where it is dropped or kept.
func TestEmptyOverlay(t *testing.T) {
	set := setOf("diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n", "")
	for _, action := range []string{"drop", "keep"} {
		_, res, err := Overlay(files{}.snapshot(t), set, &Options{Empty: action})
		if err != nil || len(res.Patches) != 2 {
			t.Fatalf("%s: %+v %v", action, res, err)
		}
		snapshots, err := res.Snapshots()
		if err != nil || len(snapshots) != 2 {
			t.Errorf("%s: %d snapshots, %v", action, len(snapshots), err)
		}
	}
}
