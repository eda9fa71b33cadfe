// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// assumed is a tree in which a series that does not apply is taken as applied: files that the
// series adds are whole, and hunks stand where their old lines are found, or else where the
// patch says. It serves to read what the series means, not to build.
type assumed struct {
	fs.FS
	files map[string][]byte // nil: deleted
}

func Assume(set *patchset.Set, before fs.FS) fs.FS {
	a := &assumed{before, map[string][]byte{}}
	for _, p := range set.Patches {
		for _, f := range p.Files {
			a.patch(f)
		}
	}
	return a
}

// Open opens a file of the tree with the series.
func (a *assumed) Open(name string) (fs.File, error) {
	if data, ok := a.files[name]; ok {
		if data == nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return openBytes(name, data), nil
	}
	return a.FS.Open(name)
}

// ReadFile reads a file of the tree with the series.
func (a *assumed) ReadFile(name string) ([]byte, error) {
	if data, ok := a.files[name]; ok {
		if data == nil {
			return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
		}
		return data, nil
	}
	return fs.ReadFile(a.FS, name)
}

func (a *assumed) patch(f *gitdiff.File) {
	if f.IsBinary {
		return
	}
	var lines []string
	if !f.IsNew {
		data, err := a.ReadFile(f.OldName)
		if err != nil {
			data = nil
		}
		lines = strings.SplitAfter(string(data), "\n")
	}
	if f.IsDelete || f.IsRename {
		a.files[f.OldName] = nil
	}
	if f.IsDelete {
		return
	}
	shift := 0
	for _, frag := range f.TextFragments {
		lines, shift = place(lines, frag, shift)
	}
	a.files[f.NewName] = []byte(strings.Join(lines, ""))
}

// place puts a hunk into lines: at the place nearest to the one it names where all its old lines
// stand, else at that place, without what it deletes. Shift is by how much the hunks before
// moved the lines.
func place(lines []string, frag *gitdiff.TextFragment, shift int) ([]string, int) {
	var old, now []string
	for _, l := range frag.Lines {
		if l.Op != gitdiff.OpAdd {
			old = append(old, l.Line)
		}
		if l.Op != gitdiff.OpDelete {
			now = append(now, l.Line)
		}
	}
	start := int(frag.OldPosition) - 1 + shift
	if at := nearest(lines, old, start); at >= 0 {
		return slices.Replace(lines, at, at+len(old), now...), shift + len(now) - len(old)
	}
	var added []string
	for _, l := range frag.Lines {
		if l.Op == gitdiff.OpAdd {
			added = append(added, l.Line)
		}
	}
	start = min(max(start+int(frag.LeadingContext), 0), len(lines))
	return slices.Insert(lines, start, added...), shift + len(added)
}

// nearest returns where old stands in lines, as near to start as can be, or -1.
func nearest(lines, old []string, start int) int {
	best := -1
	for i := 0; i+len(old) <= len(lines); i++ {
		if (best < 0 || abs(i-start) < abs(best-start)) && slices.Equal(lines[i:i+len(old)], old) {
			best = i
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// memFile is an open file that holds its bytes.
type memFile struct {
	*bytes.Reader
	info memInfo
}

func openBytes(name string, data []byte) fs.File {
	return &memFile{bytes.NewReader(data), memInfo{name, int64(len(data))}}
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memFile) Close() error               { return nil }
