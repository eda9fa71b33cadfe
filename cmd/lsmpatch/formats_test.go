// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestPatchFormatsOfGitAm applies what StGit and Mercurial exported, and files that look like it, and
// compares the commits with those of git am.
func TestPatchFormatsOfGitAm(t *testing.T) {
	t.Parallel()
	bin := "lsmpatch" // this very program; see TestMain
	r := newAmRepo(t)
	samples, err := filepath.Abs("../../series/testdata/formats")
	if err != nil {
		t.Fatal(err)
	}
	r.write("tree/a.txt", "one\ntwo\nthree\n")
	r.git("add", "-A", "-f")
	r.git("commit", "-q", "-m", "a")
	base := r.git("rev-parse", "HEAD")
	diff := "---\ndiff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n"
	r.write("f/mail", "Subject: a: b\n\nFrom: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\n\nBody.\n"+diff)
	r.write("f/re", "Re: [x] a: b\n\nAuthor: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\n\nBody.\n"+diff)
	r.write("f/crlf", strings.ReplaceAll("a: b\n\nFrom: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\n\nBody.\n"+diff, "\n", "\r\n"))
	r.write("f/crlfhead", "a: b\r\n\r\nFrom: A <a@example.org>\r\nDate: Fri, 2 Jan 2026 10:00:00 +0100\r\n\r\nBody.\r\n"+diff)
	r.write("f/cover", "[PATCH 0/3] a: b\n\nFrom: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\n\nBody.\n"+diff)
	r.write("f/nodate", "# HG changeset patch\n# User A <a@example.org>\n# Date soon\na: b\n\n"+diff)
	r.write("f/nodiff", "# HG changeset patch\n# User A <a@example.org>\n# Date 0 0\na: b\n\nBody.\n")
	r.write("f/mboxrd", "From 0123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\nSubject: a: b\n\n>From here\n>>From there\n"+diff)
	r.write("f/list", "# This series applies on GIT commit 0123\nre\n")
	for _, args := range [][]string{
		{"stgit-dated/series"}, {"stgit-dated/01-a-say-zwei.patch", "stgit-dated/02-a-say-drei-and-add-b.patch"},
		{"--patch-format=stgit-series", "stgit-dated/series"}, {"-s", "-3", "--patch-format=stgit", "stgit-dated/01-a-say-zwei.patch"},
		{"hg/1.patch", "hg/2.patch", "hg/3.patch"}, {"-k", "hg/1-plain.patch"}, {"hg/3.patch", "hg/2.patch"},
		{"--patch-format=hg", "hg/1.patch"}, {"--patch-format=mbox", "hg/1.patch"}, {"--patch-format=stgit", "hg/1.patch"},
		{"hg/1.patch", "stgit-dated/02-a-say-drei-and-add-b.patch"}, {"stgit-dated/01-a-say-zwei.patch", "hg/2.patch"},
		{"mail"}, {"--patch-format=mbox", "mail"}, {"re"}, {"crlf"}, {"crlfhead"}, {"--keep-cr", "crlfhead"}, {"cover"}, {"nodate"}, {"nodiff"}, {"--empty=keep", "nodiff"},
		{"mboxrd"}, {"--patch-format=mboxrd", "mboxrd"}, {"list"}, {"--patch-format=stgit-series", "list"}, {"list", "list"},
		{"--patch-format=quilt", "mail"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			runtest.OneIn(t, 12)
			args := slices.Clone(args)
			for i, arg := range args {
				for _, dir := range []string{samples, filepath.Join(r.home, "f")} {
					if _, err := os.Stat(filepath.Join(dir, arg)); err == nil {
						args[i] = filepath.Join(dir, arg)
					}
				}
			}
			r.git("reset", "-q", "--hard", base)
			amOut, amErr := r.run("git", slices.Concat([]string{"am", "-q"}, args)...)
			want := r.git("rev-parse", "HEAD")
			if amErr != nil {
				_, _ = r.run("git", "am", "--abort")
				want = base
			}
			r.git("reset", "-q", "--hard", base)
			out, err := r.run(bin, slices.Concat([]string{"apply", "--tree", r.dir}, args)...)
			got := r.git("rev-parse", "HEAD")
			if (err != nil) != (amErr != nil) {
				t.Fatalf("git am: %v\n%s\nlsmpatch: %v\n%s", amErr, amOut, err, out)
			}
			if got != want {
				t.Errorf("%s\nthe commit is\n%s\nthat of git am\n%s", out, r.git("cat-file", "-p", got), r.git("cat-file", "-p", want))
			}
			if amErr == nil && got == base {
				t.Error("nothing was applied")
			}
		})
	}
}
