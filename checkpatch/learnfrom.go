// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

var (
	patLabelEnd    = pat(`{ident}:\*$`)
	patDeclStart   = pat(`^.\s*(?:{storage}\s+)?(?:{inline}\s+)?(?:const\s+)?((?:\s*{ident})+?)\b(?:\s+{sparse})?\s*\**\s*(?:{ident}|\(\*[^)]*\))(?:\s*{modifier})?\s*(?:;|=|,|\()`)
	patGlobalStart = pat(`^.(?:{storage}\s+)?(?:{inline}\s+)?(?:const\s+)?({ident})\b\s*(?!:)`)
	patPointerCast = pat(`\(({ident})(?:\s+{sparse})*[\s*]+\s*\)`)
	patFunctionDef = pat(`^(.(?:typedef\s*)?(?:(?:{storage}|{inline})\s*)*\s*{type}\s*(?:\b{ident}|\(\*\s*{ident}\))\s*)\(`)
	patArgNamed    = pat(`^(?:const\s+)?({ident})(?:\s+{sparse})*\s*\**\s*(:?\b{ident})?$`)
)

// learnFrom takes names for types that stand where a declaration has one.
func (c *checker) learnFrom(s string) {
	switch {
	case c.m.Match(patLabelEnd, s):
	case startsCall(s):
	case firstWord(s[min(skipSpace(s, 1), len(s)):]) == "else":
	default:
		if c.stmt.before == valEnd && startsDeclaration(s) {
			if m := c.m.Groups(patDeclStart, s); m != nil {
				c.learn(strings.Join(splitSpace(m[1]), " "))
				break
			}
		}
		if len(s) > 1 && isWordByte(s[1]) {
			if m := c.m.Groups(patGlobalStart, s); m != nil {
				c.learn(m[1])
			}
		}
	}
	if strings.IndexByte(s, '(') < 0 {
		return
	}
	c.learnCasts(s)
	if c.stmt.before == valEnd && c.mayDeclareFunction(s) {
		c.learnArguments(s)
	}
}

// startsDeclaration reports whether a statement may start as patDeclStart says: with two words or more, or one and a
// parenthesis.
func startsDeclaration(s string) bool {
	words, end := leadingWords(s)
	if end == len(s) {
		return false
	}
	switch s[end] {
	case ';', '=', ',':
		return words > 1
	}
	return s[end] == '(' && words > 0
}

// startsCall reports whether a statement starts with a name and a parenthesis.
func startsCall(s string) bool {
	i := skipSpace(s, 1)
	if i >= len(s) || !isWordByte(s[i]) || isDigit(s[i]) {
		return false
	}
	end := skipSpace(s, i+identEnd(s[i:]))
	return end < len(s) && s[end] == '('
}

// learnCasts learns from casts to pointers.
func (c *checker) learnCasts(s string) {
	if !endsLikePointer(s) {
		return
	}
	var casts []string
	c.m.All(patPointerCast, s, func(loc []int) bool {
		casts = append(casts, s[loc[2]:loc[3]])
		return true
	})
	for _, name := range casts {
		c.learn(name)
	}
}

// endsLikePointer reports whether a star or white space stands before a closing parenthesis.
func endsLikePointer(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i] == ')' && (s[i-1] == '*' || isSpace(s[i-1])) {
			return true
		}
	}
	return false
}

// learnArguments learns from the arguments of a function that s, the head of a statement, declares.
func (c *checker) learnArguments(s string) {
	m := c.m.Groups(patFunctionDef, s)
	if m == nil {
		return
	}
	args := s[len(m[1])+1:]
	if i := strings.LastIndexByte(args, ')'); i >= 0 {
		args = args[:i]
	}
	list := strings.Split(args, ",")
	for i, arg := range list {
		if i > 0 {
			arg = trimLeft(arg)
		}
		if i < len(list)-1 {
			arg = trimRight(arg)
		}
		if a := c.m.Groups(patArgNamed, arg); a != nil {
			c.learn(a[1])
		}
	}
}

// splitSpace splits at white space, and keeps an empty first word.
func splitSpace(s string) []string {
	words := strings.FieldsFunc(s, isSpaceRune)
	if s != "" && isSpace(s[0]) {
		words = append([]string{""}, words...)
	}
	return words
}
