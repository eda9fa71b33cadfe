// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// CallRules look at the arguments of calls, and at function declarations.
var CallRules = []Rule{
	With("PREFER_SEQ_PUTS", warnLevel, checkSeqPrintf).Needing("seq_printf"),
	With("VSPRINTF_POINTER_EXTENSION", warnLevel, checkPointerFormat),
	With("MEMSET", warnLevel, checkMemset).Needing("memset"),
	With("STRCPY", warnLevel, notInTools(`\bstrcpy\s*\(`)).Needing("strcpy"),
	With("STRLCPY", warnLevel, notInTools(`\bstrlcpy\s*\(`)).Needing("strlcpy"),
	With("STRNCPY", warnLevel, notInTools(`\bstrncpy\s*\(`)).Needing("strncpy"),
	Only("PREFER_ETHTOOL_PUTS", warnLevel, `\bethtool_sprintf\s*\(\s*{arg}\s*,\s*{arg}\s*\)`),
	Only("PREFER_ETHTOOL_PUTS", warnLevel, `\bethtool_sprintf\s*\(\s*{arg}\s*,\s*"%s"\s*,\s*{arg}\s*\)`).At(AtRaw),
	With("MINMAX", warnLevel, checkMinMax).Needing("min", "max"),
	With("USLEEP_RANGE", warnLevel, checkUsleepRange).Needing("usleep_range"),
	With("NAKED_SSCANF", warnLevel, checkScanf).Needing("sscanf"),
	With("AVOID_EXTERNS", checkLevel, checkHeaderExtern).Needing("extern"),
	With("AVOID_EXTERNS", warnLevel, checkExtern),
	With("FUNCTION_ARGUMENTS", warnLevel, checkArgumentNames),
	With("OPEN_BRACE", errorLevel, checkDefinition),
	With("UNDOCUMENTED_SETUP", checkLevel, checkSetup).Needing("__setup"),
	Only("UNNECESSARY_CASTS", warnLevel, `\*\s*\)\s*{allocFunction}\b`).Needing("*"),
	Only("ALLOC_SIZEOF_STRUCT", checkLevel, `\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k|v)[mz]alloc(?:_node)?)\s*\(\s*(sizeof\s*\(\s*struct\s+{lval}\s*\))`).
		Needing("alloc"),
	With("ALLOC_WITH_SIZEOF", warnLevel, checkAllocSizeof),
	With("ALLOC_WITH_MULTIPLY", warnLevel, checkAllocMultiply),
	With("KREALLOC_ARG_REUSE", warnLevel, checkKrealloc).Needing("krealloc"),
	Only("ALLOC_ARRAY_ARGS", warnLevel, `\b((?:devm_)?((?:k|kv)?(calloc|malloc_array)(?:_node)?))\s*\(\s*sizeof\b`),
}

var patSeqPrintf = Compile(`\bseq_printf\s*\(.*"\s*\)\s*;\s*$`)

func checkSeqPrintf(c *checker, r *Rule) {
	if !c.M.Match(patSeqPrintf, c.Line.Plain) {
		return
	}
	if format := strings.ReplaceAll(c.Quoted(c.Line.Nr), "%%", ""); strings.IndexByte(format, '%') < 0 && r.Fire(c, "") {
		c.FixLine(func(line string) string { return strings.Replace(line, "seq_printf", "seq_puts", 1) })
	}
}

var (
	patFormatCall  = Compile(`^\+(?![^{]*\{\s*)(?s:.)*\b(\w+)\s*\((?s:.)*{string}\s*,`)
	patVolatileFn  = lazyregexp.New(`^_*volatile_*$`)
	patPointerSpec = lazyregexp.New(`%[*\d.]*p(\w)(\w*)`)
	patFourCC      = lazyregexp.New(`^c(?:[hlbc]|hR)$`)
)

// pointerExtensions are the letters that may follow %p.
const pointerExtensions = "4SsBKRraEehMmIiUDdgVCbGNOxtf"

