// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// A gitFS is the snapshot of a tree object.
type gitFS struct {
	store *store
	root  []byte

	mu    sync.Mutex
	trees map[string][]treeEntry // by path
	ahead map[string]*aheadBlob  // by path; see ReadAhead
}

func newGitFS(s *store, root Hash) (*gitFS, error) {
	g := &gitFS{store: s, root: root.raw(), trees: map[string][]treeEntry{}}
	_, err := g.tree(".")
	return g, err
}

func (g *gitFS) objectFormat() objectFormat { return g.store.format }

// tree returns the entries of the folder at a path.
func (g *gitFS) tree(dir string) ([]treeEntry, error) {
	g.mu.Lock()
	list, ok := g.trees[dir]
	g.mu.Unlock()
	if ok {
		return list, nil
	}
	id := g.root
	if dir != "." {
		e, err := g.find(dir)
		if err != nil {
			return nil, err
		}
		if e.mode == filemode.Submodule {
			return nil, nil
		}
		if e.mode != filemode.Dir {
			return nil, &fs.PathError{Op: "readdir", Path: dir, Err: errNotFolder}
		}
		id = e.id
	}
	list, err := g.store.folder(id)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: err}
	}
	g.mu.Lock()
	g.trees[dir] = list
	g.mu.Unlock()
	return list, nil
}

func (g *gitFS) find(name string) (*treeEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return &treeEntry{name: ".", mode: filemode.Dir, id: g.root}, nil
	}
	list, err := g.tree(path.Dir(name))
	if errors.Is(err, errNotFolder) {
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, err
	}
	base := path.Base(name)
	for i := range list {
		if list[i].name == base {
			return &list[i], nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Entry returns mode and hash; see [Lookup].
func (g *gitFS) Entry(name string) (Entry, error) {
	e, err := g.find(name)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Mode: e.mode, Hash: hashOf(e.id)}, nil
}

func (g *gitFS) mode(name string) (filemode.FileMode, error) {
	e, err := g.find(name)
	if err != nil {
		return filemode.Empty, err
	}
	return e.mode, nil
}

func (g *gitFS) Open(name string) (fs.File, error)     { return openEntry(g, name) }
func (g *gitFS) ReadFile(name string) ([]byte, error)  { return readFollowing(g, name) }
func (g *gitFS) Stat(name string) (fs.FileInfo, error) { return statFollowing(g, name) }
func (g *gitFS) ReadDir(name string) ([]fs.DirEntry, error) {
	real, err := follow(g, name)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: cause(err)}
	}
	list, err := g.tree(real)
	if err != nil {
		return nil, err
	}
	out := make([]fs.DirEntry, len(list))
	for i := range list {
		out[i] = &gitDirEntry{g, real, &list[i]}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// Lstat describes an entry. Of the blob only the size is read.
func (g *gitFS) Lstat(name string) (fs.FileInfo, error) {
	e, err := g.find(name)
	if err != nil {
		return nil, err
	}
	info := &entryInfo{name: path.Base(name), mode: e.mode}
	if e.mode != filemode.Dir && e.mode != filemode.Submodule {
		if _, info.size, err = g.store.header(e.id); err != nil {
			return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
		}
	}
	return info, nil
}

func (g *gitFS) ReadLink(name string) (string, error) {
	e, err := g.find(name)
	if err != nil {
		return "", err
	}
	if e.mode != filemode.Symlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	data, err := g.readBlob(name)
	return string(data), err
}

// A gitDirEntry is an entry whose size is read only when asked for.
type gitDirEntry struct {
	fsys  *gitFS
	dir   string
	entry *treeEntry
}

func (d *gitDirEntry) Name() string      { return d.entry.name }
func (d *gitDirEntry) IsDir() bool       { return d.Type().IsDir() }
func (d *gitDirEntry) Type() fs.FileMode { return osMode(d.entry.mode).Type() }
func (d *gitDirEntry) Info() (fs.FileInfo, error) {
	return d.fsys.Lstat(path.Join(d.dir, d.entry.name))
}

// formatOf returns the object format of a snapshot, SHA-1 where it has none.
func formatOf(fsys any) objectFormat {
	if f, ok := fsys.(interface{ objectFormat() objectFormat }); ok {
		return f.objectFormat()
	}
	return SHA1
}
