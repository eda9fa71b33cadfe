// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package series

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestE2ERealPatchesAreNotAtFault runs the checks over the signed-off patches that Debian carries,
// against a real tree. They were reviewed and merged, so an error about one is one of ours; that each
// is one of a larger series is true, and said.
func TestE2ERealPatchesAreNotAtFault(t *testing.T) {
	tree := os.DirFS(e2e.Tree(t, "6.12"))
	patches, errors, warnings := 0, 0, 0
	for _, file := range debianPatches(t) {
		sets, err := Open(context.Background(), []string{file}, nil)
		if err != nil {
			t.Fatal(err)
		}
		patches++
		for _, f := range judged(t, &check.View{Set: sets[0], Before: tree}) {
			switch {
			case f.Check == "series/missing-patch":
			case f.Severity == report.Error:
				errors++
				t.Errorf("%s: %s: %s", filepath.Base(file), f.Check, f.Message)
			case f.Severity == report.Warning:
				warnings++
			}
		}
	}
	t.Logf("%d patches: %d errors, %d warnings", patches, errors, warnings)
	if patches < 30 || warnings > 2*patches {
		t.Errorf("%d warnings about %d patches that were merged", warnings, patches)
	}
}

// debianPatches returns the patches of Debian's kernel package that somebody signed off.
func debianPatches(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(e2e.Source(t, "linux-debian"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".patch" || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(text), "\nSigned-off-by: ") {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
