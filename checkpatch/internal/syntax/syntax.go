// SPDX-License-Identifier: GPL-2.0-only

// Package syntax knows the pieces of C as far as a line shows them: types, names, constants, operators.
//
// Call [Compile] to make a pattern of them: "{type}" in it stands for any type. What is a type depends on the input as
// well; [Learned] holds the names that an input has used as such, and is the Ctx of the pattern.Matcher.
package syntax

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

// cPatterns are the pieces of C, as far as a line shows them, from which the patterns of the rules
// are made. They read lines whose comments and strings are blanked (see blankLine).
var cPatterns = map[string]string{
	"ident": `[A-Za-z_]\w*+(?:\s*##\s*[A-Za-z_]\w*+)*`,
	// looseIdent may also end within a word.
	"looseIdent": `[A-Za-z_]\w*(?:\s*##\s*[A-Za-z_]\w*)*`,
	"storage":    `(?:extern|static|asmlinkage)`,
	"inline":     `(?:inline|__always_inline|noinline|__inline|__inline__)`,
	"sparse": `(?:__user|__kernel|__force|__iomem|__must_check|__kprobes|__ref|__refconst|__refdata|` +
		`__rcu|__private)`,

	"initPrefix":    `__(?:mem|cpu|dev|net_|)`,
	"initData":      `{initPrefix}initdata\b`,
	"initConst":     `{initPrefix}initconst\b`,
	"initAttribute": `(?:{initData}|{initConst}|{initPrefix}init\b)`,
	"attribute": `(?:const|volatile|__percpu|__nocast|__safe|__bitwise|__packed__|__packed2__|__naked|` +
		`__maybe_unused|__always_unused|__noreturn|__used|__cold|__pure|__noclone|__deprecated|` +
		`__read_mostly|__ro_after_init|__kprobes|{initAttribute}|{aligned}|____cacheline_aligned|` +
		`____cacheline_aligned_in_smp|____cacheline_internodealigned_in_smp|__weak|` +
		`__alloc_size\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))`,
	"modifier": `(?:{attribute}|{sparse}|fastcall|{fileModifier})`,

	"member": `(?:->{ident}|\.{ident}|\[[^\]]*\])`,
	"lval":   `{ident}(?:{member})*`,

	"suffix":   `(?i:llu|ull|ll|lu|ul|l|u)`,
	"octal":    `0[0-7]+{suffix}?`,
	"int":      `[0-9]+{suffix}?`,
	"float":    `(?:(?i:0x[0-9a-f]+p-?[0-9]+[fl]?)|(?i:(?:[0-9]+\.[0-9]*|[0-9]*\.[0-9]+)(?:e-?[0-9]+)?[fl]?)|(?i:[0-9]+e-?[0-9]+[fl]?))`,
	"constant": `(?:{float}|(?i:0b[01]+){suffix}?|{octal}|(?i:0x[0-9a-f]+){suffix}?|{int})`,
	"string":   `(?:\b[Lu])?"[X\t]*"`,
	"zero":     `(?:(?:0[xX])?0+{suffix}?|NULL|false)\b`,

	"assign":   `(?:\*=|/=|%=|\+=|-=|<<=|>>=|&=|\^=|\|=|=)`,
	"compare":  `(?:<=|>=|==|!=|<|(?<!-)>)`,
	"operator": `(?:<=|>=|==|!=|=>|->|<<|>>|<|>|!|~|&&|\|\||,|\^|\+\+|--|&|\||\+|-|\*|/|%)`,
	"keyword":  `(?:do|for|while|if|else|return|goto|continue|switch|default|case|break)`,

	"c99Type":     `(?:__)?(?:[us]_?)?int_?(?:8|16|32|64)_t`,
	"plainTypes":  `{numberType}|struct\s+{ident}|union\s+{ident}|enum\s+{ident}|{suffixedType}|{misordered}`,
	"anyType":     `(?:{plainTypes}|{fileType})\b`,
	"attrType":    `(?:{plainTypes}|struct\s+{initAttribute}\s+{ident}|union\s+{initAttribute}\s+{ident})\b`,
	"c90Int":      c90Int,
	"basicType":   `(?:{typedefs}\b|{anyType})`,
	"modsBefore":  `(?:{modifier}\s+)*`,
	"modsAfter":   `(?:\s+{modifier})*`,
	"typeof":      `(?:typeof|__typeof__)\s*\([^)]*\)`,
	"nonPtr":      `{typeStart}{modsBefore}(?:{typeof}|{typedefs}\b|{anyType}){modsAfter}`,
	"nonPtrAttr":  `{typeStart}{modsBefore}(?:{typeof}|{typedefs}\b|{attrType}){modsAfter}`,
	"pointers":    `(?:(?:\s|\*|\[\])++const|(?:\s|\*\s*(?:const\s*)?|\[\])+|(?:\s*\[\s*\])+){0,4}(?:\s+(?:{inline}|{modifier}))*`,
	"type":        `{nonPtr}{pointers}`,
	"wrongType":   `{modsBefore}{misordered}\b{modsAfter}{pointers}`,
	"declare":     `(?:{storage}\s+(?:{inline}\s+)?)?{type}`,
	"wrongDecl":   `(?:{storage}\s+(?:{inline}\s+)?)?{wrongType}`,
	"cast":        `\s*(\(\s*{nonPtr}\s*\))?\s*`,
	"lvalOrCall":  `((?:[&*]\s*)?{lval})\s*({parens}?)\s*`,
	"arg":         `{cast}?({lvalOrCall}|{constant}|{string})`,
	"declMacro":   declMacro,
	"logFunction": logFunction,
	"allocFunction": `(?:(?:(?:devm_)?(?:kv|k|v)[czm]alloc(?:_array)?(?:_node)?|kstrdup(?:_const)?|kmemdup(?:_nul)?)|` +
		`(?:\w+)?alloc_skb(?:_ip_align)?|dma_alloc_coherent)`,
	"word": `\b[A-Z]?[a-z]{2,}\b`,
}

