// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Member is a series that is held against others.
type Member struct {
	Name string
	Set  *patchset.Set
	// Options say how its patches are placed; nil is as git am does.
	Options *apply.Options
}

// A Pair is two series that are in each other's way. Its JSON names are a contract.
type Pair struct {
	A string `json:"a"`
	B string `json:"b"`
	// Order says which order works: "a, b", "b, a", "none", or "either, with other results", where the two orders leave
	// different files.
	Order string `json:"order"`
	// Conflicts are those of B on top of A; where there are none, those of A on top of B.
	Conflicts []apply.Conflict `json:"conflicts"`
	// Files are those that both change.
	Files []string `json:"files"`
}

// A Cross is how many series stand to each other. Its JSON names are a contract.
type Cross struct {
	Members int `json:"series"`
	// Unfit are series that do not apply to the base by themselves: they are held against none.
	Unfit []Unfit `json:"unfit"`
	Pairs []Pair  `json:"conflicts"`
	// Compared is how many pairs change a file in common, and so were tried.
	Compared int `json:"compared"`
}

// Unfit is a series that does not apply by itself.
type Unfit struct {
	Name      string           `json:"name"`
	Conflicts []apply.Conflict `json:"conflicts"`
}

// Conflicts holds all pairs of members against each other on base: of each, whether both orders work, one, or none. Pairs
// without a file in common are not tried, as they cannot be in each other's way but by what is compiled.
func Conflicts(ctx context.Context, base fs.FS, members []Member) (*Cross, error) {
	return conflicts(ctx, base, members, func(meeting) bool { return true })
}

// ConflictsOfFirst holds the first member against each of the others, as [Conflicts] does.
func ConflictsOfFirst(ctx context.Context, base fs.FS, members []Member) (*Cross, error) {
	return conflicts(ctx, base, members, func(m meeting) bool { return m.a == 0 })
}

// conflicts holds the pairs that are wanted against each other.
func conflicts(ctx context.Context, base fs.FS, members []Member, wanted func(meeting) bool) (*Cross, error) {
	c := &Cross{Members: len(members), Unfit: []Unfit{}, Pairs: []Pair{}}
	alone := make([]fs.FS, len(members))
	var mu sync.Mutex
	work, workCtx := errgroup.WithContext(ctx)
	work.SetLimit(4)
	for i, m := range members {
		work.Go(func() error {
			after, result, err := apply.OverlayParts(workCtx, base, m.parts(), &apply.Options{})
			if err != nil {
				return err
			}
			if len(result.Conflicts) == 0 {
				alone[i] = after
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			c.Unfit = append(c.Unfit, Unfit{m.Name, result.Conflicts})
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(c.Unfit, func(a, b Unfit) int { return cmp.Compare(a.Name, b.Name) })
	candidates := slices.DeleteFunc(pairsOf(members, alone), func(m meeting) bool { return !wanted(m) })
	c.Compared = len(candidates)
	found := make([]*Pair, len(candidates))
	work, workCtx = errgroup.WithContext(ctx)
	work.SetLimit(4)
	for i, p := range candidates {
		work.Go(func() error {
			var err error
			found[i], err = p.try(workCtx, base, members, alone)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	for _, p := range found {
		if p != nil {
			c.Pairs = append(c.Pairs, *p)
		}
	}
	return c, nil
}

func (m *Member) parts() []apply.Part { return []apply.Part{{Set: m.Set, Options: m.Options}} }

// A meeting is two members that change files in common.
type meeting struct {
	a, b  int
	files []string
}

// pairsOf returns the pairs of members that apply and change a file in common, in order.
func pairsOf(members []Member, alone []fs.FS) []meeting {
	users := map[string][]int{}
	for i, m := range members {
		if alone[i] == nil {
			continue
		}
		for _, name := range touched(m.Set) {
			users[name] = append(users[name], i)
		}
	}
	shared := map[[2]int][]string{}
	for name, list := range users {
		for x, a := range list {
			for _, b := range list[x+1:] {
				shared[[2]int{a, b}] = append(shared[[2]int{a, b}], name)
			}
		}
	}
	var out []meeting
	for pair, files := range shared {
		slices.Sort(files)
		out = append(out, meeting{pair[0], pair[1], files})
	}
	slices.SortFunc(out, func(x, y meeting) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return out
}

// touched returns the files that a set reads or writes, each once.
func touched(set *patchset.Set) []string {
	var names []string
	for _, p := range set.Patches {
		for _, f := range p.Files {
			for _, name := range []string{f.OldName, f.NewName} {
				if name != "" && name != "/dev/null" {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// try applies both orders. It returns nil where both work and leave the same.
func (m meeting) try(ctx context.Context, base fs.FS, members []Member, alone []fs.FS) (*Pair, error) {
	a, b := &members[m.a], &members[m.b]
	onA, ab, err := apply.OverlayParts(ctx, alone[m.a], b.parts(), &apply.Options{})
	if err != nil {
		return nil, err
	}
	onB, ba, err := apply.OverlayParts(ctx, alone[m.b], a.parts(), &apply.Options{})
	if err != nil {
		return nil, err
	}
	p := &Pair{A: a.Name, B: b.Name, Files: m.files, Conflicts: ab.Conflicts}
	switch {
	case len(ab.Conflicts) == 0 && len(ba.Conflicts) == 0:
		if sameFiles(onA, onB, m.files) {
			return nil, nil
		}
		p.Order = "either, with other results"
	case len(ab.Conflicts) == 0:
		p.Order, p.Conflicts = "a, b", ba.Conflicts
	case len(ba.Conflicts) == 0:
		p.Order = "b, a"
	default:
		p.Order = "none"
	}
	return p, nil
}

// sameFiles reports whether two trees have the same content in files.
func sameFiles(a, b fs.FS, names []string) bool {
	for _, name := range names {
		left, errLeft := fs.ReadFile(a, name)
		right, errRight := fs.ReadFile(b, name)
		if (errLeft == nil) != (errRight == nil) || string(left) != string(right) {
			return false
		}
	}
	return true
}

// Members returns the entries of the stack, each as it is applied.
func (s *Stack) Members(ctx context.Context) ([]Member, error) {
	if s.Lock == nil {
		return nil, errUnlocked
	}
	p, err := s.plan(ctx, s.Manifest, s.Lock)
	if err != nil {
		return nil, err
	}
	var members []Member
	for _, part := range p.parts(inStack, false) {
		name := p.at(part.Set.Patches[0].Index).entry.Name
		members = append(members, Member{Name: name, Set: part.Set, Options: part.Options})
	}
	return members, nil
}
