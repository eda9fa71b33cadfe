// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// StatementRules look at conditions and at what stands with them on a line.
var StatementRules = []Rule{
	With("TRAILING_STATEMENTS", errorLevel, checkDo).Needing("do"),
	With("ASSIGN_IN_IF", errorLevel, checkConditional).Needing("if", "while", "for"),
	Only("HEXADECIMAL_BOOLEAN_TEST", warnLevel,
		`(?:(?:\[|\(|&&|\|\|)\s*0[xX][0-9]+\s*(?:&&|\|\|)|(?:&&|\|\|)\s*0[xX][0-9]+\s*(?:&&|\|\||\)|\]))`),
	With("TRAILING_STATEMENTS", errorLevel, checkElseTail).Needing("else"),
	Only("TRAILING_STATEMENTS", errorLevel, `\}\s*if\b`),
	With("TRAILING_STATEMENTS", errorLevel, checkCaseTail).Needing("case", "default"),
	With("ELSE_AFTER_BRACE", errorLevel, checkElsePlace).Needing("else"),
	With("WHILE_AFTER_BRACE", errorLevel, checkWhilePlace).Needing("while"),
	With("CAMELCASE", checkLevel, checkCamelCase),
	Only("WHITESPACE_AFTER_LINE_CONTINUATION", warnLevel, `#\s*define.*\\\s+$`).
		Fixing(func(_ *checker, line string) string { return TrimRight(line) }).Needing(`\`),
	With("INCLUDE_LINUX", warnLevel, checkAsmInclude).Needing("asm/"),
}

var (
	patDo        = Compile(`do\s*(?!\{)`)
	patWhileHead = lazyregexp.New(`^\s*while\b`)
)

// checkDo notes the while that ends a do, so that it is not taken for a loop of its own.
func checkDo(c *checker, _ *Rule) {
	if !c.M.Match(patDo, c.Line.Text) {
		return
	}
	c.StatementHere()
	at := c.Stmt.Next
	st := c.Src.ReadStatement(at)
	next := c.Src.SpacedText(st.From, st.Text)
	if !patWhileHead.MatchString(next) {
		return
	}
	if c.Stmt.NoTrailers == nil {
		c.Stmt.NoTrailers = map[int]bool{}
	}
	lead := next[:LeadingLines(next)]
	c.Stmt.NoTrailers[at.Nr+strings.Count(lead, "\n")] = true
}

var (
	patLoopHead   = Compile(`\b(?:if|while|for)\s*\(`)
	patAssignIf   = lazyregexp.New(`(?s)\bif\s*\(.*[^<>!=]=[^=].*`)
	patOnlyBrace  = lazyregexp.New(`^\s*\{?\s*\\*\s*$`)
	patWhileInCon = lazyregexp.New(`\}\s*while\s*`)
)

// checkConditional finds assignments in the condition of an if, and statements after a condition on its line.
func checkConditional(c *checker, r *Rule) {
	if !c.Stmt.Known || c.Stmt.NoTrailers[c.Line.Nr] {
		return
	}
	text := c.Line.Text
	if !c.M.Match(patLoopHead, text) || isDirective(text) {
		return
	}
	cond := c.Stmt.Cond
	moved := strings.IndexByte(cond, '=') >= 0 && patAssignIf.MatchString(cond) && r.Fire(c, "") && fixAssignment(c)
	rest, _, _ := strings.Cut(c.Stmt.Text[len(cond):], "\n")
	rest = strings.ReplaceAll(rest, string([]byte{Comment}), "")
	if cond != "" && !patOnlyBrace.MatchString(rest) && !patWhileInCon.MatchString(cond) {
		if c.Report("TRAILING_STATEMENTS", errorLevel, "") && !moved && strings.IndexByte(cond, '\n') < 0 {
			fixTrailing(c)
		}
	}
}

var (
	patElseLine = lazyregexp.New(`^.\s*(?:\}\s*)?else\b(.*)`)
	patElseOK   = lazyregexp.New(`^\s*(?:\sif|(?:\{|)\s*\\?\s*$)`)
	patCase     = lazyregexp.New(`^.\s*(?:case\s*.*|default\s*):`)
	patCaseOK   = Compile(`^(?:(?:\s*\c*)(?:\s*\{)?(?:\s*\c*)(?:\s*\\)?\s*$|\s*return\s+)`)
	patElseHead = lazyregexp.New(`^.\s*else\s*`)
	patWhile    = lazyregexp.New(`^.\s*while\s*`)
	patEndBrace = lazyregexp.New(`\}\s*$`)
)

func checkElseTail(c *checker, r *Rule) {
	m := patElseLine.FindStringSubmatch(c.Line.Text)
	if m != nil && !patElseOK.MatchString(strings.ReplaceAll(m[1], string([]byte{Comment}), "")) {
		r.Fire(c, "")
	}
}

func checkCaseTail(c *checker, r *Rule) {
	text := c.Line.Text
	if !strings.Contains(text, "case") && !strings.Contains(text, "default") {
		return
	}
	loc := patCase.FindStringIndex(text)
	if loc == nil {
		return
	}
	ok := c.M.Find(patCaseOK, text[loc[1]:])
	if ok == nil {
		r.Fire(c, "")
		return
	}
	if !c.Settings.Corrected {
		c.Line.CamelFrom = loc[1] + ok[1]
	}
}

// checkElsePlace wants an else on the line of the brace before it.
func checkElsePlace(c *checker, r *Rule) {
	l := &c.Line
	if l.PrevIndent != l.Indent || !patEndBrace.MatchString(l.Prev) || !patElseHead.MatchString(l.Text) {
		return
	}
	if r.Fire(c, "") && strings.HasPrefix(l.Prev, "+") {
		joinToBrace(c, func(line string) string { return strings.Replace(line, "else", "} else", 1) })
	}
}

// joinToBrace puts the line at hand, changed, in place of the closing brace on the line before.
func joinToBrace(c *checker, change func(line string) string) {
	l := &c.Line
	c.Fixes.Remove(l.Nr - 1)
	c.Fixes.Remove(l.Nr)
	before := strings.TrimSuffix(TrimRight(l.PrevRaw), "}")
	if TrimSpace(before[1:]) != "" {
		c.Fixes.Insert(l.Nr, before)
	}
	c.Fixes.Insert(l.Nr, change(l.Raw))
}

// checkWhilePlace wants the while of a do on the line of the brace before it.
func checkWhilePlace(c *checker, r *Rule) {
	l := &c.Line
	if l.PrevIndent != l.Indent || !patEndBrace.MatchString(l.Prev) || !patWhile.MatchString(l.Text) {
		return
	}
	st := c.Src.ReadStatement(Cursor{Nr: l.Nr, Left: l.Left, Off: 0})
	rest, _, _ := strings.Cut(st.Text[len(st.Cond):], "\n")
	if !strings.HasPrefix(TrimLeft(rest), ";") {
		return
	}
	if r.Fire(c, "") && strings.HasPrefix(l.Prev, "+") {
		joinToBrace(c, func(line string) string { return strings.Replace(line, "while", "} while", 1) })
	}
}

var (
	patConstOrLval = Compile(`({constant}|{lval})`)
	patAllConstant = Compile(`^{constant}$`)
	patIdentWord   = Compile(`\b({ident})`)
	patCamelPlain  = lazyregexp.New(`^_Generic$|^(?:[A-Z]+_){1,5}[A-Z]{1,3}[a-z]|^(?:Clear|Set|TestClear|TestSet|)Page[A-Z]|^ETHTOOL_LINK_MODE_|` +
		`^(?:[a-z0-9_]*|[A-Z0-9_]*)?_?[a-z][A-Z](?:_[a-z0-9_]+|_[A-Z0-9_]+)?$|^(?:[a-z_]*?)_?(?:[KMGT]iB|[KMGT]?Hz)(?:_[a-z_]+)?$`)
)

// checkCamelCase finds names in CamelCase that no header of the tree defines, each once.
func checkCamelCase(c *checker, r *Rule) {
	text := c.Line.Text[min(c.Line.CamelFrom, len(c.Line.Text)):]
	if !HasCamel(text) {
		return
	}
	var names []string
	c.M.All(patConstOrLval, text, func(loc []int) bool {
		if name := text[loc[2]:loc[3]]; HasCamel(name) {
			names = append(names, name)
		}
		return true
	})
	for _, name := range names {
		if patCamelPlain.MatchString(name) || c.M.Match(patAllConstant, name) {
			continue
		}
		var words []string
		c.M.All(patIdentWord, name, func(loc []int) bool {
			words = append(words, name[loc[2]:loc[3]])
			return true
		})
		for _, word := range words {
			if HasCamel(word) {
				camelCase(c, r, word)
			}
		}
	}
}

func camelCase(c *checker, r *Rule, word string) {
	if c.Strict && !c.CamelRead {
		c.CamelRead = true
		if !c.FileMode && c.Tree.Real {
			AddCamelNames(c.Camel, c.Tree.Read(c.Line.File, nil), &c.Learned)
		}
	}
	if c.Camel[word] || c.Strict && c.Tree.CamelNames()[word] {
		return
	}
	c.Camel[word] = true
	r.Fire(c, fmt.Sprintf("the name %s is in CamelCase", word))
}

var (
	patAsmInclude = lazyregexp.New(`^.\s*#\s*include\s*<asm/(.*)\.h>`)
	patAsmAllowed = lazyregexp.New(`irq|memory|time|reboot`)
)

// checkAsmInclude wants <linux/X.h> for <asm/X.h> where that includes it.
func checkAsmInclude(c *checker, r *Rule) {
	m := patAsmInclude.FindStringSubmatch(c.Line.Raw)
	if m == nil || !c.Tree.Real || c.Line.File == "include/linux/"+m[1]+".h" || patAsmAllowed.MatchString(m[1]) || !c.Tree.IncludesAsm(m[1]) {
		return
	}
	message := fmt.Sprintf("include <linux/%s.h>, which includes <asm/%s.h>", m[1], m[1])
	if strings.HasPrefix(c.Line.File, "arch/") {
		c.Report("ARCH_INCLUDE_LINUX", checkLevel, message)
	} else {
		r.Fire(c, message)
	}
}
