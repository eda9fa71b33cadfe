// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// An entryInfo is the fs.FileInfo of an entry in a git tree or overlay. Such entries have no time.
type entryInfo struct {
	name string
	mode filemode.FileMode
	size int64
}

func (i *entryInfo) Name() string { return i.name }

func (i *entryInfo) Size() int64 { return i.size }

func (i *entryInfo) Mode() fs.FileMode { return osMode(i.mode) }

func (i *entryInfo) ModTime() time.Time { return time.Time{} }

func (i *entryInfo) IsDir() bool { return i.Mode().IsDir() }

func (i *entryInfo) Sys() any { return nil }

// A blobFS is a snapshot whose files are read whole, by the path of the entry itself.
type blobFS interface {
	fs.ReadDirFS
	fs.ReadLinkFS
	readBlob(name string) ([]byte, error)
	mode(name string) (filemode.FileMode, error)
}

// follow returns the path that name leads to, through symlinks, as long as they stay inside.
func follow(fsys blobFS, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", fs.ErrInvalid
	}
	// done is what was followed, rest what is to come: the target of a link is put in front of rest, and its ".." is
	// taken off what was followed, not off the name that was asked for.
	rest, done := strings.Split(name, "/"), "."
	for links := 0; len(rest) > 0; {
		next := path.Join(done, rest[0])
		if rest[0] == ".." && (done == "." || strings.HasPrefix(next, "../")) {
			return "", fmt.Errorf("symlink leaves the tree: %w", fs.ErrNotExist)
		}
		rest = rest[1:]
		mode, err := fsys.mode(next) // Lstat would look for the size as well
		if err != nil {
			return "", err
		}
		if mode != filemode.Symlink {
			done = next
			continue
		}
		target, err := fsys.ReadLink(next)
		if err != nil {
			return "", err
		}
		// 40 is what Linux follows; an absolute target leads out of the tree.
		if links++; links > 40 || path.IsAbs(target) {
			return "", fmt.Errorf("symlink to %q: %w", target, fs.ErrNotExist)
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return done, nil
}

// openEntry opens what name leads to, as os.Open does.
func openEntry(fsys blobFS, name string) (fs.File, error) {
	real, err := follow(fsys, name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: cause(err)}
	}
	info, err := fsys.Lstat(real)
	if err != nil {
		return nil, err
	}
	info = renamed(info, path.Base(name))
	if info.IsDir() {
		return &openDir{fsys: fsys, path: real, info: info}, nil
	}
	data, err := fsys.readBlob(real)
	if err != nil {
		return nil, err
	}
	return &openFile{info: info, Reader: bytes.NewReader(data)}, nil
}

// readFollowing reads what name leads to. The caller may change the result: blobs are shared, so it is a copy.
func readFollowing(fsys blobFS, name string) ([]byte, error) {
	data, err := readShared(fsys, name)
	return slices.Clone(data), err
}

// ReadShared is [fs.ReadFile] without a copy: the content may be shared with others, and must not be changed.
func ReadShared(fsys fs.FS, name string) ([]byte, error) {
	if b, ok := fsys.(blobFS); ok {
		return readShared(b, name)
	}
	return fs.ReadFile(fsys, name)
}

func readShared(fsys blobFS, name string) ([]byte, error) {
	real, err := follow(fsys, name)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: cause(err)}
	}
	return fsys.readBlob(real)
}

// statFollowing tells of what name leads to, under the name that it was asked by.
func statFollowing(fsys blobFS, name string) (fs.FileInfo, error) {
	real, err := follow(fsys, name)
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: cause(err)}
	}
	info, err := fsys.Lstat(real)
	if err != nil {
		return nil, err
	}
	return renamed(info, path.Base(name)), nil
}

// cause takes the path off an error that is about to get another.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// renamed returns info under another name, since what a link leads to has its own.
func renamed(info fs.FileInfo, name string) fs.FileInfo {
	if info.Name() == name {
		return info
	}
	return &namedInfo{info, name}
}

// A namedInfo is an fs.FileInfo with another name.
type namedInfo struct {
	fs.FileInfo
	name string
}

func (n *namedInfo) Name() string { return n.name }

// An openFile is a file that was read whole.
type openFile struct {
	info fs.FileInfo
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *openFile) Close() error { return nil }

// An openDir is a folder whose entries are read when they are first asked for.
type openDir struct {
	fsys blobFS
	path string
	info fs.FileInfo
	list []fs.DirEntry
	read bool
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }

func (d *openDir) Close() error { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errors.New("is a folder")}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		list, err := d.fsys.ReadDir(d.path)
		if err != nil {
			return nil, err
		}
		d.list, d.read = list, true
	}
	if n <= 0 {
		list := d.list
		d.list = nil
		return list, nil
	}
	if len(d.list) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.list))
	list := d.list[:n]
	d.list = d.list[n:]
	return list, nil
}
