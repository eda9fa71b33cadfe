// SPDX-License-Identifier: GPL-2.0-only

package solve

import (
	"math"
	"slices"
	"strconv"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// A number is a symbol of type int or hex, as far as something compares it: a variable for each number that it is compared
// with, which says whether it is at least that. A symbol that has no value counts as 0.
type number struct {
	least map[int64]int // the literal of "at least", by number
	free  []int64       // those of them that a person may set, sorted, where the literal visible holds

	visible int
	away    []int // the literals that hold where it is there, and what it is compared with is not as in the base
}

// atLeast returns the literal that the number of a symbol is at least n.
func (e *encoder) atLeast(s *symbols.Symbol, n int64) int {
	num := e.numbers[s.Name]
	if num == nil {
		num = &number{least: map[int64]int{}}
		e.numbers[s.Name] = num
	}
	if l, ok := num.least[n]; ok {
		return l
	}
	num.least[n] = e.fresh() // where a default leads back to the symbol it says nothing
	byDefault := e.defaultAtLeast(s, n)
	if len(s.Prompts) == 0 {
		num.least[n] = byDefault
		return byDefault
	}
	e.free(s, num, n, byDefault)
	return num.least[n]
}

// free makes the rules of a number that a person may set: it is in its range where they may, else it has its default.
func (e *encoder) free(s *symbols.Symbol, num *number, n int64, byDefault int) {
	l, visible := num.least[n], e.any(s.Prompts).on
	num.visible = visible
	e.add(s.Name, visible, -l, byDefault)
	e.add(s.Name, visible, l, -byDefault)
	earlier := -truth // whether the condition of a range before this one holds
	for _, r := range s.Ranges {
		here := e.and(visible, e.condition(r.If), -earlier)
		e.add(s.Name, -here, -l, e.valueAtLeast(r.Max, n))
		e.add(s.Name, -here, l, -e.valueAtLeast(r.Min, n))
		earlier = e.or(earlier, e.condition(r.If))
	}
	at, _ := slices.BinarySearch(num.free, n)
	if at > 0 {
		e.add(s.Name, -l, num.least[num.free[at-1]])
	}
	if at < len(num.free) {
		e.add(s.Name, l, -num.least[num.free[at]])
	}
	num.free = slices.Insert(num.free, at, n)
	other := l
	if logic.Number(e.values[s.Name]) >= n {
		other = -l
	}
	num.away = append(num.away, e.and(visible, other))
}

// condition returns the literal that a condition, nil for none, is not n.
func (e *encoder) condition(x *symbols.Expr) int {
	if x == nil {
		return truth
	}
	return e.expr(x).on
}

// defaultAtLeast returns the literal that the default that counts is at least n.
func (e *encoder) defaultAtLeast(s *symbols.Symbol, n int64) int {
	out := -truth
	if n <= 0 {
		out = truth
	}
	for _, d := range slices.Backward(s.Defaults) {
		when := e.condition(d.If)
		out = e.or(e.and(when, e.valueAtLeast(d.Value, n)), e.and(-when, out))
	}
	return out
}

// valueAtLeast returns the literal that a constant or a symbol is at least n.
func (e *encoder) valueAtLeast(x *symbols.Expr, n int64) int {
	if s := e.model.Symbols[x.Name]; !x.Const && x.Op == "" && isNumber(s) {
		return e.atLeast(s, n)
	}
	if logic.Number(e.text(x)) >= n {
		return truth
	}
	return -truth
}

func isNumber(s *symbols.Symbol) bool {
	return s != nil && (s.Type == symbols.Int || s.Type == symbols.Hex)
}

// compareNumber returns the literal that the number of a symbol stands in a relation to n, as package logic has them.
func (e *encoder) compareNumber(s *symbols.Symbol, rel string, n int64) int {
	if n == math.MaxInt64 || n == math.MinInt64 {
		return truth // no number of a kernel, and n+1 is none of ours
	}
	switch rel {
	case ">=":
		return e.atLeast(s, n)
	case ">":
		return e.atLeast(s, n+1)
	case "<":
		return -e.atLeast(s, n)
	case "<=":
		return -e.atLeast(s, n+1)
	case "!=":
		return -e.and(e.atLeast(s, n), -e.atLeast(s, n+1))
	}
	return e.and(e.atLeast(s, n), -e.atLeast(s, n+1))
}

// numbersOf returns the literal of a comparison of a number with a constant; false for any other one.
func (e *encoder) numbersOf(x *symbols.Expr) (int, bool) {
	a, b, rel := x.Kids[0], x.Kids[1], x.Op
	if rel == "=" {
		rel = "==" // as package logic has it
	}
	s := e.model.Symbols[a.Name]
	if a.Const || !isNumber(s) {
		a, b, rel = b, a, logic.Flip(rel)
		s = e.model.Symbols[a.Name]
	}
	if a.Const || !isNumber(s) || !b.Const && e.model.Symbols[b.Name] != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(b.Name, 0, 64)
	if err != nil {
		return 0, false
	}
	return e.compareNumber(s, rel, n), true
}

// readNumber returns the number of a symbol that is nearest to that of the base, of a hex one with zeros behind as that has them, since
// addresses and sizes are aligned; false where it may stay as it is.
func (s *Solver) readNumber(model []bool, name string) (string, bool) {
	num := s.enc.numbers[name]
	if num == nil || len(num.free) == 0 || !holds(model, num.visible) {
		return "", false
	}
	old := logic.Number(s.enc.values[name])
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	for _, n := range num.free {
		switch holds(model, num.least[n]) {
		case true:
			low = max(low, n)
		case false:
			high = min(high, n-1)
		}
	}
	value := min(max(old, low), high)
	if value == old {
		return "", false
	}
	if sym := s.enc.model.Symbols[name]; sym.Type == symbols.Hex {
		for _, r := range sym.Ranges { // whichever of them counts
			low, high = max(low, logic.Number(s.enc.text(r.Min))), min(high, logic.Number(s.enc.text(r.Max)))
		}
		return "0x" + strconv.FormatInt(aligned(value, old, low, high), 16), true
	}
	return strconv.FormatInt(value, 10), true
}

// aligned returns the number from value on, away from old, that has as many bits of zero at its end as old has, or as the numbers from
// low to high allow.
func aligned(value, old, low, high int64) int64 {
	for size := old & -old; size > 1; size /= 2 {
		down := value &^ (size - 1)
		switch up := down + size; {
		case down == value:
			return value
		case value < old && down >= low:
			return down
		case value > old && up > down && up <= high:
			return up
		}
	}
	return value
}
