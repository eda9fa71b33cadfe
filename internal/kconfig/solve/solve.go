// SPDX-License-Identifier: GPL-2.0-only

// Package solve works out configurations: the smallest change to a base under which conditions hold.
//
// For most uses, call [New] once for a tree's symbols and a base, and [Solver.Solve] with the goals. The
// rules by which the tree's conf works out the value of a symbol become clauses for a SAT solver. A
// configuration is a proposal until conf has made it; "cannot" comes with the symbols whose rules make
// it so.
//
// Texts are taken as they stand in the base, and so are numbers that nothing compares with one.
package solve

import (
	"context"
	"slices"

	"github.com/crillab/gophersat/solver"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// A Solver knows a tree's rules and a base configuration. It may be used again, but not concurrently.
type Solver struct {
	enc  *encoder
	base map[string]string
	late bool // a question was not answered in time
}

// Late reports whether there was no time to answer all that was asked: what is then said not to hold may.
func (s *Solver) Late() bool { return s.late }

// New returns a solver. The base has the values of symbols without CONFIG_; what it lacks is n.
func New(m *symbols.Model, base map[string]string) *Solver {
	return &Solver{enc: newEncoder(m, base), base: base}
}

// A Goal is a condition that is to hold, with what it is for.
type Goal struct {
	Name string
	When *logic.Cond
}

// A Solution is a configuration that fulfils goals.
type Solution struct {
	// Values are those of all symbols that are y or m, and of the numbers that differ from the base.
	Values map[string]string
	// Changed are the symbols whose value differs from the base, sorted, and Hidden those of them whose prompt nobody sees in it.
	Changed []string
	Hidden  map[string]bool
	// Met are the indices of the goals that hold, and Failed those that cannot hold beside them.
	Met, Failed []int
}

// Solve returns a configuration in which as many goals hold as can hold together: all, or those before
// one that contradicts them. It changes little: nothing of what it changes could stay.
func (s *Solver) Solve(ctx context.Context, goals []Goal) *Solution {
	lits := make([]int, len(goals))
	for i, g := range goals {
		lits[i] = s.enc.cond(g.When)
	}
	out := &Solution{}
	out.Met, out.Failed = s.together(ctx, goals, lits)
	want := make([]int, 0, len(lits))
	for _, i := range out.Met {
		want = append(want, lits[i])
	}
	model := s.smallest(ctx, want)
	if model == nil {
		return nil // no time, or not even the base's rules hold: the model is wrong, which the tests rule out
	}
	out.Values, out.Changed = s.read(model)
	out.Hidden = map[string]bool{}
	for _, name := range out.Changed {
		if sym := s.enc.model.Symbols[name]; sym.Type.IsLogic() && s.settable(name) {
			out.Hidden[name] = !holds(model, s.enc.any(sym.Prompts).on) // which the rules have made a literal
		}
	}
	return out
}

// together splits the goals into those that hold together, in their order of preference, and the rest.
// Where all do, it takes one run of the solver. Those that the rules nearby forbid are found first, which
// is a hundred times as fast as a run with all rules.
func (s *Solver) together(ctx context.Context, goals []Goal, lits []int) (met, failed []int) {
	var order []int
	for i, g := range goals {
		if s.hopeless(ctx, lits[i], g.When) {
			failed = append(failed, i)
		} else {
			order = append(order, i)
		}
	}
	var add func(from, to int)
	chosen := func(more ...int) []int {
		var out []int
		for _, i := range met {
			out = append(out, lits[i])
		}
		for _, i := range more {
			out = append(out, lits[i])
		}
		return out
	}
	add = func(from, to int) { // by halves
		if from == to {
			return
		}
		all := order[from:to]
		if s.satisfiable(ctx, chosen(all...)) {
			met = append(met, all...)
			return
		}
		if to-from == 1 {
			failed = append(failed, order[from])
			return
		}
		middle := (from + to) / 2
		add(from, middle)
		add(middle, to)
	}
	add(0, len(order))
	slices.Sort(failed)
	return met, failed
}

// all returns the clauses of all rules, with further units.
func (s *Solver) all(units []int) [][]int {
	clauses := [][]int{{truth}}
	for _, g := range s.enc.groups {
		clauses = append(clauses, g...)
	}
	for _, d := range s.enc.defs {
		clauses = append(clauses, d...)
	}
	for _, u := range units {
		clauses = append(clauses, []int{u})
	}
	return clauses
}

func (s *Solver) satisfiable(ctx context.Context, units []int) bool {
	problem := solver.ParseSliceNb(s.all(units), s.enc.vars)
	s.prefer(problem, same)
	sat, _ := s.sat(ctx, problem)
	return sat != nil
}

// prefer makes the solver try the base's values first, by a price on each other one; 0 for none.
func (s *Solver) prefer(problem *solver.Problem, price func(name string) int) {
	var lits []solver.Lit
	var prices []int
	for _, name := range s.enc.model.Order {
		if p := price(name); p > 0 {
			for _, l := range s.away(name) {
				lits, prices = append(lits, solver.IntToLit(int32(l))), append(prices, p)
			}
		}
	}
	problem.SetCostFunc(lits, prices)
}

func same(string) int { return 1 }

// price returns what it costs that a symbol differs from the base. What a person would have to set costs more than what follows by
// itself, and what the base has is not taken away to be spared some of what follows.
func (s *Solver) price(name string) int {
	switch {
	case !s.settable(name):
		return 1
	case s.base[name] == "y":
		return 40
	case s.byDefault(name):
		return 3
	}
	return 4
}

// byDefault reports whether a symbol is what conf would take of its choice.
func (s *Solver) byDefault(name string) bool {
	c := s.enc.model.Symbols[name].Choice
	switch {
	case c == nil:
		return false
	case len(c.Defaults) == 0:
		return c.Members[0] == name
	}
	return slices.ContainsFunc(c.Defaults, func(d symbols.Default) bool { return d.Value.Name == name })
}

// settable reports whether a person can set a symbol.
func (s *Solver) settable(name string) bool { return len(s.enc.model.Symbols[name].Prompts) > 0 }

// away returns the literals of a symbol that are true when it differs from the base.
func (s *Solver) away(name string) []int {
	sym := s.enc.model.Symbols[name]
	if !sym.Type.IsLogic() {
		if num := s.enc.numbers[name]; num != nil {
			return num.away
		}
		return nil
	}
	p := s.enc.pairs[name]
	switch s.base[name] {
	case "y":
		return []int{-p.yes}
	case "m":
		return []int{-p.on, p.yes}
	}
	return []int{p.on}
}

// smallest returns a model near the base. The first one changes more than it must; what a person can set
// and it left as it was is kept so, but for the other members of a choice, and of the rest as much is put back as goes.
func (s *Solver) smallest(ctx context.Context, units []int) []bool {
	problem := solver.ParseSliceNb(s.all(units), s.enc.vars)
	s.prefer(problem, same)
	first, _ := s.sat(ctx, problem)
	if first == nil {
		return nil
	}
	model := first.Model()
	free := map[string]bool{}
	for _, name := range s.enc.model.Order {
		for _, l := range s.away(name) {
			if holds(model, l) {
				free[name] = true
				if c := s.enc.model.Symbols[name].Choice; c != nil {
					for _, other := range c.Members {
						free[other] = true
					}
				}
			}
		}
	}
	for _, name := range s.enc.model.Order {
		if free[name] = free[name] || !s.settable(name); !free[name] {
			for _, l := range s.away(name) {
				units = append(units, -l)
			}
		}
	}
	problem = solver.ParseSliceNb(s.all(units), s.enc.vars)
	s.prefer(problem, func(name string) int {
		if !free[name] {
			return 0
		}
		return s.price(name)
	})
	best, cost := solver.New(problem), -1
	if !within(ctx, best, func() { cost = best.Minimize() }) || cost < 0 {
		return model // not shown to be the smallest
	}
	return best.Model()
}

func holds(model []bool, lit int) bool {
	if lit < 0 {
		return !model[-lit-1]
	}
	return model[lit-1]
}

// read returns the values of a model.
func (s *Solver) read(model []bool) (values map[string]string, changed []string) {
	values = map[string]string{}
	for _, name := range s.enc.model.Order {
		if !s.enc.model.Symbols[name].Type.IsLogic() {
			if value, ok := s.readNumber(model, name); ok {
				values[name] = value
				changed = append(changed, name)
			}
			continue
		}
		p := s.enc.pairs[name]
		value := ""
		switch {
		case holds(model, p.yes):
			value = "y"
		case holds(model, p.on):
			value = "m"
		}
		if value != "" {
			values[name] = value
		}
		if old := s.base[name]; value != old && (value != "" || old != "n") {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return values, changed
}
