// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// declarationRules look at declarations: types, initialisers, storage classes.
var declarationRules = []rule{
	with("SELF_ASSIGNMENT", warnLevel, checkSelfAssignment).needing("="),
	with("MULTILINE_DEREFERENCE", warnLevel, checkDereference),
	with("UNSPECIFIED_INT", warnLevel, checkBareSigned).needing("signed"),
	with("OPEN_BRACE", errorLevel, checkInitialiserBrace).needing("{"),
	with("MALFORMED_INCLUDE", errorLevel, checkIncludePath).needing("include"),
	with("C99_COMMENTS", errorLevel, checkC99Comment).needing("//"),
	with("EXPORT_SYMBOL", warnLevel, checkExport),
	with("GLOBAL_INITIALISERS", errorLevel, checkGlobalZero).needing("="),
	only("INITIALISED_STATIC", errorLevel, `^\+.*\bstatic\s.*=\s*({zero})\s*;`).fixing(fixStaticZero).
		onlyIf(func(c *checker) bool { return strings.Contains(c.line.text, "=") }),
	with("MISORDERED_TYPE", warnLevel, checkTypeOrder).needing("int", "signed"),
	only("STATIC_CONST_CHAR_ARRAY", warnLevel, `\bstatic\s+const\s+char\s*\*\s*(\w+)\s*\[\s*\]\s*=\s*`),
	only("STATIC_CONST_CHAR_ARRAY", warnLevel, `^\+\s*const\s+(char|unsigned\s+char|_*u8|(?:[us]_)?int8_t)\s+\w+\s*\[\s*(?:\w+\s*)?\]\s*=\s*"`).
		fixing(func(c *checker, line string) string { return strings.Replace(line, "const", "static const", 1) }),
	only("STATIC_CONST_CHAR_ARRAY", warnLevel, `\bstatic\s+char\s+(\w+)\s*\[\s*\]\s*=\s*"`),
	with("CONST_CONST", warnLevel, checkConstConst).needing("const"),
	with("STATIC_CONST", warnLevel, checkStaticConst).needing("static"),
	only("STATIC_CONST_CHAR_ARRAY", warnLevel, `^.\s+(?:static\s+|const\s+)?char\s+\*\s*\w+\s*\[\s*\]\s*=\s*\{`),
	with("ARRAY_SIZE", warnLevel, checkArraySize).needing("sizeof"),
	only("FUNCTION_WITHOUT_ARGS", errorLevel, `(\b{type}\s*{ident})\s*\(\s*\)`).fixing(fixVoidArgs).
		onlyIf(func(c *checker) bool { return followed(c.line.text, '(', ')') }),
	with("NEW_TYPEDEFS", warnLevel, checkTypedef).needing("typedef"),
	with("POINTER_LOCATION", errorLevel, checkPointerPlace),
}

var (
	patAssigned = pat(`^\+\s*(?:{declare})?([A-Za-z_][A-Za-z\d_]*)\s*=`)
	patItself   = pat(`^\+\s*(?:{declare})?{$0}\s*=\s*(?:{$0}|\*\s*\(?\s*&\s*\(?\s*{$0}\s*\)?\s*\)?)\s*[;,]`)
)

func checkSelfAssignment(c *checker, r *rule) {
	text := c.line.text
	if !assignsItself(text) {
		return
	}
	if m := c.m.Groups(patAssigned, text); m != nil && c.m.Match(patItself, text, m[1]) {
		r.fire(c, "")
	}
}

// assignsItself reports whether the word before the first "=" of a line is there again right after it.
func assignsItself(text string) bool {
	before, after, ok := strings.Cut(text, "=")
	if !ok {
		return false
	}
	before = trimRight(before)
	name := before[wordStartBefore(before, len(before)):]
	return name != "" && strings.HasPrefix(strings.TrimLeft(after, "*&( \t\n\r\f\v"), name)
}

var (
	patOpenMember = pat(`^\+.*{lval}\s*(?:\.|->)\s*$`)
	patGoesOnLval = pat(`^\+\s*(?!#\s*(?!define\s+|if))\s*{lval}`)
)

