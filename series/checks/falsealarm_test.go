// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// post is one mail of an archive. What answers another names it.
func post(id, parent, subject, body string) string {
	if parent != "" {
		parent = "In-Reply-To: <" + parent + ">\n"
	}
	return "From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A U Thor <a@example.org>\nDate: Tue, 10 Mar 2026 12:00:00 +0000\nSubject: " + subject +
		"\nMessage-ID: <" + id + ">\n" + parent + "To: list@example.org\n\n" + body + "\n"
}

const signed = "\n\nSigned-off-by: A U Thor <a@example.org>\n---\n"

// oneLine is a diff that changes a line of a file.
func oneLine(file, from, to string) string {
	return fmt.Sprintf("diff --git a/%s b/%s\nindex 1234567..89abcde 100644\n--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-%s\n+%s\n", file, file, file, file, from, to)
}

// addsFile is a diff with a new file.
func addsFile(file string) string {
	return fmt.Sprintf("diff --git a/%s b/%s\nnew file mode 100644\nindex 0000000..89abcde\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+a\n", file, file, file)
}

// swapping is two patches that move lines of one file about; below them is the diffstat of their sum.
func swapping(stat string) string {
	const head = "diff --git a/lib/a.c b/lib/a.c\nindex 1234567..89abcde 100644\n--- a/lib/a.c\n+++ b/lib/a.c\n"
	lines := func(sign string, from, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sline %d\n", sign, from+i)
		}
		return b.String()
	}
	return post("0@x", "", "[PATCH 0/2] lib: a: turn", "Text.\n\n"+stat) +
		post("1@x", "0@x", "[PATCH 1/2] lib: a: one", "Text."+signed+head+"@@ -1,20 +1,20 @@\n"+lines("-", 0, 20)+lines("+", 100, 20)) +
		post("2@x", "0@x", "[PATCH 2/2] lib: a: two", "Text."+signed+head+"@@ -40,20 +40,20 @@\n"+lines("-", 40, 20)+lines("+", 200, 20))
}

