// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

var (
	patLabelEnd    = Compile(`{ident}:\*$`)
	patDeclStart   = Compile(`^.\s*(?:{storage}\s+)?(?:{inline}\s+)?(?:const\s+)?((?:\s*{ident})+?)\b(?:\s+{sparse})?\s*\**\s*(?:{ident}|\(\*[^)]*\))(?:\s*{modifier})?\s*(?:;|=|,|\()`)
	patGlobalStart = Compile(`^.(?:{storage}\s+)?(?:{inline}\s+)?(?:const\s+)?({ident})\b\s*(?!:)`)
	patPointerCast = Compile(`\(({ident})(?:\s+{sparse})*[\s*]+\s*\)`)
	patFunctionDef = Compile(`^(.(?:typedef\s*)?(?:(?:{storage}|{inline})\s*)*\s*{type}\s*(?:\b{ident}|\(\*\s*{ident}\))\s*)\(`)
	patArgNamed    = Compile(`^(?:const\s+)?({ident})(?:\s+{sparse})*\s*\**\s*(:?\b{ident})?$`)
)

// learnFrom takes names for types that stand where a declaration has one.
func (c *checker) learnFrom(s string) {
	switch {
	case c.M.Match(patLabelEnd, s):
	case startsCall(s):
	case FirstWord(s[min(SkipSpace(s, 1), len(s)):]) == "else":
	default:
		if c.Stmt.Before == valEnd && startsDeclaration(s) {
			if m := c.M.Groups(patDeclStart, s); m != nil {
				c.learn(strings.Join(splitSpace(m[1]), " "))
				break
			}
		}
		if len(s) > 1 && IsWordByte(s[1]) {
			if m := c.M.Groups(patGlobalStart, s); m != nil {
				c.learn(m[1])
			}
		}
	}
	if strings.IndexByte(s, '(') < 0 {
		return
	}
	c.learnCasts(s)
	if c.Stmt.Before == valEnd && c.MayDeclareFunction(s) {
		c.learnArguments(s)
	}
}

// startsDeclaration reports whether a statement may start as patDeclStart says: with two words or more, or one and a
// parenthesis.
func startsDeclaration(s string) bool {
	words, end := LeadingWords(s)
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
	i := SkipSpace(s, 1)
	if i >= len(s) || !IsWordByte(s[i]) || IsDigit(s[i]) {
		return false
	}
	end := SkipSpace(s, i+IdentEnd(s[i:]))
	return end < len(s) && s[end] == '('
}

// learnCasts learns from casts to pointers.
func (c *checker) learnCasts(s string) {
	if !endsLikePointer(s) {
		return
	}
	var casts []string
	c.M.All(patPointerCast, s, func(loc []int) bool {
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
		if s[i] == ')' && (s[i-1] == '*' || IsSpace(s[i-1])) {
			return true
		}
	}
	return false
}

// learnArguments learns from the arguments of a function that s, the head of a statement, declares.
func (c *checker) learnArguments(s string) {
	m := c.M.Groups(patFunctionDef, s)
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
			arg = TrimLeft(arg)
		}
		if i < len(list)-1 {
			arg = TrimRight(arg)
		}
		if a := c.M.Groups(patArgNamed, arg); a != nil {
			c.learn(a[1])
		}
	}
}

// splitSpace splits at white space, and keeps an empty first word.
func splitSpace(s string) []string {
	words := strings.FieldsFunc(s, IsSpaceRune)
	if s != "" && IsSpace(s[0]) {
		words = append([]string{""}, words...)
	}
	return words
}
