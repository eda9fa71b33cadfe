// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checkpatch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestE2EScript runs the real script, once on a tree on disk and once on what is copied out of an
// fs.FS, and wants the same findings, in their places.
func TestE2EScript(t *testing.T) {
	root := e2e.Tree(t, "7.3")
	raw, err := os.ReadFile("testdata/printk.mbox")
	if err != nil {
		t.Fatal(err)
	}
	set := &patchset.Set{Patches: []*patchset.Patch{{Mail: patchset.Mail{Raw: raw}, Index: 1}}}
	for name, opts := range map[string]*Options{
		"root": {Engine: EngineTree, Root: root},
		"fs":   {Engine: EngineTree, Tree: os.DirFS(root)},
	} {
		findings, err := Check(t.Context(), set, opts)
		if err != nil {
			t.Fatal(name, err)
		}
		type place struct {
			Check    string
			Severity report.Severity
			File     string
			Line     int
		}
		var got []place
		for _, f := range findings {
			if f.Patch == 1 {
				got = append(got, place{f.Check, f.Severity, f.File, f.Line})
			}
		}
		want := []place{
			{"checkpatch/BAD_SIGN_OFF", report.Warning, "", 0},
			{"checkpatch/PRINTK_WITHOUT_KERN_LEVEL", report.Warning, "init/version.c", 19},
			{"checkpatch/SPACING", report.Error, "init/version.c", 20},
			{"checkpatch/SUSPECT_CODE_INDENT", report.Warning, "init/version.c", 20},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s\n%+v", name, diff, findings)
		}
	}
}

// TestE2ETypes: the types are those of the script, and each document that explains one is in the tree.
func TestE2ETypes(t *testing.T) {
	root := e2e.Tree(t, "7.3")
	out, err := exec.Command("perl", filepath.Join(root, "scripts", "checkpatch.pl"), "--list-types", "--no-color").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\d+\t(\S+)$`).FindAllSubmatch(out, -1) {
		want = append(want, string(m[1]))
	}
	// These two are written with other quotation marks than the list looks for.
	want = append(want, "MISSING_SPACE", "NEEDLESS_IF")
	slices.Sort(want)
	if diff := cmp.Diff(want, Types()); diff != "" {
		t.Errorf("-script +ours:\n%s", diff)
	}
	for typ, e := range explain.All() {
		if _, err := os.Stat(filepath.Join(root, e.Document)); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

// TestE2EAuto: of a script with rules that are new, changed and gone, each finding is there that the script has, whoever
// found it.
func TestE2EAuto(t *testing.T) {
	root := e2e.Tree(t, "7.3")
	text, err := os.ReadFile(filepath.Join(root, "scripts", "checkpatch.pl"))
	if err != nil {
		t.Fatal(err)
	}
	script := string(text)
	for old, now := range map[string]string{
		"# warn about unexpectedly long msleep's": "\t\tif ($line =~ /\\bnew_bad_call\\b/) {\n\t\t\tWARN(\"NEW_BAD_CALL\",\n\t\t\t     \"no\\n\" . $herecurr);\n\t\t}\n\n# warn about unexpectedly long msleep's",
		"if ($1 < 20) {": "if ($1 < 50) {",
		`WARN("IF_0"`:    `CHK("IF_0"`,
	} {
		if strings.Count(script, old) != 1 {
			t.Fatalf("%q is in the script %d times", old, strings.Count(script, old))
		}
		script = strings.Replace(script, old, now, 1)
	}
	tree := fstest.MapFS{"scripts/checkpatch.pl": {Data: []byte(script)}, "scripts/spelling.txt": {Data: []byte("teh||the\n")}}
	patch := "From: A <a@example.org>\nSubject: [PATCH] lib: a\n\nChange teh file.\n\nSigned-off-by: A <a@example.org>\n---\n" +
		"diff --git a/lib/a.c b/lib/a.c\n--- a/lib/a.c\n+++ b/lib/a.c\n@@ -1,1 +1,7 @@\n int a;\n+\tnew_bad_call(1);\n+\tmsleep(30);\n" +
		"+\tmsleep(60);\n+#if 0\n+int b=1; \n+#endif\n"
	set := &patchset.Set{Patches: []*patchset.Patch{{Mail: patchset.Mail{Raw: []byte(patch)}, Index: 1}}}
	found := map[string][]string{}
	for _, engine := range []string{EngineTree, EngineAuto} {
		findings, err := Check(t.Context(), set, &Options{Engine: engine, Tree: tree})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Patch == 1 {
				found[engine] = append(found[engine], fmt.Sprintf("%s %d %s", f.Check, f.Line, f.Severity))
			} else if engine == EngineAuto {
				for _, typ := range []string{"IF_0", "MSLEEP", "NEW_BAD_CALL"} {
					if f.Check == "checkpatch/unknown-rules" && !strings.Contains(f.Message, typ) || strings.Contains(f.Message, "SPACING") {
						t.Errorf("%s: %s", typ, f.Message)
					}
				}
			}
		}
		slices.Sort(found[engine])
	}
	if diff := cmp.Diff(found[EngineTree], found[EngineAuto]); diff != "" || len(found[EngineTree]) < 5 {
		t.Errorf("-script +auto:\n%s", diff)
	}
}
