// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

func (p *itemParser) macroRules(c *cursor) error {
	c.i++
	m := &Macro{}
	if !c.accept("!") {
		return c.errorf("%q behind macro_rules", c.peek().Text)
	}
	m.Pos = c.peek().Pos
	m.Name, _ = c.acceptWord()
	in, err := c.group()
	if err != nil {
		return err
	}
	c.accept(";")
	for in.more() {
		matcher, err := in.group()
		if err != nil {
			return err
		}
		if !in.accept("=>") {
			return in.errorf("%q behind the pattern of macro %s", in.peek().Text, m.Name)
		}
		body, err := in.group()
		if err != nil {
			return err
		}
		in.accept(";")
		m.Arms = append(m.Arms, Arm{Matcher: matcher.rest(), Body: body.rest()})
		inner := &itemParser{p.file, m, p.mod, true}
		inner.items(body, nil)
	}
	p.file.Macros = append(p.file.Macros, m)
	return nil
}

// macroCall reads "path::name! { … }" and "path::name!(…);".
func (p *itemParser) macroCall(c *cursor, attrs []Attr) error {
	call := &MacroCall{Attrs: attrs, Pos: c.peek().Pos, Macro: p.macro}
	c.accept("::")
	for {
		name, ok := c.acceptWord()
		if !ok {
			return c.errorf("%q where an item should begin", c.peek().Text)
		}
		call.Path = append(call.Path, name)
		if !c.accept("::") {
			break
		}
	}
	if !c.accept("!") {
		return c.errorf("%q where an item should begin", call.Path[0])
	}
	in, err := c.group()
	if err != nil {
		return err
	}
	call.Args = in.rest()
	c.accept(";")
	p.file.Calls = append(p.file.Calls, call)
	return nil
}

// repetition reads what is inside "$(…)*" of a macro body as if it stood there once.
func (p *itemParser) repetition(c *cursor, owner *Owner) error {
	c.i++
	if !c.is("(") {
		return c.errorf("%q behind \"$\"", c.peek().Text)
	}
	in, err := c.group()
	if err != nil {
		return err
	}
	p.items(in, owner)
	for c.is("*") || c.is("+") || c.is("?") || c.is(",") || c.is(";") {
		c.i++
	}
	return nil
}
