// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// A column is what a loop takes of each row of a table: the row itself, or a field of it.
type column struct{ table, field string }

// throughTables returns the additions of loops over tables that point to lists, arrays of pointers and of structs that have one each, by the names
// in what is added. A loop that is not followed has none.
func throughTables(u *ctype.Unit, w *unitWords) map[string][]addition {
	found := map[string][]addition{}
	for _, d := range w.bodies[addHooks] {
		for _, call := range addsIn(d.Body, addHooks) {
			around := loopAround(d.Body, call.Index)
			if around == nil || around.name == "" || len(call.Args) < 2 {
				continue
			}
			of := around.columnOf(d.Body[:call.Index], call.Args[0])
			rows, ok := around.rows(u, of.table)
			if !ok {
				continue
			}
			lists, counts := around.cells(u, d.Body[:call.Index], call.Args[0]), around.cells(u, d.Body[:call.Index], call.Args[1])
			dead := isDead(d.Body, call.Index)
			for _, n := range rows {
				a := addition{unit: u, within: d, list: lists.row(n), count: counts.row(n), dead: dead, row: true}
				for _, t := range a.list {
					if t.Kind == ctype.Ident && len(a.count) > 0 {
						found[t.Text] = append(found[t.Text], a)
					}
				}
			}
		}
	}
	return found
}

// columnOf reads what an argument takes of the row that a loop is at: T[i], T[i].f, p->f, *p, or g->f where g is &T[i]; no table for none of these.
func (o *loop) columnOf(before, arg []ctype.Token) column {
	n := len(arg)
	is := func(i int, text string) bool { return i < n && arg[i].Is(text) }
	switch {
	case n >= 4 && is(1, "[") && is(2, o.name) && is(3, "]") && (n == 4 || n == 6 && is(4, ".")):
		c := column{table: arg[0].Text}
		if n == 6 {
			c.field = arg[5].Text
		}
		return c
	case n == 2 && is(0, "*") && is(1, o.name):
		return column{table: first(o.from)}
	case n == 3 && is(0, o.name) && is(1, "->"):
		return column{first(o.from), arg[2].Text}
	case n == 3 && is(1, "->"):
		if at := behind(before, arg[:1]); len(at) == 5 && at[0].Is("&") && at[2].Is("[") && at[3].Is(o.name) {
			return column{at[1].Text, arg[2].Text}
		}
	}
	return column{}
}

// first returns the name of an array that a pointer to its first element is written with, "" for another pointer.
func first(pointer []ctype.Token) string {
	switch text := bare(pointer); {
	case len(pointer) == 1:
		return text
	case len(pointer) == 5 && text == "&"+pointer[1].Text+"[0]":
		return pointer[1].Text
	}
	return ""
}

// tableNamed returns the array of a unit that a table is.
func tableNamed(u *ctype.Unit, name string) *list {
	for _, d := range u.Find(name) {
		if d.Type.Class == ctype.Array && len(d.Init) > 2 {
			l := newList(d)
			return &l
		}
	}
	return nil
}

// rows returns the numbers of the rows of a table that the loop comes to.
func (o *loop) rows(u *ctype.Unit, table string) (rows []int, ok bool) {
	t := tableNamed(u, table)
	if t == nil || t.conditional {
		return nil, false
	}
	from, known := worth(u, t, o.from)
	to := o.to
	if first(o.from) == table {
		from, known, to = 0, true, offset(o.to, table)
	}
	end, isNumber := worth(u, t, to)
	if o.last {
		end++
	}
	if !known || !isNumber || from < 0 || end > t.size() {
		return nil, false
	}
	for n := from; n < end; n++ {
		rows = append(rows, n)
	}
	return rows, true
}

// A cells is an argument of a call in a loop over the rows of a table.
type cells struct {
	arg   []ctype.Token
	col   column
	at    map[int][]ctype.Token // the rows of the table by their numbers; nil where the argument is the same at all
	place int                   // of the field among those of the struct
}

