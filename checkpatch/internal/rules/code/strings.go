// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// StringRules look at strings.
var StringRules = []engine.Rule{
	engine.With("SPLIT_STRING", engine.Warn, checkSplitString).Needing(`"`),
	engine.With("MISSING_SPACE", engine.Warn, checkSplitSpace).Needing(`"`),
	engine.With("EMBEDDED_FUNCTION_NAME", engine.Warn, checkFunctionName).Needing(`"`),
	engine.With("TRACING_LOGGING", engine.Warn, checkTracing).Needing("__func__"),
	engine.Only("QUOTED_WHITESPACE_BEFORE_NEWLINE", engine.Warn, `^.*".*\s\\n`).At(engine.AtRaw).Fixing(func(_ *engine.Checker, line string) string {
		return patSpaceNewline.ReplaceAllString(line, `$1\n`)
	}).Needing(`\n`),
	engine.With("CONCATENATED_STRING", engine.Check, checkConcatenation).Needing(`"`),
	engine.Only("STRING_FRAGMENTS", engine.Warn, `{string}\s*[Lu]?"`).Fixing(fixFragments).Needing(`"`),
	engine.With("PRINTF_L", engine.Warn, checkFormats).Needing("%"),
	engine.With("LINE_CONTINUATIONS", engine.Warn, checkStringContinues).Needing(`\`),
}

func checkSplitString(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if patQuoteEnd.MatchString(l.Prev) && c.M.Match(patStringStart, l.Text) && !patStringBreak.MatchString(l.PrevRaw) && r.Fire(c, "") {
		fixSplitString(c)
	}
}

func checkSplitSpace(c *engine.Checker, r *engine.Rule) {
	if strings.HasSuffix(c.Line.PrevRaw, `"`) && patWordQuoteEnd.MatchString(c.Line.PrevRaw) && patWordQuoteHead.MatchString(c.Line.Raw) {
		r.Fire(c, "")
	}
}

var patAddedString = syntax.Compile(`^\+.*{string}`)

func checkFunctionName(c *engine.Checker, r *engine.Rule) {
	name := c.Line.Function
	if name == "" || !strings.Contains(c.Line.Raw, name) || !c.M.Match(patAddedString, c.Line.Text) {
		return
	}
	quoted := c.Quoted(c.Line.Nr)
	if len(quoted) != len(name)+2 && lines.ContainsWord(quoted, name) {
		r.Fire(c, fmt.Sprintf("print __func__ instead of the name %s", name))
	}
}

const traceWord = `(?:[=-]*>|<[=-]*|\[|\]|start|called|entered|entry|enter|in|inside|here|begin|exit|end|done|leave|completed|out|return|[.!:\s]*)`

var patTracing = syntax.Compile(`^\+.*\([^"]*"(?i:` + traceWord + `){0,3}%s(?:\s*\(\s*\)\s*)?(?i:` + traceWord + `){0,3}(?:\\n)?"\s*,\s*__func__\s*\)\s*;`)

func checkTracing(c *engine.Checker, r *engine.Rule) {
	if c.M.Match(patTracing, c.Line.Raw) && r.Fire(c, "") {
		c.Fixes.Remove(c.Line.Nr)
	}
}

func checkConcatenation(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	found := c.M.Match(patStringThenWord, text)
	if !found && lines.WordThenQuote(text) {
		m := c.M.Groups(patWordThenString, text)
		found = m != nil && m[1] != "L" && m[1] != "u"
	}
	if found && r.Fire(c, "") {
		fixConcatenation(c)
	}
}

// checkFormats finds conversions in format strings that are not standard or mislead.
func checkFormats(c *engine.Checker, r *engine.Rule) {
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
			c.Report("PRINTF_Z", engine.Warn, "")
		}
		if patHexDecimal.MatchString(s) {
			c.Report("PRINTF_0XDECIMAL", engine.Error, "")
		}
		return true
	})
}

