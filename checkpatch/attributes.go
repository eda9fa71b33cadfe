// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// attributeRules look at attributes, storage classes and types.
var attributeRules = []rule{
	with("MISPLACED_INIT", warnLevel, checkInitPlace).needing("__"),
	with("INIT_ATTRIBUTE", errorLevel, checkInitConst).needing("init"),
	with("CONST_READ_MOSTLY", errorLevel, checkReadMostly).needing("__read_mostly"),
	with("STORAGE_CLASS", warnLevel, checkStorage).needing("extern", "static", "asmlinkage"),
	with("INLINE_LOCATION", errorLevel, checkInlinePlace).needing("inline"),
	with("INLINE", warnLevel, checkInlineWord).needing("__inline"),
	with("PREFER_DEFINED_ATTRIBUTE_MACRO", warnLevel, checkAttribute).needing("__attribute__"),
	with("WEAK_DECLARATION", errorLevel, checkWeak).needing("weak"),
	with("PREFER_KERNEL_TYPES", checkLevel, checkC99Types).needing("8_t", "16_t", "32_t", "64_t"),
	with("TYPECAST_INT_CONSTANT", warnLevel, checkCastConstant).needing("("),
	only("SIZEOF_ADDRESS", warnLevel, `\bsizeof\s*\(\s*&`),
	only("SIZEOF_PARENTHESIS", warnLevel, `\bsizeof\s+((?:\*\s*|){lval}|{type}(?:\s+{lval}|))`).fixing(fixSizeof).needing("sizeof"),
	only("USE_SPINLOCK_T", warnLevel, `^.\s*\bstruct\s+spinlock\s+\w+\s*;`),
}

var (
	patInitAttr   = pat(`(\b{initAttribute}\b)`)
	patInitStatic = pat(`^\+\s*static\s+(?:const\s+)?(?:{$0}\s+)?({nonPtrAttr})\s+(?:{$0}\s+)?({ident}(?:\[[^\]]*\])?)\s*[=;]`)
	patInitTagged = pat(`\b(union|struct)\s+{$0}\b`)
)

// checkInitPlace wants __initdata and the like after the name.
func checkInitPlace(c *checker, r *rule) {
	text := c.line.text
	m := c.m.Groups(patInitAttr, text)
	if m == nil {
		return
	}
	attr := m[1]
	s := c.m.Groups(patInitStatic, text, attr)
	if s == nil {
		return
	}
	severity := r.severity
	if c.m.Match(patInitTagged, s[1], attr) {
		severity = errorLevel
	}
	if c.report(r.typ, severity, fmt.Sprintf("%s belongs after %s", attr, s[2])) {
		c.fixInitPlace(attr)
	}
}

var (
	patConstWord = lazyregexp.New(`\bconst\b`)
	patInitData  = pat(`({initData})`)
	patInitConst = pat(`({initConst})`)

	patStaticHead = lazyregexp.New(`^(\+\s*static)\s+`)
)

func checkInitConst(c *checker, r *rule) {
	text := c.line.text
	isConst := patConstWord.MatchString(text)
	if isConst {
		if m := c.m.Groups(patInitData, text); m != nil {
			want := strings.TrimSuffix(m[1], "data") + "const"
			if r.fire(c, fmt.Sprintf("what is const takes %s", want)) {
				c.fixLine(func(line string) string { return strings.Replace(line, m[1], want, 1) })
			}
		}
	} else if m := c.m.Groups(patInitConst, text); m != nil {
		if r.fire(c, fmt.Sprintf("%s is for what is const", m[1])) {
			c.fixLine(func(line string) string { return replaceFirst(patStaticHead, line, "${1} const ") })
		}
	}
}

var (
	patReadMostly = lazyregexp.New(`\b__read_mostly\b`)
	patTypeName   = pat(`({type})\s*{ident}`)
	patMostlyWord = lazyregexp.New(`\s+__read_mostly\b`)
)

func checkReadMostly(c *checker, r *rule) {
	if !patReadMostly.MatchString(c.line.text) {
		return
	}
	m := c.m.Groups(patTypeName, c.line.text)
	if m != nil && !strings.HasSuffix(trimRight(m[1]), "*") && patConstWord.MatchString(m[1]) && r.fire(c, "") {
		c.fixLine(func(line string) string { return replaceFirst(patMostlyWord, line, "") })
	}
}

var (
	patStorageLate  = pat(`\b({type})\s+({storage})\b`)
	patInlineLate   = pat(`\b{type}\s+{inline}\b|\b{inline}\s+{storage}\b`)
	patInlineOdd    = lazyregexp.New(`\b(__inline__|__inline)\b`)
	storageKeywords = []string{"extern", "static", "asmlinkage"}
)

func checkStorage(c *checker, r *rule) {
	for _, word := range storageKeywords {
		if i := strings.LastIndex(c.line.text, word); i > 0 && skipSpace(c.line.text, 1) < i {
			if c.m.Match(patStorageLate, c.line.text) || c.set.corrected && c.storageWithin() {
				r.fire(c, "")
			}
			return
		}
	}
}

