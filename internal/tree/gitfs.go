// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// A treeEntry is one line of a tree object.
type treeEntry struct {
	name string
	mode filemode.FileMode
	id   []byte
}

// key is what git sorts a tree by: folders as if their names ended with a slash.
func (e *treeEntry) key() string {
	if e.mode == filemode.Dir {
		return e.name + "/"
	}
	return e.name
}

// parseTree decodes a tree object, in the order it has.
func parseTree(data []byte, hashSize int) ([]treeEntry, error) {
	out := make([]treeEntry, 0, len(data)/(hashSize+20))
	for len(data) > 0 {
		zero := bytes.IndexByte(data, 0)
		space := bytes.IndexByte(data[:max(zero, 0)], ' ')
		if space < 0 || len(data) < zero+1+hashSize {
			return nil, errors.New("damaged tree object")
		}
		mode, ok := parseMode(data[:space])
		if !ok {
			return nil, fmt.Errorf("damaged tree object: mode %q", data[:space])
		}
		name := string(data[space+1 : zero])
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return nil, fmt.Errorf("tree object with the entry %q", name)
		}
		out = append(out, treeEntry{name, cleanMode(mode), data[zero+1:][:hashSize]})
		data = data[zero+1+hashSize:]
	}
	return out, nil
}

func parseMode(digits []byte) (m filemode.FileMode, ok bool) {
	for _, c := range digits {
		if c < '0' || c > '7' || len(digits) > 7 {
			return 0, false
		}
		m = m<<3 | filemode.FileMode(c-'0')
	}
	return m, len(digits) > 0
}

// cleanMode reads what old versions of git wrote as git itself reads it.
func cleanMode(m filemode.FileMode) filemode.FileMode {
	switch {
	case m&0o170000 == 0o100000 && m&0o100 != 0:
		return filemode.Executable
	case m&0o170000 == 0o100000:
		return filemode.Regular
	}
	return m
}

// encodeTree is the reverse of parseTree; entries must be in git's order.
func encodeTree(entries []treeEntry) []byte {
	size := 0
	for i := range entries {
		size += len("100644 \x00") + len(entries[i].name) + len(entries[i].id)
	}
	b := make([]byte, 0, size)
	for i := range entries {
		e := &entries[i]
		b = strconv.AppendUint(b, uint64(e.mode), 8)
		b = append(b, ' ')
		b = append(b, e.name...)
		b = append(b, 0)
		b = append(b, e.id...)
	}
	return b
}

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
