// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// explainHunk says why h fits nowhere in img.
func (r *patchRun) explainHunk(c *change, h *hunk, img *image) Conflict {
	pre, _ := h.sides()
	bad := Conflict{File: c.name(), Hunk: h.number, Kind: KindHunk, Expected: strings.Join(pre, ""), ExpectedLine: max(int(h.oldPos), 1)}
	if r.placer.budget.spent() {
		bad.Kind = KindBomb
		bad.Message = fmt.Sprintf("%s: the hunks take more work to place than any honest patch does", c.name())
		return bad
	}
	at, diff := img.nearest(pre, h.position()-1)
	end := min(at+len(pre), len(img.lines))
	bad.FoundLine, bad.Line = at+1, at+diff+1
	bad.Found = img.text(at, end)
	bad.Message = fmt.Sprintf("hunk %d of %s does not match at line %d or anywhere else", h.number, c.name(), h.oldPos)
	switch {
	case r.isApplied(c, h, img):
		bad.Hint = hintApplied
	case len(img.lines) == 0:
		bad.Hint = "the file is empty"
	default:
		bad.Hint = fmt.Sprintf("the nearest place is line %d, where %s", at+1, differing(pre, img, at))
	}
	return bad
}

const hintApplied = "already applied: the tree is as the patch makes it"

// explainExisting says what is wrong with a change that creates a file which is there.
func (r *patchRun) explainExisting(c *change) (*Conflict, error) {
	bad := conflict(c, KindExists, "%s already exists", c.newName)
	if c.isNew != yes || c.binary {
		return bad, nil
	}
	have, err := tree.ReadEntry(r.files, c.newName)
	if err != nil {
		return nil, err
	}
	want, _, _ := r.applyHunks(c, nil)
	if bytes.Equal(have, want) {
		bad.Hint = hintApplied
	} else {
		bad.Hint = "the patch creates it anew: the tree has another file of that name"
	}
	return bad, nil
}

// isApplied reports whether the reverse of h fits. A hunk that adds nothing is not told from other
// lines of its context, so it counts only where the reverse of all of c fits.
func (r *patchRun) isApplied(c *change, h *hunk, img *image) bool {
	back := h.reverse()
	a := attempt{pos: max(back.position()-1, 0), start: back.oldPos <= 1, end: back.trailing == 0}
	a.pre, _ = back.sides()
	adds := slices.ContainsFunc(h.lines, func(l hunkLine) bool { return l.op == '+' && strings.TrimSpace(l.text) != "" })
	return (adds || len(c.hunks) == 1) && r.placer.find(img, a) >= 0
}

// differing tells how many of the expected lines differ from those at line at.
func differing(pre []string, img *image, at int) string {
	n := 0
	for i, want := range pre {
		if at+i >= len(img.lines) || string(img.lines[at+i].text) != want {
			n++
		}
	}
	return fmt.Sprintf("%d of %d lines differ", n, len(pre))
}

// text returns the lines from at to end.
func (img *image) text(at, end int) string {
	var b strings.Builder
	for _, l := range img.lines[at:end] {
		b.Write(l.text)
	}
	return b.String()
}

// maxAlike is how many equal lines of a hunk count in the search for the nearest place.
const maxAlike = 8

// nearest returns the line from which most lines of pre match, and which line of pre is the first
// that does not. Of equal places the one closest to line pos counts.
func (img *image) nearest(pre []string, pos int) (at, diff int) {
	wanted := map[string][]int{}
	for i, l := range pre {
		if strings.TrimSpace(l) != "" && len(wanted[l]) < maxAlike {
			wanted[l] = append(wanted[l], i)
		}
	}
	score := map[int]int{}
	for i, l := range img.lines {
		for _, j := range wanted[string(l.text)] {
			if i-j >= 0 {
				score[i-j]++
			}
		}
	}
	at, best := min(max(pos, 0), max(len(img.lines)-1, 0)), 0
	for i, n := range score {
		d, b := abs(i-pos), abs(at-pos)
		if n > best || n == best && (d < b || d == b && i < at) {
			at, best = i, n
		}
	}
	for diff < len(pre)-1 && at+diff < len(img.lines) && string(img.lines[at+diff].text) == pre[diff] {
		diff++
	}
	return at, diff
}

func abs(n int) int { return max(n, -n) }
