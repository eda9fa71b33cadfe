// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// conflictsOf applies set to f, and returns why it does not fit.
func conflictsOf(t *testing.T, f files, set *patchset.Set) []Conflict {
	t.Helper()
	_, res, err := Overlay(f.snapshot(t), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) == 0 {
		t.Fatal("no conflict")
	}
	return res.Conflicts
}

const lsmHooks = "static int a(void)\n{\n\treturn 0;\n}\n\nstatic int file_open(struct file *f)\n{\n\tint ret;\n\n\tret = check(f);\n\treturn ret;\n}\n"

// TestNearestPlace finds where most lines of a hunk stand, and names the first that differs.
func TestNearestPlace(t *testing.T) {
	patch := "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n static int file_open(struct file *f)\n {\n \tint ret;\n \n-\tret = check_file(f);\n+\tret = 0;\n \treturn ret;\n }\n"
	bad := conflictsOf(t, files{"f": text(lsmHooks)}, setOf(patch))[0]
	if bad.Kind != KindHunk || bad.FoundLine != 6 || bad.Line != 10 || !strings.Contains(bad.Found, "ret = check(f);") {
		t.Errorf("%+v", bad)
	}
	want := []string{
		"      the patch expects              |       the tree has",
		"   ..." + strings.Repeat(" ", 30) + " |    ...",
		"    3 {                              |     7 {",
		"    4 »       int ret;               |     8 »       int ret;",
		"    5                                |     9",
		"    6 »       ret = check_file(f);   !    10 »       ret = check(f);",
		"                         ^^^^^       |",
		"    7 »       return ret;            |    11 »       return ret;",
		"    8 }                              |    12 }",
	}
	if diff := cmp.Diff(want, excerptLines(&bad)); diff != "" {
		t.Error(diff)
	}
}

// excerptLines returns the lines of an excerpt.
func excerptLines(c *Conflict) []string {
	return strings.Split(strings.TrimSuffix(c.Excerpt(), "\n"), "\n")
}

// TestExcerptOfLongLines shows lines that half a terminal does not hold one above the other, without the white
// space that all begin with, those that resemble each other together.
func TestExcerptOfLongLines(t *testing.T) {
	c := Conflict{
		Hunk: 1, ExpectedLine: 136, FoundLine: 137,
		Expected: "\t$(call a_call)\n\n\t$(BPF_IN_SHARED): force $(BPF_GENERATED) of it\n\t\t@(test -f ../../include/uapi/linux/bpf.h)\n\tgone\n\tlast\n",
		Found:    "\t$(call a_call)\n\n\t$(BPF_IN_SHARED): fixdep force $(BPF_GENERATED) of it\n\t\tln -sf x y\n\tlast\n\tnew at the end\n",
	}
	want := []string{
		"patch  tree   - the patch expects, + the tree has",
		"  136   137   $(call a_call)",
		"  137   138",
		"  138       - $(BPF_IN_SHARED): force $(BPF_GENERATED) of it",
		"  139       - »       @(test -f ../../include/uapi/linux/bpf.h)",
		"  140       - gone",
		"        139 + $(BPF_IN_SHARED): fixdep force $(BPF_GENERATED) of it",
		"                                 ^^^^^^^",
		"        140 + »       ln -sf x y",
		"  141   141   last",
		"        142 + new at the end",
	}
	if diff := cmp.Diff(want, excerptLines(&c)); diff != "" {
		t.Error(diff)
	}
}

// TestExcerptOfManyLines leaves out what is beyond some lines.
func TestExcerptOfManyLines(t *testing.T) {
	for _, line := range []string{"short\n", strings.Repeat("long", 15) + "\n"} {
		c := Conflict{Hunk: 1, Expected: strings.Repeat(line, 100), Found: strings.Repeat("other\n", 100), ExpectedLine: 1, FoundLine: 1}
		lines := excerptLines(&c)
		if last := lines[len(lines)-1]; len(lines) > 2*longest+2 || !strings.Contains(last, "...") {
			t.Errorf("%d lines, the last is %q", len(lines), last)
		}
	}
}

