// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"io/fs"
	"slices"
	"sync"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// A DirFS is the snapshot of a directory on disk, without the folders that belong to git and to
// this package. Symlinks that leave the directory are not followed, neither at the end of a path nor on the way, and
// nothing is read but regular files; see package below.
type DirFS struct {
	// open opens the directory, once.
	open func() (*below.Dir, error)
}

// NewDirFS returns the snapshot of a directory.
func NewDirFS(dir string) *DirFS {
	return &DirFS{sync.OnceValues(func() (*below.Dir, error) { return below.Open(dir) })}
}

// sideFolder holds what landing in a plain directory needs while it runs.
const SideFolder = ".lsmpatch"

// filesNote is where Materialize notes what it laid out.
const filesNote = ".lsmpatch-files"

func ours(name string) bool { return name == ".git" || name == SideFolder || name == filesNote }

// Entry returns mode and hash; see [Lookup]. The file is read.
func (d *DirFS) Entry(name string) (Entry, error) {
	mode, err := d.mode(name)
	if err != nil || mode == filemode.Dir {
		return Entry{Mode: mode}, err
	}
	data, err := d.ReadEntry(name, mode)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Mode: mode, Hash: odb.HashOf(odb.SHA1.Sum(plumbing.BlobObject, data))}, nil
}

func (d *DirFS) mode(name string) (filemode.FileMode, error) {
	info, err := d.Lstat(name)
	if err != nil {
		return filemode.Empty, err
	}
	mode, err := GitMode(info.Mode())
	if err != nil {
		return filemode.Empty, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return mode, nil
}

// ReadEntry reads a file, or the target of a symbolic link where mode says that name is one.
func (d *DirFS) ReadEntry(name string, mode filemode.FileMode) ([]byte, error) {
	if mode == filemode.Symlink {
		target, err := d.ReadLink(name)
		return []byte(target), err
	}
	return d.readBlob(name)
}

// Open opens a file or folder; symlinks are followed inside of the directory.
func (d *DirFS) Open(name string) (fs.File, error) {
	real, err := d.follow("open", name)
	if err != nil {
		return nil, err
	}
	dir, err := d.open()
	if err != nil {
		return nil, err
	}
	return dir.Open(real)
}

// ReadFile returns the content of a file; see [fs.ReadFileFS].
func (d *DirFS) ReadFile(name string) ([]byte, error) {
	real, err := d.follow("read", name)
	if err != nil {
		return nil, err
	}
	return d.readBlob(real)
}

// Stat describes a file, following symlinks; see [fs.StatFS].
func (d *DirFS) Stat(name string) (fs.FileInfo, error) {
	real, err := d.follow("stat", name)
	if err != nil {
		return nil, err
	}
	return d.Lstat(real)
}

// follow returns the path that name leads to inside of the directory.
func (d *DirFS) follow(op, name string) (string, error) {
	real, err := follow(d, name)
	if err != nil {
		return "", &fs.PathError{Op: op, Path: name, Err: cause(err)}
	}
	return real, nil
}

// ReadDir lists a folder, without what belongs to git and to us; see [fs.ReadDirFS].
func (d *DirFS) ReadDir(name string) ([]fs.DirEntry, error) {
	real, err := d.follow("readdir", name)
	if err != nil {
		return nil, err
	}
	dir, err := d.open()
	if err != nil {
		return nil, err
	}
	list, err := dir.ReadDir(real)
	if name == "." {
		list = slices.DeleteFunc(list, func(e fs.DirEntry) bool { return ours(e.Name()) })
	}
	return list, err
}

// Lstat describes an entry without following it; see [fs.ReadLinkFS]. Behind a link that leaves the directory there is
// nothing.
func (d *DirFS) Lstat(name string) (fs.FileInfo, error) {
	dir, err := d.open()
	if err != nil {
		return nil, err
	}
	info, err := dir.Lstat(name)
	if errors.Is(err, syscall.ENOTDIR) || errors.As(err, new(*below.RefusedError)) {
		err = &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
	}
	return info, err
}

// ReadLink returns a symlink's target; see [fs.ReadLinkFS].
func (d *DirFS) ReadLink(name string) (string, error) {
	dir, err := d.open()
	if err != nil {
		return "", err
	}
	return dir.ReadLink(name)
}

func (d *DirFS) readBlob(name string) ([]byte, error) {
	dir, err := d.open()
	if err != nil {
		return nil, err
	}
	return dir.ReadFile(name)
}
