// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// A Folder is a folder of this machine as a build sees it: Dir, or where there are Lower folders (the
// uppermost first) these with the layer Dir over them, whose changes lie in Dir/upper (see
// [sandbox.Mount]).
type Folder struct {
	Dir   string
	Lower []string
}

// mount returns f for the sandbox.
func (f Folder) mount(inside string, write bool) sandbox.Mount {
	return sandbox.Mount{Host: f.Dir, Lower: f.Lower, Inside: inside, Write: write}
}

// Upper returns the folder that what is written goes to.
func (f Folder) Upper() string {
	if len(f.Lower) == 0 {
		return f.Dir
	}
	return filepath.Join(f.Dir, "upper")
}

// dirs returns the folders that hold the files of f, the uppermost first.
func (f Folder) dirs() []string { return append([]string{f.Upper()}, f.Lower...) }

// over returns f with the layer dir over it.
func (f Folder) over(dir string) Folder { return Folder{dir, f.dirs()} }

// A view reads a [Folder] from outside the sandbox, where nobody mounted its layer. It is an fs.FS.
type view struct {
	dirs  []*below.Dir // the upper one first
	owner int          // of what is written; -1 for the caller
}

// open opens the folders of f. Those of a layer must be there.
func (f Folder) open(owner int) (*view, error) {
	v := &view{owner: owner}
	for _, dir := range f.dirs() {
		d, err := below.Open(dir)
		if err != nil {
			v.close()
			return nil, err
		}
		v.dirs = append(v.dirs, d)
	}
	return v, nil
}

func (v *view) close() {
	for _, d := range v.dirs {
		d.Close()
	}
}

// at returns the folder that has name, the first one where none has, or nil where it is removed: a
// device in the place of a file, in any but the lowest folder, stands for that.
func (v *view) at(name string) *below.Dir {
	for i, d := range v.dirs {
		last := i+1 == len(v.dirs)
		info, err := d.Lstat(name)
		switch {
		case err == nil && isWhiteout(info) && !last:
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return d
		case !last && hides(d, name):
			return nil
		}
	}
	return v.dirs[0]
}

// hides reports whether d has something that is no folder in the place of one above name.
func hides(d *below.Dir, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := d.Lstat(dir); err == nil {
			return !info.IsDir()
		}
	}
	return false
}

func isWhiteout(info fs.FileInfo) bool { return info.Mode()&fs.ModeCharDevice != 0 }

func notThere(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

func (v *view) Open(name string) (fs.File, error) {
	if d := v.at(name); d != nil {
		return d.Open(name)
	}
	return nil, notThere("open", name)
}

// ReadFile returns the text of a regular file.
func (v *view) ReadFile(name string) ([]byte, error) {
	if d := v.at(name); d != nil {
		return d.ReadFile(name)
	}
	return nil, notThere("open", name)
}

// Stat describes a file or folder.
func (v *view) Stat(name string) (fs.FileInfo, error) {
	if d := v.at(name); d != nil {
		return d.Stat(name)
	}
	return nil, notThere("stat", name)
}

// Lstat is Stat without following a link.
func (v *view) Lstat(name string) (fs.FileInfo, error) {
	if d := v.at(name); d != nil {
		return d.Lstat(name)
	}
	return nil, notThere("lstat", name)
}

// ReadDir lists a folder, sorted by name.
func (v *view) ReadDir(name string) ([]fs.DirEntry, error) {
	var all []fs.DirEntry
	seen := map[string]bool{}
	var last error
	found := false
	for i, d := range v.dirs {
		list, err := d.ReadDir(name)
		if err == nil {
			found = true
		} else {
			last = err
		}
		for _, e := range list {
			if !seen[e.Name()] && (e.Type()&fs.ModeCharDevice == 0 || i+1 == len(v.dirs)) {
				all = append(all, e)
			}
			seen[e.Name()] = true
		}
		if hides(d, path.Join(name, "x")) {
			break
		}
	}
	if !found {
		return nil, last
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return all, nil
}

// WriteFile writes a file of the upper folder anew, with the folders above it.
func (v *view) WriteFile(name string, data []byte) error {
	upper := v.dirs[0]
	root := upper.Root()
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := root.Lstat(dir); err == nil {
			break
		}
		defer root.Lchown(dir, v.owner, v.owner)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := upper.WriteFile(name, data); err != nil {
		return err
	}
	return root.Lchown(name, v.owner, v.owner)
}

// path returns where the regular file name lies on this machine, or "".
func (v *view) path(name string) string {
	d := v.at(name)
	if d == nil {
		return ""
	}
	if info, err := d.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return filepath.Join(d.Name(), name)
}