// TestExcerptEscapes keeps a hostile file from writing to the terminal.
func TestExcerptEscapes(t *testing.T) {
	c := Conflict{Hunk: 1, Expected: "a\x1b[2J\n", Found: "a\x1b]0;x\x07\xff\u202e\n" + strings.Repeat("long", 100), FoundLine: 1}
	if text := c.Excerpt(); strings.ContainsAny(text, "\x1b\x07\u202e") || !utf8.ValidString(text) {
		t.Errorf("%q", text)
	}
}

// TestExcerptWide keeps the two sides apart where characters take two columns, or none.
func TestExcerptWide(t *testing.T) {
	c := Conflict{Hunk: 1, Expected: "内核文档 a\ncafe\u0301 b\n", Found: "内核文档 c\ncafe\u0301 d\n内核\n", ExpectedLine: 1, FoundLine: 1}
	want := []string{
		"      the patch expects              |       the tree has",
		"    1 内核文档 a                     !     1 内核文档 c",
		"               ^                     |                ^",
		"    2 cafe\u0301 b                         !     2 cafe\u0301 d",
		"           ^                         |            ^",
		"                                     !     3 内核",
	}
	if diff := cmp.Diff(want, excerptLines(&c)); diff != "" {
		t.Error(diff)
	}
	c.Expected, c.Found = strings.Repeat("内", 40)+"\n", strings.Repeat("内", 39)+"外\n"
	want = []string{
		"patch  tree   - the patch expects, + the tree has",
		"    1       - < " + strings.Repeat("内", 30),
		"                                                                          ^^",
		"          1 + < " + strings.Repeat("内", 29) + "外",
		"                                                                          ^^",
	}
	if diff := cmp.Diff(want, excerptLines(&c)); diff != "" {
		t.Error(diff)
	}
}

// TestNearestHints tells a hunk that a mail program has damaged from one that has nothing in common with the
// file, and takes lines that are rare for better signs than braces and blank lines.
func TestNearestHints(t *testing.T) {
	patch := func(lines ...string) string {
		last := len(lines) - 1
		return fmt.Sprintf("--- a/f\n+++ b/f\n@@ -2,%d +2,%d @@\n %s\n+new\n %s\n", len(lines), len(lines)+1, strings.Join(lines[:last], "\n "), lines[last])
	}
	for name, tt := range map[string]struct {
		patch, hint string
		line        int
	}{
		"spaces for tabs":  {patch("    int ret;", "", "    ret = check(f);"), "line 8 on differs in white space only, as mail programs leave it; `--ignore-whitespace` applies it", 8},
		"another function": {patch("static void b(void)", "{", "\tb();", "}"), "nothing in the file resembles it", 2},
		"a line more":      {patch("static int file_open(struct file *f)", "{", "\tint ret;", "", "\tlock(f);", "\tret = check(f);"), "the nearest place is line 6, where 1 of 6 lines differ", 10},
	} {
		bad := conflictsOf(t, files{"f": text(lsmHooks)}, setOf(tt.patch))[0]
		if bad.Hint != tt.hint || bad.Line != tt.line {
			t.Errorf("%s: line %d, hint %q", name, bad.Line, bad.Hint)
		}
	}
}

// TestHunkAtAnEnd explains hunks whose lines are there, but not at the end, or the start, where they must stand: it
// said that white space differs, or that 0 lines do.
func TestHunkAtAnEnd(t *testing.T) {
	var long strings.Builder
	for i := range 20 {
		fmt.Fprintf(&long, "line %d\n", i)
	}
	for name, tt := range map[string]struct {
		have, patch, hint string
		line              int
	}{
		"the tree grew at its end": {"one\ntwo\nthree\nfour\nfive\n", "--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n one\n two\n three\n+new\n", "the hunk must stand at the end of the file, where the tree has 2 lines more", 4},
		"at its start":             {"zero\none\ntwo\nthree\n", "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n+new\n one\n two\n", "the hunk must stand at the start of the file, where the tree has 1 line more", 1},
		"a file to delete grew":    {"one\ntwo\n", "diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n", "the file has 1 line more than the patch deletes", 2},
		"spaces, and it grew":      {"\tone\n\ttwo\nmore\n", "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n   one\n   two\n+new\n", "line 1 on differs in white space, and is not where the hunk must stand", 1},
		"lines between":            {"one\nmore\ntwo\nthree\n" + long.String(), "--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n one\n two\n+new\n three\n", "its lines are there from line 1 on, with 1 line more between them", 2},
		"changed before": {long.String(), "--- a/f\n+++ b/f\n@@ -3,3 +3,3 @@\n line 2\n-line 3\n+line x\n line 4\n@@ -3,3 +3,3 @@\n line 2\n-line 3\n+line y\n line 4\n",
			"line 3 on has been changed by a hunk before it", 4},
	} {
		bad := conflictsOf(t, files{"f": text(tt.have)}, setOf(tt.patch))[0]
		if bad.Hint != tt.hint || bad.Line != tt.line {
			t.Errorf("%s: line %d, hint %q", name, bad.Line, bad.Hint)
		}
	}
}

