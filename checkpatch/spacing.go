// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// spacingRules look at the space around brackets and operators.
var spacingRules = []rule{
	with("OPEN_BRACE", errorLevel, checkFunctionBrace).needing("{"),
	with("OPEN_BRACE", errorLevel, checkTypeBrace).needing("{"),
	only("SPACING", warnLevel, `^.\s*(?:typedef\s+)?(enum|union|struct)(?:\s+{ident}){1,2}[={]`).
		fixing(firstOf(`^(.\s*(?:typedef\s+)?(?:enum|union|struct)(?:\s+\w+){1,2})([={])`, "$1 $2")),
	with("SPACING", warnLevel, checkFunctionPointer).needing("*"),
	with("BRACKET_SPACE", errorLevel, checkBracketSpace).needing("["),
	with("SPACING", warnLevel, checkCallSpace).needing("("),
	with("SPACING", errorLevel, checkOperators),
	with("SPACING", warnLevel, checkSemicolonSpace).needing(";"),
	only("MULTIPLE_ASSIGNMENTS", checkLevel, `^.\s*{lval}\s*=\s*{lval}\s*=(?!=)`).
		onlyIf(func(c *checker) bool { return strings.Count(c.line.text, "=") > 1 }),
	with("SPACING", errorLevel, checkBraceSpace).needing("{"),
	only("SPACING", errorLevel, `\}(?!(?:,|;|\)|\}))\S`).fixing(firstOf(`\}([^\s,;)])`, "} $1")),
	only("SPACING", errorLevel, `\[\s`).except(`\[\s*$`).fixing(firstOf(`\[\s+`, "[")),
	only("SPACING", errorLevel, `\s\]`).fixing(firstOf(`\s+\]`, "]")),
	only("SPACING", errorLevel, `\(\s`).except(`\(\s*(?:\\)?$|for\s*\(\s+;`).fixing(firstOf(`\(\s+`, "(")),
	only("SPACING", errorLevel, `\s+\)`).except(`^.\s*\)|for\s*\(.*;\s+\)|:\s+\)`).fixing(firstOf(`\s+\)`, ")")),
}

var (
	patFunctionOpen = pat(`{type}\s*{ident}\s*{parens}\s*\{`)
	patDefineDo     = lazyregexp.New(`#\s*define\b.*do\s*\{`)
)

// checkFunctionBrace wants the brace of a function on a line of its own.
func checkFunctionBrace(c *checker, r *rule) {
	plain := c.line.plain
	if strings.IndexByte(plain, '}') >= 0 || !followed(plain, ')', '{') || !c.m.Match(patFunctionOpen, plain) || patDefineDo.MatchString(plain) {
		return
	}
	if r.fire(c, "the brace of a function stands on a line of its own") && c.fixes.wanted() {
		raw := c.line.raw
		i := strings.LastIndexByte(raw, '{')
		c.fixes.remove(c.line.nr)
		c.fixes.insert(c.line.nr, trimRight(raw[:i]))
		c.fixes.insert(c.line.nr, "+{")
		if rest := trimSpace(raw[i+1:]); rest != "" {
			c.fixes.insert(c.line.nr, "+\t"+rest)
		}
	}
}

var patTypeHead = pat(`^.\s*(?:typedef\s+)?(enum|union|struct)(?:\s+{ident})?\s*$`)

func checkTypeBrace(c *checker, r *rule) {
	l := &c.line
	if !startsWithBrace(l.text) || !c.m.Match(patTypeHead, l.prev) {
		return
	}
	if r.fire(c, "the opening brace of a type belongs on its line") && strings.HasPrefix(l.prev, "+") {
		c.fixes.remove(l.nr - 1)
		c.fixes.remove(l.nr)
		c.fixes.insert(l.nr, trimRight(l.prevRaw)+" {")
		if rest := trimLeft(l.raw[strings.IndexByte(l.raw, '{')+1:]); rest != "" {
			c.fixes.insert(l.nr, "+\t"+rest)
		}
	}
}

var patFunctionPointer = pat(`^.\s*({declare})\((\s*)\*(\s*)({ident})(\s*)\)(\s*)\(`)

// checkFunctionPointer wants pointers to functions as "type (*name)(args)".
func checkFunctionPointer(c *checker, r *rule) {
	if !followed(c.line.text, '(', '*') {
		return
	}
	m := c.m.Groups(patFunctionPointer, c.line.text)
	if m == nil {
		return
	}
	declared := trimRight(m[1])
	bad := !strings.HasSuffix(declared, "*") && declared == m[1]
	for _, space := range []string{m[2], m[3], m[5], m[6]} {
		bad = bad || space != ""
	}
	if bad && r.fire(c, fmt.Sprintf("write the pointer to a function as %q", declared+" (*"+m[4]+")(")) {
		c.fixLine(func(line string) string {
			loc := c.m.Find(patFunctionPointer, line)
			if loc == nil {
				return line
			}
			space := " "
			if strings.HasSuffix(declared, "*") && declared == m[1] {
				space = ""
			}
			return line[:loc[2]] + declared + space + "(*" + m[4] + ")(" + line[loc[1]:]
		})
	}
}

