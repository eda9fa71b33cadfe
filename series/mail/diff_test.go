// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"strings"
	"testing"

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