// TestWholeExcerpt cuts no line.
func TestWholeExcerpt(t *testing.T) {
	c := Conflict{Hunk: 1, Expected: strings.Repeat("a", 300) + "b\n", Found: strings.Repeat("a", 300) + "c\n", ExpectedLine: 1, FoundLine: 1}
	if text := c.WholeExcerpt(); !strings.Contains(text, c.Expected) || !strings.Contains(text, c.Found) {
		t.Errorf("cut:\n%s", text)
	}
	c = Conflict{Merged: "<<<<<<< a\n" + c.Expected + "=======\n" + c.Found + ">>>>>>> b\n", Line: 1}
	if text := c.WholeExcerpt(); !strings.Contains(text, strings.Repeat("a", 300)+"b\n") {
		t.Errorf("cut:\n%s", text)
	}
}

// TestAlreadyApplied tells a patch that is in from one that does not fit.
func TestAlreadyApplied(t *testing.T) {
	patch := "--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n one\n+new line\n two\n three\n"
	bad := conflictsOf(t, files{"f": text("one\nnew line\ntwo\nthree\nfour\n")}, setOf(patch))[0]
	if bad.Hint != hintApplied || bad.Found != "one\nnew line\ntwo\nthree\n" || bad.Line != 1 || bad.Excerpt() != "" {
		t.Errorf("%+v", bad)
	}
	bad = conflictsOf(t, files{"f": text("one\nother line\ntwo\nthree\nfour\n")}, setOf(patch))[0]
	if strings.Contains(bad.Hint, "already") {
		t.Errorf("hint %q", bad.Hint)
	}
	create := "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n"
	bad = conflictsOf(t, files{"n": text("n\n")}, setOf(create))[0]
	if bad.Kind != KindExists || bad.Hint != hintApplied {
		t.Errorf("%+v", bad)
	}
}

// TestMissingPatch names the patch that a series lacks, or that comes too late.
func TestMissingPatch(t *testing.T) {
	edit := "--- a/rust/lsm.rs\n+++ b/rust/lsm.rs\n@@ -1 +1 @@\n-a\n+b\n"
	create := "diff --git a/rust/lsm.rs b/rust/lsm.rs\nnew file mode 100644\n--- /dev/null\n+++ b/rust/lsm.rs\n@@ -0,0 +1 @@\n+a\n"
	other := "--- a/k\n+++ b/k\n@@ -1 +1 @@\n-a\n+b\n"
	tree := files{"k": text("a\n")}

	set := setOf(other, create, edit)
	set.Patches = slices.Delete(set.Patches, 1, 2)
	bad := conflictsOf(t, tree, set)[0]
	if want := "the series lacks patch 2/3"; bad.Patch != 3 || bad.Hint != want {
		t.Errorf("hint %q, want %q", bad.Hint, want)
	}
	bad = conflictsOf(t, tree, setOf(other, edit, create))[0]
	if !strings.Contains(bad.Hint, "which only patch 3/3 creates") {
		t.Errorf("hint %q", bad.Hint)
	}
}

// TestFoundInHistory names the revision that a stale patch was made for.
func TestFoundInHistory(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	put(t, dir, "a.c", "1\n2\nIII\n4\n5\n6\n7\n8\n9\n")
	gitIn(t, dir, "commit", "-q", "-am", "a: moved on")
	res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Conflicts) != 1 || !strings.Contains(res.Conflicts[0].Hint, "it applies to revision "+base[:12]+" (base)") {
		t.Errorf("%+v", res.Conflicts)
	}
}

