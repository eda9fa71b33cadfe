// SPDX-License-Identifier: GPL-2.0-only

package thread

import "slices"

// covers starts a group with each cover letter, and gives it the patches that answer it.
//
// What the subjects of both say may differ: people count anew, or forget the version on one side.
// But a later version without a cover letter of its own is often sent in answer to the one before,
// so of several sets of patches one cover letter gets only one.
func (a *assembly) covers() {
	answering := map[*entry][]*entry{}
	for _, e := range a.entries {
		if e.kind == kindPatch && e.group == nil {
			if up := a.byID[e.parent]; up != nil && up.kind == kindCover {
				answering[up] = append(answering[up], e)
			}
		}
	}
	for _, e := range a.entries {
		if e.kind != kindCover || e.group != nil {
			continue
		}
		first := a.byID[e.id]
		if first != nil && first != e && first.group != nil && first.kind == kindCover {
			first.group.add(e) // the same mail by another list
			continue
		}
		g := a.newGroup(e)
		g.add(e)
		patches := ownPatches(e, answering[e])
		for i, p := range patches {
			if !p.subj.Numbered {
				p.subj.Index, p.subj.Total = i+1, len(patches)
			}
			g.add(p)
		}
		g.countAs(patches)
	}
}

// A patchClass is what the patches of one version have in common.
type patchClass struct {
	author         uint64
	version, total int
	numbered       bool
}

// ownPatches returns those of patches, all answers to cover, that are of its series: those that
// count as it does, else the numbered ones of its sender that came first, else the unnumbered ones, where there are as many as it says at least: of
// fewer nobody knows which they are.
func ownPatches(cover *entry, patches []*entry) []*entry {
	var classes []patchClass
	of := map[patchClass][]*entry{}
	for _, p := range patches {
		c := patchClass{p.author, p.subj.Version, p.subj.Total, p.subj.Numbered}
		if of[c] == nil {
			classes = append(classes, c)
		}
		of[c] = append(of[c], p)
	}
	for _, fits := range []func(patchClass) bool{
		func(c patchClass) bool {
			return c.numbered && c.author == cover.author && c.version == cover.subj.Version && c.total == cover.subj.Total
		},
		func(c patchClass) bool {
			return c.numbered && c.version == cover.subj.Version && c.total == cover.subj.Total
		},
		func(c patchClass) bool { return c.numbered && c.author == cover.author },
		func(c patchClass) bool {
			return !c.numbered && c.author == cover.author && len(of[c]) >= cover.subj.Total
		},
	} {
		if i := slices.IndexFunc(classes, fits); i >= 0 {
			return withStrays(oneTree(cover, of[classes[i]]), classes, of)
		}
	}
	return nil
}

// withStrays adds to patches those that count as they do but for the version, where all of such a class fill gaps: "[PATCH 1/3,v2]" sent with
// 2/3 and 3/3. What is sent anew has a number that is there.
func withStrays(patches []*entry, classes []patchClass, of map[patchClass][]*entry) []*entry {
	have := map[int]bool{}
	for _, p := range patches {
		have[p.subj.Index] = true
	}
	like := patches[0].subj
	for _, c := range classes {
		if c.author != patches[0].author || c.total != like.Total || c.version == like.Version || !c.numbered || !like.Numbered || len(have) >= like.Total ||
			slices.ContainsFunc(of[c], func(p *entry) bool { return have[p.subj.Index] }) {
			continue
		}
		for _, p := range of[c] {
			have[p.subj.Index] = true
		}
		patches = append(slices.Clip(patches), of[c]...)
	}
	return patches
}

// oneTree returns those of patches that are for the tree of the cover letter, or else of the first, where two with one number are for
// different trees: what is sent for two below one cover letter are two series. Else all of them are one.
func oneTree(cover *entry, patches []*entry) []*entry {
	first := map[int]*entry{}
	two := false
	for _, p := range patches {
		if f := first[p.subj.Index]; f == nil {
			first[p.subj.Index] = p
		} else if p.subj.Numbered && !f.sameTarget(p) {
			two = true
		}
	}
	if !two {
		return patches
	}
	like := patches[0]
	if slices.ContainsFunc(patches, cover.sameTarget) {
		like = cover
	}
	return slices.DeleteFunc(slices.Clone(patches), func(p *entry) bool { return !p.sameTarget(like) })
}

// countAs lets the patches, and not the cover letter, say how many there are.
func (g *group) countAs(patches []*entry) {
	if len(patches) == 0 {
		return
	}
	g.total, g.numbered = patches[0].subj.Total, true
}
