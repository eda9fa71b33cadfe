// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

var (
	patLabelEnd    = syntax.Compile(`{ident}:\*$`)
	patDeclStart   = syntax.Compile(`^.\s*(?:{storage}\s+)?(?:{inline}\s+)?(?:const\s+)?((?:\s*{ident})+?)\b(?:\s+{sparse})?\s*\**\s*(?:{ident}|\(\*[^)]*\))(?:\s*{modifier})?\s*(?:;|=|,|\()`)
	patGlobalStart = syntax.Compile(`^.(?:{storage}\s+)?(?:{inline}\s+)?(?:const\s+)?({ident})\b\s*(?!:)`)
	patPointerCast = syntax.Compile(`\(({ident})(?:\s+{sparse})*[\s*]+\s*\)`)
	patFunctionDef = syntax.Compile(`^(.(?:typedef\s*)?(?:(?:{storage}|{inline})\s*)*\s*{type}\s*(?:\b{ident}|\(\*\s*{ident}\))\s*)\(`)
	patArgNamed    = syntax.Compile(`^(?:const\s+)?({ident})(?:\s+{sparse})*\s*\**\s*(:?\b{ident})?$`)
)

// learnFrom takes names for types that stand where a declaration has one.
func (c *Checker) learnFrom(s string) {
	switch {
	case c.M.Match(patLabelEnd, s):
	case startsCall(s):
	case lines.FirstWord(s[min(lines.SkipSpace(s, 1), len(s)):]) == "else":
	default:
		if c.Stmt.Before == valEnd && startsDeclaration(s) {
			if m := c.M.Groups(patDeclStart, s); m != nil {
				c.learn(strings.Join(splitSpace(m[1]), " "))
				break
			}
		}
		if len(s) > 1 && lines.IsWordByte(s[1]) {
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
	words, end := lines.LeadingWords(s)
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
	i := lines.SkipSpace(s, 1)
	if i >= len(s) || !lines.IsWordByte(s[i]) || lines.IsDigit(s[i]) {
		return false
	}
	end := lines.SkipSpace(s, i+lines.IdentEnd(s[i:]))
	return end < len(s) && s[end] == '('
}

// learnCasts learns from casts to pointers.
func (c *Checker) learnCasts(s string) {
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
		if s[i] == ')' && (s[i-1] == '*' || lines.IsSpace(s[i-1])) {
			return true
		}
	}
	return false
}

// learnArguments learns from the arguments of a function that s, the head of a statement, declares.
func (c *Checker) learnArguments(s string) {
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
			arg = lines.TrimLeft(arg)
		}
		if i < len(list)-1 {
			arg = lines.TrimRight(arg)
		}
		if a := c.M.Groups(patArgNamed, arg); a != nil {
			c.learn(a[1])
		}
	}
}

// splitSpace splits at white space, and keeps an empty first word.
func splitSpace(s string) []string {
	words := strings.FieldsFunc(s, lines.IsSpaceRune)
	if s != "" && lines.IsSpace(s[0]) {
		words = append([]string{""}, words...)
	}
	return words
}

var (
	patNoType = syntax.Compile(`(?:^(?:{modifier}|{storage}|{type}|DEFINE_\S+)$|` +
		`^(?:goto|return|case|else|asm|__asm__|do|#|##|)(?:\s|$)|^(?:typedef|struct|enum)\b)`)
	patStorageIn = syntax.Compile(`\s*{storage}\s*`)
	patSparseIn  = syntax.Compile(`\s*{sparse}\s*`)
	patTypeIn    = syntax.Compile(`\s*{type}\s*`)
)

// learn takes name, which stands where a type can stand, for a type, or its words for modifiers.
func (c *Checker) learn(name string) {
	if len(c.Learned.Types) > maxLearned || c.Learned.Types[name] || c.Learned.None[name] {
		return
	}
	if c.M.Match(patNoType, name) {
		if c.Learned.None == nil {
			c.Learned.None = map[string]bool{}
		}
		c.Learned.None[name] = true
		return
	}
	name = c.DeleteAll(patStorageIn, name)
	name = c.DeleteAll(patSparseIn, name)
	switch {
	case strings.TrimSpace(name) == "":
	case strings.ContainsAny(name, " \t\n\r\f\v"):
		for _, mod := range strings.Fields(c.DeleteAll(patTypeIn, name)) {
			if !c.M.Match(patNoType, mod) {
				c.Learned.AddModifier(mod)
			}
		}
	default:
		c.Learned.AddType(name)
	}
}

// maxLearned bounds what one input can teach.
const maxLearned = 20_000