func checkDereference(c *checker, r *rule) {
	prev := trimRight(c.line.prev)
	if !strings.HasSuffix(prev, ".") && !strings.HasSuffix(prev, "->") {
		return
	}
	if c.m.Match(patOpenMember, c.line.prev) && c.m.Match(patGoesOnLval, c.line.text) {
		r.fire(c, "")
	}
}

var (
	patDeclared   = pat(`\b({declare})\s*(?!char\b|short\b|int\b|long\b)({ident})?\s*[=,;\[)(]`)
	patBareSigned = pat(`^(?:(?:{storage}|{inline}|{attribute})\s+)*((?:un)?signed)((?:\s*\*)*)\s*$`)
)

// checkBareSigned finds unsigned and signed without int.
func checkBareSigned(c *checker, r *rule) {
	text := c.line.text
	type place struct{ sign, pointer, name string }
	var found []place
	for from := 0; from <= len(text); {
		loc := c.m.FindFrom(patDeclared, text, from)
		if loc == nil {
			break
		}
		declared, name := text[loc[2]:loc[3]], ""
		if loc[4] >= 0 {
			name = text[loc[4]:loc[5]]
		}
		from = max(loc[1], from+1)
		if m := c.m.Groups(patBareSigned, declared); m != nil {
			found = append(found, place{m[1], m[2], name})
		}
	}
	for _, p := range found {
		if r.fire(c, fmt.Sprintf("write %s int", p.sign)) {
			c.fixLine(func(line string) string {
				re, err := regexp.Compile(`\b` + p.sign + `\s*` + regexp.QuoteMeta(p.pointer) + `\s*` + p.name + `\b`)
				if err != nil {
					return line
				}
				with := p.sign + " int " + strings.ReplaceAll(p.pointer, " ", "") + p.name
				return replaceFirst(re, line, strings.ReplaceAll(strings.TrimRight(with, " "), "$", "$$"))
			})
		}
	}
}

var patEqualsEnd = lazyregexp.New(`(?:^|[^=])=\s*$`)

// startsWithBrace reports whether a line starts with an opening brace, white space aside.
func startsWithBrace(text string) bool {
	return text != "" && strings.HasPrefix(trimLeft(text[1:]), "{")
}

func checkInitialiserBrace(c *checker, r *rule) {
	l := &c.line
	if !startsWithBrace(l.text) || strings.IndexByte(l.prev, '=') < 0 || !patEqualsEnd.MatchString(l.prev) {
		return
	}
	if r.fire(c, "the opening brace belongs on the line before") && strings.HasPrefix(l.prev, "+") {
		c.fixes.remove(l.nr - 1)
		c.fixes.remove(l.nr)
		c.fixes.insert(l.nr, trimRight(l.prevRaw)+" {")
		if rest := trimLeft(l.raw[strings.IndexByte(l.raw, '{')+1:]); rest != "" {
			c.fixes.insert(l.nr, l.raw[:strings.IndexByte(l.raw, '{')]+rest)
		}
	}
}

var patInclude = lazyregexp.New(`^.\s*#\s*include\s+[<"](.*)[">]`)

func checkIncludePath(c *checker, r *rule) {
	m := patInclude.FindStringSubmatch(c.line.raw)
	if m == nil {
		return
	}
	if strings.Contains(m[1], "//") {
		r.fire(c, "")
	}
	if strings.HasPrefix(m[1], "uapi/") && underUAPI(c.line.file) {
		c.report("UAPI_INCLUDE", errorLevel, "")
	}
}

// underUAPI reports whether name is a header for user space.
func underUAPI(name string) bool {
	return strings.HasPrefix(name, "include/uapi/") || strings.Contains(name, "/include/uapi/")
}

// checkC99Comment finds // comments where they are not tolerated, and takes them out of the line.
func checkC99Comment(c *checker, r *rule) {
	i := strings.Index(c.line.text, "//")
	if i < 0 {
		return
	}
	if r.fire(c, "") {
		c.fixLine(func(line string) string {
			code, text, ok := strings.Cut(line, "//")
			if !ok {
				return line
			}
			return code + "/* " + trimSpace(text) + " */"
		})
	}
	c.line.text = c.line.text[:i]
}

