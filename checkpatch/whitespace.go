// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// anyRules look at the lines of all files.
var anyRules = ruleTable{
	with("TRAILING_WHITESPACE", errorLevel, checkLineEnd),
	only("FSF_MAILING_ADDRESS", errorLevel, `\b(?:(?i:write to the Free)|(?i:675\s+Mass\s+Ave|59\s+Temple\s+Pl|51\s+Franklin\s+St))`).
		at(atRaw).leveled(checkFSF),
	with("CONFIG_DESCRIPTION", warnLevel, checkKconfig),
	with("MAINTAINERS_STYLE", warnLevel, checkMaintainers),
	with("UNDOCUMENTED_DT_STRING", warnLevel, checkCompatible).needing("compatible"),
	with("UNCOMMENTED_RGMII_MODE", warnLevel, checkRGMII).needing("rgmii"),
	with("SPDX_LICENSE_TAG", warnLevel, checkLicenseLine),
	with("EMBEDDED_FILENAME", warnLevel, checkOwnName),
}

// checkLineEnd finds carriage returns, and white space at the end of an added line.
func checkLineEnd(c *checker, r *rule) {
	if !c.added() {
		return
	}
	raw := c.line.raw
	trim := func(line string) string { return trimRight(line) }
	if strings.IndexByte(c.line.text, '\r') >= 0 {
		if c.report("DOS_LINE_ENDINGS", errorLevel, "") {
			c.fixLine(trim)
		}
	} else if len(raw) > 1 && isSpace(raw[len(raw)-1]) {
		if r.fire(c, "") {
			c.fixLine(trim)
		}
	}
}

// checkFSF reports the address of the Free Software Foundation.
func checkFSF(c *checker, r *rule) {
	severity := r.severity
	if c.fileMode {
		severity = checkLevel
	}
	c.report(r.typ, severity, "")
}

// checkOwnName finds the name of the file in the file.
func checkOwnName(c *checker, r *rule) {
	raw, name := c.line.raw, c.line.file
	if !strings.HasPrefix(raw, "+") {
		return
	}
	for from := 1; ; {
		i := strings.Index(raw[from:], name)
		if i < 0 {
			return
		}
		i += from
		if boundary(raw, i) && boundary(raw, i+len(name)) {
			r.fire(c, "")
			return
		}
		from = i + 1
		if from >= len(raw) {
			return
		}
	}
}

// sourceRules look at sources, scripts and device trees.
var sourceRules = ruleTable{
	with("SPDX_LICENSE_TAG", warnLevel, checkLicenseTags).needing("SPDX-"),
	with("LONG_LINE", warnLevel, checkLongLine),
	with("MISSING_EOF_NEWLINE", warnLevel, checkFinalNewline),
	with("AVOID_L_PREFIX", warnLevel, checkLocalSymbol).needing("SYM_"),
}

func checkFinalNewline(c *checker, r *rule) {
	next, _ := c.next()
	if c.added() && strings.HasPrefix(next, `\ No newline at end of file`) && r.fire(c, "") {
		c.fixes.remove(c.line.nr + 1)
	}
}

var patLocalSymbol = pat(`^\+\s*(?:[A-Z]+_)?SYM_[A-Z]+_(?:START|END)(?:_[A-Z_]+)?\s*\(\s*\.L`)

func checkLocalSymbol(c *checker, r *rule) {
	if strings.HasSuffix(c.line.file, ".S") && c.m.Match(patLocalSymbol, c.line.text) {
		r.fire(c, "")
	}
}

// indentRules look at C, Perl and device trees.
var indentRules = ruleTable{
	with("CODE_INDENT", errorLevel, checkIndentTabs),
	with("SPACE_BEFORE_TAB", warnLevel, checkSpaceBeforeTab).needing(" \t"),
	with("ASSIGNMENT_CONTINUATIONS", checkLevel, checkAssignmentStart),
	with("LOGICAL_CONTINUATIONS", checkLevel, checkLogicalStart),
	with("TABSTOP", warnLevel, checkTabStop),
	with("PARENTHESIS_ALIGNMENT", checkLevel, checkAlignment),
	with("SPACING", checkLevel, checkSpaceAfterCast).needing(")"),
	with("BLOCK_COMMENT_STYLE", warnLevel, checkBlockComment),
	with("LINE_SPACING", checkLevel, checkBlankLines),
	with("LINE_SPACING", warnLevel, checkDeclarationBlank),
	with("LEADING_SPACE", warnLevel, checkLeadingSpace).needing("+ "),
}

