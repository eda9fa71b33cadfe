// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// editTree makes the tree that a tree becomes by changes, whose paths are relative to it, and
// returns its name: nil where nothing is left in it. It goes down only into folders with changes: of the 6,200 of
// Linux a series touches a dozen. The order within a folder is removals, then folders, then files, since a file may
// make way for a folder of its name, or come where the last file of a folder went.
func editTree(n *odb.Pending, id []byte, changes []tree.Change) ([]byte, error) {
	entries, err := n.Tree(id)
	if err != nil {
		return nil, err
	}
	below := map[string][]tree.Change{}
	var files []tree.Change
	for _, c := range changes {
		if name, rest, ok := strings.Cut(c.Path, "/"); ok {
			c.Path = rest
			below[name] = append(below[name], c)
		} else {
			files = append(files, c)
		}
	}
	// A file must be gone before a folder of its name comes, and the other way round.
	slices.SortStableFunc(files, func(a, b tree.Change) int { return int(min(b.Mode, 1)) - int(min(a.Mode, 1)) })
	removed := slices.IndexFunc(files, func(c tree.Change) bool { return c.Deleted() })
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
	return n.AddTree(entries, id)
}

// entryAt returns where an entry stands, or -1. Entries are sorted, but by keys that depend on what they are, which is
// not known here; folders of Linux are short enough to be looked through.
func entryAt(entries []odb.TreeEntry, name string) int {
	return slices.IndexFunc(entries, func(e odb.TreeEntry) bool { return e.Name == name })
}

// removeEntry takes a file out. That it is not there is an error: a change says what it changes.
func removeEntry(entries []odb.TreeEntry, name string) ([]odb.TreeEntry, error) {
	i := entryAt(entries, name)
	if i < 0 || entries[i].Mode == filemode.Dir {
		return nil, fmt.Errorf("%s: removing: %w", name, fs.ErrNotExist)
	}
	return slices.Delete(entries, i, i+1), nil
}

// setEntry puts an entry in its place, by the order that git wants (see [odb.TreeEntry.Key]). An entry that becomes
// a folder, or was one, moves.
func setEntry(entries []odb.TreeEntry, e odb.TreeEntry) []odb.TreeEntry {
	if i := entryAt(entries, e.Name); i >= 0 {
		if entries[i].Mode == filemode.Dir == (e.Mode == filemode.Dir) {
			entries[i] = e
			return entries
		}
		entries = slices.Delete(entries, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(entries, e.Key(), func(x odb.TreeEntry, key string) int { return strings.Compare(x.Key(), key) })
	return slices.Insert(entries, at, e)
}

// editFolder makes the changes below the folder name. A folder in which nothing is left goes, as git has no empty ones.
func editFolder(n *odb.Pending, entries []odb.TreeEntry, name string, changes []tree.Change) ([]odb.TreeEntry, error) {
	var old []byte
	i := entryAt(entries, name)
	if i >= 0 {
		if entries[i].Mode != filemode.Dir {
			return nil, fmt.Errorf("%s: writing below a file: %w", changes[0].Path, fs.ErrExist)
		}
		old = entries[i].ID
	}
	id, err := editTree(n, old, changes)
	if err != nil {
		return nil, err
	}
	if id != nil {
		return setEntry(entries, odb.TreeEntry{Name: name, Mode: filemode.Dir, ID: id}), nil
	}
	if i >= 0 {
		entries = slices.Delete(entries, i, i+1)
	}
	return entries, nil
}

// putEntry writes a file. What was there before is the base that the new object is packed against.
func putEntry(n *odb.Pending, entries []odb.TreeEntry, c tree.Change) ([]odb.TreeEntry, error) {
	var old []byte
	if i := entryAt(entries, c.Path); i >= 0 {
		if old = entries[i].ID; entries[i].Mode == filemode.Dir {
			return nil, fmt.Errorf("%s: writing over a folder: %w", c.Path, fs.ErrExist)
		}
	}
	e := odb.TreeEntry{Name: c.Path, Mode: c.Mode}
	switch c.Mode {
	case filemode.Regular, filemode.Executable, filemode.Symlink:
		e.ID = c.BlobID(n.Store.Format)
		if err := n.AddNamed(e.ID, plumbing.BlobObject, c.Data, old); err != nil {
			return nil, err
		}
	case filemode.Submodule:
		if e.ID = c.Hash.Raw(); len(e.ID) != n.Store.Format.Size {
			return nil, fmt.Errorf("%s: %q is no commit", c.Path, c.Hash)
		}
	default:
		return nil, fmt.Errorf("%s: mode %o", c.Path, uint32(c.Mode))
	}
	return setEntry(entries, e), nil
}

// makeCommit makes the objects of one step on a tree and a parent, either of which may be nil.
func makeCommit(n *odb.Pending, root, parent []byte, s *Step) (newRoot, id []byte, err error) {
	if newRoot, err = editTree(n, root, s.Changes); err != nil {
		return nil, nil, err
	}
	if newRoot == nil {
		if newRoot, err = n.Add(plumbing.TreeObject, nil, nil); err != nil {
			return nil, nil, err
		}
	}
	data, err := git.EncodeCommit(newRoot, parent, &s.Draft)
	if err != nil {
		return nil, nil, err
	}
	if s.Sign != nil {
		sig, err := s.Sign(data)
		if err != nil {
			return nil, nil, err
		}
		data = git.AddSignature(data, sig, n.Store.Format)
	}
	id, err = n.Add(plumbing.CommitObject, data, nil)
	return newRoot, id, err
}
