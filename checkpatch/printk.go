// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// messageRules look at what is printed, and at what should not be in a kernel.
var messageRules = []rule{
	with("AVOID_BUG", warnLevel, checkBug).needing("BUG"),
	only("LINUX_VERSION_CODE", warnLevel, `\bLINUX_VERSION_CODE\b`),
	only("PRINTK_RATELIMITED", warnLevel, `\bprintk_ratelimit\s*\(`),
	only("PRINTK_WITHOUT_KERN_LEVEL", warnLevel, `\bprintk\s*\(\s*(?!KERN_[A-Z]+\b)`),
	with("PREFER_PR_LEVEL", warnLevel, checkPrintkLevel).needing("printk"),
	only("PREFER_DEV_LEVEL", warnLevel, `\bdev_printk\s*\(\s*KERN_([A-Z]+)`),
	only("TRACE_PRINTK", warnLevel, `\b(trace_printk|trace_puts|ftrace_vprintk)\s*\(`),
	only("ENOSYS", warnLevel, `\bENOSYS\b`),
	with("ENOTSUPP", warnLevel, checkENOTSUPP).needing("ENOTSUPP"),
}

var patBug = pat(`\b(?!AA_|BUILD_|IDA_|KVM_|RWLOCK_|snd_|SPIN_)(?:[a-zA-Z_]*_)?BUG(?:_ON)?(?:_[A-Z_]+)?\s*\(`)

func checkBug(c *checker, r *rule) {
	if c.m.Match(patBug, c.line.text) {
		c.report(r.typ, c.warnUnlessFile(), "")
	}
}

var patPrintkLevel = lazyregexp.New(`\b(printk(_once|_ratelimited)?)\s*\(\s*KERN_([A-Z]+)`)

func checkPrintkLevel(c *checker, r *rule) {
	m := patPrintkLevel.FindStringSubmatch(c.line.text)
	if m == nil {
		return
	}
	level := strings.ToLower(m[3])
	if level == "warning" {
		level = "warn"
	}
	dev := level
	if level == "debug" {
		dev = "dbg"
	}
	r.fire(c, fmt.Sprintf("use the subsystem's own printer, dev_%s%s() or pr_%s%s()", dev, m[2], level, m[2]))
}

var patENOTSUPP = lazyregexp.New(`\bENOTSUPP\b`)

func checkENOTSUPP(c *checker, r *rule) {
	if !c.fileMode && patENOTSUPP.MatchString(c.line.text) && r.fire(c, "") {
		c.fixLine(func(line string) string { return replaceFirst(patENOTSUPP, line, "EOPNOTSUPP") })
	}
}

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

var (
	patSpaceNewline  = lazyregexp.New(`^(\+.*".*?)\s+\\n`)
	patStringStart   = pat(`^\+\s*{string}`)
	patQuoteEnd      = lazyregexp.New(`"\s*$`)
	patStringBreak   = lazyregexp.New(`(?:\\(?:[ntr]|[0-7]{1,3}|x[0-9a-fA-F]{1,2})|;\s*|\{\s*)"\s*$`)
	patWordQuoteEnd  = lazyregexp.New(`[^\\]\w"$`)
	patWordQuoteHead = lazyregexp.New(`^\+[\t ]+"\w`)
)

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

// containsWord reports whether word is in s with a boundary on both sides.
func containsWord(s, word string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if boundary(s, i) && boundary(s, i+len(word)) {
			return true
		}
		from = i + 1
	}
}

// lastWord returns where word stands last in s, with no word character beside it, or -1.
func lastWord(s, word string) int {
	for end := len(s); ; {
		i := strings.LastIndex(s[:end], word)
		if i < 0 || boundary(s, i) && boundary(s, i+len(word)) {
			return i
		}
		end = i + len(word) - 1
	}
}

const traceWord = `(?:[=-]*>|<[=-]*|\[|\]|start|called|entered|entry|enter|in|inside|here|begin|exit|end|done|leave|completed|out|return|[.!:\s]*)`

var patTracing = pat(`^\+.*\([^"]*"(?i:` + traceWord + `){0,3}%s(?:\s*\(\s*\)\s*)?(?i:` + traceWord + `){0,3}(?:\\n)?"\s*,\s*__func__\s*\)\s*;`)

func checkTracing(c *checker, r *rule) {
	if c.m.Match(patTracing, c.line.raw) && r.fire(c, "") {
		c.fixes.remove(c.line.nr)
	}
}

var (
	patStringThenWord = pat(`{string}[A-Z_]`)
	patWordThenString = pat(`([A-Za-z0-9_]+){string}`)
)

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

// wordThenQuote reports whether a string touches a word before it.
func wordThenQuote(text string) bool {
	for i := 1; i < len(text); i++ {
		if text[i] == '"' && isWordByte(text[i-1]) {
			rest := strings.TrimLeft(text[i+1:], "X\t")
			if strings.HasPrefix(rest, `"`) {
				return true
			}
		}
	}
	return false
}

var (
	patQuotedText = pat(`(?:^|")([X\t]*)(?:"|$)`)
	patPercentL   = lazyregexp.New(`%[*\d.$]*L([diouxX])`)
	patPercentZ   = lazyregexp.New(`%[*\d.$]*Z([diouxX])`)
	patHexDecimal = lazyregexp.New(`0x%[*\d.$Llzth]*[diou]`)
)

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
