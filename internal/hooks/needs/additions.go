// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// An addition is a call that gives a list to security_add_hooks, by itself or by a function around it.
type addition struct {
	unit        *ctype.Unit
	within      *ctype.Decl // the function
	list, count []ctype.Token
	loop        *loop // around the call, nil for none
	dead        bool  // no way leads to the call
	row         bool  // the list is in a table that a loop goes over
}

// An adder is a function that gives one of its parameters to security_add_hooks.
type adder struct {
	name        string
	list, count int // numbers of the parameters, -1 for a count that it knows by itself
	fixed       []ctype.Token
}

// maxAdds bounds how many calls of a function are followed: each asks what stands around it.
const maxAdds = 500

// addsIn returns the calls of security_add_hooks, or of a function around it, in a body.
func addsIn(body []ctype.Token, name string) []ctype.Call {
	calls := ctype.Calls(body, name)
	return calls[:min(len(calls), maxAdds)]
}

// additionsOf returns the calls in a unit that add a list.
func (c *needs) additionsOf(u *ctype.Unit, list string) []addition {
	w := c.wordsOf(u)
	found := slices.Clone(w.through[list])
	for _, d := range w.bodies[list] {
		for _, by := range w.adders {
			for _, call := range addsIn(d.Body, by.name) {
				if len(call.Args) <= max(by.list, by.count) {
					continue
				}
				around := loopAround(d.Body, call.Index)
				given := behind(d.Body[:call.Index], call.Args[by.list])
				if around != nil {
					given = around.counted(call.Args[by.list], given)
				}
				if !mentions(given, list) {
					continue
				}
				a := addition{unit: u, within: d, list: given, count: by.fixed, loop: around, dead: isDead(d.Body, call.Index)}
				if by.count >= 0 {
					a.count = call.Args[by.count]
				}
				a.choose(list)
				found = append(found, a)
			}
		}
	}
	return found
}

// choose takes, of a call that is given one list or another by a condition, the list and its count, which goes by the same condition or is
// a figure.
func (a *addition) choose(list string) {
	cond, yes, no := choice(a.list)
	same, ofYes, ofNo := choice(a.count)
	switch {
	case cond == nil || mentions(yes, list) == mentions(no, list):
		return
	case len(a.count) == 1 && a.count[0].Kind == ctype.Number:
		ofYes, ofNo = a.count, a.count
	case ctype.Text(same) != ctype.Text(cond):
		return
	}
	if a.list, a.count = yes, ofYes; mentions(no, list) {
		a.list, a.count = no, ofNo
	}
}

// choice takes apart "cond ? yes : no"; cond is nil for what is none, or more than one.
func choice(expr []ctype.Token) (cond, yes, no []ctype.Token) {
	expr = ctype.Unwrap(expr)
	is := func(sign string) func(ctype.Token) bool { return func(t ctype.Token) bool { return t.Is(sign) } }
	first, second := slices.IndexFunc(expr, is("?")), slices.IndexFunc(expr, is(":"))
	if first < 1 || second < first+2 || slices.ContainsFunc(expr[first+1:], is("?")) {
		return nil, nil, nil
	}
	return expr[:first], expr[first+1 : second], expr[second+1:]
}

// behind returns what a variable is set to, once, in the part of a function before its use; what is no variable stays.
func behind(body, arg []ctype.Token) []ctype.Token {
	if len(arg) != 1 || arg[0].Kind != ctype.Ident {
		return arg
	}
	var value []ctype.Token
	for i := 1; i+1 < len(body); i++ {
		if !body[i-1].Is(arg[0].Text) || !body[i].Is("=") {
			continue
		}
		if value != nil {
			return arg
		}
		end := slices.IndexFunc(body[i:], func(t ctype.Token) bool { return t.Is(";") || t.Is(",") })
		value = body[i+1 : i+max(end, 1)]
	}
	if len(value) == 0 {
		return arg
	}
	return value
}

