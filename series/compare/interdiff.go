// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sourcegraph/go-diff/diff"
)

// interdiff returns what the files of b hold other than those of a, as a unified diff: what diff
// would print between the tree with the one and the tree with the other version applied. Both are
// diffs against one base; a file where that cannot be, since a line is shown in two ways, is shown
// as the diff of the two diffs.
func interdiff(a, b []*NetFile) string {
	type change struct{ before, after *NetFile }
	var changes []change
	used := map[*NetFile]bool{}
	for _, after := range b {
		before := counterpart(a, after)
		used[before] = true
		changes = append(changes, change{before, after})
	}
	for _, before := range a {
		if !used[before] {
			changes = append(changes, change{before, nil})
		}
	}
	path := func(c change) string {
		if c.after != nil {
			return c.after.Path
		}
		return c.before.Path
	}
	slices.SortStableFunc(changes, func(x, y change) int { return cmp.Compare(path(x), path(y)) })
	var out strings.Builder
	for _, c := range changes {
		out.WriteString(interdiffFile(c.before, c.after))
	}
	return out.String()
}

// counterpart finds the file of files that started as nf did, or that has its name; else nil.
func counterpart(files []*NetFile, nf *NetFile) *NetFile {
	for _, same := range []func(*NetFile) bool{
		func(f *NetFile) bool { return f.Old == nf.Old && f.Path == nf.Path },
		func(f *NetFile) bool { return f.Old != "" && f.Old == nf.Old },
		func(f *NetFile) bool { return f.Path == nf.Path },
	} {
		if i := slices.IndexFunc(files, same); i >= 0 {
			return files[i]
		}
	}
	return nil
}

// untouched returns the file that nf starts from.
func (nf *NetFile) untouched() *NetFile {
	f := &NetFile{Old: nf.Old, Path: nf.Old, exact: true, Gone: nf.Old == ""}
	if nf.Old == "" {
		f.Path = nf.Path
		return f
	}
	f.pieces = []piece{{base: 1, n: math.MaxInt32}}
	return f
}

func interdiffFile(before, after *NetFile) string {
	if before == nil {
		before = after.untouched()
	}
	if after == nil {
		after = before.untouched()
	}
	name := after.Path
	if !sameBase(before, after) {
		return diffText("diff of "+name, before.plainDiff(), after.plainDiff())
	}
	known, cuts := shared(before, after)
	edits := diffLines(before.tokens(known, cuts), after.tokens(known, cuts), maxEdits)
	d := &diff.FileDiff{OrigName: "a/" + before.Path, NewName: "b/" + name, Hunks: unifiedHunks(edits)}
	if before.Gone {
		d.OrigName = "/dev/null"
	}
	if after.Gone {
		d.NewName = "/dev/null"
	}
	if before.Path != after.Path {
		d.Extended = []string{fmt.Sprintf("renamed to %s instead of %s", after.Path, before.Path)}
	}
	return printDiff(d)
}

// sameBase reports whether both can start from one file.
func sameBase(a, b *NetFile) bool {
	if !a.exact || !b.exact || (a.Old == "") != (b.Old == "") && !a.Gone && !b.Gone {
		return false
	}
	for line, text := range a.known {
		if other, ok := b.known[line]; ok && other != text {
			return false
		}
	}
	return true
}

// plainDiff returns the patches of the file without line numbers.
func (nf *NetFile) plainDiff() string {
	var fp fingerprint
	for _, f := range nf.files {
		fp.addFile(f)
	}
	return strings.Join(fp.lines, "")
}

// shared returns what both show of the file they start from, and where their pieces have to be cut so
// that those that neither shows are the same in both.
func shared(a, b *NetFile) (known map[int]string, cuts []int) {
	known = map[int]string{}
	for _, nf := range []*NetFile{a, b} {
		for line, text := range nf.known {
			known[line] = text
			cuts = append(cuts, line, line+1)
		}
		for _, p := range nf.pieces {
			if p.base > 0 {
				cuts = append(cuts, p.base, p.base+p.n)
			}
		}
	}
	slices.Sort(cuts)
	return known, slices.Compact(cuts)
}

