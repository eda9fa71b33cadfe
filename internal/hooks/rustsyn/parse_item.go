// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

// trait reads a trait with its methods, those with a body and those without. Bounds and where clauses are stepped over.
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

// impl reads the functions of "impl T" and "impl Trait for T". Whose they are is told by the last names of the paths: the
// modules before them are the same file's, most often, and are not needed to tell two apart.
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

// module reads "mod name;" and, with the items in it, "mod name { … }". What an inline module has is the file's, under its name.
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

// alias reads "type Name = T;". One in a trait has no T, and means nothing here.
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

// static reads a static or a constant with its type and, as tokens, its value: descriptors of LSMs are such values.
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

// extern steps over "extern crate a;", and over a block of declarations, which are C's and no items of ours.
func (p *itemParser) extern(c *cursor) error {
	c.abi()
	if c.is("crate") {
		p.recover(c)
		return nil
	}
	_, err := c.group()
	return err
}
