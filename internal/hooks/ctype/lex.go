// SPDX-License-Identifier: GPL-2.0-only

// Package ctype reads C as the kernel writes it, as far as the types of functions need it.
//
// For most uses, call [ParseUnit] for a file and look at its declarations, or [ParseDecl] for
// one declaration. [Compatible] compares two types as the compiler's
// __builtin_types_compatible_p does, with typedefs and enumerations resolved by a [Lookup].
//
// The package keeps all branches of an #if, since a patch has to be right under every
// configuration: each token and each declaration carries the condition that it stands under.
// Nothing here panics on damaged input; what cannot be read is a [Problem] with its place, and
// reading goes on behind it.
package ctype

import (
	"math"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/scan"
	"github.com/lsmpatch/lsmpatch/internal/share"
)

// Kind tells tokens apart.
type Kind uint8

const (
	// EOF is the kind of the token behind the last.
	EOF Kind = iota
	// Ident is an identifier or a keyword.
	Ident
	// Number is a preprocessing number.
	Number
	// String is a string literal, prefix and quotes included; Char a character constant.
	String
	Char
	// Punct is an operator or a bracket.
	Punct
	// Directive is a whole preprocessor line, from the word behind "#" on, without comments;
	// continuation lines are still separate.
	Directive
)

// A Pos is a place in a file of the tree.
type Pos = scan.Pos

// A Problem is something that could not be read.
type Problem = scan.Problem

// A Token is one piece of C. A series has millions of them, so what many have in common is kept once.
type Token struct {
	Text   string
	common *common // nil for what stands nowhere
	line   int32
	col    uint16
	Kind   Kind
	// Space says that white space or a comment stands before the token.
	Space bool
}

// common is what tokens of a file have in common.
type common struct{ file, cond string }

// Pos returns where the token stands.
func (t *Token) Pos() Pos {
	if t.common == nil {
		return Pos{}
	}
	return Pos{File: t.common.file, Line: int(t.line), Col: int(t.col)}
}

// Cond returns the condition that the token stands under, "" for none. The lexer knows none.
func (t *Token) Cond() string {
	if t.common == nil {
		return ""
	}
	return t.common.cond
}

// NewToken returns a token that stands at pos, under a condition.
func NewToken(kind Kind, text string, pos Pos, cond string) Token {
	t := Token{Kind: kind, Text: text}
	t.place(&common{pos.File, cond}, pos.Line, pos.Col)
	return t
}

// place puts t at a line and a column. A column that no file of a kernel has is told as the last that can be.
func (t *Token) place(in *common, line, col int) {
	t.common, t.line, t.col = in, int32(min(line, math.MaxInt32)), uint16(min(col, math.MaxUint16))
}

// placeAs puts t where another token stands.
func (t *Token) placeAs(at *Token) { t.common, t.line, t.col = at.common, at.line, at.col }

// nesting returns 1 for a bracket that opens, -1 for one that closes, and 0 for all else.
func (t *Token) nesting() int {
	if t.Kind != Punct {
		return 0
	}
	return scan.Nesting(t.Text)
}

// Is reports whether t is the punctuator or the identifier text.
func (t *Token) Is(text string) bool {
	return (t.Kind == Punct || t.Kind == Ident) && t.Text == text
}

// puncts are the operators of more than one character, longest first.
var puncts = [...]string{
	"...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
	"*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "##",
}

type lexer struct {
	scan.Scanner
	space    bool
	bol      bool // nothing but white space on the line so far
	lines    bool // directives alone are wanted
	in       *common
	tokens   []Token
	problems []Problem
}

// Lex takes src apart. Comments are dropped, and a directive is one token. A comment or a
// literal that does not end is a problem; the tokens before it are returned all the same. They are parts of src, to which nobody
// may write then.
func Lex(file string, src []byte) ([]Token, []Problem) {
	return LexAt(Pos{File: file, Line: 1, Col: 1}, share.String(src))
}

// LexAt is [Lex] for a text that begins at pos within its file.
func LexAt(pos Pos, src string) ([]Token, []Problem) {
	return lexInto(make([]Token, 0, len(src)/6+2), pos, src)
}

// lexInto is [LexAt] behind the tokens of a buffer, which it may make longer.
func lexInto(buffer []Token, pos Pos, src string) ([]Token, []Problem) {
	l := &lexer{Scanner: scan.Scanner{File: pos.File, Src: src, Line: pos.Line, Start: 1 - pos.Col}, bol: true, tokens: buffer, in: &common{file: pos.File}}
	for l.skip(); l.Off < len(l.Src); l.skip() {
		l.token()
	}
	return l.tokens, l.problems
}

// lexDirectives is [Lex] for the directives alone.
func lexDirectives(file string, src []byte) []Token {
	l := &lexer{Scanner: scan.Scanner{File: file, Src: share.String(src), Line: 1}, bol: true, lines: true, in: &common{file: file}}
	for l.skip(); l.Off < len(l.Src); l.skip() {
		l.token()
	}
	return l.tokens
}

func (l *lexer) problem(pos Pos, message string) {
	l.problems = append(l.problems, Problem{Pos: pos, Message: message})
}

