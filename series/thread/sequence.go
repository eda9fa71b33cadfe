// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"fmt"

	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// plain reports whether the mails are what a user wants applied, all of them, in their order, as git
// am takes them: files, or a mailbox that is no archive. An archive shows itself by its first line
// and a thread, by replies, or by several versions.
func (x *index) plain() bool {
	if x.neverSent() {
		return true
	}
	patches := 0
	for _, e := range x.entries {
		if e.in.Wanted != "" || e.in.Single || e.in.Pipermail || e.in.Archive && x.parentOf(e) != nil {
			return false
		}
		if e.diff {
			patches++
		}
		if e.in.Files || e.in.IsForeign() {
			continue
		}
		if x.opts.Threads {
			return false
		}
		if e.kind == kindPull || e.kind == kindReply && !e.diff {
			return false
		}
	}
	return patches > 0 && !x.hasVersions()
}

// hasVersions reports whether a mailbox holds a series in several versions: patches that differ in it and answer each other, or have a title in
// common. Others with different versions were put together by hand.
func (x *index) hasVersions() bool {
	several, threads := false, false
	first := 0
	of := map[string]int{}
	for _, e := range x.entries {
		if e.in.Files || e.in.IsForeign() {
			continue
		}
		title := familyTitle(e)
		if v, ok := of[title]; ok && v != e.subj.Version {
			return true
		}
		of[title] = e.subj.Version
		several = several || first != 0 && e.subj.Version != first
		first = e.subj.Version
		threads = threads || x.parentOf(e) != nil
	}
	return several && threads
}

// listed marks files that hold one mail each, where several were named: what they hold is wanted, whatever the files are called.
func (x *index) listed(inputs []*source.Input) {
	if len(inputs) < 2 || x.opts.Threads {
		return
	}
	mails := map[*source.Input]int{}
	for _, e := range x.entries {
		mails[e.in]++
	}
	for _, in := range inputs {
		if mails[in] != 1 || in.Wanted != "" || in.Single || in.Pipermail || in.Ordered {
			return
		}
	}
	for _, in := range inputs {
		in.Files, in.Archive = true, false
	}
}

// neverSent reports whether there are several patches, none with a Message-ID or a number: what a tree
// exported, which no thread can tell anything about.
func (x *index) neverSent() bool {
	patches := 0
	for _, e := range x.entries {
		if e.id != 0 || e.subj.Numbered {
			return false
		}
		if e.diff {
			patches++
		}
	}
	return patches > 1
}

// ordered makes one series of each quilt series among other inputs.
func (a *assembly) ordered() {
	byBatch := map[int][]*entry{}
	var batches []int
	for _, e := range a.entries {
		if !e.in.Ordered && !e.in.IsForeign() {
			continue
		}
		if byBatch[e.in.Batch] == nil {
			batches = append(batches, e.in.Batch)
		}
		byBatch[e.in.Batch] = append(byBatch[e.in.Batch], e)
	}
	for _, b := range batches {
		a.sequence(byBatch[b])
	}
}

// sequence makes one series of mails as they lie. Where their numbers agree with that order they
// count; where they do not, the place does, and that is said.
func (a *assembly) sequence(entries []*entry) {
	g := a.newGroup(entries[0])
	g.version = 0
	wrong := ""
	if !entries[0].in.Ordered && !entries[0].in.IsForeign() {
		wrong = disorder(entries)
	}
	numbered := wrong == "" && !entries[0].in.Ordered && allNumbered(entries)
	place := 0
	for i, e := range entries {
		first := a.byID[e.id]
		switch {
		case first != nil && first != e && first.group == g && first.kind == kindPatch && first.subj.Title == e.subj.Title:
			e.kind, e.subj = kindPatch, first.subj // the same mail by another list
		case e.diff, e.kind == kindPatch && (e.in.Ordered || e.subj.Numbered || i > 0 || len(entries) == 1):
			e.kind = kindPatch
			place++
			if !numbered {
				e.subj.Index, e.subj.Numbered = place, false
			} else if e.diff {
				g.total = e.subj.Total // a cover letter may have no number
			}
		case e.kind == kindCover && !g.hasCover, !g.hasCover && place == 0 && !e.subj.Reply:
			e.kind = kindCover
		default:
			e.kind = kindReply
			continue
		}
		g.add(e)
	}
	g.order, g.numbered = wrong, numbered
	if !numbered {
		g.total = place
	}
	if len(g.members) == 0 {
		a.groups = a.groups[:len(a.groups)-1]
	}
}

// allNumbered reports whether each patch has a number.
func allNumbered(entries []*entry) bool {
	for _, e := range entries {
		if e.diff && !e.subj.Numbered {
			return false
		}
	}
	return true
}

// disorder says in how far the numbers of patches disagree with their order, or "". Patches
// without numbers agree with any.
func disorder(entries []*entry) string {
	last, total, version, numbered, patches := 0, 0, 0, 0, 0
	for _, e := range entries {
		if !e.diff {
			continue
		}
		patches++
		n := e.subj
		if e.subj.Reply {
			return fmt.Sprintf("%q is taken for a patch, since it holds one", n.Title)
		}
		if !n.Numbered {
			continue
		}
		numbered++
		switch {
		case total != 0 && (n.Total != total || n.Version != version):
			return fmt.Sprintf("%q is patch %d of %d of another series than the one before", n.Title, n.Index, n.Total)
		case n.Index == 0:
			return fmt.Sprintf("%q is number 0, and is taken for a patch, since it holds one", n.Title)
		case n.Index <= last:
			return fmt.Sprintf("%q is number %d and lies behind number %d", n.Title, n.Index, last)
		}
		last, total, version = n.Index, n.Total, n.Version
	}
	if numbered > 0 && numbered < patches {
		return fmt.Sprintf("%s of %s without a number", report.Plural(patches-numbered, "mail"), report.Plural(patches, "patch"))
	}
	return ""
}
