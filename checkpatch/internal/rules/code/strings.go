// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// StringRules look at strings.
var StringRules = []Rule{
	With("SPLIT_STRING", warnLevel, checkSplitString).Needing(`"`),
	With("MISSING_SPACE", warnLevel, checkSplitSpace).Needing(`"`),
	With("EMBEDDED_FUNCTION_NAME", warnLevel, checkFunctionName).Needing(`"`),
	With("TRACING_LOGGING", warnLevel, checkTracing).Needing("__func__"),
	Only("QUOTED_WHITESPACE_BEFORE_NEWLINE", warnLevel, `^.*".*\s\\n`).At(AtRaw).Fixing(func(_ *checker, line string) string {
		return patSpaceNewline.ReplaceAllString(line, `$1\n`)
	}).Needing(`\n`),
	With("CONCATENATED_STRING", checkLevel, checkConcatenation).Needing(`"`),
	Only("STRING_FRAGMENTS", warnLevel, `{string}\s*[Lu]?"`).Fixing(fixFragments).Needing(`"`),
	With("PRINTF_L", warnLevel, checkFormats).Needing("%"),
	With("LINE_CONTINUATIONS", warnLevel, checkStringContinues).Needing(`\`),
}

func checkSplitString(c *checker, r *Rule) {
	l := &c.Line
	if patQuoteEnd.MatchString(l.Prev) && c.M.Match(patStringStart, l.Text) && !patStringBreak.MatchString(l.PrevRaw) && r.Fire(c, "") {
		fixSplitString(c)
	}
}

func checkSplitSpace(c *checker, r *Rule) {
	if strings.HasSuffix(c.Line.PrevRaw, `"`) && patWordQuoteEnd.MatchString(c.Line.PrevRaw) && patWordQuoteHead.MatchString(c.Line.Raw) {
		r.Fire(c, "")
	}
}

var patAddedString = Compile(`^\+.*{string}`)

func checkFunctionName(c *checker, r *Rule) {
	name := c.Line.Function
	if name == "" || !strings.Contains(c.Line.Raw, name) || !c.M.Match(patAddedString, c.Line.Text) {
		return
	}
	quoted := c.Quoted(c.Line.Nr)
	if len(quoted) != len(name)+2 && ContainsWord(quoted, name) {
		r.Fire(c, fmt.Sprintf("print __func__ instead of the name %s", name))
	}
}

const traceWord = `(?:[=-]*>|<[=-]*|\[|\]|start|called|entered|entry|enter|in|inside|here|begin|exit|end|done|leave|completed|out|return|[.!:\s]*)`

var patTracing = Compile(`^\+.*\([^"]*"(?i:` + traceWord + `){0,3}%s(?:\s*\(\s*\)\s*)?(?i:` + traceWord + `){0,3}(?:\\n)?"\s*,\s*__func__\s*\)\s*;`)

func checkTracing(c *checker, r *Rule) {
	if c.M.Match(patTracing, c.Line.Raw) && r.Fire(c, "") {
		c.Fixes.Remove(c.Line.Nr)
	}
}

func checkConcatenation(c *checker, r *Rule) {
	text := c.Line.Text
	found := c.M.Match(patStringThenWord, text)
	if !found && WordThenQuote(text) {
		m := c.M.Groups(patWordThenString, text)
		found = m != nil && m[1] != "L" && m[1] != "u"
	}
	if found && r.Fire(c, "") {
		fixConcatenation(c)
	}
}

// checkFormats finds conversions in format strings that are not standard or mislead.
func checkFormats(c *checker, r *Rule) {
	seenL, seenZ := false, false
	c.M.All(patQuotedText, c.Line.Text, func(loc []int) bool {
		raw := c.Line.Raw
		s := strings.ReplaceAll(raw[min(loc[2], len(raw)):min(loc[3], len(raw))], "%%", "__")
		if !seenL && patPercentL.MatchString(s) {
			seenL = true
			r.Fire(c, "")
		}
		if !seenZ && patPercentZ.MatchString(s) {
			seenZ = true
			c.Report("PRINTF_Z", warnLevel, "")
		}
		if patHexDecimal.MatchString(s) {
			c.Report("PRINTF_0XDECIMAL", errorLevel, "")
		}
		return true
	})
}

