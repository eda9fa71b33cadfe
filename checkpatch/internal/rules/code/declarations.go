// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// DeclarationRules look at declarations: types, initialisers, storage classes.
var DeclarationRules = []engine.Rule{
	engine.With("SELF_ASSIGNMENT", engine.Warn, checkSelfAssignment).Needing("="),
	engine.With("MULTILINE_DEREFERENCE", engine.Warn, checkDereference),
	engine.With("UNSPECIFIED_INT", engine.Warn, checkBareSigned).Needing("signed"),
	engine.With("OPEN_BRACE", engine.Error, checkInitialiserBrace).Needing("{"),
	engine.With("MALFORMED_INCLUDE", engine.Error, checkIncludePath).Needing("include"),
	engine.With("C99_COMMENTS", engine.Error, checkC99Comment).Needing("//"),
	engine.With("EXPORT_SYMBOL", engine.Warn, checkExport),
	engine.With("GLOBAL_INITIALISERS", engine.Error, checkGlobalZero).Needing("="),
	engine.Only("INITIALISED_STATIC", engine.Error, `^\+.*\bstatic\s.*=\s*({zero})\s*;`).Fixing(fixStaticZero).
		OnlyIf(func(c *engine.Checker) bool { return strings.Contains(c.Line.Text, "=") }),
	engine.With("MISORDERED_TYPE", engine.Warn, checkTypeOrder).Needing("int", "signed"),
	engine.Only("STATIC_CONST_CHAR_ARRAY", engine.Warn, `\bstatic\s+const\s+char\s*\*\s*(\w+)\s*\[\s*\]\s*=\s*`),
	engine.Only("STATIC_CONST_CHAR_ARRAY", engine.Warn, `^\+\s*const\s+(char|unsigned\s+char|_*u8|(?:[us]_)?int8_t)\s+\w+\s*\[\s*(?:\w+\s*)?\]\s*=\s*"`).
		Fixing(func(c *engine.Checker, line string) string { return strings.Replace(line, "const", "static const", 1) }),
	engine.Only("STATIC_CONST_CHAR_ARRAY", engine.Warn, `\bstatic\s+char\s+(\w+)\s*\[\s*\]\s*=\s*"`),
	engine.With("CONST_CONST", engine.Warn, checkConstConst).Needing("const"),
	engine.With("STATIC_CONST", engine.Warn, checkStaticConst).Needing("static"),
	engine.Only("STATIC_CONST_CHAR_ARRAY", engine.Warn, `^.\s+(?:static\s+|const\s+)?char\s+\*\s*\w+\s*\[\s*\]\s*=\s*\{`),
	engine.With("ARRAY_SIZE", engine.Warn, checkArraySize).Needing("sizeof"),
	engine.Only("FUNCTION_WITHOUT_ARGS", engine.Error, `(\b{type}\s*{ident})\s*\(\s*\)`).Fixing(fixVoidArgs).
		OnlyIf(func(c *engine.Checker) bool { return followed(c.Line.Text, '(', ')') }),
	engine.With("NEW_TYPEDEFS", engine.Warn, checkTypedef).Needing("typedef"),
	engine.With("POINTER_LOCATION", engine.Error, checkPointerPlace),
}

var (
	patAssigned = syntax.Compile(`^\+\s*(?:{declare})?([A-Za-z_][A-Za-z\d_]*)\s*=`)
	patItself   = syntax.Compile(`^\+\s*(?:{declare})?{$0}\s*=\s*(?:{$0}|\*\s*\(?\s*&\s*\(?\s*{$0}\s*\)?\s*\)?)\s*[;,]`)
)

func checkSelfAssignment(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if !assignsItself(text) {
		return
	}
	if m := c.M.Groups(patAssigned, text); m != nil && c.M.Match(patItself, text, m[1]) {
		r.Fire(c, "")
	}
}

// assignsItself reports whether the word before the first "=" of a line is there again right after it.
func assignsItself(text string) bool {
	before, after, ok := strings.Cut(text, "=")
	if !ok {
		return false
	}
	before = lines.TrimRight(before)
	name := before[lines.WordStartBefore(before, len(before)):]
	return name != "" && strings.HasPrefix(strings.TrimLeft(after, "*&( \t\n\r\f\v"), name)
}

var (
	patOpenMember = syntax.Compile(`^\+.*{lval}\s*(?:\.|->)\s*$`)
	patGoesOnLval = syntax.Compile(`^\+\s*(?!#\s*(?!define\s+|if))\s*{lval}`)
)

func checkDereference(c *engine.Checker, r *engine.Rule) {
	prev := lines.TrimRight(c.Line.Prev)
	if !strings.HasSuffix(prev, ".") && !strings.HasSuffix(prev, "->") {
		return
	}
	if c.M.Match(patOpenMember, c.Line.Prev) && c.M.Match(patGoesOnLval, c.Line.Text) {
		r.Fire(c, "")
	}
}

