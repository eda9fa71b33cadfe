// SPDX-License-Identifier: GPL-2.0-only

// Package logic holds conditions on the symbols of a kernel configuration: what kbuild files, #if
// lines and cfg attributes ask for, and what Kconfig's dependencies say.
//
// A [Cond] is made by [Is], [Not], [And] and [Or], which simplify as they go, and is never changed
// afterwards. Symbols are named without CONFIG_.
package logic

import (
	"slices"
	"strconv"
	"strings"
)

// An Op is what a condition is made of.
type Op int

// True and False hold always and never. An Atom compares one symbol. Unknown is a condition that was
// not understood: it may hold or not, whatever the configuration.
const (
	True Op = iota
	False
	Atom
	Negation
	Conjunction
	Disjunction
	Unknown
)

// A Cond is a condition. It is immutable, and may be shared.
type Cond struct {
	Op Op
	// Symbol and Value are those of an Atom: Value is "y", "m", or a string with its quotes; "" where
	// the symbol is only to be set, to y or m or to any text.
	Symbol, Value string
	// Rel is how an Atom compares the symbol's number with that of Value: one of == != < <= > >=; "" where
	// it compares no numbers.
	Rel string
	// Kids are the parts of a Negation (one), a Conjunction or a Disjunction.
	Kids []*Cond
	// Text is what an Unknown was in the source.
	Text string
}

// Always and Never are the constant conditions.
var (
	Always = &Cond{Op: True}
	Never  = &Cond{Op: False}
)

// Is returns the condition that symbol has value, or with the value "" that it is set at all.
func Is(symbol, value string) *Cond { return &Cond{Op: Atom, Symbol: symbol, Value: value} }

// Compared returns the condition that the number of symbol stands in a relation (==, !=, <, <=, > or >=) to another one, as #if
// asks: a symbol that is not set, or a module, counts as 0, and one that is y as 1.
func Compared(symbol, rel string, number int64) *Cond {
	return &Cond{Op: Atom, Symbol: symbol, Rel: rel, Value: strconv.FormatInt(number, 10)}
}

// Number returns the number of a value of a configuration, as #if sees it.
func Number(value string) int64 {
	if value == "y" {
		return 1
	}
	n, err := strconv.ParseInt(value, 0, 64)
	if err != nil {
		return 0
	}
	return n
}

