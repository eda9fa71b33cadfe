// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// AttributeRules look at attributes, storage classes and types.
var AttributeRules = []Rule{
	With("MISPLACED_INIT", warnLevel, checkInitPlace).Needing("__"),
	With("INIT_ATTRIBUTE", errorLevel, checkInitConst).Needing("init"),
	With("CONST_READ_MOSTLY", errorLevel, checkReadMostly).Needing("__read_mostly"),
	With("STORAGE_CLASS", warnLevel, checkStorage).Needing("extern", "static", "asmlinkage"),
	With("INLINE_LOCATION", errorLevel, checkInlinePlace).Needing("inline"),
	With("INLINE", warnLevel, checkInlineWord).Needing("__inline"),
	With("PREFER_DEFINED_ATTRIBUTE_MACRO", warnLevel, checkAttribute).Needing("__attribute__"),
	With("WEAK_DECLARATION", errorLevel, checkWeak).Needing("weak"),
	With("PREFER_KERNEL_TYPES", checkLevel, checkC99Types).Needing("8_t", "16_t", "32_t", "64_t"),
	With("TYPECAST_INT_CONSTANT", warnLevel, checkCastConstant).Needing("("),
	Only("SIZEOF_ADDRESS", warnLevel, `\bsizeof\s*\(\s*&`),
	Only("SIZEOF_PARENTHESIS", warnLevel, `\bsizeof\s+((?:\*\s*|){lval}|{type}(?:\s+{lval}|))`).Fixing(fixSizeof).Needing("sizeof"),
	Only("USE_SPINLOCK_T", warnLevel, `^.\s*\bstruct\s+spinlock\s+\w+\s*;`),
}

var (
	patInitAttr   = Compile(`(\b{initAttribute}\b)`)
	patInitStatic = Compile(`^\+\s*static\s+(?:const\s+)?(?:{$0}\s+)?({nonPtrAttr})\s+(?:{$0}\s+)?({ident}(?:\[[^\]]*\])?)\s*[=;]`)
	patInitTagged = Compile(`\b(union|struct)\s+{$0}\b`)
)

// checkInitPlace wants __initdata and the like after the name.
func checkInitPlace(c *checker, r *Rule) {
	text := c.Line.Text
	m := c.M.Groups(patInitAttr, text)
	if m == nil {
		return
	}
	attr := m[1]
	s := c.M.Groups(patInitStatic, text, attr)
	if s == nil {
		return
	}
	severity := r.Severity
	if c.M.Match(patInitTagged, s[1], attr) {
		severity = errorLevel
	}
	if c.Report(r.Typ, severity, fmt.Sprintf("%s belongs after %s", attr, s[2])) {
		fixInitPlace(c, attr)
	}
}

var (
	patConstWord = lazyregexp.New(`\bconst\b`)
	patInitData  = Compile(`({initData})`)
	patInitConst = Compile(`({initConst})`)

	patStaticHead = lazyregexp.New(`^(\+\s*static)\s+`)
)

func checkInitConst(c *checker, r *Rule) {
	text := c.Line.Text
	isConst := patConstWord.MatchString(text)
	if isConst {
		if m := c.M.Groups(patInitData, text); m != nil {
			want := strings.TrimSuffix(m[1], "data") + "const"
			if r.Fire(c, fmt.Sprintf("what is const takes %s", want)) {
				c.FixLine(func(line string) string { return strings.Replace(line, m[1], want, 1) })
			}
		}
	} else if m := c.M.Groups(patInitConst, text); m != nil {
		if r.Fire(c, fmt.Sprintf("%s is for what is const", m[1])) {
			c.FixLine(func(line string) string { return ReplaceFirst(patStaticHead, line, "${1} const ") })
		}
	}
}

var (
	patReadMostly = lazyregexp.New(`\b__read_mostly\b`)
	patTypeName   = Compile(`({type})\s*{ident}`)
	patMostlyWord = lazyregexp.New(`\s+__read_mostly\b`)
)

