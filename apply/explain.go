// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/lsmpatch/lsmpatch/internal/columns"
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
	bad.Message = fmt.Sprintf("hunk %d of %s does not match at line %d or anywhere else", h.number, c.label(), bad.ExpectedLine)
	if at := r.appliedAt(c, h, img); at >= 0 {
		_, post := h.sides()
		bad.FoundLine, bad.Line = at+1, at+1
		bad.Found = img.text(at, min(at+len(post), len(img.lines)))
		bad.Hint = hintApplied
		return bad
	}
	if r.explainEnds(c, h, img, &bad) {
		return bad
	}
	if what := unlikeLines(c, h, img); what != "" {
		bad.FoundLine, bad.Line = 1, 1
		bad.Found, bad.Hint = img.text(0, min(len(img.lines), longest)), what
		return bad
	}
	n := img.nearest(pre, h.position()-1)
	bad.FoundLine, bad.Line = n.at+1, n.at+n.first+1
	bad.Found = img.text(n.at, n.end)
	bad.Hint = r.hintOf(n, h, pre, img)
	return bad
}

// unlikeLines says what the tree has where lines that resemble those of h tell nothing: h has none, or what is in the
// tree is a name; "" elsewhere.
func unlikeLines(c *change, h *hunk, img *image) string {
	switch {
	case c.oldMode&modeType == modeGitlink:
		return "the tree has the submodule at another commit"
	case c.oldMode&modeType == modeLink:
		return "the symlink of the tree has another target"
	case h.oldLines > 0:
		return ""
	case len(img.lines) == 1:
		return "the patch expects an empty file, and the tree's has 1 line"
	}
	return fmt.Sprintf("the patch expects an empty file, and the tree's has %d lines", len(img.lines))
}

// hintOf says how the place that comes nearest to h differs from what h expects.
func (r *patchRun) hintOf(n likePlace, h *hunk, pre []string, img *image) string {
	stands := (!r.placer.atStart(h) || n.at == 0) && (!r.placer.atEnd(h) || n.at+len(pre) == len(img.lines))
	switch {
	case len(img.lines) == 0:
		return "the file is empty"
	case slices.ContainsFunc(img.lines[n.at:n.end], func(l imageLine) bool { return l.patched }):
		return fmt.Sprintf("line %d on has been changed by a hunk before it", n.at+1)
	case n.spaced && stands:
		return fmt.Sprintf("line %d on %s; `--ignore-whitespace` applies it", n.at+1, spacing(pre, img.text(n.at, n.end)))
	case n.spaced:
		return fmt.Sprintf("line %d on differs in white space, and is not where the hunk must stand", n.at+1)
	case !n.alike && !n.common:
		return "nothing in the file resembles it"
	case n.differ == 0 && n.end-n.at > len(pre):
		return fmt.Sprintf("its lines are there from line %d on, with %s between them", n.at+1, counted(n.end-n.at-len(pre), "more"))
	case n.differ == 0:
		return fmt.Sprintf("the nearest place is line %d", n.at+1)
	}
	return fmt.Sprintf("the nearest place is line %d, where %d of %d lines differ", n.at+1, n.differ, len(pre))
}

// spacing says how lines differ from those that a hunk expects, where that is in white space alone.
func spacing(pre []string, found string) string {
	want := strings.Join(pre, "")
	bare := func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
	switch {
	case bare(want) == bare(found) && strings.Contains(found, "\r\n"):
		return "differs in line ends only: the tree has CR LF"
	case bare(want) == bare(found):
		return "differs in line ends only: the patch has CR LF"
	case strings.TrimSuffix(want, "\n") == strings.TrimSuffix(found, "\n"):
		return "differs in the end of the last line only, which one side lacks"
	}
	if strings.Contains(found, "\t") && !strings.Contains(want, "\t") {
		return "differs in white space only, as mail programs leave it"
	}
	return "differs in white space only"
}

