// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

// Parse takes a Rust file apart.
func Parse(path string, src []byte) *File {
	toks, problems := Lex(path, src)
	f := newFile(path, toks, problems)
	p := &itemParser{file: f}
	c := newCursor(toks)
	if open := unclosed(toks, c.closes); open >= 0 {
		p.problem(toks[open].Pos, "bracket is not closed")
	}
	p.items(c, nil)
	return f
}

func newFile(path string, toks []Token, problems []Problem) *File {
	return &File{Path: path, Tokens: toks, Problems: problems, Aliases: map[string]*Type{}, Uses: map[string][]string{}}
}

// unclosed returns the first bracket that does not close, or -1.
func unclosed(toks []Token, closes []int) int {
	for i := range toks {
		if toks[i].nesting() > 0 && closes[i] < 0 {
			return i
		}
	}
	return -1
}

// itemParser adds items to a file. Macro is the macro whose body is being read, mod the inline module. In a body, as in
// the block of a constant, what cannot be read is no problem, since it need not be made of items.
type itemParser struct {
	file    *File
	macro   *Macro
	mod     string
	lenient bool
}

// maker returns the macro that makes the item whose name is t, or nil.
func (p *itemParser) maker(t *Token) *Macro {
	if t.From != nil {
		return t.From
	}
	return p.macro
}

func (p *itemParser) problem(pos Pos, message string) {
	if !p.lenient {
		p.file.Problems = append(p.file.Problems, Problem{Pos: pos, Message: message})
	}
}

func (p *itemParser) items(c *cursor, owner *Owner) []*Fn {
	var fns []*Fn
	if c.depth > maxDepth {
		return nil
	}
	for c.more() {
		start := c.i
		fn, err := p.item(c, owner)
		if err != nil {
			p.problem(c.toks[min(start, c.end-1)].Pos, err.Error())
			p.recover(c)
		}
		if fn != nil {
			fns = append(fns, fn)
		}
		if c.i == start {
			c.skipTree()
		}
	}
	return fns
}

// recover steps to behind the next ";" or "{…}".
func (p *itemParser) recover(c *cursor) {
	for c.more() {
		done := c.is(";") || c.is("{") && c.closes[c.i] >= 0
		c.skipTree()
		if done {
			return
		}
	}
}

// item reads one item and returns it where it is a function.
func (p *itemParser) item(c *cursor, owner *Owner) (*Fn, error) {
	attrs := p.attrs(c)
	if !c.more() || c.accept(";") {
		return nil, nil
	}
	if c.accept("pub") && c.is("(") {
		c.skipTree()
	}
	switch t := c.peek(); {
	case t.Is("use"):
		return nil, p.use(c)
	case t.Is("mod"):
		return nil, p.module(c, attrs)
	case t.Is("struct") || t.Is("enum") || t.Is("union") && c.i+1 < c.end && c.toks[c.i+1].Kind == Ident:
		p.recoverStruct(c)
		return nil, nil
	case t.Is("type"):
		return nil, p.alias(c)
	case t.Is("static") || t.Is("const") && !p.isFn(c):
		return nil, p.static(c, attrs, owner)
	case t.Is("trait") || (t.Is("unsafe") || t.Is("auto")) && c.i+1 < c.end && c.toks[c.i+1].Is("trait"):
		return nil, p.trait(c, attrs)
	case t.Is("impl") || t.Is("unsafe") && c.i+1 < c.end && c.toks[c.i+1].Is("impl"):
		return nil, p.impl(c)
	case t.Is("macro_rules"):
		return nil, p.macroRules(c)
	case p.isFn(c):
		return p.fn(c, attrs, owner)
	case t.Is("extern"):
		return nil, p.extern(c)
	case t.Kind == Ident || t.Is("::"):
		return nil, p.macroCall(c, attrs)
	case t.Is("$"):
		return nil, p.repetition(c, owner)
	default:
		return nil, c.errorf("%q where an item should begin", t.Text)
	}
}