func checkReadMostly(c *checker, r *Rule) {
	if !patReadMostly.MatchString(c.Line.Text) {
		return
	}
	m := c.M.Groups(patTypeName, c.Line.Text)
	if m != nil && !strings.HasSuffix(TrimRight(m[1]), "*") && patConstWord.MatchString(m[1]) && r.Fire(c, "") {
		c.FixLine(func(line string) string { return ReplaceFirst(patMostlyWord, line, "") })
	}
}

var (
	patStorageLate  = Compile(`\b({type})\s+({storage})\b`)
	patInlineLate   = Compile(`\b{type}\s+{inline}\b|\b{inline}\s+{storage}\b`)
	patInlineOdd    = lazyregexp.New(`\b(__inline__|__inline)\b`)
	storageKeywords = []string{"extern", "static", "asmlinkage"}
)

func checkStorage(c *checker, r *Rule) {
	for _, word := range storageKeywords {
		if i := strings.LastIndex(c.Line.Text, word); i > 0 && SkipSpace(c.Line.Text, 1) < i {
			if c.M.Match(patStorageLate, c.Line.Text) || c.Settings.Corrected && storageWithin(c) {
				r.Fire(c, "")
			}
			return
		}
	}
}

var (
	patStorageWord   = Compile(`\b{storage}\b`)
	patStorageFirst  = Compile(`^.\s*{storage}`)
	patStorageBehind = Compile(`^.\s*(.+?){storage}\s`)
	patListEnd       = Compile(`[,)]\s*$`)
)

// storageWithin reports whether a storage class stands elsewhere than at the start of a declaration.
func storageWithin(c *checker) bool {
	text := c.Line.Text
	if !c.M.Match(patStorageWord, text) || c.M.Match(patStorageFirst, text) {
		return false
	}
	m := c.M.Groups(patStorageBehind, text)
	return m != nil && !c.M.Match(patListEnd, m[1])
}

func checkInlinePlace(c *checker, r *Rule) {
	if strings.Contains(c.Line.Text, "inline") && c.M.Match(patInlineLate, c.Line.Text) {
		r.Fire(c, "")
	}
}

func checkInlineWord(c *checker, r *Rule) {
	if !UnderUAPI(c.Line.File) && patInlineOdd.MatchString(c.Line.Text) && r.Fire(c, "") {
		c.FixLine(func(line string) string { return ReplaceFirst(patInlineOdd, line, "inline") })
	}
}

// attributeMacros are the kernel's names for attributes of the compiler.
var attributeMacros = map[string]string{
	"alias": "__alias", "aligned": "__aligned", "always_inline": "__always_inline",
	"assume_aligned": "__assume_aligned", "cold": "__cold", "const": "__attribute_const__", "copy": "__copy",
	"designated_init": "__designated_init", "externally_visible": "__visible", "format": "__printf, __scanf",
	"gnu_inline": "__gnu_inline", "malloc": "__malloc", "mode": "__mode",
	"no_caller_saved_registers": "__no_caller_saved_registers", "noclone": "__noclone", "noinline": "noinline",
	"nonstring": "__nonstring", "noreturn": "__noreturn", "packed": "__packed", "pure": "__pure",
	"section": "__section", "used": "__used", "weak": "__weak",
}

var (
	patAttribute     = Compile(`\b__attribute__\s*\(\s*({parens})\s*\)`)
	patAttributeItem = Compile(`\s*(\w+)\s*({parens})?`)
	patAttrInner     = lazyregexp.New(`\s*\(\s*(.*)\)\s*`)
	patAttrUnused    = lazyregexp.New(`^_*unused`)
)

// An attributeItem is one of the attributes of an __attribute__, as it is written.
type attributeItem struct{ name, params string }

// macro returns the kernel's macro for the attribute with its parameters, or "".
func (a attributeItem) macro() string {
	name := strings.Trim(a.name, " \t_")
	macro, ok := attributeMacros[name]
	if !ok {
		return ""
	}
	if m := patFormatKind.FindStringSubmatch(a.params); name == "format" && m != nil {
		return "__" + m[1] + "(" + m[2]
	}
	return macro + a.params
}

