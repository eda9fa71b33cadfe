// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
)

// Text returns toks as source text, with one space wherever there was white space.
func Text(toks []Token) string {
	var b strings.Builder
	for i, t := range toks {
		if i > 0 && (t.Space || needsSpace(toks[i-1], t)) {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
	}
	return b.String()
}

func needsSpace(a, b Token) bool {
	word := func(t Token) bool { return t.Kind == Ident || t.Kind == Number }
	return word(a) && word(b)
}

// matching returns the index of the bracket that closes the one at toks[open], or -1.
func matching(toks []Token, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		n := toks[i].nesting()
		if depth += n; n < 0 && depth == 0 {
			return i
		}
	}
	return -1
}

// closers returns for each bracket of toks where it closes, and -1 for all else.
func closers(toks []Token) []int {
	return scan.Closers(len(toks), func(i int) int { return toks[i].nesting() })
}

// splitCommas splits toks at the commas outside of brackets. No tokens give no pieces.
func splitCommas(toks []Token) [][]Token { return splitAt(toks, ",") }

// Split splits toks at the commas outside of brackets; what follows the last comma counts too.
func Split(toks []Token) [][]Token { return splitCommas(toks) }

func splitAt(toks []Token, sep string) [][]Token {
	if len(toks) == 0 {
		return nil
	}
	var pieces [][]Token
	depth, start := 0, 0
	for i := range toks {
		if toks[i].Kind != Punct {
			continue
		}
		if depth += toks[i].nesting(); depth == 0 && toks[i].Text == sep {
			pieces = append(pieces, toks[start:i:i])
			start = i + 1
		}
	}
	return append(pieces, toks[start:])
}

// A Call is a use of a macro or a function: NAME(args…).
type Call struct {
	Name Token
	Args [][]Token
	// Index is that of Name among the tokens searched, End that of the token behind ")".
	Index, End int
}

// Calls finds the uses of name in toks. Uses whose bracket does not close are left out.
func Calls(toks []Token, name string) []Call {
	var calls []Call
	for i := 0; i+1 < len(toks); i++ {
		if toks[i].Kind != Ident || toks[i].Text != name || !toks[i+1].Is("(") {
			continue
		}
		if end := matching(toks, i+1); end > 0 {
			calls = append(calls, Call{toks[i], splitCommas(toks[i+2 : end]), i, end + 1})
		}
	}
	return calls
}

// Expression returns the tokens of the expression that toks begins with: up to a comma, a
// semicolon or the bracket that closes what is around it.
func Expression(toks []Token) []Token {
	depth := 0
	for i := range toks {
		t := &toks[i]
		if depth += t.nesting(); depth < 0 || depth == 0 && (t.Is(",") || t.Is(";")) {
			return toks[:i]
		}
	}
	return toks
}

// StatementStart returns where the statement that toks[i] is in begins: behind the semicolon or the brace before it.
func StatementStart(toks []Token, i int) int {
	for i > 0 && !toks[i-1].Is(";") && !toks[i-1].Is("{") && !toks[i-1].Is("}") {
		i--
	}
	return i
}

// Unwrap returns what is inside the brackets around all of toks, however many.
func Unwrap(toks []Token) []Token {
	for len(toks) > 0 && toks[0].Is("(") {
		inner, rest := Group(toks)
		if inner == nil || len(rest) > 0 {
			break
		}
		toks = inner
	}
	return toks
}

// Group returns what is inside and behind the bracket that toks begins with, or nil twice where
// it does not close.
func Group(toks []Token) (inner, rest []Token) {
	end := -1
	if len(toks) > 0 {
		end = matching(toks, 0)
	}
	if end < 0 {
		return nil, nil
	}
	return toks[1:end:end], toks[end+1:]
}