// Compare reports whether a stands in the relation rel to b.
func Compare(a int64, rel string, b int64) bool {
	switch rel {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}

// opposites are the relations that hold where these do not, flips those that hold with the sides changed.
var (
	opposites = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
	flips     = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
)

// Flip returns the relation in which b stands to a where a stands in rel to b; "" where rel is none.
func Flip(rel string) string { return flips[rel] }

// compares reports whether c compares numbers.
func (c *Cond) compares() bool { return c.Op == Atom && c.Rel != "" }

// Unread returns the condition that text stands for, which we do not understand.
func Unread(text string) *Cond { return &Cond{Op: Unknown, Text: text} }

// Not returns the condition that c does not hold.
func Not(c *Cond) *Cond {
	switch c.Op {
	case True:
		return Never
	case False:
		return Always
	case Negation:
		return c.Kids[0]
	case Unknown:
		return c
	case Atom:
		if opposite := opposites[c.Rel]; opposite != "" {
			return &Cond{Op: Atom, Symbol: c.Symbol, Rel: opposite, Value: c.Value}
		}
	case Conjunction, Disjunction:
		kids := make([]*Cond, len(c.Kids))
		for i, k := range c.Kids {
			kids[i] = Not(k)
		}
		return join(Conjunction+Disjunction-c.Op, kids)
	}
	return &Cond{Op: Negation, Kids: []*Cond{c}}
}

// And returns the condition that all of conds hold.
func And(conds ...*Cond) *Cond { return join(Conjunction, conds) }

// Or returns the condition that one of conds holds.
func Or(conds ...*Cond) *Cond { return join(Disjunction, conds) }

// join makes a flat conjunction or disjunction without what says nothing, and finds the simple cases
// in which it is constant.
func join(op Op, conds []*Cond) *Cond {
	zero, one := Always, Never // of a conjunction: what adds nothing, what decides
	if op == Disjunction {
		zero, one = Never, Always
	}
	var kids []*Cond
	for _, c := range conds {
		switch {
		case c.Op == zero.Op:
		case c.Op == one.Op:
			return one
		case c.Op == op:
			kids = append(kids, c.Kids...)
		default:
			kids = append(kids, c)
		}
	}
	kids = absorb(op, kids)
	for i, a := range kids[:min(len(kids), maxPairs)] {
		for _, b := range kids[:i] {
			if op == Conjunction && excludes(a, b) || op == Disjunction && (opposite(a, b) || opposite(b, a)) {
				return one
			}
		}
	}
	switch len(kids) {
	case 0:
		return zero
	case 1:
		return kids[0]
	}
	return &Cond{Op: op, Kids: kids}
}

// maxPairs bounds the parts of a condition that are compared one with another.
const maxPairs = 64

// absorb drops the parts that another part makes needless: A=y beside A in an "or", A beside A=y in
// an "and". A=y or A=m becomes A.
func absorb(op Op, kids []*Cond) []*Cond {
	if len(kids) > maxPairs {
		return kids
	}
	var kept []*Cond
	for _, k := range kids {
		if op == Disjunction && k.Op == Atom && (k.Value == "y" || k.Value == "m") {
			other := Is(k.Symbol, map[string]string{"y": "m", "m": "y"}[k.Value])
			if i := slices.IndexFunc(kept, other.Equal); i >= 0 {
				kept[i] = Is(k.Symbol, "")
				continue
			}
		}
		weaker := func(a, b *Cond) bool { // a adds nothing beside b
			if op == Disjunction {
				return implies(a, b)
			}
			return implies(b, a)
		}
		if slices.ContainsFunc(kept, func(o *Cond) bool { return weaker(k, o) }) {
			continue
		}
		kept = append(slices.DeleteFunc(kept, func(o *Cond) bool { return weaker(o, k) }), k)
	}
	return kept
}

// implies reports whether it is easy to see that b holds wherever a does.
func implies(a, b *Cond) bool {
	if a.Equal(b) {
		return a.Op != Unknown || a.Text == b.Text
	}
	switch {
	case a.compares() || b.compares():
		return false
	case a.Op == Atom && b.Op == Atom:
		return a.Symbol == b.Symbol && b.Value == ""
	case a.Op == Negation && b.Op == Negation:
		return implies(b.Kids[0], a.Kids[0])
	case a.Op == Atom && b.Op == Negation:
		return excludes(a, b.Kids[0])
	case a.Op == Conjunction:
		return slices.ContainsFunc(a.Kids, func(k *Cond) bool { return k.Op != Conjunction && implies(k, b) })
	}
	return false
}

// excludes reports whether it is easy to see that a and b never hold together.
func excludes(a, b *Cond) bool {
	switch {
	case a.compares() || b.compares():
		return false
	case a.Op == Atom && b.Op == Atom:
		return a.Symbol == b.Symbol && a.Value != "" && b.Value != "" && a.Value != b.Value
	case a.Op == Negation && b.Op == Atom:
		return implies(b, a.Kids[0])
	case a.Op == Atom && b.Op == Negation:
		return implies(a, b.Kids[0])
	}
	return false
}

// opposite reports whether a is "not b", or says so in other words: !A beside A=y is not.
func opposite(a, b *Cond) bool { return a.Op == Negation && implies(a.Kids[0], b) }

// Equal reports whether a and b are written the same.
func (c *Cond) Equal(o *Cond) bool {
	if c == o {
		return true
	}
	return c.Op == o.Op && c.Symbol == o.Symbol && c.Value == o.Value && c.Rel == o.Rel && c.Text == o.Text &&
		slices.EqualFunc(c.Kids, o.Kids, (*Cond).Equal)
}

// Needs returns the symbols that are set wherever c holds, sorted.
func (c *Cond) Needs() []string {
	switch c.Op {
	case Atom:
		if c.compares() && Compare(0, c.Rel, Number(c.Value)) {
			return nil // what is not set is 0
		}
		return []string{c.Symbol}
	case Conjunction:
		var all []string
		for _, k := range c.Kids {
			all = append(all, k.Needs()...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	case Disjunction:
		all := c.Kids[0].Needs()
		for _, k := range c.Kids[1:] {
			needs := k.Needs()
			all = slices.DeleteFunc(all, func(s string) bool { return !slices.Contains(needs, s) })
		}
		return all
	}
	return nil
}

// Symbols returns all symbols that c names, sorted.
func (c *Cond) Symbols() []string {
	var all []string
	var visit func(*Cond)
	visit = func(c *Cond) {
		if c.Op == Atom {
			all = append(all, c.Symbol)
		}
		for _, k := range c.Kids {
			visit(k)
		}
	}
	visit(c)
	slices.Sort(all)
	return slices.Compact(all)
}

// Holds evaluates c under a configuration: the values of symbols, as in a .config, without those that
// are not set. What was not understood counts as unknown.
func (c *Cond) Holds(config map[string]string) bool {
	switch c.Op {
	case True, Unknown:
		return true
	case False:
		return false
	case Atom:
		v := config[c.Symbol]
		if c.compares() {
			return Compare(Number(v), c.Rel, Number(c.Value))
		}
		if c.Value == "" {
			return v != "" && v != "n" && v != `""`
		}
		return v == c.Value
	case Negation:
		return !c.Kids[0].Holds(config)
	case Conjunction:
		return !slices.ContainsFunc(c.Kids, func(k *Cond) bool { return !k.Holds(config) })
	}
	return slices.ContainsFunc(c.Kids, func(k *Cond) bool { return k.Holds(config) })
}

// String writes c as Kconfig would: "USB && (PCI=y || !NET)".
func (c *Cond) String() string {
	switch c.Op {
	case True:
		return "y"
	case False:
		return "n"
	case Unknown:
		return "[" + c.Text + "]"
	case Atom:
		switch {
		case c.compares():
			return c.Symbol + strings.Replace(c.Rel, "==", "=", 1) + c.Value
		case c.Value == "":
			return c.Symbol
		}
		return c.Symbol + "=" + c.Value
	case Negation:
		if k := c.Kids[0]; k.Op == Atom && k.Value != "" && !k.compares() {
			return k.Symbol + "!=" + k.Value
		}
		return "!" + c.Kids[0].grouped()
	}
	sep := " && "
	if c.Op == Disjunction {
		sep = " || "
	}
	var parts []string
	for _, k := range c.Kids {
		parts = append(parts, k.grouped())
	}
	return strings.Join(parts, sep)
}

func (c *Cond) grouped() string {
	if c.Op == Conjunction || c.Op == Disjunction {
		return "(" + c.String() + ")"
	}
	return c.String()
}
