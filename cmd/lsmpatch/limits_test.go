// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// A metLimit is a command line that meets a limit, with the file that it reads, and the words that name the limit then.
type metLimit struct {
	file  string
	text  func() []byte
	args  []string // FILE is the file, TREE a tree that has it
	words []string
}

func plainText(parts ...string) func() []byte {
	return func() []byte { return []byte(strings.Join(parts, "")) }
}

// limitsElsewhere are limits that tests of other packages meet, or that take more than a test may.
var limitsElsewhere = map[string]string{
	"bytes of an input, unpacked":                    "series/source TestLimitedInput",
	"bytes of a folder's compressed files, unpacked": "series/source",
	"bytes of a page of an archive":                  "series/source TestLongPage", "bytes of a mail's headers": "series/mail TestManyHeaders", "signatures of a kind in a mail": "series/attest TestManySignatures",
	"references to commits in a message": "series/checks TestManyReferences",
	"bytes of a series and its replies":  "256 MiB", "redirects of a server": "internal/redirect TestRedirects", "bytes of a key in a keyring": "series/attest",
	"lines compared to place the hunks of a patch": "apply", "bytes that a binary patch makes": "apply", "files of a tree": "two million files",
	"time that configurations are solved for": "internal/kconfig TestReasonWithoutTime",
	"steps of patterns for an input":          "a hundred lines that meet the other one", "bytes that style reads for statements": "checkpatch/internal/lines",
	"bytes that a git server sends": "internal/fetch hostile_test.go", "memory of a git that fetches": "internal/fetch hostile_test.go",
	"processor time of a git that fetches": "internal/fetch hostile_test.go", "silence of a git server": "internal/fetch hostile_test.go",
	"bytes of an archive, unpacked": "32 GiB", "bytes of a file in an archive": "internal/fetch",
	"processes of a program": "internal/sandbox TestLimits", "address space of a process": "internal/sandbox TestLimits", "memory of a program": "internal/sandbox TestLimits",
	"size of a file that a program writes": "internal/sandbox TestLimits", "bytes on disk of a program": "internal/sandbox TestLimits",
	"temporary files of a program": "internal/sandbox TestLimits", "output of a program": "internal/sandbox TestLimits", "time of a program": "internal/sandbox TestLimits",
	"time of a script of the tree": "internal/sandbox TestLimits", "bytes of a guest's console": "internal/sandbox TestLimits", "processes of an emulator": "internal/sandbox TestLimits",
	"connections to the queue of jobs": "the NATS server's own", "bytes of a job": "internal/fleet/queue TestLongJob", "listeners to the progress of jobs": "internal/web TestListeners",
	"series that a new one of a list is held against": "internal/fleet/watch TestMeetingsLimit",
	"bytes of the mails of these":                     "internal/fleet/watch TestMeetingsSize",
	"bytes of an object of ccache":                    "internal/fleet/ccache TestTooLarge",
}

// costlyLimits take seconds to meet.
var costlyLimits = []string{"findings of style for an input", "steps of patterns for a line", "bytes of a file of a tree", "lines of an input that style looks at",
	"mails of a series in all versions, with the replies", "commits that are looked up for a series", "hunks of a file"}

