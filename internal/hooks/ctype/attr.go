// SPDX-License-Identifier: GPL-2.0-only

package ctype

import "strings"

// trailing reads the attributes behind a declarator. Where that has its name already, no word
// that begins as an attribute can be one.
func (p *parser) trailing(named bool) ([]string, error) {
	var attrs []string
	for p.peek().Kind == Ident && (p.isAttr(true) || named && strings.HasPrefix(p.peek().Text, "__")) {
		a, err := p.attr()
		if err != nil {
			return nil, err
		}
		attrs = append(attrs, a)
	}
	return attrs, nil
}

// isAttr reports whether the word at hand is an attribute rather than a type or a name.
// TypeSeen says that the declaration has its type.
func (p *parser) isAttr(typeSeen bool) bool {
	w := p.peek().Text
	switch {
	case isKnownAttr(w):
		return true
	case typeSeen:
		// "struct foo *x __my_attr": only what another word or bracket shows to be no name.
		return strings.HasPrefix(w, "__") && !p.plainName()
	case p.i+1 >= len(p.toks):
		return false
	}
	next := &p.toks[p.i+1]
	if next.Is("(") {
		// "__printf(1, 2) int f(" is an attribute, "__u32 (*f)(" and "__u32 (int)" are types.
		end := matching(p.toks, p.i+1)
		return strings.HasPrefix(w, "__") && end > 0 && end+1 < len(p.toks) && p.toks[end+1].Kind == Ident
	}
	// "noinline int", "__weak noinline u64 f(": a word that a type follows is none.
	return p.typeFollows()
}

// typeFollows reports whether a type follows the plain word at hand, or two more plain words, so
// that it is neither the type nor the name.
func (p *parser) typeFollows() bool {
	n := 0
	for _, t := range p.toks[p.i:min(p.i+8, len(p.toks))] {
		switch {
		case qualOf(t.Text) != 0:
		case t.Kind == Ident && isTypeWord(t.Text):
			return true
		case t.Kind != Ident || isKnownAttr(t.Text):
			return false
		default:
			n++
		}
		if n == 3 {
			return true
		}
	}
	return false
}

// attr reads an attribute with its arguments, if any, and returns its text.
func (p *parser) attr() (string, error) {
	start := p.i
	p.i++
	if p.is("(") && !isSpace(p.toks[start].Text) {
		if _, err := p.group(); err != nil {
			return "", err
		}
	}
	return Text(p.toks[start:p.i]), nil
}
