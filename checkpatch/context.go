// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

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

// contextFacts is the table of these, which are no rules but found as what rules need is.
var contextFacts = ruleTable{
	hasHead: rule{}.needing("if", "while", "for", "switch", "do", "else"), hasForEach: rule{}.needing("for_each"),
	hasElse: rule{}.needing("else"), hasBreak: rule{}.needing("break"), hasSwitch: rule{}.needing("switch"),
	hasMarker: rule{}.needing("$", "__dev"), hasPointer: rule{}.needing("*", "__", "const", "volatile", "fastcall"),
	hasExport: rule{}.needing("EXPORT_SYMBOL"),
}

// contextRules look at added lines and those around them: what they find may start in the context.
func contextRules(c *checker) {
	c.checkOpenEnd()
	c.followFunction()
	if c.hits.Has(hasElse) {
		c.checkElseAfterJump()
	}
	if c.hits.Has(hasBreak) {
		c.checkBreakAfterJump()
	}
	if c.hits.Has(hasMarker) {
		c.checkMarkers()
	}
	c.startStatement()
	if c.hits.Has(hasSwitch) {
		c.checkSwitchIndent()
	}
	if c.hits.Has(hasHead) {
		c.checkConditionBrace()
		c.checkBlockIndent()
	}
	c.stmt.values, c.stmt.variants = c.values(c.src.spacedLine(c.line.nr), c.stmt.before)
	c.stmt.before = c.stmt.values[len(c.stmt.values)-1]
}

// checkOpenEnd finds lines that end with an opening bracket.
func (c *checker) checkOpenEnd() {
	text := trimRight(c.line.text)
	if len(text) > 1 && text[0] == '+' && (text[len(text)-1] == '(' || text[len(text)-1] == '[') {
		c.report("OPEN_ENDED_LINE", checkLevel, "")
	}
}

var (
	patFunctionHead = pat(`^\+(?:(?:(?:{storage}|{inline})\s*)*\s*{type}\s*)?({ident})\(`)
	patOpenAlone    = lazyregexp.New(`^\+\{\s*$`)
	patCloseAlone   = lazyregexp.New(`^\+\}\s*$`)
)

// followFunction keeps the name of the function around.
func (c *checker) followFunction() {
	plain := c.line.plain
	if !strings.HasPrefix(plain, "+{") && !strings.HasPrefix(plain, "+}") {
		return
	}
	if patOpenAlone.MatchString(plain) {
		if m := c.m.Groups(patFunctionHead, c.line.prev); m != nil {
			c.line.function = m[1]
		}
	}
	if patCloseAlone.MatchString(plain) {
		c.line.function = ""
	}
}

var (
	patBareElse  = lazyregexp.New(`^\+(\t+)(?:\}[ \t]*)?else(?:[ \t]*\{)?\s*$`)
	patBareBreak = lazyregexp.New(`^\+(\t+)break\s*;\s*$`)
	patJumpWord  = lazyregexp.New(`^(goto|return|break)\b`)
)

// checkElseAfterJump finds an else after a block that ends with break or return.
func (c *checker) checkElseAfterJump() {
	m := patBareElse.FindStringSubmatch(c.line.plain)
	if m == nil {
		return
	}
	rest, ok := strings.CutPrefix(c.line.prev, "+"+m[1]+"\t")
	if !ok {
		return
	}
	switch firstWord(rest) {
	case "break":
	case "return":
		next, more := c.next()
		if !more || next != "" && (next[0] == '+' || next[0] == ' ') && strings.HasPrefix(next[1:], m[1]+"\treturn") {
			return
		}
	default:
		return
	}
	c.report("UNNECESSARY_ELSE", warnLevel, "")
}

func (c *checker) checkBreakAfterJump() {
	m := patBareBreak.FindStringSubmatch(c.line.plain)
	if m == nil {
		return
	}
	rest, ok := strings.CutPrefix(c.line.prev, "+"+m[1])
	if !ok || !patJumpWord.MatchString(rest) {
		return
	}
	if c.report("UNNECESSARY_BREAK", warnLevel, "") {
		c.fixes.remove(c.line.nr)
	}
}

