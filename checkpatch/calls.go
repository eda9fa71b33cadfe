// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// callRules look at the arguments of calls, and at function declarations.
var callRules = []rule{
	with("PREFER_SEQ_PUTS", warnLevel, checkSeqPrintf).needing("seq_printf"),
	with("VSPRINTF_POINTER_EXTENSION", warnLevel, checkPointerFormat),
	with("MEMSET", warnLevel, checkMemset).needing("memset"),
	with("STRCPY", warnLevel, notInTools(`\bstrcpy\s*\(`)).needing("strcpy"),
	with("STRLCPY", warnLevel, notInTools(`\bstrlcpy\s*\(`)).needing("strlcpy"),
	with("STRNCPY", warnLevel, notInTools(`\bstrncpy\s*\(`)).needing("strncpy"),
	only("PREFER_ETHTOOL_PUTS", warnLevel, `\bethtool_sprintf\s*\(\s*{arg}\s*,\s*{arg}\s*\)`),
	only("PREFER_ETHTOOL_PUTS", warnLevel, `\bethtool_sprintf\s*\(\s*{arg}\s*,\s*"%s"\s*,\s*{arg}\s*\)`).at(atRaw),
	with("MINMAX", warnLevel, checkMinMax).needing("min", "max"),
	with("USLEEP_RANGE", warnLevel, checkUsleepRange).needing("usleep_range"),
	with("NAKED_SSCANF", warnLevel, checkScanf).needing("sscanf"),
	with("AVOID_EXTERNS", checkLevel, checkHeaderExtern).needing("extern"),
	with("AVOID_EXTERNS", warnLevel, checkExtern),
	with("FUNCTION_ARGUMENTS", warnLevel, checkArgumentNames),
	with("OPEN_BRACE", errorLevel, checkDefinition),
	with("UNDOCUMENTED_SETUP", checkLevel, checkSetup).needing("__setup"),
	only("UNNECESSARY_CASTS", warnLevel, `\*\s*\)\s*{allocFunction}\b`).needing("*"),
	only("ALLOC_SIZEOF_STRUCT", checkLevel, `\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k|v)[mz]alloc(?:_node)?)\s*\(\s*(sizeof\s*\(\s*struct\s+{lval}\s*\))`).
		needing("alloc"),
	with("ALLOC_WITH_SIZEOF", warnLevel, checkAllocSizeof),
	with("ALLOC_WITH_MULTIPLY", warnLevel, checkAllocMultiply),
	with("KREALLOC_ARG_REUSE", warnLevel, checkKrealloc).needing("krealloc"),
	only("ALLOC_ARRAY_ARGS", warnLevel, `\b((?:devm_)?((?:k|kv)?(calloc|malloc_array)(?:_node)?))\s*\(\s*sizeof\b`),
}

var patSeqPrintf = pat(`\bseq_printf\s*\(.*"\s*\)\s*;\s*$`)

func checkSeqPrintf(c *checker, r *rule) {
	if !c.m.Match(patSeqPrintf, c.line.plain) {
		return
	}
	if format := strings.ReplaceAll(c.quoted(c.line.nr), "%%", ""); strings.IndexByte(format, '%') < 0 && r.fire(c, "") {
		c.fixLine(func(line string) string { return strings.Replace(line, "seq_printf", "seq_puts", 1) })
	}
}

var (
	patFormatCall  = pat(`^\+(?![^{]*\{\s*)(?s:.)*\b(\w+)\s*\((?s:.)*{string}\s*,`)
	patVolatileFn  = lazyregexp.New(`^_*volatile_*$`)
	patPointerSpec = lazyregexp.New(`%[*\d.]*p(\w)(\w*)`)
	patFourCC      = lazyregexp.New(`^c(?:[hlbc]|hR)$`)
)

// pointerExtensions are the letters that may follow %p.
const pointerExtensions = "4SsBKRraEehMmIiUDdgVCbGNOxtf"

