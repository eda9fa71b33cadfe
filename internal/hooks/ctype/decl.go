// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxDepth bounds how deep declarators may nest.
const maxDepth = 64

// A Decl is one declarator of a declaration.
type Decl struct {
	Name string
	Type *Type
	Pos  Pos
	Cond string
	// Storage is typedef, static, extern or "".
	Storage string
	// Attrs are the attributes and attribute macros around the declaration: "__init",
	// `__section(".init.text")`.
	Attrs []string
	// Params are the parameters of a function as written, nil for other declarations.
	Params []Param
	// Body are the tokens between the braces of a function definition, Init those behind "=".
	Body, Init []Token
	// Defined says that the declaration is a function definition.
	Defined bool
}

// A Tag is the definition of a struct, union or enum.
type Tag struct {
	Class Class
	Name  string
	Pos   Pos
	// Body are the tokens between the braces.
	Body []Token
}

type parser struct {
	toks  []Token
	i     int
	depth int
	tags  []Tag
}

var errSyntax = errors.New("not a C declaration")

func (p *parser) peek() *Token {
	if p.i < len(p.toks) {
		return &p.toks[p.i]
	}
	return &Token{}
}

func (p *parser) is(text string) bool { return p.peek().Is(text) }

func (p *parser) accept(text string) bool {
	if p.is(text) {
		p.i++
		return true
	}
	return false
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errSyntax, fmt.Sprintf(format, args...))
}

// group skips a bracketed group and returns what is between the brackets.
func (p *parser) group() ([]Token, error) {
	end := matching(p.toks, p.i)
	if end < 0 {
		return nil, p.errorf("%q is not closed", p.peek().Text)
	}
	inner := p.toks[p.i+1 : end]
	p.i = end + 1
	return inner, nil
}

// ParseDecl reads one declaration, a parameter, a member or a type name, without the final
// semicolon: "unsigned long clone_flags", "int (*)(void)". There must be exactly one declarator.
func ParseDecl(toks []Token) (*Decl, error) {
	p := &parser{toks: toks}
	d, err := p.oneDecl()
	if err != nil {
		return nil, err
	}
	if p.i < len(p.toks) {
		return nil, p.errorf("unexpected %q", p.peek().Text)
	}
	return d, nil
}

// ParseType is [ParseDecl] for a text.
func ParseType(text string) (*Type, error) {
	toks, _ := Lex("", []byte(text))
	d, err := ParseDecl(toks)
	if err != nil {
		return nil, err
	}
	return d.Type, nil
}

func (p *parser) oneDecl() (*Decl, error) {
	s, err := p.specifiers()
	if err != nil {
		return nil, err
	}
	d := &Decl{Storage: s.storage, Pos: p.peek().Pos}
	if p.i == len(p.toks) && p.i > 0 {
		d.Pos = p.toks[0].Pos
	}
	attrs, err := p.declarator(d, s.typ)
	d.Attrs = append(s.attrs, attrs...)
	return d, err
}

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
			if _, err := p.group(); err != nil {
				return nil, err
			}
			t.Class, t.Name, seen = Typeof, Text(p.toks[start:p.i]), true
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
	pos := p.peek().Pos
	p.i++
	for p.peek().Kind == Ident && p.isAttr(true) && !p.nextIsTagEnd() {
		if _, err := p.attr(); err != nil {
			return err
		}
	}
	if p.peek().Kind == Ident {
		t.Name = p.peek().Text
		pos = p.peek().Pos
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

// declarator reads a declarator for the type base into d, and the attributes behind it.
func (p *parser) declarator(d *Decl, base *Type) ([]string, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorf("nested too deep")
	}
	defer func() { p.depth-- }()
	var attrs []string
	for p.accept("*") || p.accept("^") {
		base = &Type{Class: Pointer, Elem: base}
		for p.peek().Kind == Ident {
			if q := qualOf(p.peek().Text); q != 0 {
				base.Qual |= q
				p.i++
			} else if p.isAttr(true) {
				a, err := p.attr()
				if err != nil {
					return nil, err
				}
				attrs = append(attrs, a)
			} else {
				break
			}
		}
	}
	inner := -1
	switch {
	case p.is("(") && p.nests():
		inner = p.i
		if _, err := p.group(); err != nil {
			return nil, err
		}
	case p.peek().Kind == Ident && !p.isAttr(true) || p.plainName():
		d.Name, d.Pos = p.peek().Text, p.peek().Pos
		p.i++
	}
	t, params, err := p.suffixes(base)
	if err != nil {
		return nil, err
	}
	d.Type, d.Params = t, params
	if inner >= 0 {
		if err := p.innerDeclarator(d, inner, t); err != nil {
			return nil, err
		}
	}
	trailing, err := p.trailing()
	return append(attrs, trailing...), err
}