const c90Int = `(?:long\s+long\s+int\s+(?:un)?signed|long\s+long\s+(?:un)?signed\s+int|long\s+long\s+(?:un)?signed|` +
	`(?:(?:un)?signed\s+)?long\s+long\s+int|(?:(?:un)?signed\s+)?long\s+long|int\s+long\s+long\s+(?:un)?signed|` +
	`int\s+(?:(?:un)?signed\s+)?long\s+long|long\s+int\s+(?:un)?signed|long\s+(?:un)?signed\s+int|` +
	`long\s+(?:un)?signed|(?:(?:un)?signed\s+)?long\s+int|(?:(?:un)?signed\s+)?long|int\s+long\s+(?:un)?signed|` +
	`int\s+(?:(?:un)?signed\s+)?long|int\s+(?:un)?signed|(?:(?:un)?signed\s+)?int)`

const declMacro = `(?:(?:{storage}\s+)?(?:[A-Z_][A-Z0-9]*_){0,2}(?:DEFINE|DECLARE)(?:_[A-Z0-9]+){1,6}\s*\(|` +
	`(?:{storage}\s+)?[HLP]?LIST_HEAD\s*\(|(?:SKCIPHER_REQUEST|SHASH_DESC|AHASH_REQUEST)_ON_STACK\s*\(|` +
	`(?:{storage}\s+)?(?:XA_STATE|XA_STATE_ORDER)\s*\(|{groupMacro}\s*\()`

const logFunction = `(?:printk(?:_ratelimited|_once|_deferred_once|_deferred|)|` +
	`(?:[a-z0-9]+_){1,2}(?:printk|emerg|alert|crit|err|warning|warn|notice|info|debug|dbg|vdbg|devel|cont|WARN)` +
	`(?:_ratelimited|_once|)|TP_printk|WARN(?:_RATELIMIT|_ONCE|)|panic|MODULE_[A-Z_]+|seq_vprintf|seq_printf|seq_puts)`

const wordStart = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

// syntax is the library of all patterns of C.
var syntax = pattern.NewLibrary(cPatterns, map[string]pattern.Native{
	"parens":       {Match: matchParens, First: "(", Once: true},
	"typeStart":    {Match: matchTypeStart, First: wordStart, Once: true},
	"typedefs":     {Match: matchSizedType, First: "_Fabilsu", Once: true},
	"numberType":   {Match: numberTypes.match, First: "bcdfilsuv"},
	"misordered":   {Match: misorderedTypes.match, First: "cilsu"},
	"suffixedType": {Match: matchSuffixedType, First: wordStart},
	"fileType":     {Match: matchFileType, First: wordStart, Once: true},
	"aligned":      {Match: matchAligned, First: "_"},
	"groupMacro":   {Match: matchGroupMacro, First: "_", Once: true},
	"fileModifier": {Match: matchFileModifier, First: wordStart},
})