// TestLimitsAreNamed: what meets a limit says which, as a finding of the check that the table names, or as an error.
func TestLimitsAreNamed(t *testing.T) {
	long := func(piece string, n int) func() []byte {
		return plainText(patchMail("", "Text.", newFile("security/a.c", strings.Repeat(piece, n)+"\n")))
	}
	answered := func(n int, mail func(i int) string) func() []byte {
		return func() []byte { return []byte(each(n, mail)) }
	}
	cases := map[string]metLimit{
		"lines of the diff of a patch": {"x.mbox", func() []byte {
			return []byte(patchMail("", "Text.", newFile("security/a.c", strings.Repeat("x\n", limit.PatchLines+1))))
		}, []string{"series", "check", "FILE"}, []string{"series/damaged-diff", "the limit is 1048576"}},
		"files of a patch": {"x.mbox", func() []byte {
			return []byte(patchMail("", "Text.", each(limit.PatchFiles+1, func(i int) string { return newFile(fmt.Sprintf("f%d", i), "x\n") })))
		}, []string{"series", "check", "FILE"}, []string{"series/damaged-diff", "more than 32768 files"}},
		"versions back that patches and trailers come from": {"x.mbox", answered(limit.VersionsBack+2, func(i int) string {
			m := strings.Replace(patchMail("", "Text.", someDiff), "[PATCH]", fmt.Sprintf("[PATCH v%d]", i+1), 1)
			return strings.Replace(m, "<m@", fmt.Sprintf("<m%d@", i), 1)
		}), []string{"series", "check", "FILE"}, []string{"series/not-checked", "more than 100 versions back"}},
		"trailers that replies give a patch": {"x.mbox", answered(1, func(int) string {
			return patchMail("", "Text.", someDiff) + "From x Mon Sep 17 00:00:00 2001\nFrom: R <r@example.org>\nDate: Tue, 24 Nov 2026 01:00:00 +0000\n" +
				"Subject: Re: [PATCH] security: x\nMessage-ID: <r@example.org>\nIn-Reply-To: <m@example.org>\n\n" +
				each(limit.Received+1, func(i int) string { return fmt.Sprintf("Reviewed-by: R%d <r%d@example.org>\n", i, i) }) + "\n"
		}), []string{"series", "check", "FILE"}, []string{"series/not-checked", "more than 200 trailers that replies give patch 1"}},
		"bytes of a cover letter with claims": {"x.mbox", answered(1, func(int) string {
			return "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A U Thor <a@example.org>\nDate: Tue, 24 Nov 2026 00:00:00 +0000\n" +
				"Subject: [PATCH 0/1] security: x\nMessage-ID: <c@example.org>\n\n" + strings.Repeat("words\n", limit.CoverBytes/6+1) + "\n" +
				strings.Replace(patchMail("In-Reply-To: <c@example.org>\n", "Text.", someDiff), "[PATCH]", "[PATCH 1/1]", 1)
		}), []string{"series", "check", "FILE"}, []string{"series/not-checked", "a cover letter of more than 1 MiB"}},
		"bytes of long lines in the messages of a series": {"x.mbox", plainText(patchMail("", strings.Repeat("word: "+strings.Repeat("some ", 20)+"\n", limit.LongBytes/100), someDiff)),
			[]string{"series", "check", "FILE"}, []string{"series/not-checked", "the long lines of messages from patch 1 on"}},
		"bytes of a mail": {"x.mbox", long("x", limit.MailBytes), []string{"series", "check", "FILE"}, []string{"a mail of more than 32 MB"}},
		"times its size that an input unpacks to": {"x.mbox.gz", func() []byte {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			w.Write(make([]byte, 8<<20))
			w.Close()
			return b.Bytes()
		}, []string{"series", "check", "FILE"}, []string{"over 50 times its size"}},
		"bytes of a series file": {"series", plainText("# This series applies on GIT commit 0123456789012345678901234567890123456789\n", strings.Repeat("a.patch\n", limit.ListBytes/8)),
			[]string{"series", "check", "FILE"}, []string{"series file of more than 1 MB"}},
		"commits that are looked up for a series": {"x.mbox", func() []byte {
			var mails strings.Builder
			for i := range 4 {
				m := patchMail("", "Text.\n\n"+each(limit.References-10, func(j int) string { return fmt.Sprintf("See commit %012x (\"x\").\n", i<<20+j+1<<40) }),
					newFile(fmt.Sprintf("security/f%d.c", i), "int a;\n"))
				mails.WriteString(strings.Replace(strings.Replace(m, "[PATCH]", fmt.Sprintf("[PATCH %d/4]", i+1), 1), "<m@", fmt.Sprintf("<m%d@", i), 1))
			}
			return []byte(mails.String())
		}, []string{"series", "check", "--tree", "REPO", "FILE"}, []string{"too many commits"}},
		"bytes of .lsmpatch.toml": {"x.toml", plainText(strings.Repeat("# x\n", limit.ConfigBytes/4+1)), []string{"series", "check", "--config", "FILE"}, []string{"x.toml", "1 MB"}},
		"hunks of a file": {"x.mbox", plainText(patchMail("", "Text.", "diff --git a/kernel/fork.c b/kernel/fork.c\nindex 0..1 100644\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n"+
			strings.Repeat("@@ -1 +1 @@\n-x\n+y\n", limit.FileHunks+1))), []string{"apply", "--check", "--tree", "TREE", "FILE"}, []string{"more than 131072 hunks"}},
		"bytes of a file of a tree": {"MAINTAINERS", func() []byte { return make([]byte, limit.FileBytes+1) }, []string{"series", "check", "--tree", "TREE", "--all", "MAIL"}, []string{"MAINTAINERS", "64 MB"}},
		"bytes of a line that style looks at": {"x.mbox", long("x", limit.LineBytes+9), []string{"checkpatch", "--tree", "TREE", "FILE"},
			[]string{"checkpatch/LIMIT", "limit of 1048576 bytes of a line that style looks at"}},
		"steps of patterns for a line": {"x.mbox", long("int **a, ", limit.LineBytes/9-9), []string{"checkpatch", "--tree", "TREE", "FILE"},
			[]string{"checkpatch/LIMIT", "limit of 3000000 steps of patterns for a line"}},
	}
	cases["findings of style for a line"] = metLimit{"x.mbox", long("a+", 5000), []string{"checkpatch", "--strict", "--tree", "TREE", "FILE"},
		[]string{"checkpatch/LIMIT", "limit of 1000 findings of style for a line"}}
	cases["findings of style for an input"] = metLimit{"x.mbox", long("/*\n", limit.InputFindings+9), []string{"checkpatch", "--tree", "TREE", "FILE"},
		[]string{"checkpatch/LIMIT", "limit of 100000 findings of style for an input"}}
	cases["lines of an input that style looks at"] = metLimit{"x.patch", plainText("--- a/lib/a.c\n+++ b/lib/a.c\n@@ -1,9000000 +1 @@\n" +
		strings.Repeat("-\n", limit.InputLines)), []string{"checkpatch", "--patch", "--terse", "--tree", "TREE", "FILE"},
		[]string{"limit of 2097152 lines of an input that style looks at"}}
	cases["mails of a series in all versions, with the replies"] = metLimit{"x.mbox", func() []byte {
		m := patchMail("", "Text.", newFile("security/a.c", "int a;\n"))
		return []byte(each(limit.SeriesMails+1, func(i int) string {
			return strings.Replace(strings.Replace(m, "[PATCH]", fmt.Sprintf("[PATCH %d/%d]", i+1, limit.SeriesMails+1), 1), "<m@", fmt.Sprintf("<m%d@", i), 1)
		}))
	}, []string{"series", "check", "FILE"}, []string{"the limit is 32768"}}
	known := map[string]bool{}
	for _, l := range limit.All() {
		known[l.Name] = true
		c, ok := cases[l.Name]
		if !ok {
			if limitsElsewhere[l.Name] == "" {
				t.Errorf("no test meets the limit on %s", l.Name)
			}
			continue
		}
		t.Run(l.Name, func(t *testing.T) {
			if slices.Contains(costlyLimits, l.Name) {
				runtest.Deep(t)
			}
			dir := t.TempDir()
			tree := filepath.Join(dir, "tree")
			if err := os.CopyFS(tree, os.DirFS("../../testdata/minilinux")); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, c.file)
			if c.file == "MAINTAINERS" {
				file = filepath.Join(tree, c.file)
			}
			mail := filepath.Join(dir, "mail.mbox")
			if os.WriteFile(file, c.text(), 0o644) != nil || os.WriteFile(mail, []byte(patchMail("", "Text.", someDiff)), 0o644) != nil {
				t.Fatal("no disk")
			}
			args := commandLine("", strings.Join(c.args, " "), map[string][]string{"FILE": {file}, "TREE": {tree}, "REPO": {tree}, "MAIL": {mail}})
			if strings.Contains(strings.Join(c.args, " "), "REPO") {
				plainGit(t, tree, "init", "-q")
				plainGit(t, tree, "add", "-A", "-f")
				plainGit(t, tree, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "base")
			}
			var stdout, stderr bytes.Buffer
			run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
			for _, words := range c.words {
				if out := stdout.String() + stderr.String(); !strings.Contains(out, words) {
					t.Errorf("%q says nothing of %q:\n%.600s\n%.600s", args[:2], words, stdout.String(), stderr.String())
				}
			}
		})
	}
	for name := range cases {
		if !known[name] {
			t.Errorf("there is no limit on %s", name)
		}
	}
}