var (
	patExport     = lazyregexp.New(`EXPORT_SYMBOL.*\((.*)\)`)
	patNameFirst  = pat(`^\s*({ident}).*`)
	patProducer   = pat(`^(?:.\s*\}\s*\n)?.([A-Z_]+)\s*\(\s*({ident})`)
	patPrefixed   = pat(`^{looseIdent}_{$0}`)
	patExportable = pat(`(?:\n.\}\s*$|^.(?:DEFINE_{ident}|DECLARE_{ident}|LIST_HEAD)\({$0}\)|` +
		`^.(?:{storage}\s+)?{type}\s*\(\s*\*\s*{$0}\s*\)\s*\(|\b{$0}(?:\s+{attribute})*\s*(?:;|=|\[|\())`)
)

// checkExport wants EXPORT_SYMBOL right after what it exports.
func checkExport(c *checker, r *rule) {
	s := &c.stmt
	if s.following > 0 {
		if next, ok := c.src.line(s.following); ok && strings.Contains(next, "EXPORT_SYMBOL") {
			if _, seen := s.exports[s.following]; !seen {
				if m := patExport.FindStringSubmatch(next); m != nil {
					c.markExport(s.following, !c.exports(m[1]))
				}
			}
		}
	}
	if !c.hits.Has(hasExport) || !strings.Contains(c.line.text, "EXPORT_SYMBOL") {
		return
	}
	if _, seen := s.exports[c.line.nr]; !seen && len(c.line.prev) > 0 && trimSpace(c.line.prev[1:]) == "" && patExport.MatchString(c.line.text) {
		c.markExport(c.line.nr, true)
	}
	if s.exports[c.line.nr] {
		r.fire(c, "")
	}
}

func (c *checker) markExport(nr int, wrong bool) {
	if c.stmt.exports == nil {
		c.stmt.exports = map[int]bool{}
	}
	c.stmt.exports[nr] = wrong
}

// exports reports whether the statement at hand defines what name, the argument of EXPORT_SYMBOL, exports.
func (c *checker) exports(name string) bool {
	if m := c.m.Groups(patNameFirst, name); m != nil {
		name = m[1]
	}
	if m := c.m.Groups(patProducer, c.stmt.text); m != nil && c.m.Match(patPrefixed, name, m[2]) {
		return true
	}
	return c.m.Match(patExportable, c.stmt.text, name)
}

var patGlobalZero = pat(`^\+{type}\s*{ident}(?:\s+{modifier})*\s*=\s*({zero})\s*;`)

func checkGlobalZero(c *checker, r *rule) {
	text := c.line.text
	if len(text) < 2 || isSpace(text[1]) {
		return
	}
	name := c.line.file
	bpf := strings.HasPrefix(name, "tools/testing/selftests/bpf/progs/") && strings.HasSuffix(name, ".c") ||
		strings.HasPrefix(name, "samples/bpf/") && strings.HasSuffix(name, "_kern.c") ||
		strings.Contains(name, "/bpf/") && strings.HasSuffix(name, ".bpf.c")
	if m := c.m.Groups(patGlobalZero, text); m != nil && !bpf && r.fire(c, fmt.Sprintf("globals start as zero: drop the %s", m[1])) {
		c.fixLine(func(line string) string { return fixStaticZero(c, line) })
	}
}

var patZeroAssigned = pat(`((?:\bstatic\s.*?|^.{type}\s*{ident}(?:\s+{modifier})*))\s*=\s*{zero}\s*;`)

func fixStaticZero(c *checker, line string) string {
	return c.rewrite(patZeroAssigned, line, func(group func(int) string) string { return group(1) + ";" })
}

var (
	patWrongType = pat(`(\b{wrongType}\b)`)
	patIntTypes  = pat(`\b({wrongType}(\s*\*)*|{c90Int})\b`)
	patIntWord   = lazyregexp.New(`\bint\b`)
	patSizeWord  = lazyregexp.New(`\b(?:short|long)\b`)
	patIntSpace  = lazyregexp.New(`\b\s*int\s*\b`)
	patSignSpace = lazyregexp.New(`\b\s*(?:un)?signed\b\s*`)
)