// Compile compiles a pattern over the library.
func Compile(src string) *pattern.Pattern { return syntax.MustCompile(src) }

// matchAligned matches __aligned and what is in parentheses after it, up to the last one that closes on the line.
func matchAligned(m *pattern.Matcher, s string, i, nth int) int {
	const word = "__aligned"
	if !strings.HasPrefix(s[i:], word) || m.Ctx.(*Learned).Older.NoAligned {
		return -1
	}
	open := lines.SkipSpace(s, i+len(word))
	if open == len(s) || s[open] != '(' {
		return -1
	}
	end := len(s)
	if nl := strings.IndexByte(s[open:], '\n'); nl >= 0 {
		end = open + nl
	}
	for ; ; nth-- {
		last := strings.LastIndexByte(s[open:end], ')')
		if last < 0 {
			return -1
		}
		if end = open + last; nth == 0 {
			return end + 1
		}
	}
}

// groupMacros begin and end groups of the members of a structure.
var groupMacros = []string{"__cacheline_group_begin_aligned", "__cacheline_group_end_aligned", "__cacheline_group_begin", "__cacheline_group_end",
	"__dma_from_device_group_begin", "__dma_from_device_group_end"}

func matchGroupMacro(m *pattern.Matcher, s string, i, nth int) int {
	if nth > 0 || !strings.HasPrefix(s[i:], "__") || m.Ctx.(*Learned).Older.NoGroups {
		return -1
	}
	end := lines.WordEnd(s, i)
	if slices.Contains(groupMacros, s[i:end]) {
		return end
	}
	return -1
}

// matchParens matches a balanced pair of parentheses and all between.
func matchParens(m *pattern.Matcher, s string, i, nth int) int {
	if nth > 0 {
		return -1
	}
	end := closeParen(s, i)
	if end < 0 {
		m.Spend(len(s) - i)
	} else {
		m.Spend(end - i)
	}
	return end
}

// closeParen returns the end of the balanced pair of parentheses that starts at i, or -1.
func closeParen(s string, i int) int {
	depth := 0
	for j := i; j < len(s) && (depth > 0 || s[j] == '('); j++ {
		switch s[j] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return j + 1
			}
		}
	}
	return -1
}

// matchTypeStart matches nothing where a type or a modifier can start. Most words are none, and this tells so faster
// than the patterns of all types.
func matchTypeStart(m *pattern.Matcher, s string, i, nth int) int {
	if nth == 0 && m.Ctx.(*Learned).MayStartType(s, i, lines.WordEnd(s, i)) {
		return i
	}
	return -1
}

// startsType reports whether a word starts a type in any file, or is a modifier.
func startsType(word string) bool {
	switch word {
	case "void", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "bool", "struct", "union", "enum",
		"const", "volatile", "fastcall", "typeof", "FILE", "u_char", "u_short", "u_int", "u_long", "unchar", "ushort",
		"uint", "ulong", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "be8", "be16", "be32", "be64", "le8", "le16",
		"le32", "le64":
		return true
	}
	if strings.HasPrefix(word, "__") {
		return true
	}
	for _, suffix := range typeSuffixes {
		if strings.HasSuffix(word, suffix) {
			return true
		}
	}
	return false
}

// typeSuffixes make a type of any name that ends so.
var typeSuffixes = []string{"_t", "_handler", "_handler_fn"}

// matchSuffixedType matches a name with one of typeSuffixes; names may be glued with "##".
func matchSuffixedType(_ *pattern.Matcher, s string, i, nth int) int {
	var ends [4]int // of the words, up to the fourth
	words := 0
	for words < len(ends) {
		end := lines.WordEnd(s, i)
		if end == i || lines.IsDigit(s[i]) {
			break
		}
		ends[words] = end
		words++
		next := lines.SkipSpace(s, end)
		if !strings.HasPrefix(s[next:], "##") {
			break
		}
		i = lines.SkipSpace(s, next+2)
	}
	for _, suffix := range typeSuffixes {
		for w := words - 1; w >= 0; w-- {
			end := ends[w]
			if !strings.HasSuffix(s[:end], suffix) || lines.WordStartBefore(s, end) >= end-len(suffix) {
				continue
			}
			if nth == 0 {
				return end
			}
			nth--
		}
	}
	return -1
}
