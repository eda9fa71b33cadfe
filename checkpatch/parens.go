// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// parenRules look at parentheses, comparisons, labels and returns.
var parenRules = []rule{
	with("UNNECESSARY_PARENTHESES", checkLevel, checkParenLval).needing("("),
	with("UNNECESSARY_PARENTHESES", checkLevel, checkParenCall).needing("("),
	with("UNNECESSARY_PARENTHESES", checkLevel, checkParenCompare).needing("if"),
	only("INDENTED_LABEL", warnLevel, `^.\s+[A-Za-z_][A-Za-z\d_]*:(?!\s*\d+)`).at(atPlain).
		except(`^. [A-Za-z\d_][A-Za-z\d_]*:|^.\s+default:`).
		fixing(func(_ *checker, line string) string { return line[:1] + trimLeft(line[1:]) }).needing(":"),
	only("SUSPECT_COMMA_SEMICOLON", warnLevel, `^\+\s*(?:{lval}\s*{assign}\s*)?{arg}\s*,\s*(?:{lval}\s*{assign}\s*)?{arg}\s*;\s*$`).
		at(atStatement).onlyIf(func(c *checker) bool { return c.stmt.known && outerComma(c.stmt.text) }),
	with("RETURN_PARENTHESES", errorLevel, checkReturn).needing("return"),
	with("RETURN_VOID", warnLevel, checkReturnVoid).needing("}"),
	with("UNNECESSARY_PARENTHESES", warnLevel, checkParenIf).needing("if"),
	with("CONSTANT_COMPARISON", warnLevel, checkConstantLeft).needing("==", "!=", "<", ">"),
	with("USE_NEGATIVE_ERRNO", warnLevel, checkErrno).needing("return"),
	only("SPACING", errorLevel, `\b(if|while|for|switch)\(`).fixing(firstOf(`\b(if|while|for|switch)\(`, "$1 (")),
}

var (
	patParenLval = pat(`(?:[^&]&\s*|\*)\(\s*({ident}\s*(?:{member}\s*)+)\s*\)`)
	patParenCall = pat(`(\bif\s*|)(\(\s*{ident}\s*(?:{member}\s*)+\))[ \t]*\(`)
)

func checkParenLval(c *checker, r *rule) {
	text := c.line.text
	if !followed(text, '&', '(') && !followed(text, '*', '(') {
		return
	}
	c.m.All(patParenLval, text, func(loc []int) bool {
		name := text[loc[2]:loc[3]]
		if c.reportAt(r.typ, r.severity, loc[0]+1, fmt.Sprintf("%s needs no parentheses", name)) {
			c.fixLine(func(line string) string { return strings.Replace(line, "("+name+")", name, 1) })
		}
		return true
	})
}

func checkParenCall(c *checker, r *rule) {
	if !followed(c.line.text, ')', '(') {
		return
	}
	if m := c.m.Groups(patParenCall, c.line.text); m != nil && !strings.HasPrefix(m[1], "if") {
		if r.fire(c, fmt.Sprintf("the pointer to a function %s needs no parentheses", m[2])) {
			c.fixLine(func(line string) string {
				name := strings.Join(strings.FieldsFunc(m[2][1:len(m[2])-1], isSpaceRune), "")
				return strings.Replace(line, m[2], name, 1)
			})
		}
	}
}

var (
	patIfHead     = pat(`^.\s*if\s*({parens})`)
	patInnerTest  = pat(`(?:^|[^\w&!~])+\s*\(\s*([&!~]?\s*{lval}\s*(?:{compare}\s*{arg})?)\s*\)`)
	patOneWord    = lazyregexp.New(`^\s*\w+\s*$`)
	patDoubleOpen = lazyregexp.New(`\bif\s*((?:\(\s*){2,})`)
)

// followed reports whether a stands somewhere in text, and b after it, with nothing but white space between.
func followed(text string, a, b byte) bool {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], a)
		if i < 0 {
			return false
		}
		from += i + 1
		if next := skipSpace(text, from); next < len(text) && text[next] == b {
			return true
		}
	}
}

// checkParenCompare finds comparisons in the condition of an if that have parentheses of their own.
func checkParenCompare(c *checker, r *rule) {
	if !c.stmt.known || strings.HasPrefix(c.line.file, "drivers/staging/") || !strings.Contains(c.line.text, "if") {
		return
	}
	m := c.m.Groups(patIfHead, c.stmt.text)
	if m == nil {
		return
	}
	test := m[1][1 : len(m[1])-1]
	if strings.IndexByte(test, '(') < 0 {
		return
	}
	c.m.All(patInnerTest, test, func(loc []int) bool {
		if match := test[loc[2]:loc[3]]; !patOneWord.MatchString(match) {
			r.fire(c, fmt.Sprintf("%s needs no parentheses", trimSpace(match)))
		}
		return true
	})
}

var (
	patReturnParen = pat(`^.\s*return(\s*)\(`)
	patReturnValue = pat(`^.\s*return\s*({parens})\s*;\s*$`)
	patPlainValue  = pat(`^\s*{arg}\s*(?:\?|$)`)
	patOuterParens = lazyregexp.New(`^\s*\(.*\)\s*$`)
)

