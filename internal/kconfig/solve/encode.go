// SPDX-License-Identifier: GPL-2.0-only

package solve

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// A pair is a value of Kconfig's logic in two literals: whether it is m or y, and whether it is y.
type pair struct{ on, yes int }

// truth is the variable that is always true, so -truth is false.
const truth = 1

var (
	valueY = pair{truth, truth}
	valueM = pair{truth, -truth}
	valueN = pair{-truth, -truth}
)

func not(p pair) pair { return pair{-p.yes, -p.on} }

// An encoder turns Kconfig's rules into clauses. The clauses of each symbol are a group, so that a part
// of the rules can be solved by itself; the definition of an expression belongs to its variable.
type encoder struct {
	model *symbols.Model
	// values are those of symbols that are no y, m or n: they are taken as they are in the base.
	values map[string]string
	vars   int
	pairs  map[string]pair
	groups map[string][][]int
	defs   map[int][][]int // what a variable of an expression stands for
	known  map[string]int  // variables of expressions by what they join
	// numbers are the symbols that are compared with numbers; values holds what all of them are in the base.
	numbers map[string]*number
}

func newEncoder(m *symbols.Model, base map[string]string) *encoder {
	e := &encoder{model: m, values: map[string]string{}, vars: truth, pairs: map[string]pair{},
		groups: map[string][][]int{}, defs: map[int][][]int{}, known: map[string]int{}, numbers: map[string]*number{}}
	for name, s := range m.Symbols {
		if !s.Type.IsLogic() {
			e.values[name] = plain(base, s)
		}
	}
	for _, name := range m.Order {
		e.symbol(name)
	}
	for _, name := range m.Order {
		if s := m.Symbols[name]; s.Type.IsLogic() {
			e.rules(s)
		}
	}
	for _, c := range m.Choices {
		e.choice(c)
	}
	return e
}

// plain returns the value of a number or a text: that of the base, or its first constant default.
func plain(base map[string]string, s *symbols.Symbol) string {
	if v, ok := base[s.Name]; ok {
		return strings.Trim(v, `"`)
	}
	for _, d := range s.Defaults {
		if d.Value.Const {
			return d.Value.Name
		}
	}
	return ""
}

func (e *encoder) fresh() int {
	e.vars++
	return e.vars
}

// symbol returns the variables of a symbol. One that no Kconfig file defines is n.
func (e *encoder) symbol(name string) pair {
	if p, ok := e.pairs[name]; ok {
		return p
	}
	var p pair
	switch s := e.model.Symbols[name]; {
	case s == nil:
		v := e.fresh()
		p = pair{v, v}
		e.groups[name] = append(e.groups[name], []int{-v})
	case s.Type == symbols.Bool:
		v := e.fresh()
		p = pair{v, v}
	case s.Type == symbols.Tristate:
		p = pair{e.fresh(), e.fresh()}
		e.groups[name] = append(e.groups[name], []int{-p.yes, p.on})
	default:
		p = valueN // a text as a condition is never true
	}
	e.pairs[name] = p
	return p
}

// add adds a clause to a group.
func (e *encoder) add(group string, clause ...int) {
	e.groups[group] = append(e.groups[group], clause)
}

// join returns a literal for the conjunction of literals.
func (e *encoder) and(lits ...int) int {
	slices.Sort(lits)
	lits = slices.Compact(lits)
	lits = slices.DeleteFunc(lits, func(l int) bool { return l == truth })
	for _, l := range lits {
		if l == -truth || slices.Contains(lits, -l) {
			return -truth
		}
	}
	switch len(lits) {
	case 0:
		return truth
	case 1:
		return lits[0]
	}
	var key strings.Builder
	for _, l := range lits {
		key.WriteString(strconv.Itoa(l))
		key.WriteByte(' ')
	}
	if v, ok := e.known[key.String()]; ok {
		return v
	}
	v := e.fresh()
	all := []int{v}
	for _, l := range lits {
		e.defs[v] = append(e.defs[v], []int{-v, l})
		all = append(all, -l)
	}
	e.defs[v] = append(e.defs[v], all)
	e.known[key.String()] = v
	return v
}

func (e *encoder) or(lits ...int) int {
	negated := make([]int, len(lits))
	for i, l := range lits {
		negated[i] = -l
	}
	return -e.and(negated...)
}