// plainName reports whether the word at hand is a name although it looks like an attribute:
// "__x" before a comma, a bracket, an equals sign or the end, and not after other words.
func (p *parser) plainName() bool {
	if p.peek().Kind != Ident || isKnownAttr(p.peek().Text) {
		return false
	}
	if p.i+1 >= len(p.toks) {
		return true
	}
	next := &p.toks[p.i+1]
	return next.Is(",") || next.Is(")") || next.Is("[") || next.Is("=") || next.Is(";") || next.Is(":") ||
		next.Is("(") || next.Kind == Ident && isKnownAttr(next.Text)
}

// innerDeclarator reads the declarator within the brackets at toks[open], whose type is made
// of t by what the brackets hold.
func (p *parser) innerDeclarator(d *Decl, open int, t *Type) error {
	sub := &parser{toks: p.toks[open+1 : matching(p.toks, open)], depth: p.depth}
	outer := d.Params
	d.Params = nil
	if _, err := sub.declarator(d, t); err != nil {
		return err
	}
	if sub.i < len(sub.toks) {
		return p.errorf("unexpected %q", sub.peek().Text)
	}
	if d.Type == t { // (name)(params)
		d.Params = outer
	}
	return nil
}

// nests reports whether the "(" at hand begins a nested declarator and not parameters.
func (p *parser) nests() bool {
	if p.i+1 >= len(p.toks) {
		return false
	}
	next := &p.toks[p.i+1]
	switch {
	case next.Is("*") || next.Is("^") || next.Is("("):
		return true
	case next.Kind == Ident && isKnownAttr(next.Text):
		return true
	case next.Kind == Ident && !isTypeWord(next.Text) && p.i+2 < len(p.toks) && p.toks[p.i+2].Is(")"):
		// "(name)" is a declarator only where a suffix follows; "(u64)" alone is a parameter.
		return p.i+3 < len(p.toks) && (p.toks[p.i+3].Is("(") || p.toks[p.i+3].Is("["))
	}
	return false
}

// suffixes reads array lengths and parameter lists. What is written first is outermost.
func (p *parser) suffixes(base *Type) (*Type, []Param, error) {
	switch {
	case p.is("["):
		inner, err := p.group()
		if err != nil {
			return nil, nil, err
		}
		elem, _, err := p.suffixes(base)
		if err != nil {
			return nil, nil, err
		}
		var q Qual
		for len(inner) > 0 && (inner[0].Is("static") || qualOf(inner[0].Text) != 0) {
			q |= qualOf(inner[0].Text)
			inner = inner[1:]
		}
		return &Type{Class: Array, Elem: elem, Qual: q, Len: Text(inner)}, nil, nil
	case p.is("("):
		inner, err := p.group()
		if err != nil {
			return nil, nil, err
		}
		params, err := ParseParams(inner, p.depth)
		if err != nil {
			return nil, nil, err
		}
		ret, _, err := p.suffixes(base)
		if err != nil {
			return nil, nil, err
		}
		f := *params
		f.Elem = ret
		return &f, f.Params, nil
	}
	return base, nil, nil
}

