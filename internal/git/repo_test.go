// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// drafts are commits that have something odd each: what git makes of them is what we make.
var drafts = []struct{ name, email, zone, message string }{
	{"A U Thor", "author@example.org", "+0000", "subject\n"},
	{"A U Thor", "author@example.org", "-0930", "subject\n\nbody\n"},
	{" , A. <b> Person.", "<a@example.org>.", "+1245", "subject\n"},
	{"Jörg Müller", "joerg@example.org", "+0100", "größer\n"},
	{"J\xf6rg", "joerg@example.org", "+0100", "in Latin-1: \xfc\n"},
	{"\"A\" 'B'", "a@example.org", "-0000", "quotes\n"},
	{"A", "", "+0530", "no address\n"},
	{"A\nB", "a\n@example.org", "+0000", "line ends\n"},
	{"A", "a@example.org", "+0000", "\n"},
	{"A", "a@example.org", "+0000", "no newline at the end\n\n\n"},
}

// TestCommitsAgainstGit encodes commits, and has git commit-tree make the same.
func TestCommitsAgainstGit(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	tree, parent := odb.Hash(gittest.Git(t, dir, "rev-parse", "HEAD^{tree}")), odb.Hash(gittest.Git(t, dir, "rev-parse", "HEAD"))
	for _, d := range drafts {
		when, err := time.Parse("2006-01-02 15:04:05 -0700", "2026-03-04 05:06:07 "+d.zone)
		gittest.Must(t, err)
		sig := object.Signature{Name: d.name, Email: d.email, When: when}
		got, err := EncodeCommit(tree.Raw(), parent.Raw(), &Draft{Author: sig, Committer: sig, Message: d.message})
		gittest.Must(t, err)
		date := when.Format("2006-01-02T15:04:05 ") + d.zone
		gittest.Write(t, filepath.Join(dir, "message"), d.message)
		env := []string{"env"}
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			env = append(env, "GIT_"+who+"_NAME="+d.name, "GIT_"+who+"_EMAIL="+d.email, "GIT_"+who+"_DATE="+date)
		}
		want := commitTree(t, dir, env, string(tree), string(parent))
		if name := odb.HashOf(odb.SHA1.Sum(plumbing.CommitObject, got)); string(name) != want {
			t.Errorf("%q <%s>: %s, by git %s\n%s---\n%s", d.name, d.email, name, want, got, gittest.Git(t, dir, "cat-file", "commit", want))
			continue
		}
		c, err := repoOf(t, dir).ReadCommit(odb.Hash(want))
		if err != nil || c.Subject() != gittest.Git(t, dir, "show", "-s", "--encoding=UTF-8", "--format=%s", want) || !c.Author.When.Equal(when) {
			t.Errorf("%q: read as %+v, %v", d.name, c, err)
		}
	}
	for _, name := range []string{"", " ", ".,;", "<>"} {
		if _, err := EncodeSignature(&object.Signature{Name: name}); err == nil {
			t.Errorf("the name %q goes into a commit", name)
		}
	}
}

// commitTree makes a commit of the file "message".
func commitTree(t *testing.T, dir string, env []string, tree, parent string) string {
	t.Helper()
	script := filepath.Join(dir, "make-commit")
	gittest.Write(t, script, "#!/bin/sh\nexec git commit-tree "+tree+" -p "+parent+" -F message\n")
	gittest.Must(t, os.Chmod(script, 0o755))
	var quoted []string
	for _, e := range append(env, "./make-commit") {
		quoted = append(quoted, "'"+strings.ReplaceAll(e, "'", `'\''`)+"'")
	}
	return gittest.Git(t, dir, "-c", "alias.mk=!"+strings.Join(quoted, " "), "mk")
}

