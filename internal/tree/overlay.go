// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// A Change is what happens to one path.
type Change struct {
	Path string
	// Mode is filemode.Regular, Executable, Symlink or Submodule; filemode.Empty (0) removes.
	Mode filemode.FileMode
	// Data is the content of a file, or the target of a symlink. It must not be changed later.
	Data []byte
	// Hash is the commit that a submodule link names. For files and symlinks it may be "", or the
	// name of the blob that Data is; [Overlay.Changes] sets it.
	Hash odb.Hash

	// blob is that name for all copies of the change, once one of them needed it. It may be nil.
	blob *blobName
}

// A blobName is the name of a blob that is worked out once it is needed.
type blobName struct {
	once sync.Once
	id   []byte
}

// Deleted tells whether the path is removed.
func (c *Change) Deleted() bool { return c.Mode == filemode.Empty }

// An Overlay is a snapshot with changes on top, which are held in memory. It is an fs.FS with
// ReadFile, ReadDir, Stat, Lstat and ReadLink. Reading from several goroutines is safe while
// nobody writes.
type Overlay struct {
	base    fs.FS
	changes map[string]Change
	// dirs counts, for each folder, the changed files at or below it that are there.
	dirs map[string]int
	// touched has each folder that a change lies in, removed files among them.
	touched map[string]map[string]bool
	format  odb.Format
}

// NewOverlay returns base with no changes. Base may be an overlay itself.
func NewOverlay(base fs.FS) *Overlay {
	return &Overlay{
		base: base, changes: map[string]Change{}, dirs: map[string]int{}, touched: map[string]map[string]bool{},
		format: formatOf(base),
	}
}

