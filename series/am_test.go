// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"time"

	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// TestAmKeepsBadDate: what git am refuses as a date it refuses in what Am writes as well. Without a date it was committed as of now.
func TestAmKeepsBadDate(t *testing.T) {
	for date, want := range map[string]string{"yesterday at tea": "Date: yesterday at tea\n", "Mon, 3 Mar 2025 10:00:00 +0000": "Date: Mon, 3 Mar 2025 10:00:00 +0000\n"} {
		text := "From a@example.org Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nDate: " + date + "\nSubject: [PATCH] a\n\nText.\n---\n" +
			"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"
		sets, err := Open(t.Context(), []string{"-"}, &Options{Stdin: strings.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := Am(&out, sets[0], nil); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v\n%s", date, err, out.String())
		}
	}
}

// commitText is what gitAm returns for p.
func commitText(p *patchset.Patch, message string) string {
	return fmt.Sprintf("%s <%s> %d %s\n%s", p.Author.Name, p.Author.Email, p.Author.When.Unix(), p.Author.When.Format("-0700"), message)
}

// TestGitAm applies each seed mail with git am, and what Am makes of it: author, date and
// message of the commit are those that the reader finds, and what git am refuses, the reader
// names.
func TestGitAm(t *testing.T) {
	names, err := filepath.Glob("mail/testdata/mails/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	applied, repo := 0, mailtest.NewAmRepo(t, "a\n")
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		info := mail.Parse(mail.Unmail(raw, true, false), mail.Options{})
		p := mustPatch(t, info)
		p.Index = 1
		if info.Problem == nil {
			info.Problem = p.DecodeErr
		}
		if !bytes.Contains(p.Diff, []byte("@@ -1 +1 @@\n-a\n")) || p.Author.When.IsZero() && info.Problem == nil {
			continue // nothing that applies, or a commit of now
		}
		commits, err := repo.Am(t, raw)
		if err != nil {
			if info.Problem == nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if info.Problem != nil {
			t.Errorf("%s: git am takes it, we say %v", name, info.Problem)
			continue
		}
		applied++
		want := commitText(p, p.Message)
		if len(commits) != 1 || commits[0] != want {
			t.Errorf("%s:\n git %q\nread %q", name, commits, want)
		}
		var mbox bytes.Buffer
		if _, err := Am(&mbox, &patchset.Set{Version: 1, Total: 1, Patches: []*patchset.Patch{p}}, nil); err != nil {
			t.Fatal(err)
		}
		commits, err = repo.Am(t, mbox.Bytes())
		if err != nil || len(commits) != 1 || commits[0] != want {
			t.Errorf("%s: Am: %v\n git %q\nread %q\n%s", name, err, commits, want, mbox.Bytes())
		}
	}
	if applied < 12 {
		t.Errorf("only %d of the seed mails apply", applied)
	}
}

// TestAmTrailers folds the trailers of replies in.
func TestAmTrailers(t *testing.T) {
	var mbox bytes.Buffer
	for _, m := range []mailHead{
		cover("[PATCH v2 0/2] c: Über all", "0", ""),
		{subject: "[PATCH v2 1/2] a", id: "1", parent: "0", text: "From me, in the text."},
		{subject: "[PATCH v2 2/2] b", id: "2", parent: "0", text: "Text.\n\nFrom here Mon Sep 17 00:00:00\n>From x"},
		reply("Re: [PATCH v2 1/2] a", "r1", "1", "Nice.\n\nReviewed-by: Re Viewer <re@example.com>\nReviewed-by: Re Viewer <re@example.com>\nTested-by: Else <else@example.net>"),
		reply("Re: [PATCH v2 0/2] c", "r0", "0", "> Acked-by: Quoted <q@example.org>\nAcked-by: Re Viewer\n  <re@example.com>\nReviewed-by: Re Viewer <RE@example.com>"),
		{subject: "Re: [PATCH v2 1/2] a", id: "r2", parent: "1", from: "Other <o@example.net>", text: "Suggested-by: J\xc3\xb6rg <o@example.net> # part", noDiff: true},
	} {
		mbox.Write(patchMail(m))
	}
	sets, err := Read(&mbox, "mbox", nil)
	if err != nil || len(sets) != 1 {
		t.Fatal(sets, err)
	}
	var out bytes.Buffer
	done, err := Am(&out, sets[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(done) != 2 || len(done[0].Added) != 3 || len(done[0].Skipped) != 1 || done[0].Skipped[0].Key != "Tested-by" || len(done[1].Added) != 2 {
		t.Errorf("%+v", done)
	}
	again, err := Read(&out, "am", nil)
	if err != nil || len(again) != 1 || len(again[0].Patches) != 2 {
		t.Fatal(err)
	}
	if got := again[0].Patches[0].Message; !strings.HasSuffix(got, "\n\nSigned-off-by: A U Thor <a@example.org>\n"+
		"Reviewed-by: Re Viewer <re@example.com>\nSuggested-by: Jörg <o@example.net> # part\nAcked-by: Re Viewer <re@example.com>\n") {
		t.Errorf("message %q", got)
	}
	if got := again[0].Patches[1].Message; !strings.HasPrefix(got, sets[0].Patches[1].Message+"Acked-by: Re Viewer <re@example.com>\nReviewed-by: ") {
		t.Errorf("message %q", got)
	}
	for i, p := range again[0].Patches {
		if !bytes.Equal(bytes.TrimRight(p.Diff, "\n"), bytes.TrimRight(sets[0].Patches[i].Diff, "\n")) {
			t.Errorf("diff %q", p.Diff)
		}
	}
	if name := AmName(sets[0]); name != "v2_20260311_c_ber_all.mbx" {
		t.Error(name)
	}
}

// TestAmHostile: what a mailbox would change, Am encodes; names survive the header.
func TestAmHostile(t *testing.T) {
	repo := mailtest.NewAmRepo(t, "a\r\n")
	when := time.Unix(1773205741, 0).In(time.FixedZone("", 3600))
	diff := "---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n-a\r\n+From x\x00 \r\n+J\xe4 = \n"
	for _, name := range []string{"A U Thor", `A "B" (C) D`, "Jörg, der \\ Lange", "x=?y", strings.Repeat("Ü", 30), "me@example.org"} {
		p := &patchset.Patch{Index: 1, Title: "a title", Diff: []byte(diff)}
		p.Author.Name, p.Author.Email, p.Author.When = name, "me@example.org", when
		p.Message = "Ein Titel = ü, der so lang ist, dass er in mehrere Wörter zerlegt werden muss =?x?=\n\n" +
			"Subject: no header\nFrom a@b Mon Sep 17 00:00:00 2001\n"
		var mbox bytes.Buffer
		if _, err := Am(&mbox, &patchset.Set{Version: 1, Total: 1, Patches: []*patchset.Patch{p}}, nil); err != nil {
			t.Fatal(err)
		}
		commits, err := repo.Am(t, mbox.Bytes())
		if want := commitText(p, p.Message); err != nil || len(commits) != 1 || commits[0] != want {
			t.Errorf("%s: %v\n git %q\nread %q\n%s", name, err, commits, want, mbox.Bytes())
		}
	}
}

// mustPatch makes the patch of a mail that was taken apart.
func mustPatch(tb testing.TB, info *mail.Info) *patchset.Patch {
	tb.Helper()
	p, err := mail.NewPatch(new(patchset.Mail), info, new(mail.Options))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// TestAmOfALaterVersion: a review holds for the same patch of the next version, and what the caller adds
// is added once.
func TestAmOfALaterVersion(t *testing.T) {
	mbox := slicesConcat(patchMail(patch("[PATCH] a", "1@x", "")),
		patchMail(reply("Re: [PATCH] a", "r@x", "1@x", "Reviewed-by: Re Viewer <re@example.com>\nFixes: 1da177e4c3f4 (\"b\")")),
		patchMail(mailHead{subject: "[PATCH v2] a", id: "2@x", text: "Text.\n\nLink: https://lore.kernel.org/r/2%40x"}))
	sets, err := Read(bytes.NewReader(mbox), "mbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	done, err := Am(&out, sets[0], &AmOptions{Link: true, MessageID: true, SignOff: "Me <me@example.org>", Offered: true})
	if err != nil || len(done[0].Added) != 2 || done[0].Added[0].FromVersion != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	_, text, _ := strings.Cut(out.String(), "\n\n")
	text, _, _ = strings.Cut(text, "---\n")
	const want = "Text.\n\nLink: https://lore.kernel.org/r/2%40x\n\nSigned-off-by: A U Thor <a@example.org>\n" +
		"Reviewed-by: Re Viewer <re@example.com>\nFixes: 1da177e4c3f4 (\"b\")\nMessage-ID: <2@x>\nSigned-off-by: Me <me@example.org>\n"
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// TestAmOfAnAckedSeries: who acks the cover letter acks each patch below it; in the next version that holds for those that are the same, and for
// what a partial reroll takes over.
func TestAmOfAnAckedSeries(t *testing.T) {
	changing := func(to string, m mailHead) []byte {
		return bytes.Replace(patchMail(m), []byte("\n+b\n"), []byte("\n+"+to+"\n"), 1)
	}
	v1 := slicesConcat(patchMail(cover("[PATCH 0/2] c", "0@x", "")), patchMail(patch("[PATCH 1/2] a", "1@x", "0@x")), changing("c", patch("[PATCH 2/2] b", "2@x", "0@x")),
		patchMail(reply("Re: [PATCH 0/2] c", "r@x", "0@x", "Acked-by: Re Viewer <re@example.com>\nLink: https://example.org/bug/1")))
	for name, v2 := range map[string][]byte{
		"whole": slicesConcat(patchMail(cover("[PATCH v2 0/2] c", "10@x", "")), patchMail(patch("[PATCH v2 1/2] a", "11@x", "10@x")),
			changing("other", patch("[PATCH v2 2/2] b", "12@x", "10@x"))),
		"one": changing("other", patch("[PATCH v2 2/2] b", "12@x", "2@x")),
	} {
		sets, err := Read(bytes.NewReader(slicesConcat(v1, v2)), "mbox", nil)
		if err != nil || sets[0].Version != 2 {
			t.Fatal(sets, err)
		}
		done, err := Am(io.Discard, sets[0], nil)
		if err != nil || len(done) != 2 {
			t.Fatalf("%s: %+v, %v", name, done, err)
		}
		if a := done[0].Added; len(a) != 1 || a[0].Value != "Re Viewer <re@example.com>" || a[0].FromVersion != 1 || len(done[0].Skipped) != 1 || !done[0].Skipped[0].Offered {
			t.Errorf("%s: the same patch: %+v", name, done[0])
		}
		if len(done[1].Added)+len(done[1].Skipped) != 0 {
			t.Errorf("%s: another patch: %+v", name, done[1])
		}
		if done, err = Am(io.Discard, sets[1], nil); err != nil || len(done[0].Added) != 1 || done[0].Added[0].FromVersion != 0 {
			t.Errorf("%s: v1: %+v, %v", name, done, err)
		}
	}
}