var patFormatKind = lazyregexp.New(`^\s*\(\s*(\w+)\s*,\s*(.*)`)

// checkAttribute wants the kernel's macros for attributes.
func checkAttribute(c *checker, r *Rule) {
	if UnderUAPI(c.Line.File) {
		return
	}
	m := c.M.Groups(patAttribute, c.Line.Raw)
	if m == nil {
		return
	}
	list := ReplaceFirst(patAttrInner, m[1], "$1")
	var items []attributeItem
	c.M.All(patAttributeItem, list, func(loc []int) bool {
		item := attributeItem{name: list[loc[2]:loc[3]]}
		if loc[4] >= 0 {
			item.params = list[loc[4]:loc[5]]
		}
		items = append(items, item)
		return true
	})
	for _, item := range items {
		if macro := item.macro(); macro != "" && r.Fire(c, fmt.Sprintf("write %s for __attribute__((%s))", macro, item.name+item.params)) {
			fixAttribute(c, item.name, item.params, macro)
		}
	}
	if patAttrUnused.MatchString(list) {
		r.Fire(c, "write __always_unused or __maybe_unused")
	}
}

var (
	patDeclaration = Compile(`(?:{declare}|{wrongDecl})\s*{ident}\s*{parens}\s*(?:{attribute})?\s*;`)
	patWeakAttr    = lazyregexp.New(`\b__attribute__\s*\(\s*\(.*\bweak\b|\b__weak\b`)
)

func checkWeak(c *checker, r *Rule) {
	if patWeakAttr.MatchString(c.Line.Text) && c.M.Match(patDeclaration, c.Line.Text) {
		r.Fire(c, "")
	}
}

var (
	patDeclOf = Compile(`\b({declare})\s*{ident}\s*[=;,\[]`)
	patC99    = Compile(`\b({c99Type})\b`)
)

// checkC99Types wants u32 and such for uint32_t and such.
func checkC99Types(c *checker, r *Rule) {
	if UnderUAPI(c.Line.File) || hasWordPath(c.Line.File, "tools/") || !strings.Contains(c.Line.Text, "int") {
		return
	}
	m := c.M.Groups(patDeclOf, c.Line.Text)
	if m == nil {
		return
	}
	t := c.M.Groups(patC99, m[1])
	if t == nil {
		return
	}
	kernel := "u"
	if name := strings.TrimLeft(t[1], "_"); strings.HasPrefix(name, "s") || strings.HasPrefix(name, "i") {
		kernel = "s"
	}
	kernel += strings.Trim(t[1], "_abcdefghijklmnopqrstuvwxyz")
	if r.Fire(c, fmt.Sprintf("write %s for %s", kernel, t[1])) {
		c.FixLine(func(line string) string { return strings.Replace(line, t[1], kernel, 1) })
	}
}

// hasWordPath reports whether part stands in path where a word starts.
func hasWordPath(path, part string) bool {
	for from := 0; ; {
		i := strings.Index(path[from:], part)
		if i < 0 {
			return false
		}
		i += from
		if i == 0 || !IsWordByte(path[i-1]) {
			return true
		}
		from = i + 1
	}
}

var patCastConstant = Compile(`(\(\s*{c90Int}\s*\)\s*)({constant})\b`)

// checkCastConstant wants a suffix instead of a cast of a constant.
func checkCastConstant(c *checker, r *Rule) {
	text := c.Line.Text
	if !strings.Contains(text, "int") && !strings.Contains(text, "long") {
		return
	}
	m := c.M.Groups(patCastConstant, text)
	if m == nil {
		return
	}
	suffix := ""
	if strings.Contains(m[1], "unsigned") {
		suffix = "U"
	}
	suffix += strings.Repeat("L", min(strings.Count(m[1], "long"), 2))
	plain := strings.TrimRight(m[2], "uUlL")
	if r.Fire(c, fmt.Sprintf("write %s%s", plain, suffix)) {
		c.FixLine(func(line string) string { return strings.Replace(line, m[1]+m[2], plain+suffix, 1) })
	}
}
