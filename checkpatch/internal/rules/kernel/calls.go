// SPDX-License-Identifier: GPL-2.0-only

package kernel

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/code"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// CallRules look at the arguments of calls, and at function declarations.
var CallRules = []engine.Rule{
	engine.With("PREFER_SEQ_PUTS", engine.Warn, checkSeqPrintf).Needing("seq_printf"),
	engine.With("VSPRINTF_POINTER_EXTENSION", engine.Warn, checkPointerFormat),
	engine.With("MEMSET", engine.Warn, checkMemset).Needing("memset"),
	engine.With("STRCPY", engine.Warn, notInTools(`\bstrcpy\s*\(`)).Needing("strcpy"),
	engine.With("STRLCPY", engine.Warn, notInTools(`\bstrlcpy\s*\(`)).Needing("strlcpy"),
	engine.With("STRNCPY", engine.Warn, notInTools(`\bstrncpy\s*\(`)).Needing("strncpy"),
	engine.Only("PREFER_ETHTOOL_PUTS", engine.Warn, `\bethtool_sprintf\s*\(\s*{arg}\s*,\s*{arg}\s*\)`),
	engine.Only("PREFER_ETHTOOL_PUTS", engine.Warn, `\bethtool_sprintf\s*\(\s*{arg}\s*,\s*"%s"\s*,\s*{arg}\s*\)`).At(engine.AtRaw),
	engine.With("MINMAX", engine.Warn, checkMinMax).Needing("min", "max"),
	engine.With("USLEEP_RANGE", engine.Warn, checkUsleepRange).Needing("usleep_range"),
	engine.With("NAKED_SSCANF", engine.Warn, checkScanf).Needing("sscanf"),
	engine.With("AVOID_EXTERNS", engine.Check, checkHeaderExtern).Needing("extern"),
	engine.With("AVOID_EXTERNS", engine.Warn, checkExtern),
	engine.With("FUNCTION_ARGUMENTS", engine.Warn, checkArgumentNames),
	engine.With("OPEN_BRACE", engine.Error, checkDefinition),
	engine.With("UNDOCUMENTED_SETUP", engine.Check, checkSetup).Needing("__setup"),
	engine.Only("UNNECESSARY_CASTS", engine.Warn, `\*\s*\)\s*{allocFunction}\b`).Needing("*"),
	engine.Only("ALLOC_SIZEOF_STRUCT", engine.Check, `\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k|v)[mz]alloc(?:_node)?)\s*\(\s*(sizeof\s*\(\s*struct\s+{lval}\s*\))`).
		Needing("alloc"),
	engine.With("ALLOC_WITH_SIZEOF", engine.Warn, checkAllocSizeof),
	engine.With("ALLOC_WITH_MULTIPLY", engine.Warn, checkAllocMultiply),
	engine.With("KREALLOC_ARG_REUSE", engine.Warn, checkKrealloc).Needing("krealloc"),
	engine.With("ALLOC_ARRAY_ARGS", engine.Warn, checkAllocOrder).Needing("sizeof"),
}

var patSeqPrintf = syntax.Compile(`\bseq_printf\s*\(.*"\s*\)\s*;\s*$`)

func checkSeqPrintf(c *engine.Checker, r *engine.Rule) {
	if !c.M.Match(patSeqPrintf, c.Line.Plain) {
		return
	}
	if format := strings.ReplaceAll(c.Quoted(c.Line.Nr), "%%", ""); strings.IndexByte(format, '%') < 0 && r.Fire(c, "") {
		c.FixLine(func(line string) string { return strings.Replace(line, "seq_printf", "seq_puts", 1) })
	}
}

var (
	patFormatCall  = syntax.Compile(`^\+(?![^{]*\{\s*)(?s:.)*\b(\w+)\s*\((?s:.)*{string}\s*,`)
	patVolatileFn  = lazyregexp.New(`^_*volatile_*$`)
	patPointerSpec = lazyregexp.New(`%[*\d.]*p(\w)(\w*)`)
	patFourCC      = lazyregexp.New(`^c(?:[hlbc]|hR)$`)
)

