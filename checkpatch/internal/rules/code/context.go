// SPDX-License-Identifier: GPL-2.0-only

// Package code has the rules about C as a language: declarations, statements, braces, parentheses, space around
// operators, macros, strings. Each file has a table of rules and what they check with; [ContextRules] look at the line and those
// around it, before the tables.
package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// What the words of a line tell that the context rules look for.
const (
	hasHead = iota // perhaps the head of a block
	hasForEach
	hasElse
	hasBreak
	hasSwitch
	hasMarker  // of a version control system, or of sections that are gone
	hasPointer // perhaps a pointer, or a modifier that is in every file
	hasExport
)

// ContextFacts is the table of these, which are no rules but found as what rules need is.
var ContextFacts = engine.RuleTable{
	hasHead: engine.Rule{}.Needing("if", "while", "for", "switch", "do", "else"), hasForEach: engine.Rule{}.Needing("for_each"),
	hasElse: engine.Rule{}.Needing("else"), hasBreak: engine.Rule{}.Needing("break"), hasSwitch: engine.Rule{}.Needing("switch"),
	hasMarker: engine.Rule{}.Needing("$", "__dev"), hasPointer: engine.Rule{}.Needing("*", "__", "const", "volatile", "fastcall"),
	hasExport: engine.Rule{}.Needing("EXPORT_SYMBOL"),
}

// ContextRules look at added lines and those around them: what they find may start in the context.
func ContextRules(c *engine.Checker) {
	checkOpenEnd(c)
	followFunction(c)
	if c.Hits.Has(hasElse) {
		checkElseAfterJump(c)
	}
	if c.Hits.Has(hasBreak) {
		checkBreakAfterJump(c)
	}
	if c.Hits.Has(hasMarker) {
		checkMarkers(c)
	}
	c.StartStatement()
	if c.Hits.Has(hasSwitch) {
		checkSwitchIndent(c)
	}
	if c.Hits.Has(hasHead) {
		checkConditionBrace(c)
		checkBlockIndent(c)
	}
	c.Stmt.Values, c.Stmt.Variants = c.Values(c.Src.SpacedLine(c.Line.Nr), c.Stmt.Before)
	c.Stmt.Before = c.Stmt.Values[len(c.Stmt.Values)-1]
}

// checkOpenEnd finds lines that end with an opening bracket.
func checkOpenEnd(c *engine.Checker) {
	text := lines.TrimRight(c.Line.Text)
	if len(text) > 1 && text[0] == '+' && (text[len(text)-1] == '(' || text[len(text)-1] == '[') {
		c.Report("OPEN_ENDED_LINE", engine.Check, "")
	}
}

var (
	patFunctionHead = syntax.Compile(`^\+(?:(?:(?:{storage}|{inline})\s*)*\s*{type}\s*)?({ident})\(`)
	patOpenAlone    = lazyregexp.New(`^\+\{\s*$`)
	patCloseAlone   = lazyregexp.New(`^\+\}\s*$`)
)

// followFunction keeps the name of the function around.
func followFunction(c *engine.Checker) {
	plain := c.Line.Plain
	if !strings.HasPrefix(plain, "+{") && !strings.HasPrefix(plain, "+}") {
		return
	}
	if patOpenAlone.MatchString(plain) {
		if m := c.M.Groups(patFunctionHead, c.Line.Prev); m != nil {
			c.Line.Function = m[1]
		}
	}
	if patCloseAlone.MatchString(plain) {
		c.Line.Function = ""
	}
}

var (
	patBareElse  = lazyregexp.New(`^\+(\t+)(?:\}[ \t]*)?else(?:[ \t]*\{)?\s*$`)
	patBareBreak = lazyregexp.New(`^\+(\t+)break\s*;\s*$`)
	patJumpWord  = lazyregexp.New(`^(goto|return|break)\b`)
)

// checkElseAfterJump finds an else after a block that ends with break or return.
func checkElseAfterJump(c *engine.Checker) {
	m := patBareElse.FindStringSubmatch(c.Line.Plain)
	if m == nil {
		return
	}
	rest, ok := strings.CutPrefix(c.Line.Prev, "+"+m[1]+"\t")
	if !ok {
		return
	}
	switch lines.FirstWord(rest) {
	case "break":
	case "return":
		next, more := c.Next()
		if !more || next != "" && (next[0] == '+' || next[0] == ' ') && strings.HasPrefix(next[1:], m[1]+"\treturn") {
			return
		}
	default:
		return
	}
	c.Report("UNNECESSARY_ELSE", engine.Warn, "")
}

func checkBreakAfterJump(c *engine.Checker) {
	m := patBareBreak.FindStringSubmatch(c.Line.Plain)
	if m == nil {
		return
	}
	rest, ok := strings.CutPrefix(c.Line.Prev, "+"+m[1])
	if !ok || !patJumpWord.MatchString(rest) {
		return
	}
	if c.Report("UNNECESSARY_BREAK", engine.Warn, "") {
		c.Fixes.Remove(c.Line.Nr)
	}
}