// checkPointerFormat looks at the letters after %p in formats.
func checkPointerFormat(c *checker, r *Rule) {
	if !c.Stmt.Known || strings.IndexByte(c.Stmt.Text, '"') < 0 {
		return
	}
	lines := strings.Count(c.Stmt.Text, "\n")
	if !anyRaw(c, lines, "%") {
		return
	}
	m := c.M.Groups(patFormatCall, c.Stmt.Text)
	if m == nil || patVolatileFn.MatchString(m[1]) {
		return
	}
	exposed := false
	for nr := c.Line.Nr; nr <= c.Line.Nr+lines; nr++ {
		format := strings.ReplaceAll(quotedAfter(c, nr), "%%", "")
		for _, spec := range patPointerSpec.FindAllStringSubmatch(format, -1) {
			if !goodPointerSpec(spec[1], spec[2]) {
				severity := r.Severity
				if spec[1] == "A" {
					severity = errorLevel
				}
				c.Report(r.Typ, severity, fmt.Sprintf("there is no format %s", spec[0]))
				break
			}
			if spec[1] == "x" && !exposed {
				exposed = true
				c.Report("VSPRINTF_SPECIFIER_PX", warnLevel, "")
			}
		}
	}
}

// anyRaw reports whether one of the raw lines from the one at hand on, and lines after, contains text.
func anyRaw(c *checker, lines int, text string) bool {
	for nr := c.Line.Nr; nr <= c.Line.Nr+lines; nr++ {
		if strings.Contains(c.Src.RawLine(nr), text) {
			return true
		}
	}
	return false
}

// quotedAfter is quoted, of the raw line that stands at nr in the new file.
func quotedAfter(c *checker, nr int) string {
	text, ok := c.Src.Line(nr)
	if !ok || strings.IndexByte(text, '"') < 0 {
		return ""
	}
	loc := c.M.Find(PatString, text)
	if loc == nil {
		return ""
	}
	raw, _ := c.Src.RawAfter(nr, 0)
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
	patMemset      = Compile(`^\+(?:.*?)\bmemset\s*\(\s*{arg}\s*,\s*{arg}\s*,\s*{arg}\s*\)`)
	patMinMax      = Compile(`^\+(?:.*?)\b(min|max)\s*\(\s*{arg}\s*,\s*{arg}\s*\)`)
	patUsleepRange = Compile(`^\+(?:.*?)\busleep_range\s*\(\s*({arg})\s*,\s*({arg})\s*\)`)
	patZeroSize    = lazyregexp.New(`(?i)^(0x|)0$`)
	patOneSize     = lazyregexp.New(`(?i)^(0x|)1$`)
	patDigits      = lazyregexp.New(`^\d+$`)
)

func checkMemset(c *checker, r *Rule) {
	if !c.StatementHas("memset") {
		return
	}
	m := c.M.Groups(patMemset, c.Stmt.Text)
	switch {
	case m == nil:
	case patZeroSize.MatchString(m[10]):
		c.Report(r.Typ, errorLevel, "this memset sets nothing: the second argument is the value, the third the size")
	case patOneSize.MatchString(m[10]):
		r.Fire(c, "this memset sets one byte: are the second and third argument swapped?")
	}
}

// notInTools makes a check that fires where src matches, but not in code for user space.
func notInTools(src string) func(c *checker, r *Rule) {
	p := Compile(src)
	return func(c *checker, r *Rule) {
		if c.M.Match(p, c.Line.Text) && !HasAnyPrefix(c.Line.File, "tools/", "scripts/") {
			r.Fire(c, "")
		}
	}
}

func checkMinMax(c *checker, r *Rule) {
	if !c.StatementHas("min") && !c.StatementHas("max") {
		return
	}
	if m := c.M.Groups(patMinMax, c.Stmt.Text); m != nil && (m[2] != "" || m[6] != "") {
		r.Fire(c, fmt.Sprintf("write %s_t() instead of %s() with a cast", m[1], m[1]))
	}
}

func checkUsleepRange(c *checker, r *Rule) {
	if !c.StatementHas("usleep_range") {
		return
	}
	m := c.M.Groups(patUsleepRange, c.Stmt.Text)
	if m == nil {
		return
	}
	low, high := m[1], m[6]
	if low == high {
		r.Fire(c, "the range of this usleep_range is empty")
	} else if patDigits.MatchString(low) && patDigits.MatchString(high) {
		a, _, _ := CutNumber(low)
		b, _, _ := CutNumber(high)
		if a > b {
			r.Fire(c, "the arguments of this usleep_range are swapped")
		}
	}
}

