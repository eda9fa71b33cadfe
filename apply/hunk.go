// SPDX-License-Identifier: GPL-2.0-only

package apply

// A hunk is one "@@" part of a change.
type hunk struct {
	number             int // from 1, within its change
	oldPos, newPos     int64
	oldLines, newLines int64
	leading, trailing  int
	// lines hold the text with its line end, where it has one.
	lines []hunkLine
}

// A hunkLine is one line of a hunk.
type hunkLine struct {
	op   byte // ' ', '-' or '+'
	text string
}

func (h *hunk) reverse() *hunk {
	r := *h
	r.oldPos, r.newPos = h.newPos, h.oldPos
	r.oldLines, r.newLines = h.newLines, h.oldLines
	r.lines = make([]hunkLine, len(h.lines))
	for i, l := range h.lines {
		switch l.op {
		case '+':
			l.op = '-'
		case '-':
			l.op = '+'
		}
		r.lines[i] = l
	}
	return &r
}

// sides returns what h takes away and what it puts in its place, context included.
func (h *hunk) sides() (pre, post []string) {
	pre = make([]string, 0, h.oldLines)
	post = make([]string, 0, h.newLines)
	for _, l := range h.lines {
		if l.op != '+' {
			pre = append(pre, l.text)
		}
		if l.op != '-' {
			post = append(post, l.text)
		}
	}
	return pre, post
}

// A placement says where and how a hunk went in.
type placement struct {
	at     int // line of the image, from 0
	offset int
	fuzz   int
}

// A placer puts hunks into an image, under the options of one run.
type placer struct {
	// unidiffZero lets hunks without context stand anywhere, as git apply --unidiff-zero does.
	unidiffZero bool
	// context is git apply's -C: so many lines of context at each end must match. Negative: all.
	context int
	// fuzz is patch's --fuzz: up to so many lines at each end may differ.
	fuzz int
	// budget bounds the work of searching, in lines compared.
	budget *budget
}

// An attempt is a hunk with some of its context left away, and where it may stand.
type attempt struct {
	pre, post  []string
	pos        int
	start, end bool // must stand at the beginning, at the end of the file
}

// place finds the place of h in img and changes img there. It reports false where there is none,
// and leaves img alone.
func (p *placer) place(img *image, h *hunk) (placement, bool) {
	a := attempt{
		start: p.atStart(h),
		end:   p.atEnd(h),
		pos:   max(h.position()-1, 0),
	}
	a.pre, a.post = h.sides()
	return p.reduceContext(img, h, a)
}

// position returns the line, from 1, at which h says it stands in the file that the hunks before
// it have changed. Numbers beyond any file mean its end.
func (h *hunk) position() int {
	const beyond = 1 << 40
	return int(min(h.newPos, beyond))
}

// reduceContext tries a as it is, and then, where git apply -C asks for it, first without its
// anchors, then with less and less context.
func (p *placer) reduceContext(img *image, h *hunk, a attempt) (placement, bool) {
	leading, trailing := h.leading, h.trailing
	for {
		if at := p.find(img, a); at >= 0 {
			img.replace(at, len(a.pre), a.post, p.budget)
			return placement{
				at: at, offset: at - a.pos,
				fuzz: max(h.leading-leading, h.trailing-trailing),
			}, true
		}
		if p.context < 0 || leading <= p.context && trailing <= p.context {
			return placement{}, false
		}
		if a.start || a.end {
			a.start, a.end = false, false
			continue
		}
		first := leading >= trailing
		if first {
			a.pre, a.post = a.pre[1:], a.post[1:]
			a.pos--
			leading--
		}
		if trailing > leading {
			a.pre, a.post = a.pre[:len(a.pre)-1], a.post[:len(a.post)-1]
			trailing--
		}
	}
}

// find returns the line at which a.pre stands in img, or -1. It looks at a.pos, then one line
// after and one before it, two lines after and before, and so on, as git apply does.
func (p *placer) find(img *image, a attempt) int {
	last := len(img.lines) - len(a.pre)
	if last < 0 {
		return -1
	}
	switch {
	case a.start && a.end && last != 0:
		return -1
	case a.start:
		return p.matchAt(img, a, 0)
	case a.end:
		return p.matchAt(img, a, last)
	}
	pos := min(max(a.pos, 0), len(img.lines))
	if a.pos < 0 {
		pos = len(img.lines)
	}
	if at := p.matchAt(img, a, pos); at >= 0 {
		return at
	}
	for d := 1; pos+d <= last || pos-d >= 0; d++ {
		if pos+d <= last {
			if at := p.matchAt(img, a, pos+d); at >= 0 {
				return at
			}
		}
		if pos-d >= 0 && pos-d <= last {
			if at := p.matchAt(img, a, pos-d); at >= 0 {
				return at
			}
		}
		if p.budget.spent() {
			return -1
		}
	}
	return -1
}

// matchAt returns at where a.pre stands there in img, or -1.
func (p *placer) matchAt(img *image, a attempt, at int) int {
	if at+len(a.pre) > len(img.lines) || !img.matches(at, a.pre, a.end, p.budget) {
		return -1
	}
	return at
}

// A budget bounds the work that one patch may cause, in lines compared. A long line counts for
// several.
type budget struct{ left int64 }

func (b *budget) take(n int)           { b.left -= int64(n) }
func (b *budget) takeLine(line string) { b.left -= 1 + int64(len(line)/64) }
func (b *budget) spent() bool          { return b.left <= 0 }
