// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checkpatch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// licensed is a patch that adds a file with a licence that there is, and one with a licence that there is not.
const licensed = "From: A <a@example.org>\nSubject: [PATCH] lib: a\n\nAdd two.\n\nSigned-off-by: A <a@example.org>\n---\n" +
	"diff --git a/lib/a.c b/lib/a.c\nnew file mode 100644\n--- /dev/null\n+++ b/lib/a.c\n@@ -0,0 +1,1 @@\n+// SPDX-License-Identifier: GPL-2.0-only\n" +
	"diff --git a/lib/b.c b/lib/b.c\nnew file mode 100644\n--- /dev/null\n+++ b/lib/b.c\n@@ -0,0 +1,1 @@\n+// SPDX-License-Identifier: Nobodys-1.0\n"

// TestE2ELicences: the tree's script asks its own spdxcheck.py, in the sandbox and with the tree's history, which once died
// there; and where that one is none that is known, it judges, whatever the engine thinks.
func TestE2ELicences(t *testing.T) {
	if out, err := exec.Command("/usr/bin/python3", "-c", "import git, ply").CombinedOutput(); err != nil {
		t.Fatalf("the packages python3-git and python3-ply are wanted: %s", out)
	}
	dir := helperTree(t, e2e.Tree(t, "7.3"))
	set := &patchset.Set{Patches: []*patchset.Patch{{Mail: patchset.Mail{Raw: []byte(licensed)}, Index: 1}}}
	judge := func(engine string) (licences []string, notes string) {
		findings, err := Check(t.Context(), set, &Options{Engine: engine, Root: dir, GitDir: filepath.Join(dir, ".git")})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			switch {
			case f.Check == "checkpatch/SPDX_LICENSE_TAG":
				licences = append(licences, f.File)
			case f.Patch == 0:
				notes += f.Check + " " + f.Message + f.Detail + "\n"
			}
		}
		return licences, notes
	}
	for _, engine := range []string{EngineTree, EngineNative, EngineAuto} {
		if got, notes := judge(engine); len(got) != 1 || got[0] != "lib/b.c" || notes != "" {
			t.Errorf("%s: %v %s", engine, got, notes)
		}
	}
	helper := filepath.Join(dir, "scripts/spdxcheck.py")
	if err := os.WriteFile(helper, []byte("#!/usr/bin/env python3\n# takes all\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if got, notes := judge(EngineAuto); len(got) > 0 || !strings.Contains(notes, "SPDX_LICENSE_TAG by scripts/spdxcheck.py") || strings.Contains(notes, "OBSOLETE") {
		t.Errorf("with another helper: %v %s", got, notes)
	}
	if got, notes := judge(EngineNative); len(got) != 1 || !strings.Contains(notes, "SPDX_LICENSE_TAG by scripts/spdxcheck.py") {
		t.Errorf("with another helper, alone: %v %s", got, notes)
	}
}

// helperTree makes a repository with the script of tree, what it calls, and the licences.
func helperTree(t *testing.T, tree string) string {
	dir := t.TempDir()
	for _, name := range []string{"scripts", "LICENSES"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"checkpatch.pl", "spdxcheck.py", "get_maintainer.pl", "spdxexclude", "spelling.txt", "const_structs.checkpatch"} {
		text, err := os.ReadFile(filepath.Join(tree, "scripts", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "scripts", name), text, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "LICENSES"), os.DirFS(filepath.Join(tree, "LICENSES"))); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "all"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	}
	return dir
}
