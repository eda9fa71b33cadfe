// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// openKeyring opens the keys of developers that the user names, as patatt names them: a folder, or ref:REPO:REV:DIR for
// the folder DIR (.keys) of a revision (HEAD) of the repository REPO (that in dir). A keyring that is "" is none.
func openKeyring(name, dir string) (keys fs.FS, done func(), err error) {
	ref, inGit := strings.CutPrefix(name, "ref:")
	switch {
	case name == "":
		return nil, func() {}, nil
	case !inGit:
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), func() { root.Close() }, nil
	}
	parts := strings.Split(ref, ":")
	if len(parts) != 3 {
		return nil, nil, hint.Wrap(fmt.Errorf("--keyring %s: not REPO:REV:DIR", name), "ref:::.keys is the folder .keys of HEAD, of the tree or the current folder")
	}
	snapshot, t, err := snapshotOf(cmp.Or(parts[0], dir), parts[1])
	if err != nil {
		return nil, nil, fmt.Errorf("--keyring %s: %w", name, err)
	}
	below := path.Clean(cmp.Or(parts[2], ".keys"))
	info, err := fs.Stat(snapshot, below)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", below)
	}
	if err == nil {
		keys, err = fs.Sub(snapshot, below)
	}
	if err != nil {
		t.Close()
		return nil, nil, fmt.Errorf("--keyring %s: %w", name, err)
	}
	return keys, func() { t.Close() }, nil
}
