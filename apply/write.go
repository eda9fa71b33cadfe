// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// write puts the results of all changes into files: first all that goes, then all that comes.
func write(files *tree.Overlay, changes []*change, digits int) ([]Conflict, error) {
	for _, c := range changes {
		if c.isNew == yes || c.isCopy || c.oldName == c.newName {
			continue
		}
		err := files.Write(tree.Change{Path: c.oldName})
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	for _, c := range changes {
		if c.newName == "" {
			continue
		}
		entry := tree.Change{Path: c.newName, Mode: filemode.FileMode(c.newMode), Data: c.result}
		switch {
		case c.newMode == modeDir:
			return []Conflict{*conflict(c, KindType, "%s: the patch gives it the mode of a folder", c.newName)}, nil
		case c.newMode == modeLink && len(c.result) == 0:
			return []Conflict{*conflict(c, KindType, "%s: the patch makes a symlink to nothing, which no file system takes", c.newName)}, nil
		case c.newMode == modeGitlink:
			commit, ok := submodule(c.result, digits)
			if !ok {
				return []Conflict{*conflict(c, KindSubmoduleRef, "%s: the patch names no commit of the submodule", c.newName)}, nil
			}
			entry.Hash, entry.Data = commit, nil
		}
		err := files.Write(entry)
		if errors.Is(err, fs.ErrExist) {
			return []Conflict{*conflict(c, KindBlocked, "%s cannot be written: %v", c.newName, err)}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// submodule returns the commit that the text of a submodule link names.
func submodule(text []byte, digits int) (odb.Hash, bool) {
	name, ok := strings.CutPrefix(string(text), "Subproject commit ")
	name = strings.ToLower(name[:min(len(name), digits)])
	return odb.Hash(name), ok && len(name) == digits && isObjectName(name)
}
