// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// maxMade bounds how many calls and elements of arrays are followed in a series: each may be made of several others.
const maxMade = 10_000

// made follows the call of a function of the series to what that returns: the last expression of its body, of the type that it
// declares. One that returns before, a method, and one with cfg gates are not followed.
func (c *Series) made(at place, head, args []rustsyn.Token, depth int) value {
	t, err := rustsyn.ParsePath(head)
	if err != nil || len(t.Segs) == 0 {
		return value{}
	}
	name, owner := at.names(t)
	if c.followed++; c.followed > maxMade {
		return value{}
	}
	for _, f := range c.filesFrom(at.file, name) {
		fns := pick(f, name, owner)
		if len(fns) == 0 {
			continue
		}
		fn := fns[0]
		isReturn := func(t rustsyn.Token) bool { return t.Is("return") || t.Is("?") }
		isOfType := owner != "" && strings.ToLower(owner[:1]) != owner[:1]
		if len(fns) > 1 || len(fn.Body) == 0 || fn.HasSelf || fn.Owner == nil && isOfType || slices.ContainsFunc(fn.Body, isReturn) {
			return value{}
		}
		v := c.value(place{f, fn.Last(), fn.Owner}, fn.Body, depth)
		if v.through == fn {
			v.through = nil
			if given := rustsyn.SplitArgs(args); v.param < len(given) {
				v.merge(c.value(at, given[v.param], depth))
			}
		}
		v.declared(f, fn.Name, fn.Ret)
		return v
	}
	return value{}
}

// element follows ARRAY[N] to what a constant or a static of the series has there, and to all that it has where N is no figure: they
// are of one type.
func (c *Series) element(at place, expr []rustsyn.Token, depth int) value {
	open := slices.IndexFunc(expr, func(t rustsyn.Token) bool { return t.Is("[") })
	if open < 1 || len(rustsyn.Group(expr[open:]))+open+2 != len(expr) {
		return value{}
	}
	t, err := rustsyn.ParsePath(expr[:open])
	if err != nil || len(t.Segs) == 0 {
		return value{}
	}
	name, owner := at.names(t)
	for _, f := range c.filesFrom(at.file, name) {
		s := pickStatic(f, name, owner)
		if s == nil || s.Type == nil || s.Type.Elem == nil {
			continue
		}
		from := place{f, -1, s.Owner}
		elements := elementsOf(s.Init)
		if n, err := strconv.Atoi(rustsyn.Text(expr[open+1 : len(expr)-1])); err == nil && n < len(elements) {
			elements = elements[n : n+1]
		}
		var v value
		for _, e := range elements {
			if c.followed++; c.followed > maxMade {
				return value{}
			}
			w := c.value(from, e, depth)
			if len(w.fns) == 0 && !w.none {
				return w // not followed
			}
			v.merge(w)
		}
		v.declared(f, name, s.Type.Elem)
		return v
	}
	return value{}
}

// elementsOf takes [a, b] apart, with or without a & before it.
func elementsOf(expr []rustsyn.Token) [][]rustsyn.Token {
	for len(expr) > 0 && expr[0].Is("&") {
		expr = expr[1:]
	}
	if len(expr) == 0 || !expr[0].Is("[") {
		return nil
	}
	inner := rustsyn.Group(expr)
	if len(inner)+2 != len(expr) {
		return nil
	}
	return rustsyn.SplitArgs(inner)
}

// member follows NAME.FIELD to what a constant or a static of the series, or the last let before the place, sets it to.
func (c *Series) member(at place, expr []rustsyn.Token, field string, depth int) value {
	t, err := rustsyn.ParsePath(expr)
	if err != nil || len(t.Segs) == 0 {
		return value{}
	}
	if fn := at.around(); fn != nil && len(t.Segs) == 1 {
		if _, init := lastLet(fn.Before(at.index), t.Last()); init != nil {
			return c.value(at, fieldOf(init, field), depth)
		}
	}
	name, owner := at.names(t)
	for _, f := range c.filesFrom(at.file, name) {
		if s := pickStatic(f, name, owner); s != nil {
			return c.value(place{f, -1, s.Owner}, fieldOf(s.Init, field), depth)
		}
	}
	return value{}
}

// fieldOf returns what a field is in Name { field: value }, in Name(value) and in (value, value), by its name or number; nil for what is
// none of them.
func fieldOf(expr []rustsyn.Token, field string) []rustsyn.Token {
	for len(expr) > 0 && expr[0].Is("&") {
		expr = expr[1:]
	}
	open := slices.IndexFunc(expr, func(t rustsyn.Token) bool { return t.Is("{") || t.Is("(") })
	if open < 0 || len(rustsyn.Group(expr[open:]))+open+2 != len(expr) {
		return nil
	}
	parts := rustsyn.SplitArgs(rustsyn.Group(expr[open:]))
	if n, err := strconv.Atoi(field); err == nil && expr[open].Is("(") && n < len(parts) {
		return parts[n]
	}
	for _, part := range parts {
		switch {
		case expr[open].Is("(") || len(part) == 0 || !part[0].Is(field):
		case len(part) == 1:
			return part
		case part[1].Is(":"):
			return part[2:]
		}
	}
	return nil
}