var (
	patCVS     = lazyregexp.New(`^\+.*\$(Revision|Log|Id)(?:\$|)`)
	patHotplug = lazyregexp.New(`\b(__dev(init|exit)(data|const|))\b`)
)

func checkMarkers(c *engine.Checker) {
	if strings.IndexByte(c.Line.Raw, '$') >= 0 && patCVS.MatchString(c.Line.Raw) {
		c.Report("CVS_KEYWORD", engine.Warn, "")
	}
	if strings.Contains(c.Line.Text, "__dev") && patHotplug.MatchString(c.Line.Text) {
		c.Report("HOTPLUG_SECTION", engine.Warn, "")
	}
}

var (
	patSwitch     = lazyregexp.New(`\bswitch\s*\(.*\)`)
	patCaseLine   = lazyregexp.New(`^\+\s*(case\s+|default:)`)
	patHead       = syntax.Compile(`(.*)\b((?:if|while|for|switch|(?:[a-z_]+|)for_each[a-z_]+)\s*\(|do\b|else\b)`)
	patDeepIndent = lazyregexp.New(`^\+\t{6,}`)
	patWhileTail  = lazyregexp.New(`\}\s*while\s*\($`)
	patSemicolon  = lazyregexp.New(`\)\s*;\s*$`)
)

// checkSwitchIndent wants case and default below their switch.
func checkSwitchIndent(c *engine.Checker) {
	if !patSwitch.MatchString(c.Line.Text) {
		return
	}
	_, block := c.Src.ReadBlock(c.Line.Nr, c.Line.Left, true, '{', '}')
	for _, line := range block[min(1, len(block)):] {
		if patCaseLine.MatchString(line) {
			if _, indent := c.Settings.Measure(line); indent != c.Line.Indent {
				c.Report("SWITCH_CASE_INDENT_LEVEL", engine.Error, "")
				return
			}
		}
	}
}

// checkConditionBrace wants the brace of a block on the line of its condition, and no semicolon there.
func checkConditionBrace(c *engine.Checker) {
	text := c.Line.Text
	if isDirective(text) {
		return
	}
	head, ok := lastHead(text)
	if c.Hits.Has(hasForEach) {
		var m []string
		if m = c.M.Groups(patHead, text); m != nil {
			head = m[1] + m[2]
		}
		ok = m != nil
	}
	if !ok {
		return
	}
	level, block := c.Src.ReadBlock(c.Line.Nr, c.Line.Left, false, '(', ')')
	if patDeepIndent.MatchString(text) {
		c.Report("DEEP_INDENTATION", engine.Warn, "")
	}
	after := lineAfter(c, len(block))
	next, more := c.Src.Line(after)
	joined := strings.Join(block, "\n")
	if more && strings.IndexByte(joined, '{') < 0 && strings.HasPrefix(next, "+") && strings.HasPrefix(lines.TrimLeft(next[1:]), "{") {
		c.Report("OPEN_BRACE", engine.Error, "the opening brace belongs on the line before")
	}
	if more && level == 0 && strings.HasSuffix(lines.TrimRight(joined), ";") &&
		patSemicolon.MatchString(joined) && !patWhileTail.MatchString(head) {
		if _, indent := c.Settings.Measure(next); indent > c.Line.Indent {
			c.Report("TRAILING_SEMICOLON", engine.Warn, "")
		}
	}
}

// lastHead returns text up to the last keyword that starts a block, with its parenthesis if it takes one.
func lastHead(text string) (head string, ok bool) {
	for i := 0; i < len(text); i++ {
		if !lines.IsWordByte(text[i]) {
			continue
		}
		end := lines.WordEnd(text, i)
		switch text[i:end] {
		case "do", "else":
			head, ok = text[:end], true
		case "if", "while", "for", "switch":
			if paren := lines.SkipSpace(text, end); paren < len(text) && text[paren] == '(' {
				head, ok = text[:paren+1], true
			}
		}
		i = end - 1
	}
	return head, ok
}

// lineAfter returns the line that follows n lines of the new file from the line at hand on.
func lineAfter(c *engine.Checker, n int) int {
	nr := c.Line.Nr
	for nr <= len(c.Src.Raw) && (n > 0 || strings.HasPrefix(c.Src.Raw[nr-1], "-")) {
		if !strings.HasPrefix(c.Src.Raw[nr-1], "-") {
			n--
		}
		nr++
	}
	return nr + n
}

