// SPDX-License-Identifier: GPL-2.0-only

package kernel

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/code"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// AttributeRules look at attributes, storage classes and types.
var AttributeRules = []engine.Rule{
	engine.With("MISPLACED_INIT", engine.Warn, checkInitPlace).Needing("__"),
	engine.With("INIT_ATTRIBUTE", engine.Error, checkInitConst).Needing("init"),
	engine.With("CONST_READ_MOSTLY", engine.Error, checkReadMostly).Needing("__read_mostly"),
	engine.With("STORAGE_CLASS", engine.Warn, checkStorage).Needing("extern", "static", "asmlinkage"),
	engine.With("INLINE_LOCATION", engine.Error, checkInlinePlace).Needing("inline"),
	engine.With("INLINE", engine.Warn, checkInlineWord).Needing("__inline"),
	engine.With("PREFER_DEFINED_ATTRIBUTE_MACRO", engine.Warn, checkAttribute).Needing("__attribute__"),
	engine.With("WEAK_DECLARATION", engine.Error, checkWeak).Needing("weak"),
	engine.With("PREFER_KERNEL_TYPES", engine.Check, checkC99Types).Needing("8_t", "16_t", "32_t", "64_t"),
	engine.With("TYPECAST_INT_CONSTANT", engine.Warn, checkCastConstant).Needing("("),
	engine.Only("SIZEOF_ADDRESS", engine.Warn, `\bsizeof\s*\(\s*&`),
	engine.Only("SIZEOF_PARENTHESIS", engine.Warn, `\bsizeof\s+((?:\*\s*|){lval}|{type}(?:\s+{lval}|))`).Fixing(fixSizeof).Needing("sizeof"),
	engine.Only("USE_SPINLOCK_T", engine.Warn, `^.\s*\bstruct\s+spinlock\s+\w+\s*;`),
}

var (
	patInitAttr   = syntax.Compile(`(\b{initAttribute}\b)`)
	patInitStatic = syntax.Compile(`^\+\s*static\s+(?:const\s+)?(?:{$0}\s+)?({nonPtrAttr})\s+(?:{$0}\s+)?({ident}(?:\[[^\]]*\])?)\s*[=;]`)
	patInitTagged = syntax.Compile(`\b(union|struct)\s+{$0}\b`)
)

// checkInitPlace wants __initdata and the like after the name.
func checkInitPlace(c *engine.Checker, r *engine.Rule) {
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
		severity = engine.Error
	}
	if c.Report(r.Typ, severity, fmt.Sprintf("%s belongs after %s", attr, s[2])) {
		fixInitPlace(c, attr)
	}
}

var (
	patConstWord = lazyregexp.New(`\bconst\b`)
	patInitData  = syntax.Compile(`({initData})`)
	patInitConst = syntax.Compile(`({initConst})`)

	patStaticHead = lazyregexp.New(`^(\+\s*static)\s+`)
)

func checkInitConst(c *engine.Checker, r *engine.Rule) {
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
			c.FixLine(func(line string) string { return lines.ReplaceFirst(patStaticHead, line, "${1} const ") })
		}
	}
}

var (
	patReadMostly = lazyregexp.New(`\b__read_mostly\b`)
	patTypeName   = syntax.Compile(`({type})\s*{ident}`)
	patMostlyWord = lazyregexp.New(`\s+__read_mostly\b`)
)

func checkReadMostly(c *engine.Checker, r *engine.Rule) {
	if !patReadMostly.MatchString(c.Line.Text) {
		return
	}
	m := c.M.Groups(patTypeName, c.Line.Text)
	if m != nil && !strings.HasSuffix(lines.TrimRight(m[1]), "*") && patConstWord.MatchString(m[1]) && r.Fire(c, "") {
		c.FixLine(func(line string) string { return lines.ReplaceFirst(patMostlyWord, line, "") })
	}
}