// TestHistoryHints names who removed a file, and does not name the very revision that the patch does not fit.
func TestHistoryHints(t *testing.T) {
	dir, base := newRepo(t)
	set, _ := setOfCommits(t, dir, base, "topic")
	gitIn(t, dir, "rm", "-q", "gone")
	gitIn(t, dir, "commit", "-q", "-m", "drop it")
	set.Patches = set.Patches[2:]
	apply := func() *Result {
		t.Helper()
		res, err := Series(context.Background(), dir, set, &Options{Committer: committedAt})
		if err != nil || len(res.Conflicts) == 0 {
			t.Fatalf("%+v, %v", res, err)
		}
		return res
	}
	set.Patches[0].Diff = []byte("--- a/gone\n+++ b/gone\n@@ -1 +1 @@\n-gone\n+here\n")
	if bad := apply().Conflicts[0]; !strings.Contains(bad.Hint, "removed or renamed gone (drop it)") {
		t.Errorf("hint %q", bad.Hint)
	}
	blob := gitIn(t, dir, "rev-parse", "HEAD:a.c")
	set.Patches[0].Diff = []byte("diff --git a/a.c b/a.c\nindex " + blob[:12] + "..111111111111 100644\n--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n 1\n-x\n+y\n 3\n")
	if bad := apply().Conflicts[0]; strings.Contains(bad.Hint, "revision") {
		t.Errorf("hint %q", bad.Hint)
	}
}

// TestAllHunksAreExplained goes on after the first hunk that does not fit.
func TestAllHunksAreExplained(t *testing.T) {
	patch := "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-x\n+y\n 2\n@@ -4,3 +4,3 @@\n 4\n-x\n+y\n 6\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n"
	bad := conflictsOf(t, files{"f": text("1\n2\n3\n4\n5\n6\n7\n"), "g": text("g\n")}, setOf(patch))
	if len(bad) != 3 || bad[0].Line != 1 || bad[1].Line != 5 || bad[1].Hunk != 2 || bad[2].File != "g" {
		t.Errorf("%+v", bad)
	}
}

// TestStripHint: a patch whose names have a folder too few or too many is told by -p, where all of its files are found so.
func TestStripHint(t *testing.T) {
	tree := files{"pond/deep/a.c": text("a\n"), "pond/b.c": text("b\n")}
	of := func(before, after, a, b string) []Conflict {
		diff := ""
		for name, line := range map[string]string{a: "a", b: "b"} {
			diff += "diff --git " + before + name + " " + after + name + "\n--- " + before + name + "\n+++ " + after + name + "\n@@ -1 +1 @@\n-" + line + "\n+x\n"
		}
		return conflictsOf(t, tree, setOf(diff))
	}
	for _, bad := range of("", "", "pond/deep/a.c", "pond/b.c") {
		if want := "`-p0` finds it: the tree has pond/" + bad.File; bad.Hint != want {
			t.Errorf("hint %q, want %q", bad.Hint, want)
		}
	}
	for _, bad := range of("a/linux/", "b/linux/", "pond/deep/a.c", "pond/b.c") {
		if want := "`-p2` finds it: the tree has " + strings.TrimPrefix(bad.File, "linux/"); bad.Hint != want {
			t.Errorf("hint %q, want %q", bad.Hint, want)
		}
	}
	for _, bad := range of("a/linux/", "b/linux/", "pond/deep/a.c", "pond/c.c") {
		if bad.Hint != "" {
			t.Errorf("one of two is there: hint %q", bad.Hint)
		}
	}
}

// TestOtherTarget: of a symlink and of a submodule no lines are compared.
func TestOtherTarget(t *testing.T) {
	diff := "diff --git a/l b/l\nindex 1111111..2222222 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n\\ No newline at end of file\n"
	bad := conflictsOf(t, files{"l": {filemode.Symlink, "other"}}, setOf(diff))[0]
	if bad.Hint != "the symlink of the tree has another target" || bad.Found != "other" {
		t.Errorf("%+v", bad)
	}
}
