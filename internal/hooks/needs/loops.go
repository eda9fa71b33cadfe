// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// A loop is what repeats a call. Where it is a for or while statement that counts one variable up by one, and always comes to the call,
// name is that variable, from its first value and to the one before which it ends, or with which it does where last is set.
type loop struct {
	name     string
	from, to []ctype.Token
	last     bool
	pointer  bool // the variable points to the elements
}

// loopAround returns the loop around the token of an index in a body, nil for none. One within another is not followed.
func loopAround(body []ctype.Token, index int) *loop {
	var found *loop
	for i := range index {
		if !body[i].Is("for") && !body[i].Is("while") && !body[i].Is("do") {
			continue
		}
		head, statement := ctype.Group(body[i+1:])
		if body[i].Is("do") {
			head, statement = nil, body[i+1:]
		}
		start := len(body) - len(statement)
		end := start + len(ctype.Expression(statement))
		if inner, rest := ctype.Group(statement); len(statement) > 0 && statement[0].Is("{") && inner != nil {
			end = len(body) - len(rest)
		}
		switch {
		case index < start || index >= end:
		case found != nil || !straight(body[start:index]) || slices.ContainsFunc(body[start:end], turns):
			found = &loop{}
		case body[i].Is("for"):
			found = countingLoop(head)
		case body[i].Is("do") && bare(body[end:min(end+4, len(body))]) == "while0":
			continue // once
		case body[i].Is("while"):
			found = whileLoop(body[:i], head, body[start:end], index-start)
		default:
			found = &loop{}
		}
	}
	return found
}

// turns reports whether a token may lead past a part of what is repeated.
func turns(t ctype.Token) bool {
	return slices.ContainsFunc([]string{"if", "switch", "break", "continue", "goto", "return", "?", "&&", "||"}, t.Is)
}

// countingLoop reads what stands in the brackets of a for statement.
func countingLoop(head []ctype.Token) *loop {
	first := slices.IndexFunc(head, func(t ctype.Token) bool { return t.Is(";") })
	second := first + 1 + slices.IndexFunc(head[first+1:], func(t ctype.Token) bool { return t.Is(";") })
	if first < 0 || second <= first {
		return &loop{}
	}
	start, until, step := head[:first], head[first+1:second], head[second+1:]
	is := slices.IndexFunc(start, func(t ctype.Token) bool { return t.Is("=") })
	if is < 1 || len(ctype.Split(start)) != 1 {
		return &loop{}
	}
	return upwards(start[is-1].Text, start[is+1:], until, step)
}

// upwards returns the loop of a variable that begins with from, and takes a step while until holds.
func upwards(name string, from, until, step []ctype.Token) *loop {
	if len(until) < 3 || !until[0].Is(name) {
		return &loop{}
	}
	l := &loop{name: name, from: from, to: until[2:], last: until[1].Is("<=")}
	if !until[1].Is("<") && !until[1].Is("!=") && !l.last || !slices.Contains([]string{l.name + "++", "++" + l.name, l.name + "+=1"}, bare(step)) {
		return &loop{}
	}
	return l
}

// whileLoop reads a while statement whose variable is set once, before it, and counted up behind the call at that index of what is repeated.
func whileLoop(before, until, repeated []ctype.Token, call int) *loop {
	if len(until) < 3 || until[0].Kind != ctype.Ident {
		return &loop{}
	}
	from := behind(before, until[:1])
	counts := changes(repeated, until[0].Text)
	if len(from) == 0 || from[0].Is(until[0].Text) || len(changes(before, until[0].Text)) > 0 || len(counts) != 1 {
		return &loop{}
	}
	step := ctype.StatementStart(repeated, counts[0])
	end := slices.IndexFunc(repeated[step:], func(t ctype.Token) bool { return t.Is(";") })
	if step <= call || end < 0 {
		return &loop{}
	}
	return upwards(until[0].Text, from, until, repeated[step:step+end])
}

// changes returns where a variable is made another out of the one that it was.
func changes(toks []ctype.Token, name string) []int {
	var found []int
	for i := range len(toks) - 1 {
		if toks[i].Is(name) && isChanged(toks, i) {
			found = append(found, i)
		}
	}
	return found
}

// counted returns what is given to a call in the loop: where that is the variable, its first value. Given is what it would be
// outside of one.
func (o *loop) counted(arg, given []ctype.Token) []ctype.Token {
	if len(arg) == 1 && arg[0].Is(o.name) && o.name != "" {
		o.pointer = true
		return o.from
	}
	return given
}

// elements returns which elements of a list the loop adds: the first of them, and how many, where each call adds one; -1 where it
// adds others too.
func (o *loop) elements(a *addition, l *list, each int) (from, n int, ok bool) {
	to := o.to
	switch text := bare(a.list); {
	case o.name == "":
		return 0, 0, false
	case o.pointer:
		from, ok = begins(o.from, l.decl.Name)
		to = offset(o.to, l.decl.Name)
	case text == "&"+l.decl.Name+"["+o.name+"]", text == l.decl.Name+"+"+o.name:
		from, ok = worth(a.unit, l, o.from)
	}
	end, isNumber := worth(a.unit, l, to)
	if o.last {
		end++
	}
	if each != 1 {
		return from, -1, ok && isNumber
	}
	return from, end - from, ok && isNumber
}

// offset returns N of LIST + N, or of &LIST[N]; nil where it is neither.
func offset(pointer []ctype.Token, list string) []ctype.Token {
	switch {
	case len(pointer) > 2 && pointer[0].Is(list) && pointer[1].Is("+"):
		return pointer[2:]
	case len(pointer) > 3 && pointer[0].Is("&") && pointer[1].Is(list):
		if inner, rest := ctype.Group(pointer[2:]); len(rest) == 0 {
			return inner
		}
	}
	return nil
}
