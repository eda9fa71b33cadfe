// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package stack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/land"
)

// TestE2EManyEntries keeps a stack of 500 entries: applied it is what git am makes of all mails, rebased what git rebase makes of that,
// and entries are removed and moved in it.
func TestE2EManyEntries(t *testing.T) {
	const entries, files = 500, 50
	w := &world{repo: t.TempDir(), dir: filepath.Join(t.TempDir(), "stack")}
	gittest.Git(t, w.repo, "init", "-q", "-b", "main")
	gittest.Git(t, w.repo, "config", "user.name", "C O Mitter")
	gittest.Git(t, w.repo, "config", "user.email", "committer@example.org")
	text := map[string]string{}
	file := func(n int) string { return fmt.Sprintf("d%d/f%d.c", n%7, n) }
	for n := range files {
		text[file(n)] = gittest.Lines(file(n), 120)
		gittest.Write(t, filepath.Join(w.repo, file(n)), text[file(n)])
	}
	w.commit(t, "first release")
	gittest.Git(t, w.repo, "tag", "v1")
	all := ""
	var list []*Entry
	for i := range entries {
		name, n := file(i%files), 10*(i/files)+8
		old := fmt.Sprintf("%s line %d\n", name, n)
		mbox := mailOf(fmt.Sprintf("m%d@x", i), "", fmt.Sprintf("[PATCH] %s: change %d", name, i), fmt.Sprintf(
			"Why it is so.\n---\ndiff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -%[2]d,3 +%[2]d,3 @@\n %[1]s line %[3]d\n-%[4]s+changed by %[5]d\n %[1]s line %[6]d\n",
			name, n, n-1, old, i, n+1))
		path := filepath.Join(w.repo, ".git", fmt.Sprintf("%d.mbox", i))
		gittest.Write(t, path, mbox)
		all += mbox
		list = append(list, &Entry{Name: fmt.Sprintf("e%d", i), Series: Names{path}})
	}
	whole := filepath.Join(t.TempDir(), "all.mbox")
	gittest.Write(t, whole, all)
	gittest.Git(t, w.repo, "checkout", "-q", "-b", "theirs")
	gittest.Git(t, w.repo, "am", "-q", "--committer-date-is-author-date", whole)
	want := gittest.Git(t, w.repo, "rev-parse", "HEAD")
	gittest.Git(t, w.repo, "checkout", "-q", "main")
	for n := range files {
		gittest.Write(t, filepath.Join(w.repo, file(n)), "a line more\n"+text[file(n)])
	}
	w.commit(t, "second release")
	gittest.Git(t, w.repo, "cherry-pick", "theirs~499")
	gittest.Git(t, w.repo, "tag", "v2")
	var err error
	w.t, err = land.Open(w.repo)
	gittest.Must(t, err)
	t.Cleanup(func() { w.t.Close() })

	s, err := Init(w.dir, Tree{Dir: w.repo, Commit: "v1"}, "", list)
	gittest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	s.Read = w.read
	if o := w.apply(t, s); o.Head != want || len(o.Patches) != entries {
		t.Errorf("%d patches to %s, git am to %s", len(o.Patches), o.Head, want)
	}
	s = w.reopen(t, s)
	o, err := s.Rebase(context.Background(), w.t, "v2", &ApplyOptions{})
	gittest.Must(t, err)
	gittest.Git(t, w.repo, "checkout", "-q", "theirs")
	gittest.Git(t, w.repo, "rebase", "-q", "--committer-date-is-author-date", "--onto", "v2", "v1")
	if want := gittest.Git(t, w.repo, "rev-parse", "HEAD"); o.Head != want || o.Patches[0].Became != Upstream {
		t.Errorf("rebased to %s, git rebase to %s; the first is %+v", o.Head, want, o.Patches[0])
	}
	st, err := s.Status(context.Background(), w.t, &StatusOptions{})
	gittest.Must(t, err)
	if len(st.Entries) != entries || !st.Applied {
		t.Errorf("%d entries, applied: %v", len(st.Entries), st.Applied)
	}
	gittest.Must(t, s.Remove("e250"))
	gittest.Must(t, s.Move("e499", "e1"))
	if o := w.apply(t, s); len(o.Patches) != entries-1 || o.Patches[1].Entry != "e499" {
		t.Errorf("%d patches, the second of %s", len(o.Patches), o.Patches[1].Entry)
	}
	if files, err := os.ReadDir(filepath.Join(w.dir, mailsDir)); err != nil || len(files) != entries-1 {
		t.Errorf("%d mailboxes: %v", len(files), err)
	}
	if strings.Count(s.Manifest.text, "[[entry]]") != entries-1 {
		t.Error("the manifest has another count of entries")
	}
}
