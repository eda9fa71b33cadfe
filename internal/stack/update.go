// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/compare"
)

// An EntryUpdate is what became of one entry. Its JSON names are a contract.
type EntryUpdate struct {
	Entry string `json:"entry"`
	// From and To are versions; From is 0 for an entry that was not locked before.
	From int `json:"from"`
	To   int `json:"to"`
	// Changed is set where the mails are others than before, if only by a trailer.
	Changed bool                `json:"changed"`
	Diff    *compare.Comparison `json:"diff,omitempty"`
}

// Update takes the newest version of the entries named, or of all, and returns what changed. The stack with them must still
// apply: else nothing changes, and the outcome says why not.
func (s *Stack) Update(ctx context.Context, t *tree.Tree, names []string, check bool) ([]EntryUpdate, *Outcome, error) {
	l, err := s.newLock(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if _, err := s.Manifest.position(name); err != nil {
			return nil, nil, err
		}
	}
	var entries []*Locked
	updates := []EntryUpdate{}
	for _, e := range s.Manifest.Entries {
		old := l.entry(e.Name)
		if old != nil && len(names) > 0 && !slices.Contains(names, e.Name) {
			entries = append(entries, old)
			continue
		}
		locked, update, err := s.updateEntry(ctx, e, old)
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, locked)
		updates = append(updates, *update)
	}
	l.Entries = entries
	p, err := s.plan(ctx, s.Manifest, l)
	if err != nil {
		return nil, nil, err
	}
	out, err := s.land(ctx, t, p, l, s.Branch(), true)
	if err != nil {
		return nil, nil, err
	}
	out.Note = s.movedBase(t, l)
	if !out.Complete() {
		out.Next = s.nextStep(out, l.Rev)
		return updates, out, nil
	}
	if check {
		return updates, out, nil
	}
	return updates, out, s.save(nil, l)
}

// updateEntry reads an entry anew. What was resolved and what is upstream is carried over for patches that are the same.
func (s *Stack) updateEntry(ctx context.Context, e *Entry, old *Locked) (*Locked, *EntryUpdate, error) {
	set, err := s.read(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	if old != nil && !old.Dated.IsZero() {
		now = old.Dated // so that undated patches that did not change make the commits they made
	}
	locked, err := s.freeze(e, set, now)
	if err != nil {
		return nil, nil, err
	}
	update := &EntryUpdate{Entry: e.Name, To: locked.Version, Changed: old == nil || old.Mails != locked.Mails}
	if old == nil {
		return locked, update, nil
	}
	update.From = old.Version
	for _, p := range locked.Patches {
		i := slices.IndexFunc(old.Patches, func(q *LockedPatch) bool { return q.PatchID == p.PatchID && p.PatchID != "" })
		if i < 0 {
			i = slices.IndexFunc(old.Patches, func(q *LockedPatch) bool { return q.Title == p.Title })
			if i >= 0 {
				p.History = old.Patches[i].History
			}
			continue
		}
		q := old.Patches[i]
		p.History, p.Resolved, p.Upstream, p.How = q.History, q.Resolved, q.Upstream, q.How
	}
	if update.Changed {
		before, err := s.mails(ctx, old)
		if err != nil {
			return nil, nil, err
		}
		after, err := s.mails(ctx, locked)
		if err != nil {
			return nil, nil, err
		}
		update.Diff = compare.Compare(versioned(before, old), versioned(after, locked))
	}
	return locked, update, nil
}

// versioned gives set the version that its lock says.
func versioned(set *patchset.Set, l *Locked) *patchset.Set {
	c := *set
	c.Version = l.Version
	return &c
}

// Describe says in one line what an update did.
func (u *EntryUpdate) Describe() string {
	switch {
	case u.From == 0:
		return fmt.Sprintf("%s: v%d", u.Entry, u.To)
	case u.From != u.To:
		return fmt.Sprintf("%s: v%d, was v%d", u.Entry, u.To, u.From)
	case u.Changed:
		return fmt.Sprintf("%s: v%d, changed", u.Entry, u.To)
	}
	return fmt.Sprintf("%s: v%d, as it was", u.Entry, u.To)
}
