// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

// maxDepth bounds how deep types and items may nest.
const maxDepth = 64

var errSyntax = errors.New("cannot be read as Rust")

// cursor reads tokens within toks[:end]. Closes says where each bracket closes.
type cursor struct {
	toks   []Token
	closes []int
	i, end int
	depth  int
}

func newCursor(toks []Token) *cursor {
	return &cursor{toks: toks, closes: closers(toks), end: len(toks)}
}

// closers returns for each bracket where it closes, and -1 for all else.
func closers(toks []Token) []int {
	return scan.Closers(len(toks), func(i int) int { return toks[i].nesting() })
}

// within returns a cursor for what is inside the bracket at open.
func (c *cursor) within(open int) *cursor {
	return &cursor{toks: c.toks, closes: c.closes, i: open + 1, end: c.closes[open], depth: c.depth + 1}
}

func (c *cursor) more() bool { return c.i < c.end }

func (c *cursor) peek() *Token {
	if c.more() {
		return &c.toks[c.i]
	}
	return &Token{}
}

func (c *cursor) is(text string) bool { return c.peek().Is(text) }

func (c *cursor) accept(text string) bool {
	if c.is(text) {
		c.i++
		return true
	}
	return false
}

func (c *cursor) acceptWord() (string, bool) {
	if t := c.peek(); t.Kind == Ident {
		c.i++
		return t.Text, true
	}
	return "", false
}

func (c *cursor) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errSyntax, fmt.Sprintf(format, args...))
}

// group steps over the bracket at hand and returns a cursor for what is inside.
func (c *cursor) group() (*cursor, error) {
	if !c.more() || c.closes[c.i] < 0 || c.closes[c.i] >= c.end {
		return nil, c.errorf("%q is not closed", c.peek().Text)
	}
	inner := c.within(c.i)
	c.i = c.closes[c.i] + 1
	return inner, nil
}

// rest returns the tokens that are left.
func (c *cursor) rest() []Token { return c.toks[c.i:max(c.i, c.end)] }

// skipTree steps over one token or one bracketed group.
func (c *cursor) skipTree() {
	if at := c.closes[c.i]; at >= 0 && at < c.end {
		c.i = at
	}
	c.i++
}

// angles steps over "<…>" and returns what is inside.
func (c *cursor) angles() ([]Token, error) {
	start, depth := c.i, 0
	for c.more() {
		switch {
		case c.is("<"):
			depth++
		case c.is(">"):
			depth--
		case c.is(";") || c.is("{") && depth == 0:
			return nil, c.errorf("\"<\" is not closed")
		}
		c.skipTree()
		if depth == 0 {
			return c.toks[start+1 : c.i-1], nil
		}
	}
	return nil, c.errorf("\"<\" is not closed")
}

// ParseType reads a type out of a text.
func ParseType(text string) (*Type, error) {
	toks, problems := Lex("", []byte(text))
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: %s", errSyntax, problems[0].Message)
	}
	c := newCursor(toks)
	t, err := c.typ()
	if err == nil && c.more() {
		err = c.errorf("unexpected %q", c.peek().Text)
	}
	return t, err
}

func (c *cursor) typ() (*Type, error) {
	if c.depth++; c.depth > maxDepth {
		return nil, c.errorf("nested too deep")
	}
	defer func() { c.depth-- }()
	start := c.i
	t, err := c.bareType()
	if err != nil {
		return nil, err
	}
	t.Pos, t.Text = c.toks[start].Pos, Text(c.toks[start:c.i])
	return t, nil
}

func (c *cursor) bareType() (*Type, error) {
	switch t := c.peek(); {
	case !c.more():
		return nil, c.errorf("a type is missing")
	case t.Is("*"):
		c.i++
		p := &Type{Class: Ptr, Mut: c.accept("mut")}
		if !p.Mut && !c.accept("const") {
			return nil, c.errorf("%q behind \"*\"", c.peek().Text)
		}
		return c.elem(p)
	case t.Is("&"):
		c.i++
		if c.peek().Kind == Lifetime {
			c.i++
		}
		return c.elem(&Type{Class: Ref, Mut: c.accept("mut")})
	case t.Is("!"):
		c.i++
		return &Type{Class: Never}, nil
	case t.Is("("):
		return c.tuple()
	case t.Is("["):
		return c.array()
	case t.Is("for") || t.Is("unsafe") || t.Is("extern") || t.Is("fn"):
		return c.funcType()
	case t.Is("dyn") || t.Is("impl") || t.Is("<") || t.Is("_") || t.Kind == Lifetime || t.Kind == Literal:
		return c.other()
	case t.Kind == Ident || t.Is("::"):
		return c.path()
	default:
		return nil, c.errorf("%q where a type should be", t.Text)
	}
}

func (c *cursor) elem(t *Type) (*Type, error) {
	var err error
	t.Elem, err = c.typ()
	return t, err
}

func (c *cursor) tuple() (*Type, error) {
	in, err := c.group()
	if err != nil {
		return nil, err
	}
	t := &Type{Class: Tuple}
	for in.more() {
		member, err := in.typ()
		if err != nil {
			return nil, err
		}
		t.Args = append(t.Args, member)
		if !in.accept(",") {
			if in.more() {
				return nil, in.errorf("unexpected %q", in.peek().Text)
			}
			if len(t.Args) == 1 {
				return t.Args[0], nil
			}
		}
	}
	return t, nil
}

