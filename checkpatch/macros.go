// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// macroRules look at macros.
var macroRules = []rule{
	with("COMPLEX_MACRO", errorLevel, checkMacro),
	with("SINGLE_STATEMENT_DO_WHILE_MACRO", warnLevel, checkDoMacro).needing("define"),
}

var (
	patDefineAt     = pat(`^.\s*#\s*define\s*{ident}(\()?`)
	patDefineSpaced = pat(`^.\s*#\s*define\s+{ident}(\()?`)
	patLinkerWord   = lazyregexp.New(`\w+`)
	patDirectiveEnd = lazyregexp.New(`^\+\s*#.*\\$`)
	patAsmEnd       = lazyregexp.New(`^\+.*\b(__asm__|asm)\b.*\\$`)
)

// checkMacro looks at a #define, or, on any other line, for a backslash at its end.
func checkMacro(c *checker, r *rule) {
	text := c.line.text
	linker := strings.HasSuffix(c.line.file, "/vmlinux.lds.h")
	switch {
	case !linker && strings.Contains(text, "define") && c.m.Match(patDefineAt, text):
		c.checkDefine()
	case linker:
		c.noteLinkerWords()
	case strings.HasSuffix(text, `\`) && len(text) > 1 && c.added():
		prev := c.line.prev
		if !(len(prev) > 1 && strings.HasSuffix(prev, `\`)) && !patDirectiveEnd.MatchString(text) && !patAsmEnd.MatchString(text) {
			c.report("LINE_CONTINUATIONS", warnLevel, "")
		}
	}
}

// noteLinkerWords remembers the words of the linker script, which may be symbols, and takes them out of the line.
func (c *checker) noteLinkerWords() {
	if c.linker == nil {
		c.linker = map[string]int{}
	}
	c.line.text = patLinkerWord.ReplaceAllStringFunc(c.line.text, func(word string) string {
		n := c.linker[word]
		c.linker[word]++
		return itoa(n)
	})
}

// A macro is a #define taken apart.
type macro struct {
	whole string   // with its lines' markers
	args  []string // of a macro with arguments
	body  string   // all after the name and arguments
}

var (
	patDefineHead  = pat(`^.\s*#\s*define\s+{ident}(\([^)]*\))?\s*`)
	patContinues   = pat(`\\\n.`)
	patJumpIn      = lazyregexp.New(`\b(goto|return)\b`)
	patConcatArgs  = pat(`##\s*(?:__VA_ARGS__|args)\b`)
	patManyBacks   = lazyregexp.New(`\\\+?`)
	patJoinRight   = pat(`({string})\s*{ident}`)
	patJoinLeft    = pat(`{ident}\s*({string})`)
	patAsmVolatile = lazyregexp.New(`\b_*asm_*\s+_*volatile_*\b`)
)

// readMacro takes the macro that starts on the line at hand apart.
func (c *checker) readMacro() macro {
	st := c.src.readStatement(cursor{c.line.nr, c.line.left, 0})
	m := macro{whole: st.text}
	m.body = st.text
	if loc := c.m.Find(patDefineHead, st.text); loc != nil {
		m.body = st.text[loc[1]:]
		if loc[2] >= 0 && loc[3]-loc[2] > 2 {
			list := strings.Join(strings.FieldsFunc(st.text[loc[2]+1:loc[3]-1], isSpaceRune), "")
			// The script leaves empty arguments out at the end alone.
			if list = strings.TrimRight(patManyBacks.ReplaceAllLiteralString(list, ""), ","); list != "" {
				m.args = strings.Split(list, ",")
			}
		}
	}
	return m
}

// flatten shortens the body of a macro: one line, no comments, and 1u for what stands in brackets.
func (c *checker) flatten(body string) string {
	s := strings.ReplaceAll(body, string([]byte{comment}), "")
	s = trimSpace(c.deleteAll(patContinues, s))
	s = collapse(collapse(s, '(', ')'), '{', '}')
	s = collapseIndexes(s)
	return patAsmVolatile.ReplaceAllLiteralString(c.joinStrings(s), "asm_volatile")
}

// collapse puts 1u in place of each pair of brackets that is within no other.
func collapse(s string, open, shut byte) string {
	if strings.IndexByte(s, open) < 0 {
		return s
	}
	var opened []int
	out := make([]byte, 0, len(s)+2)
	for i := range len(s) {
		if s[i] == shut && len(opened) > 0 {
			last := len(opened) - 1
			out = append(out[:opened[last]], "1u"...)
			opened = opened[:last]
			continue
		}
		if s[i] == open {
			opened = append(opened, len(out))
		}
		out = append(out, s[i])
	}
	return string(out)
}

// collapseIndexes puts 1u in place of each byte with an index behind it, from the inside out and from left to right.
func collapseIndexes(s string) string {
	var opened []int
	out := make([]byte, 0, len(s)+2)
	for i := range len(s) {
		switch {
		case s[i] == '[':
			opened = append(opened, len(out))
		case s[i] == ']' && len(opened) > 0:
			last := len(opened) - 1
			if at := opened[last]; at > 0 && out[at-1] != '\n' {
				if opened = opened[:last]; last > 0 && opened[last-1] == at-1 {
					opened = opened[:last-1] // the byte is a bracket itself
				}
				out = append(out[:at-1], "1u"...)
				continue
			}
			opened = opened[:0] // what is around holds a bracket for good
		}
		out = append(out, s[i])
	}
	return string(out)
}

// maxJoined bounds the strings of one macro.
const maxJoined = 3000

// joinStrings drops names next to strings, which make one string with them.
func (c *checker) joinStrings(s string) string {
	for range maxJoined {
		if loc := c.m.Find(patJoinRight, s); loc != nil {
			s = s[:loc[0]] + s[loc[2]:loc[3]] + s[loc[1]:]
		} else if loc := c.m.Find(patJoinLeft, s); loc != nil {
			s = s[:loc[0]] + s[loc[2]:loc[3]] + s[loc[1]:]
		} else {
			break
		}
	}
	return s
}

// patMacroOK are the bodies that are no danger where the macro is used.
var patMacroOK = []*pattern.Pattern{
	pat(`^(?:{ident}|-?{constant}),$`), pat(`^(?:{ident}|-?{constant});$`), pat(`^[!~\-]?(?:{lval}|{constant})$`),
	pat(`^'X'$`), pat(`^'XX'$`),
	pat(`(?:{declare}|module_param_named|MODULE_PARM_DESC|DECLARE_PER_CPU|DEFINE_PER_CPU|static_assert|__typeof__\(|union|struct|` +
		`\.{ident}\s*=\s*|^"|"$|^\[)`),
	pat(`^\.{ident}\s*=`), pat(`^(?:#\s*{ident}|#\s*{constant})\s*$`), pat(`^case\b`), pat(`^do\s*{constant}\s*while\s*{constant};?$`),
	pat(`^while\s*{constant}\s*{constant}\s*$`), pat(`^for\s*{constant}$`), pat(`^for\s*{constant}\s+(?:{ident}|-?{constant})$`),
	pat(`^do\s*\{`), pat(`^\(\{`),
}

var (
	patTraceDefine = pat(`^.\s*#\s*define\s+TRACE_(?:SYSTEM|INCLUDE_FILE|INCLUDE_PATH)\b`)
	patIfStart     = lazyregexp.New(`^\s*if\b`)
)

// checkDefine looks at a macro's body, at how it uses its arguments, and at jumps in it.
func (c *checker) checkDefine() {
	m := c.readMacro()
	flat := c.flatten(m.body)
	if flat != "" && !c.harmless(flat) && !c.m.Match(patTraceDefine, m.whole) {
		switch {
		case patIfStart.MatchString(flat):
			c.report("MULTISTATEMENT_MACRO_USE_DO_WHILE", errorLevel, "a macro that starts with if takes the else of its user")
		case strings.IndexByte(flat, ';') >= 0:
			c.report("MULTISTATEMENT_MACRO_USE_DO_WHILE", warnLevel, "")
		default:
			c.report("COMPLEX_MACRO", errorLevel, "")
		}
	}
	c.checkMacroArgs(m)
	concat := strings.Contains(m.whole, "##") && !c.m.Match(patConcatArgs, m.whole)
	if !concat && patJumpIn.MatchString(m.whole) {
		c.report("MACRO_WITH_FLOW_CONTROL", warnLevel, "")
	}
}

func (c *checker) harmless(body string) bool {
	for _, p := range patMacroOK {
		if c.m.Match(p, body) {
			return true
		}
	}
	return false
}

var (
	patArgSafe   = pat(`\b(?:__must_be_array|offsetof|sizeof|sizeof_field|__stringify|typeof|__typeof__|__builtin\w+|typecheck\s*\(\s*{type}\s*,|#+)\s*\(*\s*{$0}\s*\)*\b`)
	patArgHash   = pat(`#+\s*{$0}\b`)
	patArgConcat = pat(`\b{$0}\s*##`)
	patArgUse    = pat(`\b{$0}\b`)
	patArgBound  = pat(`({operator})?\s*\b{$0}\b\s*({operator})?`)
)

// oneLine returns the body of a macro on one line, without comments.
func (m *macro) oneLine() string {
	var b strings.Builder
	for i, line := range strings.Split(m.body, "\n") {
		line = strings.TrimSuffix(line, `\`)
		if i == 0 {
			b.WriteString(line)
		} else if line != "" && (line[0] == '+' || line[0] == ' ') {
			b.WriteString(line[1:])
		}
	}
	s := strings.ReplaceAll(b.String(), string([]byte{comment}), "")
	return trimSpace(patSpaces.ReplaceAllLiteralString(s, " "))
}

// maxMacroArgs is how many arguments of a macro are looked at.
const maxMacroArgs = 200

// checkMacroArgs looks for arguments that are used twice, without parentheses, or not at all.
func (c *checker) checkMacroArgs(m macro) {
	if len(m.args) == 0 {
		return
	}
	body := m.oneLine()
	for _, arg := range m.args[:min(len(m.args), maxMacroArgs)] {
		if strings.Contains(arg, "...") || strings.EqualFold(arg, "type") || !plainArg(arg) {
			continue
		}
		used := c.replaceArg(patArgConcat, c.replaceArg(patArgHash, c.replaceArg(patArgSafe, body, arg), arg), arg)
		if c.countArg(used, arg) > 1 {
			c.report("MACRO_ARG_REUSE", checkLevel, fmt.Sprintf("the argument %s is used more than once: side effects come twice", arg))
		}
		if g := c.m.Groups(patArgBound, used, arg); g != nil && (g[1] != "" && g[1] != "," || g[2] != "" && g[2] != ",") {
			c.report("MACRO_ARG_PRECEDENCE", checkLevel, fmt.Sprintf("the argument %s should stand in parentheses", arg))
		}
		if body != "" && body != "0" && !c.m.Match(patArgUse, body, arg) {
			c.report("MACRO_ARG_UNUSED", warnLevel, fmt.Sprintf("the argument %s is not used", arg))
		}
	}
}

// plainArg reports whether s stands for itself in a pattern, as names do.
func plainArg(s string) bool { return !strings.ContainsAny(s, `.*+?^$|\()[]{}#`) }

// replaceArg deletes the matches of p, a pattern of arg, from s.
func (c *checker) replaceArg(p *pattern.Pattern, s, arg string) string {
	var b strings.Builder
	from := 0
	for from <= len(s) {
		loc := c.m.FindFrom(p, s, from, arg)
		if loc == nil || loc[1] == loc[0] {
			break
		}
		b.WriteString(s[from:loc[0]])
		from = loc[1]
	}
	b.WriteString(s[min(from, len(s)):])
	return b.String()
}

func (c *checker) countArg(s, arg string) int {
	n := 0
	for from := 0; from <= len(s); n++ {
		loc := c.m.FindFrom(patArgUse, s, from, arg)
		if loc == nil {
			break
		}
		from = max(loc[1], loc[0]+1) // an empty argument is found at both ends of each word
	}
	return n
}

var (
	patDoBody       = pat(`^\+\s*#\s*define\s+{ident}\s*{parens}\s*do\s*\{(.*)\s*\}\s*while\s*\(\s*0\s*\)\s*([;\s]*)\s*$`)
	patDefineSemi   = pat(`^\+\s*#\s*define\s+{ident}.*;\s*$`)
	patBlockKeyword = lazyregexp.New(`^\s*(if|while|for|switch)\b`)
)

// checkDoMacro finds a do while around one statement, and a semicolon after a macro.
func checkDoMacro(c *checker, r *rule) {
	text := c.line.text
	if strings.HasSuffix(c.line.file, "/vmlinux.lds.h") || !c.m.Match(patDefineSpaced, text) {
		return
	}
	st := c.src.readStatement(cursor{c.line.nr, c.line.left, 0})
	whole := strings.ReplaceAll(c.deleteAll(patContinues, st.text), string([]byte{comment}), " ")
	if m := c.m.Groups(patDoBody, whole); m != nil {
		if strings.Count(m[1], ";") == 1 && !patBlockKeyword.MatchString(m[1]) {
			r.fire(c, "")
		}
		if m[2] != "" {
			c.report("DO_WHILE_MACRO_WITH_TRAILING_SEMICOLON", warnLevel, "")
		}
	} else if c.m.Match(patDefineSemi, whole) {
		c.report("TRAILING_SEMICOLON", warnLevel, "a macro should not end with a semicolon")
	}
}
