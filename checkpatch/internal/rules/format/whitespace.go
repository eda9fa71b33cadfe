// SPDX-License-Identifier: GPL-2.0-only

// Package format has the rules about how a text is laid out, whatever it says: white space, indent, blank lines, comments
// as blocks, the length of lines. [AnyRules] look at all files, [SourceRules] at sources, [IndentRules] at those with an
// indent.
package format

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/files"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

// AnyRules look at the lines of all files.
var AnyRules = engine.RuleTable{
	engine.With("TRAILING_WHITESPACE", engine.Error, checkLineEnd),
	engine.Only("FSF_MAILING_ADDRESS", engine.Error, `\b(?:(?i:write to the Free)|(?i:675\s+Mass\s+Ave|59\s+Temple\s+Pl|51\s+Franklin\s+St))`).
		At(engine.AtRaw).Leveled(checkFSF),
	engine.With("CONFIG_DESCRIPTION", engine.Warn, files.CheckKconfig),
	engine.With("MAINTAINERS_STYLE", engine.Warn, files.CheckMaintainers),
	engine.With("DEPRECATED_VARIABLE", engine.Warn, files.CheckMakefile).Needing("EXTRA_"),
	engine.With("UNDOCUMENTED_DT_STRING", engine.Warn, files.CheckCompatible).Needing("compatible"),
	engine.With("UNCOMMENTED_RGMII_MODE", engine.Warn, files.CheckRGMII).Needing("rgmii"),
	engine.With("SPDX_LICENSE_TAG", engine.Warn, files.CheckLicenseLine),
	engine.With("EMBEDDED_FILENAME", engine.Warn, checkOwnName),
}

// checkLineEnd finds carriage returns, and white space at the end of an added line.
func checkLineEnd(c *engine.Checker, r *engine.Rule) {
	if !c.Added() {
		return
	}
	raw := c.Line.Raw
	trim := func(line string) string { return lines.TrimRight(line) }
	if strings.IndexByte(c.Line.Text, '\r') >= 0 {
		if c.Report("DOS_LINE_ENDINGS", engine.Error, "") {
			c.FixLine(trim)
		}
	} else if len(raw) > 1 && lines.IsSpace(raw[len(raw)-1]) {
		if r.Fire(c, "") {
			c.FixLine(trim)
		}
	}
}

// checkFSF reports the address of the Free Software Foundation.
func checkFSF(c *engine.Checker, r *engine.Rule) {
	severity := r.Severity
	if c.FileMode {
		severity = engine.Check
	}
	c.Report(r.Typ, severity, "")
}

// checkOwnName finds the name of the file in the file.
func checkOwnName(c *engine.Checker, r *engine.Rule) {
	raw, name := c.Line.Raw, c.Line.File
	if !strings.HasPrefix(raw, "+") {
		return
	}
	for from := 1; ; {
		i := strings.Index(raw[from:], name)
		if i < 0 {
			return
		}
		i += from
		if !c.Has(edition.WholeFilename) || lines.Boundary(raw, i) && lines.Boundary(raw, i+len(name)) {
			r.Fire(c, "")
			return
		}
		from = i + 1
		if from >= len(raw) {
			return
		}
	}
}

// SourceRules look at sources, scripts and device trees.
var SourceRules = engine.RuleTable{
	engine.With("SPDX_LICENSE_TAG", engine.Warn, files.CheckLicenseTags).Needing("SPDX-"),
	engine.With("LONG_LINE", engine.Warn, checkLongLine),
	engine.With("MISSING_EOF_NEWLINE", engine.Warn, checkFinalNewline),
	engine.With("AVOID_L_PREFIX", engine.Warn, checkLocalSymbol).Needing("SYM_"),
}

func checkFinalNewline(c *engine.Checker, r *engine.Rule) {
	next, _ := c.Next()
	if c.Added() && strings.HasPrefix(next, `\ No newline at end of file`) && r.Fire(c, "") {
		c.Fixes.Remove(c.Line.Nr + 1)
	}
}

var patLocalSymbol = syntax.Compile(`^\+\s*(?:[A-Z]+_)?SYM_[A-Z]+_(?:START|END)(?:_[A-Z_]+)?\s*\(\s*\.L`)

func checkLocalSymbol(c *engine.Checker, r *engine.Rule) {
	if strings.HasSuffix(c.Line.File, ".S") && c.M.Match(patLocalSymbol, c.Line.Text) {
		r.Fire(c, "")
	}
}

