// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A pending series is the newest version of one that a list has. Of its patches the names of files are kept alone; a series that has
// to be looked at again is read from the queue.
type pending struct {
	fleet.Series
	at    fleet.Tree
	files []string
	// fresh is set until it was held against the others.
	fresh bool
}

// wait notes a series among those of its list, in place of an older version.
func (w *Watcher) wait(list string, id string, set *patchset.Set, fresh bool) {
	job := w.first[id]
	if job == nil {
		return // nothing was made of it
	}
	if w.waiting[list] == nil {
		w.waiting[list] = map[string]*pending{}
	}
	if old := w.waiting[list][job.Series.Family]; old != nil && (old.ID == id || old.Version > job.Series.Version) {
		return
	}
	w.waiting[list][job.Series.Family] = &pending{Series: job.Series, at: job.Tree, files: filesOf(set), fresh: fresh}
}

// filesOf returns the files that a set changes, each once, in order.
func filesOf(set *patchset.Set) []string {
	var names []string
	for _, p := range set.Patches {
		for _, f := range p.Files {
			names = append(names, f.OldName, f.NewName)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" || name == "/dev/null" })
}

// meet holds the fresh series of a list against those that change a file in common, the newest first up to a number, and tells both
// sides. What goes wrong with one is noted: it keeps nothing from its jobs.
func (w *Watcher) meet(ctx context.Context, list string) error {
	users := map[string][]*pending{}
	var fresh []*pending
	for _, p := range w.waiting[list] {
		for _, name := range p.files {
			users[name] = append(users[name], p)
		}
		if p.fresh {
			fresh = append(fresh, p)
		}
	}
	slices.SortFunc(fresh, func(a, b *pending) int { return cmp.Or(a.Posted.Compare(b.Posted), cmp.Compare(a.ID, b.ID)) })
	for _, p := range fresh {
		// One that is fresh as well comes later, and is held against this one then.
		p.fresh = false
		var others []*pending
		for _, name := range p.files {
			for _, other := range users[name] {
				if other != p && !other.fresh && !slices.Contains(others, other) {
					others = append(others, other)
				}
			}
		}
		slices.SortFunc(others, func(a, b *pending) int { return cmp.Or(b.Posted.Compare(a.Posted), cmp.Compare(a.ID, b.ID)) })
		if err := w.meetOne(ctx, p, others); err != nil {
			if ctx.Err() != nil {
				return err
			}
			w.note("list %s: what conflicts with %q: %v", list, p.Title, err)
		}
	}
	return nil
}

// meetOne holds one series against others, and tells all of them.
func (w *Watcher) meetOne(ctx context.Context, p *pending, others []*pending) error {
	leftOut := max(0, len(others)-limit.Meetings)
	others = others[:len(others)-leftOut]
	if len(others) == 0 {
		return nil
	}
	this, _, err := w.load(ctx, p, math.MaxInt)
	if err != nil {
		return err
	}
	var against []fleet.Pending
	var tried []*pending
	left := cmp.Or(w.meetBytes, limit.MeetingBytes)
	for _, other := range others {
		one, size, err := w.load(ctx, other, left)
		if err != nil {
			return err
		}
		if one == nil {
			leftOut++
			continue
		}
		left -= size
		against, tried = append(against, *one), append(tried, other)
	}
	found, err := w.Planner.Meet(ctx, p.at, *this, against)
	if err != nil {
		return err
	}
	found.LeftOut = leftOut
	if err := w.Queue.Meet(ctx, found); err != nil {
		return err
	}
	for _, other := range tried {
		if err := w.tell(ctx, p, other, found); err != nil {
			return err
		}
	}
	return nil
}

// load reads the mails of a series from the queue, and returns how many bytes they are. Of more than most it makes nothing.
func (w *Watcher) load(ctx context.Context, p *pending, most int) (*fleet.Pending, int, error) {
	box, err := w.Queue.Mails(ctx, p.Mails)
	if err != nil || len(box) > most {
		return nil, len(box), err
	}
	set, err := fleet.ReadMailbox(ctx, box)
	return &fleet.Pending{Series: p.Series, Set: set}, len(box), err
}

// tell notes with other whether p is in its way, in place of what was noted of older versions of p.
func (w *Watcher) tell(ctx context.Context, p, other *pending, found *fleet.Meetings) error {
	known, err := w.Queue.Met(ctx, other.ID)
	if err != nil {
		return err
	}
	var back *fleet.Meeting
	if i := slices.IndexFunc(found.With, func(m fleet.Meeting) bool { return m.ID == other.ID }); i >= 0 {
		m := found.With[i].Back(&p.Series)
		back = &m
	}
	if known == nil {
		known = &fleet.Meetings{ID: other.ID, Tree: found.Tree, Base: found.Base, Fits: true, With: []fleet.Meeting{}}
	}
	if !known.Put(p.Family, back) {
		return nil
	}
	return w.Queue.Meet(ctx, known)
}