// checkTypeOrder wants the words of integer types in their usual order, and no int after long.
func checkTypeOrder(c *checker, r *rule) {
	plain := c.line.plain
	if !strings.Contains(plain, "int") && !strings.Contains(plain, "signed") {
		return
	}
	if strings.Contains(plain, "signed") || strings.Contains(plain, "short") {
		c.m.All(patWrongType, plain, func(loc []int) bool {
			r.fire(c, fmt.Sprintf("the order of the words in %q is unusual", trimSpace(plain[loc[2]:loc[3]])))
			return true
		})
	}
	if !strings.Contains(plain, "int") || !patSizeWord.MatchString(plain) {
		return
	}
	var types []string
	c.m.All(patIntTypes, plain, func(loc []int) bool {
		types = append(types, trimSpace(plain[loc[2]:loc[3]]))
		return true
	})
	for _, typ := range types {
		if !patIntWord.MatchString(typ) || !patSizeWord.MatchString(typ) {
			continue
		}
		short := shorterInt(typ)
		if c.report("UNNECESSARY_INT", warnLevel, fmt.Sprintf("write %q for %q", short, typ)) {
			c.fixLine(func(line string) string { return strings.Replace(line, typ, short, 1) })
		}
	}
}

// shorterInt is the type without the int that goes without saying.
func shorterInt(typ string) string {
	short := replaceFirst(patSignSpace, replaceFirst(patIntSpace, typ, " "), " ")
	short = strings.TrimPrefix(short, "const ")
	if strings.Contains(typ, "unsigned") {
		short = "unsigned " + short
	}
	if strings.HasPrefix(typ, "const") {
		short = "const " + short
	}
	return strings.Join(strings.Fields(short), " ")
}

var (
	patConstConst = pat(`\bconst\s+({basicType})\s+const\b`)
	patConstAfter = pat(`\bconst\s+{$0}\s+const\b\s*\*`)
	patConstArray = pat(`\bconst\s+{$0}\s+const\s+\w+\s*\[`)
	patConstFirst = pat(`^\+\s*const\s+static\s+({type})\b`)
	patConstLast  = pat(`^\+\s*static\s+({basicType})\s+const\b`)
	patStaticLast = pat(`\bstatic\s+({basicType})\s+const\b`)
)

func checkConstConst(c *checker, r *rule) {
	plain := c.line.plain
	if strings.Count(plain, "const") < 2 {
		return
	}
	if m := c.m.Groups(patConstConst, plain); m != nil {
		if c.m.Match(patConstAfter, plain, m[1]) || !c.m.Match(patConstArray, plain, m[1]) {
			r.fire(c, "")
		}
	}
}

func checkStaticConst(c *checker, r *rule) {
	plain := c.line.plain
	if !strings.Contains(plain, "const") || !c.m.Match(patConstFirst, plain) && !c.m.Match(patConstLast, plain) {
		return
	}
	if r.fire(c, "") {
		c.fixLine(func(line string) string {
			line = strings.Replace(line, "const static", "static const", 1)
			if loc := c.m.Find(patStaticLast, line); loc != nil {
				line = line[:loc[0]] + "static const " + line[loc[2]:loc[3]] + line[loc[1]:]
			}
			return line
		})
	}
}

var (
	patSizeof    = pat(`\bsizeof\s*\(\s*({lval})\s*\)`)
	patArraySize = pat(`\b(sizeof\s*\(\s*{$0}\s*\)\s*/\s*sizeof\s*\(\s*{$0}\s*\[\s*0\s*\]\s*\))`)
)

func checkArraySize(c *checker, r *rule) {
	text := c.line.text
	m := c.m.Groups(patSizeof, text)
	if m == nil {
		return
	}
	if div := c.m.Groups(patArraySize, text, m[1]); div != nil && r.fire(c, fmt.Sprintf("write ARRAY_SIZE(%s)", m[1])) {
		c.fixLine(func(line string) string { return strings.Replace(line, div[1], "ARRAY_SIZE("+m[1]+")", 1) })
	}
}