var (
	patCVS     = lazyregexp.New(`^\+.*\$(Revision|Log|Id)(?:\$|)`)
	patHotplug = lazyregexp.New(`\b(__dev(init|exit)(data|const|))\b`)
)

func (c *checker) checkMarkers() {
	if strings.IndexByte(c.line.raw, '$') >= 0 && patCVS.MatchString(c.line.raw) {
		c.report("CVS_KEYWORD", warnLevel, "")
	}
	if strings.Contains(c.line.text, "__dev") && patHotplug.MatchString(c.line.text) {
		c.report("HOTPLUG_SECTION", warnLevel, "")
	}
}

var (
	patSwitch     = lazyregexp.New(`\bswitch\s*\(.*\)`)
	patCaseLine   = lazyregexp.New(`^\+\s*(case\s+|default:)`)
	patHead       = pat(`(.*)\b((?:if|while|for|switch|(?:[a-z_]+|)for_each[a-z_]+)\s*\(|do\b|else\b)`)
	patDeepIndent = lazyregexp.New(`^\+\t{6,}`)
	patWhileTail  = lazyregexp.New(`\}\s*while\s*\($`)
	patSemicolon  = lazyregexp.New(`\)\s*;\s*$`)
)

// checkSwitchIndent wants case and default below their switch.
func (c *checker) checkSwitchIndent() {
	if !patSwitch.MatchString(c.line.text) {
		return
	}
	_, block := c.src.readBlock(c.line.nr, c.line.left, true, '{', '}')
	for _, line := range block[min(1, len(block)):] {
		if patCaseLine.MatchString(line) {
			if _, indent := c.set.measure(line); indent != c.line.indent {
				c.report("SWITCH_CASE_INDENT_LEVEL", errorLevel, "")
				return
			}
		}
	}
}

// checkConditionBrace wants the brace of a block on the line of its condition, and no semicolon there.
func (c *checker) checkConditionBrace() {
	text := c.line.text
	if isDirective(text) {
		return
	}
	head, ok := lastHead(text)
	if c.hits.Has(hasForEach) {
		var m []string
		if m = c.m.Groups(patHead, text); m != nil {
			head = m[1] + m[2]
		}
		ok = m != nil
	}
	if !ok {
		return
	}
	level, block := c.src.readBlock(c.line.nr, c.line.left, false, '(', ')')
	if patDeepIndent.MatchString(text) {
		c.report("DEEP_INDENTATION", warnLevel, "")
	}
	after := c.lineAfter(len(block))
	next, more := c.src.line(after)
	joined := strings.Join(block, "\n")
	if more && strings.IndexByte(joined, '{') < 0 && strings.HasPrefix(next, "+") && strings.HasPrefix(trimLeft(next[1:]), "{") {
		c.report("OPEN_BRACE", errorLevel, "the opening brace belongs on the line before")
	}
	if more && level == 0 && strings.HasSuffix(trimRight(joined), ";") &&
		patSemicolon.MatchString(joined) && !patWhileTail.MatchString(head) {
		if _, indent := c.set.measure(next); indent > c.line.indent {
			c.report("TRAILING_SEMICOLON", warnLevel, "")
		}
	}
}

// lastHead returns text up to the last keyword that starts a block, with its parenthesis if it takes one.
func lastHead(text string) (head string, ok bool) {
	for i := 0; i < len(text); i++ {
		if !isWordByte(text[i]) {
			continue
		}
		end := wordEnd(text, i)
		switch text[i:end] {
		case "do", "else":
			head, ok = text[:end], true
		case "if", "while", "for", "switch":
			if paren := skipSpace(text, end); paren < len(text) && text[paren] == '(' {
				head, ok = text[:paren+1], true
			}
		}
		i = end - 1
	}
	return head, ok
}

// lineAfter returns the line that follows n lines of the new file from the line at hand on.
func (c *checker) lineAfter(n int) int {
	nr := c.line.nr
	for nr <= len(c.src.text) && (n > 0 || strings.HasPrefix(c.src.text[nr-1], "-")) {
		if !strings.HasPrefix(c.src.text[nr-1], "-") {
			n--
		}
		nr++
	}
	return nr + n
}