// explainEnds explains a hunk that must stand at the start or the end of the file, and whose lines are elsewhere in
// it. It reports whether that is so.
func (r *patchRun) explainEnds(c *change, h *hunk, img *image, bad *Conflict) bool {
	start, end := r.placer.atStart(h), r.placer.atEnd(h)
	pre, _ := h.sides()
	if len(pre) == 0 || !start && !end {
		return false
	}
	at := r.placer.find(img, attempt{pre: pre, pos: max(h.position()-1, 0)})
	if at < 0 || img.text(at, at+len(pre)) != strings.Join(pre, "") { // as git, find looks at the last line's beginning alone
		return false
	}
	before, after := at, len(img.lines)-at-len(pre)
	bad.FoundLine, bad.Line = at+1, at+len(pre)+1
	bad.Found = img.text(at, min(at+len(pre)+between, len(img.lines)))
	switch {
	case c.isDelete == yes:
		bad.Hint = fmt.Sprintf("the file has %s than the patch deletes", counted(before+after, "more"))
	case end && after > 0:
		bad.Hint = fmt.Sprintf("the hunk must stand at the end of the file, where the tree has %s", counted(after, "more"))
	default:
		bad.Line, bad.FoundLine = 1, 1
		bad.Found = img.text(0, min(at+len(pre), longest))
		bad.Hint = fmt.Sprintf("the hunk must stand at the start of the file, where the tree has %s", counted(before, "more"))
	}
	return true
}

// counted returns "1 line more" or "7 lines more".
func counted(n int, what string) string {
	if n == 1 {
		return "1 line " + what
	}
	return fmt.Sprintf("%d lines %s", n, what)
}

const (
	alreadyApplied = "already applied: "
	hintApplied    = alreadyApplied + "the tree is as the patch makes it"
)

// isApplied reports whether bad says that the tree has what a patch makes.
func (c *Conflict) isApplied() bool { return strings.HasPrefix(c.Hint, alreadyApplied) }

// tellParts makes the explanations of a patch that is in the tree in part say which part that is.
func (r *patchRun) tellParts(changes []*change) {
	parts := 0
	for _, c := range changes {
		parts += min(max(len(c.hunks), 1), maxConflicts)
	}
	for _, bad := range r.conflicts {
		if bad.isApplied() {
			parts--
		}
	}
	for i := range r.conflicts {
		switch bad := &r.conflicts[i]; {
		case parts == 0 || !bad.isApplied():
		case bad.Hunk > 0:
			bad.Hint = alreadyApplied + "the tree has this hunk, but not all of the patch"
		case bad.Kind == KindMissing:
			bad.Hint = alreadyApplied + "the tree lacks this file, but has not all of the patch"
		default:
			bad.Hint = alreadyApplied + "the tree has this file, but not all of the patch"
		}
	}
}

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

// explainRenamed says of a file that is not there that the tree has it by the name that the patch gives it.
func (r *patchRun) explainRenamed(c *change, bad *Conflict) error {
	if !c.isRename || c.binary || !fs.ValidPath(c.newName) {
		return nil
	}
	mode, err := r.lookup(c.newName)
	if err != nil || !mode.IsFile() {
		return err
	}
	bad.Hint = "the tree has " + c.newName + " already"
	have, err := tree.ReadEntry(r.files, c.newName)
	if err != nil {
		return err
	}
	img := newImage(have)
	if len(c.hunks) > 0 && !slices.ContainsFunc(c.hunks, func(h *hunk) bool { return r.appliedAt(c, h, img) < 0 }) {
		bad.Hint = hintApplied
	}
	return nil
}

// appliedAt returns the line, from 0, where the reverse of h fits, or -1. A hunk that adds nothing is not
// told from other lines of its context, so it counts only where the reverse of all of c fits.
func (r *patchRun) appliedAt(c *change, h *hunk, img *image) int {
	back := h.reverse()
	a := attempt{pos: max(back.position()-1, 0), start: back.oldPos <= 1, end: back.trailing == 0}
	a.pre, _ = back.sides()
	adds := slices.ContainsFunc(h.lines, func(l hunkLine) bool { return l.op == '+' && strings.TrimSpace(l.text) != "" })
	if !adds && len(c.hunks) > 1 {
		return -1
	}
	return r.placer.find(img, a)
}

