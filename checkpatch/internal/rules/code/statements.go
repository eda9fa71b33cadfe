// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// StatementRules look at conditions and at what stands with them on a line.
var StatementRules = []engine.Rule{
	engine.With("TRAILING_STATEMENTS", engine.Error, checkDo).Needing("do"),
	engine.With("ASSIGN_IN_IF", engine.Error, checkConditional).Needing("if", "while", "for"),
	engine.Only("HEXADECIMAL_BOOLEAN_TEST", engine.Warn,
		`(?:(?:\[|\(|&&|\|\|)\s*0[xX][0-9]+\s*(?:&&|\|\|)|(?:&&|\|\|)\s*0[xX][0-9]+\s*(?:&&|\|\||\)|\]))`),
	engine.With("TRAILING_STATEMENTS", engine.Error, checkElseTail).Needing("else"),
	engine.Only("TRAILING_STATEMENTS", engine.Error, `\}\s*if\b`),
	engine.With("TRAILING_STATEMENTS", engine.Error, checkCaseTail).Needing("case", "default"),
	engine.With("ELSE_AFTER_BRACE", engine.Error, checkElsePlace).Needing("else"),
	engine.With("WHILE_AFTER_BRACE", engine.Error, checkWhilePlace).Needing("while"),
	engine.With("CAMELCASE", engine.Check, checkCamelCase),
	engine.Only("WHITESPACE_AFTER_LINE_CONTINUATION", engine.Warn, `#\s*define.*\\\s+$`).
		Fixing(func(_ *engine.Checker, line string) string { return lines.TrimRight(line) }).Needing(`\`),
	engine.With("INCLUDE_LINUX", engine.Warn, checkAsmInclude).Needing("asm/"),
}

var (
	patDo        = syntax.Compile(`do\s*(?!\{)`)
	patWhileHead = lazyregexp.New(`^\s*while\b`)
)

// checkDo notes the while that ends a do, so that it is not taken for a loop of its own.
func checkDo(c *engine.Checker, _ *engine.Rule) {
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
	lead := next[:lines.LeadingLines(next)]
	c.Stmt.NoTrailers[at.Nr+strings.Count(lead, "\n")] = true
}

var (
	patLoopHead   = syntax.Compile(`\b(?:if|while|for)\s*\(`)
	patAssignIf   = lazyregexp.New(`(?s)\bif\s*\(.*[^<>!=]=[^=].*`)
	patOnlyBrace  = lazyregexp.New(`^\s*\{?\s*\\*\s*$`)
	patWhileInCon = lazyregexp.New(`\}\s*while\s*`)
)

// checkConditional finds assignments in the condition of an if, and statements after a condition on its line.
func checkConditional(c *engine.Checker, r *engine.Rule) {
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
	rest = strings.ReplaceAll(rest, string([]byte{lines.Comment}), "")
	if cond != "" && !patOnlyBrace.MatchString(rest) && !patWhileInCon.MatchString(cond) {
		if c.Report("TRAILING_STATEMENTS", engine.Error, "") && !moved && strings.IndexByte(cond, '\n') < 0 {
			fixTrailing(c)
		}
	}
}

var (
	patElseLine = lazyregexp.New(`^.\s*(?:\}\s*)?else\b(.*)`)
	patElseOK   = lazyregexp.New(`^\s*(?:\sif|(?:\{|)\s*\\?\s*$)`)
	patCase     = lazyregexp.New(`^.\s*(?:case\s*.*|default\s*):`)
	patCaseOK   = syntax.Compile(`^(?:(?:\s*\c*)(?:\s*\{)?(?:\s*\c*)(?:\s*\\)?\s*$|\s*return\s+)`)
	patElseHead = lazyregexp.New(`^.\s*else\s*`)
	patWhile    = lazyregexp.New(`^.\s*while\s*`)
	patEndBrace = lazyregexp.New(`\}\s*$`)
)

func checkElseTail(c *engine.Checker, r *engine.Rule) {
	m := patElseLine.FindStringSubmatch(c.Line.Text)
	if m != nil && !patElseOK.MatchString(strings.ReplaceAll(m[1], string([]byte{lines.Comment}), "")) {
		r.Fire(c, "")
	}
}

func checkCaseTail(c *engine.Checker, r *engine.Rule) {
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
func checkElsePlace(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if l.PrevIndent != l.Indent || !patEndBrace.MatchString(l.Prev) || !patElseHead.MatchString(l.Text) {
		return
	}
	if r.Fire(c, "") && strings.HasPrefix(l.Prev, "+") {
		joinToBrace(c, func(line string) string { return strings.Replace(line, "else", "} else", 1) })
	}
}

// joinToBrace puts the line at hand, changed, in place of the closing brace on the line before.
func joinToBrace(c *engine.Checker, change func(line string) string) {
	l := &c.Line
	c.Fixes.Remove(l.Nr - 1)
	c.Fixes.Remove(l.Nr)
	before := strings.TrimSuffix(lines.TrimRight(l.PrevRaw), "}")
	if lines.TrimSpace(before[1:]) != "" {
		c.Fixes.Insert(l.Nr, before)
	}
	c.Fixes.Insert(l.Nr, change(l.Raw))
}

// checkWhilePlace wants the while of a do on the line of the brace before it.
func checkWhilePlace(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if l.PrevIndent != l.Indent || !patEndBrace.MatchString(l.Prev) || !patWhile.MatchString(l.Text) {
		return
	}
	st := c.Src.ReadStatement(lines.Cursor{Nr: l.Nr, Left: l.Left, Off: 0})
	rest, _, _ := strings.Cut(st.Text[len(st.Cond):], "\n")
	if !strings.HasPrefix(lines.TrimLeft(rest), ";") {
		return
	}
	if r.Fire(c, "") && strings.HasPrefix(l.Prev, "+") {
		joinToBrace(c, func(line string) string { return strings.Replace(line, "while", "} while", 1) })
	}
}

var (
	patConstOrLval = syntax.Compile(`({constant}|{lval})`)
	patAllConstant = syntax.Compile(`^{constant}$`)
	patIdentWord   = syntax.Compile(`\b({ident})`)
	patCamelPlain  = lazyregexp.New(`^(?:[A-Z]+_){1,5}[A-Z]{1,3}[a-z]|^(?:Clear|Set|TestClear|TestSet|)Page[A-Z]|` +
		`^(?:[a-z0-9_]*|[A-Z0-9_]*)?_?[a-z][A-Z](?:_[a-z0-9_]+|_[A-Z0-9_]+)?$|^(?:[a-z_]*?)_?(?:[KMGT]iB|[KMGT]?Hz)(?:_[a-z_]+)?$`)
)

// checkCamelCase finds names in CamelCase that no header of the tree defines, each once.
func checkCamelCase(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text[min(c.Line.CamelFrom, len(c.Line.Text)):]
	if !lists.HasCamel(text) {
		return
	}
	var names []string
	c.M.All(patConstOrLval, text, func(loc []int) bool {
		if name := text[loc[2]:loc[3]]; lists.HasCamel(name) {
			names = append(names, name)
		}
		return true
	})
	for _, name := range names {
		if plainCamel(c, name) || c.M.Match(patAllConstant, name) {
			continue
		}
		var words []string
		c.M.All(patIdentWord, name, func(loc []int) bool {
			words = append(words, name[loc[2]:loc[3]])
			return true
		})
		for _, word := range words {
			if lists.HasCamel(word) {
				camelCase(c, r, word)
			}
		}
	}
}

// plainCamel reports whether a name in CamelCase is as it should be.
func plainCamel(c *engine.Checker, name string) bool {
	return name == "_Generic" && c.Has(edition.GenericCamel) ||
		strings.HasPrefix(name, "ETHTOOL_LINK_MODE_") && c.Has(edition.EthtoolCamel) || patCamelPlain.MatchString(name)
}

func camelCase(c *engine.Checker, r *engine.Rule, word string) {
	if c.Strict && !c.CamelRead {
		c.CamelRead = true
		if !c.FileMode && c.Tree.Real {
			lists.AddCamelNames(c.Camel, c.Tree.Read(c.Line.File, nil), &c.Learned)
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
func checkAsmInclude(c *engine.Checker, r *engine.Rule) {
	m := patAsmInclude.FindStringSubmatch(c.Line.Raw)
	if m == nil || !c.Tree.Real || c.Line.File == "include/linux/"+m[1]+".h" || patAsmAllowed.MatchString(m[1]) || !c.Tree.IncludesAsm(m[1]) {
		return
	}
	message := fmt.Sprintf("include <linux/%s.h>, which includes <asm/%s.h>", m[1], m[1])
	if strings.HasPrefix(c.Line.File, "arch/") {
		c.Report("ARCH_INCLUDE_LINUX", engine.Check, message)
	} else {
		r.Fire(c, message)
	}
}