var patIndent8 = pat(`^\+\s*(?: \t\s*\S|        )`)

// checkIndentTabs wants tabs before anything else in the indent.
func checkIndentTabs(c *checker, r *rule) {
	raw := c.line.raw
	if len(raw) > 1 && strings.IndexByte(raw[:skipSpace(raw, 1)], ' ') > 0 && c.m.Match(patIndent8, raw) && r.fire(c, "") {
		c.fixLine(c.tabifyLine)
	}
}

func checkSpaceBeforeTab(c *checker, r *rule) {
	if strings.HasPrefix(c.line.raw, "+") && r.fire(c, "") {
		c.fixLine(func(line string) string {
			wide := strings.Repeat(" ", c.set.tab) + "\t"
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
	patAssignStart = pat(`^\+\s++({assign})[^=]`)
	patTabStop     = pat(`^\+\t+( +)(?:{keyword}\b|\{\s*$|\}\s*(?:else\b|while\b|\s*$)|{declare}\s*{ident}\s*[;=])`)
)

func checkAssignmentStart(c *checker, r *rule) {
	code := c.line.code()
	if code == "" || strings.IndexByte("*/%+-<>&^|=", code[0]) < 0 {
		return
	}
	if m := c.m.Groups(patAssignStart, c.line.plain); m != nil && r.fire(c, "") {
		c.fixContinuation(m[1], false)
	}
}

func checkLogicalStart(c *checker, r *rule) {
	if !c.added() {
		return
	}
	for _, op := range []string{"&&", "||"} {
		if strings.HasPrefix(trimLeft(c.line.raw[1:]), op) && r.fire(c, "") {
			c.fixContinuation(op, true)
		}
	}
}

// checkTabStop wants statements to start at a multiple of the width of a tab.
func checkTabStop(c *checker, r *rule) {
	tabs := strings.TrimLeft(c.line.plain[min(1, len(c.line.plain)):], "\t")
	if !strings.HasPrefix(c.line.plain, "+\t") || !strings.HasPrefix(tabs, " ") || trimSpace(tabs) == "" {
		return
	}
	m := c.m.Groups(patTabStop, c.line.plain)
	if m != nil && len(m[1])%c.set.tab != 0 && r.fire(c, "") {
		c.fixLine(func(line string) string {
			end := skipSpace(line, 1)
			tabs := 1
			for tabs < end && line[tabs] == '\t' {
				tabs++
			}
			return line[:tabs] + strings.Repeat("\t", (end-tabs)/c.set.tab) + line[end:]
		})
	}
}

var patCallContinues = pat(`^\+([ \t]*)((?:{keyword}(?:\s+if)\s*)|(?:{declare}\s*)?(?:{ident}|\(\s*\*\s*{ident}\s*\))\s*|(?:\*\s*)*{lval}\s*=\s*{ident}\s*)\(.*(&&|\|\||,)\s*$`)

// checkAlignment wants a line to start below what follows the parenthesis that is still open on the line before.
func checkAlignment(c *checker, r *rule) {
	prev := c.line.prev
	if !endsOpen(prev) || !c.m.Match(patCallContinues, prev) {
		return
	}
	tabs := 1
	for tabs < len(prev) && prev[tabs] == '\t' {
		tabs++
	}
	pos := c.openParenColumn(prev[tabs:])
	if pos < 0 {
		return
	}
	indent := ""
	if t := c.line.text; t != "" {
		end := 1
		for end < len(t) && (t[end] == ' ' || t[end] == '\t') {
			end++
		}
		indent = t[1:end]
	}
	oldIndent := prev[1:tabs]
	good := oldIndent + strings.Repeat("\t", pos/c.set.tab) + strings.Repeat(" ", pos%c.set.tab)
	if indent != good && indent != oldIndent+strings.Repeat(" ", pos) && r.fire(c, "") && c.added() {
		c.fixLine(func(line string) string { return "+" + good + strings.TrimLeft(line[1:], " \t") })
	}
}

// endsOpen reports whether an added line ends in an operator that its argument list goes on after.
func endsOpen(line string) bool {
	line = trimRight(line)
	return strings.HasPrefix(line, "+") && strings.IndexByte(line, '(') >= 0 &&
		(strings.HasSuffix(line, ",") || strings.HasSuffix(line, "&&") || strings.HasSuffix(line, "||"))
}

var patArgument = pat(`^({arg}|{parens})`)

// openParenColumn returns the column after the last parenthesis of text that is still open, or -1.
func (c *checker) openParenColumn(text string) int {
	opens, closes := strings.Count(text, "("), strings.Count(text, ")")
	if opens == 0 || closes >= opens {
		return -1
	}
	last := 0
	for pos := 0; pos < len(text); pos++ {
		if loc := c.m.Find(patArgument, text[pos:]); loc != nil {
			pos += loc[3] - loc[2] - 1
		} else if text[pos] == '(' {
			last = pos
		} else if strings.IndexByte(text[pos:], '(') < 0 {
			break
		}
	}
	return c.set.columns(text[:last]) + 1
}

var (
	patAfterCast = pat(`^\+(.*)\(\s*{type}\s*\)([ \t]++)(?![={]|\\$|{attribute}|__attribute__)`)
	patCastSpace = pat(`(\(\s*{type}\s*\))[ \t]+`)
	patSizeofEnd = pat(`\b(?:sizeof|__alignof__)\s*$`)
)

func checkSpaceAfterCast(c *checker, r *rule) {
	text := c.line.text
	if !strings.HasPrefix(text, "+") || !strings.Contains(text, ") ") && !strings.Contains(text, ")\t") {
		return
	}
	if m := c.m.Groups(patAfterCast, text); m != nil && !c.m.Match(patSizeofEnd, m[1]) {
		if r.fire(c, "no space belongs after a cast") {
			c.fixLine(func(line string) string {
				return c.rewrite(patCastSpace, line, func(group func(int) string) string { return group(1) })
			})
		}
	}
}

var (
	patLeadingOK   = pat(`^\+ *(?:\c|#|{ident}:)`)
	patCloseLine   = pat(`^[+ ]\};?\s*$`)
	patNoBlankNeed = pat(`^\+(?:\s*$|\s*(?:EXPORT_SYMBOL|early_param|ALLOW_ERROR_INJECTION)|\s*(?i:MODULE_)|\s*#\s*(?:end|elif|else)|` +
		`[a-z_]*init|\s*(?:static\s+)?[A-Z_]*ATTR|\s*DECLARE|\s*NOKPROBE_SYMBOL|\s*builtin_\w*driver|\s*__setup)`)
)

func checkLeadingSpace(c *checker, r *rule) {
	if strings.HasPrefix(c.line.raw, "+ ") && !c.m.Match(patLeadingOK, c.line.text) && r.fire(c, "") {
		c.fixLine(c.tabifyLine)
	}
}

// checkBlankLines wants one blank line after the end of a function or a type, and never two.
func checkBlankLines(c *checker, r *rule) {
	l := &c.line
	if !c.added() {
		return
	}
	if len(l.prev) > 1 && l.prev[1] == '}' && c.m.Match(patCloseLine, l.prev) && !c.m.Match(patNoBlankNeed, l.text) {
		if r.fire(c, "leave a blank line after a function, struct, union or enum") {
			c.fixes.insert(l.nr, "+")
		}
	}
	if isBlank(l.prev) && trimSpace(l.text[1:]) == "" {
		if l.blankNr != l.nr-1 && r.fire(c, "one blank line is enough") {
			c.fixes.remove(l.nr)
		}
		if l.blankNr != l.nr-1 {
			l.blankNr = l.nr
		}
	}
}

// isBlank reports whether a line of the new file is empty but for white space.
func isBlank(line string) bool {
	return line != "" && (line[0] == '+' || line[0] == ' ') && trimSpace(line[1:]) == ""
}

var (
	patAttrWords    = pat(`\b(?:{attribute}|{sparse})\b`)
	patDeclLine     = pat(`^\+\s+(?:{declare}\s*{ident}\s*[=,;:\[]|{declare}\s*\(\s*\*\s*{ident}(?:\s*\[\s*(?:{ident}|{constant})?\s*\])?\s*\)\s*[=,;:\[\(]|{ident}(?:\s+|\s*\*\s*){ident}\s*[=,;\[]|{declMacro})`)
	patKeywordStart = pat(`^\+\s+{keyword}\b`)
	patOperatorEnd  = pat(`(?:{compare}|{assign}|{operator})\s*$`)
	patGoesOn       = pat(`(?:\{\s*|\\)$`)
	patDeclGoesOn   = pat(`^\+\s+(?:(?:static\s+)?(?:const\s+)?(?:union|struct|enum|typedef)\b|(?:$|[{}.#"?:(\[])|{ident}\s*:\s*\d+\s*[,;]|\(?\s*(?:{compare}|{assign}|{operator}))`)
)

// checkDeclarationBlank wants a blank line between the declarations of a block and its statements.
func checkDeclarationBlank(c *checker, r *rule) {
	prev, line := c.line.prev, c.line.plain
	if !strings.HasPrefix(line, "+") {
		return
	}
	if !sameIndent(prev, line) {
		return
	}
	before := c.withoutAttributes(prev)
	if !c.mayBeDeclLine(before) {
		return
	}
	if c.m.Match(patKeywordStart, before) || !c.m.Match(patDeclLine, before) || c.m.Match(patOperatorEnd, before) || c.m.Match(patGoesOn, before) {
		return
	}
	now := c.withoutAttributes(line)
	if c.mayBeDeclLine(now) && c.m.Match(patDeclLine, now) || c.m.Match(patDeclGoesOn, now) {
		return
	}
	if r.fire(c, "a blank line belongs after declarations") {
		c.fixes.insert(c.line.nr, "+")
	}
}

// mayBeDeclLine tells cheaply that patDeclLine does not match: by the words that the line starts with.
func (c *checker) mayBeDeclLine(line string) bool {
	words, end := leadingWords(line)
	if end == len(line) || words == 0 {
		return false
	}
	switch line[end] {
	case '=', ',', ';', ':':
		return words > 1
	case '[':
		return true
	case '(':
		first := line[skipSpace(line, 1)]
		return words > 1 || first == '_' || 'A' <= first && first <= 'Z' || c.mayStartType(line, 1)
	}
	return false
}

// withoutAttributes returns a line without the attributes in it.
func (c *checker) withoutAttributes(line string) string {
	if !strings.Contains(line, "__") && !strings.Contains(line, "const") && !strings.Contains(line, "volatile") {
		return line
	}
	return c.deleteAll(patAttrWords, line)
}

// sameIndent reports whether line starts with the white space that follows the first plus in prev, if any does.
func sameIndent(prev, line string) bool {
	for from := 0; ; {
		plus := strings.IndexByte(prev[from:], '+')
		if plus < 0 {
			return false
		}
		from += plus + 1
		if end := skipSpace(prev, from); end > from && end < len(prev) {
			rest, ok := strings.CutPrefix(line[1:], prev[from:end])
			return ok && rest != "" && !isSpace(rest[0])
		}
	}
}

// fixContinuation moves an operator from the start of the line at hand to the end of the code of the one before.
func (c *checker) fixContinuation(operator string, beforeComment bool) {
	l := &c.line
	if !c.fixes.wanted() || !strings.HasPrefix(l.prevRaw, "+") {
		return
	}
	c.fixes.change(l.nr-1, func(line string) string {
		code := len(l.prev)
		for code > 0 && (l.prev[code-1] == comment || isSpace(l.prev[code-1])) {
			code--
		}
		tail := l.prevRaw[min(code, len(l.prevRaw)):]
		if head, ok := strings.CutSuffix(line, tail); ok && beforeComment {
			return head + " " + operator + tail
		}
		return line + " " + operator
	})
	c.fixLine(func(line string) string {
		before, after, _ := strings.Cut(line, operator)
		return before + trimLeft(after)
	})
}