// checkPointerFormat looks at the letters after %p in formats.
func checkPointerFormat(c *checker, r *rule) {
	if !c.stmt.known || strings.IndexByte(c.stmt.text, '"') < 0 {
		return
	}
	lines := strings.Count(c.stmt.text, "\n")
	if !c.anyRaw(lines, "%") {
		return
	}
	m := c.m.Groups(patFormatCall, c.stmt.text)
	if m == nil || patVolatileFn.MatchString(m[1]) {
		return
	}
	exposed := false
	for nr := c.line.nr; nr <= c.line.nr+lines; nr++ {
		format := strings.ReplaceAll(c.quotedAfter(nr), "%%", "")
		for _, spec := range patPointerSpec.FindAllStringSubmatch(format, -1) {
			if !goodPointerSpec(spec[1], spec[2]) {
				severity := r.severity
				if spec[1] == "A" {
					severity = errorLevel
				}
				c.report(r.typ, severity, fmt.Sprintf("there is no format %s", spec[0]))
				break
			}
			if spec[1] == "x" && !exposed {
				exposed = true
				c.report("VSPRINTF_SPECIFIER_PX", warnLevel, "")
			}
		}
	}
}

// anyRaw reports whether one of the raw lines from the one at hand on, and lines after, contains text.
func (c *checker) anyRaw(lines int, text string) bool {
	for nr := c.line.nr; nr <= c.line.nr+lines; nr++ {
		if strings.Contains(c.src.rawLine(nr), text) {
			return true
		}
	}
	return false
}

// quotedAfter is quoted, of the raw line that stands at nr in the new file.
func (c *checker) quotedAfter(nr int) string {
	text, ok := c.src.line(nr)
	if !ok || strings.IndexByte(text, '"') < 0 {
		return ""
	}
	loc := c.m.Find(patString, text)
	if loc == nil {
		return ""
	}
	raw, _ := c.src.rawAfter(nr, 0)
	return raw[min(loc[0], len(raw)):min(loc[1], len(raw))]
}

func goodPointerSpec(extension, rest string) bool {
	switch {
	case !strings.Contains(pointerExtensions, extension):
		return false
	case extension == "f":
		return strings.HasPrefix(rest, "w")
	case extension == "4":
		return patFourCC.MatchString(rest)
	}
	return true
}

var (
	patMemset      = pat(`^\+(?:.*?)\bmemset\s*\(\s*{arg}\s*,\s*{arg}\s*,\s*{arg}\s*\)`)
	patMinMax      = pat(`^\+(?:.*?)\b(min|max)\s*\(\s*{arg}\s*,\s*{arg}\s*\)`)
	patUsleepRange = pat(`^\+(?:.*?)\busleep_range\s*\(\s*({arg})\s*,\s*({arg})\s*\)`)
	patZeroSize    = lazyregexp.New(`(?i)^(0x|)0$`)
	patOneSize     = lazyregexp.New(`(?i)^(0x|)1$`)
	patDigits      = lazyregexp.New(`^\d+$`)
)

func checkMemset(c *checker, r *rule) {
	if !c.statementHas("memset") {
		return
	}
	m := c.m.Groups(patMemset, c.stmt.text)
	switch {
	case m == nil:
	case patZeroSize.MatchString(m[10]):
		c.report(r.typ, errorLevel, "this memset sets nothing: the second argument is the value, the third the size")
	case patOneSize.MatchString(m[10]):
		r.fire(c, "this memset sets one byte: are the second and third argument swapped?")
	}
}

// notInTools makes a check that fires where src matches, but not in code for user space.
func notInTools(src string) func(c *checker, r *rule) {
	p := pat(src)
	return func(c *checker, r *rule) {
		if c.m.Match(p, c.line.text) && !hasAnyPrefix(c.line.file, "tools/", "scripts/") {
			r.fire(c, "")
		}
	}
}

func checkMinMax(c *checker, r *rule) {
	if !c.statementHas("min") && !c.statementHas("max") {
		return
	}
	if m := c.m.Groups(patMinMax, c.stmt.text); m != nil && (m[2] != "" || m[6] != "") {
		r.fire(c, fmt.Sprintf("write %s_t() instead of %s() with a cast", m[1], m[1]))
	}
}

func checkUsleepRange(c *checker, r *rule) {
	if !c.statementHas("usleep_range") {
		return
	}
	m := c.m.Groups(patUsleepRange, c.stmt.text)
	if m == nil {
		return
	}
	low, high := m[1], m[6]
	if low == high {
		r.fire(c, "the range of this usleep_range is empty")
	} else if patDigits.MatchString(low) && patDigits.MatchString(high) {
		a, _, _ := cutNumber(low)
		b, _, _ := cutNumber(high)
		if a > b {
			r.fire(c, "the arguments of this usleep_range are swapped")
		}
	}
}