// Write makes the file c.Path be as c says, or removes it where c.Deleted. Where a part of the path
// is a file or symlink, or the path is a folder that still holds files, the error matches
// fs.ErrExist; removing what is not there gives fs.ErrNotExist; a path that no tree may have
// gives [ErrPath]. On error nothing was changed.
func (o *Overlay) Write(c Change) error {
	if err := CheckPath(c.Path); err != nil {
		return err
	}
	old, err := o.mode(c.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	exists := err == nil
	switch {
	case c.Deleted() && !exists:
		return &fs.PathError{Op: "remove", Path: c.Path, Err: fs.ErrNotExist}
	case exists && old == filemode.Dir:
		return fmt.Errorf("%s is a folder: %w", c.Path, fs.ErrExist)
	case c.Deleted():
		c.Data = nil
	default:
		if err := o.freeAbove(c.Path); err != nil {
			return err
		}
	}
	if c.Hash == "" && c.blob == nil && !c.Deleted() {
		c.blob = &blobName{}
	}
	o.record(c)
	return nil
}

// freeAbove makes sure that no part above name is a file.
func (o *Overlay) freeAbove(name string) (err error) {
	odb.Above(name, func(dir string) bool {
		mode, lookErr := o.mode(dir)
		switch {
		case errors.Is(lookErr, fs.ErrNotExist):
			return true
		case lookErr != nil:
			err = lookErr
		case mode != filemode.Dir:
			err = fmt.Errorf("%s is not a folder: %w", dir, fs.ErrExist)
		}
		return false
	})
	return err
}

func (o *Overlay) record(c Change) {
	before, known := o.changes[c.Path]
	o.changes[c.Path] = c
	delta := 0
	if known && !before.Deleted() {
		delta--
	}
	if !c.Deleted() {
		delta++
	}
	name := c.Path
	for name != "." {
		dir := path.Dir(name)
		if !known {
			if o.touched[dir] == nil {
				o.touched[dir] = map[string]bool{}
			}
			o.touched[dir][path.Base(name)] = true
		}
		o.dirs[dir] += delta
		name = dir
	}
}

func (o *Overlay) objectFormat() odb.Format { return o.format }

// Base returns what the overlay lies on.
func (o *Overlay) Base() fs.FS { return o.base }

// Changes returns what differs from the base, sorted by path, with hashes. A file that was written
// back to what the base holds is not among them.
func (o *Overlay) Changes() ([]Change, error) {
	out, err := o.Written()
	if err != nil {
		return nil, err
	}
	same := func(c Change) bool {
		base, lookErr := Lookup(o.base, c.Path)
		if lookErr != nil && !errors.Is(lookErr, fs.ErrNotExist) {
			err = lookErr
		}
		return lookErr == nil && base.Mode == c.Mode && base.Hash == c.Hash
	}
	for i := range out {
		out[i] = o.hashed(out[i])
	}
	return slices.DeleteFunc(out, same), err
}

// Written is Changes without hashes to compute: those that are not known yet are "", and files that were
// written back to what the base holds are among the changes.
func (o *Overlay) Written() ([]Change, error) {
	out := make([]Change, 0, len(o.changes))
	for name, c := range o.changes {
		if c.Deleted() {
			mode, err := Mode(o.base, name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			if err != nil || mode == filemode.Dir {
				continue
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func (o *Overlay) hashed(c Change) Change {
	if c.Hash == "" && !c.Deleted() {
		c.Hash = odb.HashOf(c.BlobID(o.format))
	}
	return c
}

// Entry returns mode and hash of the entry at name; see [Lookup].
func (o *Overlay) Entry(name string) (Entry, error) {
	if c, ok := o.changes[name]; ok && !c.Deleted() {
		return Entry{Mode: c.Mode, Hash: o.hashed(c).Hash}, nil
	}
	mode, err := o.mode(name)
	if err != nil || mode == filemode.Dir && len(o.touched[name]) > 0 {
		return Entry{Mode: mode}, err
	}
	return Lookup(o.base, name)
}

func (o *Overlay) mode(name string) (filemode.FileMode, error) {
	if c, ok := o.changes[name]; ok && !c.Deleted() {
		return c.Mode, nil
	}
	if name == "." || o.dirs[name] > 0 {
		return filemode.Dir, nil
	}
	if o.hidden(name) {
		return filemode.Empty, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	mode, err := Mode(o.base, name)
	if err != nil || mode != filemode.Dir || len(o.touched[name]) == 0 {
		return mode, err
	}
	// A folder whose last file was removed is gone, as in git.
	list, err := o.ReadDir(name)
	if err == nil && len(list) == 0 {
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return filemode.Dir, err
}

// hidden tells whether the base's entry at name was removed, or a file now stands where one of
// its folders was.
func (o *Overlay) hidden(name string) bool {
	if _, ok := o.changes[name]; ok {
		return true
	}
	if len(o.changes) == 0 || o.dirs[odb.FolderOf(name)] > 0 {
		return false // in a folder that holds changed files no file is above
	}
	// From the top, down to the last folder that a change lies in.
	for i := 0; ; i++ {
		next := strings.IndexByte(name[i:], '/')
		if next < 0 {
			return false
		}
		i += next
		if c, ok := o.changes[name[:i]]; ok && !c.Deleted() {
			return true
		}
		if _, ok := o.touched[name[:i]]; !ok {
			return false
		}
	}
}

// Open opens a file or folder; see [fs.FS]. Symlinks in the path are followed.
func (o *Overlay) Open(name string) (fs.File, error) { return openEntry(o, name) }

// ReadFile returns the content of a file; see [fs.ReadFileFS].
func (o *Overlay) ReadFile(name string) ([]byte, error) { return readFollowing(o, name) }

// Stat describes a file, following symlinks; see [fs.StatFS].
func (o *Overlay) Stat(name string) (fs.FileInfo, error) { return statFollowing(o, name) }

// Lstat describes an entry without following it; see [fs.ReadLinkFS].
func (o *Overlay) Lstat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrInvalid}
	}
	if c, ok := o.changes[name]; ok && !c.Deleted() {
		return &entryInfo{name: path.Base(name), mode: c.Mode, size: int64(len(c.Data))}, nil
	}
	mode, err := o.mode(name)
	if err != nil {
		return nil, err
	}
	if mode == filemode.Dir {
		return &entryInfo{name: path.Base(name), mode: mode}, nil
	}
	return fs.Lstat(o.base, name)
}

// ReadLink returns a symlink's target; see [fs.ReadLinkFS].
func (o *Overlay) ReadLink(name string) (string, error) {
	if c, ok := o.changes[name]; ok && c.Mode == filemode.Symlink {
		return string(c.Data), nil
	}
	if o.hidden(name) {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return fs.ReadLink(o.base, name)
}

// readBlob returns the content of the file at name, which is not followed.
func (o *Overlay) readBlob(name string) ([]byte, error) {
	if c, ok := o.changes[name]; ok && !c.Deleted() {
		return c.Data, nil
	}
	if o.hidden(name) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return ReadEntry(o.base, name)
}

// ReadDir lists a folder, sorted by name; see [fs.ReadDirFS].
func (o *Overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	if c, ok := o.changes[name]; ok && c.Mode == filemode.Submodule {
		return nil, nil
	}
	var list []fs.DirEntry
	if !o.hidden(name) || name == "." {
		var err error
		list, err = fs.ReadDir(o.base, name)
		if err != nil && (o.dirs[name] == 0 || !isAbsent(err)) {
			return nil, err
		}
	} else if o.dirs[name] == 0 {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	changed := o.touched[name]
	list = slices.DeleteFunc(slices.Clone(list), func(d fs.DirEntry) bool { return changed[d.Name()] })
	for base := range changed {
		info, err := o.Lstat(path.Join(name, base))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, fs.FileInfoToDirEntry(info))
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// isAbsent tells whether the base holds no folder there: nothing, or a file.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotFolder)
}

var errNotFolder = errors.New("not a folder")

// BlobID returns the name of the blob that the change writes: the one that it has, or a new one.
func (c *Change) BlobID(f odb.Format) []byte {
	if id := c.Hash.Raw(); len(id) == f.Size {
		return id
	}
	if c.blob == nil {
		return f.Sum(plumbing.BlobObject, c.Data)
	}
	c.blob.once.Do(func() { c.blob.id = f.Sum(plumbing.BlobObject, c.Data) })
	return c.blob.id
}
