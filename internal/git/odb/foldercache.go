// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// A folderCache keeps the entries of tree objects that were read: who checks a tree, who reads from it
// and who makes its next version go through the same folders.
type folderCache struct {
	mu      sync.Mutex
	folders map[string][]TreeEntry // by the name of the object
}

// maxFolders is how many folders are kept: those on the way to the files of a long series.
const maxFolders = 256

// Folder returns the entries of the tree object id. They are shared: do not change them.
func (s *Store) Folder(id []byte) ([]TreeEntry, error) {
	c := &s.folders
	c.mu.Lock()
	list, ok := c.folders[string(id)]
	c.mu.Unlock()
	if ok {
		return list, nil
	}
	data, err := s.ReadType(id, plumbing.TreeObject)
	if err != nil {
		return nil, err
	}
	if list, err = parseTree(data, s.Format.Size); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.folders == nil || len(c.folders) >= maxFolders {
		c.folders = map[string][]TreeEntry{}
	}
	c.folders[string(id)] = list
	return list, nil
}
