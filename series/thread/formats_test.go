// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"

	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// newAmFolder makes a repository whose hook stops git am before its first commit, so that the mails
// it made of patches stay in .git/rebase-apply.
func newAmFolder(tb testing.TB) mailtest.AmRepo {
	tb.Helper()
	r := mailtest.NewAmRepo(tb, "f\n")
	mailtest.Write(tb, filepath.Join(r.Dir, ".git/hooks/applypatch-msg"), []byte("#!/bin/sh\nexit 1\n"))
	if err := os.Chmod(filepath.Join(r.Dir, ".git/hooks/applypatch-msg"), 0o777); err != nil {
		tb.Fatal(err)
	}
	return r
}

// amMails returns the mails that git am makes of files, or what it says where it refuses them.
func amMails(tb testing.TB, r mailtest.AmRepo, args ...string) (mails []string, refusal string) {
	tb.Helper()
	state := filepath.Join(r.Dir, ".git/rebase-apply")
	if err := os.RemoveAll(state); err != nil {
		tb.Fatal(err)
	}
	_, amErr := r.Git(nil, append([]string{"am", "-q"}, args...)...)
	names, err := filepath.Glob(filepath.Join(state, "[0-9][0-9][0-9][0-9]"))
	if err != nil {
		tb.Fatal(err)
	}
	// Of some dates git dies with half a mail written.
	if len(names) == 0 || strings.Contains(fmt.Sprint(amErr), "fatal: Timestamp") {
		return nil, fmt.Sprint(amErr)
	}
	for _, name := range names {
		mail, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		mails = append(mails, string(mail))
	}
	return mails, ""
}

// ourMails returns the mails that the reader makes of files.
func ourMails(tb testing.TB, format string, names ...string) ([]string, error) {
	tb.Helper()
	inputs, err := source.Resolve(tb.Context(), names, &source.Options{PatchFormat: format})
	defer source.CloseAll(inputs)
	if err != nil {
		return nil, err
	}
	x := newIndex(Options{})
	defer x.close()
	for _, in := range inputs {
		if err := x.add(in); err != nil {
			return nil, err
		}
	}
	var mails []string
	for _, e := range x.entries {
		raw, err := x.read(e)
		if err != nil {
			return nil, err
		}
		mails = append(mails, string(mail.Unmail(raw, e.in.IsForeign(), e.in.Mboxrd)))
	}
	return mails, nil
}

// compareFormat reads files and holds the mails against those of git am.
func compareFormat(tb testing.TB, r mailtest.AmRepo, format string, names ...string) {
	tb.Helper()
	args := names
	if format != "" {
		args = append([]string{"--patch-format=" + format}, names...)
	}
	want, refusal := amMails(tb, r, args...)
	got, err := ourMails(tb, format, names...)
	switch {
	case strings.Contains(refusal, "format detection failed"): // the reader goes on, with a mailbox
	case refusal != "":
		if err == nil && strings.TrimLeft(strings.Join(got, ""), mail.GitSpace) != "" {
			tb.Errorf("%q %q: git am refuses: %s\nbut we read %q", format, names, refusal, got)
		}
	case err != nil:
		tb.Errorf("%q %q: %v", format, names, err)
	default: // git mailinfo skips white space at the start of a mail
		for i := range want {
			want[i] = strings.TrimLeft(want[i], mail.GitSpace)
		}
		want = slices.DeleteFunc(want, func(mail string) bool { return mail == "" })
		if !slices.Equal(got, want) {
			tb.Errorf("%q %q: got\n%q\nwant\n%q", format, names, got, want)
		}
	}
}

const (
	hgHead  = "# HG changeset patch\n# User A <a@example.org>\n"
	someDif = "---\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n"
)