var (
	patBeforeBracket = pat(`(.*?\s)\[`)
	patTypeSpaceEnd  = pat(`{type}\s+$`)
	patListSpaceEnd  = lazyregexp.New(`[{,:]\s+$`)
	patOnlySpace     = lazyregexp.New(`^.\s+$`)
)

func checkBracketSpace(c *checker, r *rule) {
	text := c.line.text
	if !strings.Contains(text, " [") && !strings.Contains(text, "\t[") {
		return
	}
	type place struct {
		at     int
		before string
	}
	var found []place
	c.m.All(patBeforeBracket, text, func(loc []int) bool {
		found = append(found, place{loc[2], text[loc[2]:loc[3]]})
		return true
	})
	for _, p := range found {
		if c.m.Match(patTypeSpaceEnd, p.before) || p.at == 0 && patOnlySpace.MatchString(p.before) || patListSpaceEnd.MatchString(p.before) {
			continue
		}
		if c.reportAt(r.typ, r.severity, p.at+len(p.before), "") {
			c.fixLine(func(line string) string { return patSpaceBracket.ReplaceAllString(line, "$1[") })
		}
	}
}

var patSpaceBracket = lazyregexp.New(`^(\+.*?)\s+\[`)

var (
	patNameSpace = pat(`({ident})\s+\(`)
	patDefineEnd = lazyregexp.New(`^.\s*#\s*define\s*$`)
	patElifEnd   = lazyregexp.New(`^.\s*#\s*elif\s*$`)
	patTypeEnd   = pat(`{type}$`)
)

// checkCallSpace wants no space between a function and its parenthesis.
func checkCallSpace(c *checker, r *rule) {
	text := c.line.text
	if !strings.Contains(text, " (") && !strings.Contains(text, "\t(") {
		return
	}
	for _, n := range c.namesBeforeParen(text) {
		name, before := text[n[0]:n[1]], text[:n[0]]
		if spaceAllowed(name) || patDefineEnd.MatchString(before) || patElifEnd.MatchString(text[:n[1]]) ||
			c.m.Match(patTypeEnd, text[:n[1]]) {
			continue
		}
		if c.reportAt(r.typ, r.severity, n[1]+1, fmt.Sprintf("no space belongs between %s and its parenthesis", name)) {
			c.fixLine(func(line string) string {
				return regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`\s+\(`).ReplaceAllLiteralString(line, name+"(")
			})
		}
	}
}

// spaceAllowed reports whether white space may stand between word and a parenthesis.
func spaceAllowed(word string) bool {
	switch word {
	case "if", "for", "while", "switch", "return", "case", "volatile", "__volatile__", "__attribute__", "format",
		"__extension__", "asm", "__asm__", "scoped_guard":
		return true
	}
	return false
}

// namesBeforeParen returns where the names stand that white space and a parenthesis follow.
func (c *checker) namesBeforeParen(text string) (names [][2]int) {
	if strings.Contains(text, "##") {
		c.m.All(patNameSpace, text, func(loc []int) bool {
			names = append(names, [2]int{loc[2], loc[3]})
			return true
		})
		return names
	}
	for i := 1; i < len(text); i++ {
		if text[i] != '(' || !isSpace(text[i-1]) {
			continue
		}
		end := i
		for end > 0 && isSpace(text[end-1]) {
			end--
		}
		start := wordStartBefore(text, end)
		for start < end && isDigit(text[start]) {
			start++
		}
		if start < end {
			names = append(names, [2]int{start, end})
		}
	}
	return names
}

var patSpaceSemicolon = lazyregexp.New(`^(\+.*\S)\s+;`)

func checkSemicolonSpace(c *checker, r *rule) {
	text := trimRight(c.line.text)
	rest, ok := strings.CutSuffix(text, ";")
	if !ok || !c.added() || rest == "" || !isSpace(rest[len(rest)-1]) || trimSpace(rest[1:]) == "" {
		return
	}
	if r.fire(c, "no space belongs before a semicolon") {
		c.fixLine(func(line string) string { return patSpaceSemicolon.ReplaceAllString(line, "$1;") })
	}
}

var (
	patParenThenBrace = pat(`\(.*\)\{`)
	patCastBrace      = pat(`\({type}\)\{`)
	patWordBrace      = pat(`\b(?:else|do)\{`)
	patBraceGlued     = lazyregexp.New(`^(\+.*(?:do|else|\)))\{`)
)

func checkBraceSpace(c *checker, r *rule) {
	text := c.line.text
	if c.m.Match(patParenThenBrace, text) && !c.m.Match(patCastBrace, text) || c.m.Match(patWordBrace, text) {
		if r.fire(c, "a space belongs before the opening brace") {
			c.fixLine(func(line string) string { return patBraceGlued.ReplaceAllString(line, "$1 {") })
		}
	}
}
