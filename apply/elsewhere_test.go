// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"strings"
	"testing"
)

// TestElsewhere: a patch for a file that the tree has by another name was refused without saying where.
func TestElsewhere(t *testing.T) {
	tree := files{"pond/deep/a.c": text("a\n"), "pond/b.c": text("b\n"), "lake/b.c": text("b\n"), "lake/new.c": text("x\ny\n")}
	edit := func(name string) string {
		return "diff --git a/" + name + " b/" + name + "\n--- a/" + name + "\n+++ b/" + name + "\n@@ -1 +1 @@\n-a\n+x\n"
	}
	rename := func(hunk string) string {
		if hunk != "" {
			hunk = "--- a/old.c\n+++ b/lake/new.c\n" + hunk
		}
		return "diff --git a/old.c b/lake/new.c\nsimilarity index 90%\nrename from old.c\nrename to lake/new.c\n" + hunk
	}
	for _, c := range []struct{ what, diff, want string }{
		{"relative", edit("deep/a.c"), "`--directory=pond` finds it: the tree has pond/deep/a.c"},
		{"relative, two files", edit("deep/a.c") + edit("b.c"), "`--directory=pond` finds it: the tree has pond/deep/a.c"},
		{"relative, in two folders", edit("b.c"), ""},
		{"a letter in the file's name", edit("lake/news.c"), "the tree has lake/new.c, a name like it"},
		{"a letter in the folder's name", edit("ponds/deep/a.c"), "the tree has pond/deep/a.c, a name like it"},
		{"another name", edit("pond/deep/q.c"), ""},
		{"renamed already", rename("@@ -1,2 +1,2 @@\n x\n-z\n+y\n"), hintApplied},
		{"renamed already, and not the rest", rename("@@ -1,2 +1,2 @@\n x\n-y\n+w\n"), "the tree has lake/new.c already"},
		{"renamed already, no more", rename(""), "the tree has lake/new.c already"},
		{"renamed to a folder", strings.ReplaceAll(rename(""), "lake/new.c", "lake"), ""},
	} {
		if bad := conflictsOf(t, tree, setOf(c.diff))[0]; bad.Hint != c.want {
			t.Errorf("%s: hint %q, want %q", c.what, bad.Hint, c.want)
		}
	}
	bad := conflictsOf(t, files{"old.c": text("q\nr\n")}, setOf(rename("@@ -1,2 +1,2 @@\n x\n-z\n+y\n")))[0]
	if !strings.Contains(bad.Message, "hunk 1 of lake/new.c (in the tree old.c) does not match") {
		t.Errorf("the old name: %q", bad.Message)
	}
}
