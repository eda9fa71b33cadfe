// SPDX-License-Identifier: GPL-2.0-only

package thread

// A group is one version of one series: the mails that make a patchset.Set.
type group struct {
	version, total int
	numbered       bool
	pull           bool
	members        []*entry // cover letters and patches, in order
	replies        []*entry
	family         *family
	base           *group // of a partial reroll: the version that has the other patches
	order          string // how the order of the mails differs from what their subjects say

	// What the members have, for a fast look.
	numbers  map[int]bool
	ids      map[uint64]bool
	hasCover bool
}

// An assembly sorts the mails of an index into series.
type assembly struct {
	*index
	groups []*group
}

// assemble sorts all mails into series. It returns them by family, newest version first.
//
// An archive holds what people sent, so that threads tell what belongs together: first what kind
// each mail is, then the covers with the patches that answer them, then patches that answer
// patches, and last what broken threads tore apart. Files and plain mailboxes hold what a user
// wants applied, and are one series as they lie.
func (x *index) assemble() []*group {
	a := assembly{index: x}
	if x.plain() {
		a.sequence(x.entries)
	} else {
		a.openTotals()
		a.kinds()
		a.ordered()
		a.covers()
		for _, e := range x.entries {
			if e.group == nil && (e.kind == kindPatch || e.kind == kindCover) {
				a.place(e)
			}
		}
		a.mergeBroken()
	}
	a.pulls()
	a.rerolls()
	groups := a.byFamily()
	a.replies()
	return groups
}

func (a *assembly) newGroup(e *entry) *group {
	g := &group{
		version: e.subj.Version, total: max(e.subj.Total, 1), numbered: e.subj.Numbered,
		numbers: map[int]bool{}, ids: map[uint64]bool{},
	}
	a.groups = append(a.groups, g)
	return g
}

func (g *group) add(e *entry) {
	e.group = g
	g.members = append(g.members, e)
	g.numbers[e.subj.Index] = true
	g.hasCover = g.hasCover || e.kind == kindCover
	g.version = max(g.version, e.subj.Version)
	if e.id != 0 {
		g.ids[e.id] = true
	}
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