// expr returns the value of an expression of Kconfig.
func (e *encoder) expr(x *symbols.Expr) pair {
	if x == nil {
		return valueN
	}
	switch x.Op {
	case "":
		if !x.Const {
			return e.symbol(x.Name)
		}
		switch x.Name {
		case "y":
			return valueY
		case "m":
			return valueM
		}
		return valueN
	case "!":
		return not(e.expr(x.Kids[0]))
	case "&", "|":
		var on, yes []int
		for _, k := range operands(x, x.Op, nil) {
			p := e.expr(k)
			on, yes = append(on, p.on), append(yes, p.yes)
		}
		if x.Op == "&" {
			return pair{e.and(on...), e.and(yes...)}
		}
		return pair{e.or(on...), e.or(yes...)}
	case "=", "!=", "<", "<=", ">", ">=":
		l := e.compare(x)
		return pair{l, l}
	}
	return valueY // a form that we do not know must not forbid anything
}

// operands flattens a chain of one operator; what selects a symbol is one of hundreds.
func operands(x *symbols.Expr, op string, to []*symbols.Expr) []*symbols.Expr {
	for x.Op == op {
		to = append(to, x.Kids[1])
		x = x.Kids[0]
	}
	return append(to, x)
}

// compare returns a literal for a comparison.
func (e *encoder) compare(x *symbols.Expr) int {
	a, b := x.Kids[0], x.Kids[1]
	if e.isLogic(a) && e.isLogic(b) && (x.Op == "=" || x.Op == "!=") {
		p, q := e.expr(a), e.expr(b)
		same := e.and(e.same(p.on, q.on), e.same(p.yes, q.yes))
		if x.Op == "!=" {
			return -same
		}
		return same
	}
	if l, ok := e.numbersOf(x); ok {
		return l
	}
	if ordered(x.Op, e.text(a), e.text(b)) {
		return truth
	}
	return -truth
}

func (e *encoder) same(a, b int) int { return e.or(e.and(a, b), e.and(-a, -b)) }

// isLogic reports whether an operand is y, m or n.
func (e *encoder) isLogic(x *symbols.Expr) bool {
	if x.Const {
		return x.Name == "y" || x.Name == "m" || x.Name == "n"
	}
	s := e.model.Symbols[x.Name]
	return s != nil && s.Type.IsLogic()
}

// text returns the value of an operand that is a number or a text.
func (e *encoder) text(x *symbols.Expr) string {
	if x.Const || e.model.Symbols[x.Name] == nil {
		return x.Name // numbers come as symbols that nothing defines
	}
	return e.values[x.Name]
}