// pointerExtensions are the letters that may follow %p.
const pointerExtensions = "4SsBKRraEehMmIiUDdgVCbGNOxtf"

// checkPointerFormat looks at the letters after %p in formats.
func checkPointerFormat(c *engine.Checker, r *engine.Rule) {
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
			if !goodPointerSpec(c, spec[1], spec[2]) {
				severity := r.Severity
				if spec[1] == "A" {
					severity = engine.Error
				}
				c.Report(r.Typ, severity, fmt.Sprintf("there is no format %s", spec[0]))
				break
			}
			if spec[1] == "x" && !exposed {
				exposed = true
				c.Report("VSPRINTF_SPECIFIER_PX", engine.Warn, "")
			}
		}
	}
}

// anyRaw reports whether one of the raw lines from the one at hand on, and lines after, contains text.
func anyRaw(c *engine.Checker, lines int, text string) bool {
	for nr := c.Line.Nr; nr <= c.Line.Nr+lines; nr++ {
		if strings.Contains(c.Src.RawLine(nr), text) {
			return true
		}
	}
	return false
}

// quotedAfter is quoted, of the raw line that stands at nr in the new file.
func quotedAfter(c *engine.Checker, nr int) string {
	text, ok := c.Src.Line(nr)
	if !ok || strings.IndexByte(text, '"') < 0 {
		return ""
	}
	loc := c.M.Find(engine.PatString, text)
	if loc == nil {
		return ""
	}
	raw, _ := c.Src.RawAfter(nr, 0)
	return raw[min(loc[0], len(raw)):min(loc[1], len(raw))]
}

func goodPointerSpec(c *engine.Checker, extension, rest string) bool {
	switch {
	case !strings.Contains(pointerExtensions, extension):
		return false
	case extension == "f":
		return strings.HasPrefix(rest, "w")
	case extension == "4":
		if !c.Has(edition.FourCCLetters) {
			return strings.HasPrefix(rest, "cc")
		}
		return patFourCC.MatchString(rest)
	}
	return true
}

var (
	patMemset      = syntax.Compile(`^\+(?:.*?)\bmemset\s*\(\s*{arg}\s*,\s*{arg}\s*,\s*{arg}\s*\)`)
	patMinMax      = syntax.Compile(`^\+(?:.*?)\b(min|max)\s*\(\s*{arg}\s*,\s*{arg}\s*\)`)
	patUsleepRange = syntax.Compile(`^\+(?:.*?)\busleep_range\s*\(\s*({arg})\s*,\s*({arg})\s*\)`)
	patZeroSize    = lazyregexp.New(`(?i)^(0x|)0$`)
	patOneSize     = lazyregexp.New(`(?i)^(0x|)1$`)
	patDigits      = lazyregexp.New(`^\d+$`)
)

func checkMemset(c *engine.Checker, r *engine.Rule) {
	if !c.StatementHas("memset") {
		return
	}
	m := c.M.Groups(patMemset, c.Stmt.Text)
	switch {
	case m == nil:
	case patZeroSize.MatchString(m[10]):
		c.Report(r.Typ, engine.Error, "this memset sets nothing: the second argument is the value, the third the size")
	case patOneSize.MatchString(m[10]):
		r.Fire(c, "this memset sets one byte: are the second and third argument swapped?")
	}
}

// notInTools makes a check that fires where src matches, but not in code for user space.
func notInTools(src string) func(c *engine.Checker, r *engine.Rule) {
	p := syntax.Compile(src)
	return func(c *engine.Checker, r *engine.Rule) {
		ours := c.Has(edition.UserspaceStrings) && lines.HasAnyPrefix(c.Line.File, "tools/", "scripts/")
		if c.M.Match(p, c.Line.Text) && !ours {
			r.Fire(c, "")
		}
	}
}

func checkMinMax(c *engine.Checker, r *engine.Rule) {
	if !c.StatementHas("min") && !c.StatementHas("max") {
		return
	}
	if m := c.M.Groups(patMinMax, c.Stmt.Text); m != nil && (m[2] != "" || m[6] != "") {
		r.Fire(c, fmt.Sprintf("write %s_t() instead of %s() with a cast", m[1], m[1]))
	}
}

