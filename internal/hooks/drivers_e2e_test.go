// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestLongDrivers takes all of drivers/ for a series that adds it, in the three trees that are whole: none of it registers a
// hook, and nothing may be found. What has a word of ours in it, such as "alsm", is read like an LSM.
func TestLongDrivers(t *testing.T) {
	for _, version := range []string{"6.12", "7.2", "7.3"} {
		tree := os.DirFS(e2e.Tree(t, version))
		var files []string
		err := fs.WalkDir(tree, "drivers", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && (strings.HasSuffix(name, ".c") || strings.HasSuffix(name, ".h") || strings.HasSuffix(name, ".rs")) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		findings, seen, err := Check(&check.View{Set: hookstest.Touching(files...), Before: fstest.MapFS{}, After: tree}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Severity > report.Note {
				t.Errorf("%s: %s: %s: %s", version, f.Position(), f.Check, f.Message)
			}
		}
		t.Logf("%s: %d files, %s, %d findings", version, len(files), seen.String(), len(findings))
	}
}
