// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"io/fs"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A wordFunction is a function of make by what it does to lists; args is not yet expanded.
type wordFunction func(e *evaluator, args string) []word

// wordFunctionOf returns the function of make that we follow; others come to nothing.
func wordFunctionOf(name string) wordFunction {
	switch name {
	case "strip", "sort":
		return (*evaluator).words
	case "addprefix":
		return func(e *evaluator, args string) []word {
			return e.each(args, func(first, w string) string { return first + w })
		}
	case "addsuffix":
		return func(e *evaluator, args string) []word {
			return e.each(args, func(first, w string) string { return w + first })
		}
	case "patsubst":
		return wordPatsubst
	case "filter":
		return func(e *evaluator, args string) []word { return e.filter(args, true) }
	case "filter-out":
		return func(e *evaluator, args string) []word { return e.filter(args, false) }
	case "notdir":
		return mapped(path.Base)
	case "basename":
		return mapped(func(w string) string { return strings.TrimSuffix(w, path.Ext(w)) })
	case "suffix":
		return mapped(path.Ext)
	case "dir":
		return mapped(func(w string) string { return path.Dir(w) + "/" })
	case "abspath", "realpath":
		return mapped(path.Clean)
	case "wildcard":
		return wildcard
	case "firstword":
		return func(e *evaluator, args string) []word { return e.pick(args, true) }
	case "lastword":
		return func(e *evaluator, args string) []word { return e.pick(args, false) }
	case "foreach":
		return foreach
	case "if":
		return wordIf
	case "or":
		return wordOr
	case "and":
		return wordAnd
	case "call":
		return wordCall
	case "eval":
		return func(e *evaluator, args string) []word { e.eval(args); return nil }
	case "subst":
		return func(e *evaluator, args string) []word { return e.fields(textSubst(e, args)) }
	}
	return nil
}

// textFunctionOf returns the functions whose outcome may be more than a list of words.
func textFunctionOf(name string) func(e *evaluator, args string) []value {
	switch name {
	case "subst":
		return textSubst
	case "call":
		return textCall
	case "foreach":
		return textForeach
	case "if":
		return textIf
	case "findstring":
		return findstring
	case "shell", "file", "guile":
		return func(*evaluator, string) []value { return []value{{when: logic.Always, asked: true}} }
	}
	return nil
}

// fields turns values into words.
func (e *evaluator) fields(values []value) []word {
	var out []word
	for _, v := range values {
		for _, w := range strings.Fields(v.text) {
			out = append(out, word{v.when, w})
		}
	}
	return out
}

// each applies f to the first argument and each word of the second.
func (e *evaluator) each(args string, f func(first, word string) string) []word {
	a := arguments(args, 2)
	if len(a) < 2 {
		return nil
	}
	list := e.words(a[1])
	var out []word
	for _, v := range e.values(a[0]) {
		for _, w := range under(v.when, list) {
			out = append(out, word{w.when, f(v.text, w.text)})
		}
	}
	return out
}

// mapped makes a function of make of one that maps a word; a word that comes to nothing is none.
func mapped(f func(string) string) func(*evaluator, string) []word {
	return func(e *evaluator, args string) []word {
		words := e.words(args)
		out := make([]word, 0, len(words))
		for _, w := range words {
			if text := f(w.text); text != "" {
				out = append(out, word{w.when, text})
			}
		}
		return out
	}
}

// wordPatsubst is $(patsubst PATTERN,REPLACEMENT,TEXT).
func wordPatsubst(e *evaluator, args string) []word {
	a := arguments(args, 3)
	if len(a) < 3 {
		return nil
	}
	return e.substitute(e.words(a[2]), a[0], a[1])
}

// textSubst is $(subst FROM,TO,TEXT), for each text that TO and TEXT may come to. What it replaces is taken to be one text: no
// kbuild file has it depend on a symbol.
func textSubst(e *evaluator, args string) []value {
	a := arguments(args, 3)
	if len(a) < 3 {
		return nil
	}
	var out []value
	for _, to := range e.values(a[1]) {
		for _, v := range e.values(a[2]) {
			if when := logic.And(to.when, v.when); when.Op != logic.False {
				out = append(out, value{when, strings.ReplaceAll(v.text, e.one(a[0]), to.text), v.asked})
			}
		}
	}
	return out
}

// filter keeps, or drops, the words that fit one of the patterns.
func (e *evaluator) filter(args string, keep bool) []word {
	a := arguments(args, 2)
	if len(a) < 2 {
		return nil
	}
	patterns := e.words(a[0])
	var out []word
	for _, w := range e.words(a[1]) {
		fit := logic.Never
		for _, p := range patterns {
			if _, ok := matches(p.text, w.text); ok {
				fit = logic.Or(fit, p.when)
			}
		}
		if !keep {
			fit = logic.Not(fit)
		}
		out = append(out, under(fit, []word{w})...)
	}
	return out
}

// pick returns the first or last word; where several may be it, each of them.
func (e *evaluator) pick(args string, first bool) []word {
	words := e.words(args)
	var out []word
	none := logic.Always
	for i := range words {
		w := words[i]
		if !first {
			w = words[len(words)-1-i]
		}
		out = append(out, under(none, []word{w})...)
		if none = logic.And(none, logic.Not(w.when)); none.Op == logic.False {
			break
		}
	}
	return out
}

// wildcard is $(wildcard PATTERN…), in the tree as it is before the build.
func wildcard(e *evaluator, args string) []word {
	var out []word
	for _, w := range e.words(args) {
		names, _ := fs.Glob(e.tree, path.Clean(w.text)) // a bad pattern matches nothing
		for _, name := range names {
			out = append(out, word{w.when, name})
		}
	}
	return out
}