// IndentRules look at C, Perl and device trees.
var IndentRules = engine.RuleTable{
	engine.With("CODE_INDENT", engine.Error, checkIndentTabs),
	engine.With("SPACE_BEFORE_TAB", engine.Warn, checkSpaceBeforeTab).Needing(" \t"),
	engine.With("ASSIGNMENT_CONTINUATIONS", engine.Check, checkAssignmentStart),
	engine.With("LOGICAL_CONTINUATIONS", engine.Check, checkLogicalStart),
	engine.With("TABSTOP", engine.Warn, checkTabStop),
	engine.With("PARENTHESIS_ALIGNMENT", engine.Check, checkAlignment),
	engine.With("SPACING", engine.Check, checkSpaceAfterCast).Needing(")"),
	engine.With("NETWORKING_BLOCK_COMMENT_STYLE", engine.Warn, checkNetworkComment).Needing("*"),
	engine.With("BLOCK_COMMENT_STYLE", engine.Warn, checkBlockComment),
	engine.With("LINE_SPACING", engine.Check, checkBlankLines),
	engine.With("LINE_SPACING", engine.Warn, checkDeclarationBlank),
	engine.With("LEADING_SPACE", engine.Warn, checkLeadingSpace).Needing("+ "),
}

var patIndent8 = syntax.Compile(`^\+\s*(?: \t\s*\S|        )`)

// checkIndentTabs wants tabs before anything else in the indent.
func checkIndentTabs(c *engine.Checker, r *engine.Rule) {
	raw := c.Line.Raw
	if len(raw) > 1 && strings.IndexByte(raw[:lines.SkipSpace(raw, 1)], ' ') > 0 && c.M.Match(patIndent8, raw) && r.Fire(c, "") {
		c.FixLine(c.TabifyLine)
	}
}

func checkSpaceBeforeTab(c *engine.Checker, r *engine.Rule) {
	if strings.HasPrefix(c.Line.Raw, "+") && r.Fire(c, "") {
		c.FixLine(func(line string) string {
			wide := strings.Repeat(" ", c.Settings.Tab) + "\t"
			for strings.Contains(line, wide) {
				line = strings.ReplaceAll(line, wide, "\t\t")
			}
			for strings.Contains(line, " \t") {
				line = strings.ReplaceAll(line, " \t", "\t")
			}
			return line
		})
	}
}

var (
	patAssignStart = syntax.Compile(`^\+\s++({assign})[^=]`)
	patTabStop     = syntax.Compile(`^\+\t+( +)(?:{keyword}\b|\{\s*$|\}\s*(?:else\b|while\b|\s*$)|{declare}\s*{ident}\s*[;=])`)
)

func checkAssignmentStart(c *engine.Checker, r *engine.Rule) {
	code := c.Line.Code()
	if code == "" || strings.IndexByte("*/%+-<>&^|=", code[0]) < 0 {
		return
	}
	if m := c.M.Groups(patAssignStart, c.Line.Plain); m != nil && r.Fire(c, "") {
		fixContinuation(c, m[1], false)
	}
}

func checkLogicalStart(c *engine.Checker, r *engine.Rule) {
	if !c.Added() {
		return
	}
	for _, op := range []string{"&&", "||"} {
		if strings.HasPrefix(lines.TrimLeft(c.Line.Raw[1:]), op) && r.Fire(c, "") {
			fixContinuation(c, op, true)
		}
	}
}

// checkTabStop wants statements to start at a multiple of the width of a tab.
func checkTabStop(c *engine.Checker, r *engine.Rule) {
	tabs := strings.TrimLeft(c.Line.Plain[min(1, len(c.Line.Plain)):], "\t")
	if !strings.HasPrefix(c.Line.Plain, "+\t") || !strings.HasPrefix(tabs, " ") || lines.TrimSpace(tabs) == "" {
		return
	}
	m := c.M.Groups(patTabStop, c.Line.Plain)
	if m != nil && len(m[1])%c.Settings.Tab != 0 && r.Fire(c, "") {
		c.FixLine(func(line string) string {
			end := lines.SkipSpace(line, 1)
			tabs := 1
			for tabs < end && line[tabs] == '\t' {
				tabs++
			}
			return line[:tabs] + strings.Repeat("\t", (end-tabs)/c.Settings.Tab) + line[end:]
		})
	}
}

var patCallContinues = syntax.Compile(`^\+([ \t]*)((?:{keyword}(?:\s+if)\s*)|(?:{declare}\s*)?(?:{ident}|\(\s*\*\s*{ident}\s*\))\s*|(?:\*\s*)*{lval}\s*=\s*{ident}\s*)\(.*(&&|\|\||,)\s*$`)

