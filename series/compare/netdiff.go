// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"cmp"
	"math"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// A NetFile is what several patches in a row do to one file, as one diff from before the first to
// after the last would show it.
type NetFile struct {
	Path string // after the patches; before them where they delete it
	Old  string // before the patches; "" where they create it
	// Added and deleted are the lines of the shortest such diff, where exact is set. Where it is
	// not, since a patch does not fit the one before, they are the sums over the patches.
	Added, Deleted int
	exact          bool
	// Least and most bound the lines that a diff as git makes it adds: where lines were moved, or
	// removed and inserted again, several diffs tell the same. It deletes as many less or more.
	Least, Most int
	Gone        bool // the patches delete it
	Binary      bool
	Copied      bool // from another file, whose lines the patches do not show

	files  []*gitdiff.File // what was applied
	pieces []piece
	// known are the lines of the file before the patches that hunks show, by their number.
	known map[int]string
}

// A piece is a run of lines: n lines of the file before the patches, from line base on; or, where
// base is 0, one inserted line.
type piece struct {
	base, n int
	text    string
}

// NetFiles composes the patches and returns the files that differ after them, in order of path.
func NetFiles(patches []*patchset.Patch) []*NetFile {
	now := map[string]*NetFile{}
	var all []*NetFile
	for _, p := range patches {
		for _, f := range p.Files {
			nf := now[f.OldName]
			switch {
			case f.IsCopy:
				nf = &NetFile{Copied: true}
				all = append(all, nf)
			case f.IsNew && now[f.NewName] != nil:
				nf = now[f.NewName]
				nf.exact, nf.Gone = false, false
			case f.IsNew:
				nf = &NetFile{exact: true, known: map[int]string{}}
				all = append(all, nf)
			case nf == nil:
				whole := []piece{{base: 1, n: math.MaxInt32}}
				nf = &NetFile{Old: f.OldName, exact: true, pieces: whole, known: map[int]string{}}
				all = append(all, nf)
			}
			if !f.IsCopy {
				delete(now, f.OldName)
			}
			nf.apply(f)
			now[nf.Path] = nf
		}
	}
	all = slices.DeleteFunc(all, func(nf *NetFile) bool { return nf.Old == "" && nf.Gone })
	for _, nf := range all {
		nf.settle()
	}
	slices.SortStableFunc(all, func(a, b *NetFile) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// apply adds one more patch to the file.
func (nf *NetFile) apply(f *gitdiff.File) {
	nf.Path, nf.Gone = patchset.Path(f), f.IsDelete
	nf.files = append(nf.files, f)
	nf.Binary = nf.Binary || f.IsBinary
	added, deleted := patchset.Count(f)
	nf.Added += added
	nf.Deleted += deleted
	if !nf.exact {
		return
	}
	w := pieceWalk{pieces: nf.pieces, line: 1, known: nf.known}
	for _, frag := range f.TextFragments {
		start := int(frag.OldPosition)
		if frag.OldLines == 0 {
			start++ // "@@ -7,0" inserts after line 7
		}
		if !w.copyTo(start) || !w.hunk(frag.Lines) {
			nf.exact = false
			return
		}
	}
	nf.pieces = append(w.out, w.pieces...)
}

// A pieceWalk goes through the pieces of a file once, from top to bottom, and writes new ones.
type pieceWalk struct {
	pieces []piece // what lies ahead
	line   int     // the number of the first line ahead
	out    []piece
	known  map[int]string
}

// copyTo keeps the lines before line.
func (w *pieceWalk) copyTo(line int) bool {
	for w.line < line {
		taken, ok := w.take(line - w.line)
		if !ok {
			return false
		}
		w.keep(taken)
	}
	return w.line == line
}

// take returns at most n lines from ahead, as one piece.
func (w *pieceWalk) take(n int) (piece, bool) {
	if len(w.pieces) == 0 {
		return piece{}, false
	}
	p := w.pieces[0]
	if p.base == 0 || p.n <= n {
		w.pieces = w.pieces[1:]
	} else {
		w.pieces[0] = piece{base: p.base + n, n: p.n - n}
		p.n = n
	}
	w.line += max(p.n, 1)
	return p, true
}

// keep writes a piece, joined with the one before where they are of one run.
func (w *pieceWalk) keep(p piece) {
	if last := len(w.out) - 1; last >= 0 && p.base > 0 && w.out[last].base > 0 &&
		w.out[last].base+w.out[last].n == p.base {
		w.out[last].n += p.n
		return
	}
	w.out = append(w.out, p)
}

// hunk carries out the lines of a hunk, and is false where an earlier patch left another text.
func (w *pieceWalk) hunk(lines []gitdiff.Line) bool {
	for _, line := range lines {
		if line.Op == gitdiff.OpAdd {
			w.out = append(w.out, piece{text: line.Line})
			continue
		}
		p, ok := w.take(1)
		if !ok || p.base == 0 && p.text != line.Line {
			return false
		}
		if p.base > 0 {
			w.known[p.base] = line.Line
		}
		if line.Op == gitdiff.OpContext {
			w.keep(p)
		}
	}
	return true
}

// settle counts the lines of the diff from before to after. Where lines were removed and
// inserted again at one place, they do not count.
func (nf *NetFile) settle() {
	nf.Least, nf.Most = max(nf.Added-nf.Deleted, 0), nf.Added
	if len(nf.files) == 1 {
		nf.Least = nf.Added
	}
	if !nf.exact || nf.Binary || len(nf.files) == 1 {
		return
	}
	nf.Added, nf.Deleted = 0, 0
	next := 1 // first line of before that is not yet accounted for
	var inserted []string
	elsewhere := map[string]int{} // lines removed less lines inserted, by their text
	moved := 0
	flush := func(upTo int) {
		var removed []string
		for ; next < upTo; next++ {
			text, ok := nf.known[next]
			if !ok {
				break
			}
			removed = append(removed, text)
		}
		for _, e := range diffLines(removed, inserted, maxEdits) {
			switch e.op {
			case '+':
				nf.Added++
				if elsewhere[e.text] > 0 {
					moved++
				}
				elsewhere[e.text]--
			case '-':
				nf.Deleted++
				if elsewhere[e.text] < 0 {
					moved++
				}
				elsewhere[e.text]++
			}
		}
		inserted = inserted[:0]
	}
	for _, p := range nf.pieces {
		if p.base == 0 {
			inserted = append(inserted, p.text)
			continue
		}
		flush(p.base)
		next = p.base + p.n
	}
	flush(math.MaxInt32)
	nf.Least = nf.Added - moved
	if nf.Deleted == 0 {
		nf.Most = nf.Added // nothing to show in two ways
	}
}

// Fits reports whether a diff of the file may have that many lines added and deleted in all.
func (nf *NetFile) Fits(changes int) bool {
	twice := changes + nf.Added - nf.Deleted // of the lines that it adds
	return twice%2 == 0 && nf.Least <= twice/2 && twice/2 <= nf.Most
}

// Longer reports whether a diff that adds and deletes so many lines in all may be one of the file although it is not a
// shortest one: several patches make it, and git pairs the lines of the whole otherwise, for a tenth of them at most.
func (nf *NetFile) Longer(changes int) bool {
	more := changes - nf.Added - nf.Deleted
	return len(nf.files) > 1 && more > 0 && more%2 == 0 && more <= changes/10
}

// Vanishes reports whether the file may be as it was before: a diffstat need not show it.
func (nf *NetFile) Vanishes() bool {
	return nf.Old == nf.Path && !nf.Gone && !nf.Binary && nf.Fits(0)
}

// RenamedOld returns the path before a rename, or "".
func (nf *NetFile) RenamedOld() string {
	if nf.Old != nf.Path {
		return nf.Old
	}
	return ""
}