// foreignSeeds are patches of each format, and files that look like another format than they are.
var foreignSeeds = []string{
	"a: b\n\nFrom: A <a@example.org>\n\nBody.\n" + someDif,
	"a: b\n\nAuthor: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\n\nBody.\n" + someDif,
	"a: b\n\nDate: 2026-01-02 10:00:00 +0100\nFrom: A <a@example.org>\nBody, at once.\n" + someDif,
	"a: b\r\n\r\nFrom: A <a@example.org>\r\n\r\nBody.\r\n" + strings.ReplaceAll(someDif, "\n", "\r\n"),
	"\n\r\n\na: b\n\nFrom: A <a@example.org>\n\nBody.\n" + someDif,
	" \na: b\n\nFrom: A <a@example.org>\n\nBody.\n",
	"a: b\n \nFrom: A <a@example.org>\n\nBody.\n",
	"a: b\n\n\nFrom: A <a@example.org>\n\nBody.\n",
	"a: b\n\nFrom the start\n\nBody.\n",
	// A mail with one header whose text starts with From: git takes it for a patch of StGit.
	"Subject: a: b\n\nFrom: A <a@example.org>\n\nBody.\n" + someDif,
	"X-Header: x\n\nDate: of birth\n\nBody.\n" + someDif,
	"Subject: a: b\nFrom: A <a@example.org>\n\nFrom: B <b@example.org>\n\nBody.\n" + someDif,
	"From: A <a@example.org>\n\nFrom: B <b@example.org>\nSubject: x\n\nBody.\n" + someDif,
	"From here\n\nFrom: A <a@example.org>\n\nBody.\n",
	"Fromage\n\nFrom: A <a@example.org>\n\nBody.\n",
	"From: A <a@example.org>\nSubject: # HG changeset patch\n\n" + hgHead,
	"Re: a\n\nFrom: A <a@example.org>\n\nFrom a@example.org Thu Jan  1 00:00:00 1970\n\nFrom: x\n",
	"From a@example.org Thu Jan  1 00:00:00 1970\na: b\n\nFrom b@example.org Thu Jan  1 00:00:00 1970\n\nBody\n",
	"a\x00b\n\nFrom: A\x00B <a@example.org>\n\nBody\x00.\nMore\x00.\n",
	"a: b\n\nFrom: A <a@example.org>",
	"a: b\n\nFrom: A <a@example.org>\n\nBody",
	"Title\n\nFrom:",
	hgHead + "# Date 1767312000 -19800\n#      Fri Jan 02\n# Node ID 016d\n# Parent 6170\na: b\n\nBody.\n\n" + someDif,
	"# HG changeset patch\r\n# User A <a@example.org>\r\n# Date 0 0\na: b\r\n\r\nBody.\r\n",
	"# HG changeset patch \n# User A <a@example.org>\n",
	"\n\n" + hgHead + "a: b\n",
	hgHead + "#no comment\na: b\n" + someDif,
	hgHead + "\n\na: b\n" + someDif,
	hgHead,
	"# HG changeset patch\n# Date 0 0\n" + someDif,
	hgHead + "# Date 1767312000 -19800\n" + hgHead + "a: b\n",
	">From a\n\n>>From b\n",
	"# This series applies on GIT commit 0123\n",
}

// TestFormatsAsGit makes mails of patches in each format, given or detected, and compares with git am.
func TestFormatsAsGit(t *testing.T) {
	r := newAmFolder(t)
	for i, text := range runtest.Short(foreignSeeds[:5], foreignSeeds) {
		name := filepath.Join(r.Dir, fmt.Sprintf("%02d", i))
		mailtest.Write(t, name, []byte(text))
		for _, format := range []string{"", "mbox", "mboxrd", "stgit", "hg"} {
			compareFormat(t, r, format, name)
		}
	}
	dates := []string{
		"0 0", "1767312000 -19800", "1767312000 18000", "1767312000 -3599", "1767312000 59", "1767312000 86400", "1767312000 -359999",
		"", "0", " 5 0", "5  0", "5 0 ", "+5 +0", "-5 0", "x", "5 x", "5x 0", " ", "5 ", "5 0\r", "5 0\x00x", "1.5 0", "0 3600", "3600 3600",
		"99999999999 0", "36028797018963968 0", "99999999999999999999 0", "0 99999999999999999999",
	}
	for _, date := range runtest.Short(dates[:5], dates) {
		name := filepath.Join(r.Dir, "date")
		mailtest.Write(t, name, []byte(hgHead+"# Date "+date+"\na: b\n\n"+someDif))
		compareFormat(t, r, "", name)
	}
}

// TestFormatsOfPrograms reads what StGit and Mercurial wrote.
func TestFormatsOfPrograms(t *testing.T) {
	r := newAmFolder(t)
	dir, err := filepath.Abs("../testdata/formats")
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range []string{"stgit/a-*", "stgit/series", "stgit-dated/0*", "stgit-dated/series", "hg/*.patch", "*/*1*.patch"} {
		names, err := filepath.Glob(filepath.Join(dir, files))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", files, len(names), err)
		}
		compareFormat(t, r, "", names...)
		if slices.Reverse(names); len(names) > 1 { // the first file tells the format of all
			compareFormat(t, r, "", names...)
		}
	}
	compareFormat(t, r, "stgit-series", filepath.Join(dir, "stgit-dated/series"))
	series := filepath.Join(dir, "stgit/series")
	compareFormat(t, r, "", series, series)
	compareFormat(t, r, "stgit-series", series, series)
	compareFormat(t, r, "", filepath.Join(dir, "hg/1.patch"), series)

	// A folder with a series file, which git am does not take, is the same series.
	for _, folder := range []string{"stgit", "stgit-dated"} {
		want, err := ourMails(t, "", filepath.Join(dir, folder, "series"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := ourMails(t, "", filepath.Join(dir, folder))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", folder, got, err, want)
		}
	}
}

// FuzzPatchFormat makes a mail of a file in a given or detected format, and compares with git am.
func FuzzPatchFormat(f *testing.F) {
	for _, text := range runtest.Short(foreignSeeds[:5], foreignSeeds) {
		for i := range 3 {
			f.Add([]byte(text), uint8(i))
		}
	}
	r := newAmFolder(f)
	f.Fuzz(func(t *testing.T, text []byte, format uint8) {
		name := filepath.Join(r.Dir, "fuzz")
		mailtest.Write(t, name, text)
		formats := []string{"", source.FormatStGit, source.FormatHg}
		compareFormat(t, r, formats[int(format)%len(formats)], name)
	})
}
