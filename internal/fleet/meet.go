// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"context"
	"fmt"
	"slices"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/stack"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// Meetings are how a series stands to others of its list that are pending. Its JSON names are a contract.
type Meetings struct {
	// ID is that of the series, Tree and Base what it was held against them on.
	ID   string `json:"id"`
	Tree string `json:"tree"`
	Base string `json:"base"`
	// Fits is false where it does not apply there by itself: it is held against none then.
	Fits bool `json:"fits"`
	// Compared is how many change a file that it changes and were tried, Unfit how many of these do not apply by themselves,
	// and LeftOut how many more there were.
	Compared int `json:"compared"`
	Unfit    int `json:"unfit"`
	LeftOut  int `json:"left_out"`
	// With are those that are in its way.
	With []Meeting `json:"conflicts"`
}

// A Meeting is a series that is in the way of another. Its JSON names are a contract.
type Meeting struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Family  string `json:"family"`
	Version int    `json:"version"`
	// Order says which order works: "this, other", "other, this", "none", or "either, with other results".
	Order string `json:"order"`
	// Files are those that both change; Conflicts those of the other on top of this, or, where there are none, of this on top
	// of the other.
	Files     []string         `json:"files"`
	Conflicts []apply.Conflict `json:"conflicts"`
}

// A Pending is a series that waits, for [Planner.Meet].
type Pending struct {
	Series Series
	Set    *patchset.Set
}

// Meet holds a series against others on the base of its job. The others are those that change a file in common; no pair of them is tried.
func (p *Planner) Meet(ctx context.Context, at Tree, this Pending, others []Pending) (*Meetings, error) {
	i := slices.IndexFunc(p.trees, func(t plannedTree) bool { return t.Name == at.Name })
	if i < 0 {
		return nil, fmt.Errorf("there is no tree %q", at.Name)
	}
	base, err := p.trees[i].tree.Snapshot(at.Base)
	if err != nil {
		return nil, err
	}
	members := []stack.Member{{Name: this.Series.ID, Set: this.Set}}
	known := map[string]*Series{}
	for i := range others {
		members = append(members, stack.Member{Name: others[i].Series.ID, Set: others[i].Set})
		known[others[i].Series.ID] = &others[i].Series
	}
	cross, err := stack.ConflictsOfFirst(ctx, base, members)
	if err != nil {
		return nil, err
	}
	m := &Meetings{ID: this.Series.ID, Tree: at.Name, Base: at.Base, Fits: true, Compared: cross.Compared, With: []Meeting{}}
	for _, u := range cross.Unfit {
		if u.Name == m.ID {
			m.Fits = false
		} else {
			m.Unfit++
		}
	}
	for _, pair := range cross.Pairs {
		m.With = append(m.With, meeting(known[pair.B], pair, map[string]string{"a, b": "this, other", "b, a": "other, this"}))
	}
	return m, nil
}

// Back returns how m looks from the side of the other.
func (m Meeting) Back(this *Series) Meeting {
	pair := stack.Pair{Order: m.Order, Conflicts: m.Conflicts, Files: m.Files}
	return meeting(this, pair, map[string]string{"this, other": "other, this", "other, this": "this, other"})
}

// meeting returns a pair as one with another, whose order is said in other words.
func meeting(with *Series, pair stack.Pair, words map[string]string) Meeting {
	order := pair.Order
	if word := words[order]; word != "" {
		order = word
	}
	return Meeting{ID: with.ID, Title: with.Title, Family: with.Family, Version: with.Version, Order: order, Files: pair.Files, Conflicts: inBrief(pair.Conflicts)}
}

// Put notes a meeting in place of those with other versions of the same series, and reports whether that changed anything. With
// nil it takes these out.
func (m *Meetings) Put(family string, with *Meeting) bool {
	before := len(m.With)
	m.With = slices.DeleteFunc(m.With, func(old Meeting) bool { return old.Family == family })
	if with != nil {
		m.With = append(m.With, *with)
	}
	return with != nil || len(m.With) != before
}
