// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"cmp"
	"slices"
	"strings"
)

// maxKin is how many series of the same sender, version and length are looked at for a mail
// that no thread leads to one of them.
const maxKin = 64

// place puts a patch into the group of the mail that it answers, where both are of one series, or
// into a group of its own. Mails that it answers are placed first, however they lie.
func (a *assembly) place(e *entry) {
	var path []*entry
	seen := map[*entry]bool{}
	for up := e; up != nil && up.group == nil && !seen[up]; up = a.parentOf(up) {
		seen[up] = true
		if up.kind == kindPatch {
			path = append(path, up)
		}
	}
	for _, p := range slices.Backward(path) {
		if g := a.groupFor(p); g != nil {
			g.add(p)
		} else {
			a.newGroup(p).add(p)
		}
	}
}

// groupFor returns the group that a thread leads p to, or nil. It looks at the mails that p
// answers, the nearest first.
func (a *assembly) groupFor(p *entry) *group {
	if first := a.byID[p.id]; first != nil && first != p && first.group != nil && first.kind == kindPatch && first.subj.Title == p.subj.Title && first.subj.Version == p.subj.Version {
		return first.group // the same mail by another list
	}
	if !p.subj.Numbered {
		return nil
	}
	for _, up := range a.above(p) {
		if up.group != nil && !up.group.pull && up.group.takes(p) {
			return up.group
		}
	}
	return nil
}

// takes reports whether p, which answers a mail of g, is one of its patches: it counts as they do,
// and stands in nobody's place. A number that is there already means another series, even of the
// same sender, unless the title says that the mail was only sent again.
func (g *group) takes(p *entry) bool {
	if !g.numbered || g.version != p.subj.Version || g.total != p.subj.Total {
		return false
	}
	if !g.numbers[p.subj.Index] {
		return g.hasAuthor(p.author)
	}
	return slices.ContainsFunc(g.members, func(e *entry) bool {
		return e.kind == kindPatch && e.subj.Index == p.subj.Index && e.author == p.author && e.subj.Title == p.subj.Title && e.sameTarget(p)
	})
}

// resendWords say that a mail was sent again, or how ripe it is, and not what it is for.
var resendWords = []string{"RESEND", "RESENT", "REPOST", "REPOSTED", "UPDATE", "UPDATED", "REVISED", "FIXED", "FIX", "NEW", "AGAIN", "CORRECTED", "RFC", "RFT", "WIP"}

// sameTarget reports whether two patches are for one tree, as far as the brackets tell: "[PATCH 6.1 1/2]" and "[PATCH 5.15 1/2]" are not.
func (e *entry) sameTarget(other *entry) bool { return slices.Equal(e.trees(), other.trees()) }

// trees returns the words in the brackets of e that say what it is for.
func (e *entry) trees() []string {
	var words []string
	for _, w := range e.subj.Words {
		if upper := strings.ToUpper(w); !slices.Contains(resendWords, upper) {
			words = append(words, upper)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func (g *group) hasAuthor(author uint64) bool {
	return slices.ContainsFunc(g.members, func(e *entry) bool { return e.author == author })
}

// A groupKey is what the mails of one series have in common, threads aside.
type groupKey struct {
	author         uint64
	version, total int
	words          string
}

// keyOf returns the key of g. Mails that were never sent, as git format-patch writes them, are
// from the author of each commit, so that the sender says nothing.
func keyOf(g *group) groupKey {
	e := g.members[0]
	author := e.author
	if e.id == 0 {
		author = 0
	}
	return groupKey{author, g.version, g.total, strings.ToLower(strings.Join(e.subj.Words, " "))}
}

// mergeBroken joins the groups that a broken thread tore apart: those with the same sender,
// version, total and prefix that fit into each other.
func (a *assembly) mergeBroken() {
	byKey := map[groupKey][]*group{}
	var keys []groupKey
	for _, g := range a.groups {
		if !g.numbered {
			continue
		}
		k := keyOf(g)
		if byKey[k] == nil {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], g)
	}
	merge := func(join func(to, g *group) bool) {
		for _, k := range keys {
			if groups := byKey[k]; len(groups) > 1 {
				byKey[k] = mergeKin(groups, join)
			}
		}
	}
	merge(func(to, g *group) bool { return to.fits(g) && to.related(g) }) // what a thread holds together goes first
	a.mergeSiblings()
	a.mergeStrangers()
	merge((*group).fits)
	a.groups = slices.DeleteFunc(a.groups, func(g *group) bool { return len(g.members) == 0 })
}

// mergeSiblings joins groups that differ in the words of their subjects alone, "[PATCH 1/2]" and "[RFC PATCH 2/2]", or in that the later one forgot
// its version, "[PATCH v3 1/2]" and "[PATCH 2/2]", where their mails answer one mail, or one another.
func (a *assembly) mergeSiblings() {
	byKey := map[groupKey][]*group{}
	for _, g := range a.groups {
		if len(g.members) == 0 || !g.numbered || g.complete() || g.members[0].id == 0 {
			continue
		}
		k := keyOf(g)
		k.words, k.version = "", 0
		for _, to := range byKey[k][max(0, len(byKey[k])-maxKin):] {
			if (to.version == g.version || g.version == 1) && !to.complete() && to.fits(g) && to.related(g) {
				for _, e := range g.members {
					to.add(e)
				}
				g.members = nil
				break
			}
		}
		if len(g.members) > 0 {
			byKey[k] = append(byKey[k], g)
		}
	}
}

// mergeStrangers gives a series the patches that it lacks and that came from another address in answer to one of its mails: of an author whose mails
// the sender passed on, or of the sender at home.
func (a *assembly) mergeStrangers() {
	for _, g := range a.groups {
		if len(g.members) == 0 || !g.numbered || g.hasCover || g.complete() {
			continue
		}
		first := g.members[0]
		up := a.byID[first.parent]
		if up == nil || up.group == nil || up.group == g || !up.sameTarget(first) {
			continue
		}
		to := up.group
		if to.numbered && to.version == g.version && to.total == g.total && to.fits(g) {
			for _, e := range g.members {
				to.add(e)
			}
			g.members = nil
		}
	}
}

// related reports whether the first mails of two groups answer one mail, or one of them the other.
func (g *group) related(other *group) bool {
	first, second := g.members[0], other.members[0]
	return first.parent != 0 && (first.parent == second.parent || other.ids[first.parent]) || g.ids[second.parent]
}

// mergeKin joins those of groups that join says fit into each other, and returns what is left of them. What it joined to another has no
// members left.
func mergeKin(groups []*group, join func(to, g *group) bool) []*group {
	groups = slices.DeleteFunc(groups, func(g *group) bool { return len(g.members) == 0 })
	slices.SortStableFunc(groups, func(x, y *group) int { return cmp.Compare(x.members[0].seq, y.members[0].seq) })
	var kept []*group
	for _, g := range groups {
		to := slices.IndexFunc(kept[max(0, len(kept)-maxKin):], func(to *group) bool { return join(to, g) })
		if to < 0 {
			kept = append(kept, g)
			continue
		}
		to += max(0, len(kept)-maxKin)
		for _, e := range g.members {
			kept[to].add(e)
		}
		g.members = nil
	}
	return kept
}

// fits reports whether other has what g lacks, and nothing that g has.
func (g *group) fits(other *group) bool {
	return !(g.hasCover && other.hasCover) && !g.overlaps(other)
}