func (o *loop) cells(u *ctype.Unit, before, arg []ctype.Token) *cells {
	c := &cells{arg: arg, col: o.columnOf(before, arg)}
	t := tableNamed(u, c.col.table)
	switch {
	case t != nil:
		c.at = map[int][]ctype.Token{}
		for i, place := range t.places {
			c.at[place] = t.entries[i]
		}
		c.place = slices.Index(fieldsOf(u, t.decl), c.col.field)
	case mentions(arg, o.name):
		c.arg = nil
	}
	return c
}

// row returns what the argument is at a row, nil where that is not known.
func (c *cells) row(n int) []ctype.Token {
	if c.at == nil {
		return c.arg
	}
	if c.col.field == "" {
		return c.at[n]
	}
	inner, _ := ctype.Group(c.at[n])
	for i, part := range ctype.Split(inner) {
		switch isNamed := len(part) > 3 && part[0].Is(".") && part[2].Is("="); {
		case isNamed && part[1].Is(c.col.field):
			return part[3:]
		case !isNamed && i == c.place:
			return part
		}
	}
	return nil
}

// fieldsOf returns the fields of the struct that the elements of an array are, in their order.
func fieldsOf(u *ctype.Unit, d *ctype.Decl) []string {
	var def *ctype.Tag
	for i := range u.Tags {
		tag := &u.Tags[i]
		isBefore := tag.Pos.File == d.Pos.File && tag.Pos.Line <= d.Pos.Line
		if tag.Class == ctype.Struct && tag.Name == d.Type.Elem.Name && isBefore {
			def = tag // of those without a name the one before the array's
		}
	}
	var names []string
	if def != nil && d.Type.Elem.Class == ctype.Struct {
		for _, f := range ctype.Fields(def.Body) {
			names = append(names, f.Name)
		}
	}
	return names
}

// inTwoRows tells of a list that is in two rows of a table whose lists are added.
func (c *needs) inTwoRows(l *list, all []addition) {
	seen := map[string]bool{}
	for i := range all {
		key := fmt.Sprint(all[i].within.Name, " ", ctype.Text(all[i].list))
		if all[i].row && seen[key] {
			c.Add("hooks/twice", all[i].list[0].Pos(), fmt.Sprintf("%s is given to %s twice", l.decl.Name, addHooks), "leave one of them out: each hook is called twice")
		}
		seen[key] = true
	}
}

// filledLater returns an array without an initialiser as a list of what functions put into its elements by their numbers; nothing where they
// fill it in another way.
func (w *unitWords) filledLater(d *ctype.Decl) *list {
	l := &list{decl: d}
	for _, fn := range w.bodies[d.Name] {
		for i := range fn.Body {
			toks := fn.Body[i:]
			isHook := len(toks) > 7 && toks[4].Is(".") && toks[5].Is("hook") // NAME[N].hook.X = …
			if len(toks) < 6 || !toks[0].Is(d.Name) || !toks[1].Is("[") || !toks[4].Is("=") && !isHook {
				continue
			}
			end := max(1, slices.IndexFunc(toks, func(t ctype.Token) bool { return t.Is(";") }))
			first, err := strconv.Atoi(toks[2].Text)
			if err != nil || first < 0 || first >= maxPlaces || end < 6 {
				return nil
			}
			value := toks[4:end]
			if !isHook {
				if value = value[1:]; value[0].Is("(") { // a literal of the struct
					_, value = ctype.Group(value)
				}
			}
			if len(value) == 0 {
				return nil
			}
			l.entries, l.places = append(l.entries, value), append(l.places, first)
		}
	}
	if len(l.entries) == 0 {
		return nil
	}
	return l
}

