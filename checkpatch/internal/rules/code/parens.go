// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// ParenRules look at parentheses, comparisons, labels and returns.
var ParenRules = []engine.Rule{
	engine.With("UNNECESSARY_PARENTHESES", engine.Check, checkParenLval).Needing("("),
	engine.With("UNNECESSARY_PARENTHESES", engine.Check, checkParenCall).Needing("("),
	engine.With("UNNECESSARY_PARENTHESES", engine.Check, checkParenCompare).Needing("if"),
	engine.Only("INDENTED_LABEL", engine.Warn, `^.\s+[A-Za-z_][A-Za-z\d_]*:(?!\s*\d+)`).At(engine.AtPlain).
		Except(`^. [A-Za-z\d_][A-Za-z\d_]*:|^.\s+default:`).
		Fixing(func(_ *engine.Checker, line string) string { return line[:1] + lines.TrimLeft(line[1:]) }).Needing(":"),
	engine.Only("SUSPECT_COMMA_SEMICOLON", engine.Warn, `^\+\s*(?:{lval}\s*{assign}\s*)?{arg}\s*,\s*(?:{lval}\s*{assign}\s*)?{arg}\s*;\s*$`).
		At(engine.AtStatement).OnlyIf(func(c *engine.Checker) bool { return c.Stmt.Known && outerComma(c.Stmt.Text) }),
	engine.With("RETURN_PARENTHESES", engine.Error, checkReturn).Needing("return"),
	engine.With("RETURN_VOID", engine.Warn, checkReturnVoid).Needing("}"),
	engine.With("UNNECESSARY_PARENTHESES", engine.Warn, checkParenIf).Needing("if"),
	engine.With("CONSTANT_COMPARISON", engine.Warn, checkConstantLeft).Needing("==", "!=", "<", ">"),
	engine.With("USE_NEGATIVE_ERRNO", engine.Warn, checkErrno).Needing("return"),
	engine.Only("SPACING", engine.Error, `\b(if|while|for|switch)\(`).Fixing(engine.FirstOf(`\b(if|while|for|switch)\(`, "$1 (")),
}

var (
	patParenLval = syntax.Compile(`(?:[^&]&\s*|\*)\(\s*({ident}\s*(?:{member}\s*)+)\s*\)`)
	patParenCall = syntax.Compile(`(\bif\s*|)(\(\s*{ident}\s*(?:{member}\s*)+\))[ \t]*\(`)
)

func checkParenLval(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if !followed(text, '&', '(') && !followed(text, '*', '(') {
		return
	}
	c.M.All(patParenLval, text, func(loc []int) bool {
		name := text[loc[2]:loc[3]]
		if c.ReportAt(r.Typ, r.Severity, loc[0]+1, fmt.Sprintf("%s needs no parentheses", name)) {
			c.FixLine(func(line string) string { return strings.Replace(line, "("+name+")", name, 1) })
		}
		return true
	})
}

func checkParenCall(c *engine.Checker, r *engine.Rule) {
	if !followed(c.Line.Text, ')', '(') {
		return
	}
	if m := c.M.Groups(patParenCall, c.Line.Text); m != nil && !strings.HasPrefix(m[1], "if") {
		if r.Fire(c, fmt.Sprintf("the pointer to a function %s needs no parentheses", m[2])) {
			c.FixLine(func(line string) string {
				name := strings.Join(strings.FieldsFunc(m[2][1:len(m[2])-1], lines.IsSpaceRune), "")
				return strings.Replace(line, m[2], name, 1)
			})
		}
	}
}

var (
	patIfHead     = syntax.Compile(`^.\s*if\s*({parens})`)
	patInnerTest  = syntax.Compile(`(?:^|[^\w&!~])+\s*\(\s*([&!~]?\s*{lval}\s*(?:{compare}\s*{arg})?)\s*\)`)
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
		if next := lines.SkipSpace(text, from); next < len(text) && text[next] == b {
			return true
		}
	}
}

// checkParenCompare finds comparisons in the condition of an if that have parentheses of their own.
func checkParenCompare(c *engine.Checker, r *engine.Rule) {
	staging := strings.HasPrefix(c.Line.File, "drivers/staging/") && (c.Has(edition.NoStagingParens) || !c.Settings.Strict)
	if !c.Stmt.Known || staging || !strings.Contains(c.Line.Text, "if") {
		return
	}
	m := c.M.Groups(patIfHead, c.Stmt.Text)
	if m == nil {
		return
	}
	test := m[1][1 : len(m[1])-1]
	if strings.IndexByte(test, '(') < 0 {
		return
	}
	c.M.All(patInnerTest, test, func(loc []int) bool {
		if match := test[loc[2]:loc[3]]; !patOneWord.MatchString(match) {
			r.Fire(c, fmt.Sprintf("%s needs no parentheses", lines.TrimSpace(match)))
		}
		return true
	})
}

var (
	patReturnParen = syntax.Compile(`^.\s*return(\s*)\(`)
	patReturnValue = syntax.Compile(`^.\s*return\s*({parens})\s*;\s*$`)
	patPlainValue  = syntax.Compile(`^\s*{arg}\s*(?:\?|$)`)
	patOuterParens = lazyregexp.New(`^\s*\(.*\)\s*$`)
)

