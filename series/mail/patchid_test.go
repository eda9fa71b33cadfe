// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPatchID holds the ID of the carried patches and of odd diffs against git patch-id.
func TestPatchID(t *testing.T) {
	diffs := []string{
		"", "no diff\n",
		"diff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n-- \n2.40\n",
		"text\n---\n f | 2 +-\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-a\n b  c\n@@ -9,0 +9 @@ x\n+ y\n\\ No newline at end of file\ndiff --git a/g b/g\nnew file mode 100644\nindex 000..111\n--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+g\n",
		"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n",
		"diff --git a/b b/b\nindex 0123456789012345678901234567890123456789..1123456789012345678901234567890123456789 100644\nGIT binary patch\nliteral 1\nIcmZQz\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n",
		"diff -u a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n",
	}
	mails, err := filepath.Glob("../../patchset/rustlsm/*.patch")
	if err != nil || len(mails) < 5 {
		t.Fatal(mails, err)
	}
	for _, name := range mails {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		diffs = append(diffs, string(Parse(raw, Options{}).Patch))
	}
	for _, diff := range diffs {
		cmd := exec.Command("git", "patch-id", "--stable")
		cmd.Stdin = strings.NewReader(diff)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want, _, _ := bytes.Cut(out, []byte(" "))
		if got := PatchID([]byte(diff)); got != string(want) {
			t.Errorf("%.300s: got %s, git says %s", diff, got, want)
		}
	}
}
