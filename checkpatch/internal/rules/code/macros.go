// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// MacroRules look at macros.
var MacroRules = []engine.Rule{
	engine.With("COMPLEX_MACRO", engine.Error, checkMacro),
	engine.With("SINGLE_STATEMENT_DO_WHILE_MACRO", engine.Warn, checkDoMacro).Needing("define"),
}

var (
	patDefineAt     = syntax.Compile(`^.\s*#\s*define\s*{ident}(\()?`)
	patDefineSpaced = syntax.Compile(`^.\s*#\s*define\s+{ident}(\()?`)
	patLinkerWord   = lazyregexp.New(`\w+`)
	patDirectiveEnd = lazyregexp.New(`^\+\s*#.*\\$`)
	patAsmEnd       = lazyregexp.New(`^\+.*\b(__asm__|asm)\b.*\\$`)
)

// checkMacro looks at a #define, or, on any other line, for a backslash at its end.
func checkMacro(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	linker := strings.HasSuffix(c.Line.File, "/vmlinux.lds.h")
	switch {
	case !linker && strings.Contains(text, "define") && c.M.Match(patDefineAt, text):
		checkDefine(c)
	case linker:
		noteLinkerWords(c)
	case strings.HasSuffix(text, `\`) && len(text) > 1 && c.Added():
		prev := c.Line.Prev
		if !(len(prev) > 1 && strings.HasSuffix(prev, `\`)) && !patDirectiveEnd.MatchString(text) && !patAsmEnd.MatchString(text) {
			c.Report("LINE_CONTINUATIONS", engine.Warn, "")
		}
	}
}

// noteLinkerWords remembers the words of the linker script, which may be symbols, and takes them out of the line.
func noteLinkerWords(c *engine.Checker) {
	if c.Linker == nil {
		c.Linker = map[string]int{}
	}
	c.Line.Text = patLinkerWord.ReplaceAllStringFunc(c.Line.Text, func(word string) string {
		n := c.Linker[word]
		c.Linker[word]++
		return lines.Itoa(n)
	})
}

// A macro is a #define taken apart.
type macro struct {
	whole string   // with its lines' markers
	args  []string // of a macro with arguments
	body  string   // all after the name and arguments
}

var (
	patDefineHead  = syntax.Compile(`^.\s*#\s*define\s+{ident}(\([^)]*\))?\s*`)
	patContinues   = syntax.Compile(`\\\n.`)
	patJumpIn      = lazyregexp.New(`\b(goto|return)\b`)
	patConcatArgs  = syntax.Compile(`##\s*(?:__VA_ARGS__|args)\b`)
	patManyBacks   = lazyregexp.New(`\\\+?`)
	patJoinRight   = syntax.Compile(`({string})\s*{ident}`)
	patJoinLeft    = syntax.Compile(`{ident}\s*({string})`)
	patAsmVolatile = lazyregexp.New(`\b_*asm_*\s+_*volatile_*\b`)
)

// readMacro takes the macro that starts on the line at hand apart.
func readMacro(c *engine.Checker) macro {
	st := c.Src.ReadStatement(lines.Cursor{Nr: c.Line.Nr, Left: c.Line.Left, Off: 0})
	m := macro{whole: st.Text}
	m.body = st.Text
	if loc := c.M.Find(patDefineHead, st.Text); loc != nil {
		m.body = st.Text[loc[1]:]
		if loc[2] >= 0 && loc[3]-loc[2] > 2 {
			list := strings.Join(strings.FieldsFunc(st.Text[loc[2]+1:loc[3]-1], lines.IsSpaceRune), "")
			// The script leaves empty arguments out at the end alone.
			if list = strings.TrimRight(patManyBacks.ReplaceAllLiteralString(list, ""), ","); list != "" {
				m.args = strings.Split(list, ",")
			}
		}
	}
	return m
}

// flatten shortens the body of a macro: one line, no comments, and 1u for what stands in brackets.
func flatten(c *engine.Checker, body string) string {
	s := strings.ReplaceAll(body, string([]byte{lines.Comment}), "")
	s = lines.TrimSpace(c.DeleteAll(patContinues, s))
	s = collapse(collapse(s, '(', ')'), '{', '}')
	s = collapseIndexes(s)
	return patAsmVolatile.ReplaceAllLiteralString(joinStrings(c, s), "asm_volatile")
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
func joinStrings(c *engine.Checker, s string) string {
	for range maxJoined {
		if loc := c.M.Find(patJoinRight, s); loc != nil {
			s = s[:loc[0]] + s[loc[2]:loc[3]] + s[loc[1]:]
		} else if loc := c.M.Find(patJoinLeft, s); loc != nil {
			s = s[:loc[0]] + s[loc[2]:loc[3]] + s[loc[1]:]
		} else {
			break
		}
	}
	return s
}

// patMacroOK are the bodies that are no danger where the macro is used.
var patMacroOK = []*pattern.Pattern{
	syntax.Compile(`^(?:{ident}|-?{constant}),$`), syntax.Compile(`^(?:{ident}|-?{constant});$`), syntax.Compile(`^[!~\-]?(?:{lval}|{constant})$`),
	syntax.Compile(`^'X'$`), syntax.Compile(`^'XX'$`),
	syntax.Compile(`(?:{declare}|module_param_named|MODULE_PARM_DESC|DECLARE_PER_CPU|DEFINE_PER_CPU|__typeof__\(|union|struct|` +
		`\.{ident}\s*=\s*|^"|"$|^\[)`),
	syntax.Compile(`^\.{ident}\s*=`), syntax.Compile(`^(?:#\s*{ident}|#\s*{constant})\s*$`), syntax.Compile(`^do\s*{constant}\s*while\s*{constant};?$`),
	syntax.Compile(`^while\s*{constant}\s*{constant}\s*$`), syntax.Compile(`^for\s*{constant}$`), syntax.Compile(`^for\s*{constant}\s+(?:{ident}|-?{constant})$`),
	syntax.Compile(`^do\s*\{`), syntax.Compile(`^\(\{`),
}

var (
	patTraceDefine = syntax.Compile(`^.\s*#\s*define\s+TRACE_(?:SYSTEM|INCLUDE_FILE|INCLUDE_PATH)\b`)
	patIfStart     = lazyregexp.New(`^\s*if\b`)
)

// checkDefine looks at a macro's body, at how it uses its arguments, and at jumps in it.
func checkDefine(c *engine.Checker) {
	m := readMacro(c)
	flat := flatten(c, m.body)
	if flat != "" && !harmless(c, flat) && !c.M.Match(patTraceDefine, m.whole) {
		switch {
		case patIfStart.MatchString(flat):
			c.Report("MULTISTATEMENT_MACRO_USE_DO_WHILE", engine.Error, "a macro that starts with if takes the else of its user")
		case strings.IndexByte(flat, ';') >= 0:
			severity := engine.Warn
			if !c.Has(edition.SoftMacros) {
				severity = engine.Error
			}
			c.Report("MULTISTATEMENT_MACRO_USE_DO_WHILE", severity, "")
		default:
			c.Report("COMPLEX_MACRO", engine.Error, "")
		}
	}
	checkMacroArgs(c, m)
	concat := strings.Contains(m.whole, "##") && !c.M.Match(patConcatArgs, m.whole)
	if !concat && patJumpIn.MatchString(m.whole) {
		c.Report("MACRO_WITH_FLOW_CONTROL", engine.Warn, "")
	}
}

func harmless(c *engine.Checker, body string) bool {
	if strings.HasPrefix(body, "case") && lines.Boundary(body, len("case")) && c.Has(edition.CaseMacros) ||
		strings.Contains(body, "static_assert") && c.Has(edition.StaticAssertMacro) {
		return true
	}
	for _, p := range patMacroOK {
		if c.M.Match(p, body) {
			return true
		}
	}
	return false
}

var (
	patArgSafe   = syntax.Compile(`\b(?:__must_be_array|offsetof|sizeof|sizeof_field|__stringify|typeof|__typeof__|__builtin\w+|typecheck\s*\(\s*{type}\s*,|#+)\s*\(*\s*{$0}\s*\)*\b`)
	patArgHash   = syntax.Compile(`#+\s*{$0}\b`)
	patArgConcat = syntax.Compile(`\b{$0}\s*##`)
	patArgUse    = syntax.Compile(`\b{$0}\b`)
	patArgBound  = syntax.Compile(`({operator})?\s*\b{$0}\b\s*({operator})?`)
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
	s := strings.ReplaceAll(b.String(), string([]byte{lines.Comment}), "")
	return lines.TrimSpace(patSpaces.ReplaceAllLiteralString(s, " "))
}

// maxMacroArgs is how many arguments of a macro are looked at.
const maxMacroArgs = 200

// checkMacroArgs looks for arguments that are used twice, without parentheses, or not at all.
func checkMacroArgs(c *engine.Checker, m macro) {
	if len(m.args) == 0 {
		return
	}
	body := m.oneLine()
	for _, arg := range m.args[:min(len(m.args), maxMacroArgs)] {
		if strings.Contains(arg, "...") || strings.EqualFold(arg, "type") || !plainArg(arg) {
			continue
		}
		used := replaceArg(c, patArgConcat, replaceArg(c, patArgHash, replaceArg(c, patArgSafe, body, arg), arg), arg)
		if countArg(c, used, arg) > 1 {
			c.Report("MACRO_ARG_REUSE", engine.Check, fmt.Sprintf("the argument %s is used more than once: side effects come twice", arg))
		}
		if g := c.M.Groups(patArgBound, used, arg); g != nil && (g[1] != "" && g[1] != "," || g[2] != "" && g[2] != ",") {
			c.Report("MACRO_ARG_PRECEDENCE", engine.Check, fmt.Sprintf("the argument %s should stand in parentheses", arg))
		}
		if (body != "" && body != "0" || !c.Has(edition.BodylessMacros)) && !c.M.Match(patArgUse, body, arg) {
			c.Report("MACRO_ARG_UNUSED", engine.Warn, fmt.Sprintf("the argument %s is not used", arg))
		}
	}
}

// plainArg reports whether s stands for itself in a pattern, as names do.
func plainArg(s string) bool { return !strings.ContainsAny(s, `.*+?^$|\()[]{}#`) }

// replaceArg deletes the matches of p, a pattern of arg, from s.
func replaceArg(c *engine.Checker, p *pattern.Pattern, s, arg string) string {
	var b strings.Builder
	from := 0
	for from <= len(s) {
		loc := c.M.FindFrom(p, s, from, arg)
		if loc == nil || loc[1] == loc[0] {
			break
		}
		b.WriteString(s[from:loc[0]])
		from = loc[1]
	}
	b.WriteString(s[min(from, len(s)):])
	return b.String()
}

func countArg(c *engine.Checker, s, arg string) int {
	n := 0
	for from := 0; from <= len(s); n++ {
		loc := c.M.FindFrom(patArgUse, s, from, arg)
		if loc == nil {
			break
		}
		from = max(loc[1], loc[0]+1) // an empty argument is found at both ends of each word
	}
	return n
}

var (
	patDoBody       = syntax.Compile(`^\+\s*#\s*define\s+{ident}\s*{parens}\s*do\s*\{(.*)\s*\}\s*while\s*\(\s*0\s*\)\s*([;\s]*)\s*$`)
	patDefineSemi   = syntax.Compile(`^\+\s*#\s*define\s+{ident}.*;\s*$`)
	patBlockKeyword = lazyregexp.New(`^\s*(if|while|for|switch)\b`)
)

// checkDoMacro finds a do while around one statement, and a semicolon after a macro.
func checkDoMacro(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if strings.HasSuffix(c.Line.File, "/vmlinux.lds.h") || !c.M.Match(patDefineSpaced, text) {
		return
	}
	st := c.Src.ReadStatement(lines.Cursor{Nr: c.Line.Nr, Left: c.Line.Left, Off: 0})
	whole := strings.ReplaceAll(c.DeleteAll(patContinues, st.Text), string([]byte{lines.Comment}), " ")
	if m := c.M.Groups(patDoBody, whole); m != nil {
		if strings.Count(m[1], ";") == 1 && !patBlockKeyword.MatchString(m[1]) {
			r.Fire(c, "")
		}
		if m[2] != "" {
			c.Report("DO_WHILE_MACRO_WITH_TRAILING_SEMICOLON", engine.Warn, "")
		}
	} else if c.M.Match(patDefineSemi, whole) {
		c.Report("TRAILING_SEMICOLON", engine.Warn, "a macro should not end with a semicolon")
	}
}
