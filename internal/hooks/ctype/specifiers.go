// SPDX-License-Identifier: GPL-2.0-only

package ctype

import "strings"

type specifiers struct {
	typ     *Type
	storage string
	attrs   []string
}

// specifiers reads the words before a declarator.
func (p *parser) specifiers() (*specifiers, error) {
	s := &specifiers{}
	t := &Type{}
	var words []string // of a basic type
	seen := false
	for p.i < len(p.toks) {
		tok := p.peek()
		if tok.Kind != Ident {
			break
		}
		switch w := tok.Text; {
		case isStorage(w):
			if w == "typedef" || w == "static" || w == "extern" {
				s.storage = w
			}
			p.i++
		case qualOf(w) != 0:
			t.Qual |= qualOf(w)
			p.i++
		case isBasicWord(w):
			if seen {
				return nil, p.errorf("%q behind a type", w)
			}
			words = append(words, strings.Trim(w, "_"))
			p.i++
		case w == "struct" || w == "union" || w == "enum":
			if err := p.tag(t); err != nil {
				return nil, err
			}
			seen = true
		case strings.Trim(w, "_") == "typeof" || w == "typeof_unqual":
			start := p.i
			p.i++
			operand, err := p.group()
			if err != nil {
				return nil, err
			}
			t.Class, t.Name, seen = Typeof, Text(p.toks[start:p.i]), true
			if d, err := ParseDecl(operand); err == nil && d.Name == "" && d.Type.Class != Typedef && len(operand) > 0 && isTypeWord(operand[0].Text) {
				*t = *d.Type // the operand is a type
			}
		case p.isAttr(seen || len(words) > 0):
			attr, err := p.attr()
			if err != nil {
				return nil, err
			}
			if isSpace(attr) {
				t.Attrs = append(t.Attrs, attr)
			} else {
				s.attrs = append(s.attrs, attr)
			}
		case !seen && len(words) == 0:
			t.Class, t.Name, seen = Typedef, w, true
			p.i++
		default:
			goto done
		}
	}
done:
	if len(words) > 0 {
		name := basicName(words)
		if name == "" {
			return nil, p.errorf("no type %q", strings.Join(words, " "))
		}
		t.Name = name
	} else if !seen {
		return nil, p.errorf("no type before %q", p.peek().Text)
	}
	s.typ = t
	return s, nil
}

// tag reads "struct NAME", "enum NAME { … }" and the like into t.
func (p *parser) tag(t *Type) error {
	switch p.peek().Text {
	case "struct":
		t.Class = Struct
	case "union":
		t.Class = Union
	default:
		t.Class = Enum
	}
	pos := p.peek().Pos()
	p.i++
	for p.peek().Kind == Ident && p.isAttr(true) && !p.nextIsTagEnd() {
		if _, err := p.attr(); err != nil {
			return err
		}
	}
	if p.peek().Kind == Ident {
		t.Name = p.peek().Text
		pos = p.peek().Pos()
		p.i++
	}
	if p.is("{") {
		body, err := p.group()
		if err != nil {
			return err
		}
		p.tags = append(p.tags, Tag{t.Class, t.Name, pos, body})
	} else if t.Name == "" {
		return p.errorf("no tag before %q", p.peek().Text)
	}
	return nil
}

// nextIsTagEnd reports whether the word at hand is the tag itself, although it looks like an
// attribute: a "{", "*" or the end follows.
func (p *parser) nextIsTagEnd() bool {
	if p.i+1 >= len(p.toks) {
		return true
	}
	next := &p.toks[p.i+1]
	return next.Is("{") || next.Is("*") || next.Is(")") || next.Is(",") || next.Is(";")
}
