// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import "maps"

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

// generics reads "<T: Hooks, …>" into type parameters with their bounds.
func (c *cursor) generics() (map[string][]string, error) {
	if !c.is("<") {
		return nil, nil
	}
	inner, err := c.angles()
	if err != nil {
		return nil, err
	}
	return bounds(inner), nil
}

// where reads a where clause, up to the body.
func (c *cursor) where() map[string][]string {
	if !c.accept("where") {
		return nil
	}
	start := c.i
	for c.more() && !c.is("{") && !c.is(";") {
		c.skipTree()
	}
	return bounds(c.toks[start:c.i])
}

// bounds reads "T: A + B, U: C": the last names of the bounds of each parameter.
func bounds(toks []Token) map[string][]string {
	found := map[string][]string{}
	depth, name := 0, ""
	for i := range toks {
		t := &toks[i]
		switch {
		case t.Is("<") || t.Is("(") || t.Is("["):
			depth++
		case t.Is(">") || t.Is(")") || t.Is("]"):
			depth--
		case depth > 0:
		case t.Is(","):
			name = ""
		case t.Kind == Ident && name == "" && t.Text != "const":
			name = t.Text
			found[name] = nil
		case t.Kind == Ident && (i+1 == len(toks) || !toks[i+1].Is("::")):
			found[name] = append(found[name], t.Text)
		}
	}
	return found
}

func mergeBounds(a, b map[string][]string) map[string][]string {
	if len(b) == 0 {
		return a
	}
	m := maps.Clone(b)
	for k, v := range a {
		m[k] = append(m[k], v...)
	}
	return m
}

func (p *itemParser) trait(c *cursor, attrs []Attr) error {
	for !c.accept("trait") {
		c.i++
	}
	t := &Trait{Attrs: attrs, Pos: c.peek().Pos}
	t.Name, _ = c.acceptWord()
	generics, err := c.generics()
	if err != nil {
		return err
	}
	for c.more() && !c.is("{") && !c.is(";") {
		c.skipTree()
	}
	if c.accept(";") || !c.more() {
		return nil
	}
	in, err := c.group()
	if err != nil {
		return err
	}
	t.Methods = p.items(in, &Owner{Trait: t.Name, IsTrait: true, Generics: generics})
	p.file.Traits = append(p.file.Traits, t)
	return nil
}

func (p *itemParser) impl(c *cursor) error {
	c.accept("unsafe")
	c.accept("impl")
	generics, err := c.generics()
	if err != nil {
		return err
	}
	c.accept("!")
	c.accept("const")
	t, err := c.typ()
	if err != nil {
		return err
	}
	o := &Owner{SelfType: t.Last(), Generics: generics}
	if c.accept("for") {
		o.Trait = t.Last()
		if t, err = c.typ(); err != nil {
			return err
		}
		o.SelfType = t.Last()
	}
	o.Generics = mergeBounds(o.Generics, c.where())
	if !c.is("{") {
		return c.errorf("%q in an impl", c.peek().Text)
	}
	in, err := c.group()
	if err != nil {
		return err
	}
	p.items(in, o)
	return nil
}

func (p *itemParser) module(c *cursor, attrs []Attr) error {
	c.i++
	m := &Mod{Attrs: attrs, Pos: c.peek().Pos}
	m.Name, _ = c.acceptWord()
	p.file.Mods = append(p.file.Mods, m)
	if c.accept(";") {
		return nil
	}
	m.Inline = true
	in, err := c.group()
	if err != nil {
		return err
	}
	inner := *p
	inner.mod = m.Name
	inner.items(in, nil)
	return nil
}

// recoverStruct steps over a struct, enum or union.
func (p *itemParser) recoverStruct(c *cursor) {
	for c.more() {
		done := c.is(";") || c.is("{")
		c.skipTree()
		if done {
			return
		}
	}
}

func (p *itemParser) alias(c *cursor) error {
	c.i++
	name, _ := c.acceptWord()
	if _, err := c.generics(); err != nil {
		return err
	}
	for c.more() && !c.is("=") && !c.is(";") {
		c.skipTree()
	}
	if !c.accept("=") {
		c.accept(";")
		return nil
	}
	t, err := c.typ()
	if err != nil {
		return err
	}
	p.file.Aliases[name] = t
	for c.more() && !c.is(";") {
		c.skipTree()
	}
	c.accept(";")
	return nil
}

func (p *itemParser) static(c *cursor, attrs []Attr, owner *Owner) error {
	c.i++
	s := &Static{Attrs: attrs, Owner: owner, Mut: c.accept("mut"), Pos: c.peek().Pos, Macro: p.maker(c.peek())}
	s.Name, _ = c.acceptWord()
	if c.accept(":") {
		t, err := c.typ()
		if err != nil {
			return err
		}
		s.Type = t
	}
	if c.accept("=") {
		start := c.i
		for c.more() && !c.is(";") {
			if c.is("{") && c.closes[c.i] >= 0 && start == c.i {
				block := &itemParser{p.file, p.macro, p.mod, true} // const _: () = { items };
				block.items(c.within(c.i), nil)
			}
			c.skipTree()
		}
		s.Init = c.toks[start:c.i]
	}
	c.accept(";")
	p.file.Statics = append(p.file.Statics, s)
	return nil
}

func (p *itemParser) extern(c *cursor) error {
	c.abi()
	if c.is("crate") {
		p.recover(c)
		return nil
	}
	_, err := c.group()
	return err
}
