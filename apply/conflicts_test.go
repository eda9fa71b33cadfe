// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateConflicts = flag.Bool("update", false, "write the explanations of testdata/conflicts anew; read them before they are committed")

// TestConflictCorpus explains each NAME.patch of testdata/conflicts against NAME.tree, the file f, or against a tree
// without it, as NAME.want has it. Each explanation was read and found to be true, and of use.
func TestConflictCorpus(t *testing.T) {
	t.Parallel()
	patches, err := filepath.Glob("testdata/conflicts/*.patch")
	if err != nil || len(patches) < 15 {
		t.Fatalf("%d patches, %v", len(patches), err)
	}
	for _, name := range patches {
		patch, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimSuffix(name, ".patch")
		tree := files{"other": text("other\n")}
		if data, err := os.ReadFile(name + ".tree"); err == nil {
			tree["f"] = text(string(data))
		}
		var b strings.Builder
		for _, bad := range conflictsOf(t, tree, setOf(string(patch))) {
			b.WriteString(bad.Message + "\n" + bad.WholeExcerpt() + "hint: " + bad.Hint + "\n")
		}
		if *updateConflicts {
			if err := os.WriteFile(name+".want", []byte(b.String()), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(name + ".want")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filepath.Base(name), diff)
		}
	}
}
