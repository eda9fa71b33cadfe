// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestOutsideProgram builds testdata/outside as somebody else would, in a module of its own, and runs
// it: our packages can be used without what is internal to them.
func TestOutsideProgram(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copyIn := func(name, to string, edit func(string) string) {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), []byte(edit(string(data))), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	same := func(s string) string { return s }
	copyIn("testdata/outside/main.go", "main.go", same)
	copyIn("go.sum", "go.sum", same)
	copyIn("testdata/outside/go.mod", "go.mod", func(s string) string {
		return strings.Replace(s, "=> ../..", "=> "+root, 1)
	})

	run := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("go", "build", "-o", "outside", ".")

	text := run("./outside", filepath.Join(root, "testdata/minilinux"), "builtin:rust-lsm")
	for _, want := range []string{"\n  series      passed", "\n  style       passed", "\n  ours        passed", "verdict: passed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report has no %q:\n%s", want, text)
		}
	}

	orphan := filepath.Join(dir, "orphan.patch")
	patch := "From: A U Thor <author@example.org>\nDate: Tue, 24 Nov 2026 22:01:00 +0000\nSubject: [PATCH] kernel: add orphan.c\n\n" +
		"Nobody owns it.\n\nSigned-off-by: A U Thor <author@example.org>\n---\n kernel/orphan.c | 1 +\n 1 file changed, 1 insertion(+)\n create mode 100644 kernel/orphan.c\n\n" +
		"diff --git a/kernel/orphan.c b/kernel/orphan.c\nnew file mode 100644\nindex 000000000000..111111111111\n--- /dev/null\n+++ b/kernel/orphan.c\n@@ -0,0 +1 @@\n+// SPDX-License-Identifier: GPL-2.0\n-- \n2.50\n"
	if err := os.WriteFile(orphan, []byte(patch), 0o666); err != nil {
		t.Fatal(err)
	}
	text = run("./outside", filepath.Join(root, "testdata/minilinux"), orphan)
	if !strings.Contains(text, "[outside/unowned-file]") || !strings.Contains(text, "nobody is named for kernel/orphan.c") {
		t.Errorf("the check from outside says nothing:\n%s", text)
	}
}
