// SPDX-License-Identifier: GPL-2.0-only

package cover

import (
	"cmp"
	"slices"
	"strings"
)

// maxAlike is how many files are tried for a line whose path is cut: more end alike in no real diffstat.
const maxAlike = 500

// SamePath compares a path of a diffstat, of which git may have cut off the front, with a real one. diffstat(1), by
// which quilt makes them, leaves the prefix of the diff.
func SamePath(shown, real string) bool {
	if rest, cut := strings.CutPrefix(shown, "..."); cut {
		return strings.HasSuffix(real, rest)
	}
	return shown == real || withoutPrefix(shown) == real
}

// withoutPrefix takes the "a/" or "b/" of a diff off a path, or returns "".
func withoutPrefix(shown string) string {
	if strings.HasPrefix(shown, "a/") || strings.HasPrefix(shown, "b/") {
		return shown[2:]
	}
	return ""
}

// Pair finds for each line of a diffstat which of files it is about: its index, or -1. A path whose front is cut off
// may fit several. Then it is the one that had the old name; else one that no other line is about, of as many changed
// lines where there is such; else the first in the order of files, as the diffstat has them in order too.
func Pair(stats, files []StatLine) []int {
	pairs := make([]int, len(stats))
	taken := make([]bool, len(files))
	paths := make(map[string]int, len(files))
	for i, f := range files {
		paths[f.Path] = i
	}
	var cut []int
	for i, s := range stats {
		at, ok := paths[s.Path]
		if !ok {
			at, ok = paths[withoutPrefix(s.Path)]
		}
		switch {
		case ok:
			pairs[i], taken[at] = at, true
		case strings.HasPrefix(s.Path, "..."):
			cut = append(cut, i)
		default:
			pairs[i] = -1
		}
	}
	ends := newEndings(files)
	// What fits one file alone goes first.
	slices.SortStableFunc(cut, func(a, b int) int { return cmp.Compare(len(ends.of(stats[a].Path)), len(ends.of(stats[b].Path))) })
	for _, i := range cut {
		best, rank := -1, 0
		for _, at := range ends.of(stats[i].Path) {
			if r := fit(stats[i], files[at], taken[at]); r > rank {
				best, rank = at, r
			}
		}
		if pairs[i] = best; best >= 0 {
			taken[best] = true
		}
	}
	return pairs
}

// fit ranks a file that ends as a line of a diffstat does, above 0.
func fit(s, file StatLine, taken bool) int {
	switch {
	case s.Old != "" && file.Old != "" && SamePath(s.Old, file.Old):
		return 4
	case taken:
		return 1
	case s.Changes == file.Changes:
		return 3
	}
	return 2
}

// endings finds files by the ends of their paths.
type endings struct {
	backwards []string // the paths, sorted
	index     map[string]int
	found     map[string][]int // by the path that is shown
}

func newEndings(files []StatLine) *endings {
	e := &endings{index: map[string]int{}, found: map[string][]int{}}
	for i, f := range files {
		b := backwards(f.Path)
		e.backwards, e.index[b] = append(e.backwards, b), i
	}
	slices.Sort(e.backwards)
	return e
}

// of returns the indexes of the files that a cut path fits, in order, and no more than [maxAlike].
func (e *endings) of(shown string) []int {
	if found, ok := e.found[shown]; ok {
		return found
	}
	end := backwards(strings.TrimPrefix(shown, "..."))
	first, _ := slices.BinarySearch(e.backwards, end)
	var found []int
	for _, b := range e.backwards[first:] {
		if !strings.HasPrefix(b, end) || len(found) == maxAlike {
			break
		}
		found = append(found, e.index[b])
	}
	slices.Sort(found)
	e.found[shown] = found
	return found
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