func checkUsleepRange(c *engine.Checker, r *engine.Rule) {
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
		a, _, _ := lines.CutNumber(low)
		b, _, _ := lines.CutNumber(high)
		if a > b {
			r.Fire(c, "the arguments of this usleep_range are swapped")
		}
	}
}

var (
	patScanfWord   = lazyregexp.New(`\bsscanf\b`)
	patScanfUsed   = syntax.Compile(`{ident}\s*=\s*sscanf\s*{parens}|\bsscanf\s*{parens}\s*{compare}|{compare}\s*\bsscanf\s*{parens}`)
	patScanfFormat = syntax.Compile(`\bsscanf\b\s*\(\s*{arg}\s*,\s*("[^"]+")`)
	patScanfSimple = lazyregexp.New(`^"%(?i:ll[udxi]|[udxi]ll|ll|[hl]h?[udxi]|[udxi][hl]h?|[hl]h?|[udxi])"$`)
)

// checkScanf wants the result of sscanf to be looked at, and kstrto* for one number.
func checkScanf(c *engine.Checker, r *engine.Rule) {
	if !c.Stmt.Known || !patScanfWord.MatchString(c.Line.Text) {
		return
	}
	if !c.M.Match(patScanfUsed, c.Stmt.Text) {
		r.Fire(c, "")
	}
	m := c.M.Groups(patScanfFormat, c.RawStatement())
	if m != nil && strings.Count(m[5], "%") == 1 && patScanfSimple.MatchString(m[5]) {
		c.Report("SSCANF_TO_KSTRTO", engine.Warn, "")
	}
}

var (
	patHeaderExtern = syntax.Compile(`^\+\s*(extern\s+){type}\s*{ident}\s*\(`)
	patExternFn     = syntax.Compile(`^.\s*(?:extern\s+)?{type}\s+({ident})(\s*)\(`)
	patExternArray  = lazyregexp.New(`^\+extern struct\s+(\w+)\s+(\w+)\[\];`)
	patExtern       = lazyregexp.New(`^.\s*extern\s+`)
)

func checkHeaderExtern(c *engine.Checker, r *engine.Rule) {
	if strings.HasSuffix(c.Line.File, ".h") && c.M.Match(patHeaderExtern, c.Line.Text) && r.Fire(c, "prototypes in headers need no extern") {
		c.FixLine(func(line string) string { return lines.ReplaceFirst(patExternWord, line, "") })
	}
}

var patExternWord = lazyregexp.New(`\bextern\b\s*`)

