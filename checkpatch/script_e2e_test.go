// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checkpatch

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

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
