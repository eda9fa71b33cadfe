// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestAssume takes a series as applied whose hunks stand elsewhere, or nowhere.
func TestAssume(t *testing.T) {
	files, _, err := gitdiff.Parse(strings.NewReader(`diff --git a/new b/new
new file mode 100644
--- /dev/null
+++ b/new
@@ -0,0 +1,2 @@
+one
+two
diff --git a/moved b/moved
--- a/moved
+++ b/moved
@@ -1,3 +1,4 @@
 b
 c
+added
 d
diff --git a/other b/other
--- a/other
+++ b/other
@@ -2,3 +2,3 @@
 not
-there
+here
 either
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/from b/to
similarity index 90%
rename from from
rename to to
--- a/from
+++ b/to
@@ -1 +1 @@
-x
+y
diff --git a/missing b/missing
--- a/missing
+++ b/missing
@@ -10,2 +10,3 @@
 p
+q
 r
`))
	if err != nil {
		t.Fatal(err)
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	after, guessed := Assume(&patchset.Set{Patches: []*patchset.Patch{{Files: files}}}, fstest.MapFS{
		"moved": file("a\na\na\nb\nc\nd\n"), "other": file("1\n2\n3\n4\n"), "gone": file("x\n"), "from": file("x\n"), "same": file("s\n"),
	})
	if got := slices.Sorted(maps.Keys(guessed)); !slices.Equal(got, []string{"missing", "other"}) {
		t.Errorf("guessed %q", got)
	}
	for name, want := range map[string]string{
		"new": "one\ntwo\n", "moved": "a\na\na\nb\nc\nadded\nd\n", "other": "1\n2\nhere\n3\n4\n", "to": "y\n", "missing": "q\n", "same": "s\n",
	} {
		data, err := fs.ReadFile(after, name)
		if err != nil || string(data) != want {
			t.Errorf("%s: %q, %v, want %q", name, data, err, want)
		}
		f, err := after.Open(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if data, err := io.ReadAll(f); err != nil || string(data) != want {
			t.Errorf("%s opened: %q, %v", name, data, err)
		}
		f.Close()
	}
	for _, name := range []string{"gone", "from"} {
		_, err := fs.ReadFile(after, name)
		_, openErr := after.Open(name)
		if !errors.Is(err, fs.ErrNotExist) || !errors.Is(openErr, fs.ErrNotExist) {
			t.Errorf("%s: %v, %v", name, err, openErr)
		}
	}
}

// TestAssumeNear puts the changes of a hunk that fits as a whole nowhere.
func TestAssumeNear(t *testing.T) {
	const tree = "alpha();\nbeta();\nnewer();\ngamma();\ndelta();\nsame();\nsame();\nend();\n"
	for name, tc := range map[string]struct {
		hunk, want string
		guessed    bool
	}{
		// A line of the tree that the patch does not know stands further up.
		"between its lines": {"@@ -1,4 +1,5 @@\n alpha();\n beta();\n gamma();\n+added();\n delta();\n", strings.Replace(tree, "gamma();\n", "gamma();\nadded();\n", 1), false},
		"takes away":        {"@@ -1,5 +1,4 @@\n alpha();\n beta();\n gamma();\n-delta();\n same();\n", strings.Replace(tree, "delta();\n", "", 1), false},
		"below its line":    {"@@ -1,3 +1,4 @@\n other();\n delta();\n+added();\n more();\n", strings.Replace(tree, "delta();\n", "delta();\nadded();\n", 1), true},
		"what is not there": {"@@ -4,3 +4,3 @@\n gamma();\n-delta(1);\n+delta(2);\n same();\n", strings.Replace(tree, "gamma();\n", "gamma();\ndelta(2);\n", 1), true},
		"two changes": {"@@ -1,5 +1,7 @@\n alpha();\n+one();\n beta();\n gamma();\n delta();\n+two();\n same();\n",
			strings.NewReplacer("beta", "one();\nbeta", "delta();\n", "delta();\ntwo();\n").Replace(tree), false},
	} {
		files, _, err := gitdiff.Parse(strings.NewReader("diff --git a/f b/f\n--- a/f\n+++ b/f\n" + tc.hunk))
		if err != nil {
			t.Fatal(err)
		}
		after, guessed := Assume(&patchset.Set{Patches: []*patchset.Patch{{Files: files}}}, fstest.MapFS{"f": &fstest.MapFile{Data: []byte(tree)}})
		if got, err := fs.ReadFile(after, "f"); err != nil || string(got) != tc.want || guessed["f"] != tc.guessed {
			t.Errorf("%s: guessed %v, %v\n%s\nwant\n%s", name, guessed["f"], err, got, tc.want)
		}
	}
}
