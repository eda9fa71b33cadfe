// SPDX-License-Identifier: GPL-2.0-only

package symbols

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Parse reads what the program dump.c writes. On an error nothing is returned.
func Parse(r io.Reader) (*Model, error) {
	p := &parser{model: &Model{Symbols: map[string]*Symbol{}}, defined: map[string]bool{}}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20) // what selects a symbol may be an expression of 100 kB
	number := 0
	for s.Scan() {
		number++
		if err := p.line(s.Text()); err != nil {
			return nil, fmt.Errorf("dump of the symbols: line %d: %w", number, err)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("dump of the symbols: %w", err)
	}
	p.join()
	return p.model, nil
}

// A parser reads the dump line by line. Its first letter says what a line is: S NAME TYPE begins a symbol and C TYPE OPTIONAL
// a choice, of which M NAME is a member. The other letters are facts about what began last: d (it depends on), s (what selects
// it), i (what implies it), p (a prompt is there if), v (a default, and its condition behind " | ") and r (a range).
type parser struct {
	model   *Model
	symbol  *Symbol // that the next facts are about, nil where they are known already
	choice  *Choice
	defined map[string]bool
}

// line reads a line. A symbol that is defined in several places begins as often, each time with the same facts.
func (p *parser) line(line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	fields := strings.Fields(rest)
	switch kind {
	case "S":
		if len(fields) != 2 {
			return fmt.Errorf("symbol without type: %q", line)
		}
		p.choice, p.symbol = nil, nil
		if name := fields[0]; !p.defined[name] { // each definition of a symbol has all its facts
			p.defined[name] = true
			p.symbol = &Symbol{Name: name, Type: Type(fields[1])}
			p.model.Symbols[name] = p.symbol
			p.model.Order = append(p.model.Order, name)
		}
		return nil
	case "C":
		if len(fields) != 2 {
			return fmt.Errorf("choice without type: %q", line)
		}
		p.symbol, p.choice = nil, &Choice{Type: Type(fields[0]), Optional: fields[1] == "1"}
		p.model.Choices = append(p.model.Choices, p.choice)
		return nil
	case "M":
		if p.choice == nil {
			return fmt.Errorf("member without a choice: %q", line)
		}
		p.choice.Members = append(p.choice.Members, rest)
		return nil
	}
	return p.fact(kind, rest)
}

// fact reads a line about the present symbol or choice.
func (p *parser) fact(kind, rest string) error {
	value, condition, _ := strings.Cut(rest, " | ")
	// The other facts are one expression, in which a text may hold the mark.
	if kind != "v" && kind != "r" {
		value = rest
	}
	e, err := parseExpr(value)
	if err != nil {
		return err
	}
	switch {
	case kind == "p" && p.choice != nil:
		p.choice.Prompts = append(p.choice.Prompts, e)
	case p.symbol == nil && (p.choice == nil || kind != "v"):
	case kind == "d":
		p.symbol.Depends = e
	case kind == "s":
		p.symbol.Selected = e
	case kind == "i":
		p.symbol.Implied = e
	case kind == "p":
		p.symbol.Prompts = append(p.symbol.Prompts, e)
	case kind == "v" || kind == "r":
		c, err := parseExpr(condition)
		if err != nil {
			return err
		}
		if p.choice != nil {
			p.choice.Defaults = append(p.choice.Defaults, Default{e, c})
		} else if kind == "v" {
			p.symbol.Defaults = append(p.symbol.Defaults, Default{e, c})
		} else if e.Op == ".." {
			p.symbol.Ranges = append(p.symbol.Ranges, Range{e.Kids[0], e.Kids[1], c})
		}
	default:
		return fmt.Errorf("unknown fact %q", kind)
	}
	return nil
}

// join points members of choices to their choice.
func (p *parser) join() {
	for _, c := range p.model.Choices {
		for _, name := range c.Members {
			if s := p.model.Symbols[name]; s != nil {
				s.Choice = c
			}
		}
	}
}

// maxNesting bounds an expression. What selects a symbol nests once for each that does so.
const maxNesting = 100_000

// parseExpr reads one expression.
func parseExpr(text string) (*Expr, error) {
	p := exprParser{rest: text}
	e := p.expr(0)
	if p.bad || strings.TrimSpace(p.rest) != "" {
		return nil, fmt.Errorf("expression %.80q does not parse", text)
	}
	return e, nil
}

// An exprParser reads expressions with the operator first, as "(& A (! B))": rest is what is to be read, bad that it is none.
type exprParser struct {
	rest string
	bad  bool
}

// expr reads an expression: a name, a constant in quotes, or an operator with its operands in brackets.
func (p *exprParser) expr(depth int) *Expr {
	p.rest = strings.TrimLeft(p.rest, " ")
	switch {
	case depth > maxNesting || p.rest == "" || p.bad:
		p.bad = true
		return nil
	case p.rest[0] == '"':
		return &Expr{Name: p.constant(), Const: true}
	case p.rest[0] != '(':
		i := strings.IndexAny(p.rest, " )")
		if i < 0 {
			i = len(p.rest)
		}
		e := &Expr{Name: p.rest[:i]}
		p.bad = p.bad || i == 0
		p.rest = p.rest[i:]
		return e
	}
	op, rest, ok := strings.Cut(p.rest[1:], " ")
	p.rest, p.bad = rest, !ok
	e := &Expr{Op: op}
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.bad || p.rest == "" {
			p.bad = true
			return e
		}
		if p.rest[0] == ')' {
			p.rest = p.rest[1:]
			break
		}
		e.Kids = append(e.Kids, p.expr(depth+1))
	}
	want := 2
	if op == "!" {
		want = 1
	}
	p.bad = p.bad || len(e.Kids) != want
	return e
}

// constant reads a text in quotes.
func (p *exprParser) constant() string {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '\\':
			if i++; i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		case '"':
			p.rest = p.rest[i+1:]
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	p.bad = true
	return ""
}
