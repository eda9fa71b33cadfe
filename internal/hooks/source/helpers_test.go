// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

// counted is a tree that notes which files are opened.
type counted struct {
	fs.FS
	opened []string
}

func (c *counted) Open(name string) (fs.File, error) {
	c.opened = append(c.opened, name)
	return c.FS.Open(name)
}

// TestFilesNamed finds the files of a name without opening those beside the folders: in a clone that has no file yet, a
// pattern for all of security/ cost a request for each of them.
func TestFilesNamed(t *testing.T) {
	tree := &counted{FS: fstest.MapFS{
		"security/Kconfig":    {},
		"security/one/lsm.rs": {},
		"security/two/lsm.rs": {},
		"security/two/a.rs":   {},
		"security/lsm.rs":     {},
	}}
	got := New(nil, nil, tree, "x86").FilesNamed("security", "lsm.rs")
	if want := []string{"security/one/lsm.rs", "security/two/lsm.rs"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if slices.Contains(tree.opened, "security/Kconfig") || slices.Contains(tree.opened, "security/lsm.rs") {
		t.Errorf("opened %q", tree.opened)
	}
}
