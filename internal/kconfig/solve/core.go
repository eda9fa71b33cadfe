// SPDX-License-Identifier: GPL-2.0-only

package solve

import (
	"context"
	"slices"

	"github.com/crillab/gophersat/solver"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// maxCore bounds the symbols among which the reason of a "cannot" is looked for.
const maxCore = 600

// Core returns the symbols whose rules together make that the condition cannot hold: none can be left
// out. It returns nil where the condition can hold, or where the reason spreads over too many symbols.
func (s *Solver) Core(ctx context.Context, c *logic.Cond) []string {
	if core := s.core(ctx, c, s.widen); core != nil || s.late {
		return core
	}
	return s.core(ctx, c, func(names []string) []string { return s.selected(s.widen(names)) })
}

// core looks for the reason among the symbols of c, and those that widen adds to them.
func (s *Solver) core(ctx context.Context, c *logic.Cond, widen func(names []string) []string) []string {
	goal := s.enc.cond(c)
	names := c.Symbols()
	if len(names) == 0 {
		return nil
	}
	for {
		if !s.part(ctx, goal, names) {
			break
		}
		more := widen(names)
		if len(more) == len(names) || len(more) > maxCore {
			return nil
		}
		names = more
	}
	return s.shrink(ctx, goal, names)
}

// selected adds the symbols that those of names select: what these depend on may forbid it.
func (s *Solver) selected(names []string) []string {
	have := map[string]bool{}
	for _, n := range names {
		have[n] = true
	}
	for _, name := range s.enc.model.Order {
		selects := false
		s.enc.model.Symbols[name].Selected.Visit(func(by string) { selects = selects || have[by] })
		if selects && !have[name] {
			names = append(names, name)
		}
	}
	return names
}

// hopeless reports whether the rules of the symbols of c, and of those next to them, forbid it.
func (s *Solver) hopeless(ctx context.Context, goal int, c *logic.Cond) bool {
	names := c.Symbols()
	for range 3 {
		if !s.part(ctx, goal, names) {
			return true
		}
		if names = s.widen(names); len(names) > maxCore {
			return false
		}
	}
	return false
}

// part reports whether the goal can hold under the rules of some symbols alone.
func (s *Solver) part(ctx context.Context, goal int, names []string) bool {
	clauses := [][]int{{truth}, {goal}}
	seen := map[int]bool{}
	var define func(lits []int)
	define = func(lits []int) {
		for _, l := range lits {
			v := max(l, -l)
			if seen[v] {
				continue
			}
			seen[v] = true
			for _, d := range s.enc.defs[v] {
				clauses = append(clauses, d)
				define(d)
			}
		}
	}
	define([]int{goal})
	for _, name := range names {
		for _, clause := range s.enc.groups[name] {
			clauses = append(clauses, clause)
			define(clause)
		}
	}
	sat, decided := s.sat(ctx, solver.ParseSliceNb(clauses, s.enc.vars))
	return sat != nil || !decided // what is not decided may be
}

// widen adds the symbols that those of names mention.
func (s *Solver) widen(names []string) []string {
	out := slices.Clone(names)
	have := map[string]bool{}
	for _, n := range names {
		have[n] = true
	}
	add := func(name string) {
		if !have[name] {
			have[name] = true
			out = append(out, name)
		}
	}
	for _, name := range names {
		sym := s.enc.model.Symbols[name]
		if sym == nil {
			continue
		}
		sym.Depends.Visit(add)
		sym.Selected.Visit(add)
		sym.Implied.Visit(add)
		for _, p := range sym.Prompts {
			p.Visit(add)
		}
		for _, d := range sym.Defaults {
			d.Value.Visit(add)
			d.If.Visit(add)
		}
		if sym.Choice != nil {
			for _, m := range sym.Choice.Members {
				add(m)
			}
		}
	}
	return out
}

// shrink drops what the contradiction does not need, first by large pieces, then one by one.
func (s *Solver) shrink(ctx context.Context, goal int, names []string) []string {
	for size := len(names) / 2; size > 0; size /= 2 {
		for from := 0; from < len(names); {
			rest := slices.Concat(names[:from], names[min(len(names), from+size):])
			if s.part(ctx, goal, rest) {
				from += size
				continue
			}
			names = rest
		}
	}
	slices.Sort(names)
	return names
}
