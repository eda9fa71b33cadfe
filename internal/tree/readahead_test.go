// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
)

// TestReadAhead reads files while they are read ahead, in any order, twice each and among names that are
// not there, and closes the tree without waiting.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	dir := baseRepo(t)
	files := map[string]string{}
	for i := range 50 {
		name := fmt.Sprintf("ahead/%d", i)
		files[name] = lines(fmt.Sprint(i, " "), 50)
		write(t, filepath.Join(dir, name), files[name])
	}
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "more")
	for round := range 20 {
		tr, err := Open(dir)
		must(t, err)
		snapshot, err := tr.Snapshot("HEAD")
		must(t, err)
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
		must(t, tr.Close())
	}
}