// attrs reads attributes, inner ones too.
func (p *itemParser) attrs(c *cursor) []Attr {
	var attrs []Attr
	for c.is("#") {
		pos := c.peek().Pos
		c.i++
		c.accept("!")
		if !c.is("[") {
			break
		}
		in, err := c.group()
		if err != nil {
			p.problem(pos, err.Error())
			break
		}
		if in.more() {
			attrs = append(attrs, Attr{Name: in.peek().Text, Text: Text(in.rest()), Pos: pos})
		}
	}
	return attrs
}

// isFn reports whether the words at hand end in "fn".
func (p *itemParser) isFn(c *cursor) bool {
	for i := c.i; i < c.end && i < c.i+7; i++ {
		switch t := &c.toks[i]; {
		case t.Is("fn"):
			return true
		case t.Is("const") || t.Is("async") || t.Is("unsafe") || t.Is("safe") || t.Is("extern") || t.Is("default") || t.Kind == Literal:
		default:
			return false
		}
	}
	return false
}

func (p *itemParser) fn(c *cursor, attrs []Attr, owner *Owner) (*Fn, error) {
	f := &Fn{Attrs: attrs, Owner: owner, Mod: p.mod}
	for !c.is("fn") {
		switch {
		case c.is("extern"):
			f.ABI = c.abi()
			continue
		case c.is("unsafe"):
			f.Unsafe = true
		}
		c.i++
	}
	c.i++
	f.Pos = c.peek().Pos
	f.Macro = p.maker(c.peek())
	var ok bool
	var err error
	if f.Name, ok = c.acceptWord(); !ok {
		return nil, c.errorf("%q where the name of a function should be", c.peek().Text)
	}
	if f.Generics, err = c.generics(); err != nil {
		return nil, err
	}
	if !c.is("(") {
		return nil, c.errorf("function %s has no parameters", f.Name)
	}
	in, err := c.group()
	if err != nil {
		return nil, err
	}
	if f.Params, f.HasSelf, err = in.params(); err != nil {
		return nil, err
	}
	if f.Ret, err = c.ret(); err != nil {
		return nil, err
	}
	f.Generics = mergeBounds(f.Generics, c.where())
	if !c.accept(";") {
		body, err := c.group()
		if err != nil {
			return nil, err
		}
		f.Body, f.HasBody, f.start = body.rest(), true, body.i
	}
	p.file.Fns = append(p.file.Fns, f)
	if f.HasBody {
		inner := &itemParser{p.file, p.macro, p.mod, true}
		inner.inBody(&cursor{toks: c.toks, closes: c.closes, i: f.start, end: f.start + len(f.Body), depth: c.depth + 1})
	}
	return f, nil
}

// inBody reads the items that stand among the statements of a function, those in inner blocks too.
func (p *itemParser) inBody(c *cursor) {
	if c.depth > maxDepth {
		return
	}
	begins := true // whether a statement may begin here
	for c.more() {
		t := c.peek()
		if begins && p.beginsItem(c) {
			if _, err := p.item(c, nil); err == nil {
				continue
			}
		}
		begins = t.Is(";") || t.Is("{") || t.Is("}")
		c.i++
	}
}

// beginsItem reports whether an item of the kinds that hooks may come from begins at hand.
func (p *itemParser) beginsItem(c *cursor) bool {
	t, next := c.peek(), &Token{}
	if c.i+1 < c.end {
		next = &c.toks[c.i+1]
	}
	switch {
	case t.Is("#"):
		after := *c
		for after.is("#") && after.i+1 < c.end && c.closes[after.i+1] > 0 {
			after.i = c.closes[after.i+1] + 1
		}
		return after.i > c.i && after.more() && p.beginsItem(&after)
	case t.Is("const") || t.Is("static"):
		return p.isFn(c) || next.Kind == Ident && !next.Is("move")
	case t.Is("fn") || t.Is("extern") || t.Is("unsafe"):
		return p.isFn(c) || next.Is("impl")
	}
	return t.Is("use") || t.Is("impl") || t.Is("trait")
}