// tokens returns the lines of the file. Lines that are not known stand there as one token for each
// stretch, which starts with unknownMark.
func (nf *NetFile) tokens(known map[int]string, cuts []int) []string {
	if nf.Gone {
		return nil
	}
	var tokens []string
	for _, p := range nf.pieces {
		if p.base == 0 {
			tokens = append(tokens, p.text)
			continue
		}
		first, _ := slices.BinarySearch(cuts, p.base)
		for i := first; i+1 < len(cuts) && cuts[i] < p.base+p.n; i++ {
			if text, ok := known[cuts[i]]; ok {
				tokens = append(tokens, text)
			} else {
				tokens = append(tokens, fmt.Sprintf("%s%d %d", unknownMark, cuts[i+1]-cuts[i], cuts[i]))
			}
		}
	}
	return tokens
}

const unknownMark = "\x00unknown "

// lines returns how many lines e stands for, and whether their text is known.
func (e edit) lines() (n int, known bool) {
	if !strings.HasPrefix(e.text, unknownMark) {
		return 1, true
	}
	_, err := fmt.Sscanf(e.text[len(unknownMark):], "%d", &n)
	return n, err != nil
}

// A hunk is a run of edits with some lines of context.
type hunk struct {
	oldStart, newStart int // line numbers of the first line, from 1
	edits              []edit
}

// hunksOf groups edits into hunks with context lines around each change. Unknown lines end a hunk.
func hunksOf(edits []edit, context int) []hunk {
	show := make([]bool, len(edits))
	for i, e := range edits {
		if e.op == '=' {
			continue
		}
		for _, step := range []int{-1, 1} {
			for j := i; j >= 0 && j < len(edits) && (j-i)*step <= context; j += step {
				if _, known := edits[j].lines(); !known {
					break
				}
				show[j] = true
			}
		}
	}
	var hunks []hunk
	oldLine, newLine := 1, 1
	for i, e := range edits {
		if show[i] {
			if i == 0 || !show[i-1] {
				hunks = append(hunks, hunk{oldStart: oldLine, newStart: newLine})
			}
			last := &hunks[len(hunks)-1]
			last.edits = append(last.edits, e)
		}
		n, _ := e.lines()
		if e.op != '+' {
			oldLine += n
		}
		if e.op != '-' {
			newLine += n
		}
	}
	return hunks
}

// unifiedHunks returns edits as the hunks of a unified diff.
func unifiedHunks(edits []edit) []*diff.Hunk {
	var hunks []*diff.Hunk
	for _, h := range hunksOf(edits, diffContext) {
		d := &diff.Hunk{OrigStartLine: int32(h.oldStart), NewStartLine: int32(h.newStart)}
		for _, e := range h.edits {
			sign := e.op
			if sign == '=' {
				sign = ' '
			}
			if e.op != '+' {
				d.OrigLines++
			}
			if e.op != '-' {
				d.NewLines++
			}
			d.Body = append(append(d.Body, sign), e.text...)
			if !strings.HasSuffix(e.text, "\n") {
				d.Body = append(d.Body, "\n\\ No newline at end of file\n"...)
			}
		}
		// By convention an empty side is numbered by the line before it.
		if d.OrigLines == 0 {
			d.OrigStartLine--
		}
		if d.NewLines == 0 {
			d.NewStartLine--
		}
		hunks = append(hunks, d)
	}
	return hunks
}

// diffText returns the unified diff of two texts that are called name; "" where they are equal.
func diffText(name, before, after string) string {
	edits := diffLines(splitLines(before), splitLines(after), maxEdits)
	return printDiff(&diff.FileDiff{OrigName: name + " (old)", NewName: name + " (new)", Hunks: unifiedHunks(edits)})
}

func splitLines(s string) []string { return slices.Collect(strings.Lines(s)) }

// printDiff prints d, or nothing where nothing differs.
func printDiff(d *diff.FileDiff) string {
	if len(d.Hunks) == 0 && len(d.Extended) == 0 {
		return ""
	}
	text, err := diff.PrintFileDiff(d)
	if err != nil { // it writes to memory, so there is none
		return cmp.Or(string(text), err.Error())
	}
	return string(text)
}
