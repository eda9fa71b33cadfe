// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestReadAhead reads files while they are read ahead, in any order, twice each and among names that are
// not there, and closes the tree without waiting.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	files := map[string]string{}
	for i := range 50 {
		name := fmt.Sprintf("ahead/%d", i)
		files[name] = gittest.Lines(fmt.Sprint(i, " "), 50)
		gittest.Write(t, filepath.Join(dir, name), files[name])
	}
	gittest.Git(t, dir, "add", ".")
	gittest.Git(t, dir, "commit", "-q", "-m", "more")
	for round := range 20 {
		tr, err := Open(dir)
		gittest.Must(t, err)
		snapshot, err := tr.Snapshot("HEAD")
		gittest.Must(t, err)
		names := []string{"missing", "ahead", "../outside", "ahead/0/below"}
		for name := range files {
			names = append(names, name, name)
		}
		ReadAhead(snapshot, names)
		for name := range files {
			if len(name)%3 == round%3 {
				continue
			}
			for range 2 {
				if got, err := fs.ReadFile(snapshot, name); err != nil || string(got) != files[name] {
					t.Fatalf("%s: %q, %v", name, got, err)
				}
			}
		}
		gittest.Must(t, tr.Close())
	}
}