var (
	patScanfWord   = lazyregexp.New(`\bsscanf\b`)
	patScanfUsed   = pat(`{ident}\s*=\s*sscanf\s*{parens}|\bsscanf\s*{parens}\s*{compare}|{compare}\s*\bsscanf\s*{parens}`)
	patScanfFormat = pat(`\bsscanf\b\s*\(\s*{arg}\s*,\s*("[^"]+")`)
	patScanfSimple = lazyregexp.New(`^"%(?i:ll[udxi]|[udxi]ll|ll|[hl]h?[udxi]|[udxi][hl]h?|[hl]h?|[udxi])"$`)
)

// checkScanf wants the result of sscanf to be looked at, and kstrto* for one number.
func checkScanf(c *checker, r *rule) {
	if !c.stmt.known || !patScanfWord.MatchString(c.line.text) {
		return
	}
	if !c.m.Match(patScanfUsed, c.stmt.text) {
		r.fire(c, "")
	}
	m := c.m.Groups(patScanfFormat, c.rawStatement())
	if m != nil && strings.Count(m[5], "%") == 1 && patScanfSimple.MatchString(m[5]) {
		c.report("SSCANF_TO_KSTRTO", warnLevel, "")
	}
}

var (
	patHeaderExtern = pat(`^\+\s*(extern\s+){type}\s*{ident}\s*\(`)
	patExternFn     = pat(`^.\s*(?:extern\s+)?{type}\s+({ident})(\s*)\(`)
	patExternArray  = lazyregexp.New(`^\+extern struct\s+(\w+)\s+(\w+)\[\];`)
	patExtern       = lazyregexp.New(`^.\s*extern\s+`)
)

func checkHeaderExtern(c *checker, r *rule) {
	if strings.HasSuffix(c.line.file, ".h") && c.m.Match(patHeaderExtern, c.line.text) && r.fire(c, "prototypes in headers need no extern") {
		c.fixLine(func(line string) string { return replaceFirst(patExternWord, line, "") })
	}
}

var patExternWord = lazyregexp.New(`\bextern\b\s*`)

// checkExtern finds declarations in sources that belong in a header.
func checkExtern(c *checker, r *rule) {
	if !c.stmt.known || !strings.HasSuffix(c.line.file, ".c") {
		return
	}
	text := c.stmt.text
	if c.mayDeclareFunction(text) {
		if m := c.m.Groups(patExternFn, text); m != nil {
			if strings.HasPrefix(trimLeft(text[len(c.stmt.cond):]), ";") {
				r.fire(c, "")
			}
			if strings.IndexByte(m[2], '\n') >= 0 {
				c.report("FUNCTION_ARGUMENTS", warnLevel, "the arguments start on another line than the name")
			}
			return
		}
	}
	if !strings.HasPrefix(text[skipSpace(text, 1):], "extern") {
		return
	}
	if m := patExternArray.FindStringSubmatch(text); m != nil {
		for word := range c.linker {
			if strings.Contains(m[2], word) {
				return
			}
		}
		r.fire(c, "")
	} else if patExtern.MatchString(text) {
		r.fire(c, "")
	}
}

var (
	patPrototype = pat(`^.\s*(?:extern\s+)?{type}\s*(?:{ident}|\(\s*\*\s*{ident}\s*\))\s*\(\s*([^{]+)\s*\)\s*;`)
	patArgType   = pat(`\s*({type}\s*(?:{ident}|\(\s*\*\s*{ident}?\s*\)\s*{parens})?)`)
	patOnlyType  = pat(`^{type}$`)
	patEnumType  = pat(`enum\s+{ident}$`)
)

