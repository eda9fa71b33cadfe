// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// maxPairs bounds how many pairs of a removed and a new file are held side by side; of more, only those of one base name are, as of a folder
// that moves.
const maxPairs = 10_000

// Moves returns which files the series moves: for a new file the removed one of which it has most, at least half of the larger of both,
// as git finds renames. It looks at what compilers read, and at nothing that mails say. after is the tree with the series, an overlay.
func Moves(before, after fs.FS) (changed.Moves, error) {
	overlay, ok := after.(*tree.Overlay)
	if !ok {
		return nil, fmt.Errorf("the tree with the series is a %T", after)
	}
	changes, err := overlay.Written()
	if err != nil {
		return nil, err
	}
	type removed struct {
		name  string
		size  int
		lines map[string]int // how often it has each
		taken bool
	}
	var gone []*removed
	var fresh []tree.Change
	for _, c := range changes {
		if !compiledFile(c.Path) {
			continue
		}
		text, err := readRegular(before, c.Path)
		switch {
		case c.Deleted() && err == nil:
			lines := map[string]int{}
			for line := range strings.Lines(string(text)) {
				lines[line]++
			}
			gone = append(gone, &removed{name: c.Path, size: len(text), lines: lines})
		case !c.Deleted() && err != nil:
			fresh = append(fresh, c)
		}
	}
	moves := changed.Moves{}
	find := func(fits func(was, is string) bool) { // the pair that has most in common first
		type pair struct {
			was    *removed
			is     string
			common int
		}
		var pairs []pair
		for _, c := range fresh {
			for _, g := range gone {
				if g.taken || moves[c.Path] != "" || !fits(g.name, c.Path) {
					continue
				}
				if common := inBoth(string(c.Data), g.lines); 2*common >= max(len(c.Data), g.size) && common > 0 {
					pairs = append(pairs, pair{g, c.Path, common})
				}
			}
		}
		slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.common, a.common) })
		for _, p := range pairs {
			if !p.was.taken && moves[p.is] == "" {
				p.was.taken = true
				moves[p.is] = p.was.name
			}
		}
	}
	find(func(was, is string) bool { return path.Base(was) == path.Base(is) })
	if len(gone)*len(fresh) <= maxPairs {
		find(func(was, is string) bool { return true })
	}
	return moves, nil
}

// inBoth returns how many bytes of text are in lines that another text has, each as often as it has it.
func inBoth(text string, lines map[string]int) int {
	used := map[string]int{}
	n := 0
	for line := range strings.Lines(text) {
		if used[line] < lines[line] {
			used[line]++
			n += len(line)
		}
	}
	return n
}
