// SPDX-License-Identifier: GPL-2.0-only

package thread

import "slices"

// ancestors returns the IDs of the mails that e answers, nearest first.
func (e *entry) ancestors() []uint64 {
	ids := make([]uint64, 0, len(e.refs)+1)
	if e.parent != 0 {
		ids = append(ids, e.parent)
	}
	for _, id := range slices.Backward(e.refs) {
		if id != e.parent {
			ids = append(ids, id)
		}
	}
	return ids
}

// maxAbove is how far up a thread is followed where the mails name no more of it than what they answer.
const maxAbove = 100

// above returns the mails that e answers, directly or not, the nearest first: those that it names, and those that these name.
func (x *index) above(e *entry) []*entry {
	queue := []*entry{e}
	seen := map[*entry]bool{e: true}
	for i := 0; i < len(queue) && len(queue) <= maxAbove; i++ {
		for _, id := range queue[i].ancestors() {
			if up := x.byID[id]; up != nil && !seen[up] {
				seen[up] = true
				queue = append(queue, up)
			}
		}
	}
	return queue[1:]
}

// rerolls finds the versions of which only some patches were sent, as answers to the version
// before, and the patch that was sent anew without a number.
func (a *assembly) rerolls() {
	for _, g := range a.groups {
		first := g.members[0]
		if g.pull || g.members[0].kind == kindCover {
			continue
		}
		for _, old := range a.above(first) {
			if old.group == nil || old.group == g || old.kind == kindReply || old.group.version >= g.version || !old.subj.Numbered {
				continue
			}
			if !g.numbered && len(g.members) == 1 && old.kind == kindPatch {
				first.subj.Index, first.subj.Total, first.subj.Numbered = old.subj.Index, old.subj.Total, true
				g.total, g.numbered = old.subj.Total, true
			}
			if g.total == old.group.total && !g.complete() {
				g.base = old.group
			}
			break
		}
	}
}

// replies gives each reply to the group of the mail that it answers, directly or not. A reply
// whose thread is not there goes by its subject. Where the mailbox has one series only, what
// answers nothing goes to the version that it follows, so that no mail is lost, and gives its
// trailers to nobody; among many series it is talk about something else.
func (a *assembly) replies() {
	byTitle := map[string]*entry{}
	for _, g := range a.groups {
		for _, e := range g.members {
			if old := byTitle[e.subj.Title]; old == nil || old.subj.Version < e.subj.Version {
				byTitle[e.subj.Title] = e
			}
		}
	}
	if len(a.groups) == 0 {
		return
	}
	near := a.groups[0]
	several := slices.ContainsFunc(a.groups, func(g *group) bool { return g.family.number > 0 })
	for _, e := range a.entries {
		if e.group != nil {
			near = e.group
			continue
		}
		if e.target = a.answered(e); e.target == nil && e.subj.Title != "" && (e.subj.Reply || e.subj.Patch) {
			e.target = byTitle[e.subj.Title]
		}
		switch {
		case e.target != nil:
			e.group = e.target.group
		case several:
			continue
		default:
			e.group = near
		}
		e.group.replies = append(e.group.replies, e)
	}
}

// answered follows the thread up from e to a patch or cover letter. All replies on its way get
// the same target, so that a long thread is walked once. It stops at a mail that it saw before:
// threads of hostile mails can go in circles.
func (a *assembly) answered(e *entry) *entry {
	var path []*entry
	var target *entry
	seen := map[*entry]bool{}
	for up := e; up != nil && !seen[up]; up = a.parentOf(up) {
		if up.group != nil && up.kind != kindReply {
			target = up
			break
		}
		if up.resolved {
			target = up.target
			break
		}
		seen[up] = true
		path = append(path, up)
	}
	for _, p := range path {
		p.target, p.resolved = target, true
	}
	return target
}

// parentOf returns the nearest mail that e answers and that is here, or nil.
func (x *index) parentOf(e *entry) *entry {
	for _, id := range e.ancestors() {
		if up := x.byID[id]; up != nil && up != e {
			return up
		}
	}
	return nil
}