// trailing reads the attributes behind a declarator.
func (p *parser) trailing() ([]string, error) {
	var attrs []string
	for p.peek().Kind == Ident && p.isAttr(true) {
		a, err := p.attr()
		if err != nil {
			return nil, err
		}
		attrs = append(attrs, a)
	}
	return attrs, nil
}

// ParseParams reads the tokens between the brackets of a parameter list into a [Func] type
// without a return type. Depth is how deep the list is nested.
func ParseParams(toks []Token, depth int) (*Type, error) {
	f := &Type{Class: Func}
	if len(toks) == 0 {
		f.NoProto = true
		return f, nil
	}
	if len(toks) == 1 && toks[0].Is("void") {
		return f, nil
	}
	args := splitCommas(toks)
	for i, arg := range args {
		if len(arg) == 1 && arg[0].Is("...") && i == len(args)-1 {
			f.Variadic = true
			break
		}
		sub := &parser{toks: arg, depth: depth}
		d, err := sub.oneDecl()
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
		if sub.i < len(arg) {
			return nil, fmt.Errorf("parameter %d: %w: unexpected %q", i+1, errSyntax, sub.peek().Text)
		}
		if d.Type.Class == Basic && d.Type.Name == "void" {
			return nil, fmt.Errorf("parameter %d: %w: its type is void", i+1, errSyntax)
		}
		f.Params = append(f.Params, Param{Type: d.Type.adjusted(), Name: d.Name, Pos: arg[0].Pos})
	}
	return f, nil
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
		return strings.HasPrefix(w, "__") && !strings.HasPrefix(w, "__kernel_")
	}
	// "noinline int", "__weak noinline u64 f(": a word that a type follows is none.
	return next.Kind == Ident && (isTypeWord(next.Text) || p.namesFollow())
}

// namesFollow reports whether two more plain words follow the one at hand, so that it is
// neither the type nor the name.
func (p *parser) namesFollow() bool {
	n := 0
	for _, t := range p.toks[p.i:min(p.i+3, len(p.toks))] {
		if t.Kind != Ident || isKnownAttr(t.Text) || qualOf(t.Text) != 0 {
			break
		}
		n++
	}
	return n == 3
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

// Fields returns the members of a struct or union body, in order. Members that cannot be read
// are left out; those of nested anonymous structs are members of the outer one, as in C.
func Fields(body []Token) []Decl {
	var fields []Decl
	for _, member := range splitAt(body, ";") {
		member = dropDirectives(member)
		p := &parser{toks: member}
		decls, err := p.declList()
		if err == nil {
			fields = append(fields, decls...)
			continue
		}
		if len(p.tags) == 1 && p.i == len(p.toks) {
			fields = append(fields, Fields(p.tags[0].Body)...)
		}
	}
	return slices.DeleteFunc(fields, func(d Decl) bool { return d.Name == "" })
}

// declList reads specifiers and any number of declarators, with bit-field widths and
// initialisers.
func (p *parser) declList() ([]Decl, error) {
	s, err := p.specifiers()
	if err != nil {
		return nil, err
	}
	var decls []Decl
	for p.i < len(p.toks) {
		d := Decl{Storage: s.storage, Pos: p.peek().Pos}
		attrs, err := p.declarator(&d, s.typ)
		if err != nil {
			return decls, err
		}
		d.Attrs = append(slices.Clip(s.attrs), attrs...)
		if p.accept(":") || p.accept("=") {
			d.Init = p.untilComma()
		}
		decls = append(decls, d)
		if p.i < len(p.toks) && !p.accept(",") {
			return decls, p.errorf("unexpected %q", p.peek().Text)
		}
	}
	if len(decls) == 0 {
		return nil, p.errorf("declares nothing")
	}
	return decls, nil
}

func (p *parser) untilComma() []Token {
	pieces := splitCommas(p.toks[p.i:])
	if len(pieces) == 0 {
		return nil
	}
	p.i += len(pieces[0])
	return pieces[0]
}