// skip moves over white space, comments and joined lines.
func (l *lexer) skip() {
	for l.Off < len(l.Src) {
		c := l.Src[l.Off]
		switch {
		case c == '\n':
			l.Off++
			l.Newline()
			l.bol = true
		case c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f':
			l.Off++
		case c == '\\' && l.joined() > 0:
			l.Off += l.joined()
			l.Newline()
		case c == '/' && strings.HasPrefix(l.Src[l.Off:], "//"):
			l.lineComment()
		case c == '/' && strings.HasPrefix(l.Src[l.Off:], "/*"):
			l.blockComment()
		default:
			return
		}
		l.space = true
	}
}

// joined returns the length of the backslash and line end at the current position, or 0.
func (l *lexer) joined() int {
	rest := l.Src[l.Off:]
	switch {
	case strings.HasPrefix(rest, "\\\n"):
		return 2
	case strings.HasPrefix(rest, "\\\r\n"):
		return 3
	}
	return 0
}

func (l *lexer) lineComment() {
	for l.Off < len(l.Src) && l.Src[l.Off] != '\n' {
		if n := l.joined(); n > 0 {
			l.Off += n
			l.Newline()
			continue
		}
		l.Off++
	}
}

func (l *lexer) blockComment() {
	end := strings.Index(l.Src[l.Off+2:], "*/")
	if end < 0 {
		l.problem(l.Here(), "comment does not end")
		l.Advance(len(l.Src))
		return
	}
	l.Advance(l.Off + 2 + end + 2)
}

func (l *lexer) token() {
	c := l.Src[l.Off]
	switch {
	case c == '#' && l.bol:
		l.directive()
	case isIdentStart(c):
		l.word()
	case isDigit(c) || c == '.' && l.Off+1 < len(l.Src) && isDigit(l.Src[l.Off+1]):
		end := l.Off + 1
		for end < len(l.Src) && numberGoesOn(l.Src[end-1], l.Src[end]) {
			end++
		}
		l.emit(Number, end)
	case c == '"' || c == '\'':
		l.literal(l.Off)
	default:
		l.punct()
	}
	l.bol, l.space = false, false
}

func (l *lexer) emit(kind Kind, end int) {
	if l.lines {
		l.Off = end
		return
	}
	l.add(Token{Kind: kind, Space: l.space, Text: l.Src[l.Off:end]}, l.Here())
	l.Off = end
}

func (l *lexer) add(t Token, at Pos) {
	t.place(l.in, at.Line, at.Col)
	l.tokens = append(l.tokens, t)
}

func (l *lexer) word() {
	end := l.Off
	for end < len(l.Src) && isIdent(l.Src[end]) {
		end++
	}
	if end < len(l.Src) && (l.Src[end] == '"' || l.Src[end] == '\'') && isEncoding(l.Src[l.Off:end]) {
		l.literal(end)
		return
	}
	l.emit(Ident, end)
}

func isEncoding(s string) bool { return s == "L" || s == "u" || s == "U" || s == "u8" }

// literal reads a string or character constant whose quote stands at the offset quote.
func (l *lexer) literal(quote int) {
	kind := String
	if l.Src[quote] == '\'' {
		kind = Char
	}
	for i := quote + 1; i < len(l.Src) && l.Src[i] != '\n'; i++ {
		switch l.Src[i] {
		case l.Src[quote]:
			l.emit(kind, i+1)
			return
		case '\\':
			i++
		}
	}
	l.problem(l.Here(), "literal does not end on its line")
	l.emit(kind, quote+1)
}

func (l *lexer) punct() {
	switch l.Src[l.Off] {
	case '(', ')', '{', '}', '[', ']', ',', ';', ':', '?', '~': // begin no longer one
		l.emit(Punct, l.Off+1)
		return
	}
	for _, p := range puncts {
		if strings.HasPrefix(l.Src[l.Off:], p) {
			l.emit(Punct, l.Off+len(p))
			return
		}
	}
	l.emit(Punct, l.Off+1)
}

// directive reads a preprocessor line with its continuation lines as one token.
func (l *lexer) directive() {
	pos := l.Here()
	var text strings.Builder
	l.Off++
	for l.Off < len(l.Src) && l.Src[l.Off] != '\n' {
		rest := l.Src[l.Off:]
		switch {
		case l.joined() > 0:
			l.Off += l.joined()
			l.Newline()
			text.WriteString("\\\n") // lexed again, it joins again
		case strings.HasPrefix(rest, "//"):
			l.lineComment()
		case strings.HasPrefix(rest, "/*"):
			l.blockComment()
			text.WriteByte(' ')
		case rest[0] == '"':
			n := quotedLen(rest)
			text.WriteString(rest[:n])
			l.Off += n
		default:
			text.WriteByte(rest[0])
			l.Off++
		}
	}
	l.add(Token{Kind: Directive, Text: strings.TrimSpace(text.String())}, pos)
}

// quotedLen returns the length of the string literal that s begins with, or 1 where it does not
// end on its line.
func quotedLen(s string) int {
	for i := 1; i < len(s) && s[i] != '\n'; i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return 1
}

func isIdentStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isIdent(c byte) bool { return isIdentStart(c) || isDigit(c) }

func numberGoesOn(last, c byte) bool {
	if c == '+' || c == '-' {
		return last == 'e' || last == 'E' || last == 'p' || last == 'P'
	}
	return isIdent(c) || c == '.'
}