var (
	patStorageWord   = pat(`\b{storage}\b`)
	patStorageFirst  = pat(`^.\s*{storage}`)
	patStorageBehind = pat(`^.\s*(.+?){storage}\s`)
	patListEnd       = pat(`[,)]\s*$`)
)

// storageWithin reports whether a storage class stands elsewhere than at the start of a declaration.
func (c *checker) storageWithin() bool {
	text := c.line.text
	if !c.m.Match(patStorageWord, text) || c.m.Match(patStorageFirst, text) {
		return false
	}
	m := c.m.Groups(patStorageBehind, text)
	return m != nil && !c.m.Match(patListEnd, m[1])
}

func checkInlinePlace(c *checker, r *rule) {
	if strings.Contains(c.line.text, "inline") && c.m.Match(patInlineLate, c.line.text) {
		r.fire(c, "")
	}
}

func checkInlineWord(c *checker, r *rule) {
	if !underUAPI(c.line.file) && patInlineOdd.MatchString(c.line.text) && r.fire(c, "") {
		c.fixLine(func(line string) string { return replaceFirst(patInlineOdd, line, "inline") })
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
	patAttribute     = pat(`\b__attribute__\s*\(\s*({parens})\s*\)`)
	patAttributeItem = pat(`\s*(\w+)\s*({parens})?`)
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
func checkAttribute(c *checker, r *rule) {
	if underUAPI(c.line.file) {
		return
	}
	m := c.m.Groups(patAttribute, c.line.raw)
	if m == nil {
		return
	}
	list := replaceFirst(patAttrInner, m[1], "$1")
	var items []attributeItem
	c.m.All(patAttributeItem, list, func(loc []int) bool {
		item := attributeItem{name: list[loc[2]:loc[3]]}
		if loc[4] >= 0 {
			item.params = list[loc[4]:loc[5]]
		}
		items = append(items, item)
		return true
	})
	for _, item := range items {
		if macro := item.macro(); macro != "" && r.fire(c, fmt.Sprintf("write %s for __attribute__((%s))", macro, item.name+item.params)) {
			c.fixAttribute(item.name, item.params, macro)
		}
	}
	if patAttrUnused.MatchString(list) {
		r.fire(c, "write __always_unused or __maybe_unused")
	}
}

var (
	patDeclaration = pat(`(?:{declare}|{wrongDecl})\s*{ident}\s*{parens}\s*(?:{attribute})?\s*;`)
	patWeakAttr    = lazyregexp.New(`\b__attribute__\s*\(\s*\(.*\bweak\b|\b__weak\b`)
)

func checkWeak(c *checker, r *rule) {
	if patWeakAttr.MatchString(c.line.text) && c.m.Match(patDeclaration, c.line.text) {
		r.fire(c, "")
	}
}

var (
	patDeclOf = pat(`\b({declare})\s*{ident}\s*[=;,\[]`)
	patC99    = pat(`\b({c99Type})\b`)
)

// checkC99Types wants u32 and such for uint32_t and such.
func checkC99Types(c *checker, r *rule) {
	if underUAPI(c.line.file) || hasWordPath(c.line.file, "tools/") || !strings.Contains(c.line.text, "int") {
		return
	}
	m := c.m.Groups(patDeclOf, c.line.text)
	if m == nil {
		return
	}
	t := c.m.Groups(patC99, m[1])
	if t == nil {
		return
	}
	kernel := "u"
	if name := strings.TrimLeft(t[1], "_"); strings.HasPrefix(name, "s") || strings.HasPrefix(name, "i") {
		kernel = "s"
	}
	kernel += strings.Trim(t[1], "_abcdefghijklmnopqrstuvwxyz")
	if r.fire(c, fmt.Sprintf("write %s for %s", kernel, t[1])) {
		c.fixLine(func(line string) string { return strings.Replace(line, t[1], kernel, 1) })
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
		if i == 0 || !isWordByte(path[i-1]) {
			return true
		}
		from = i + 1
	}
}

var patCastConstant = pat(`(\(\s*{c90Int}\s*\)\s*)({constant})\b`)

// checkCastConstant wants a suffix instead of a cast of a constant.
func checkCastConstant(c *checker, r *rule) {
	text := c.line.text
	if !strings.Contains(text, "int") && !strings.Contains(text, "long") {
		return
	}
	m := c.m.Groups(patCastConstant, text)
	if m == nil {
		return
	}
	suffix := ""
	if strings.Contains(m[1], "unsigned") {
		suffix = "U"
	}
	suffix += strings.Repeat("L", min(strings.Count(m[1], "long"), 2))
	plain := strings.TrimRight(m[2], "uUlL")
	if r.fire(c, fmt.Sprintf("write %s%s", plain, suffix)) {
		c.fixLine(func(line string) string { return strings.Replace(line, m[1]+m[2], plain+suffix, 1) })
	}
}