// checkAlignment wants a line to start below what follows the parenthesis that is still open on the line before.
func checkAlignment(c *engine.Checker, r *engine.Rule) {
	prev := c.Line.Prev
	if !endsOpen(prev) || !c.M.Match(patCallContinues, prev) {
		return
	}
	tabs := 1
	for tabs < len(prev) && prev[tabs] == '\t' {
		tabs++
	}
	pos := openParenColumn(c, prev[tabs:])
	if pos < 0 {
		return
	}
	indent := ""
	if t := c.Line.Text; t != "" {
		end := 1
		for end < len(t) && (t[end] == ' ' || t[end] == '\t') {
			end++
		}
		indent = t[1:end]
	}
	oldIndent := prev[1:tabs]
	good := oldIndent + strings.Repeat("\t", pos/c.Settings.Tab) + strings.Repeat(" ", pos%c.Settings.Tab)
	if indent != good && indent != oldIndent+strings.Repeat(" ", pos) && r.Fire(c, "") && c.Added() {
		c.FixLine(func(line string) string { return "+" + good + strings.TrimLeft(line[1:], " \t") })
	}
}

// endsOpen reports whether an added line ends in an operator that its argument list goes on after.
func endsOpen(line string) bool {
	line = lines.TrimRight(line)
	return strings.HasPrefix(line, "+") && strings.IndexByte(line, '(') >= 0 &&
		(strings.HasSuffix(line, ",") || strings.HasSuffix(line, "&&") || strings.HasSuffix(line, "||"))
}

var patArgument = syntax.Compile(`^({arg}|{parens})`)

// openParenColumn returns the column after the last parenthesis of text that is still open, or -1.
func openParenColumn(c *engine.Checker, text string) int {
	opens, closes := strings.Count(text, "("), strings.Count(text, ")")
	if opens == 0 || closes >= opens {
		return -1
	}
	last := 0
	for pos := 0; pos < len(text); pos++ {
		if loc := c.M.Find(patArgument, text[pos:]); loc != nil {
			pos += loc[3] - loc[2] - 1
		} else if text[pos] == '(' {
			last = pos
		} else if strings.IndexByte(text[pos:], '(') < 0 {
			break
		}
	}
	return c.Settings.Columns(text[:last]) + 1
}

var (
	patAfterCast = syntax.Compile(`^\+(.*)\(\s*{type}\s*\)([ \t]++)(?![={]|\\$|{attribute}|__attribute__)`)
	patCastSpace = syntax.Compile(`(\(\s*{type}\s*\))[ \t]+`)
	patSizeofEnd = syntax.Compile(`\b(?:sizeof|__alignof__)\s*$`)
)

func checkSpaceAfterCast(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if !strings.HasPrefix(text, "+") || !strings.Contains(text, ") ") && !strings.Contains(text, ")\t") {
		return
	}
	if m := c.M.Groups(patAfterCast, text); m != nil && !c.M.Match(patSizeofEnd, m[1]) {
		if r.Fire(c, "no space belongs after a cast") {
			c.FixLine(func(line string) string {
				return c.Rewrite(patCastSpace, line, func(group func(int) string) string { return group(1) })
			})
		}
	}
}

var (
	patLeadingOK   = syntax.Compile(`^\+ *(?:\c|#|{ident}:)`)
	patCloseLine   = syntax.Compile(`^[+ ]\};?\s*$`)
	patNoBlankNeed = syntax.Compile(`^\+(?:\s*$|\s*(?:EXPORT_SYMBOL|early_param|(ALLOW_ERROR_INJECTION))|\s*(?i:MODULE_)|\s*#\s*(?:end|elif|else)|` +
		`[a-z_]*init|\s*(?:static\s+)?[A-Z_]*ATTR|\s*DECLARE|\s*(NOKPROBE_SYMBOL)|\s*builtin_\w*driver|\s*__setup)`)
)

func checkLeadingSpace(c *engine.Checker, r *engine.Rule) {
	if strings.HasPrefix(c.Line.Raw, "+ ") && !c.M.Match(patLeadingOK, c.Line.Text) && r.Fire(c, "") {
		c.FixLine(c.TabifyLine)
	}
}

// checkBlankLines wants one blank line after the end of a function or a type, and never two.
func checkBlankLines(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if !c.Added() {
		return
	}
	if len(l.Prev) > 1 && l.Prev[1] == '}' && c.M.Match(patCloseLine, l.Prev) && !mayTouch(c, l.Text) {
		if r.Fire(c, "leave a blank line after a function, struct, union or enum") {
			c.Fixes.Insert(l.Nr, "+")
		}
	}
	if isBlank(l.Prev) && lines.TrimSpace(l.Text[1:]) == "" {
		if l.BlankNr != l.Nr-1 && r.Fire(c, "one blank line is enough") {
			c.Fixes.Remove(l.Nr)
		}
		if l.BlankNr != l.Nr-1 {
			l.BlankNr = l.Nr
		}
	}
}

// mayTouch reports whether a line may follow a function at once.
func mayTouch(c *engine.Checker, text string) bool {
	m := c.M.Groups(patNoBlankNeed, text)
	return m != nil && (m[1] == "" || c.Has(edition.ErrorInjection)) && (m[2] == "" || c.Has(edition.NokprobeSymbol))
}

