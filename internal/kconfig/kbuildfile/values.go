// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// A word is a word of a list, with the condition under which it is there.
type word struct {
	when *logic.Cond
	text string
}

// A value is one of the texts that an expression may come to, with its condition.
type value struct {
	when *logic.Cond
	text string
	// asked is whether the text was to come from a program that we do not run.
	asked bool
}

// A chunk is what one assignment put into a variable.
type chunk struct {
	when *logic.Cond
	text string // still to be expanded
	// words is what a text that was expanded at once (:=) came to.
	words    []word
	expanded bool
}

// A variable is all that assignments put into it, in order.
type variable struct {
	chunks []chunk
	simple bool // := made it, so += expands at once as well
}

// Bounds of one evaluation. The largest kbuild file of Linux 7.3 takes some 36,000 steps; what goes
// beyond is an attack.
const (
	maxSteps  = 500_000
	maxDepth  = 100
	maxValues = 256
)

// values returns all texts that text may come to.
func (e *evaluator) values(text string) []value {
	out := []value{{when: logic.Always}}
	for _, p := range parts(text) {
		if !p.ref {
			for i := range out {
				out[i].text += p.text
			}
			continue
		}
		out = e.product(out, e.refValues(p.text), "")
	}
	return out
}

// product returns each of a followed by sep and each of b.
func (e *evaluator) product(a, b []value, sep string) []value {
	var out []value
	for _, x := range a {
		for _, y := range b {
			when := logic.And(x.when, y.when)
			if when.Op == logic.False {
				continue
			}
			text := x.text + sep + y.text
			if x.text == "" || y.text == "" {
				text = x.text + y.text
			}
			out = append(out, value{when, text, x.asked || y.asked})
		}
	}
	if len(out) > maxValues || e.tired() {
		return []value{{when: logic.Always, asked: true}}
	}
	return out
}

// words returns the words of text.
func (e *evaluator) words(text string) []word {
	var out []word
	for _, token := range tokens(text) {
		ps := parts(token)
		switch {
		case len(ps) == 1 && ps[0].ref:
			out = append(out, e.refWords(ps[0].text)...)
		case !strings.Contains(token, "$"):
			out = append(out, word{logic.Always, token})
		default:
			for _, v := range e.values(token) {
				for _, w := range strings.Fields(v.text) {
					out = append(out, word{v.when, w})
				}
			}
		}
		if e.tired() {
			return nil
		}
	}
	return out
}

// tired counts a step, and reports whether the evaluation has gone on for too long.
func (e *evaluator) tired() bool {
	e.steps++
	return e.steps > maxSteps || e.depth > maxDepth
}

// choices returns the texts that a list of words may come to.
func (e *evaluator) choices(words []word) []value {
	out := []value{{when: logic.Always}}
	for _, w := range words {
		alternatives := []value{{when: w.when, text: w.text}}
		if w.when.Op != logic.True {
			alternatives = append(alternatives, value{when: logic.Not(w.when)})
		}
		out = e.product(out, alternatives, " ")
	}
	return out
}

// under returns words that are there only when c holds too.
func under(c *logic.Cond, words []word) []word {
	if c.Op == logic.True {
		return words
	}
	var out []word
	for _, w := range words {
		if when := logic.And(c, w.when); when.Op != logic.False {
			out = append(out, word{when, w.text})
		}
	}
	return out
}

// set returns the condition that a text is not empty.
func (e *evaluator) set(text string) *logic.Cond {
	var any []*logic.Cond
	for _, v := range e.values(text) {
		switch {
		case v.asked:
			any = append(any, logic.And(v.when, logic.Unread(text)))
		case strings.TrimSpace(v.text) != "":
			any = append(any, v.when)
		}
	}
	return logic.Or(any...)
}

// same returns the condition that two texts are the same.
func (e *evaluator) same(a, b string) *logic.Cond {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	for _, side := range [][2]string{{a, b}, {b, a}} {
		if c := literal(side[0], side[1]); c != nil {
			return c
		}
	}
	var any []*logic.Cond
	for _, x := range e.values(a) {
		for _, y := range e.values(b) {
			when := logic.And(x.when, y.when)
			switch {
			case x.asked || y.asked:
				any = append(any, logic.And(when, logic.Unread(a+" = "+b)))
			case strings.TrimSpace(x.text) == strings.TrimSpace(y.text):
				any = append(any, when)
			}
		}
	}
	return logic.Or(any...)
}

// literal returns the condition of $(CONFIG_X) with a text that is no tristate's value; nil otherwise.
func literal(ref, text string) *logic.Cond {
	symbol, ok := strings.CutPrefix(ref, "$(CONFIG_")
	symbol, end := strings.CutSuffix(symbol, ")")
	if !ok || !end || !isName(symbol) || strings.Contains(text, "$") || text == "y" || text == "m" || text == "" {
		return nil
	}
	return logic.Is(symbol, text)
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}