// TestStatesOfARepository looks at repositories in the midst of something, and at ones that hardly are.
func TestStatesOfARepository(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	r := repoOf(t, dir)
	if branch, err := r.Branch(); err != nil || branch != gittest.Git(t, dir, "symbolic-ref", "--short", "HEAD") {
		t.Errorf("branch %q, %v", branch, err)
	}
	if r.IsUnborn() || r.IsShallow() || r.IsPartial() || r.InProgress() != "" {
		t.Errorf("unborn %v, shallow %v, partial %v, in progress %q", r.IsUnborn(), r.IsShallow(), r.IsPartial(), r.InProgress())
	}
	head := odb.Hash(gittest.Git(t, dir, "rev-parse", "HEAD"))
	for _, packed := range []bool{false, true} {
		for _, ref := range gittest.SplitLines(gittest.Git(t, dir, "for-each-ref", "--format=%(refname)")) {
			if got, err := repoOf(t, dir).RefValue(ref); err != nil || string(got) != gittest.Git(t, dir, "rev-parse", ref) {
				t.Errorf("packed %v, %s: %s, %v", packed, ref, got, err)
			}
		}
		gittest.Git(t, dir, "pack-refs", "--all")
	}
	gittest.Git(t, dir, "checkout", "-q", "--detach")
	r = repoOf(t, dir)
	if branch, err := r.Branch(); err == nil && branch != "" {
		t.Errorf("a detached HEAD is on %q", branch)
	}
	if got, err := r.RefValue("HEAD"); err != nil || got != head {
		t.Errorf("HEAD is %s, %v", got, err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	gittest.Git(t, ".", "init", "-q", empty)
	if r := repoOf(t, empty); !r.IsUnborn() || r.InProgress() != "" {
		t.Errorf("an empty repository is unborn %v, in progress %q", r.IsUnborn(), r.InProgress())
	}
}

// TestInProgress names what git itself says that it is in the midst of.
func TestInProgress(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string][]string{
		"a merge":       {"merge", "-q", "other"},
		"a cherry-pick": {"cherry-pick", "other"},
		"a revert":      {"revert", "--no-edit", "HEAD~1"},
		"a rebase":      {"rebase", "-q", "other"},
	} {
		dir := gittest.BaseRepo(t)
		for i, text := range []string{"one", "two", "three"} {
			if i == 1 {
				gittest.Git(t, dir, "branch", "other")
			}
			gittest.Write(t, filepath.Join(dir, "Makefile"), text)
			gittest.Git(t, dir, "commit", "-qam", text)
		}
		gittest.Git(t, dir, "checkout", "-q", "other")
		gittest.Write(t, filepath.Join(dir, "Makefile"), "other")
		gittest.Git(t, dir, "commit", "-qam", "other")
		gittest.Git(t, dir, "checkout", "-q", "-")
		_, _ = gittest.TryGit(dir, begin...) // it stops at the conflict
		r := repoOf(t, dir)
		if r.InProgress() == "" {
			t.Errorf("%s is not seen; git says %s", name, gittest.Git(t, dir, "status"))
		}
	}
}

// TestNamesOfObjects: abbreviations, blobs and what is ambiguous come out as git has them.
func TestNamesOfObjects(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	r := repoOf(t, dir)
	for _, line := range gittest.SplitLines(gittest.Git(t, dir, "cat-file", "--batch-all-objects", "--batch-check")) {
		name, rest, _ := strings.Cut(line, " ")
		kind, _, _ := strings.Cut(rest, " ")
		if got, err := r.Unabbreviate(name[:12], kind); err != nil || string(got) != name {
			t.Errorf("%s as a %s: %s, %v", name[:12], kind, got, err)
		}
		if kind != "blob" {
			continue
		}
		data, err := r.Blob(name[:12])
		if err != nil || string(r.BlobName(data)) != name {
			t.Errorf("blob %s: %v", name, err)
		}
	}
	for _, bad := range []string{"", "zz", "123456789abc", strings.Repeat("1", 40)} {
		if got, err := r.Unabbreviate(bad, "commit"); err == nil && got != "" && len(bad) < 40 {
			t.Errorf("%q is %s", bad, got)
		}
	}
	for _, rev := range []string{"HEAD", "series", "series~2"} {
		for _, kind := range []string{"commit", "tree"} {
			if got, err := r.Peel(rev, kind); err != nil || string(got) != gittest.Git(t, dir, "rev-parse", rev+"^{"+kind+"}") {
				t.Errorf("%s as a %s: %s, %v", rev, kind, got, err)
			}
		}
	}
}

// TestHistoriesAgainstGit walks commits as git rev-list does.
func TestHistoriesAgainstGit(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	r := repoOf(t, dir)
	ctx := context.Background()
	for _, limit := range []int{1, 3, 1000} {
		list, err := r.RevList(ctx, "series", limit)
		want := gittest.SplitLines(gittest.Git(t, dir, "rev-list", "-n", strconv.Itoa(limit), "series"))
		if err != nil || len(list) != len(want) {
			t.Fatalf("%d commits, %v; git has %d", len(list), err, len(want))
		}
		for i, id := range list {
			if string(id) != want[i] {
				t.Errorf("commit %d is %s, by git %s", i, id, want[i])
			}
		}
	}
	touching, err := r.Touching(ctx, "series", "kernel/fork.c", 100)
	want := gittest.SplitLines(gittest.Git(t, dir, "rev-list", "series", "--", "kernel/fork.c"))
	if err != nil || len(touching) == 0 || len(touching) > len(want) || string(touching[0]) != want[0] {
		t.Errorf("touching %v, %v; git has %v", touching, err, want)
	}
	ids, whole, err := r.PatchIDs(ctx, "series", 1000)
	if err != nil || !whole || len(ids) == 0 {
		t.Errorf("%d patch IDs, whole %v, %v", len(ids), whole, err)
	}
	mails, err := r.FormatPatches(ctx, "base..series")
	if n := bytes.Count(mails, []byte("\nSubject: [PATCH")); err != nil || strconv.Itoa(n) != gittest.Git(t, dir, "rev-list", "--count", "base..series") {
		t.Errorf("%d mails, %v", n, err)
	}
}

// TestLocksOfRefs: a ref that is locked is nobody else's, and moves only from where it was.
func TestLocksOfRefs(t *testing.T) {
	t.Parallel()
	dir := gittest.SeriesRepo(t)
	r := repoOf(t, dir)
	const ref = "refs/heads/topic"
	base, tip := odb.Hash(gittest.Git(t, dir, "rev-parse", "base^{commit}")), odb.Hash(gittest.Git(t, dir, "rev-parse", "series"))
	move := func(old, to odb.Hash) error {
		l, err := r.LockRef(ref, old, to)
		if err != nil {
			return err
		}
		if _, err := gittest.TryGit(dir, "update-ref", ref, string(base)); err == nil {
			t.Error("git moves a ref that we hold")
		}
		if _, err := repoOf(t, dir).LockRef(ref, old, to); err == nil {
			t.Error("two hold the lock")
		}
		defer l.Release()
		return errors.Join(l.Sync(), l.Commit("moved by a test"))
	}
	gittest.Must(t, move("", base))
	gittest.Must(t, move(base, tip))
	if got := gittest.Git(t, dir, "rev-parse", ref); got != string(tip) {
		t.Errorf("it is at %s, want %s", got, tip)
	}
	var moved *MovedError
	if err := move(base, tip); !errors.As(err, &moved) {
		t.Errorf("moved from where it is not: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".git", "refs", "heads", "*.lock")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	gittest.CheckSound(t, dir)
}
