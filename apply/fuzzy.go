// SPDX-License-Identifier: GPL-2.0-only

package apply

// A fuzzyFile is a file to which hunks are applied as GNU patch does (locate_hunk in patch.c): a hunk is looked for
// where the ones before it have led, never above them, and with more and more context left out of account.
type fuzzyFile struct {
	img    *image
	most   int // how many lines of context may be left out at each end
	budget *budget

	// moved is by how many lines the file is ahead of what the hunks say, frozen how many of its lines lie
	// above what may still change, grown by how many lines the new file is longer so far.
	moved, frozen, grown int
	edits                []fuzzyEdit
}

// A fuzzyEdit puts post in the place of n lines from line at on, from 0, of the file before any hunk.
type fuzzyEdit struct {
	at, n int
	post  []string
}

// place finds the place of h, below those before it. It reports false where there is none.
func (f *fuzzyFile) place(h *hunk) (placement, bool) {
	context := max(h.leading, h.trailing)
	for fuzz := 0; fuzz <= min(f.most, context); fuzz++ {
		if at, ok := f.locate(h, fuzz+h.leading-context, fuzz+h.trailing-context); ok {
			pl := placement{at: at + f.grown, offset: f.moved, fuzz: fuzz}
			f.add(h, at, max(fuzz+h.leading-context, 0), max(fuzz+h.trailing-context, 0))
			return pl, true
		}
	}
	return placement{}, false
}

// locate returns the line, from 0, where h stands without the first and last lines of its context. A negative number
// of those says that it has so much less context there than at the other end: it is from the end of a file.
func (f *fuzzyFile) locate(h *hunk, first, last int) (int, bool) {
	pre, _ := h.sides()
	guess := int(min(h.oldPos, 1<<40)) + f.moved - 1
	if len(pre) == 0 {
		at := min(max(guess+1, f.frozen), len(f.img.lines))
		return at, true
	}
	switch {
	case first < 0 && h.oldPos <= 1:
		if last < 0 && len(pre) != len(f.img.lines) || f.frozen > 0 {
			return 0, false
		}
		return f.try(pre, 0, guess, 0, max(last, 0))
	case last < 0:
		at := len(f.img.lines) - len(pre)
		if at < f.frozen {
			return 0, false
		}
		return f.try(pre, at, guess, max(first, 0), 0)
	}
	first = max(first, 0)
	bottom := len(f.img.lines) - (len(pre) - last)
	for d := 0; guess+d <= bottom || guess-d >= f.frozen; d++ {
		for _, at := range []int{guess + d, guess - d} {
			if at < f.frozen || at > bottom {
				continue
			}
			if found, ok := f.try(pre, at, guess, first, last); ok {
				return found, true
			}
		}
		if f.budget.spent() {
			break
		}
	}
	return 0, false
}

// try reports whether pre, without its first and last lines, stands at a line.
func (f *fuzzyFile) try(pre []string, at, guess, first, last int) (int, bool) {
	wanted := pre[first : len(pre)-last]
	if at < 0 || at+first+len(wanted) > len(f.img.lines) || !f.img.matches(at+first, wanted, false, f.budget) {
		return 0, false
	}
	f.moved += at - guess
	return at, true
}

// add notes what becomes of the file where h stands at a line.
func (f *fuzzyFile) add(h *hunk, at, first, last int) {
	pre, post := h.sides()
	f.edits = append(f.edits, fuzzyEdit{at + first, len(pre) - first - last, post[first : len(post)-last]})
	f.grown += len(post) - len(pre)
	old := 0
	for _, l := range h.lines {
		if l.op != '+' {
			old++
		}
		if l.op != ' ' {
			f.frozen = at + old
		}
	}
}

// result returns the file with all hunks.
func (f *fuzzyFile) result() []byte {
	// From the end, so that the lines above keep their numbers. Context may be that of two hunks.
	for i := len(f.edits) - 1; i >= 0; i-- {
		e := f.edits[i]
		if i+1 < len(f.edits) {
			if common := e.at + e.n - f.edits[i+1].at; common > 0 {
				e.n -= common
				e.post = e.post[:len(e.post)-common]
			}
		}
		f.img.replace(e.at, e.n, e.post, f.budget)
	}
	return f.img.bytes()
}

// fuzzy applies the hunks of a file as patch --fuzz does. It reports false where one fits nowhere.
func (p *placer) fuzzy(before []byte, hunks []*hunk) ([]byte, []placement, bool) {
	f := &fuzzyFile{img: newImage(before), most: p.fuzz, budget: p.budget}
	var places []placement
	for _, h := range hunks {
		pl, ok := f.place(h)
		if !ok {
			return nil, nil, false
		}
		places = append(places, pl)
	}
	return f.result(), places, true
}
