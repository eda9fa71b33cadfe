// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// asksBefore reports whether a function looks at a flag before the place where it may sleep, in a way that may keep it from
// there; where that is in a function that it calls, anywhere.
func asksBefore(fn *ctype.Decl, flag string, at ctype.Pos) bool {
	end := slices.IndexFunc(fn.Body, func(t ctype.Token) bool { return t.Pos() == at })
	names := aliases(fn.Body, flag)
	if end < 0 {
		return slices.ContainsFunc(fn.Body, func(t ctype.Token) bool { return names[t.Text] })
	}
	guards := ifsIn(fn.Body)
	for i := range fn.Body[:end] {
		if !names[fn.Body[i].Text] || isSet(fn.Body, i) {
			continue
		}
		n := slices.IndexFunc(guards, func(g guard) bool { return g.cond[0] <= i && i < g.cond[1] })
		if n < 0 || guards[n].keeps(fn.Body, end) {
			return true // handed on, or chosen by: who knows
		}
	}
	return false
}

// aliases returns the flag and the variables that are set from it.
func aliases(body []ctype.Token, flag string) map[string]bool {
	names := map[string]bool{flag: true}
	for i := 1; i+1 < len(body); i++ {
		if !body[i].Is("=") || body[i-1].Kind != ctype.Ident {
			continue
		}
		for j := i + 1; j < len(body) && !body[j].Is(";") && !body[j].Is("?"); j++ {
			if names[body[j].Text] {
				names[body[i-1].Text] = true
			}
		}
	}
	return names
}

// isSet reports whether the word at i is set there, or is what a variable is set from.
func isSet(body []ctype.Token, i int) bool {
	if i+1 < len(body) && body[i+1].Is("=") {
		return true
	}
	isValue := false
	for j := i; j >= 0 && !body[j].Is(";") && !body[j].Is("{") && !body[j].Is("}"); j-- {
		isValue = isValue || body[j].Is("=") && j > 0 && body[j-1].Kind == ctype.Ident
		if body[j].Is("(") && j > 0 && body[j-1].Kind == ctype.Ident {
			return false // handed on to a function, or a condition
		}
	}
	for j := i; j < len(body) && !body[j].Is(";"); j++ {
		if body[j].Is("?") {
			return false // by it something is chosen
		}
	}
	return isValue
}

// A guard is an if of a body: where its condition, its statement and that behind else begin and end.
type guard struct{ cond, then, other [2]int }

// ifsIn returns the ifs of a body.
func ifsIn(body []ctype.Token) []guard {
	var found []guard
	for i := 0; i+1 < len(body); i++ {
		if !body[i].Is("if") || !body[i+1].Is("(") {
			continue
		}
		inner, rest := ctype.Group(body[i+1:])
		if inner == nil {
			continue
		}
		g := guard{cond: [2]int{i + 2, i + 2 + len(inner)}}
		start := len(body) - len(rest)
		g.then = [2]int{start, statement(body, start)}
		if next := g.then[1]; next < len(body) && body[next].Is("else") {
			g.other = [2]int{next + 1, statement(body, next+1)}
		}
		found = append(found, g)
	}
	return found
}

// statement returns the end of the statement that begins at i: a block, or all up to a semicolon.
func statement(body []ctype.Token, i int) int {
	if i < len(body) && body[i].Is("{") {
		if inner, rest := ctype.Group(body[i:]); inner != nil || len(rest) > 0 {
			return len(body) - len(rest)
		}
	}
	for ; i < len(body) && !body[i].Is(";"); i++ {
		if body[i].Is("(") || body[i].Is("{") {
			_, rest := ctype.Group(body[i:])
			i = max(i, len(body)-len(rest)-1)
		}
	}
	return min(i+1, len(body))
}

// keeps reports whether a guard, whose condition is that of the flag, may keep the function from the place at. What it cannot
// read may.
func (g *guard) keeps(body []ctype.Token, at int) bool {
	isNot, plain := negated(body[g.cond[0]:g.cond[1]])
	if !plain {
		return true
	}
	in := func(part [2]int) bool { return part[0] <= at && at < part[1] }
	leaves := func(part [2]int) bool {
		return slices.ContainsFunc(body[part[0]:part[1]], func(t ctype.Token) bool {
			return t.Is("return") || t.Is("goto") || t.Is("break") || t.Is("continue")
		})
	}
	flagged, free := g.then, g.other
	if isNot {
		flagged, free = g.other, g.then
	}
	return in(free) || !in(flagged) && leaves(flagged)
}

// negated reports whether a condition holds where the flag is not set. One of several parts is not plain.
func negated(cond []ctype.Token) (isNot, plain bool) {
	for cond = ctype.Unwrap(cond); len(cond) > 1; cond = ctype.Unwrap(cond[1:]) {
		if cond[0].Is("!") {
			isNot = !isNot
		} else if !cond[0].Is("unlikely") && !cond[0].Is("likely") {
			break
		}
	}
	if n := len(cond); n > 2 && (cond[n-2].Is("==") || cond[n-2].Is("!=")) && cond[n-1].Is("0") {
		isNot, cond = isNot != cond[n-2].Is("=="), cond[:n-2]
	}
	plain = !slices.ContainsFunc(cond, func(t ctype.Token) bool {
		return t.Is("&&") || t.Is("||") || t.Is("==") || t.Is("!=") || t.Is("?") || t.Is("!") || t.Is(",")
	})
	return isNot, plain
}