var (
	patStorageLate  = syntax.Compile(`\b({type})\s+({storage})\b`)
	patInlineLate   = syntax.Compile(`\b{type}\s+{inline}\b|\b{inline}\s+{storage}\b`)
	patInlineOdd    = lazyregexp.New(`\b(__inline__|__inline)\b`)
	storageKeywords = []string{"extern", "static", "asmlinkage"}
)

func checkStorage(c *engine.Checker, r *engine.Rule) {
	for _, word := range storageKeywords {
		if i := strings.LastIndex(c.Line.Text, word); i > 0 && lines.SkipSpace(c.Line.Text, 1) < i {
			if c.M.Match(patStorageLate, c.Line.Text) || c.Settings.Corrected && storageWithin(c) {
				r.Fire(c, "")
			}
			return
		}
	}
}

var (
	patStorageWord   = syntax.Compile(`\b{storage}\b`)
	patStorageFirst  = syntax.Compile(`^.\s*{storage}`)
	patStorageBehind = syntax.Compile(`^.\s*(.+?){storage}\s`)
	patListEnd       = syntax.Compile(`[,)]\s*$`)
)

// storageWithin reports whether a storage class stands elsewhere than at the start of a declaration.
func storageWithin(c *engine.Checker) bool {
	text := c.Line.Text
	if !c.M.Match(patStorageWord, text) || c.M.Match(patStorageFirst, text) {
		return false
	}
	m := c.M.Groups(patStorageBehind, text)
	return m != nil && !c.M.Match(patListEnd, m[1])
}

func checkInlinePlace(c *engine.Checker, r *engine.Rule) {
	if strings.Contains(c.Line.Text, "inline") && c.M.Match(patInlineLate, c.Line.Text) {
		r.Fire(c, "")
	}
}

func checkInlineWord(c *engine.Checker, r *engine.Rule) {
	if !code.UnderUAPI(c.Line.File) && patInlineOdd.MatchString(c.Line.Text) && r.Fire(c, "") {
		c.FixLine(func(line string) string { return lines.ReplaceFirst(patInlineOdd, line, "inline") })
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
	patAttribute     = syntax.Compile(`\b__attribute__\s*\(\s*({parens})\s*\)`)
	patAttributeItem = syntax.Compile(`\s*(\w+)\s*({parens})?`)
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
func checkAttribute(c *engine.Checker, r *engine.Rule) {
	if code.UnderUAPI(c.Line.File) {
		return
	}
	m := c.M.Groups(patAttribute, c.Line.Raw)
	if m == nil {
		return
	}
	list := lines.ReplaceFirst(patAttrInner, m[1], "$1")
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
	patDeclaration = syntax.Compile(`(?:{declare}|{wrongDecl})\s*{ident}\s*{parens}\s*(?:{attribute})?\s*;`)
	patWeakAttr    = lazyregexp.New(`\b__attribute__\s*\(\s*\(.*\bweak\b|\b__weak\b`)
)

func checkWeak(c *engine.Checker, r *engine.Rule) {
	if patWeakAttr.MatchString(c.Line.Text) && c.M.Match(patDeclaration, c.Line.Text) {
		r.Fire(c, "")
	}
}

var (
	patDeclOf = syntax.Compile(`\b({declare})\s*{ident}\s*[=;,\[]`)
	patC99    = syntax.Compile(`\b({c99Type})\b`)
)

// checkC99Types wants u32 and such for uint32_t and such.
func checkC99Types(c *engine.Checker, r *engine.Rule) {
	if code.UnderUAPI(c.Line.File) || hasWordPath(c.Line.File, "tools/") || !strings.Contains(c.Line.Text, "int") {
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
		if i == 0 || !lines.IsWordByte(path[i-1]) {
			return true
		}
		from = i + 1
	}
}

var patCastConstant = syntax.Compile(`(\(\s*{c90Int}\s*\)\s*)({constant})\b`)

// checkCastConstant wants a suffix instead of a cast of a constant.
func checkCastConstant(c *engine.Checker, r *engine.Rule) {
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
