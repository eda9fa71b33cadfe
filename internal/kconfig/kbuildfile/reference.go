// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// refWords returns the words of a reference: a variable, a variable with a replacement, or a function.
func (e *evaluator) refWords(ref string) []word {
	if e.tired() {
		return nil
	}
	e.depth++
	defer func() { e.depth-- }()
	if name, args, ok := function(ref); ok {
		if f := wordFunctionOf(name); f != nil {
			return f(e, args)
		}
		if f := textFunctionOf(name); f != nil {
			return e.fields(f(e, args))
		}
		return nil
	}
	if name, from, to, ok := substitution(ref); ok {
		return e.substitute(e.refWords(name), from, to)
	}
	var out []word
	for _, name := range e.values(ref) {
		out = append(out, under(name.when, e.variableWords(name.text))...)
	}
	return out
}

// variableWords returns the words of a variable.
func (e *evaluator) variableWords(name string) []word {
	if symbol, ok := strings.CutPrefix(name, "CONFIG_"); ok && isName(symbol) {
		return []word{{logic.Is(symbol, "y"), "y"}, {logic.Is(symbol, "m"), "m"}}
	}
	v := e.vars[name]
	if v == nil {
		return nil
	}
	var out []word
	for _, c := range v.chunks {
		words := c.words
		if !c.expanded {
			words = e.words(c.text)
		}
		e.steps += len(words)
		out = append(out, under(c.when, words)...)
	}
	return out
}

// refValues returns all texts that a reference may come to.
func (e *evaluator) refValues(ref string) []value {
	if e.tired() {
		return []value{{when: logic.Always, asked: true}}
	}
	e.depth++
	defer func() { e.depth-- }()
	if name, args, ok := function(ref); ok {
		if f := textFunctionOf(name); f != nil {
			return f(e, args)
		}
		if f := wordFunctionOf(name); f != nil {
			return e.choices(f(e, args))
		}
		return []value{{when: logic.Always}}
	}
	if _, _, _, ok := substitution(ref); ok {
		return e.choices(e.refWords(ref))
	}
	var out []value
	for _, name := range e.values(ref) {
		for _, v := range e.variableValues(name.text) {
			if when := logic.And(name.when, v.when); when.Op != logic.False {
				out = append(out, value{when, v.text, v.asked || name.asked})
			}
		}
	}
	return out
}

// variableValues returns all texts that a variable may hold.
func (e *evaluator) variableValues(name string) []value {
	if symbol, ok := strings.CutPrefix(name, "CONFIG_"); ok && isName(symbol) {
		return []value{{when: logic.Is(symbol, "y"), text: "y"}, {when: logic.Is(symbol, "m"), text: "m"},
			{when: logic.Not(logic.Is(symbol, ""))}}
	}
	out := []value{{when: logic.Always}}
	v := e.vars[name]
	if v == nil {
		return out
	}
	for _, c := range v.chunks {
		var has []value
		if c.expanded {
			has = e.choices(c.words)
		} else {
			has = e.values(c.text)
		}
		has = e.product([]value{{when: c.when}}, has, "")
		if c.when.Op != logic.True {
			has = append(has, value{when: logic.Not(c.when)})
		}
		out = e.product(out, has, " ")
	}
	return out
}

// function splits a reference that is a call of one of make's functions.
func function(ref string) (name, args string, ok bool) {
	name, args, ok = strings.Cut(strings.ReplaceAll(ref, "\t", " "), " ")
	if !ok || strings.ContainsAny(name, "$:=,") {
		return "", "", false
	}
	return name, strings.TrimLeft(args, " \n"), true
}

// substitution splits a reference of the form NAME:FROM=TO.
func substitution(ref string) (name, from, to string, ok bool) {
	name, rule, ok := strings.Cut(ref, ":")
	if !ok || strings.Contains(name, "$") {
		return "", "", "", false
	}
	from, to, ok = strings.Cut(rule, "=")
	if ok && !strings.Contains(from, "%") {
		from, to = "%"+from, "%"+to
	}
	return name, from, to, ok
}

func (e *evaluator) substitute(words []word, from, to string) []word {
	from, to = e.one(from), e.one(to)
	var out []word
	for _, w := range words {
		out = append(out, word{w.when, patsubst(from, to, w.text)})
	}
	return out
}

// one returns the one text that an expression comes to; the first of several.
func (e *evaluator) one(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	if all := e.values(text); len(all) > 0 {
		return all[0].text
	}
	return ""
}