var (
	patPlainBlock = pat(`\b(?:(?:if|while|for)\s*\(|(?:do|else)\b)`)
	patBlockHead  = pat(`\b(?:(?:if|while|for|(?:[a-z_]+|)for_each[a-z_]+)\s*\(|(?:do|else)\b)`)
	patDoWhile    = pat(`\}\s*while`)
	patDefineLine = lazyregexp.New(`^.\s*#\s*define\s`)
	patBackslash  = lazyregexp.New(`\\\s*$`)
	patDoWord     = lazyregexp.New(`^.*\bdo\b`)
	patEmptyCont  = lazyregexp.New(`\n\s+\\\n`)
	patElseDir    = lazyregexp.New(`^\s*#\s*(?:else|elif)`)
	patLabelAhead = pat(`^\s*{ident}\s*:`)
)

// checkBlockIndent compares the indent of a condition with that of what depends on it.
func (c *checker) checkBlockIndent() {
	l := &c.line
	head := patPlainBlock
	if c.hits.Has(hasForEach) {
		head = patBlockHead
	}
	if isDirective(l.text) || !c.m.Match(head, l.text) || c.m.Match(patDoWhile, l.text) {
		return
	}
	text, cond := c.statementHere()
	s := strings.ReplaceAll(text[len(cond):], string([]byte{comment}), " ")
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
	if !inMacro && (patDefineLine.MatchString(l.prev) || patBackslash.MatchString(l.prev)) {
		check = false
	}
	s, skipped, linear := c.skipToCode(s)
	lines += skipped
	check = check && linear
	real, ok := c.src.rawAfter(l.nr, lines)
	if !ok || !strings.HasPrefix(text, "+") && !strings.HasPrefix(real, "+") {
		return
	}
	if !check || s == "" {
		return
	}
	_, indent := c.set.measure("+" + s)
	if c.badIndent(indent, s) {
		c.reportAt("SUSPECT_CODE_INDENT", warnLevel, 0, fmt.Sprintf("the condition is indented by %d columns, what depends on it by %d", l.indent, indent))
	}
}

// isDirective reports whether a line with its marker is one of the preprocessor.
func isDirective(text string) bool {
	return text != "" && strings.HasPrefix(text[skipSpace(text, 1):], "#")
}

// badIndent reports whether a block that starts with s cannot be indented so.
func (c *checker) badIndent(indent int, s string) bool {
	at := c.line.indent
	if indent%c.set.tab != 0 || indent < at || indent > at+c.set.tab {
		return true
	}
	rest := trimLeft(s)
	return indent == at && !strings.HasPrefix(rest, "}") && !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, "else") ||
		indent == at && strings.HasPrefix(rest, "else") && len(rest) > 4 && isWordByte(rest[4])
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
	if t := trimLeft(s); strings.HasPrefix(t, "{") {
		s = t[1:]
	}
	if t := trimLeft(s); strings.HasPrefix(t, `\`) {
		s = t[1:]
		continued = true
	}
	if i := skipSpace(s, 0); strings.IndexByte(s[:i], '\n') >= 0 {
		return true, continued, s[strings.IndexByte(s, '\n')+1:]
	}
	return false, continued, s
}

// skipToCode skips empty lines, directives and labels. It returns how many lines that were, and whether the
// code goes on straight.
func (c *checker) skipToCode(s string) (rest string, lines int, linear bool) {
	continued, linear := false, true
	for last := -1; last != lines; {
		last = lines
		i := skipSpace(s, 0)
		if strings.HasPrefix(s[i:], "#") && patElseDir.MatchString(s) {
			linear = false
		}
		if !continued && strings.IndexByte(s[:i], '\n') < 0 && !strings.HasPrefix(s[i:], "#") && !c.m.Match(patLabelAhead, s) {
			continue
		}
		line, after, more := strings.Cut(s, "\n")
		continued = more && strings.HasSuffix(line, `\`)
		if more {
			s = after
			lines++
		}
	}
	return s, lines, linear
}
