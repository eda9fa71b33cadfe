// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// statementRules look at conditions and at what stands with them on a line.
var statementRules = []rule{
	with("TRAILING_STATEMENTS", errorLevel, checkDo).needing("do"),
	with("ASSIGN_IN_IF", errorLevel, checkConditional).needing("if", "while", "for"),
	only("HEXADECIMAL_BOOLEAN_TEST", warnLevel,
		`(?:(?:\[|\(|&&|\|\|)\s*0[xX][0-9]+\s*(?:&&|\|\|)|(?:&&|\|\|)\s*0[xX][0-9]+\s*(?:&&|\|\||\)|\]))`),
	with("TRAILING_STATEMENTS", errorLevel, checkElseTail).needing("else"),
	only("TRAILING_STATEMENTS", errorLevel, `\}\s*if\b`),
	with("TRAILING_STATEMENTS", errorLevel, checkCaseTail).needing("case", "default"),
	with("ELSE_AFTER_BRACE", errorLevel, checkElsePlace).needing("else"),
	with("WHILE_AFTER_BRACE", errorLevel, checkWhilePlace).needing("while"),
	with("CAMELCASE", checkLevel, checkCamelCase),
	only("WHITESPACE_AFTER_LINE_CONTINUATION", warnLevel, `#\s*define.*\\\s+$`).
		fixing(func(_ *checker, line string) string { return trimRight(line) }).needing(`\`),
	with("INCLUDE_LINUX", warnLevel, checkAsmInclude).needing("asm/"),
}

var (
	patDo        = pat(`do\s*(?!\{)`)
	patWhileHead = lazyregexp.New(`^\s*while\b`)
)

// checkDo notes the while that ends a do, so that it is not taken for a loop of its own.
func checkDo(c *checker, _ *rule) {
	if !c.m.Match(patDo, c.line.text) {
		return
	}
	c.statementHere()
	at := c.stmt.next
	st := c.src.readStatement(at)
	next := c.src.spacedText(st.from, st.text)
	if !patWhileHead.MatchString(next) {
		return
	}
	if c.stmt.noTrailers == nil {
		c.stmt.noTrailers = map[int]bool{}
	}
	lead := next[:leadingLines(next)]
	c.stmt.noTrailers[at.nr+strings.Count(lead, "\n")] = true
}

var (
	patLoopHead   = pat(`\b(?:if|while|for)\s*\(`)
	patAssignIf   = lazyregexp.New(`(?s)\bif\s*\(.*[^<>!=]=[^=].*`)
	patOnlyBrace  = lazyregexp.New(`^\s*\{?\s*\\*\s*$`)
	patWhileInCon = lazyregexp.New(`\}\s*while\s*`)
)

// checkConditional finds assignments in the condition of an if, and statements after a condition on its line.
func checkConditional(c *checker, r *rule) {
	if !c.stmt.known || c.stmt.noTrailers[c.line.nr] {
		return
	}
	text := c.line.text
	if !c.m.Match(patLoopHead, text) || isDirective(text) {
		return
	}
	cond := c.stmt.cond
	moved := strings.IndexByte(cond, '=') >= 0 && patAssignIf.MatchString(cond) && r.fire(c, "") && c.fixAssignment()
	rest, _, _ := strings.Cut(c.stmt.text[len(cond):], "\n")
	rest = strings.ReplaceAll(rest, string([]byte{comment}), "")
	if cond != "" && !patOnlyBrace.MatchString(rest) && !patWhileInCon.MatchString(cond) {
		if c.report("TRAILING_STATEMENTS", errorLevel, "") && !moved && strings.IndexByte(cond, '\n') < 0 {
			c.fixTrailing()
		}
	}
}

var (
	patElseLine = lazyregexp.New(`^.\s*(?:\}\s*)?else\b(.*)`)
	patElseOK   = lazyregexp.New(`^\s*(?:\sif|(?:\{|)\s*\\?\s*$)`)
	patCase     = lazyregexp.New(`^.\s*(?:case\s*.*|default\s*):`)
	patCaseOK   = pat(`^(?:(?:\s*\c*)(?:\s*\{)?(?:\s*\c*)(?:\s*\\)?\s*$|\s*return\s+)`)
	patElseHead = lazyregexp.New(`^.\s*else\s*`)
	patWhile    = lazyregexp.New(`^.\s*while\s*`)
	patEndBrace = lazyregexp.New(`\}\s*$`)
)

func checkElseTail(c *checker, r *rule) {
	m := patElseLine.FindStringSubmatch(c.line.text)
	if m != nil && !patElseOK.MatchString(strings.ReplaceAll(m[1], string([]byte{comment}), "")) {
		r.fire(c, "")
	}
}

func checkCaseTail(c *checker, r *rule) {
	text := c.line.text
	if !strings.Contains(text, "case") && !strings.Contains(text, "default") {
		return
	}
	loc := patCase.FindStringIndex(text)
	if loc == nil {
		return
	}
	ok := c.m.Find(patCaseOK, text[loc[1]:])
	if ok == nil {
		r.fire(c, "")
		return
	}
	if !c.set.corrected {
		c.line.camelFrom = loc[1] + ok[1]
	}
}

// checkElsePlace wants an else on the line of the brace before it.
func checkElsePlace(c *checker, r *rule) {
	l := &c.line
	if l.prevIndent != l.indent || !patEndBrace.MatchString(l.prev) || !patElseHead.MatchString(l.text) {
		return
	}
	if r.fire(c, "") && strings.HasPrefix(l.prev, "+") {
		c.joinToBrace(func(line string) string { return strings.Replace(line, "else", "} else", 1) })
	}
}

// joinToBrace puts the line at hand, changed, in place of the closing brace on the line before.
func (c *checker) joinToBrace(change func(line string) string) {
	l := &c.line
	c.fixes.remove(l.nr - 1)
	c.fixes.remove(l.nr)
	before := strings.TrimSuffix(trimRight(l.prevRaw), "}")
	if trimSpace(before[1:]) != "" {
		c.fixes.insert(l.nr, before)
	}
	c.fixes.insert(l.nr, change(l.raw))
}

// checkWhilePlace wants the while of a do on the line of the brace before it.
func checkWhilePlace(c *checker, r *rule) {
	l := &c.line
	if l.prevIndent != l.indent || !patEndBrace.MatchString(l.prev) || !patWhile.MatchString(l.text) {
		return
	}
	st := c.src.readStatement(cursor{l.nr, l.left, 0})
	rest, _, _ := strings.Cut(st.text[len(st.cond):], "\n")
	if !strings.HasPrefix(trimLeft(rest), ";") {
		return
	}
	if r.fire(c, "") && strings.HasPrefix(l.prev, "+") {
		c.joinToBrace(func(line string) string { return strings.Replace(line, "while", "} while", 1) })
	}
}

var (
	patConstOrLval = pat(`({constant}|{lval})`)
	patAllConstant = pat(`^{constant}$`)
	patIdentWord   = pat(`\b({ident})`)
	patCamelPlain  = lazyregexp.New(`^_Generic$|^(?:[A-Z]+_){1,5}[A-Z]{1,3}[a-z]|^(?:Clear|Set|TestClear|TestSet|)Page[A-Z]|^ETHTOOL_LINK_MODE_|` +
		`^(?:[a-z0-9_]*|[A-Z0-9_]*)?_?[a-z][A-Z](?:_[a-z0-9_]+|_[A-Z0-9_]+)?$|^(?:[a-z_]*?)_?(?:[KMGT]iB|[KMGT]?Hz)(?:_[a-z_]+)?$`)
)

// checkCamelCase finds names in CamelCase that no header of the tree defines, each once.
func checkCamelCase(c *checker, r *rule) {
	text := c.line.text[min(c.line.camelFrom, len(c.line.text)):]
	if !hasCamel(text) {
		return
	}
	var names []string
	c.m.All(patConstOrLval, text, func(loc []int) bool {
		if name := text[loc[2]:loc[3]]; hasCamel(name) {
			names = append(names, name)
		}
		return true
	})
	for _, name := range names {
		if patCamelPlain.MatchString(name) || c.m.Match(patAllConstant, name) {
			continue
		}
		var words []string
		c.m.All(patIdentWord, name, func(loc []int) bool {
			words = append(words, name[loc[2]:loc[3]])
			return true
		})
		for _, word := range words {
			if hasCamel(word) {
				c.camelCase(r, word)
			}
		}
	}
}

func (c *checker) camelCase(r *rule, word string) {
	if c.strict && !c.camelRead {
		c.camelRead = true
		if !c.fileMode && c.data.real {
			addCamelNames(c.camel, c.data.read(c.line.file, nil), &c.learned)
		}
	}
	if c.camel[word] || c.strict && c.data.camelNames()[word] {
		return
	}
	c.camel[word] = true
	r.fire(c, fmt.Sprintf("the name %s is in CamelCase", word))
}

var (
	patAsmInclude = lazyregexp.New(`^.\s*#\s*include\s*<asm/(.*)\.h>`)
	patAsmAllowed = lazyregexp.New(`irq|memory|time|reboot`)
)

// checkAsmInclude wants <linux/X.h> for <asm/X.h> where that includes it.
func checkAsmInclude(c *checker, r *rule) {
	m := patAsmInclude.FindStringSubmatch(c.line.raw)
	if m == nil || !c.data.real || c.line.file == "include/linux/"+m[1]+".h" || patAsmAllowed.MatchString(m[1]) || !c.data.includesAsm(m[1]) {
		return
	}
	message := fmt.Sprintf("include <linux/%s.h>, which includes <asm/%s.h>", m[1], m[1])
	if strings.HasPrefix(c.line.file, "arch/") {
		c.report("ARCH_INCLUDE_LINUX", checkLevel, message)
	} else {
		r.fire(c, message)
	}
}