// checkReturn finds values in parentheses that are returned.
func checkReturn(c *checker, r *rule) {
	if !c.stmt.known {
		return
	}
	text := c.stmt.text
	m := c.m.Groups(patReturnParen, text)
	if m == nil {
		return
	}
	if value := c.m.Groups(patReturnValue, text); value != nil {
		if c.m.Match(patPlainValue, withoutParens(value[1])) {
			r.fire(c, "")
		}
	} else if m[1] == "" {
		c.report("SPACING", errorLevel, "a space belongs before the opening parenthesis")
	}
}

// withoutParens takes the parentheses around s off, and makes runs of white space one space.
func withoutParens(s string) string {
	for patOuterParens.MatchString(s) {
		s = trimSpace(s)
		s = trimSpace(s[1 : len(s)-1])
	}
	return patSpaces.ReplaceAllLiteralString(s, " ")
}

// patPureConst matches what is nothing but a constant, which a check of calls asks, too.
var patPureConst = pat(`^{constant}$`)

var patSpaces = lazyregexp.New(`\s+`)

var (
	patCloseEnd   = lazyregexp.New(`^[ +]\}\s*$`)
	patReturnOnly = lazyregexp.New(`^\+\treturn\s*;\s*$`)
	patLabelHere  = pat(`^[ +]\s*{ident}\s*:`)
)

// checkReturnVoid finds a return at the end of a function that returns nothing.
func checkReturnVoid(c *checker, r *rule) {
	l := &c.line
	if l.nr < 3 || trimSpace(l.plain[min(1, len(l.plain)):]) != "}" || !patCloseEnd.MatchString(l.plain) || !patReturnOnly.MatchString(l.prev) {
		return
	}
	before, _ := c.src.line(l.nr - 2)
	if before != "" && (before[0] == ' ' || before[0] == '+') && !c.m.Match(patLabelHere, before) {
		r.fire(c, "")
	}
}

// patDoubled are comparisons in as many parentheses as the index says.
var patDoubled = doubledPatterns()

func doubledPatterns() [maxDoubled + 1]*pattern.Pattern {
	var list [maxDoubled + 1]*pattern.Pattern
	for n := range list {
		list[n] = pat(fmt.Sprintf(`\bif\s*(?:\(\s*){%d}{lvalOrCall}\s*({compare})\s*{lvalOrCall}(?:\s*\)){%d}`, n, n))
	}
	return list
}

// maxDoubled is how many parentheses around a comparison are looked at.
const maxDoubled = 6

// checkParenIf finds the condition of an if in parentheses twice.
func checkParenIf(c *checker, r *rule) {
	if !followed(c.line.text, '(', '(') {
		return
	}
	m := patDoubleOpen.FindStringSubmatch(c.line.text)
	if m == nil {
		return
	}
	count := strings.Count(m[1], "(")
	if count <= maxDoubled && c.m.Match(patDoubled[count], c.line.text) {
		r.fire(c, "one pair of parentheses is enough")
	}
}

var (
	patConstantLeft  = pat(`^\+(.*)\b({constant}|[A-Z_][A-Z0-9_]*)\s*({compare})\s*({lvalOrCall})`)
	patOperatorTail  = pat(`(?:{operator}|\.)\s*$`)
	patConstantRight = lazyregexp.New(`^(?:Constant|[A-Z_][A-Z0-9_]*)$`)
	patErrnoReturn   = lazyregexp.New(`\breturn(?:\s*\(+\s*|\s+)(E[A-Z]+)(?:\s*\)+\s*|\s*)[;:,]`)
)

// checkConstantLeft wants the constant of a comparison on the right.
func checkConstantLeft(c *checker, r *rule) {
	if !c.added() || !constantBeforeCompare(c.line.text) {
		return
	}
	m := c.m.Groups(patConstantLeft, c.line.text)
	if m == nil || c.m.Match(patOperatorTail, m[1]) || patConstantRight.MatchString(m[4]) {
		return
	}
	if c.set.corrected && c.m.Match(patPureConst, m[4]) {
		return
	}
	if r.fire(c, "") {
		c.fixLine(func(line string) string {
			turned := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[m[3]]
			if turned == "" {
				turned = m[3]
			}
			old := "(" + m[2] + " " + m[3] + " " + m[4] + ")"
			return strings.Replace(line, old, "("+m[4]+" "+turned+" "+m[2]+")", 1)
		})
	}
}

// constantBeforeCompare reports whether a number or a word that starts with a capital stands before a comparison.
func constantBeforeCompare(text string) bool {
	for i := 1; i < len(text); i++ {
		if strings.IndexByte("<>=!", text[i]) < 0 {
			continue
		}
		end := i
		for end > 0 && isSpace(text[end-1]) {
			end--
		}
		first := text[wordStartBefore(text, end)]
		if isDigit(first) || 'A' <= first && first <= 'Z' || first == '_' || text[max(end, 1)-1] == '.' {
			return true
		}
	}
	return false
}

// outerComma reports whether a statement that ends with a semicolon has a comma outside of parentheses.
func outerComma(text string) bool {
	if !strings.HasSuffix(trimRight(text), ";") {
		return false
	}
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

// checkErrno wants errors to be returned as negative numbers.
func checkErrno(c *checker, r *rule) {
	m := patErrnoReturn.FindStringSubmatch(c.line.plain)
	if m != nil && m[1] != "EOF" && m[1] != "ERROR" && !strings.HasPrefix(m[1], "EPOLL") {
		r.fire(c, fmt.Sprintf("return -%s", m[1]))
	}
}
