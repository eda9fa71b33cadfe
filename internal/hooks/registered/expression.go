// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// bare strips from an expression what does not change its value: brackets, blocks, unsafe.
func bare(expr []rustsyn.Token) []rustsyn.Token {
	for {
		rest := expr
		if len(rest) > 1 && rest[0].Is("unsafe") {
			rest = rest[1:]
		}
		if len(rest) < 2 || !rest[0].Is("(") && !rest[0].Is("{") {
			return expr
		}
		inner := rustsyn.Group(rest)
		if inner == nil || len(inner)+2 != len(rest) {
			return expr
		}
		expr = inner
	}
}

// asAt returns where the first "as" stands outside of brackets, angle brackets too, or -1.
func asAt(expr []rustsyn.Token) int { return slices.IndexFunc(asMarks(expr), isTrue) }

// lastAs returns where the last "as" stands outside of brackets, or -1.
func lastAs(expr []rustsyn.Token) int {
	marks := asMarks(expr)
	for i := len(marks) - 1; i >= 0; i-- {
		if marks[i] {
			return i
		}
	}
	return -1
}

func isTrue(b bool) bool { return b }

// asMarks says of each token whether it is an "as" outside of brackets.
func asMarks(expr []rustsyn.Token) []bool {
	marks := make([]bool, len(expr))
	depth := 0
	for i := range expr {
		switch t := &expr[i]; {
		case t.Is("(") || t.Is("[") || t.Is("{") || t.Is("<"):
			depth++
		case t.Is(")") || t.Is("]") || t.Is("}") || t.Is(">"):
			depth--
		case depth == 0 && t.Is("as"):
			marks[i] = true
		}
	}
	return marks
}

// lastCall returns the two parts of an expression that is one call, such as Some(f); nil where it is
// none.
func lastCall(expr []rustsyn.Token) (head, args []rustsyn.Token) {
	for i := range expr {
		if i == 0 || !expr[i].Is("(") {
			continue
		}
		if inner := rustsyn.Group(expr[i:]); inner != nil && i+len(inner)+2 == len(expr) {
			return expr[:i], inner
		}
	}
	return nil, nil
}

// lastIdent returns the last name of the head of a call outside of generic arguments: transmute of
// core::mem::transmute::<A, B>.
func lastIdent(head []rustsyn.Token) string {
	depth := 0
	for i := len(head) - 1; i >= 0; i-- {
		switch t := &head[i]; {
		case t.Is(">"):
			depth++
		case t.Is("<"):
			depth--
		case depth == 0 && t.Kind == rustsyn.Ident:
			return t.Text
		}
	}
	return ""
}

// tailOf returns the expression at the end of the statements of a block, or nil where there are none.
func tailOf(expr []rustsyn.Token) []rustsyn.Token {
	depth, start := 0, 0
	for i := range expr {
		switch t := &expr[i]; {
		case t.Is("(") || t.Is("[") || t.Is("{"):
			depth++
		case t.Is(")") || t.Is("]") || t.Is("}"):
			depth--
		}
		if depth == 0 && (expr[i].Is(";") || expr[i].Is("}")) {
			start = i + 1
		}
	}
	if start == 0 || start == len(expr) {
		return nil
	}
	return expr[start:]
}

// branches returns what is inside each Some(…) of an expression with branches.
func branches(expr []rustsyn.Token) [][]rustsyn.Token {
	var found [][]rustsyn.Token
	for i := 0; i+1 < len(expr); i++ {
		if (expr[i].Is("Some") || expr[i].Is("then_some")) && expr[i+1].Is("(") {
			if inner := rustsyn.Group(expr[i+1:]); inner != nil {
				found = append(found, inner)
			}
		}
	}
	return found
}

// lastLet returns the type and the value of the last "let name: type = value;" in the statements of a
// body; nil where there is none, or neither.
func lastLet(body []rustsyn.Token, name string) (typ, init []rustsyn.Token) {
	for i := len(body) - 2; i >= 0; i-- {
		if !body[i].Is("let") {
			continue
		}
		j := i + 1
		if body[j].Is("mut") {
			j++
		}
		if j >= len(body) || !body[j].Is(name) {
			continue
		}
		statement := untilSemicolon(body[j+1:])
		for k := range statement {
			if statement[k].Is("=") {
				return afterColon(statement[:k]), statement[k+1:]
			}
		}
		return afterColon(statement), nil
	}
	return nil, nil
}

// assignedTo returns what statements set a variable to, behind its let.
func assignedTo(body []rustsyn.Token, name string) [][]rustsyn.Token {
	var values [][]rustsyn.Token
	for i := 1; i+2 < len(body); i++ {
		startsHere := body[i-1].Is(";") || body[i-1].Is("{") || body[i-1].Is("}")
		if startsHere && body[i].Is(name) && body[i+1].Is("=") && !body[i+2].Is("=") {
			values = append(values, untilSemicolon(body[i+2:]))
		}
	}
	return values
}

func afterColon(toks []rustsyn.Token) []rustsyn.Token {
	if len(toks) > 1 && toks[0].Is(":") {
		return toks[1:]
	}
	return nil
}

// untilSemicolon returns the tokens before the ";" that ends the statement.
func untilSemicolon(toks []rustsyn.Token) []rustsyn.Token {
	depth := 0
	for i := range toks {
		switch t := &toks[i]; {
		case t.Is("(") || t.Is("[") || t.Is("{"):
			depth++
		case t.Is(")") || t.Is("]") || t.Is("}"):
			depth--
		case depth == 0 && t.Is(";"):
			return toks[:i]
		}
	}
	return toks
}

// typeOf reads a type, or returns nil.
func typeOf(toks []rustsyn.Token) *rustsyn.Type {
	t, err := rustsyn.ParseType(rustsyn.Text(toks))
	if err != nil {
		return nil
	}
	if len(toks) > 0 {
		t.Pos = toks[0].Pos
		for i := range t.Params {
			t.Params[i].Pos = toks[0].Pos
		}
	}
	return t
}
