// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// TestSignoffEqualsGitAm compares the commits with those of git am --signoff and --message-id.
func TestSignoffEqualsGitAm(t *testing.T) {
	sob := "Signed-off-by: Com Mitter <com@example.org>"
	dir, base := newRepo(t)
	for name, body := range map[string]string{
		"title only":     "",
		"body":           "Text.",
		"trailers":       "Text.\n\nReviewed-by: A <a@example.org>",
		"own last":       "Text.\n\nReviewed-by: A <a@example.org>\n" + sob,
		"own first":      "Text.\n\n" + sob + "\nReviewed-by: A <a@example.org>",
		"mixed":          "Text.\n\nnot a trailer\nSigned-off-by: A <a@example.org>\n[a: mended it]",
		"no trailers":    "Text.\n\nSome words: of a sentence\nthat goes on",
		"words":          "Text.\n\nSome words: of a sentence",
		"folded":         "Text.\n\nLink: a\n b\nFixes: 1234 (\"x\")",
		"cherry picked":  "Text.\n\na\nb\n(cherry picked from commit 1234)",
		"blank in block": "Text.\n\nAcked-by: A <a@example.org>\n \nAcked-by: B <b@example.org>",
		"urls":           "https://example.org/a\n\nLink: https://example.org/b",
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			runtest.OneIn(t, 4)
			gitIn(t, dir, "checkout", "-q", "topic")
			gitIn(t, dir, "commit", "-q", "--amend", "-m", "title", "-m", body)
			gitIn(t, dir, "checkout", "-q", "main")
			set, _ := setOfCommits(t, dir, base, "topic")
			set.Patches = set.Patches[2:]
			set.Patches[0].MessageID = "id@example.org"
			mbox := filepath.Join(t.TempDir(), "mbox")
			mail := gitIn(t, dir, "format-patch", "--stdout", "--add-header=Message-ID: <id@example.org>", "-1", "topic")
			if err := os.WriteFile(mbox, []byte(mail+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			for _, opts := range runtest.Short([]*Options{{Signoff: true, MessageID: true}}, []*Options{{Signoff: true}, {MessageID: true}, {Signoff: true, MessageID: true}}) {
				args := []string{"am", "-q"}
				if opts.Signoff {
					args = append(args, "--signoff")
				}
				if opts.MessageID {
					args = append(args, "--message-id")
				}
				gitIn(t, dir, append(args, mbox)...)
				want := strings.Replace(gitIn(t, dir, "cat-file", "commit", "HEAD"), "\nMessage-Id: ", "\nMessage-ID: ", 1)
				gitIn(t, dir, "reset", "-q", "--hard", base)
				opts.Committer = committedAt
				mustApply(t, dir, set, opts)
				if got := gitIn(t, dir, "cat-file", "commit", "HEAD"); got != want {
					t.Errorf("%v\ngot\n%s\nwant\n%s", args, got, want)
				}
				gitIn(t, dir, "reset", "-q", "--hard", base)
			}
		})
	}
}

// TestMessageIDBelowGap: git am --message-id keeps the empty line that ends the text of a mail, before "---" or the diff.
func TestMessageIDBelowGap(t *testing.T) {
	dir, base := newRepo(t)
	diff := gitIn(t, dir, "diff", base, "topic~1")
	for _, text := range []string{"", "\n", "Text.\n---\n", "Text.\n\n---\n", "Text.\n\n \t\n", "Text.\n\nSigned-off-by: A <a@example.org>\n\n---\n 1 file changed\n\n"} {
		mbox := filepath.Join(t.TempDir(), "mbox")
		mail := "From: A <a@example.org>\nDate: Mon, 3 Mar 2025 10:00:00 +0000\nSubject: [PATCH] title\nMessage-ID: <id@example.org>\n\n" + text + diff + "\n"
		if err := os.WriteFile(mbox, []byte(mail), 0o666); err != nil {
			t.Fatal(err)
		}
		gitIn(t, dir, "am", "-q", "--message-id", mbox)
		want := strings.Replace(gitIn(t, dir, "cat-file", "commit", "HEAD"), "\nMessage-Id: ", "\nMessage-ID: ", 1)
		gitIn(t, dir, "reset", "-q", "--hard", base)
		sets, err := series.Open(t.Context(), []string{mbox}, nil)
		if err != nil {
			t.Fatal(err)
		}
		mustApply(t, dir, sets[0], &Options{MessageID: true, Committer: committedAt})
		if got := gitIn(t, dir, "cat-file", "commit", "HEAD"); got != want {
			t.Errorf("%q\ngot\n%s\nwant\n%s", text, got, want)
		}
		gitIn(t, dir, "reset", "-q", "--hard", base)
	}
}

