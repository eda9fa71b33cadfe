// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// A GitFS is the snapshot of a tree object.
type GitFS struct {
	Store *odb.Store
	root  []byte

	mu    sync.Mutex
	trees map[string][]odb.TreeEntry // by path
	ahead map[string]*aheadBlob      // by path; see ReadAhead
}

// NewGitFS returns the snapshot of a tree object.
func NewGitFS(s *odb.Store, root odb.Hash) (*GitFS, error) {
	g := &GitFS{Store: s, root: root.Raw(), trees: map[string][]odb.TreeEntry{}}
	_, err := g.Tree(".")
	return g, err
}

func (g *GitFS) objectFormat() odb.Format { return g.Store.Format }

// Tree returns the entries of the folder at a path.
func (g *GitFS) Tree(dir string) ([]odb.TreeEntry, error) {
	e, err := g.Find(dir)
	switch {
	case err != nil:
		return nil, err
	case e.Mode == filemode.Submodule:
		return nil, nil
	case e.Mode != filemode.Dir:
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: errNotFolder}
	}
	return g.entries(dir, e.ID)
}

// entries returns the entries of the folder at a path, whose tree is id.
func (g *GitFS) entries(dir string, id []byte) ([]odb.TreeEntry, error) {
	g.mu.Lock()
	list, ok := g.trees[dir]
	g.mu.Unlock()
	if ok {
		return list, nil
	}
	list, err := g.Store.Folder(id)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: err}
	}
	g.mu.Lock()
	g.trees[dir] = list
	g.mu.Unlock()
	return list, nil
}

// Find returns the line of a tree that a path leads to, without following symlinks.
func (g *GitFS) Find(name string) (*odb.TreeEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	at := &odb.TreeEntry{Name: ".", Mode: filemode.Dir, ID: g.root}
	if name == "." {
		return at, nil
	}
	// From the top, so that a path of which nothing is there costs nothing, however deep it is.
	for start := 0; ; {
		dir := "."
		if start > 0 {
			dir = name[:start-1]
		}
		if at.Mode != filemode.Dir {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		list, err := g.entries(dir, at.ID)
		if err != nil {
			return nil, err
		}
		base, _, more := strings.Cut(name[start:], "/")
		i := slices.IndexFunc(list, func(e odb.TreeEntry) bool { return e.Name == base })
		if i < 0 {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		if at = &list[i]; !more {
			return at, nil
		}
		start += len(base) + 1
	}
}

// Entry returns mode and hash; see [Lookup].
func (g *GitFS) Entry(name string) (Entry, error) {
	e, err := g.Find(name)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Mode: e.Mode, Hash: odb.HashOf(e.ID)}, nil
}

func (g *GitFS) mode(name string) (filemode.FileMode, error) {
	e, err := g.Find(name)
	if err != nil {
		return filemode.Empty, err
	}
	return e.Mode, nil
}

// Open opens a file or folder; see [fs.FS]. Symlinks in the path are followed.
func (g *GitFS) Open(name string) (fs.File, error) { return openEntry(g, name) }

// ReadFile returns the content of a file; see [fs.ReadFileFS].
func (g *GitFS) ReadFile(name string) ([]byte, error) { return readFollowing(g, name) }

// Stat describes a file, following symlinks; see [fs.StatFS].
func (g *GitFS) Stat(name string) (fs.FileInfo, error) { return statFollowing(g, name) }

// ReadDir lists a folder, sorted by name; see [fs.ReadDirFS].
func (g *GitFS) ReadDir(name string) ([]fs.DirEntry, error) {
	real, err := follow(g, name)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: cause(err)}
	}
	list, err := g.Tree(real)
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
func (g *GitFS) Lstat(name string) (fs.FileInfo, error) {
	e, err := g.Find(name)
	if err != nil {
		return nil, err
	}
	info := &entryInfo{name: path.Base(name), mode: e.Mode}
	if e.Mode != filemode.Dir && e.Mode != filemode.Submodule {
		if _, info.size, err = g.Store.Header(e.ID); err != nil {
			return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
		}
	}
	return info, nil
}

// ReadLink returns a symlink's target; see [fs.ReadLinkFS].
func (g *GitFS) ReadLink(name string) (string, error) {
	e, err := g.Find(name)
	if err != nil {
		return "", err
	}
	if e.Mode != filemode.Symlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	data, err := g.readBlob(name)
	return string(data), err
}

// A gitDirEntry is an entry whose size is read only when asked for.
type gitDirEntry struct {
	fsys  *GitFS
	dir   string
	entry *odb.TreeEntry
}

func (d *gitDirEntry) Name() string { return d.entry.Name }

func (d *gitDirEntry) IsDir() bool { return d.Type().IsDir() }

func (d *gitDirEntry) Type() fs.FileMode { return osMode(d.entry.Mode).Type() }

func (d *gitDirEntry) Info() (fs.FileInfo, error) {
	return d.fsys.Lstat(path.Join(d.dir, d.entry.Name))
}

// formatOf returns the object format of a snapshot, SHA-1 where it has none.
func formatOf(fsys any) odb.Format {
	if f, ok := fsys.(interface{ objectFormat() odb.Format }); ok {
		return f.objectFormat()
	}
	return odb.SHA1
}
