// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestDiffCR: CRs count in the lines of a hunk, and nowhere else.
func TestDiffCR(t *testing.T) {
	diff := strings.ReplaceAll("---\ndiff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@ x\n-a\n+b\n c\n \n"+
		"@@ -9 +9 @@\n--- a\n+++ b\ndiff --git a/old b/new\nrename from old\nrename to new\n-- \n2.39\n", "\n", "\r\n")
	files, err := parseDiff([]byte(diff))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if f := files[0]; f.OldName != "f" || f.NewName != "f" || f.TextFragments[0].Lines[0].Line != "a\r\n" || f.TextFragments[1].Lines[1].Line != "++ b\r\n" {
		t.Errorf("%v", f)
	}
	if f := files[1]; f.OldName != "old" || f.NewName != "new" || patchset.Status(f) != "renamed" {
		t.Errorf("%v", f)
	}
}

// TestLinesAreShared: the lines of a diff are its own bytes, not copies, and are those that the parser reads.
func TestLinesAreShared(t *testing.T) {
	diff := []byte("---\n f | 2 +-\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@ int x(void)\n-a\n+b\n c\n\n d\n@@ -9 +9 @@\n-e\n" +
		"\\ No newline at end of file\n+f\ndiff --git a/g b/g\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-@@ -1 +1 @@\n+@@ -2 +2 @@\n-- \n2.39\n")
	files, err := parseDiff(diff)
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	theirs, _, err := gitdiff.Parse(bytes.NewReader(diff))
	if err != nil {
		t.Fatal(err)
	}
	shared := func(s string) bool {
		at := uintptr(unsafe.Pointer(unsafe.StringData(s))) - uintptr(unsafe.Pointer(unsafe.SliceData(diff)))
		return at < uintptr(len(diff))
	}
	for i, f := range files {
		for j, fragment := range f.TextFragments {
			for k, line := range fragment.Lines {
				if want := theirs[i].TextFragments[j].Lines[k]; line != want {
					t.Errorf("%q, want %q", line.Line, want.Line)
				}
				// The parser makes these two anew: the one for lack of its space, the other without its end.
				if copied := line.Line == "\n" || line.Line == "e"; shared(line.Line) == copied {
					t.Errorf("%q: shared is %v", line.Line, !copied)
				}
			}
		}
	}
}
