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

// maxHeld bounds, in bytes, what of new files is held against removed ones, those of one base name first, as of a folder that moves. A
// file of which nothing was found is new.
const maxHeld = 256 << 20

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
	named := map[string][]*removed{}
	for _, g := range gone {
		named[path.Base(g.name)] = append(named[path.Base(g.name)], g)
	}
	moves := changed.Moves{}
	held := 0
	find := func(among func(is string) []*removed) { // the pair that has most in common first
		type pair struct {
			was    *removed
			is     string
			common int
		}
		var pairs []pair
		for _, c := range fresh {
			if moves[c.Path] != "" {
				continue
			}
			for _, g := range among(c.Path) {
				if g.taken || 2*min(len(c.Data), g.size) < max(len(c.Data), g.size) {
					continue
				}
				if held += len(c.Data) + len(c.Path); held > maxHeld {
					break
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
	find(func(is string) []*removed { return named[path.Base(is)] })
	find(func(string) []*removed { return gone })
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
