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
// most lines around them are. It serves to read what the series means, not to build.
type assumed struct {
	fs.FS
	files   map[string][]byte // nil: deleted
	guessed map[string]bool
}

// Assume returns the tree after a series that does not apply, as far as it can be told: the files that the series adds, and its
// changes to others where their places are found. The files of guessed have changes of which that is not sure.
func Assume(set *patchset.Set, before fs.FS) (after fs.FS, guessed map[string]bool) {
	a := &assumed{before, map[string][]byte{}, map[string]bool{}}
	for _, p := range set.Patches {
		for _, f := range p.Files {
			a.patch(f)
		}
	}
	return a, a.guessed
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
	if p.guessed || a.guessed[f.OldName] && !f.IsNew {
		a.guessed[f.NewName] = true
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
	// guessed says that a change stands where it may not belong, or did not take away what it should.
	guessed bool
}

// hunk puts a hunk where all its old lines stand behind the hunk before, at the place nearest to the one that it
// names. Where they stand nowhere, it puts each of its changes by itself.
func (p *placing) hunk(frag *gitdiff.TextFragment) {
	var old, now []string
	for _, l := range frag.Lines {
		if l.Op != gitdiff.OpAdd {
			old = append(old, l.Line)
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
	first := int(frag.OldPosition) - 1 + p.shift
	for _, c := range changesOf(frag) {
		p.change(&c, first+c.offset-len(p.done))
	}
}

// A change is what a hunk takes away and adds in one place, between lines that stay.
type change struct {
	before, gone, added, after []string
	// offset is how many lines of the old file the hunk has before it.
	offset int
}

func changesOf(frag *gitdiff.TextFragment) []change {
	var changes []change
	var stay []string
	var last *change // that the lines being read belong to, nil between changes
	offset := 0
	for _, l := range frag.Lines {
		if l.Op == gitdiff.OpContext {
			stay, last = append(stay, l.Line), nil
			if n := len(changes); n > 0 {
				changes[n-1].after = append(changes[n-1].after, l.Line)
			}
			offset++
			continue
		}
		if last == nil {
			changes = append(changes, change{before: stay, offset: offset})
			stay, last = nil, &changes[len(changes)-1]
		}
		if l.Op == gitdiff.OpAdd {
			last.added = append(last.added, l.Line)
		} else {
			last.gone = append(last.gone, l.Line)
			offset++
		}
	}
	return changes
}

// change puts a change where the most lines around it are those of the patch, at the place nearest to start.
// Without what it takes away, or the lines on both its sides, that is a guess.
func (p *placing) change(c *change, start int) {
	start = min(max(start, 0), len(p.rest))
	best, most, sure := start, 3, false // less than one line that says something is nothing
	for distance := 0; distance <= max(start, len(p.rest)-start) && p.budget > 0; distance++ {
		for _, at := range []int{start - distance, start + distance} {
			if at < 0 || at > len(p.rest) {
				continue
			}
			if n, both := p.likeness(c, at); n > most {
				best, most, sure = at, n, both
			}
		}
	}
	gone := 0
	if best+len(c.gone) <= len(p.rest) && p.stands(c.gone, best) {
		gone = len(c.gone)
	}
	p.guessed = p.guessed || !sure || gone < len(c.gone)
	p.put(best, c.added, gone)
}

// likeness counts the lines around a place that are those around a change, one that says little for less. Both is true where
// what it takes away stands there, and the lines next to it as well.
func (p *placing) likeness(c *change, at int) (n int, both bool) {
	worth := func(line string) int {
		if len(strings.TrimSpace(line)) > 3 {
			return 4
		}
		return 1
	}
	above, below := 0, 0
	for i := len(c.before) - 1; i >= 0 && at-len(c.before)+i >= 0 && p.rest[at-len(c.before)+i] == c.before[i]; i-- {
		p.budget--
		above += worth(c.before[i])
	}
	end, whole := at, len(c.gone) == 0
	if !whole && at+len(c.gone) <= len(p.rest) && p.stands(c.gone, at) {
		end, whole = at+len(c.gone), true
		n += 4 * len(c.gone)
	}
	for i := 0; i < len(c.after) && end+i < len(p.rest) && p.rest[end+i] == c.after[i]; i++ {
		p.budget--
		below += worth(c.after[i])
	}
	p.budget -= 2
	return n + above + below, whole && above > 0 && below > 0
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
