// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const unfixed = `From: A Person <person@example.org>
Subject: [PATCH] lib: a

Change the file for the test of fixes.

signed-off-by: A Person <person@example.org>
---
diff --git a/lib/a.c b/lib/a.c
--- a/lib/a.c
+++ b/lib/a.c
@@ -1,2 +1,11 @@
 int a;
+static int zero = 0;
+int f(int a) {
+	a=b+c;
+	if(a)
+		foo (a,b) ;
+	return ENOTSUPP;   
+
+
+}
 int z;
@@ -10,2 +19,3 @@
 int b;
+unsigned u;
 int c;
`

const wantFixed = `From: A Person <person@example.org>
Subject: [PATCH] lib: a

Change the file for the test of fixes.

Signed-off-by: A Person <person@example.org>
---
diff --git a/lib/a.c b/lib/a.c
--- a/lib/a.c
+++ b/lib/a.c
@@ -1,2 +1,11 @@
 int a;
+static int zero;
+int f(int a)
+{
+	a = b + c;
+	if (a)
+		foo (a, b);
+	return EOPNOTSUPP;
+
+}
 int z;
@@ -10,2 +19,3 @@
 int b;
+unsigned int u;
 int c;
`

// TestFix: what can be fixed is, and the patch stays one that git takes.
func TestFix(t *testing.T) {
	c := NewChecker(&Options{Fix: true, Strict: true})
	fixed := c.Patch("a.patch", []byte(unfixed)).Fixed
	if diff := cmp.Diff(wantFixed, string(fixed)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.patch"), fixed, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "apply", "--numstat", "a.patch")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "10\t0\tlib/a.c") {
		t.Errorf("git apply says %s, %v", out, err)
	}
}

// TestFixFile: a fixed file is a file again.
func TestFixFile(t *testing.T) {
	c := NewChecker(&Options{Fix: true})
	got := string(c.File("lib/a.c", []byte("// SPDX-License-Identifier: GPL-2.0-only\nint a;  \n        int b;\n")).Fixed)
	if want := "// SPDX-License-Identifier: GPL-2.0-only\nint a;\n\tint b;\n"; got != want {
		t.Errorf("got %q", got)
	}
}

// TestCorrected: what the script misses by mistake is found on request.
func TestCorrected(t *testing.T) {
	source := []byte("// SPDX-License-Identifier: GPL-2.0-only\nint f(void)\n{\n\tswitch (a) {\n\tcase CamelCase:\n\t\tbreak;\n\t}\n}\n")
	for corrected, want := range map[bool]int{false: 0, true: 1} {
		c := NewChecker(&Options{Strict: true, Corrected: corrected})
		if got := foundIn(c.File("lib/a.c", source)); len(got) != want {
			t.Errorf("corrected %v: %+v", corrected, got)
		}
	}
}

var hunkHeader = regexp.MustCompile(`(?m)^@@.*`)

// TestFixLikeScript fixes cases for all that can be fixed as the script of Linux 7.3 does, but for the counts in hunk
// headers, and the markers of lines that it makes two of one, which the script forgets.
func TestFixLikeScript(t *testing.T) {
	const name = "testdata/fix/code.patch"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if *scriptFile != "" {
		out := filepath.Join(t.TempDir(), "code.patch")
		if err := os.WriteFile(out, data, 0o666); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("perl", *scriptFile, "--no-tree", "--strict", "--fix-inplace", out)
		if _, err := cmd.Output(); err != nil && cmd.ProcessState.ExitCode() != 1 {
			t.Fatal(err)
		}
		fixed, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name+".want", fixed, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name + ".want")
	if err != nil {
		t.Fatal(err)
	}
	plain := func(patch []byte) string {
		text := hunkHeader.ReplaceAllString(string(patch), "@@")
		return strings.ReplaceAll(text, "\n+", "\n")
	}
	fixed := NewChecker(&Options{Strict: true, Fix: true}).Patch("code.patch", data).Fixed
	if diff := cmp.Diff(plain(want), plain(fixed)); diff != "" {
		t.Errorf("-script +ours:\n%s", diff)
	}
	cmd := exec.Command("git", "apply", "--numstat")
	cmd.Stdin = bytes.NewReader(fixed)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("git apply says %s, %v", out, err)
	}
}
