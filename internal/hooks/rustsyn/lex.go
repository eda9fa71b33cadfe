// SPDX-License-Identifier: GPL-2.0-only

// Package rustsyn reads Rust as far as the signatures of functions need it: items, types of
// parameters, attributes, and macro_rules with what their bodies define.
//
// For most uses, call [Parse]. Function bodies and expressions stay tokens. What cannot be read
// is a [Problem] with its place, and reading goes on behind it; nothing panics on damaged input.
package rustsyn

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// A Pos is a place in a file of the tree.
type Pos = ctype.Pos

// A Problem is something that could not be read.
type Problem = ctype.Problem

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

type lexer struct {
	file     string
	src      string
	pos      int
	line     int
	start    int // of the line
	tokens   []Token
	problems []Problem
}

// Lex takes src apart. Comments are dropped, documentation too.
func Lex(file string, src []byte) ([]Token, []Problem) {
	l := &lexer{file: file, src: string(src), line: 1}
	l.tokens = make([]Token, 0, len(src)/8+8)
	for l.skip(); l.pos < len(l.src); l.skip() {
		l.token()
	}
	return l.tokens, l.problems
}

func (l *lexer) here() Pos { return Pos{File: l.file, Line: l.line, Col: l.pos - l.start + 1} }

func (l *lexer) skip() {
	for l.pos < len(l.src) {
		rest := l.src[l.pos:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			l.advance(l.pos + 1)
		case strings.HasPrefix(rest, "//"):
			if end := strings.IndexByte(rest, '\n'); end >= 0 {
				l.pos += end
			} else {
				l.pos = len(l.src)
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
	depth, i := 0, l.pos
	for i < len(l.src) {
		switch {
		case strings.HasPrefix(l.src[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(l.src[i:], "*/"):
			depth--
			i += 2
		default:
			i++
		}
		if depth == 0 {
			l.advance(i)
			return
		}
	}
	l.problems = append(l.problems, Problem{Pos: l.here(), Message: "comment does not end"})
	l.advance(len(l.src))
}

// advance moves to the offset end, counting lines.
func (l *lexer) advance(end int) {
	for l.pos < end {
		i := strings.IndexByte(l.src[l.pos:end], '\n')
		if i < 0 {
			l.pos = end
			return
		}
		l.pos += i + 1
		l.line++
		l.start = l.pos
	}
}

func (l *lexer) emit(kind Kind, end int) {
	l.tokens = append(l.tokens, Token{Kind: kind, Text: l.src[l.pos:end], Pos: l.here()})
	l.advance(end)
}

func (l *lexer) token() {
	c := l.src[l.pos]
	switch {
	case l.prefixed():
	case isStart(c) || c == '$' && l.pos+1 < len(l.src) && isStart(l.src[l.pos+1]):
		l.emit(Ident, l.wordEnd(l.pos+1))
	case c >= '0' && c <= '9':
		l.emit(Literal, l.numberEnd())
	case c == '"':
		l.str(l.pos)
	case c == '\'':
		l.quote()
	default:
		l.punct()
	}
}

func (l *lexer) wordEnd(i int) int {
	for i < len(l.src) && (isStart(l.src[i]) || l.src[i] >= '0' && l.src[i] <= '9') {
		i++
	}
	return i
}

func (l *lexer) numberEnd() int {
	end := l.wordEnd(l.pos + 1)
	// "1.5" is one number; "0..3" and "x.0.y" are not.
	if end+1 < len(l.src) && l.src[end] == '.' && l.src[end+1] >= '0' && l.src[end+1] <= '9' {
		end = l.wordEnd(end + 1)
	}
	return end
}

// prefixed reads b'x', b"…", c"…", r"…", r#"…"#, br#"…"# and r#name.
func (l *lexer) prefixed() bool {
	rest := l.src[l.pos:]
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
		l.str(l.pos + n)
	case rest[n] == '\'' && rest[:n] == "b":
		end := charEnd(l.src, l.pos+n)
		l.emit(Literal, max(end, l.pos+n+1))
	case rest[n] == '#' && raw:
		hashes := len(rest[n:]) - len(strings.TrimLeft(rest[n:], "#"))
		switch after := rest[n+hashes:]; {
		case strings.HasPrefix(after, `"`):
			l.raw(n, hashes)
		case n == 1 && hashes == 1 && after != "" && isStart(after[0]):
			end := l.wordEnd(l.pos + 2)
			l.tokens = append(l.tokens, Token{Kind: Ident, Text: l.src[l.pos+2 : end], Pos: l.here()})
			l.advance(end)
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
	open := l.pos + n + hashes + 1
	mark := `"` + strings.Repeat("#", hashes)
	if end := strings.Index(l.src[open:], mark); end >= 0 {
		l.emit(Literal, open+end+len(mark))
		return
	}
	l.problems = append(l.problems, Problem{Pos: l.here(), Message: "string does not end"})
	l.emit(Literal, len(l.src))
}

// str reads a string whose quote stands at the offset quote.
func (l *lexer) str(quote int) {
	for i := quote + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '"':
			l.emit(Literal, i+1)
			return
		case '\\':
			i++
		}
	}
	l.problems = append(l.problems, Problem{Pos: l.here(), Message: "string does not end"})
	l.emit(Literal, len(l.src))
}

// quote reads a character or a lifetime.
func (l *lexer) quote() {
	if end := charEnd(l.src, l.pos); end > 0 {
		l.emit(Literal, end)
		return
	}
	l.emit(Lifetime, l.wordEnd(l.pos+1))
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
		if strings.HasPrefix(l.src[l.pos:], p) {
			l.emit(Punct, l.pos+len(p))
			return
		}
	}
	l.emit(Punct, l.pos+1)
}

func isStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
