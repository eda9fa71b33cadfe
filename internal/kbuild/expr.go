// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// tristate is a value of Kconfig's logic.
type tristate int

const (
	no tristate = iota
	module
	yes
)

// An expr is a Kconfig condition: a comparison or a symbol (op "" and left "A", or op "=" with
// left and right), or an operator over others.
type expr struct {
	op          string // "", "=", "!=", "<"…, "!", "&&", "||"
	left, right string
	kids        []*expr
}

var (
	tokenRE   = lazyregexp.New(`&&|\|\||!=|<=|>=|[=<>!()]|"[^"]*"|'[^']*'|\$\([^)]*\)|[A-Za-z0-9_.-]+`)
	operandRE = lazyregexp.New(`^["'$A-Za-z0-9_.-]`)
)

// maxNesting bounds the parentheses of a condition.
const maxNesting = 100

// parseExpr reads a condition, also in the form "A if B" that dependencies may have. What it does not understand counts as true, since an advice must
// not blame the wrong symbol.
func parseExpr(text string) *expr {
	text, _, _ = strings.Cut(text, " #")
	if a, b, found := strings.Cut(text, " if "); found {
		text = "!(" + b + ") || (" + a + ")"
	}
	p := exprParser{tokens: tokenRE.FindAllString(text, -1)}
	e := p.or()
	if p.bad || len(p.tokens) > 0 {
		return &expr{left: "y"}
	}
	return e
}

type exprParser struct {
	tokens  []string
	nesting int
	bad     bool
}

func (p *exprParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *exprParser) next() string {
	t := p.peek()
	if t == "" {
		p.bad = true
		return t
	}
	p.tokens = p.tokens[1:]
	return t
}

func (p *exprParser) or() *expr  { return p.chain("||", p.and) }
func (p *exprParser) and() *expr { return p.chain("&&", p.unary) }

func (p *exprParser) chain(op string, operand func() *expr) *expr {
	e := operand()
	if p.peek() != op {
		return e
	}
	e = &expr{op: op, kids: []*expr{e}}
	for !p.bad && p.peek() == op {
		p.next()
		e.kids = append(e.kids, operand())
	}
	return e
}

func (p *exprParser) unary() *expr {
	if p.nesting++; p.nesting > maxNesting {
		p.bad = true
		return &expr{left: "y"}
	}
	defer func() { p.nesting-- }()
	switch t := p.next(); t {
	case "!":
		return &expr{op: "!", kids: []*expr{p.unary()}}
	case "(":
		e := p.or()
		p.bad = p.bad || p.next() != ")"
		return e
	default:
		p.bad = p.bad || !operandRE.MatchString(t)
		switch p.peek() {
		case "=", "!=", "<", ">", "<=", ">=":
			return &expr{op: p.next(), left: t, right: p.next()}
		}
		return &expr{left: t}
	}
}

// text returns the value of a symbol, or of a literal.
func text(s string, config map[string]string) string {
	if s == "" || strings.ContainsAny(s[:1], `"'$`) {
		return strings.Trim(s, `"'`)
	}
	if strings.ToUpper(s) != s || s[0] >= '0' && s[0] <= '9' {
		return s // y, m, n, 64
	}
	return cmp.Or(strings.Trim(config[s], `"`), "n")
}

// value evaluates e under config.
func (e *expr) value(config map[string]string) tristate {
	switch e.op {
	case "":
		switch text(e.left, config) {
		case "n", "":
			return no
		case "m":
			return module
		}
		return yes
	case "!":
		return yes - e.kids[0].value(config)
	case "&&", "||":
		v := e.kids[0].value(config)
		for _, kid := range e.kids[1:] {
			if e.op == "&&" {
				v = min(v, kid.value(config))
			} else {
				v = max(v, kid.value(config))
			}
		}
		return v
	case "=":
		return boolToTristate(text(e.left, config) == text(e.right, config))
	case "!=":
		return boolToTristate(text(e.left, config) != text(e.right, config))
	}
	return yes // an order of numbers: not worth a wrong advice
}

// unmet returns the smallest parts of e that keep it from holding: "RUST=y (it is n)".
func (e *expr) unmet(config map[string]string) []string {
	switch e.op {
	case "&&":
		var parts []string
		for _, kid := range e.kids {
			if kid.value(config) == no {
				parts = append(parts, kid.unmet(config)...)
			}
		}
		return parts
	case "":
		return []string{fmt.Sprintf("%s (it is %s)", e.left, text(e.left, config))}
	case "!":
		if kid := e.kids[0]; kid.op == "" {
			return []string{fmt.Sprintf("!%s (it is %s)", kid.left, text(kid.left, config))}
		}
	}
	return []string{e.String()}
}

// String returns e as Kconfig writes it.
func (e *expr) String() string {
	switch e.op {
	case "":
		return e.left
	case "!":
		return "!" + e.kids[0].String()
	case "&&", "||":
		var parts []string
		for _, kid := range e.kids {
			parts = append(parts, kid.String())
		}
		return "(" + strings.Join(parts, " "+e.op+" ") + ")"
	}
	return e.left + e.op + e.right
}

func boolToTristate(b bool) tristate {
	if b {
		return yes
	}
	return no
}