// TestLinkTrailer stands before the maintainer's own sign-off.
func TestLinkTrailer(t *testing.T) {
	s := newSession(nil, &Options{Signoff: true, Link: true})
	s.committer = committedAt
	p := &patchset.Patch{Message: "title\n\nbody\n\nSigned-off-by: A <a@example.org>\n"}
	p.MessageID = "1@example.org"
	want := "title\n\nbody\n\nSigned-off-by: A <a@example.org>\nLink: https://lore.kernel.org/r/1@example.org\n" +
		"Signed-off-by: Com Mitter <com@example.org>\n"
	if got := s.message(p); got != want {
		t.Errorf("%q", got)
	}
}

// TestSeriesReadForAnotherEncoding is refused, and nothing lands: its messages are not what git am commits.
func TestSeriesReadForAnotherEncoding(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	gitIn(t, dir, "config", "i18n.commitEncoding", "ISO-8859-1")
	_, err := Series(t.Context(), dir, set, &Options{Committer: committedAt})
	if err == nil || !strings.Contains(err.Error(), `i18n.commitEncoding is "ISO-8859-1"`) || !strings.Contains(hint.Of(err), "series.Options.Encoding") {
		t.Errorf("%v", err)
	}
	if head := gitIn(t, dir, "rev-parse", "HEAD"); head != base {
		t.Errorf("HEAD moved to %s", head)
	}
}

// TestMailWithoutDate commits at the present time, as git am does, what says no time: it was the year 1.
func TestMailWithoutDate(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	for _, p := range set.Patches {
		p.Author.When = time.Time{}
	}
	for _, opts := range []*Options{{}, {CommitterDateIsAuthorDate: true}} {
		gitIn(t, dir, "reset", "-q", "--hard", base)
		opts.Committer = committedAt
		mustApply(t, dir, set, opts)
		if got := gitIn(t, dir, "log", "-1", "--format=%ad %cd", "--date=raw"); got != "1700000000 +0000 1700000000 +0000" {
			t.Errorf("%+v: the dates are %s", opts, got)
		}
		gitIn(t, dir, "fsck", "--strict")
	}
}

// TestLinkOnce adds no second link to the same mail, whatever archive the first one is to.
func TestLinkOnce(t *testing.T) {
	s := newSession(nil, &Options{Link: true})
	const id = "a/b+1@example.org"
	link := "Link: https://lore.kernel.org/r/a%2Fb+1@example.org\n"
	for line, again := range map[string]bool{
		"Link: https://lore.kernel.org/r/2@example.org":            true,
		"Link: https://example.org/2@example.org":                  true,
		"Link: https://lore.kernel.org/all/1@example.org/":         false,
		"Link: http://lore.kernel.org/lkml/1@example.org/T/#u":     false,
		"Link: https://patch.msgid.link/1@example.org":             false,
		"Closes: https://msgid.link/1@example.org":                 false,
		"Link: https://lore.kernel.org/r/1%40example.org # [1]":    false,
		"Signed-off-by: A <1@example.org>":                         true,
		"Link: https://lkml.kernel.org/r/1@example.org":            false,
		"Link: <https://lore.kernel.org/r/1@example.org>":          false,
		"Link: https://lkml.kernel.org/r/%3C1@example.org%3E":      false,
		"Link: https://lore.kernel.org/r/11@example.org 1@example": true,
	} {
		msg := s.message(&patchset.Patch{Mail: patchset.Mail{MessageID: "1@example.org"}, Message: "title\n\n" + line + "\n"})
		if got := strings.Count(msg, "Link: https://lore.kernel.org/r/1@example.org\n") == 1; got != again {
			t.Errorf("%s: a link is added: %v\n%s", line, got, msg)
		}
	}
	for _, line := range []string{"https://lore.kernel.org/r/a/b+1@example.org", "https://lore.kernel.org/all/a%2Fb+1@example.org/"} {
		if msg := s.message(&patchset.Patch{Mail: patchset.Mail{MessageID: id}, Message: "title\n\nLink: " + line + "\n"}); strings.Count(msg, "Link:") != 1 {
			t.Errorf("a second link: %s", msg)
		}
	}
	if msg := s.message(&patchset.Patch{Mail: patchset.Mail{MessageID: id}, Message: "title\n"}); !strings.Contains(msg, link) {
		t.Errorf("no link: %s", msg)
	}
}
