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
	// Split says that it has several heads, in branches of a condition, of which this is the first.
	Split bool
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
	param bool // of a list of parameters, where "(name)" at the end is a name
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
	d := &Decl{Storage: s.storage, Pos: p.peek().Pos()}
	if p.i == len(p.toks) && p.i > 0 {
		d.Pos = p.toks[0].Pos()
	}
	attrs, err := p.declarator(d, s.typ)
	d.Attrs = append(s.attrs, attrs...)
	return d, err
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
		d.Name, d.Pos = p.peek().Text, p.peek().Pos()
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
	trailing, err := p.trailing(d.Name != "")
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
		// "(name)" is a declarator where a suffix follows; alone a parameter's is, unless that names a type: "(size_t)".
		if p.i+3 == len(p.toks) {
			return p.param && !looksLikeType(next.Text)
		}
		return p.toks[p.i+3].Is("(") || p.toks[p.i+3].Is("[")
	}
	return false
}

// looksLikeType reports whether a word is written as the names of types are: size_t, bool, u64, __s32.
func looksLikeType(w string) bool {
	if strings.HasSuffix(w, "_t") || w == "bool" {
		return true
	}
	bits, isNumber := strings.CutPrefix(strings.TrimLeft(w, "_"), "u")
	if !isNumber {
		bits, isNumber = strings.CutPrefix(strings.TrimLeft(w, "_"), "s")
	}
	return isNumber && slices.Contains([]string{"8", "16", "32", "64"}, bits)
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
		if elem.Class == Func {
			return nil, nil, p.errorf("an array of functions")
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
		if ret.Class == Func || ret.Class == Array {
			return nil, nil, p.errorf("a function returns %s", ret)
		}
		f := *params
		f.Elem = ret
		return &f, f.Params, nil
	}
	return base, nil, nil
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
		sub := &parser{toks: arg, depth: depth, param: true}
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
		f.Params = append(f.Params, Param{Type: d.Type.adjusted(), Name: d.Name, Pos: arg[0].Pos()})
	}
	return f, nil
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
		d := Decl{Storage: s.storage, Pos: p.peek().Pos()}
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
