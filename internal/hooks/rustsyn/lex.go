// SPDX-License-Identifier: GPL-2.0-only

// Package rustsyn reads Rust as far as the signatures of functions need it: items, types of
// parameters, attributes, and macro_rules with what their bodies define.
//
// For most uses, call [Parse]. Function bodies and expressions stay tokens. What cannot be read
// is a [Problem] with its place, and reading goes on behind it; nothing panics on damaged input.
package rustsyn

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
	"github.com/lsmpatch/lsmpatch/internal/share"
)

// A Pos is a place in a file of the tree.
type Pos = scan.Pos

// A Problem is something that could not be read.
type Problem = scan.Problem

// Kind tells tokens apart.
type Kind uint8

const (
	// Ident is an identifier, a keyword, or a macro variable with its "$".
	Ident Kind = iota + 1
	// Lifetime is 'a, Literal a number, a character or a string of any form.
	Lifetime
	Literal
	// Punct is an operator or a bracket; "::", "->", "=>", ".." and "..." are one, all else is
	// one character.
	Punct
)

// A Token is one piece of Rust.
type Token struct {
	Kind Kind
	Text string
	Pos  Pos
	// From is the macro that made the token, nil for one that is written there.
	From *Macro
}

// Is reports whether t is the punctuator or the identifier text.
func (t *Token) Is(text string) bool {
	return (t.Kind == Punct || t.Kind == Ident) && t.Text == text
}

// nesting returns 1 for a bracket that opens, -1 for one that closes, and 0 for all else.
func (t *Token) nesting() int {
	if t.Kind != Punct {
		return 0
	}
	return scan.Nesting(t.Text)
}

type lexer struct {
	scan.Scanner
	tokens   []Token
	problems []Problem
}

// Lex takes src apart. Comments are dropped, documentation too. The tokens are parts of src, to which nobody may write then.
func Lex(file string, src []byte) ([]Token, []Problem) {
	l := &lexer{Scanner: scan.Scanner{File: file, Src: share.String(src), Line: 1}}
	l.tokens = make([]Token, 0, len(src)/8+8)
	for l.skip(); l.Off < len(l.Src); l.skip() {
		l.token()
	}
	return l.tokens, l.problems
}

func (l *lexer) skip() {
	for l.Off < len(l.Src) {
		rest := l.Src[l.Off:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.Advance(l.Off + 1)
		case strings.HasPrefix(rest, "//"):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				l.Off += end
			} else {
				l.Off = len(l.Src)
			}
		case strings.HasPrefix(rest, "/*"):
			l.comment()
		default:
			return
		}
	}
}

