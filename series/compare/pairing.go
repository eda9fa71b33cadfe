// SPDX-License-Identifier: GPL-2.0-only

package compare

import (
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

const (
	// creationFactor is git range-diff's: a pair is no pair where what differs is more than 60 %
	// of both patches.
	creationFactor = 60
	// maxAssign bounds the patches of each side that are paired by likeness; of more, those with
	// the same diff or the same title are pairs.
	maxAssign = 300
	// maxPairWork bounds the lines that are looked at, pair by pair, and maxPairEdits how far
	// apart patches are told from each other in full.
	maxPairWork  = 10_000_000
	maxPairEdits = 200
	// diffContext is how many lines stand around a change.
	diffContext = 3
)

// A fingerprint is a patch in a form that does not depend on where in its files it applies.
type fingerprint struct {
	patch *patchset.Patch
	// lines are those of the diff without line numbers and hashes, and changes those of them that
	// add, delete, or do something to a file.
	lines, changes []string
}

func fingerprints(patches []*patchset.Patch) []fingerprint {
	prints := make([]fingerprint, len(patches))
	for i, p := range patches {
		prints[i].patch = p
		for _, f := range p.Files {
			prints[i].addFile(f)
		}
	}
	return prints
}

func (fp *fingerprint) addFile(f *gitdiff.File) {
	head := fmt.Sprintf("## %s %s ##\n", patchset.Path(f), patchset.Status(f))
	if f.IsRename || f.IsCopy {
		head = fmt.Sprintf("## %s %s from %s ##\n", patchset.Path(f), patchset.Status(f), f.OldName)
	}
	if f.NewMode != 0 {
		head += fmt.Sprintf("## mode %o to %o ##\n", f.OldMode, f.NewMode)
	}
	if f.BinaryFragment != nil {
		sum := fnv.New64a()
		size, _ := io.Copy(sum, f.BinaryFragment.Data()) // what is damaged counts up to the damage
		head += fmt.Sprintf("## binary %d %x ##\n", size, sum.Sum64())
	}
	fp.lines = append(fp.lines, head)
	fp.changes = append(fp.changes, head)
	for _, frag := range f.TextFragments {
		fp.lines = append(fp.lines, "@@ "+frag.Comment+"\n")
		for _, line := range frag.Lines {
			text := line.Op.String() + line.Line
			fp.lines = append(fp.lines, text)
			if line.Op != gitdiff.OpContext {
				fp.changes = append(fp.changes, text)
			}
		}
	}
}

// pairUp returns for each of b the index of its partner in a, or -1.
func pairUp(a, b []fingerprint) []int {
	partner := slices.Repeat([]int{-1}, len(b))
	taken := make([]bool, len(a))
	pairEqual(a, b, partner, taken, func(fp fingerprint) string { return strings.Join(fp.lines, "") })
	pairAlike(a, b, partner, taken)
	pairEqual(a, b, partner, taken, func(fp fingerprint) string { return mail.PlainTitle(fp.patch.Title) })
	return partner
}

// pairEqual pairs those that are free and have the same key, in order.
func pairEqual(a, b []fingerprint, partner []int, taken []bool, key func(fingerprint) string) {
	free := map[string][]int{}
	for i, fp := range a {
		if !taken[i] {
			free[key(fp)] = append(free[key(fp)], i)
		}
	}
	for j, fp := range b {
		k := key(fp)
		if partner[j] < 0 && k != "" && len(free[k]) > 0 {
			partner[j] = free[k][0]
			taken[free[k][0]] = true
			free[k] = free[k][1:]
		}
	}
}

// pairAlike pairs those that are free so that the sum of what differs is least. Leaving a patch
// alone costs creationFactor percent of its lines.
func pairAlike(a, b []fingerprint, partner []int, taken []bool) {
	var rows, columns []int
	for i := range a {
		if !taken[i] {
			rows = append(rows, i)
		}
	}
	for j := range b {
		if partner[j] < 0 {
			columns = append(columns, j)
		}
	}
	work := 0
	for _, i := range rows {
		work += len(a[i].lines) * len(columns)
	}
	for _, j := range columns {
		work += len(b[j].lines) * len(rows)
	}
	if len(rows) == 0 || len(columns) == 0 || len(rows) > maxAssign || len(columns) > maxAssign || work > maxPairWork {
		return
	}
	alone := func(fp fingerprint) int { return len(fp.lines) * creationFactor / 100 }
	// Column len(columns)+r stands for leaving row r alone. What pairing saves, the loneliness of
	// the column, is taken off its cost.
	cost := make([][]int, len(rows))
	for r, i := range rows {
		cost[r] = slices.Repeat([]int{math.MaxInt32}, len(columns)+len(rows))
		cost[r][len(columns)+r] = alone(a[i])
		for c, j := range columns {
			cost[r][c] = differing(a[i].lines, b[j].lines, alone(a[i])+alone(b[j])) - alone(b[j])
		}
	}
	for r, c := range assign(cost) {
		if c < len(columns) {
			partner[columns[c]] = rows[r]
			taken[rows[r]] = true
		}
	}
}

// differing returns how many lines a diff of a and b takes, headers and context included. Where that
// is sure to be more than limit it returns a number above limit.
func differing(a, b []string, limit int) int {
	// Lines that only one side has are a lower bound, found without regard to order.
	count := map[string]int{}
	for _, line := range a {
		count[line]++
	}
	least := 0
	for _, line := range b {
		if count[line] > 0 {
			count[line]--
		} else {
			least++
		}
	}
	for _, n := range count {
		least += n
	}
	if least > limit {
		return least
	}
	size := 0
	for _, h := range hunksOf(diffLines(a, b, min(max(maxPairEdits, 2*least), maxEdits)), diffContext) {
		size += 1 + len(h.edits)
	}
	return size
}

// assign gives each row another column, so that the sum of the costs is least (the Hungarian method,
// with potentials). There are at least as many columns as rows.
func assign(cost [][]int) []int {
	n, m := len(cost), len(cost[0])
	rowPrice, columnPrice := make([]int, n+1), make([]int, m+1)
	owner := make([]int, m+1) // row of a column, from 1; 0 is none
	from := make([]int, m+1)
	for row := 1; row <= n; row++ {
		owner[0] = row
		slack := slices.Repeat([]int{math.MaxInt}, m+1)
		used := make([]bool, m+1)
		column := 0
		for owner[column] != 0 {
			used[column] = true
			r, least, best := owner[column], math.MaxInt, 0
			for c := 1; c <= m; c++ {
				if used[c] {
					continue
				}
				if reduced := cost[r-1][c-1] - rowPrice[r] - columnPrice[c]; reduced < slack[c] {
					slack[c], from[c] = reduced, column
				}
				if slack[c] < least {
					least, best = slack[c], c
				}
			}
			for c := 0; c <= m; c++ {
				if used[c] {
					rowPrice[owner[c]] += least
					columnPrice[c] -= least
				} else if slack[c] != math.MaxInt {
					slack[c] -= least
				}
			}
			column = best
		}
		for column != 0 {
			owner[column] = owner[from[column]]
			column = from[column]
		}
	}
	result := make([]int, n)
	for c := 1; c <= m; c++ {
		if owner[c] > 0 {
			result[owner[c]-1] = c - 1
		}
	}
	return result
}
