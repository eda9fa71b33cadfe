// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"cmp"
	"slices"
	"strings"
)

// A group is one version of one series: the mails that make a patchset.Set.
type group struct {
	version, total int
	numbered       bool
	pull           bool
	members        []*entry // cover letters and patches, in order
	replies        []*entry
	family         *family
	base           *group // of a partial reroll: the version that has the other patches

	// What the members have, for a fast look.
	numbers      map[int]bool
	ids, parents map[uint64]bool
	hasCover     bool
}

// maxKin is how many series of the same sender, version and length are looked at for a mail
// that no thread leads to one of them.
const maxKin = 64

// assemble sorts all mails into series. It returns them by family, newest version first.
func (x *index) assemble() []*group {
	a := assembly{index: x, byKey: map[groupKey][]*group{}}
	a.sequences()
	for _, e := range x.entries {
		if e.group == nil && (e.kind == kindPatch || e.kind == kindCover) {
			a.place(e)
		}
	}
	a.mergeBroken()
	a.pulls()
	a.rerolls()
	groups := a.ordered()
	a.replies()
	return groups
}

type assembly struct {
	*index
	groups []*group
	byKey  map[groupKey][]*group
}

// A groupKey is what the mails of one series have in common, threads aside.
type groupKey struct {
	author         uint64
	version, total int
	words          string
}

// keyOf returns the key of e. Mails that were never sent, as git format-patch writes them, are
// from the author of each commit, so that the sender says nothing.
func keyOf(e *entry) groupKey {
	author := e.author
	if e.id == 0 || e.in.Files {
		author = 0
	}
	return groupKey{author, e.subj.Version, e.subj.Total, strings.ToLower(strings.Join(e.subj.Words, " "))}
}

// sequences makes one series of each set of files that is one by its nature: a quilt series,
// a folder of patches without numbers, an mbox whose mails have no Message-ID.
func (a *assembly) sequences() {
	byBatch := map[int][]*entry{}
	var batches []int
	for _, e := range a.entries {
		if e.kind != kindPatch && e.kind != kindCover {
			continue
		}
		if byBatch[e.in.Batch] == nil {
			batches = append(batches, e.in.Batch)
		}
		byBatch[e.in.Batch] = append(byBatch[e.in.Batch], e)
	}
	for _, b := range batches {
		entries := byBatch[b]
		if !isSequence(entries) {
			continue
		}
		g := a.newGroup(entries[0])
		g.total, g.numbered = 0, false
		for _, e := range entries {
			if e.kind == kindPatch {
				g.total++
				e.subj.Index, e.subj.Total, e.subj.Numbered = g.total, 0, false
			}
			g.version = max(g.version, e.subj.Version)
			g.add(e)
		}
	}
}

// isSequence reports whether entries, all patches of one batch, follow each other as they lie.
func isSequence(entries []*entry) bool {
	if entries[0].in.Ordered || entries[0].in.IsForeign() {
		return true
	}
	unnumbered, anonymous, patches := 0, 0, 0
	for _, e := range entries {
		if e.kind == kindCover {
			continue
		}
		patches++
		if !e.subj.Numbered {
			unnumbered++
			if e.id == 0 {
				anonymous++
			}
		}
	}
	return patches > 1 && unnumbered > 0 && (entries[0].in.Files || anonymous == patches)
}

func (a *assembly) newGroup(e *entry) *group {
	g := &group{
		version: e.subj.Version, total: max(e.subj.Total, 1), numbered: e.subj.Numbered,
		numbers: map[int]bool{}, ids: map[uint64]bool{}, parents: map[uint64]bool{},
	}
	a.groups = append(a.groups, g)
	return g
}

func (g *group) add(e *entry) {
	e.group = g
	g.members = append(g.members, e)
	g.numbers[e.subj.Index] = true
	g.hasCover = g.hasCover || e.kind == kindCover
	if e.id != 0 {
		g.ids[e.id] = true
	}
	if e.parent != 0 {
		g.parents[e.parent] = true
	}
}

// place puts a patch or cover letter into the group of a mail that its thread leads to, or into
// a group of its own.
func (a *assembly) place(e *entry) {
	if e.subj.Numbered {
		for _, id := range e.ancestors() {
			if up := a.byID[id]; up != nil && up.group != nil && up.sameSeries(e) {
				up.group.add(e)
				return
			}
		}
	}
	g := a.newGroup(e)
	g.add(e)
	if e.subj.Numbered {
		k := keyOf(e)
		a.byKey[k] = append(a.byKey[k], g)
	}
}

// sameSeries reports whether two numbered mails of one thread are of one series.
func (e *entry) sameSeries(other *entry) bool {
	return e.kind != kindReply && e.subj.Numbered && other.subj.Numbered &&
		e.subj.Version == other.subj.Version && e.subj.Total == other.subj.Total
}

// mergeBroken joins the groups that a broken thread, or the order of the mails, tore apart:
// those with the same sender, version, total and prefix that fit into each other. A left-over
// that repeats numbers joins the first group: these are duplicates.
func (a *assembly) mergeBroken() {
	var keys []groupKey
	for k, groups := range a.byKey {
		if len(groups) > 1 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y groupKey) int {
		return cmp.Compare(a.byKey[x][0].members[0].seq, a.byKey[y][0].members[0].seq)
	})
	for _, k := range keys {
		var kept []*group
		for _, g := range a.byKey[k] {
			if to := mergeTarget(kept, g); to != nil {
				for _, e := range g.members {
					to.add(e)
				}
				g.members = nil
				continue
			}
			kept = append(kept, g)
		}
	}
	a.groups = slices.DeleteFunc(a.groups, func(g *group) bool { return len(g.members) == 0 })
}

// mergeTarget returns the group of kept that g is a part of, or nil.
func mergeTarget(kept []*group, g *group) *group {
	kept = kept[max(0, len(kept)-maxKin):]
	for _, to := range kept {
		if to.linked(g) || !to.overlaps(g) {
			return to
		}
	}
	for _, to := range kept {
		if to.hasCover && g.hasCover {
			continue // each is a series of its own
		}
		if to.total == 1 || !g.complete() || !to.complete() {
			return to
		}
	}
	return nil
}

// linked reports whether a mail of other answers one of g, or one that g answers, or is
// answered by g.
func (g *group) linked(other *group) bool {
	for _, e := range other.members {
		if g.ids[e.parent] || g.parents[e.parent] || g.parents[e.id] {
			return true
		}
	}
	return false
}

// overlaps reports whether other has a number that g has.
func (g *group) overlaps(other *group) bool {
	for _, e := range other.members {
		if g.numbers[e.subj.Index] {
			return true
		}
	}
	return false
}

// complete reports whether all patches are there.
func (g *group) complete() bool {
	for i := 1; g.numbered && i <= g.total; i++ {
		if !g.numbers[i] {
			return false
		}
	}
	return true
}

func (a *assembly) pulls() {
	for _, e := range a.entries {
		if e.kind == kindPull {
			g := a.newGroup(e)
			g.pull, g.total = true, 0
			g.add(e)
		}
	}
}