func (c *cursor) array() (*Type, error) {
	in, err := c.group()
	if err != nil {
		return nil, err
	}
	t, err := in.elem(&Type{Class: Slice})
	if err == nil && in.accept(";") {
		t.Class = Array
	}
	return t, err
}

func (c *cursor) path() (*Type, error) {
	t := &Type{Class: Path}
	c.accept("::")
	for {
		name, ok := c.acceptWord()
		if !ok {
			return nil, c.errorf("%q in a path", c.peek().Text)
		}
		t.Segs, t.Args = append(t.Segs, name), nil
		if c.is("::") && c.i+1 < c.end && c.toks[c.i+1].Is("<") {
			c.i++
		}
		if c.is("<") {
			start := c.i
			if _, err := c.angles(); err != nil {
				return nil, err
			}
			args := &cursor{toks: c.toks, closes: c.closes, i: start + 1, end: c.i - 1, depth: c.depth}
			t.Args = args.typeArgs()
		}
		if c.is("(") && (name == "Fn" || name == "FnMut" || name == "FnOnce") {
			c.skipTree()
			if c.accept("->") {
				if _, err := c.typ(); err != nil {
					return nil, err
				}
			}
		}
		if !c.accept("::") {
			return t, nil
		}
	}
}

// typeArgs reads generic arguments. Those that are no types are left out.
func (c *cursor) typeArgs() []*Type {
	var args []*Type
	for c.more() {
		if t, err := c.typ(); err == nil {
			args = append(args, t)
		}
		for c.more() && !c.is(",") {
			c.skipTree()
		}
		c.accept(",")
	}
	return args
}

func (c *cursor) funcType() (*Type, error) {
	t := &Type{Class: Func}
	if c.accept("for") {
		if _, err := c.angles(); err != nil {
			return nil, err
		}
	}
	t.Unsafe = c.accept("unsafe")
	t.ABI = c.abi()
	if !c.accept("fn") || !c.is("(") {
		return nil, c.errorf("%q in a function type", c.peek().Text)
	}
	in, err := c.group()
	if err != nil {
		return nil, err
	}
	if t.Params, _, err = in.params(); err != nil {
		return nil, err
	}
	t.Ret, err = c.ret()
	return t, err
}

// abi reads extern "C"; extern alone means C.
func (c *cursor) abi() string {
	if !c.accept("extern") {
		return ""
	}
	if t := c.peek(); t.Kind == Literal {
		c.i++
		return strings.Trim(t.Text, `"r#`)
	}
	return "C"
}

// ret reads "-> T"; nil means "()".
func (c *cursor) ret() (*Type, error) {
	if !c.accept("->") {
		return nil, nil
	}
	t, err := c.typ()
	if err == nil && t.Class == Tuple && len(t.Args) == 0 {
		return nil, nil
	}
	return t, err
}

// params reads the parameters between brackets, with or without names. HasSelf says that the
// first is self, which is left out.
func (c *cursor) params() (params []Param, hasSelf bool, err error) {
	for c.more() {
		for c.is("#") {
			c.i++
			if c.more() {
				c.skipTree()
			}
		}
		start := c.i
		colon := -1
		for c.more() && !c.is(",") {
			if c.is(":") && colon < 0 {
				colon = c.i
			}
			if c.is("<") && colon >= 0 {
				if _, err := c.angles(); err != nil {
					return nil, false, err
				}
				continue
			}
			c.skipTree()
		}
		arg := &cursor{toks: c.toks, closes: c.closes, i: start, end: c.i, depth: c.depth}
		c.accept(",")
		if isSelf(arg.rest()) {
			hasSelf = true
			continue
		}
		p := Param{Pos: arg.peek().Pos}
		if arg.is("...") {
			p.Type = &Type{Class: Other, Text: "...", Pos: p.Pos}
			params = append(params, p)
			continue
		}
		if colon >= 0 {
			p.Name = binding(c.toks[start:colon])
			arg.i = colon + 1
		}
		if p.Type, err = arg.typ(); err != nil {
			return nil, false, err
		}
		params = append(params, p)
	}
	return params, hasSelf, nil
}

func isSelf(toks []Token) bool {
	for i := range toks {
		switch {
		case toks[i].Is("self"):
			return true
		case toks[i].Is("&") || toks[i].Is("mut") || toks[i].Kind == Lifetime:
		default:
			return false
		}
	}
	return false
}

func binding(pattern []Token) string {
	if len(pattern) > 0 && pattern[len(pattern)-1].Kind == Ident {
		return pattern[len(pattern)-1].Text
	}
	return ""
}

// other steps over a type that is kept as text: up to what can follow a type.
func (c *cursor) other() (*Type, error) {
	for c.more() {
		switch {
		case c.is("<"):
			if _, err := c.angles(); err != nil {
				return nil, err
			}
			continue
		case c.is(",") || c.is(";") || c.is("=") || c.is("{") || c.is(">") || c.is("where"):
			return &Type{Class: Other}, nil
		}
		c.skipTree()
	}
	return &Type{Class: Other}, nil
}