// checkArgumentNames wants names for the arguments in prototypes.
func checkArgumentNames(c *checker, r *rule) {
	if !c.stmt.known || !c.mayDeclareFunction(c.stmt.text) {
		return
	}
	// All of a prototype is before any brace.
	if head, _, _ := strings.Cut(c.stmt.text, "{"); strings.IndexByte(head, ';') < 0 {
		return
	}
	m := c.m.Groups(patPrototype, c.stmt.text)
	if m == nil || m[1] == "void" {
		return
	}
	args := trimSpace(m[1])
	var types []string
	c.m.All(patArgType, args, func(loc []int) bool {
		types = append(types, trimSpace(args[loc[2]:loc[3]]))
		return true
	})
	for _, arg := range types {
		if c.m.Match(patOnlyType, arg) && !c.m.Match(patEnumType, arg) {
			r.fire(c, fmt.Sprintf("the argument %q has no name", arg))
		}
	}
}

var patDefinition = pat(`^.\s*(?:{storage}\s+)?{type}\s*({ident})\s*{parens}\s*\{`)

// checkDefinition notes the name of a function that is defined, and wants its brace on a line of its own.
func checkDefinition(c *checker, r *rule) {
	if !c.stmt.known || strings.IndexByte(c.stmt.text, '{') < 0 || !c.mayDeclareFunction(c.stmt.text) {
		return
	}
	m := c.m.Groups(patDefinition, c.stmt.text)
	if m == nil {
		return
	}
	c.line.function = m[1]
	for n := range 1 + strings.Count(c.stmt.text, "\n") {
		line, ok := c.src.rawAfter(c.line.nr, n)
		if !ok {
			break
		}
		if (strings.HasPrefix(line, "+{") || strings.HasPrefix(line, " {")) || n == 0 && strings.IndexByte(line, '{') >= 0 {
			return
		}
		if (strings.HasPrefix(line, "+") || strings.HasPrefix(line, " ")) && strings.IndexByte(line, '{') >= 0 {
			break
		}
	}
	r.fire(c, "the brace of a function stands on a line of its own")
}

var patSetup = lazyregexp.New(`\b__setup\("([^"]*)"`)

// checkSetup wants new boot parameters in the document of them, in the same patch.
func checkSetup(c *checker, r *rule) {
	m := patSetup.FindStringSubmatch(c.line.raw)
	if m == nil {
		return
	}
	for _, doc := range c.src.setupDocs {
		if strings.Contains(doc, m[1]) {
			return
		}
	}
	r.fire(c, "")
}

var (
	patAllocSizeof = pat(`^\+\s*({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*,`)
	patAllocTimes  = pat(`^\+\s*({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*\*\s*({arg})\s*,`)
	patSizeofArg   = lazyregexp.New(`^sizeof\s*\S\(?([^)]*)\)?$`)
	patSizeofHead  = lazyregexp.New(`^sizeof\s*\S`)
	patSizeofWord  = lazyregexp.New(`^sizeof\b`)
	patUpperName   = lazyregexp.New(`^[A-Z_][A-Z0-9_]*$`)
	patKrealloc    = pat(`\b({lval})\s*=\s*(?:{parens})?\s*krealloc\s*\(\s*({lval})\s*,`)
)

func checkAllocSizeof(c *checker, r *rule) {
	if !c.statementHas("alloc") || !c.statementHas("sizeof") {
		return
	}
	if m := c.m.Groups(patAllocSizeof, c.stmt.text); m != nil && patSizeofArg.MatchString(m[3]) {
		if r.fire(c, fmt.Sprintf("write %s_obj for %s with sizeof", m[2], m[2])) {
			c.fixAllocation(m[2], m[3], "")
		}
	}
}

func checkAllocMultiply(c *checker, r *rule) {
	if !c.statementHas("alloc") || !c.statementHas("sizeof") {
		return
	}
	m := c.m.Groups(patAllocTimes, c.stmt.text)
	if m == nil {
		return
	}
	count, size := m[3], m[8]
	if patSizeofHead.MatchString(count) {
		count, size = size, count
	}
	if !patSizeofWord.MatchString(count) && patSizeofHead.MatchString(size) && !c.m.Match(patPureConst, count) && !patUpperName.MatchString(count) {
		if r.fire(c, fmt.Sprintf("write %s_objs for %s with a multiplication", m[2], m[2])) {
			c.fixAllocation(m[2], trimSpace(size), trimSpace(count))
		}
	}
}

func checkKrealloc(c *checker, r *rule) {
	if m := c.m.Groups(patKrealloc, c.line.text); m != nil && m[1] == m[2] {
		r.fire(c, "")
	}
}
