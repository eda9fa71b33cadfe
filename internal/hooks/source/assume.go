// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"io/fs"
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

// Assume returns the tree after a series that does not apply, as far as it can be told: the files that the series adds, and its
// changes to others where their places are found.
func Assume(set *patchset.Set, before fs.FS) fs.FS {
	a := &assumed{before, map[string][]byte{}}
	for _, p := range set.Patches {
		for _, f := range p.Files {
			a.patch(f)
		}
	}
	return a
}

// Base returns the tree without the series.
func (a *assumed) Base() fs.FS { return a.FS }

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
	p := placing{rest: lines, budget: maxCompared}
	for _, frag := range f.TextFragments {
		p.hunk(frag)
	}
	a.files[f.NewName] = []byte(strings.Join(append(p.done, p.rest...), ""))
}

// maxCompared is how many lines of a file are compared to find places for its hunks. Where that is used up, the
// others stand where they say.
const maxCompared = 5_000_000

// A placing puts the hunks of a file into its lines, one after the other: done is what lies before the next one.
type placing struct {
	done, rest []string
	// shift is by how much the hunks so far moved the lines.
	shift  int
	budget int
}

// hunk puts a hunk where all its old lines stand behind the hunk before, at the place nearest to the one that it
// names, else at that place, without what it deletes.
func (p *placing) hunk(frag *gitdiff.TextFragment) {
	var old, now, added []string
	for _, l := range frag.Lines {
		if l.Op != gitdiff.OpAdd {
			old = append(old, l.Line)
		} else {
			added = append(added, l.Line)
		}
		if l.Op != gitdiff.OpDelete {
			now = append(now, l.Line)
		}
	}
	start := int(frag.OldPosition) - 1 + p.shift - len(p.done)
	if at := p.nearest(old, start); at >= 0 {
		p.put(at, now, len(old))
		return
	}
	p.put(min(max(start+int(frag.LeadingContext), 0), len(p.rest)), added, 0)
}

// put puts lines at a place of the rest, for as many as they replace.
func (p *placing) put(at int, lines []string, replaced int) {
	p.done = append(append(p.done, p.rest[:at]...), lines...)
	p.rest = p.rest[at+replaced:]
	p.shift += len(lines) - replaced
}

// nearest returns where old stands in the rest, as near to start as can be, or -1.
func (p *placing) nearest(old []string, start int) int {
	last := len(p.rest) - len(old)
	start = min(max(start, 0), max(last, 0))
	for distance := 0; distance <= max(start, last-start); distance++ {
		for _, at := range []int{start - distance, start + distance} {
			if at >= 0 && at <= last && p.stands(old, at) {
				return at
			}
		}
		if p.budget <= 0 {
			return -1
		}
	}
	return -1
}

func (p *placing) stands(old []string, at int) bool {
	for i := range old {
		p.budget--
		if p.rest[at+i] != old[i] {
			return false
		}
	}
	return true
}

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
