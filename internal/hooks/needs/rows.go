// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// A table is an array of lists of hooks, which are its rows, all with room for as many elements.
type table struct {
	rows  list   // the entries are the lists, in braces
	lists []list // what is in each
}

// tablesOf returns the arrays of lists of hooks that a unit defines.
func (c *needs) tablesOf(u *ctype.Unit) []table {
	var found []table
	for _, d := range u.Decls {
		if len(d.Init) < 2 || d.Type.Class != ctype.Array || d.Type.Elem.Class != ctype.Array || !c.isHookList(u, d.Type.Elem.Elem) {
			continue
		}
		t := table{rows: newList(d)}
		for i, row := range t.rows.entries {
			inner := &ctype.Decl{Name: fmt.Sprintf("%s[%d]", d.Name, t.rows.places[i]), Type: d.Type.Elem, Pos: d.Pos, Cond: d.Cond, Init: row}
			if len(row) > 1 && row[0].Is("{") {
				t.lists = append(t.lists, newList(inner))
			}
		}
		found = append(found, t)
	}
	return found
}

// tables checks the arrays of lists of a unit: each row like a list, and that all of them are added.
func (c *needs) tables(u *ctype.Unit) {
	for _, t := range c.tablesOf(u) {
		for i := range t.lists {
			c.inside(u, &t.lists[i])
		}
		c.addedTable(u, &t)
	}
}

// addedTable checks that each row of a table is given to security_add_hooks, whole, by one call each or by a loop. All else is told not to
// be understood.
func (c *needs) addedTable(u *ctype.Unit, t *table) {
	d := t.rows.decl
	var all []addition
	isMentioned := false
	for _, file := range c.usersOf(u, d) {
		all = append(all, c.additionsOf(c.Src.Unit(file), d.Name)...)
		isMentioned = isMentioned || c.mentionedElsewhere(c.Src.Unit(file), d)
	}
	if len(all) == 0 && !isMentioned && c.isJudged(u, d) {
		c.neverAdded(d)
		return
	}
	one := []ctype.Token{ctype.NewToken(ctype.Number, "1", d.Pos, d.Cond)}
	address := []ctype.Token{ctype.NewToken(ctype.Punct, "&", d.Pos, d.Cond)}
	for i := range all {
		if all[i].dead || !isRow(all[i].list, d.Name) || !t.isWhole(&all[i]) {
			all = nil
			break
		}
		all[i].list, all[i].count = slices.Concat(address, all[i].list), one // of an array of rows
	}
	if len(all) == 0 {
		c.Add("hooks/unresolved", d.Pos, fmt.Sprintf("whether each list in %s is given to %s, whole, is not followed", d.Name, addHooks),
			fmt.Sprintf("give each by itself: %s(%s[0], ARRAY_SIZE(%[2]s[0]), …)", addHooks, d.Name))
		return
	}
	c.parts(&t.rows, all)
}

// isRow reports whether an argument is a row of a table.
func isRow(arg []ctype.Token, name string) bool {
	if len(arg) < 4 || !arg[0].Is(name) {
		return false
	}
	_, rest := ctype.Group(arg[1:])
	return arg[1].Is("[") && len(rest) == 0
}

// isWhole reports whether a call is told the number of elements that a row has, and each row has as many.
func (t *table) isWhole(a *addition) bool {
	room := 0
	for i := range t.lists {
		room = max(room, t.lists[i].size())
	}
	for i := range t.lists {
		if t.lists[i].conditional || t.lists[i].filled() != room || len(t.lists) != len(t.rows.entries) {
			return false
		}
	}
	switch text := bare(a.count); text {
	case "ARRAY_SIZE" + bare(a.list), strconv.Itoa(room), "ARRAY_SIZE" + t.rows.decl.Name + "[0]":
		return true
	}
	return false
}
