// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// stringRules look at strings.
var stringRules = []rule{
	with("SPLIT_STRING", warnLevel, checkSplitString).needing(`"`),
	with("MISSING_SPACE", warnLevel, checkSplitSpace).needing(`"`),
	with("EMBEDDED_FUNCTION_NAME", warnLevel, checkFunctionName).needing(`"`),
	with("TRACING_LOGGING", warnLevel, checkTracing).needing("__func__"),
	only("QUOTED_WHITESPACE_BEFORE_NEWLINE", warnLevel, `^.*".*\s\\n`).at(atRaw).fixing(func(_ *checker, line string) string {
		return patSpaceNewline.ReplaceAllString(line, `$1\n`)
	}).needing(`\n`),
	with("CONCATENATED_STRING", checkLevel, checkConcatenation).needing(`"`),
	only("STRING_FRAGMENTS", warnLevel, `{string}\s*[Lu]?"`).fixing(fixFragments).needing(`"`),
	with("PRINTF_L", warnLevel, checkFormats).needing("%"),
	with("LINE_CONTINUATIONS", warnLevel, checkStringContinues).needing(`\`),
}

func checkSplitString(c *checker, r *rule) {
	l := &c.line
	if patQuoteEnd.MatchString(l.prev) && c.m.Match(patStringStart, l.text) && !patStringBreak.MatchString(l.prevRaw) && r.fire(c, "") {
		c.fixSplitString()
	}
}

func checkSplitSpace(c *checker, r *rule) {
	if strings.HasSuffix(c.line.prevRaw, `"`) && patWordQuoteEnd.MatchString(c.line.prevRaw) && patWordQuoteHead.MatchString(c.line.raw) {
		r.fire(c, "")
	}
}

var patAddedString = pat(`^\+.*{string}`)

func checkFunctionName(c *checker, r *rule) {
	name := c.line.function
	if name == "" || !strings.Contains(c.line.raw, name) || !c.m.Match(patAddedString, c.line.text) {
		return
	}
	quoted := c.quoted(c.line.nr)
	if len(quoted) != len(name)+2 && containsWord(quoted, name) {
		r.fire(c, fmt.Sprintf("print __func__ instead of the name %s", name))
	}
}

const traceWord = `(?:[=-]*>|<[=-]*|\[|\]|start|called|entered|entry|enter|in|inside|here|begin|exit|end|done|leave|completed|out|return|[.!:\s]*)`

var patTracing = pat(`^\+.*\([^"]*"(?i:` + traceWord + `){0,3}%s(?:\s*\(\s*\)\s*)?(?i:` + traceWord + `){0,3}(?:\\n)?"\s*,\s*__func__\s*\)\s*;`)

func checkTracing(c *checker, r *rule) {
	if c.m.Match(patTracing, c.line.raw) && r.fire(c, "") {
		c.fixes.remove(c.line.nr)
	}
}

func checkConcatenation(c *checker, r *rule) {
	text := c.line.text
	found := c.m.Match(patStringThenWord, text)
	if !found && wordThenQuote(text) {
		m := c.m.Groups(patWordThenString, text)
		found = m != nil && m[1] != "L" && m[1] != "u"
	}
	if found && r.fire(c, "") {
		c.fixConcatenation()
	}
}

// checkFormats finds conversions in format strings that are not standard or mislead.
func checkFormats(c *checker, r *rule) {
	seenL, seenZ := false, false
	c.m.All(patQuotedText, c.line.text, func(loc []int) bool {
		raw := c.line.raw
		s := strings.ReplaceAll(raw[min(loc[2], len(raw)):min(loc[3], len(raw))], "%%", "__")
		if !seenL && patPercentL.MatchString(s) {
			seenL = true
			r.fire(c, "")
		}
		if !seenZ && patPercentZ.MatchString(s) {
			seenZ = true
			c.report("PRINTF_Z", warnLevel, "")
		}
		if patHexDecimal.MatchString(s) {
			c.report("PRINTF_0XDECIMAL", errorLevel, "")
		}
		return true
	})
}