var (
	patDeclared   = syntax.Compile(`\b({declare})\s*(?!char\b|short\b|int\b|long\b)({ident})?\s*[=,;\[)(]`)
	patBareSigned = syntax.Compile(`^(?:(?:{storage}|{inline}|{attribute})\s+)*((?:un)?signed)((?:\s*\*)*)\s*$`)
)

// checkBareSigned finds unsigned and signed without int.
func checkBareSigned(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	type place struct{ sign, pointer, name string }
	var found []place
	for from := 0; from <= len(text); {
		loc := c.M.FindFrom(patDeclared, text, from)
		if loc == nil {
			break
		}
		declared, name := text[loc[2]:loc[3]], ""
		if loc[4] >= 0 {
			name = text[loc[4]:loc[5]]
		}
		from = max(loc[1], from+1)
		if m := c.M.Groups(patBareSigned, declared); m != nil {
			found = append(found, place{m[1], m[2], name})
		}
	}
	for _, p := range found {
		if r.Fire(c, fmt.Sprintf("write %s int", p.sign)) {
			c.FixLine(func(line string) string {
				re, err := regexp.Compile(`\b` + p.sign + `\s*` + regexp.QuoteMeta(p.pointer) + `\s*` + p.name + `\b`)
				if err != nil {
					return line
				}
				with := p.sign + " int " + strings.ReplaceAll(p.pointer, " ", "") + p.name
				return lines.ReplaceFirst(re, line, strings.ReplaceAll(strings.TrimRight(with, " "), "$", "$$"))
			})
		}
	}
}

var patEqualsEnd = lazyregexp.New(`(?:^|[^=])=\s*$`)

// startsWithBrace reports whether a line starts with an opening brace, white space aside.
func startsWithBrace(text string) bool {
	return text != "" && strings.HasPrefix(lines.TrimLeft(text[1:]), "{")
}

func checkInitialiserBrace(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if !startsWithBrace(l.Text) || strings.IndexByte(l.Prev, '=') < 0 || !patEqualsEnd.MatchString(l.Prev) {
		return
	}
	if r.Fire(c, "the opening brace belongs on the line before") && strings.HasPrefix(l.Prev, "+") {
		c.Fixes.Remove(l.Nr - 1)
		c.Fixes.Remove(l.Nr)
		c.Fixes.Insert(l.Nr, lines.TrimRight(l.PrevRaw)+" {")
		if rest := lines.TrimLeft(l.Raw[strings.IndexByte(l.Raw, '{')+1:]); rest != "" {
			c.Fixes.Insert(l.Nr, l.Raw[:strings.IndexByte(l.Raw, '{')]+rest)
		}
	}
}

var patInclude = lazyregexp.New(`^.\s*#\s*include\s+[<"](.*)[">]`)

func checkIncludePath(c *engine.Checker, r *engine.Rule) {
	m := patInclude.FindStringSubmatch(c.Line.Raw)
	if m == nil {
		return
	}
	if strings.Contains(m[1], "//") {
		r.Fire(c, "")
	}
	if strings.HasPrefix(m[1], "uapi/") && UnderUAPI(c.Line.File) {
		c.Report("UAPI_INCLUDE", engine.Error, "")
	}
}

// UnderUAPI reports whether name is a header for user space.
func UnderUAPI(name string) bool {
	return strings.HasPrefix(name, "include/uapi/") || strings.Contains(name, "/include/uapi/")
}

// checkC99Comment finds // comments where they are not tolerated, and takes them out of the line.
func checkC99Comment(c *engine.Checker, r *engine.Rule) {
	i := strings.Index(c.Line.Text, "//")
	if i < 0 {
		return
	}
	if r.Fire(c, "") {
		c.FixLine(func(line string) string {
			code, text, ok := strings.Cut(line, "//")
			if !ok {
				return line
			}
			return code + "/* " + lines.TrimSpace(text) + " */"
		})
	}
	c.Line.Text = c.Line.Text[:i]
}

var (
	patExport     = lazyregexp.New(`EXPORT_SYMBOL.*\((.*)\)`)
	patNameFirst  = syntax.Compile(`^\s*({ident}).*`)
	patProducer   = syntax.Compile(`^(?:.\s*\}\s*\n)?.([A-Z_]+)\s*\(\s*({ident})`)
	patPrefixed   = syntax.Compile(`^{looseIdent}_{$0}`)
	patExportable = syntax.Compile(`(?:\n.\}\s*$|^.(?:DEFINE_{ident}|DECLARE_{ident}|LIST_HEAD)\({$0}\)|` +
		`^.(?:{storage}\s+)?{type}\s*\(\s*\*\s*{$0}\s*\)\s*\(|\b{$0}(?:\s+{attribute})*\s*(?:;|=|\[|\())`)
)

