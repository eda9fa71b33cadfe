// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// SpacingRules look at the space around brackets and operators.
var SpacingRules = []engine.Rule{
	engine.With("OPEN_BRACE", engine.Error, checkFunctionBrace).Needing("{"),
	engine.With("OPEN_BRACE", engine.Error, checkTypeBrace).Needing("{"),
	engine.Only("SPACING", engine.Warn, `^.\s*(?:typedef\s+)?(enum|union|struct)(?:\s+{ident}){1,2}[={]`).
		Fixing(engine.FirstOf(`^(.\s*(?:typedef\s+)?(?:enum|union|struct)(?:\s+\w+){1,2})([={])`, "$1 $2")),
	engine.With("SPACING", engine.Warn, checkFunctionPointer).Needing("*"),
	engine.With("BRACKET_SPACE", engine.Error, checkBracketSpace).Needing("["),
	engine.With("SPACING", engine.Warn, checkCallSpace).Needing("("),
	engine.With("SPACING", engine.Error, checkOperators),
	engine.With("SPACING", engine.Warn, checkSemicolonSpace).Needing(";"),
	engine.Only("MULTIPLE_ASSIGNMENTS", engine.Check, `^.\s*{lval}\s*=\s*{lval}\s*=(?!=)`).
		OnlyIf(func(c *engine.Checker) bool { return strings.Count(c.Line.Text, "=") > 1 }),
	engine.With("SPACING", engine.Error, checkBraceSpace).Needing("{"),
	engine.Only("SPACING", engine.Error, `\}(?!(?:,|;|\)|\}))\S`).Fixing(engine.FirstOf(`\}([^\s,;)])`, "} $1")),
	engine.Only("SPACING", engine.Error, `\[\s`).Except(`\[\s*$`).Fixing(engine.FirstOf(`\[\s+`, "[")),
	engine.Only("SPACING", engine.Error, `\s\]`).Fixing(engine.FirstOf(`\s+\]`, "]")),
	engine.Only("SPACING", engine.Error, `\(\s`).Except(`\(\s*(?:\\)?$|for\s*\(\s+;`).Fixing(engine.FirstOf(`\(\s+`, "(")),
	engine.Only("SPACING", engine.Error, `\s+\)`).Except(`^.\s*\)|for\s*\(.*;\s+\)|:\s+\)`).Fixing(engine.FirstOf(`\s+\)`, ")")),
}

var (
	patFunctionOpen = syntax.Compile(`{type}\s*{ident}\s*{parens}\s*\{`)
	patDefineDo     = lazyregexp.New(`#\s*define\b.*do\s*\{`)
)

// checkFunctionBrace wants the brace of a function on a line of its own.
func checkFunctionBrace(c *engine.Checker, r *engine.Rule) {
	plain := c.Line.Plain
	if strings.IndexByte(plain, '}') >= 0 || !followed(plain, ')', '{') || !c.M.Match(patFunctionOpen, plain) || patDefineDo.MatchString(plain) {
		return
	}
	if r.Fire(c, "the brace of a function stands on a line of its own") && c.Fixes.Wanted() {
		raw := c.Line.Raw
		i := strings.LastIndexByte(raw, '{')
		c.Fixes.Remove(c.Line.Nr)
		c.Fixes.Insert(c.Line.Nr, lines.TrimRight(raw[:i]))
		c.Fixes.Insert(c.Line.Nr, "+{")
		if rest := lines.TrimSpace(raw[i+1:]); rest != "" {
			c.Fixes.Insert(c.Line.Nr, "+\t"+rest)
		}
	}
}

var patTypeHead = syntax.Compile(`^.\s*(?:typedef\s+)?(enum|union|struct)(?:\s+{ident})?\s*$`)

func checkTypeBrace(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if !startsWithBrace(l.Text) || !c.M.Match(patTypeHead, l.Prev) {
		return
	}
	if r.Fire(c, "the opening brace of a type belongs on its line") && strings.HasPrefix(l.Prev, "+") {
		c.Fixes.Remove(l.Nr - 1)
		c.Fixes.Remove(l.Nr)
		c.Fixes.Insert(l.Nr, lines.TrimRight(l.PrevRaw)+" {")
		if rest := lines.TrimLeft(l.Raw[strings.IndexByte(l.Raw, '{')+1:]); rest != "" {
			c.Fixes.Insert(l.Nr, "+\t"+rest)
		}
	}
}

var patFunctionPointer = syntax.Compile(`^.\s*({declare})\((\s*)\*(\s*)({ident})(\s*)\)(\s*)\(`)

