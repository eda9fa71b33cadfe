// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"errors"
	"io"
	"io/fs"
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
	after := Assume(&patchset.Set{Patches: []*patchset.Patch{{Files: files}}}, fstest.MapFS{
		"moved": file("a\na\na\nb\nc\nd\n"), "other": file("1\n2\n3\n4\n"), "gone": file("x\n"), "from": file("x\n"), "same": file("s\n"),
	})
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