// comment skips a block comment; they nest.
func (l *lexer) comment() {
	depth, i := 0, l.Off
	for i < len(l.Src) {
		switch {
		case strings.HasPrefix(l.Src[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(l.Src[i:], "*/"):
			depth--
			i += 2
		default:
			i++
		}
		if depth == 0 {
			l.Advance(i)
			return
		}
	}
	l.problems = append(l.problems, Problem{Pos: l.Here(), Message: "comment does not end"})
	l.Advance(len(l.Src))
}

func (l *lexer) emit(kind Kind, end int) {
	l.tokens = append(l.tokens, Token{Kind: kind, Text: l.Src[l.Off:end], Pos: l.Here()})
	l.Advance(end)
}

func (l *lexer) token() {
	c := l.Src[l.Off]
	switch {
	case l.prefixed():
	case isStart(c) || c == '$' && l.Off+1 < len(l.Src) && isStart(l.Src[l.Off+1]):
		l.emit(Ident, l.wordEnd(l.Off+1))
	case c >= '0' && c <= '9':
		l.emit(Literal, l.numberEnd())
	case c == '"':
		l.str(l.Off)
	case c == '\'':
		l.quote()
	default:
		l.punct()
	}
}

func (l *lexer) wordEnd(i int) int {
	for i < len(l.Src) && (isStart(l.Src[i]) || l.Src[i] >= '0' && l.Src[i] <= '9') {
		i++
	}
	return i
}

func (l *lexer) numberEnd() int {
	end := l.wordEnd(l.Off + 1)
	// "1.5" is one number; "0..3" and "x.0.y" are not.
	if end+1 < len(l.Src) && l.Src[end] == '.' && l.Src[end+1] >= '0' && l.Src[end+1] <= '9' {
		end = l.wordEnd(end + 1)
	}
	return end
}

// prefixed reads b'x', b"…", c"…", r"…", r#"…"#, br#"…"# and r#name.
func (l *lexer) prefixed() bool {
	rest := l.Src[l.Off:]
	n := 0
	for n < len(rest) && n < 2 && strings.IndexByte("bcr", rest[n]) >= 0 {
		n++
	}
	if n == 0 || n == len(rest) {
		return false
	}
	raw := rest[n-1] == 'r'
	switch {
	case rest[n] == '"' && raw:
		l.raw(n, 0)
	case rest[n] == '"':
		l.str(l.Off + n)
	case rest[n] == '\'' && rest[:n] == "b":
		end := charEnd(l.Src, l.Off+n)
		l.emit(Literal, max(end, l.Off+n+1))
	case rest[n] == '#' && raw:
		hashes := len(rest[n:]) - len(strings.TrimLeft(rest[n:], "#"))
		switch after := rest[n+hashes:]; {
		case strings.HasPrefix(after, `"`):
			l.raw(n, hashes)
		case n == 1 && hashes == 1 && after != "" && isStart(after[0]):
			end := l.wordEnd(l.Off + 2)
			l.tokens = append(l.tokens, Token{Kind: Ident, Text: l.Src[l.Off+2 : end], Pos: l.Here()})
			l.Advance(end)
		default:
			return false
		}
	default:
		return false
	}
	return true
}

// raw reads a raw string whose prefix has n letters and then hashes.
func (l *lexer) raw(n, hashes int) {
	open := l.Off + n + hashes + 1
	mark := `"` + strings.Repeat("#", hashes)
	if end := strings.Index(l.Src[open:], mark); end >= 0 {
		l.emit(Literal, open+end+len(mark))
		return
	}
	l.problems = append(l.problems, Problem{Pos: l.Here(), Message: "string does not end"})
	l.emit(Literal, len(l.Src))
}

// str reads a string whose quote stands at the offset quote.
func (l *lexer) str(quote int) {
	for i := quote + 1; i < len(l.Src); i++ {
		switch l.Src[i] {
		case '"':
			l.emit(Literal, i+1)
			return
		case '\\':
			i++
		}
	}
	l.problems = append(l.problems, Problem{Pos: l.Here(), Message: "string does not end"})
	l.emit(Literal, len(l.Src))
}

// quote reads a character or a lifetime.
func (l *lexer) quote() {
	if end := charEnd(l.Src, l.Off); end > 0 {
		l.emit(Literal, end)
		return
	}
	l.emit(Lifetime, l.wordEnd(l.Off+1))
}

// charEnd returns the end of the character literal at i, or 0 where there is none.
func charEnd(src string, i int) int {
	rest := src[i+1:]
	switch {
	case rest == "" || rest[0] == '\n' || rest[0] == '\'':
		return 0
	case rest[0] == '\\':
		if end := strings.IndexByte(rest[min(2, len(rest)):], '\''); end >= 0 && end < 12 {
			return i + 1 + 2 + end + 1
		}
		return 0
	}
	for n, r := range rest {
		if n > 0 {
			if r == '\'' {
				return i + 1 + n + 1
			}
			return 0
		}
	}
	return 0
}

func (l *lexer) punct() {
	for _, p := range [...]string{"...", "..=", "..", "::", "->", "=>"} {
		if strings.HasPrefix(l.Src[l.Off:], p) {
			l.emit(Punct, l.Off+len(p))
			return
		}
	}
	l.emit(Punct, l.Off+1)
}

func isStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
