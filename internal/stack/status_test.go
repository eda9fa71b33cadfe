// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// TestStatus tells of newer versions, objections and what a revision has already.
func TestStatus(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "near")
	w.apply(t, s)
	st, err := s.Status(context.Background(), w.t, &StatusOptions{Sources: true, Against: "v2"})
	gittest.Must(t, err)
	if !st.Applied || len(st.Entries) != 2 || st.Entries[0].Counts[AsIs] != 2 || len(st.Entries[1].Upstream) != 1 {
		t.Errorf("%+v %+v %+v", st, st.Entries[0], st.Entries[1])
	}
	for body, want := range map[string]bool{
		"NACK. This is wrong.\n": true, "> NACK\nI do not agree.\n": false, "Nacked-by: A <a@example.org>\n": true, "NAK: no\n": true,
		"I would not NACK this\n": false, "Nackt\n": false,
	} {
		if got := objection(body) != ""; got != want {
			t.Errorf("%q: %v", body, got)
		}
	}
}

// TestStatusSourceChanged tells of a source that has other patches at the same version, as a branch has that was rebased or a folder that
// somebody edited, and changes nothing for it.
func TestStatusSourceChanged(t *testing.T) {
	w := newWorld(t)
	s := w.stack(t, "far", "near")
	w.apply(t, s)
	look := func() (far, near *EntryStatus) {
		st, err := s.Status(context.Background(), w.t, &StatusOptions{Sources: true})
		gittest.Must(t, err)
		return st.Entries[0], st.Entries[1]
	}
	if far, near := look(); far.Changed || near.Changed {
		t.Errorf("nothing changed: %+v, %+v", far, near)
	}
	file := s.Manifest.Entries[0].Series[0]
	text, err := os.ReadFile(file)
	gittest.Must(t, err)
	gittest.Write(t, file, strings.Replace(string(text), "+changed by far 2", "+changed by far two", 1))
	if far, near := look(); !far.Changed || near.Changed || far.Unread != "" {
		t.Errorf("far changed: %+v, %+v", far, near)
	}
	if files, err := os.ReadDir(filepath.Join(s.Dir, mailsDir)); err != nil || len(files) != 2 {
		t.Errorf("a look writes mails: %v, %v", files, err)
	}
	gittest.Write(t, file, strings.ReplaceAll(string(text), "[PATCH ", "[PATCH v3 "))
	if far, _ := look(); far.Newer != 3 || far.Changed {
		t.Errorf("v3: %+v", far)
	}
	s.Lock.entry("far").Version = 4
	if far, _ := look(); far.Unread != "v4 is no longer there, only v3" {
		t.Errorf("v4 went: %+v", far)
	}
}

// TestStatusNamesFixes tells which patch a reply refuses, and which commits and mails say that they fix one: by its title, or by
// a commit that it is.
func TestStatusNamesFixes(t *testing.T) {
	w := newWorld(t)
	cherry := gittest.Git(t, w.repo, "log", "--format=%H", "-1", "--grep=near: change 1", "v2")
	for _, c := range []struct{ rev, file, title, fixes string }{
		{"v2", "near", "near: mend it", fmt.Sprintf("Fixes: %.12s (\"of a title that changed\")", cherry)},
		{"", "far", "far: mend it", "Fixes: 0123456789ab (\"far: change 2\")"},
		{"", "far", "far: nothing of ours", "Fixes: 0123456789ab (\"far: another\")"},
	} {
		if c.rev != "" {
			gittest.Git(t, w.repo, "checkout", "-q", c.rev)
		}
		w.edit(t, c.file, 1, c.title)
		gittest.Git(t, w.repo, "commit", "-q", "-a", "-m", c.title+"\n\nWhy.\n\n"+c.fixes+"\nSigned-off-by: A U Thor <author@example.org>")
	}
	s := w.stack(t, "far", "near")
	w.apply(t, s)
	file := s.Manifest.Entries[0].Series[0]
	archive, err := os.ReadFile(file)
	gittest.Must(t, err)
	mails := strings.NewReplacer("Subject: [PATCH 1/2]", "Message-ID: <one@x>\nSubject: [PATCH 1/2]",
		"Subject: [PATCH 2/2]", "Message-ID: <two@x>\nIn-Reply-To: <one@x>\nSubject: [PATCH 2/2]").Replace(string(archive)) +
		mailOf("nack@x", "two@x", "Re: [PATCH 2/2] far: change 2", "> Fixes: 0123456789ab (\"far: change 1\")\nNACK, this is wrong.\n") +
		mailOf("fix@x", "one@x", "[PATCH] far: mend what was sent", "Why.\n\nFixes: 0123456789ab (\"far: change 1\")\n---\ndiff --git a/far b/far\n--- a/far\n+++ b/far\n@@ -1,2 +1,2 @@\n-far line 0\n+far line nought\n far line 1\n")
	gittest.Write(t, file, mails)
	s = w.reopen(t, s)
	s.All = func(ctx context.Context, names []string) iter.Seq2[*patchset.Set, error] {
		return series.All(ctx, names, nil)
	}
	s.Read = func(ctx context.Context, names []string) ([]*patchset.Set, error) {
		return series.Open(ctx, names, &series.Options{Threads: true})
	}
	_, _, err = s.Update(context.Background(), w.t, nil, false)
	gittest.Must(t, err)
	st, err := s.Status(context.Background(), w.t, &StatusOptions{Sources: true, Against: "HEAD"})
	gittest.Must(t, err)
	far, near := st.Entries[0], st.Entries[1]
	if len(far.Objections) != 1 || far.Objections[0] != "A U Thor of patch 2: NACK, this is wrong." {
		t.Errorf("objections %q", far.Objections)
	}
	want := []Fix{
		{Index: 2, Commit: gittest.Git(t, w.repo, "rev-parse", "HEAD~"), Title: "far: mend it", Author: "A U Thor"},
		{Index: 1, MessageID: "fix@x", Title: "far: mend what was sent", Author: "A U Thor"},
	}
	if !slices.Equal(far.Fixes, want) {
		t.Errorf("far is fixed by %+v, not %+v", far.Fixes, want)
	}
	want = []Fix{{Index: 1, Commit: gittest.Git(t, w.repo, "rev-parse", "HEAD~2"), Title: "near: mend it", Author: "A U Thor"}}
	if !slices.Equal(near.Fixes, want) {
		t.Errorf("near is fixed by %+v, not %+v", near.Fixes, want)
	}
}

// TestOrigins finds the commit that a backport is of.
func TestOrigins(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef01234567"
	for message, want := range map[string]bool{
		"title\n\ncommit " + id + " upstream.\n": true, "title\n\n[ Upstream commit " + id + " ]\n": true,
		"title\n\n(cherry picked from commit " + id + ")\n": true, "title\n\nsee commit " + id + " upstream\n": false,
	} {
		f := fixersOf(nil, []*placed{{patch: &LockedPatch{}, sent: &patchset.Patch{Message: message}}})
		if got := len(f.named("Fixes: 0123456789ab (\"any\")\n")) == 1; got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}

// mailOf returns a mail of an mbox.
func mailOf(id, answers, subject, body string) string {
	return fmt.Sprintf("From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A U Thor <author@example.org>\nDate: Mon, 2 Feb 2026 10:00:00 +0000\n"+
		"Message-ID: <%s>\nIn-Reply-To: <%s>\nSubject: %s\n\n%s\n", id, answers, subject, body)
}
