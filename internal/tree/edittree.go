// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// editTree makes the tree that a tree becomes by changes, whose paths are relative to it, and
// returns its name: nil where nothing is left in it.
func editTree(n *newObjects, id []byte, changes []Change) ([]byte, error) {
	entries, err := n.tree(id)
	if err != nil {
		return nil, err
	}
	below := map[string][]Change{}
	var files []Change
	for _, c := range changes {
		if name, rest, ok := strings.Cut(c.Path, "/"); ok {
			c.Path = rest
			below[name] = append(below[name], c)
		} else {
			files = append(files, c)
		}
	}
	// A file must be gone before a folder of its name comes, and the other way round.
	slices.SortStableFunc(files, func(a, b Change) int { return int(min(b.Mode, 1)) - int(min(a.Mode, 1)) })
	removed := slices.IndexFunc(files, func(c Change) bool { return c.Deleted() })
	if removed < 0 {
		removed = len(files)
	}
	for _, c := range files[removed:] {
		if entries, err = removeEntry(entries, c.Path); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		if entries, err = editFolder(n, entries, name, below[name]); err != nil {
			return nil, fmt.Errorf("%s/%w", name, err)
		}
	}
	for _, c := range files[:removed] {
		if entries, err = putEntry(n, entries, c); err != nil {
			return nil, err
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	return n.addTree(entries, id)
}

func entryAt(entries []treeEntry, name string) int {
	return slices.IndexFunc(entries, func(e treeEntry) bool { return e.name == name })
}

func removeEntry(entries []treeEntry, name string) ([]treeEntry, error) {
	i := entryAt(entries, name)
	if i < 0 || entries[i].mode == filemode.Dir {
		return nil, fmt.Errorf("%s: removing: %w", name, fs.ErrNotExist)
	}
	return slices.Delete(entries, i, i+1), nil
}

func setEntry(entries []treeEntry, e treeEntry) []treeEntry {
	if i := entryAt(entries, e.name); i >= 0 {
		if entries[i].mode == filemode.Dir == (e.mode == filemode.Dir) {
			entries[i] = e
			return entries
		}
		entries = slices.Delete(entries, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(entries, e.key(), func(x treeEntry, key string) int { return strings.Compare(x.key(), key) })
	return slices.Insert(entries, at, e)
}

func editFolder(n *newObjects, entries []treeEntry, name string, changes []Change) ([]treeEntry, error) {
	var old []byte
	i := entryAt(entries, name)
	if i >= 0 {
		if entries[i].mode != filemode.Dir {
			return nil, fmt.Errorf("%s: writing below a file: %w", changes[0].Path, fs.ErrExist)
		}
		old = entries[i].id
	}
	id, err := editTree(n, old, changes)
	if err != nil {
		return nil, err
	}
	if id != nil {
		return setEntry(entries, treeEntry{name, filemode.Dir, id}), nil
	}
	if i >= 0 {
		entries = slices.Delete(entries, i, i+1)
	}
	return entries, nil
}

func putEntry(n *newObjects, entries []treeEntry, c Change) ([]treeEntry, error) {
	var old []byte
	if i := entryAt(entries, c.Path); i >= 0 {
		if old = entries[i].id; entries[i].mode == filemode.Dir {
			return nil, fmt.Errorf("%s: writing over a folder: %w", c.Path, fs.ErrExist)
		}
	}
	e := treeEntry{name: c.Path, mode: c.Mode}
	switch c.Mode {
	case filemode.Regular, filemode.Executable, filemode.Symlink:
		e.id = c.blobID(n.store.format)
		if err := n.addNamed(e.id, plumbing.BlobObject, c.Data, old); err != nil {
			return nil, err
		}
	case filemode.Submodule:
		if e.id = c.Hash.raw(); len(e.id) != n.store.format.size {
			return nil, fmt.Errorf("%s: %q is no commit", c.Path, c.Hash)
		}
	default:
		return nil, fmt.Errorf("%s: mode %o", c.Path, uint32(c.Mode))
	}
	return setEntry(entries, e), nil
}

// makeCommit makes the objects of one step on a tree and a parent, either of which may be nil.
func makeCommit(n *newObjects, root, parent []byte, s *Step) (newRoot, id []byte, err error) {
	if newRoot, err = editTree(n, root, s.Changes); err != nil {
		return nil, nil, err
	}
	if newRoot == nil {
		if newRoot, err = n.add(plumbing.TreeObject, nil, nil); err != nil {
			return nil, nil, err
		}
	}
	data, err := encodeCommit(newRoot, parent, &s.Draft)
	if err != nil {
		return nil, nil, err
	}
	if s.Sign != nil {
		sig, err := s.Sign(data)
		if err != nil {
			return nil, nil, err
		}
		data = addSignature(data, sig, n.store.format)
	}
	id, err = n.add(plumbing.CommitObject, data, nil)
	return newRoot, id, err
}