var (
	patScanfWord   = lazyregexp.New(`\bsscanf\b`)
	patScanfUsed   = Compile(`{ident}\s*=\s*sscanf\s*{parens}|\bsscanf\s*{parens}\s*{compare}|{compare}\s*\bsscanf\s*{parens}`)
	patScanfFormat = Compile(`\bsscanf\b\s*\(\s*{arg}\s*,\s*("[^"]+")`)
	patScanfSimple = lazyregexp.New(`^"%(?i:ll[udxi]|[udxi]ll|ll|[hl]h?[udxi]|[udxi][hl]h?|[hl]h?|[udxi])"$`)
)

// checkScanf wants the result of sscanf to be looked at, and kstrto* for one number.
func checkScanf(c *checker, r *Rule) {
	if !c.Stmt.Known || !patScanfWord.MatchString(c.Line.Text) {
		return
	}
	if !c.M.Match(patScanfUsed, c.Stmt.Text) {
		r.Fire(c, "")
	}
	m := c.M.Groups(patScanfFormat, c.RawStatement())
	if m != nil && strings.Count(m[5], "%") == 1 && patScanfSimple.MatchString(m[5]) {
		c.Report("SSCANF_TO_KSTRTO", warnLevel, "")
	}
}

var (
	patHeaderExtern = Compile(`^\+\s*(extern\s+){type}\s*{ident}\s*\(`)
	patExternFn     = Compile(`^.\s*(?:extern\s+)?{type}\s+({ident})(\s*)\(`)
	patExternArray  = lazyregexp.New(`^\+extern struct\s+(\w+)\s+(\w+)\[\];`)
	patExtern       = lazyregexp.New(`^.\s*extern\s+`)
)

func checkHeaderExtern(c *checker, r *Rule) {
	if strings.HasSuffix(c.Line.File, ".h") && c.M.Match(patHeaderExtern, c.Line.Text) && r.Fire(c, "prototypes in headers need no extern") {
		c.FixLine(func(line string) string { return ReplaceFirst(patExternWord, line, "") })
	}
}

var patExternWord = lazyregexp.New(`\bextern\b\s*`)

// checkExtern finds declarations in sources that belong in a header.
func checkExtern(c *checker, r *Rule) {
	if !c.Stmt.Known || !strings.HasSuffix(c.Line.File, ".c") {
		return
	}
	text := c.Stmt.Text
	if c.MayDeclareFunction(text) {
		if m := c.M.Groups(patExternFn, text); m != nil {
			if strings.HasPrefix(TrimLeft(text[len(c.Stmt.Cond):]), ";") {
				r.Fire(c, "")
			}
			if strings.IndexByte(m[2], '\n') >= 0 {
				c.Report("FUNCTION_ARGUMENTS", warnLevel, "the arguments start on another line than the name")
			}
			return
		}
	}
	if !strings.HasPrefix(text[SkipSpace(text, 1):], "extern") {
		return
	}
	if m := patExternArray.FindStringSubmatch(text); m != nil {
		for word := range c.Linker {
			if strings.Contains(m[2], word) {
				return
			}
		}
		r.Fire(c, "")
	} else if patExtern.MatchString(text) {
		r.Fire(c, "")
	}
}

var (
	patPrototype = Compile(`^.\s*(?:extern\s+)?{type}\s*(?:{ident}|\(\s*\*\s*{ident}\s*\))\s*\(\s*([^{]+)\s*\)\s*;`)
	patArgType   = Compile(`\s*({type}\s*(?:{ident}|\(\s*\*\s*{ident}?\s*\)\s*{parens})?)`)
	patOnlyType  = Compile(`^{type}$`)
	patEnumType  = Compile(`enum\s+{ident}$`)
)