// unknownLists tells of what the series gives to security_add_hooks where that is none of the lists that are looked at, and of hooks in another
// array than a list that nothing gives to it.
func (c *needs) unknownLists() {
	known := map[string]bool{}
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		for _, l := range c.listsOf(u) {
			known[l.decl.Name] = true
		}
		for _, t := range c.tablesOf(u) {
			known[t.rows.decl.Name] = true
		}
	}
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		w := c.wordsOf(u)
		isNew := c.Src.IsNew(name)
		headers := sync.OnceValue(func() []string { return c.Src.FilesIn(path.Dir(name), ".h") })
		given := map[string]bool{}
		for _, d := range w.bodies[addHooks] {
			if n := len(ctype.Calls(d.Body, addHooks)); n > maxAdds {
				c.Add("hooks/unresolved", d.Pos, fmt.Sprintf("%s calls %s %d times, and those after %d were not looked at", d.Name, addHooks, n, maxAdds), "give it whole lists")
			}
			for _, call := range addsIn(d.Body, addHooks) {
				for _, t := range slices.Concat(call.Args...) {
					given[t.Text] = true
				}
				if len(call.Args) > 1 && !c.isKnownList(u, d, &call, known, headers) && (isNew || c.isNewCall(u, &call)) {
					c.Add("hooks/unresolved", call.Name.Pos(), fmt.Sprintf("which list `%s` is, given to %s, is not followed", short(ctype.Text(call.Args[0])), addHooks), "name the list there")
				}
			}
		}
		for _, d := range u.Decls {
			if calls := ctype.Calls(d.Init, "LSM_HOOK_INIT"); len(calls) > 0 && !known[d.Name] && !given[d.Name] && c.isJudged(u, d) {
				c.Add("hooks/unresolved", d.Pos, fmt.Sprintf("whether the hooks in %s are given to %s is not followed", d.Name, addHooks), "write them as an array of struct security_hook_list")
			}
		}
	}
}

// isKnownList reports whether what a call adds is looked at: a list, what a table of lists has, or a parameter, by those who give it.
func (c *needs) isKnownList(u *ctype.Unit, d *ctype.Decl, call *ctype.Call, known map[string]bool, headers func() []string) bool {
	w := c.wordsOf(u)
	if slices.ContainsFunc(w.adders, func(by adder) bool { return by.name == d.Name }) {
		return true
	}
	named := behind(d.Body[:call.Index], call.Args[0])
	if around := loopAround(d.Body, call.Index); around != nil {
		of := around.columnOf(d.Body[:call.Index], call.Args[0])
		named = slices.Concat(around.counted(call.Args[0], named), around.from, []ctype.Token{ctype.NewToken(ctype.Ident, of.table, d.Pos, d.Cond)})
	}
	isParam := func(t ctype.Token) bool {
		return slices.ContainsFunc(d.Params, func(p ctype.Param) bool { return t.Is(p.Name) })
	}
	if slices.ContainsFunc(named, isParam) {
		for _, by := range w.bodies[d.Name] {
			for _, given := range ctype.Calls(by.Body, d.Name) {
				named = append(slices.Clip(named), slices.Concat(given.Args...)...)
			}
		}
	}
	return slices.ContainsFunc(named, func(t ctype.Token) bool {
		return known[t.Text] || t.Kind == ctype.Ident && c.holdsLists(u, t.Text, known, headers)
	})
}

// holdsLists reports whether a name is that of a table of lists, which are told of, or of a list in another file.
func (c *needs) holdsLists(u *ctype.Unit, name string, known map[string]bool, headers func() []string) bool {
	for _, d := range u.Find(name) {
		if d.Storage == "extern" || slices.ContainsFunc(d.Init, func(t ctype.Token) bool { return known[t.Text] }) {
			return true
		}
	}
	return slices.ContainsFunc(headers(), func(header string) bool { return c.isHookListIn(header, name) })
}

// isHookListIn reports whether a header declares a list of hooks.
func (c *needs) isHookListIn(header, name string) bool {
	return strings.Contains(c.Src.Text(header), name) && slices.ContainsFunc(c.Src.Unit(header).Find(name), func(d *ctype.Decl) bool {
		return d.Type.Class == ctype.Array && c.isHookList(c.Src.Unit(header), d.Type.Elem)
	})
}

// isNewCall reports whether a call in a file that was there is the series' doing.
func (c *needs) isNewCall(u *ctype.Unit, call *ctype.Call) bool {
	return !slices.ContainsFunc(callsIn(c.Src.UnitBefore(u.Path), addHooks), func(old ctype.Call) bool {
		return len(old.Args) > 0 && ctype.Text(old.Args[0]) == ctype.Text(call.Args[0])
	})
}