func checkStringContinues(c *checker, r *rule) {
	if strings.HasSuffix(c.line.raw, `\`) && strings.Count(c.line.plain, `"`)%2 != 0 {
		r.fire(c, "a string goes on with a backslash")
	}
}

// strings returns the strings of the line at hand, as they were read.
func (c *checker) strings() []string {
	var list []string
	c.m.All(patString, c.line.text, func(loc []int) bool {
		list = append(list, c.line.raw[min(loc[0], len(c.line.raw)):min(loc[1], len(c.line.raw))])
		return true
	})
	return list
}

// fixConcatenation puts a space between strings and the names beside them.
func (c *checker) fixConcatenation() {
	for _, s := range c.strings() {
		c.fixLine(func(line string) string {
			if i := strings.Index(line, s); i >= 0 {
				if end := i + len(s); end < len(line) && isWordByte(line[end]) && line[end] != '_' {
					line = line[:end] + " " + line[end:]
				}
			}
			for i := 1; i < len(line); i++ {
				if strings.HasPrefix(line[i:], s) && isWordByte(line[i-1]) && line[i-1] != '_' {
					return line[:i] + " " + line[i:]
				}
			}
			return line
		})
	}
}

// fixFragments joins strings that stand side by side.
func fixFragments(c *checker, line string) string {
	for _, s := range c.strings() {
		for from := 0; ; {
			i := strings.Index(line[from:], s)
			if i < 0 {
				break
			}
			end := from + i + len(s)
			if next := skipSpace(line, end); next < len(line) && line[next] == '"' {
				line = line[:end-1] + line[next+1:]
				break
			}
			from = end
		}
	}
	return line
}

var patStringTail = lazyregexp.New(`^(\s*\)\s*;\s*$|\s*,\s*)`)

// fixSplitString joins the string of the line at hand to that of the line before.
func (c *checker) fixSplitString() {
	l := &c.line
	before := trimRight(l.prevRaw)
	if !c.fixes.wanted() || !strings.HasPrefix(before, "+") || !strings.HasSuffix(before, `"`) || c.fixes.joined == l.nr-1 {
		return
	}
	quoted := c.quoted(l.nr)
	start := strings.Index(l.raw, quoted)
	tail := patStringTail.FindString(l.raw[start+len(quoted):])
	rest := l.raw[:start] + l.raw[start+len(quoted)+len(tail):]
	c.fixes.remove(l.nr - 1)
	c.fixes.remove(l.nr)
	c.fixes.insert(l.nr-1, before[:len(before)-1]+quoted[1:]+trimSpace(tail))
	if trimSpace(rest[1:]) != "" {
		c.fixes.insert(l.nr, rest)
	}
	c.fixes.joined = l.nr
}

var (
	patSpaceNewline  = lazyregexp.New(`^(\+.*".*?)\s+\\n`)
	patStringStart   = pat(`^\+\s*{string}`)
	patQuoteEnd      = lazyregexp.New(`"\s*$`)
	patStringBreak   = lazyregexp.New(`(?:\\(?:[ntr]|[0-7]{1,3}|x[0-9a-fA-F]{1,2})|;\s*|\{\s*)"\s*$`)
	patWordQuoteEnd  = lazyregexp.New(`[^\\]\w"$`)
	patWordQuoteHead = lazyregexp.New(`^\+[\t ]+"\w`)
)

var (
	patStringThenWord = pat(`{string}[A-Z_]`)
	patWordThenString = pat(`([A-Za-z0-9_]+){string}`)
)

var (
	patQuotedText = pat(`(?:^|")([X\t]*)(?:"|$)`)
	patPercentL   = lazyregexp.New(`%[*\d.$]*L([diouxX])`)
	patPercentZ   = lazyregexp.New(`%[*\d.$]*Z([diouxX])`)
	patHexDecimal = lazyregexp.New(`0x%[*\d.$Llzth]*[diou]`)
)