// checkReturn finds values in parentheses that are returned.
func checkReturn(c *engine.Checker, r *engine.Rule) {
	if !c.Stmt.Known {
		return
	}
	text := c.Stmt.Text
	m := c.M.Groups(patReturnParen, text)
	if m == nil {
		return
	}
	if value := c.M.Groups(patReturnValue, text); value != nil {
		if c.M.Match(patPlainValue, withoutParens(value[1])) {
			r.Fire(c, "")
		}
	} else if m[1] == "" {
		c.Report("SPACING", engine.Error, "a space belongs before the opening parenthesis")
	}
}

// withoutParens takes the parentheses around s off, and makes runs of white space one space.
func withoutParens(s string) string {
	for patOuterParens.MatchString(s) {
		s = lines.TrimSpace(s)
		s = lines.TrimSpace(s[1 : len(s)-1])
	}
	return patSpaces.ReplaceAllLiteralString(s, " ")
}

// PatPureConst matches what is nothing but a constant, which a check of calls asks, too.
var PatPureConst = syntax.Compile(`^{constant}$`)

var patSpaces = lazyregexp.New(`\s+`)

var (
	patCloseEnd   = lazyregexp.New(`^[ +]\}\s*$`)
	patReturnOnly = lazyregexp.New(`^\+\treturn\s*;\s*$`)
	patLabelHere  = syntax.Compile(`^[ +]\s*{ident}\s*:`)
)

// checkReturnVoid finds a return at the end of a function that returns nothing.
func checkReturnVoid(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if l.Nr < 3 || lines.TrimSpace(l.Plain[min(1, len(l.Plain)):]) != "}" || !patCloseEnd.MatchString(l.Plain) || !patReturnOnly.MatchString(l.Prev) {
		return
	}
	before, _ := c.Src.Line(l.Nr - 2)
	if before != "" && (before[0] == ' ' || before[0] == '+') && !c.M.Match(patLabelHere, before) {
		r.Fire(c, "")
	}
}

// patDoubled are comparisons in as many parentheses as the index says.
var patDoubled = doubledPatterns()

func doubledPatterns() [maxDoubled + 1]*pattern.Pattern {
	var list [maxDoubled + 1]*pattern.Pattern
	for n := range list {
		list[n] = syntax.Compile(fmt.Sprintf(`\bif\s*(?:\(\s*){%d}{lvalOrCall}\s*({compare})\s*{lvalOrCall}(?:\s*\)){%d}`, n, n))
	}
	return list
}

// maxDoubled is how many parentheses around a comparison are looked at.
const maxDoubled = 6

// checkParenIf finds the condition of an if in parentheses twice.
func checkParenIf(c *engine.Checker, r *engine.Rule) {
	if !followed(c.Line.Text, '(', '(') {
		return
	}
	m := patDoubleOpen.FindStringSubmatch(c.Line.Text)
	if m == nil {
		return
	}
	count := strings.Count(m[1], "(")
	if count <= maxDoubled && c.M.Match(patDoubled[count], c.Line.Text) {
		r.Fire(c, "one pair of parentheses is enough")
	}
}

var (
	patConstantLeft  = syntax.Compile(`^\+(.*)\b({constant}|[A-Z_][A-Z0-9_]*)\s*({compare})\s*({lvalOrCall})`)
	patOperatorTail  = syntax.Compile(`(?:{operator}|\.)\s*$`)
	patConstantRight = lazyregexp.New(`^(?:Constant|[A-Z_][A-Z0-9_]*)$`)
	patErrnoReturn   = lazyregexp.New(`\breturn(?:\s*\(+\s*|\s+)(E[A-Z]+)(?:\s*\)+\s*|\s*)[;:,]`)
)

// checkConstantLeft wants the constant of a comparison on the right.
func checkConstantLeft(c *engine.Checker, r *engine.Rule) {
	if !c.Added() || !constantBeforeCompare(c.Line.Text) {
		return
	}
	m := c.M.Groups(patConstantLeft, c.Line.Text)
	if m == nil || c.M.Match(patOperatorTail, m[1]) || patConstantRight.MatchString(m[4]) {
		return
	}
	if c.Settings.Corrected && c.M.Match(PatPureConst, m[4]) {
		return
	}
	if r.Fire(c, "") {
		c.FixLine(func(line string) string {
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
		for end > 0 && lines.IsSpace(text[end-1]) {
			end--
		}
		first := text[lines.WordStartBefore(text, end)]
		if lines.IsDigit(first) || 'A' <= first && first <= 'Z' || first == '_' || text[max(end, 1)-1] == '.' {
			return true
		}
	}
	return false
}

// outerComma reports whether a statement that ends with a semicolon has a comma outside of parentheses.
func outerComma(text string) bool {
	if !strings.HasSuffix(lines.TrimRight(text), ";") {
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
func checkErrno(c *engine.Checker, r *engine.Rule) {
	m := patErrnoReturn.FindStringSubmatch(c.Line.Plain)
	if m != nil && m[1] != "EOF" && m[1] != "ERROR" && !strings.HasPrefix(m[1], "EPOLL") {
		r.Fire(c, fmt.Sprintf("return -%s", m[1]))
	}
}