// isBlank reports whether a line of the new file is empty but for white space.
func isBlank(line string) bool {
	return line != "" && (line[0] == '+' || line[0] == ' ') && lines.TrimSpace(line[1:]) == ""
}

var (
	patAttrWords    = syntax.Compile(`\b(?:{attribute}|{sparse})\b`)
	patDeclLine     = syntax.Compile(`^\+\s+(?:{declare}\s*{ident}\s*[=,;:\[]|{declare}\s*\(\s*\*\s*{ident}(\s*\[\s*(?:{ident}|{constant})?\s*\])?\s*\)\s*[=,;:\[\(]|{ident}(?:\s+|\s*\*\s*){ident}\s*[=,;\[]|{declMacro})`)
	patKeywordStart = syntax.Compile(`^\+\s+{keyword}\b`)
	patOperatorEnd  = syntax.Compile(`(?:{compare}|{assign}|{operator})\s*$`)
	patGoesOn       = syntax.Compile(`(?:\{\s*|\\)$`)
	patDeclGoesOn   = syntax.Compile(`^\+\s+(?:(?:static\s+)?(?:const\s+)?(?:union|struct|enum|typedef)\b|(?:$|[{}.#"?:(\[])|{ident}\s*:\s*\d+\s*[,;]|\(?\s*(?:{compare}|{assign}|{operator}))`)
)

// checkDeclarationBlank wants a blank line between the declarations of a block and its statements.
func checkDeclarationBlank(c *engine.Checker, r *engine.Rule) {
	prev, line := c.Line.Prev, c.Line.Plain
	if !strings.HasPrefix(line, "+") {
		return
	}
	if !sameIndent(prev, line) {
		return
	}
	before := withoutAttributes(c, prev)
	if !mayBeDeclLine(c, before) {
		return
	}
	if c.M.Match(patKeywordStart, before) || !isDeclLine(c, before) || c.M.Match(patOperatorEnd, before) || c.M.Match(patGoesOn, before) {
		return
	}
	now := withoutAttributes(c, line)
	if mayBeDeclLine(c, now) && isDeclLine(c, now) || c.M.Match(patDeclGoesOn, now) {
		return
	}
	if r.Fire(c, "a blank line belongs after declarations") {
		c.Fixes.Insert(c.Line.Nr, "+")
	}
}

// isDeclLine reports whether a line declares something.
func isDeclLine(c *engine.Checker, line string) bool {
	m := c.M.Groups(patDeclLine, line)
	return m != nil && (m[1] == "" || c.Has(edition.FunctionArrays))
}

// mayBeDeclLine tells cheaply that patDeclLine does not match: by the words that the line starts with.
func mayBeDeclLine(c *engine.Checker, line string) bool {
	words, end := lines.LeadingWords(line)
	if end == len(line) || words == 0 {
		return false
	}
	switch line[end] {
	case '=', ',', ';', ':':
		return words > 1
	case '[':
		return true
	case '(':
		first := line[lines.SkipSpace(line, 1)]
		return words > 1 || first == '_' || 'A' <= first && first <= 'Z' || c.MayStartType(line, 1)
	}
	return false
}

// withoutAttributes returns a line without the attributes in it.
func withoutAttributes(c *engine.Checker, line string) string {
	if !strings.Contains(line, "__") && !strings.Contains(line, "const") && !strings.Contains(line, "volatile") {
		return line
	}
	return c.DeleteAll(patAttrWords, line)
}

// sameIndent reports whether line starts with the white space that follows the first plus in prev, if any does.
func sameIndent(prev, line string) bool {
	for from := 0; ; {
		plus := strings.IndexByte(prev[from:], '+')
		if plus < 0 {
			return false
		}
		from += plus + 1
		if end := lines.SkipSpace(prev, from); end > from && end < len(prev) {
			rest, ok := strings.CutPrefix(line[1:], prev[from:end])
			return ok && rest != "" && !lines.IsSpace(rest[0])
		}
	}
}

// fixContinuation moves an operator from the start of the line at hand to the end of the code of the one before.
func fixContinuation(c *engine.Checker, operator string, beforeComment bool) {
	l := &c.Line
	if !c.Fixes.Wanted() || !strings.HasPrefix(l.PrevRaw, "+") {
		return
	}
	c.Fixes.Change(l.Nr-1, func(line string) string {
		code := len(l.Prev)
		for code > 0 && (l.Prev[code-1] == lines.Comment || lines.IsSpace(l.Prev[code-1])) {
			code--
		}
		tail := l.PrevRaw[min(code, len(l.PrevRaw)):]
		if head, ok := strings.CutSuffix(line, tail); ok && beforeComment {
			return head + " " + operator + tail
		}
		return line + " " + operator
	})
	c.FixLine(func(line string) string {
		before, after, _ := strings.Cut(line, operator)
		return before + lines.TrimLeft(after)
	})
}