var patNoArgs = pat(`(\b{type}\s*{ident})\s*\(\s*\)`)

func fixVoidArgs(c *checker, line string) string {
	loc := c.m.Find(patNoArgs, line)
	if loc == nil {
		return line
	}
	return line[:loc[3]] + "(void)" + line[loc[1]:]
}

var patAllowedTypedef = []*pattern.Pattern{
	pat(`\btypedef\s+{type}\s*\(\s*\*?{ident}\s*\)\s*\(`), pat(`\btypedef\s+{type}\s+{ident}\s*\(`),
	pat(`\b{typedefs}\b`), pat(`\b__bitwise\b`),
}

var patTypedef = pat(`\btypedef\s`)

func checkTypedef(c *checker, r *rule) {
	if !c.m.Match(patTypedef, c.line.text) {
		return
	}
	for _, p := range patAllowedTypedef {
		if c.m.Match(p, c.line.text) {
			return
		}
	}
	r.fire(c, "")
}

var (
	patPointerParens = pat(`(\({nonPtr}(\s*(?:{modifier}\b\s*|\*\s*)+)\))`)
	patPointerName   = pat(`(\b{nonPtr}(\s*(?:{modifier}\b\s*|\*\s*)+)({ident}))`)
	patModifierEnd   = pat(`(\b{modifier}$)`)
	patModifierOnly  = pat(`^{modifier}$`)
	patStarSpace     = lazyregexp.New(`\*\s+\*`)
)

// mayPoint reports whether a star or a modifier stands behind what may be a type: a word or a parenthesis.
func mayPoint(text string) bool {
	before := byte(0) // the last byte that is neither white space nor a star
	for i := range len(text) {
		b := text[i]
		behind := isWordByte(before) || before == ')'
		if b == '*' && behind {
			return true
		}
		if isSpace(b) || b == '*' {
			continue
		}
		if (b == '_' || b == 'c' || b == 'v' || b == 'f') && behind && isSpace(text[i-1]) &&
			hasAnyPrefix(text[i:], "__", "const", "volatile", "fastcall") {
			return true
		}
		before = b
	}
	return false
}

// checkPointerPlace wants the star of a pointer at the name, with a space before.
func checkPointerPlace(c *checker, r *rule) {
	text := c.line.text
	if (!c.hits.Has(hasPointer) || !mayPoint(text)) && !c.learned.hasModifier(text) {
		return
	}
	type place struct{ match, from, name string }
	var inParens, named []place
	c.m.All(patPointerParens, text, func(loc []int) bool {
		inParens = append(inParens, place{text[loc[2]:loc[3]], text[loc[4]:loc[5]], ""})
		return true
	})
	c.m.All(patPointerName, text, func(loc []int) bool {
		named = append(named, place{text[loc[2]:loc[3]], text[loc[4]:loc[5]], text[loc[6]:loc[7]]})
		return true
	})
	fire := func(p place, to string) {
		if r.fire(c, fmt.Sprintf("write the pointer as %q, not %q", "foo"+to+"bar", "foo"+p.from+"bar")) {
			c.fixLine(func(line string) string {
				return strings.Replace(line, p.match, strings.Replace(p.match, p.from, to, 1), 1)
			})
		}
	}
	for _, p := range inParens {
		if to := pointerForm(p.from); to != p.from {
			fire(p, to)
		}
	}
	for _, p := range named {
		to := pointerForm(p.from)
		if c.m.Match(patModifierEnd, to) {
			to += " "
		}
		if to != p.from && !c.m.Match(patModifierOnly, p.name) {
			fire(p, to)
		}
	}
}

// pointerForm is how the stars and modifiers between a type and a name should stand.
func pointerForm(from string) string {
	if from != "" && !isSpace(from[0]) {
		from = " " + from
	}
	from = trimRight(from)
	for patStarSpace.MatchString(from) {
		from = patStarSpace.ReplaceAllLiteralString(from, "**")
	}
	return from
}