// checkArgumentNames wants names for the arguments in prototypes.
func checkArgumentNames(c *checker, r *Rule) {
	if !c.Stmt.Known || !c.MayDeclareFunction(c.Stmt.Text) {
		return
	}
	// All of a prototype is before any brace.
	if head, _, _ := strings.Cut(c.Stmt.Text, "{"); strings.IndexByte(head, ';') < 0 {
		return
	}
	m := c.M.Groups(patPrototype, c.Stmt.Text)
	if m == nil || m[1] == "void" {
		return
	}
	args := TrimSpace(m[1])
	var types []string
	c.M.All(patArgType, args, func(loc []int) bool {
		types = append(types, TrimSpace(args[loc[2]:loc[3]]))
		return true
	})
	for _, arg := range types {
		if c.M.Match(patOnlyType, arg) && !c.M.Match(patEnumType, arg) {
			r.Fire(c, fmt.Sprintf("the argument %q has no name", arg))
		}
	}
}

var patDefinition = Compile(`^.\s*(?:{storage}\s+)?{type}\s*({ident})\s*{parens}\s*\{`)

// checkDefinition notes the name of a function that is defined, and wants its brace on a line of its own.
func checkDefinition(c *checker, r *Rule) {
	if !c.Stmt.Known || strings.IndexByte(c.Stmt.Text, '{') < 0 || !c.MayDeclareFunction(c.Stmt.Text) {
		return
	}
	m := c.M.Groups(patDefinition, c.Stmt.Text)
	if m == nil {
		return
	}
	c.Line.Function = m[1]
	for n := range 1 + strings.Count(c.Stmt.Text, "\n") {
		line, ok := c.Src.RawAfter(c.Line.Nr, n)
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
	r.Fire(c, "the brace of a function stands on a line of its own")
}

var patSetup = lazyregexp.New(`\b__setup\("([^"]*)"`)

// checkSetup wants new boot parameters in the document of them, in the same patch.
func checkSetup(c *checker, r *Rule) {
	m := patSetup.FindStringSubmatch(c.Line.Raw)
	if m == nil {
		return
	}
	for _, doc := range c.Src.SetupDocs {
		if strings.Contains(doc, m[1]) {
			return
		}
	}
	r.Fire(c, "")
}

var (
	patAllocSizeof = Compile(`^\+\s*({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*,`)
	patAllocTimes  = Compile(`^\+\s*({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*\*\s*({arg})\s*,`)
	patSizeofArg   = lazyregexp.New(`^sizeof\s*\S\(?([^)]*)\)?$`)
	patSizeofHead  = lazyregexp.New(`^sizeof\s*\S`)
	patSizeofWord  = lazyregexp.New(`^sizeof\b`)
	patUpperName   = lazyregexp.New(`^[A-Z_][A-Z0-9_]*$`)
	patKrealloc    = Compile(`\b({lval})\s*=\s*(?:{parens})?\s*krealloc\s*\(\s*({lval})\s*,`)
)

func checkAllocSizeof(c *checker, r *Rule) {
	if !c.StatementHas("alloc") || !c.StatementHas("sizeof") {
		return
	}
	if m := c.M.Groups(patAllocSizeof, c.Stmt.Text); m != nil && patSizeofArg.MatchString(m[3]) {
		if r.Fire(c, fmt.Sprintf("write %s_obj for %s with sizeof", m[2], m[2])) {
			fixAllocation(c, m[2], m[3], "")
		}
	}
}

func checkAllocMultiply(c *checker, r *Rule) {
	if !c.StatementHas("alloc") || !c.StatementHas("sizeof") {
		return
	}
	m := c.M.Groups(patAllocTimes, c.Stmt.Text)
	if m == nil {
		return
	}
	count, size := m[3], m[8]
	if patSizeofHead.MatchString(count) {
		count, size = size, count
	}
	if !patSizeofWord.MatchString(count) && patSizeofHead.MatchString(size) && !c.M.Match(PatPureConst, count) && !patUpperName.MatchString(count) {
		if r.Fire(c, fmt.Sprintf("write %s_objs for %s with a multiplication", m[2], m[2])) {
			fixAllocation(c, m[2], TrimSpace(size), TrimSpace(count))
		}
	}
}

func checkKrealloc(c *checker, r *Rule) {
	if m := c.M.Groups(patKrealloc, c.Line.Text); m != nil && m[1] == m[2] {
		r.Fire(c, "")
	}
}