// ordered compares as conf does: as numbers where both are some, else as texts.
func ordered(op, a, b string) bool {
	c := strings.Compare(a, b)
	x, err := strconv.ParseInt(a, 0, 64)
	y, err2 := strconv.ParseInt(b, 0, 64)
	if err == nil && err2 == nil {
		c = int(min(1, max(-1, x-y)))
	}
	switch op {
	case "=":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// rules adds how conf works out the value of a symbol (sym_calc_value in scripts/kconfig/symbol.c).
func (e *encoder) rules(s *symbols.Symbol) {
	p := e.symbol(s.Name)
	visible := e.any(s.Prompts)
	selected, implied, depends := e.expr(s.Selected), e.expr(s.Implied), e.expr(s.Depends)
	if s.Depends == nil {
		depends = valueY
	}
	byDefault := e.defaults(s)
	byDefault = pair{e.or(byDefault.on, e.and(implied.on, depends.on)), e.or(byDefault.yes, e.and(implied.yes, depends.yes))}
	// To a bool m counts as y, and without modules a tristate is one.
	isBool := truth
	if s.Type == symbols.Tristate {
		isBool = -e.symbol("MODULES").on
		e.add(s.Name, -isBool, -p.on, p.yes)
	}
	for _, v := range []*pair{&visible, &selected, &byDefault} {
		v.yes = e.or(v.yes, e.and(isBool, v.on))
	}
	if s.Choice != nil {
		e.add(s.Name, -p.on, visible.on)
		e.add(s.Name, -p.yes, visible.yes)
		return
	}
	// No more than a person, a select, or where no person may say, a default gives.
	e.add(s.Name, -p.on, selected.on, visible.on, byDefault.on)
	e.add(s.Name, -p.yes, selected.yes, visible.yes, e.and(-visible.on, byDefault.yes))
	// No less than a select, or where no person may say, a default gives.
	e.add(s.Name, -selected.on, p.on)
	e.add(s.Name, -selected.yes, p.yes)
	e.add(s.Name, visible.on, -byDefault.on, p.on)
	e.add(s.Name, visible.on, -byDefault.yes, p.yes)
	// conf only warns of a select whose dependencies are not met; such a kernel may not build.
	e.add(s.Name, -selected.on, depends.on)
}

func (e *encoder) any(list []*symbols.Expr) pair {
	var on, yes []int
	for _, x := range list {
		p := e.expr(x)
		on, yes = append(on, p.on), append(yes, p.yes)
	}
	return pair{e.or(on...), e.or(yes...)}
}

// defaults returns the first default whose condition holds.
func (e *encoder) defaults(s *symbols.Symbol) pair {
	out := valueN
	for i := len(s.Defaults) - 1; i >= 0; i-- {
		d := s.Defaults[i]
		when, value := e.expr(d.If), e.expr(d.Value)
		out = pair{
			e.or(e.and(when.on, value.on), e.and(-when.on, out.on)),
			e.or(e.and(when.yes, value.yes), e.and(-when.on, out.yes)),
		}
	}
	return out
}

// choice lets one member be y, and asks for one wherever one can be seen.
func (e *encoder) choice(c *symbols.Choice) {
	var members, seen []int
	for _, name := range c.Members {
		s := e.model.Symbols[name]
		if s == nil || !s.Type.IsLogic() {
			continue
		}
		members = append(members, e.symbol(name).yes)
		seen = append(seen, e.any(s.Prompts).yes)
	}
	for i, a := range members {
		for _, b := range members[:i] {
			e.add(c.Members[0], -a, -b)
		}
	}
	if c.Optional || c.Type == symbols.Tristate {
		return
	}
	for _, s := range seen {
		e.add(c.Members[0], append([]int{-s}, members...)...)
	}
}

// cond returns a literal for a condition of kbuild files or #if lines.
func (e *encoder) cond(c *logic.Cond) int {
	switch c.Op {
	case logic.True, logic.Unknown:
		return truth
	case logic.False:
		return -truth
	case logic.Negation:
		return -e.cond(c.Kids[0])
	case logic.Atom:
		return e.atom(c)
	}
	var lits []int
	for _, k := range c.Kids {
		lits = append(lits, e.cond(k))
	}
	if c.Op == logic.Conjunction {
		return e.and(lits...)
	}
	return e.or(lits...)
}

// written returns when conf writes a number or a text: where a person may set it, or a default does.
func (e *encoder) written(s *symbols.Symbol) int {
	given := []int{e.any(s.Prompts).on}
	depends := truth
	if s.Depends != nil {
		depends = e.expr(s.Depends).on
	}
	for _, d := range s.Defaults {
		if when := depends; d.If == nil {
			given = append(given, when)
		} else {
			given = append(given, e.and(when, e.expr(d.If).on))
		}
	}
	return e.or(given...)
}

func (e *encoder) atom(c *logic.Cond) int {
	s := e.model.Symbols[c.Symbol]
	switch {
	case c.Rel != "":
		return e.comparison(s, c)
	case isNumber(s) && c.Value != "":
		return e.and(e.written(s), e.compareNumber(s, "==", logic.Number(strings.Trim(c.Value, `"`))))
	case s != nil && !s.Type.IsLogic():
		v := e.values[c.Symbol]
		if c.Value == "" && v == "" && s.Type == symbols.String || c.Value != "" && strings.Trim(c.Value, `"`) != v {
			return -truth
		}
		return e.written(s)
	}
	p := e.symbol(c.Symbol)
	switch c.Value {
	case "":
		return p.on
	case "y":
		return p.yes
	case "m":
		return e.and(p.on, -p.yes)
	}
	return -truth
}

// comparison returns the literal of an atom that compares a number: what is no number of Kconfig's is 1 where it is y, else 0.
func (e *encoder) comparison(s *symbols.Symbol, c *logic.Cond) int {
	n := logic.Number(c.Value)
	of := func(value int64) int {
		if logic.Compare(value, c.Rel, n) {
			return truth
		}
		return -truth
	}
	if !isNumber(s) {
		yes := e.symbol(c.Symbol).yes
		return e.or(e.and(yes, of(1)), e.and(-yes, of(0)))
	}
	written := e.written(s)
	return e.or(e.and(written, e.compareNumber(s, c.Rel, n)), e.and(-written, of(0)))
}