// checkFunctionPointer wants pointers to functions as "type (*name)(args)".
func checkFunctionPointer(c *engine.Checker, r *engine.Rule) {
	if !followed(c.Line.Text, '(', '*') {
		return
	}
	m := c.M.Groups(patFunctionPointer, c.Line.Text)
	if m == nil {
		return
	}
	declared := lines.TrimRight(m[1])
	bad := !strings.HasSuffix(declared, "*") && declared == m[1]
	for _, space := range []string{m[2], m[3], m[5], m[6]} {
		bad = bad || space != ""
	}
	if bad && r.Fire(c, fmt.Sprintf("write the pointer to a function as %q", declared+" (*"+m[4]+")(")) {
		c.FixLine(func(line string) string {
			loc := c.M.Find(patFunctionPointer, line)
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
	patBeforeBracket = syntax.Compile(`(.*?\s)\[`)
	patTypeSpaceEnd  = syntax.Compile(`{type}\s+$`)
	patListSpaceEnd  = lazyregexp.New(`[{,:]\s+$`)
	patOnlySpace     = lazyregexp.New(`^.\s+$`)
)

func checkBracketSpace(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if !strings.Contains(text, " [") && !strings.Contains(text, "\t[") {
		return
	}
	type place struct {
		at     int
		before string
	}
	var found []place
	c.M.All(patBeforeBracket, text, func(loc []int) bool {
		found = append(found, place{loc[2], text[loc[2]:loc[3]]})
		return true
	})
	for _, p := range found {
		if c.M.Match(patTypeSpaceEnd, p.before) || p.at == 0 && patOnlySpace.MatchString(p.before) || patListSpaceEnd.MatchString(p.before) {
			continue
		}
		if c.ReportAt(r.Typ, r.Severity, p.at+len(p.before), "") {
			c.FixLine(func(line string) string { return patSpaceBracket.ReplaceAllString(line, "$1[") })
		}
	}
}

var patSpaceBracket = lazyregexp.New(`^(\+.*?)\s+\[`)

var (
	patNameSpace = syntax.Compile(`({ident})\s+\(`)
	patDefineEnd = lazyregexp.New(`^.\s*#\s*define\s*$`)
	patElifEnd   = lazyregexp.New(`^.\s*#\s*elif\s*$`)
	patTypeEnd   = syntax.Compile(`{type}$`)
)

// checkCallSpace wants no space between a function and its parenthesis.
func checkCallSpace(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if !strings.Contains(text, " (") && !strings.Contains(text, "\t(") {
		return
	}
	for _, n := range namesBeforeParen(c, text) {
		name, before := text[n[0]:n[1]], text[:n[0]]
		if spaceAllowed(name) || patDefineEnd.MatchString(before) || patElifEnd.MatchString(text[:n[1]]) ||
			c.M.Match(patTypeEnd, text[:n[1]]) {
			continue
		}
		if c.ReportAt(r.Typ, r.Severity, n[1]+1, fmt.Sprintf("no space belongs between %s and its parenthesis", name)) {
			c.FixLine(func(line string) string {
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
func namesBeforeParen(c *engine.Checker, text string) (names [][2]int) {
	if strings.Contains(text, "##") {
		c.M.All(patNameSpace, text, func(loc []int) bool {
			names = append(names, [2]int{loc[2], loc[3]})
			return true
		})
		return names
	}
	for i := 1; i < len(text); i++ {
		if text[i] != '(' || !lines.IsSpace(text[i-1]) {
			continue
		}
		end := i
		for end > 0 && lines.IsSpace(text[end-1]) {
			end--
		}
		start := lines.WordStartBefore(text, end)
		for start < end && lines.IsDigit(text[start]) {
			start++
		}
		if start < end {
			names = append(names, [2]int{start, end})
		}
	}
	return names
}

var patSpaceSemicolon = lazyregexp.New(`^(\+.*\S)\s+;`)

func checkSemicolonSpace(c *engine.Checker, r *engine.Rule) {
	text := lines.TrimRight(c.Line.Text)
	rest, ok := strings.CutSuffix(text, ";")
	if !ok || !c.Added() || rest == "" || !lines.IsSpace(rest[len(rest)-1]) || lines.TrimSpace(rest[1:]) == "" {
		return
	}
	if r.Fire(c, "no space belongs before a semicolon") {
		c.FixLine(func(line string) string { return patSpaceSemicolon.ReplaceAllString(line, "$1;") })
	}
}

var (
	patParenThenBrace = syntax.Compile(`\(.*\)\{`)
	patCastBrace      = syntax.Compile(`\({type}\)\{`)
	patWordBrace      = syntax.Compile(`\b(?:else|do)\{`)
	patBraceGlued     = lazyregexp.New(`^(\+.*(?:do|else|\)))\{`)
)

func checkBraceSpace(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if c.M.Match(patParenThenBrace, text) && !c.M.Match(patCastBrace, text) || c.M.Match(patWordBrace, text) {
		if r.Fire(c, "a space belongs before the opening brace") {
			c.FixLine(func(line string) string { return patBraceGlued.ReplaceAllString(line, "$1 {") })
		}
	}
}