// checkExport wants EXPORT_SYMBOL right after what it exports.
func checkExport(c *engine.Checker, r *engine.Rule) {
	s := &c.Stmt
	if s.Following > 0 {
		if next, ok := c.Src.Line(s.Following); ok && strings.Contains(next, "EXPORT_SYMBOL") {
			if _, seen := s.Exports[s.Following]; !seen {
				if m := patExport.FindStringSubmatch(next); m != nil {
					markExport(c, s.Following, !exports(c, m[1]))
				}
			}
		}
	}
	if !c.Hits.Has(hasExport) || !strings.Contains(c.Line.Text, "EXPORT_SYMBOL") {
		return
	}
	if _, seen := s.Exports[c.Line.Nr]; !seen && len(c.Line.Prev) > 0 && lines.TrimSpace(c.Line.Prev[1:]) == "" && patExport.MatchString(c.Line.Text) {
		markExport(c, c.Line.Nr, true)
	}
	if s.Exports[c.Line.Nr] {
		r.Fire(c, "")
	}
}

func markExport(c *engine.Checker, nr int, wrong bool) {
	if c.Stmt.Exports == nil {
		c.Stmt.Exports = map[int]bool{}
	}
	c.Stmt.Exports[nr] = wrong
}

// exports reports whether the statement at hand defines what name, the argument of EXPORT_SYMBOL, exports.
func exports(c *engine.Checker, name string) bool {
	if m := c.M.Groups(patNameFirst, name); m != nil {
		name = m[1]
	}
	if m := c.M.Groups(patProducer, c.Stmt.Text); m != nil && c.M.Match(patPrefixed, name, m[2]) {
		return true
	}
	return c.M.Match(patExportable, c.Stmt.Text, name)
}

var patGlobalZero = syntax.Compile(`^\+{type}\s*{ident}(?:\s+{modifier})*\s*=\s*({zero})\s*;`)

func checkGlobalZero(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if len(text) < 2 || lines.IsSpace(text[1]) {
		return
	}
	name := c.Line.File
	bpf := strings.HasPrefix(name, "tools/testing/selftests/bpf/progs/") && strings.HasSuffix(name, ".c") ||
		strings.HasPrefix(name, "samples/bpf/") && strings.HasSuffix(name, "_kern.c") ||
		strings.Contains(name, "/bpf/") && strings.HasSuffix(name, ".bpf.c")
	if m := c.M.Groups(patGlobalZero, text); m != nil && !bpf && r.Fire(c, fmt.Sprintf("globals start as zero: drop the %s", m[1])) {
		c.FixLine(func(line string) string { return fixStaticZero(c, line) })
	}
}

var patZeroAssigned = syntax.Compile(`((?:\bstatic\s.*?|^.{type}\s*{ident}(?:\s+{modifier})*))\s*=\s*{zero}\s*;`)

func fixStaticZero(c *engine.Checker, line string) string {
	return c.Rewrite(patZeroAssigned, line, func(group func(int) string) string { return group(1) + ";" })
}

var (
	patSizeof    = syntax.Compile(`\bsizeof\s*\(\s*({lval})\s*\)`)
	patArraySize = syntax.Compile(`\b(sizeof\s*\(\s*{$0}\s*\)\s*/\s*sizeof\s*\(\s*{$0}\s*\[\s*0\s*\]\s*\))`)
)

func checkArraySize(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	m := c.M.Groups(patSizeof, text)
	if m == nil {
		return
	}
	if div := c.M.Groups(patArraySize, text, m[1]); div != nil && r.Fire(c, fmt.Sprintf("write ARRAY_SIZE(%s)", m[1])) {
		c.FixLine(func(line string) string { return strings.Replace(line, div[1], "ARRAY_SIZE("+m[1]+")", 1) })
	}
}

var patNoArgs = syntax.Compile(`(\b{type}\s*{ident})\s*\(\s*\)`)

func fixVoidArgs(c *engine.Checker, line string) string {
	loc := c.M.Find(patNoArgs, line)
	if loc == nil {
		return line
	}
	return line[:loc[3]] + "(void)" + line[loc[1]:]
}

var patAllowedTypedef = []*pattern.Pattern{
	syntax.Compile(`\btypedef\s+{type}\s*\(\s*\*?{ident}\s*\)\s*\(`), syntax.Compile(`\btypedef\s+{type}\s+{ident}\s*\(`),
	syntax.Compile(`\b{typedefs}\b`), syntax.Compile(`\b__bitwise\b`),
}

var patTypedef = syntax.Compile(`\btypedef\s`)

func checkTypedef(c *engine.Checker, r *engine.Rule) {
	if !c.M.Match(patTypedef, c.Line.Text) {
		return
	}
	for _, p := range patAllowedTypedef {
		if c.M.Match(p, c.Line.Text) {
			return
		}
	}
	r.Fire(c, "")
}