// TestNoFalseAlarms has what a check called a fault in mails of real lists and is none, and beside it what is like it and is one.
func TestNoFalseAlarms(t *testing.T) {
	const untold = report.Severity(-1)
	const stray = "REMOVED (744):\n        a_symbol    88\n        another     96\n\n"
	const shortlog = "A U Thor (1):\n  lib: a: mend\n\n"
	covered := func(text string) string {
		return post("0@x", "", "[PATCH 0/1] lib: a: mend", text) + post("1@x", "0@x", "[PATCH 1/1] lib: a: mend", "Text."+signed+oneLine("lib/a.c", "a", "b"))
	}
	alone := func(subject, body string) string { return post("1@x", "", subject, body) }
	tree := fstest.MapFS{"MAINTAINERS": {Data: []byte(mailtest.Maintainers)}, "lib/a.c": {}, "security/sample/a.c": {}, ".gitignore": {}, "Makefile": {}}
	for _, tt := range []struct {
		name, mails, check string
		want               report.Severity
	}{
		{"sizes of symbols under a heading", covered(stray + shortlog), "series/shortlog", untold},
		{"a shortlog of another series", covered("A U Thor (1):\n  lib: a: other\n\n"), "series/shortlog", report.Error},
		{"a sum that git shows longer", swapping(" lib/a.c | 84 ++++----\n 1 file changed, 42 insertions(+), 42 deletions(-)\n"), "series/diffstat-count", report.Note},
		{"and its totals", swapping(" lib/a.c | 84 ++++----\n 1 file changed, 42 insertions(+), 42 deletions(-)\n"), "series/diffstat-total", report.Note},
		{"a sum that does not balance", swapping(" lib/a.c | 84 ++++----\n 1 file changed, 43 insertions(+), 41 deletions(-)\n"), "series/diffstat-count", report.Error},
		{"a sum that is much longer", swapping(" lib/a.c | 104 ++++----\n 1 file changed, 52 insertions(+), 52 deletions(-)\n"), "series/diffstat-count", report.Error},
		{"some of the patches", covered("We could combine these two patches.\n"), "series/announced-count", untold},
		{"all of the patches", covered("What these two patches do.\n"), "series/announced-count", report.Warning},
		{"a rename whose front git cut off", alone("[PATCH] lib: b: move", "Text."+signed+" .../old => lib/x/deep/new}/name.c | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n rename {some/old => lib/x/deep/new}/name.c (100%)\n\n"+
			"diff --git a/some/old/name.c b/lib/x/deep/new/name.c\nsimilarity index 100%\nrename from some/old/name.c\nrename to lib/x/deep/new/name.c\n"), "series/patch-diffstat", untold},
		{"a rename cut off behind the arrow", alone("[PATCH] lib: b: move", "Text."+signed+" .../x/deep/new}/name.c | 0\n 1 file changed, 0 insertions(+), 0 deletions(-)\n rename {some/old => lib/x/deep/new}/name.c (100%)\n\n"+
			"diff --git a/some/old/name.c b/lib/x/deep/new/name.c\nsimilarity index 100%\nrename from some/old/name.c\nrename to lib/x/deep/new/name.c\n"), "series/patch-diffstat", untold},
		{"a table", alone("[PATCH] lib: a: mend", "It says\n\nPLATFORM      -- Some/machine with a name that is long 6.17.0-rc4 #287 SMP Thu Sep 18 16:42:54 2025\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"what a test prints", alone("[PATCH] lib: a: mend", "It says\n\nsuite/050 1s ... - output mismatch (see /home/somebody/tests/results//suite/050.out.bad)\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a long line of text", alone("[PATCH] lib: a: mend", "It is so that this line goes on and on, far beyond the width that a terminal has.\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", report.Warning},
		{"a diff for a robot", alone("a bug in a", "#syz test\n"+signed+oneLine("lib/a.c", "a", "b")), "series/subject-form", untold},
		{"a patch that robots test", alone("[PATCH] lib: a: mend", "Text.\n---\n#syz test\n\n"+oneLine("lib/a.c", "a", "b")), "series/missing-signoff", report.Error},
		{"a new file of another project", alone("[PATCH] a: b", "Text."+signed+oneLine(".gitignore", "a", "b")+addsFile("tests/a/1")), "series/uncovered-file", untold},
		{"a title of another project", alone("[prog PATCH] Mend it", "Text."+signed+oneLine("prog/a.c", "a", "b")), "series/subject-form", untold},
		{"a title without a subsystem", alone("[PATCH] Mend it", "Text."+signed+oneLine("lib/a.c", "a", "b")), "series/subject-form", report.Warning},
		{"is told as that", alone("[PATCH] a: b", "Text."+signed+oneLine(".gitignore", "a", "b")+addsFile("tests/a/1")), "series/other-project", report.Warning},
		{"a new file", alone("[PATCH] a: b", "Text."+signed+addsFile("lib/new.c")), "series/uncovered-file", report.Warning},
		{"one patch for another project", post("1@x", "", "[PATCH 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "1@x", "[PATCH 2/2] a: c", "Text."+signed+addsFile("tests/a/1")), "series/uncovered-file", untold},
		{"a commit of another project", alone("[PATCH] a: b", "Text.\n\nFixes: 333333333333 (\"x\")"+strings.TrimPrefix(signed, "\n")+oneLine("cmds/a.c", "a", "b")), "series/fixes-unknown", untold},
		{"a commit of nobody", alone("[PATCH] a: b", "Text.\n\nFixes: 333333333333 (\"x\")"+strings.TrimPrefix(signed, "\n")+oneLine("lib/a.c", "a", "b")), "series/fixes-unknown", report.Error},
		{"a patch sent anew below itself", post("0@x", "", "[PATCH 0/2] a: set", "Text.\n") + post("1@x", "0@x", "[PATCH 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "0@x", "[PATCH 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "c")) +
			post("3@x", "2@x", "[PATCH v1.1 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "d")), "series/duplicate-patch", report.Note},
		{"a patch sent anew twice", post("0@x", "", "[PATCH 0/2] a: set", "Text.\n") + post("1@x", "0@x", "[PATCH 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "0@x", "[PATCH 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "c")) +
			post("3@x", "2@x", "[PATCH v1.1 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "d")) +
			post("4@x", "2@x", "[PATCH v1.2 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "e")), "series/duplicate-patch", report.Note},
		{"a number for two", post("0@x", "", "[PATCH 0/2] a: set", "Text.\n") + post("1@x", "0@x", "[PATCH 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "0@x", "[PATCH 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "c")) +
			post("3@x", "0@x", "[PATCH 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "d")), "series/duplicate-patch", report.Error},
		{"a set of a number of sets", post("0@x", "", "[PATCHSET 2/5] a: set", "Text.\n") + post("1@x", "0@x", "[PATCH 1/1] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")), "series/wrong-total", untold},
		{"a set that is a series", post("1@x", "", "[PATCHSET 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "1@x", "[PATCHSET 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "c")), "series/others-left-out", untold},
		{"a set of which the second is lost", post("1@x", "", "[PATCHSET 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")), "series/missing-patch", report.Error},
		{"a word that was not closed", post("1@x", "", "=?utf-8?q?=5BPATCH_1/2=5D_a:_b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "1@x", "[PATCH 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "c")), "series/missing-patch", untold},
		{"a request to pull with its patches", post("0@x", "", "pull-request: a 2026-03-10", "The following changes since commit 0123456789ab:\n\nare available in the Git repository at:\n\n  git://example.org/a.git tags/a\n") +
			post("1@x", "0@x", "[PATCH 1/2] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")) + post("2@x", "0@x", "[PATCH 2/2] a: c", "Text."+signed+oneLine("lib/a.c", "b", "c")), "series/no-cover-letter", untold},
		{"a set that came alone", post("0@x", "", "[PATCHSET 2/5] a: set", "Text.\n\n a | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n"), "series/missing-signoff", untold},
		{"a diff in the message", alone("[PATCH] lib: a: mend", "It says:\n\n--- a/out\n+++ b/out\n@@ -1 +1 @@\n-a\n+b\n\nSo mend it."+signed+oneLine("lib/a.c", "a", "b")), "series/missing-signoff", untold},
		{"and is told as that", alone("[PATCH] lib: a: mend", "It says:\n\n--- a/out\n+++ b/out\n@@ -1 +1 @@\n-a\n+b\n\nSo mend it."+signed+oneLine("lib/a.c", "a", "b")), "series/cut-message", report.Error},
		{"a line of dashes with space is no diff", alone("[PATCH] lib: a: mend", "It says:\n\n---   \n\nSo mend it."+signed+oneLine("lib/a.c", "a", "b")), "series/cut-message", untold},
		{"a line that begins like a diff", alone("[PATCH] lib: a: mend", "The\ndiff - between both - is small."+signed+oneLine("lib/a.c", "a", "b")), "series/cut-message", report.Error},
		{"a signature in the text", alone("[PATCH] lib: a: mend", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nText."+signed+oneLine("lib/a.c", "a", "b")), "series/leftover", report.Warning},
		{"a need in words, with a URL", alone("[PATCH] lib: a: mend", "Text.\n\nBased on: https://lore.kernel.org/r/0@x\n"+signed+oneLine("lib/a.c", "a", "b")), "series/prerequisite-series", report.Note},
		{"a need in words alone", alone("[PATCH] lib: a: mend", "Text.\n\nDepends on: the weather\n"+signed+oneLine("lib/a.c", "a", "b")), "series/prerequisite-series", untold},
		{"a count without brackets", alone("PATCH 1/1: lib: a: mend", "Text."+signed+oneLine("lib/a.c", "a", "b")), "series/nested-brackets", report.Warning},
		{"a question with a diff", alone("a lock in a", "I see this. Does this make sense?\n\n    Signed-off-by: A U Thor <a@example.org>\n\n---\n\n"+oneLine("lib/a.c", "a", "b")), "series/subject-form", untold},
		{"signs of another program", post("0@x", "", "[PATCH 0/1] a: b", "Text.\n\n lib/a.c  |   2 +-\n lib/b.c |   1 +-\n 2 files changed, 3 insertions(+)\n") + post("1@x", "0@x", "[PATCH 1/1] a: b", "Text."+signed+addsFile("lib/b.c")+
			"diff --git a/lib/a.c b/lib/a.c\nindex 1234567..89abcde 100644\n--- a/lib/a.c\n+++ b/lib/a.c\n@@ -1 +1,3 @@\n a\n+b\n+c\n"), "series/diffstat-count", untold},
		{"how git wrote it", alone("[PATCH] lib: a: mend", "Text.\n\nMessage-Id: <1@x>"+strings.TrimPrefix(signed, "\n")+oneLine("lib/a.c", "a", "b")), "series/misspelt-trailer", untold},
		{"the machine of a log", alone("[PATCH] lib: a: mend", "It says\n\nHardware name: A Standard machine (Some + Thing, 1996), BIOS rel-1.16.2 of 04/01/2014 and more\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a device of a log", alone("[PATCH] lib: a: mend", "It says\n\nSOME-fs (blk0p1): Delayed block allocation failed for inode 206 at logical offset 0 with error 117\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a checker's line", alone("[PATCH] lib: a: mend", "It says\n\nlib/a.c:3583 a_function_with_a_long_name() error: uninitialized symbol 'another_long_name'.\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"new files in a folder that all have", alone("[PATCH] a: b", "Text."+signed+oneLine("prog/a.c", "a", "b")+addsFile("lib/x.h")), "series/other-project", report.Warning},
		{"a new file in such a folder", alone("[PATCH] a: b", "Text."+signed+addsFile("lib/x.h")), "series/other-project", untold},
		{"a new folder in such a folder", alone("[PATCH] a: b", "Text."+signed+addsFile("lib/x/x.h")), "series/other-project", untold},
		{"two paths that end alike", post("0@x", "", "[PATCH 0/1] a: b", "Text.\n\n lib/a.c | 1 +\n .../lib/a.c | 1 +\n 2 files changed, 2 insertions(+)\n create mode 100644 lib/a.c\n create mode 100644 other/lib/a.c\n") +
			post("1@x", "0@x", "[PATCH 1/1] a: b", "Text."+signed+addsFile("lib/a.c")+addsFile("other/lib/a.c")), "series/diffstat-files", untold},
		{"two paths that are cut alike", post("0@x", "", "[PATCH 0/1] a: b", "Text.\n\n .../of_bytes.s | 1 +\n ...of_bytes.s | 2 +-\n 2 files changed, 2 insertions(+), 1 deletion(-)\n create mode 100644 lib/of_bytes.s\n") +
			post("1@x", "0@x", "[PATCH 1/1] a: b", "Text."+signed+addsFile("lib/of_bytes.s")+oneLine("lib/try_of_bytes.s", "a", "b")), "series/diffstat-count", untold},
		{"a shortlog of titles cut short", covered("A U Thor (1):\n  a: mend\n\n"), "series/shortlog", untold},
		{"a rename beside its like", post("0@x", "", "[PATCH 0/1] a: b", "Text.\n\n include/a.h | 2 +-\n .../{old.c => a.h} | 0\n 2 files changed, 1 insertion(+), 1 deletion(-)\n rename lib/x/{old.c => a.h} (100%)\n") +
			post("1@x", "0@x", "[PATCH 1/1] a: b", "Text."+signed+oneLine("include/a.h", "a", "b")+"diff --git a/lib/x/old.c b/lib/x/a.h\nsimilarity index 100%\nrename from lib/x/old.c\nrename to lib/x/a.h\n"), "series/diffstat-files", untold},
		{"a new file at the top of another project", alone("[PATCH] a: b", "Text."+signed+oneLine("prog/a.c", "a", "b")+addsFile("NEWS.md")), "series/other-project", report.Warning},
		{"a new file at the top", alone("[PATCH] a: b", "Text."+signed+addsFile("NEWS.md")), "series/other-project", untold},
		{"a linker's line", alone("[PATCH] lib: a: mend", "It says\n\nsome_module_of_a_driver.c:(.text.a_function_of_it+0x76): undefined reference to `another_function'\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a fault of a log", alone("[PATCH] lib: a: mend", "It says\n\nUnable to handle kernel NULL pointer dereference at virtual address 0000000000000010\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a device and its address in a log", alone("[PATCH] lib: a: mend", "It says\n\nsome-mailbox 2a000000.mailbox: PM: a_callback(): another_callback_of_it returns -16\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a name in sysfs", alone("[PATCH] lib: a: mend", "It says\n\nsysfs: cannot create duplicate filename '/devices/platform/bus@0/1000000.thing'\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a long line with a figure", alone("[PATCH] lib: a: mend", "See table 2: it says that this line goes on and on, beyond the width of a terminal.\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", report.Warning},
		{"a version in words", alone("[PATCH v6] lib: a: mend", "Text.\n\nSigned-off-by: A U Thor <a@example.org>\n---\nUpdates in version 6:\n  b\n\n"+oneLine("lib/a.c", "a", "b")), "series/no-changelog", untold},
		{"a posting", alone("[PATCH v6] lib: a: mend", "Text.\n\nSigned-off-by: A U Thor <a@example.org>\n---\nSince the previous posting b went away.\n\n"+oneLine("lib/a.c", "a", "b")), "series/no-changelog", untold},
		{"a rebase", alone("[PATCH v6] lib: a: mend", "Text.\n\nSigned-off-by: A U Thor <a@example.org>\n---\nRebased on top of rc1.\n\n"+oneLine("lib/a.c", "a", "b")), "series/no-changelog", untold},
		{"a version of something else", alone("[PATCH v6] lib: a: mend", "Text.\n\nSigned-off-by: A U Thor <a@example.org>\n---\nBuilt with version 16 of a compiler.\n\n"+oneLine("lib/a.c", "a", "b")), "series/no-changelog", report.Warning},
		{"a commit of nobody above the trailers", alone("[PATCH] lib: a: mend", "Text.\n\nFixes: 333333333333 (\"x\")"+signed+oneLine("lib/a.c", "a", "b")), "series/fixes-unknown", report.Error},
		{"a placeholder above the trailers", alone("[PATCH] lib: a: mend", "Text.\n\nFixes: 000000000000 (\"x\")"+signed+oneLine("lib/a.c", "a", "b")), "series/placeholder", report.Error},
		{"a commit without its subject above the trailers", alone("[PATCH] lib: a: mend", "Text.\n\nFixes: commit 333333333333"+signed+oneLine("lib/a.c", "a", "b")), "series/fixes-form", report.Warning},
		{"is told of its place too", alone("[PATCH] lib: a: mend", "Text.\n\nFixes: commit 333333333333"+signed+oneLine("lib/a.c", "a", "b")), "series/fixes-floating", report.Warning},
		{"words that begin like a trailer", alone("[PATCH] lib: a: mend", "What it\nFixes: decades of waiting\nfor all."+signed+oneLine("lib/a.c", "a", "b")), "series/fixes-form", untold},
		{"an author whom git cannot read", alone("[PATCH] lib: a: mend", "From: somebody at example\n\nText."+signed+oneLine("lib/a.c", "a", "b")), "series/author-signoff", untold},
		{"a tool's warning", alone("[PATCH] lib: a: mend", "It says\n\nDocumentation/some/long/path/file.rst: WARNING: document is not included in any toctree\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a frame of a trace", alone("[PATCH] lib: a: mend", "It says\n\na_function_and_find_and_request (lib/some/long/folder/a.c:4598 lib/some/long/folder/a.c:4625)\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a warning on a device tree", alone("[PATCH] lib: a: mend", "It says\n\nlib/boards/some/long/name/board-r2.dtb: /node@0/bus@30800000/chip@30a40000/light@36:\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a linker", alone("[PATCH] lib: a: mend", "It says\n\narm-some-thing-ld: lib/a.o: in function `a_function_of_a_long_name_that_goes_on_and_on':\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a lock of a log", alone("[PATCH] lib: a: mend", "It says\n\nffff888103aa1c68 (&a->lock){+.+.}-{3:3}, at: a_function_of_a_name+0xec/0x190 [module]\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a rule of a daemon", alone("[PATCH] lib: a: mend", "It says\n\nACTION==\"add\", SUBSYSTEM==\"things\", KERNEL==\"thing-0:01\", ATTR{some}=\"one\", ATTR{other}=\"1\"\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a counted warning", alone("[PATCH] lib: a: mend", "It says\n\n1 lib/some/folder/a.c:816:39: warning: a structure that has an array is not at the end of another structure\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a commit of a list", alone("[PATCH] lib: a: mend", "It says\n\n8437a6209f76 (\"lib: a: a title that makes the line longer than the width it has\"),\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a shortlog twice", covered(shortlog + "--\n2.34.1\n\n" + shortlog), "series/shortlog", untold},
		{"an older shortlog before its own", covered("A U Thor (2):\n  lib: a: old\n  lib: a: older\n\nThen it was cut.\n\n" + shortlog), "series/shortlog", untold},
		{"an older shortlog by the same author right before its own", covered("O Ther (1):\n  lib: a: old\n\nA U Thor (1):\n  lib: a: older\n\n" + shortlog), "series/shortlog", untold},
		{"two shortlogs, of which none is its own", covered("A U Thor (1):\n  lib: a: old\n\nText.\n\nA U Thor (1):\n  lib: a: other\n\n"), "series/shortlog", report.Error},
		{"a title twice", covered("A U Thor (2):\n  lib: a: mend\n  lib: a: mend\n\n"), "series/shortlog", report.Error},
		{"changes in words", alone("[PATCH v2] lib: a: mend", "Text."+signed+"Thank you for the feedback, the names are better now.\n\n"+oneLine("lib/a.c", "a", "b")), "series/no-changelog", untold},
		{"changes in words of the cover letter", post("0@x", "", "[PATCH v2 0/1] lib: a: mend", "Nothing has changed here but the base.\n") + post("1@x", "0@x", "[PATCH v2 1/1] lib: a: mend", "Text."+signed+oneLine("lib/a.c", "a", "b")), "series/no-changelog", untold},
		{"words of the message", alone("[PATCH v2] lib: a: mend", "Text. This version is wrong."+signed+oneLine("lib/a.c", "a", "b")), "series/no-changelog", report.Warning},
		{"a program with a header of this tree", alone("[PATCH] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")+oneLine("src/x.c", "a", "b")+addsFile("tests/a/1")), "series/other-project", report.Warning},
		{"a file below a folder that is gone", alone("[PATCH] a: b", "Text."+signed+oneLine("lib/a.c", "a", "b")+oneLine("lib/b.c", "a", "b")+oneLine("src/x.c", "a", "b")), "series/other-project", untold},
		{"a daemon's line", alone("[PATCH] lib: a: mend", "It says\n\nsomed[2313]: src/shared/a.c:a_function() a stream of it and another stream went away\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a frame on the air", alone("[PATCH] lib: a: mend", "It says\n\n< HCI Command: LE Terminate A Group Of A Long Name (0x08|0x006a) plen 2   [hci0] 5.1\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a device as its bus shows it", alone("[PATCH] lib: a: mend", "It says\n\nI:* If#= 2 Alt= 0 #EPs= 8 Cls=ff(vend.) Sub=ff Prot=ff Driver=some_driver_of_a_name\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a device as lspci shows it", alone("[PATCH] lib: a: mend", "It says\n\n04:00.0 Network controller: SOME Corp. AB1234 802.11ax PCI Express Wireless Network\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a sanitizer", alone("[PATCH] lib: a: mend", "It says\n\n==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x7b7782a31df0 at pc 0x5\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a linker with its folder", alone("[PATCH] lib: a: mend", "It says\n\na-thing/bin/a-thing-ld: lib/a.o: in function `a_function_of_a_long_name_that_goes_on':\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"another project that wants no sign-off", alone("[PATCH BlueZ] a: b", "Text.\n---\n"+oneLine("prog/a.c", "a", "b")), "series/missing-signoff", report.Note},
		{"another project where some sign off", post("0@x", "", "[PATCH 0/2] a: b", "Text.\n") + post("1@x", "0@x", "[PATCH 1/2] a: b", "Text."+signed+oneLine("prog/a.c", "a", "b")) + post("2@x", "0@x", "[PATCH 2/2] a: c", "Text.\n---\n"+oneLine("prog/a.c", "b", "c")), "series/missing-signoff", report.Error},
		{"this project, unsigned", alone("[PATCH] lib: a: b", "Text.\n---\n"+oneLine("lib/a.c", "a", "b")), "series/missing-signoff", report.Error},
		{"changes against what was sent", alone("[PATCH v2] lib: a: mend", "Text.\n\nRemoved space from the previously sent patch."+signed+oneLine("lib/a.c", "a", "b")), "series/no-changelog", untold},
		{"a state of a log", alone("[PATCH] lib: a: mend", "It says\n\nin_atomic(): 0, irqs_disabled(): 1, non_block: 0, pid: 12, name: some-worker/u24:0\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
		{"a file that is gone already", alone("[PATCH] lib: x: drop it", "Text."+signed+"diff --git a/security/sample/gone.txt b/security/sample/gone.txt\ndeleted file mode 100644\nindex 89abcde..0000000\n--- a/security/sample/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"), "series/other-project", untold},
		{"a prototype", alone("[PATCH] lib: a: mend", "It becomes\n\nvoid a_function_of_a_long_name(unsigned char *to, const unsigned char *from, const size_t count,\n"+signed+oneLine("lib/a.c", "a", "b")), "series/long-line", untold},
	} {
		sets, err := thread.Read(strings.NewReader(tt.mails), tt.name, thread.Options{Threads: true})
		if err != nil {
			t.Fatal(tt.name, err)
		}
		got := untold
		for _, set := range sets {
			for _, f := range found(t, set, &check.View{Before: tree, Commits: fakeHistory{}}) {
				if f.Check == tt.check {
					got = f.Severity
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s is told as %d, not %d", tt.name, tt.check, got, tt.want)
		}
	}
}