// wordIf is $(if CONDITION,THEN,ELSE): the words of both, each under what it needs.
func wordIf(e *evaluator, args string) []word {
	a := append(arguments(args, 3), "", "")
	c := e.set(a[0])
	return append(under(c, e.words(a[1])), under(logic.Not(c), e.words(a[2]))...)
}

// textIf is wordIf for texts that are no lists.
func textIf(e *evaluator, args string) []value {
	a := append(arguments(args, 3), "", "")
	c := e.set(a[0])
	yes := e.product([]value{{when: c}}, e.values(a[1]), "")
	return append(yes, e.product([]value{{when: logic.Not(c)}}, e.values(a[2]), "")...)
}

// wordOr is $(or A,B…): the words of each, where no word before them is there.
func wordOr(e *evaluator, args string) []word {
	var out []word
	none := logic.Always
	for _, arg := range arguments(args, maxDepth) {
		words := e.words(arg)
		out = append(out, under(none, words)...)
		for _, w := range words {
			none = logic.And(none, logic.Not(w.when))
		}
	}
	return out
}

// wordAnd is $(and A,B…): the words of the last, where all before it come to something.
func wordAnd(e *evaluator, args string) []word {
	all := logic.Always
	list := arguments(args, maxDepth)
	for _, arg := range list[:len(list)-1] {
		all = logic.And(all, e.set(arg))
	}
	return under(all, e.words(list[len(list)-1]))
}

// findstring is $(findstring FIND,IN), which is FIND or nothing.
func findstring(e *evaluator, args string) []value {
	a := arguments(args, 2)
	if len(a) < 2 {
		return nil
	}
	var out []value
	for _, find := range e.values(a[0]) {
		for _, in := range e.values(a[1]) {
			v := value{logic.And(find.when, in.when), "", find.asked || in.asked}
			if strings.Contains(in.text, find.text) {
				v.text = find.text
			}
			if v.when.Op != logic.False {
				out = append(out, v)
			}
		}
	}
	return out
}

// foreach binds a variable to each word in turn. What its text evaluates happens under the word's
// condition.
func foreach(e *evaluator, args string) []word {
	var out []word
	e.loop(args, func(w word, text string) { out = append(out, under(w.when, e.words(text))...) })
	return out
}

// textForeach is foreach for texts, such as the lines of rules that eval is to run. A word that is there under a condition makes
// two texts of each: with what it brings, and without.
func textForeach(e *evaluator, args string) []value {
	out := []value{{when: logic.Always}}
	e.loop(args, func(w word, text string) {
		has := e.product([]value{{when: w.when}}, e.values(text), "")
		if w.when.Op != logic.True {
			has = append(has, value{when: logic.Not(w.when)})
		}
		out = e.product(out, has, "\n")
	})
	return out
}

// loop runs body with the variable of a foreach bound to each word in turn, under the condition of the word.
func (e *evaluator) loop(args string, body func(w word, text string)) {
	a := arguments(args, 3)
	if len(a) < 3 {
		return
	}
	name := e.one(strings.TrimSpace(a[0]))
	for _, w := range e.words(a[1]) {
		restore := e.bind(name, []word{{logic.Always, w.text}})
		e.open(w.when)
		body(w, a[2])
		e.close()
		restore()
	}
}

// bind gives a variable a value for a while.
func (e *evaluator) bind(name string, words []word) (restore func()) {
	old := e.vars[name]
	e.vars[name] = &variable{chunks: []chunk{{when: logic.Always, words: words, expanded: true}}}
	return func() {
		if e.vars[name] = old; old == nil {
			delete(e.vars, name)
		}
	}
}

// called binds the arguments of $(call NAME,…) and hands the body of NAME to use.
func (e *evaluator) called(args string, use func(c chunk)) {
	a := arguments(args, 10)
	name := e.one(strings.TrimSpace(a[0]))
	v := e.vars[name]
	if v == nil || e.tired() {
		return
	}
	var bound [10][]word
	for i := 1; i < len(bound); i++ {
		if i < len(a) {
			bound[i] = e.words(a[i])
		}
	}
	for i := 1; i < len(bound); i++ {
		defer e.bind(string(rune('0'+i)), bound[i])()
	}
	for _, c := range v.chunks {
		use(c)
	}
}

// wordCall is $(call NAME,…) as words: those of all that NAME may be, each under its condition.
func wordCall(e *evaluator, args string) []word {
	var out []word
	e.called(args, func(c chunk) { out = append(out, under(c.when, append(e.words(c.text), c.words...))...) })
	return out
}

// textCall is $(call NAME,…) as texts: what NAME was given in several places follows one another.
func textCall(e *evaluator, args string) []value {
	out := []value{{when: logic.Always}}
	e.called(args, func(c chunk) {
		out = e.product(out, e.product([]value{{when: c.when}}, append(e.values(c.text), e.choices(c.words)...), ""), " ")
	})
	return out
}

// eval runs the lines that text comes to. A foreach in it is run word by word, since its words together
// come to as many texts as there are sets of them.
func (e *evaluator) eval(text string) {
	if ps := parts(strings.TrimSpace(text)); len(ps) == 1 && ps[0].ref {
		if name, args, ok := function(ps[0].text); ok && name == "foreach" {
			e.loop(args, func(_ word, body string) { e.eval(body) })
			return
		}
	}
	for _, v := range e.values(text) {
		if v.text != "" && !e.tired() {
			e.open(v.when)
			e.run(v.text)
			e.close()
		}
	}
}