// isDead reports whether no way leads to token i of a function's body: it stands below a return that no condition and no label is about,
// or is what an if (0) does.
func isDead(body []ctype.Token, i int) bool {
	start := ctype.StatementStart(body, i)
	if head := body[start:i]; len(head) > 3 && head[0].Is("if") && head[1].Is("(") && (head[2].Text == "0" || head[2].Text == "false") && head[3].Is(")") {
		return true
	}
	depth, dead := 0, false
	for j, t := range body[:i] {
		switch {
		case t.Is("{"):
			depth++
		case t.Is("}"):
			depth--
		case t.Is(":"):
			dead = false // a label, most likely
		case t.Is("return") && depth == 0 && t.Cond() == body[i].Cond() && (j == 0 || body[j-1].Is(";") || body[j-1].Is("}")):
			dead = true
		}
	}
	return dead
}

// addersIn returns the functions of a unit that add what they are given.
func (w *unitWords) addersIn() []adder {
	var found []adder
	for _, d := range w.bodies[addHooks] {
		param := func(arg []ctype.Token) int {
			return slices.IndexFunc(d.Params, func(p ctype.Param) bool { return len(arg) == 1 && p.Name != "" && arg[0].Is(p.Name) })
		}
		for _, call := range addsIn(d.Body, addHooks) {
			if len(call.Args) < 2 {
				continue
			}
			if o := loopAround(d.Body, call.Index); o != nil { // one element after the other, all that it is told of
				list := slices.IndexFunc(d.Params, func(p ctype.Param) bool { return p.Name != "" && bare(call.Args[0]) == "&"+p.Name+"["+o.name+"]" })
				if list >= 0 && bare(o.from) == "0" && !o.last && bare(call.Args[1]) == "1" && param(o.to) >= 0 {
					found = append(found, adder{d.Name, list, param(o.to), nil})
				}
				continue
			}
			if param(call.Args[0]) < 0 {
				continue
			}
			found = append(found, adder{d.Name, param(call.Args[0]), param(call.Args[1]), call.Args[1]})
		}
	}
	return found
}

// isReached is isCalled for a function of a new file, which no file but those of the series can name.
func (c *needs) isReached(u *ctype.Unit, fn *ctype.Decl) bool {
	if !c.isCalled(u, fn) {
		return false
	}
	if fn.Storage == "static" || !c.Src.IsNew(u.Path) || slices.ContainsFunc(fn.Attrs, isKept) {
		return true
	}
	if c.uses == nil {
		c.uses = c.usesOfGlobals()
	}
	return c.uses[fn.Name] > 0
}

// usesOfGlobals counts how often the files of the series name the functions of its new files that are not static, but where they declare them.
func (c *needs) usesOfGlobals() map[string]int {
	uses := map[string]int{}
	for _, file := range c.Src.LSMFiles(".c") {
		if !c.Src.IsNew(file) {
			continue
		}
		for _, d := range c.Src.Unit(file).Decls {
			if d.Type.Class == ctype.Func && d.Storage != "static" {
				uses[d.Name] = 0
			}
		}
	}
	isOther := func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, file := range c.Src.Touched {
		for word := range strings.FieldsFuncSeq(c.Src.Text(file), isOther) {
			if n, ok := uses[word]; ok {
				uses[word] = n + 1
			}
		}
		if ext := path.Ext(file); ext == ".c" || ext == ".h" {
			for _, d := range c.Src.Unit(file).Decls {
				if n, ok := uses[d.Name]; ok {
					uses[d.Name] = n - 1
				}
			}
		}
	}
	return uses
}

// isKept reports whether an attribute says that a function is used where the compiler does not see it.
func isKept(attr string) bool {
	return strings.Contains(attr, "used") && !strings.Contains(attr, "unused") || strings.Contains(attr, "section") || strings.Contains(attr, "constructor")
}

// isCalled reports whether anything names a function but itself: nothing else can call one that is static.
func (c *needs) isCalled(u *ctype.Unit, fn *ctype.Decl) bool {
	if fn.Storage != "static" || slices.ContainsFunc(fn.Attrs, isKept) {
		return true
	}
	named := c.wordsOf(u).count[fn.Name]
	for _, t := range fn.Body {
		if t.Is(fn.Name) {
			named--
		}
	}
	return named > len(u.Find(fn.Name))
}