var (
	patPlainBlock = syntax.Compile(`\b(?:(?:if|while|for)\s*\(|(?:do|else)\b)`)
	patBlockHead  = syntax.Compile(`\b(?:(?:if|while|for|(?:[a-z_]+|)for_each[a-z_]+)\s*\(|(?:do|else)\b)`)
	patDoWhile    = syntax.Compile(`\}\s*while`)
	patDefineLine = lazyregexp.New(`^.\s*#\s*define\s`)
	patBackslash  = lazyregexp.New(`\\\s*$`)
	patDoWord     = lazyregexp.New(`^.*\bdo\b`)
	patEmptyCont  = lazyregexp.New(`\n\s+\\\n`)
	patElseDir    = lazyregexp.New(`^\s*#\s*(?:else|elif)`)
	patLabelAhead = syntax.Compile(`^\s*{ident}\s*:`)
)

// checkBlockIndent compares the indent of a condition with that of what depends on it.
func checkBlockIndent(c *engine.Checker) {
	l := &c.Line
	head := patPlainBlock
	if c.Hits.Has(hasForEach) {
		head = patBlockHead
	}
	if isDirective(l.Text) || !c.M.Match(head, l.Text) || c.M.Match(patDoWhile, l.Text) {
		return
	}
	text, cond := c.StatementHere()
	s := strings.ReplaceAll(text[len(cond):], string([]byte{lines.Comment}), " ")
	lines := strings.Count(cond, "\n")
	s = dropLaterMarkers(s)
	for strings.Contains(s, "\\\n") {
		n := len(patEmptyCont.FindAllString(s, -1))
		if n == 0 {
			break
		}
		lines += n
		s = patEmptyCont.ReplaceAllLiteralString(s, "\n")
	}
	first, inMacro, rest := blockStart(s)
	s = rest
	check := first
	if first {
		lines++
	}
	if !inMacro && (patDefineLine.MatchString(l.Prev) || patBackslash.MatchString(l.Prev)) {
		check = false
	}
	s, skipped, linear := skipToCode(c, s)
	lines += skipped
	check = check && linear
	real, ok := c.Src.RawAfter(l.Nr, lines)
	if !ok || !strings.HasPrefix(text, "+") && !strings.HasPrefix(real, "+") {
		return
	}
	if !check || s == "" {
		return
	}
	_, indent := c.Settings.Measure("+" + s)
	if badIndent(c, indent, s) {
		c.ReportAt("SUSPECT_CODE_INDENT", engine.Warn, 0, fmt.Sprintf("the condition is indented by %d columns, what depends on it by %d", l.Indent, indent))
	}
}

// isDirective reports whether a line with its marker is one of the preprocessor.
func isDirective(text string) bool {
	return text != "" && strings.HasPrefix(text[lines.SkipSpace(text, 1):], "#")
}

// badIndent reports whether a block that starts with s cannot be indented so.
func badIndent(c *engine.Checker, indent int, s string) bool {
	at := c.Line.Indent
	if indent%c.Settings.Tab != 0 || indent < at || indent > at+c.Settings.Tab {
		return true
	}
	rest := lines.TrimLeft(s)
	return indent == at && !strings.HasPrefix(rest, "}") && !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, "else") ||
		indent == at && strings.HasPrefix(rest, "else") && len(rest) > 4 && lines.IsWordByte(rest[4])
}

// dropLaterMarkers removes the byte after each newline.
func dropLaterMarkers(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '\n' {
			i++
		}
	}
	return b.String()
}

// blockStart cuts off what may follow a condition on its line: an opening brace, a do, a backslash. It reports whether
// the line ended there, and whether with a backslash.
func blockStart(s string) (ended, continued bool, rest string) {
	line, _, _ := strings.Cut(s, "\n")
	if strings.Contains(line, "do") {
		if loc := patDoWord.FindStringIndex(line); loc != nil {
			s = s[loc[1]:]
		}
	}
	if t := lines.TrimLeft(s); strings.HasPrefix(t, "{") {
		s = t[1:]
	}
	if t := lines.TrimLeft(s); strings.HasPrefix(t, `\`) {
		s = t[1:]
		continued = true
	}
	if i := lines.SkipSpace(s, 0); strings.IndexByte(s[:i], '\n') >= 0 {
		return true, continued, s[strings.IndexByte(s, '\n')+1:]
	}
	return false, continued, s
}

// skipToCode skips empty lines, directives and labels. It returns how many lines that were, and whether the
// code goes on straight.
func skipToCode(c *engine.Checker, s string) (rest string, skipped int, linear bool) {
	continued, linear := false, true
	for last := -1; last != skipped; {
		last = skipped
		i := lines.SkipSpace(s, 0)
		if strings.HasPrefix(s[i:], "#") && patElseDir.MatchString(s) {
			linear = false
		}
		if !continued && strings.IndexByte(s[:i], '\n') < 0 && !strings.HasPrefix(s[i:], "#") && !c.M.Match(patLabelAhead, s) {
			continue
		}
		line, after, more := strings.Cut(s, "\n")
		continued = more && strings.HasSuffix(line, `\`)
		if more {
			s = after
			skipped++
		}
	}
	return s, skipped, linear
}
