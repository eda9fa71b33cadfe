// SPDX-License-Identifier: GPL-2.0-only

package thread

// openSeries is what patches that count without a total, "[PATCH 2/n]", have in common: sender, version and thread.
type openSeries struct {
	author, root uint64
	version      int
}

// openTotals numbers such patches to the last of them that is there. Of one alone nothing tells that there are more.
func (a *assembly) openTotals() {
	last := map[openSeries]int{}
	numbers := map[openSeries]map[int]bool{}
	for _, e := range a.entries {
		if i, ok := e.subj.Open(); ok && !e.subj.Reply {
			of := a.openSeries(e)
			if numbers[of] == nil {
				numbers[of] = map[int]bool{}
			}
			numbers[of][i] = true
			last[of] = max(last[of], i)
		}
	}
	for _, e := range a.entries {
		i, ok := e.subj.Open()
		if !ok || e.subj.Reply {
			continue
		}
		if of := a.openSeries(e); len(numbers[of]) > 1 {
			e.subj = e.subj.OfTotal(last[of])
			if i == 0 && !e.diff {
				e.kind = kindCover
			}
		}
	}
}

func (a *assembly) openSeries(e *entry) openSeries {
	root := e.id
	for up, n := e, 0; up != nil && up.parent != 0 && n < maxAbove; n++ {
		root = up.parent
		up = a.byID[up.parent]
	}
	return openSeries{e.author, root, e.subj.Version}
}