func checkStringContinues(c *checker, r *Rule) {
	if strings.HasSuffix(c.Line.Raw, `\`) && strings.Count(c.Line.Plain, `"`)%2 != 0 {
		r.Fire(c, "a string goes on with a backslash")
	}
}

// stringsIn returns the strings of the line at hand, as they were read.
func stringsIn(c *checker) []string {
	var list []string
	c.M.All(PatString, c.Line.Text, func(loc []int) bool {
		list = append(list, c.Line.Raw[min(loc[0], len(c.Line.Raw)):min(loc[1], len(c.Line.Raw))])
		return true
	})
	return list
}

// fixConcatenation puts a space between strings and the names beside them.
func fixConcatenation(c *checker) {
	for _, s := range stringsIn(c) {
		c.FixLine(func(line string) string {
			if i := strings.Index(line, s); i >= 0 {
				if end := i + len(s); end < len(line) && IsWordByte(line[end]) && line[end] != '_' {
					line = line[:end] + " " + line[end:]
				}
			}
			for i := 1; i < len(line); i++ {
				if strings.HasPrefix(line[i:], s) && IsWordByte(line[i-1]) && line[i-1] != '_' {
					return line[:i] + " " + line[i:]
				}
			}
			return line
		})
	}
}

// fixFragments joins strings that stand side by side.
func fixFragments(c *checker, line string) string {
	for _, s := range stringsIn(c) {
		for from := 0; ; {
			i := strings.Index(line[from:], s)
			if i < 0 {
				break
			}
			end := from + i + len(s)
			if next := SkipSpace(line, end); next < len(line) && line[next] == '"' {
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
func fixSplitString(c *checker) {
	l := &c.Line
	before := TrimRight(l.PrevRaw)
	if !c.Fixes.Wanted() || !strings.HasPrefix(before, "+") || !strings.HasSuffix(before, `"`) || c.Fixes.Joined == l.Nr-1 {
		return
	}
	quoted := c.Quoted(l.Nr)
	start := strings.Index(l.Raw, quoted)
	tail := patStringTail.FindString(l.Raw[start+len(quoted):])
	rest := l.Raw[:start] + l.Raw[start+len(quoted)+len(tail):]
	c.Fixes.Remove(l.Nr - 1)
	c.Fixes.Remove(l.Nr)
	c.Fixes.Insert(l.Nr-1, before[:len(before)-1]+quoted[1:]+TrimSpace(tail))
	if TrimSpace(rest[1:]) != "" {
		c.Fixes.Insert(l.Nr, rest)
	}
	c.Fixes.Joined = l.Nr
}

var (
	patSpaceNewline  = lazyregexp.New(`^(\+.*".*?)\s+\\n`)
	patStringStart   = Compile(`^\+\s*{string}`)
	patQuoteEnd      = lazyregexp.New(`"\s*$`)
	patStringBreak   = lazyregexp.New(`(?:\\(?:[ntr]|[0-7]{1,3}|x[0-9a-fA-F]{1,2})|;\s*|\{\s*)"\s*$`)
	patWordQuoteEnd  = lazyregexp.New(`[^\\]\w"$`)
	patWordQuoteHead = lazyregexp.New(`^\+[\t ]+"\w`)
)

var (
	patStringThenWord = Compile(`{string}[A-Z_]`)
	patWordThenString = Compile(`([A-Za-z0-9_]+){string}`)
)

var (
	patQuotedText = Compile(`(?:^|")([X\t]*)(?:"|$)`)
	patPercentL   = lazyregexp.New(`%[*\d.$]*L([diouxX])`)
	patPercentZ   = lazyregexp.New(`%[*\d.$]*Z([diouxX])`)
	patHexDecimal = lazyregexp.New(`0x%[*\d.$Llzth]*[diou]`)
)