func checkStringContinues(c *engine.Checker, r *engine.Rule) {
	if strings.HasSuffix(c.Line.Raw, `\`) && strings.Count(c.Line.Plain, `"`)%2 != 0 {
		r.Fire(c, "a string goes on with a backslash")
	}
}

// stringsIn returns the strings of the line at hand, as they were read.
func stringsIn(c *engine.Checker) []string {
	var list []string
	c.M.All(engine.PatString, c.Line.Text, func(loc []int) bool {
		list = append(list, c.Line.Raw[min(loc[0], len(c.Line.Raw)):min(loc[1], len(c.Line.Raw))])
		return true
	})
	return list
}

// fixConcatenation puts a space between strings and the names beside them.
func fixConcatenation(c *engine.Checker) {
	for _, s := range stringsIn(c) {
		c.FixLine(func(line string) string {
			if i := strings.Index(line, s); i >= 0 {
				if end := i + len(s); end < len(line) && lines.IsWordByte(line[end]) && line[end] != '_' {
					line = line[:end] + " " + line[end:]
				}
			}
			for i := 1; i < len(line); i++ {
				if strings.HasPrefix(line[i:], s) && lines.IsWordByte(line[i-1]) && line[i-1] != '_' {
					return line[:i] + " " + line[i:]
				}
			}
			return line
		})
	}
}

// fixFragments joins strings that stand side by side.
func fixFragments(c *engine.Checker, line string) string {
	for _, s := range stringsIn(c) {
		for from := 0; ; {
			i := strings.Index(line[from:], s)
			if i < 0 {
				break
			}
			end := from + i + len(s)
			if next := lines.SkipSpace(line, end); next < len(line) && line[next] == '"' {
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
func fixSplitString(c *engine.Checker) {
	l := &c.Line
	before := lines.TrimRight(l.PrevRaw)
	if !c.Fixes.Wanted() || !strings.HasPrefix(before, "+") || !strings.HasSuffix(before, `"`) || c.Fixes.Joined == l.Nr-1 {
		return
	}
	quoted := c.Quoted(l.Nr)
	start := strings.Index(l.Raw, quoted)
	tail := patStringTail.FindString(l.Raw[start+len(quoted):])
	rest := l.Raw[:start] + l.Raw[start+len(quoted)+len(tail):]
	c.Fixes.Remove(l.Nr - 1)
	c.Fixes.Remove(l.Nr)
	c.Fixes.Insert(l.Nr-1, before[:len(before)-1]+quoted[1:]+lines.TrimSpace(tail))
	if lines.TrimSpace(rest[1:]) != "" {
		c.Fixes.Insert(l.Nr, rest)
	}
	c.Fixes.Joined = l.Nr
}

var (
	patSpaceNewline  = lazyregexp.New(`^(\+.*".*?)\s+\\n`)
	patStringStart   = syntax.Compile(`^\+\s*{string}`)
	patQuoteEnd      = lazyregexp.New(`"\s*$`)
	patStringBreak   = lazyregexp.New(`(?:\\(?:[ntr]|[0-7]{1,3}|x[0-9a-fA-F]{1,2})|;\s*|\{\s*)"\s*$`)
	patWordQuoteEnd  = lazyregexp.New(`[^\\]\w"$`)
	patWordQuoteHead = lazyregexp.New(`^\+[\t ]+"\w`)
)

var (
	patStringThenWord = syntax.Compile(`{string}[A-Z_]`)
	patWordThenString = syntax.Compile(`([A-Za-z0-9_]+){string}`)
)

var (
	patQuotedText = syntax.Compile(`(?:^|")([X\t]*)(?:"|$)`)
	patPercentL   = lazyregexp.New(`%[*\d.$]*L([diouxX])`)
	patPercentZ   = lazyregexp.New(`%[*\d.$]*Z([diouxX])`)
	patHexDecimal = lazyregexp.New(`0x%[*\d.$Llzth]*[diou]`)
)