// text returns the lines from at to end.
func (img *image) text(at, end int) string {
	var b strings.Builder
	for _, l := range img.lines[at:end] {
		b.Write(l.text)
	}
	return b.String()
}

// A likePlace is the place of a file that comes nearest to a hunk: its lines from at to end, of which line
// at+first is the first that is not as expected.
type likePlace struct {
	at, end, first int
	differ         int  // expected lines that are not there
	alike          bool // there is a likeness; otherwise at is where the hunk says
	spaced         bool // all lines are there, with other white space
	common         bool // a line that tells something is there
}

const (
	// maxAlike is how many equal lines of a hunk count in the search for the nearest place.
	maxAlike = 8
	// between is how many more lines than expected may stand between those that are.
	between = 6
)

// nearest returns the place that comes nearest to pre. Lines are equal, but for white space, and count the
// more the fewer of them the file has. Of equal places the one closest to line pos, from 0, counts.
func (img *image) nearest(pre []string, pos int) likePlace {
	wanted, telling := map[string][]int{}, 0
	for i, l := range pre {
		if key := spaced(l); tells(key) {
			telling++
			if len(wanted[key]) < maxAlike {
				wanted[key] = append(wanted[key], i)
			}
		}
	}
	keys, count := make([]string, len(img.lines)), map[string]int{}
	for i, l := range img.lines {
		if key := spaced(string(l.text)); wanted[key] != nil {
			keys[i] = key
			count[key]++
		}
	}
	type tally struct {
		lines  int
		weight float64
	}
	score := map[int]tally{}
	for i, key := range keys {
		for _, j := range wanted[key] {
			if s := score[i-j]; i-j >= 0 {
				score[i-j] = tally{s.lines + 1, s.weight + 1/float64(count[key])}
			}
		}
	}
	n := likePlace{at: min(max(pos, 0), max(len(img.lines)-1, 0))}
	best := 0.0
	for i, s := range score {
		if s.weight < 0.5 || 4*s.lines < telling {
			continue
		}
		d, b := abs(i-pos), abs(n.at-pos)
		if s.weight > best || s.weight == best && (d < b || d == b && i < n.at) {
			n.at, n.alike, best = i, true, s.weight
		}
	}
	n.compare(pre, img)
	return n
}

// compare sets what is to be known of the lines from n.at on.
func (n *likePlace) compare(pre []string, img *image) {
	n.end = min(n.at+len(pre), len(img.lines))
	n.spaced = n.alike && n.end-n.at == len(pre) && img.text(n.at, n.end) != strings.Join(pre, "")
	for i := 0; n.spaced && i < len(pre); i++ {
		n.spaced = spaced(pre[i]) == spaced(string(img.lines[n.at+i].text))
	}
	last := min(n.end+between, len(img.lines))
	common := columns.Common(pre, splitLines(img.text(n.at, last)))
	if from := max(n.at-between, 0); n.alike && len(common) < len(pre) {
		// Lines may have come between those above and the ones that were found.
		if more := columns.Common(pre, splitLines(img.text(from, last))); len(more) > len(common) {
			n.at, common = from, more
		}
	}
	n.differ = len(pre) - len(common)
	n.common = slices.ContainsFunc(common, func(p columns.Pair) bool { return tells(pre[p.Left]) })
	if len(common) > 0 {
		first, last := common[0], common[len(common)-1]
		n.end = min(n.at+last.Right+len(pre)-last.Left, len(img.lines))
		n.at += max(first.Right-first.Left, 0)
	}
	for n.first < len(pre)-1 && n.at+n.first < len(img.lines) && string(img.lines[n.at+n.first].text) == pre[n.first] {
		n.first++
	}
}

// spaced returns line with one blank for each stretch of white space, and none at the end: lines for which
// it is the same match under --ignore-whitespace.
func spaced(line string) string {
	words := strings.Join(strings.Fields(line), " ")
	if words != "" && !strings.HasPrefix(line, words[:1]) {
		return " " + words
	}
	return words
}

// tells reports whether a line says more than where a block begins or ends.
func tells(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func abs(n int) int { return max(n, -n) }
