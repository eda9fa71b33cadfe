// SPDX-License-Identifier: GPL-2.0-only

// Package below reads a folder that somebody else filled: a patched tree, or what a build left.
//
// For most uses, call [Open] and read through the [Dir], which is an fs.FS.
//
// Nothing is read but regular files that lie below the folder and have at most [MaxFile] bytes. All
// else, a link that leads out, a FIFO, a device, a file without an end, is refused by name with a
// [RefusedError]; nothing is opened that could wait.
package below

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// MaxFile is how many bytes a file may have. The longest of Linux, a header of registers, has 24 MB.
const MaxFile = limit.FileBytes

// A RefusedError says why a file is not read. It is no failure of ours: whoever filled the folder is to mend it.
type RefusedError struct {
	Name string // below the folder, or as the user named it
	Why  string
}

func (e *RefusedError) Error() string { return e.Name + " " + e.Why }

// A Dir is a folder that is only read below itself. Its files come and go as on disk.
type Dir struct{ root *os.Root }

// Open opens the folder. Close lets go of it.
func Open(dir string) (*Dir, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Dir{root}, nil
}

// FS is [Open] for whoever has no place for an error: where the folder cannot be opened, nothing can be read. What it
// holds open is let go of with the value.
func FS(dir string) fs.FS {
	d, err := Open(dir)
	if err != nil {
		return unopened{err}
	}
	return d
}

// unopened is a folder that could not be opened.
type unopened struct{ err error }

func (u unopened) Open(string) (fs.File, error) { return nil, u.err }

// Close lets go of the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Root returns the handle of the folder, for writing to it.
func (d *Dir) Root() *os.Root { return d.root }

// Name returns the folder as it was opened.
func (d *Dir) Name() string { return d.root.Name() }

// Open opens a regular file or a folder.
func (d *Dir) Open(name string) (fs.File, error) { return d.open(name) }

func (d *Dir) open(name string) (*os.File, error) {
	info, err := d.Stat(name)
	if err == nil && !info.IsDir() {
		err = check(name, info)
	}
	if err != nil {
		return nil, err
	}
	// What is there may have changed since: O_NONBLOCK lets nothing wait.
	f, err := d.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, refused(name, err)
	}
	if info, err = f.Stat(); err == nil && !info.IsDir() {
		err = check(name, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadFile returns the content of a file.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, name, MaxFile)
}

// Stat describes a file or folder, behind links that stay below the folder.
func (d *Dir) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	info, err := d.root.Stat(filepath.FromSlash(name))
	return info, refused(name, err)
}

// Lstat is Stat without following the last part of the name.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrInvalid}
	}
	info, err := d.root.Lstat(filepath.FromSlash(name))
	return info, refused(name, err)
}

// ReadLink returns where a link leads.
func (d *Dir) ReadLink(name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := d.root.Readlink(filepath.FromSlash(name))
	return target, refused(name, err)
}

// ReadDir lists a folder, sorted by name.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	list, err := fs.ReadDir(d.root.FS(), name)
	return list, refused(name, err)
}

// WriteFile writes a file anew. What stands in its place and is no regular file is taken away first.
func (d *Dir) WriteFile(name string, data []byte) error {
	if info, err := d.Lstat(name); err == nil && !info.Mode().IsRegular() {
		if err := d.root.Remove(filepath.FromSlash(name)); err != nil {
			return err
		}
	}
	return d.root.WriteFile(filepath.FromSlash(name), data, 0o666)
}

// ReadFile returns the content of a file that was found and not named: it must be a regular one of at most
// limit bytes. Links to it are followed.
func ReadFile(name string, limit int64) ([]byte, error) {
	f, err := OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, name, limit)
}

// ReadNamed is ReadFile for a file that the user named: it may be a FIFO or a device, too.
func ReadNamed(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f, name, limit)
}

// OpenFile opens a regular file that was found and not named. Links to it are followed.
func OpenFile(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err == nil {
		err = checkKind(name, info)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = checkKind(name, info)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ReadAll reads r, which messages call name, and which may hold at most limit bytes.
func ReadAll(r io.Reader, name string, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if f, ok := r.(interface{ Stat() (fs.FileInfo, error) }); ok {
		// A long file is read into memory of its size, in place of five times that.
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			buf.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
		}
	}
	_, err := buf.ReadFrom(io.LimitReader(r, limit+1))
	data := buf.Bytes()
	if err == nil && int64(len(data)) > limit {
		return nil, tooLong(name, limit)
	}
	return data, err
}

func check(name string, info fs.FileInfo) error {
	if err := checkKind(name, info); err != nil {
		return err
	}
	if info.Size() > MaxFile {
		return tooLong(name, MaxFile)
	}
	return nil
}

func tooLong(name string, limit int64) error {
	if limit < 1<<20 {
		return &RefusedError{name, fmt.Sprintf("has more than %d bytes", limit)}
	}
	return &RefusedError{name, fmt.Sprintf("has more than %d MB", limit>>20)}
}

// checkKind refuses what is no regular file.
func checkKind(name string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR}
	case mode&fs.ModeNamedPipe != 0:
		return &RefusedError{name, "is a FIFO"}
	case mode&fs.ModeSocket != 0:
		return &RefusedError{name, "is a socket"}
	default:
		return &RefusedError{name, "is a device"}
	}
}

// refused returns the error of a call of os.Root: what the system did not say, os.Root says of a link that
// leads out of the folder.
func refused(name string, err error) error {
	var system syscall.Errno
	if err == nil || errors.As(err, &system) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, fs.ErrClosed) {
		return err
	}
	return &RefusedError{name, "is behind a link that leads out of the tree"}
}