// checkExtern finds declarations in sources that belong in a header.
func checkExtern(c *engine.Checker, r *engine.Rule) {
	if !c.Stmt.Known || !strings.HasSuffix(c.Line.File, ".c") {
		return
	}
	text := c.Stmt.Text
	if c.MayDeclareFunction(text) {
		if m := c.M.Groups(patExternFn, text); m != nil {
			if strings.HasPrefix(lines.TrimLeft(text[len(c.Stmt.Cond):]), ";") {
				r.Fire(c, "")
			}
			if strings.IndexByte(m[2], '\n') >= 0 {
				c.Report("FUNCTION_ARGUMENTS", engine.Warn, "the arguments start on another line than the name")
			}
			return
		}
	}
	if !strings.HasPrefix(text[lines.SkipSpace(text, 1):], "extern") {
		return
	}
	if m := patExternArray.FindStringSubmatch(text); m != nil && c.Has(edition.LinkerSymbols) {
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
	patPrototype = syntax.Compile(`^.\s*(?:extern\s+)?{type}\s*(?:{ident}|\(\s*\*\s*{ident}\s*\))\s*\(\s*([^{]+)\s*\)\s*;`)
	patArgType   = syntax.Compile(`\s*({type}\s*(?:{ident}|\(\s*\*\s*{ident}?\s*\)\s*{parens})?)`)
	patOnlyType  = syntax.Compile(`^{type}$`)
	patEnumType  = syntax.Compile(`enum\s+{ident}$`)
)

// checkArgumentNames wants names for the arguments in prototypes.
func checkArgumentNames(c *engine.Checker, r *engine.Rule) {
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
	args := lines.TrimSpace(m[1])
	var types []string
	c.M.All(patArgType, args, func(loc []int) bool {
		types = append(types, lines.TrimSpace(args[loc[2]:loc[3]]))
		return true
	})
	for _, arg := range types {
		if c.M.Match(patOnlyType, arg) && !c.M.Match(patEnumType, arg) {
			r.Fire(c, fmt.Sprintf("the argument %q has no name", arg))
		}
	}
}

var patDefinition = syntax.Compile(`^.\s*(?:{storage}\s+)?{type}\s*({ident})\s*{parens}\s*\{`)

// checkDefinition notes the name of a function that is defined, and wants its brace on a line of its own.
func checkDefinition(c *engine.Checker, r *engine.Rule) {
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
func checkSetup(c *engine.Checker, r *engine.Rule) {
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
	patAllocSizeof = syntax.Compile(`^\+\s*({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*,`)
	patAllocTimes  = syntax.Compile(`^\+\s*({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*\*\s*({arg})\s*,`)
	patSizeofArg   = lazyregexp.New(`^sizeof\s*\S\(?([^)]*)\)?$`)
	patSizeofHead  = lazyregexp.New(`^sizeof\s*\S`)
	patSizeofWord  = lazyregexp.New(`^sizeof\b`)
	patUpperName   = lazyregexp.New(`^[A-Z_][A-Z0-9_]*$`)
	patKrealloc    = syntax.Compile(`\b({lval})\s*=\s*(?:{parens})?\s*krealloc\s*\(\s*({lval})\s*,`)
)

var (
	patAllocOrder    = lazyregexp.New(`\b((?:devm_)?((?:k|kv)?(calloc|malloc_array)(?:_node)?))\s*\(\s*sizeof\b`)
	patOldAllocOrder = lazyregexp.New(`\b(?:devm_)?(?:kcalloc|kmalloc_array)\s*\(\s*sizeof\b`)
)

// checkAllocOrder finds the size of an element where the number of elements belongs.
func checkAllocOrder(c *engine.Checker, r *engine.Rule) {
	order := patAllocOrder
	if !c.Has(edition.AllocVariants) {
		order = patOldAllocOrder
	}
	if order.MatchString(c.Line.Text) {
		r.Fire(c, "")
	}
}

func checkAllocSizeof(c *engine.Checker, r *engine.Rule) {
	if !c.StatementHas("alloc") || !c.StatementHas("sizeof") {
		return
	}
	if m := c.M.Groups(patAllocSizeof, c.Stmt.Text); m != nil && patSizeofArg.MatchString(m[3]) {
		if r.Fire(c, fmt.Sprintf("write %s_obj for %s with sizeof", m[2], m[2])) {
			fixAllocation(c, m[2], m[3], "")
		}
	}
}

func checkAllocMultiply(c *engine.Checker, r *engine.Rule) {
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
	if !patSizeofWord.MatchString(count) && patSizeofHead.MatchString(size) && !c.M.Match(code.PatPureConst, count) && !patUpperName.MatchString(count) {
		better := m[2] + "_objs"
		if !c.Has(edition.ObjectAllocs) {
			better = arrayAllocs[m[2]]
		}
		if r.Fire(c, fmt.Sprintf("write %s for %s with a multiplication", better, m[2])) {
			fixAllocation(c, m[2], lines.TrimSpace(size), lines.TrimSpace(count))
		}
	}
}

// arrayAllocs are what older kernels have for allocations with a multiplication.
var arrayAllocs = map[string]string{"kmalloc": "kmalloc_array", "kvmalloc": "kvmalloc_array", "kzalloc": "kcalloc", "kvzalloc": "kvcalloc"}

func checkKrealloc(c *engine.Checker, r *engine.Rule) {
	if m := c.M.Groups(patKrealloc, c.Line.Text); m != nil && m[1] == m[2] {
		r.Fire(c, "")
	}
}
