// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// firstOf makes a fix that replaces the first match of a regular expression; with may name groups as $1.
func firstOf(expr, with string) func(c *checker, line string) string {
	re := lazyregexp.New(expr)
	return func(_ *checker, line string) string { return replaceFirst(re, line, with) }
}

// rewrite replaces the first match of p in line by what with makes of its groups.
func (c *checker) rewrite(p *pattern.Pattern, line string, with func(group func(n int) string) string) string {
	loc := c.m.Find(p, line)
	if loc == nil {
		return line
	}
	group := func(n int) string {
		if loc[2*n] < 0 {
			return ""
		}
		return line[loc[2*n]:loc[2*n+1]]
	}
	return line[:loc[0]] + with(group) + line[loc[1]:]
}

var patSizeofBare = pat(`\bsizeof\s+((?:\*\s*|){lval}|{type}(?:\s+{lval}|))`)

// fixSizeof puts what sizeof looks at in parentheses.
func fixSizeof(c *checker, line string) string {
	return c.rewrite(patSizeofBare, line, func(group func(int) string) string { return "sizeof(" + trimSpace(group(1)) + ")" })
}

var (
	patAllocOne  = pat(`\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*,`)
	patAllocMany = pat(`\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*\*\s*({arg})`)
)

// fixAllocation makes an allocation of one object, or of count of them, ask for the object instead of its size.
func (c *checker) fixAllocation(function, object, count string) {
	if strings.IndexByte(c.stmt.text, '\n') >= 0 {
		return
	}
	object = replaceFirst(patSizeofArg, object, "$1")
	c.fixLine(func(line string) string {
		if count == "" {
			return c.rewrite(patAllocOne, line, func(group func(int) string) string {
				return group(1) + " = " + function + "_obj(" + object + ","
			})
		}
		return c.rewrite(patAllocMany, line, func(group func(int) string) string {
			return group(1) + " = " + function + "_objs(" + object + ", " + count
		})
	})
}

// strings returns the strings of the line at hand, as they were read.
func (c *checker) strings() []string {
	var list []string
	c.m.All(patString, c.line.text, func(loc []int) bool {
		list = append(list, c.line.raw[min(loc[0], len(c.line.raw)):min(loc[1], len(c.line.raw))])
		return true
	})
	return list
}

// fixConcatenation puts a space between strings and the names beside them.
func (c *checker) fixConcatenation() {
	for _, s := range c.strings() {
		c.fixLine(func(line string) string {
			if i := strings.Index(line, s); i >= 0 {
				if end := i + len(s); end < len(line) && isWordByte(line[end]) && line[end] != '_' {
					line = line[:end] + " " + line[end:]
				}
			}
			for i := 1; i < len(line); i++ {
				if strings.HasPrefix(line[i:], s) && isWordByte(line[i-1]) && line[i-1] != '_' {
					return line[:i] + " " + line[i:]
				}
			}
			return line
		})
	}
}

// fixFragments joins strings that stand side by side.
func fixFragments(c *checker, line string) string {
	for _, s := range c.strings() {
		for from := 0; ; {
			i := strings.Index(line[from:], s)
			if i < 0 {
				break
			}
			end := from + i + len(s)
			if next := skipSpace(line, end); next < len(line) && line[next] == '"' {
				line = line[:end-1] + line[next+1:]
				break
			}
			from = end
		}
	}
	return line
}

var patStringTail = lazyregexp.New(`^(\s*\)\s*;\s*$|\s*,\s*)`)

// fixSplitString joins the string of the line at hand to that of the line before.
func (c *checker) fixSplitString() {
	l := &c.line
	before := trimRight(l.prevRaw)
	if !c.fixes.wanted() || !strings.HasPrefix(before, "+") || !strings.HasSuffix(before, `"`) || c.fixes.joined == l.nr-1 {
		return
	}
	quoted := c.quoted(l.nr)
	start := strings.Index(l.raw, quoted)
	tail := patStringTail.FindString(l.raw[start+len(quoted):])
	rest := l.raw[:start] + l.raw[start+len(quoted)+len(tail):]
	c.fixes.remove(l.nr - 1)
	c.fixes.remove(l.nr)
	c.fixes.insert(l.nr-1, before[:len(before)-1]+quoted[1:]+trimSpace(tail))
	if trimSpace(rest[1:]) != "" {
		c.fixes.insert(l.nr, rest)
	}
	c.fixes.joined = l.nr
}

var patAssignTest = pat(`^\+(\s+)if\s*\(\s*(!)?\s*\(\s*(({lval})\s*=\s*{lvalOrCall})\s*\)\s*(?:({compare})\s*({arg}))?\s*\)\s*(\{)?\s*$`)

// fixAssignment takes the assignment out of the condition of an if, and says whether it could.
func (c *checker) fixAssignment() bool {
	l := &c.line
	m := c.m.Groups(patAssignTest, l.raw)
	if !c.fixes.wanted() || m == nil {
		return false
	}
	space, not, statement, assigned, brace := m[1], m[2], m[3], m[4], m[len(m)-1]
	test := assigned
	if compare := m[7]; compare != "" {
		test += " " + compare + " " + m[8]
		if not != "" {
			test = "(" + test + ")"
		}
	}
	if brace != "" {
		brace = " {"
	}
	c.fixes.remove(l.nr)
	c.fixes.insert(l.nr, "+"+space+statement+";")
	c.fixes.insert(l.nr, "+"+space+"if ("+not+test+")"+brace)
	return true
}

var patTestThenMore = pat(`^\+(\s*)((?:if|while|for)\s*{parens})\s*(.*)$`)

// fixTrailing puts the statement after a condition on a line of its own.
func (c *checker) fixTrailing() {
	if !c.fixes.wanted() {
		return
	}
	m := c.m.Groups(patTestThenMore, c.fixes.lines[c.line.nr-1])
	if m == nil {
		return
	}
	if rest := trimRight(m[3]); strings.HasSuffix(rest, ";") {
		c.fixLine(func(string) string { return "+" + m[1] + m[2] })
		c.fixes.insert(c.line.nr+1, "+"+m[1]+"\t"+rest)
	}
}

var (
	patTestAlone = pat(`^\+(\t*)if\s*\(\s*({lval})\s*\)\s*$`)
	patFreeAlone = pat(`^\+(\t+)\w+\s*\(\s*({lval})\s*\)\s*;\s*$`)
)

// fixNeedlessIf drops the test before a function that makes it itself.
func (c *checker) fixNeedlessIf() {
	test, free := c.m.Groups(patTestAlone, c.line.prev), c.m.Groups(patFreeAlone, c.line.text)
	if test == nil || free == nil || len(free[1]) != len(test[1])+1 {
		return
	}
	c.fixes.remove(c.line.nr - 1)
	c.fixLine(func(line string) string { return "+" + test[1] + strings.TrimPrefix(line, "+"+free[1]) })
}

// fixInitPlace puts attr, an attribute like __initdata, behind the name that it belongs to.
func (c *checker) fixInitPlace(attr string) {
	c.fixLine(func(line string) string {
		loc := c.m.Find(patInitMove, line, attr)
		if loc == nil {
			return line
		}
		without := func(n int) string {
			words := strings.Fields(line[loc[2*n]:loc[2*n+1]])
			return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == attr }), " ")
		}
		end := ";"
		if line[loc[8]] == '=' {
			end = " = "
		}
		return line[:loc[0]] + line[loc[2]:loc[3]] + without(2) + " " + without(3) + " " + attr + end + line[loc[1]:]
	})
}

var patInitMove = pat(`(\bstatic\s+(?:const\s+)?)(?:{$0}\s+)?({nonPtrAttr})\s+(?:{$0}\s+)?({ident}(?:\[[^\]]*\])?)\s*([=;])\s*`)

// fixAttribute writes macro for one attribute, name with its params, of those of an __attribute__.
func (c *checker) fixAttribute(name, params, macro string) {
	c.fixLine(func(line string) string {
		at := strings.Index(line, name)
		if at < 0 {
			return line
		}
		end := skipSpace(line, at+len(name))
		if !strings.HasPrefix(line[end:], params) {
			return line
		}
		if end += len(params); params == "" {
			end = at + len(name)
		}
		if next := skipSpace(line, end); next < len(line) && line[next] == ',' {
			end = skipSpace(line, next+1)
		}
		line = line[:at] + line[end:]
		line = strings.Replace(line, "__attribute__", macro+" __attribute__", 1)
		line = strings.Replace(line, "}"+macro, "} "+macro, 1)
		return replaceFirst(patNoAttributes, line, "")
	})
}

var patNoAttributes = lazyregexp.New(` __attribute__\s*\(\s*\(\s*\)\s*\)`)

// fixNull writes test for the comparison of name with NULL.
func (c *checker) fixNull(name, test string) {
	c.fixLine(func(line string) string {
		for from := 0; ; {
			i := strings.Index(line[from:], name)
			if i < 0 {
				return line
			}
			at := from + i
			if end := patNullAfter.FindStringIndex(line[at+len(name):]); end != nil {
				return line[:at] + test + line[at+len(name)+end[1]:]
			}
			from = at + 1
		}
	})
}

var patNullAfter = lazyregexp.New(`^\s*[=!]=\s*NULL\b`)

// fixContinuation moves an operator from the start of the line at hand to the end of the code of the one before.
func (c *checker) fixContinuation(operator string, beforeComment bool) {
	l := &c.line
	if !c.fixes.wanted() || !strings.HasPrefix(l.prevRaw, "+") {
		return
	}
	c.fixes.change(l.nr-1, func(line string) string {
		code := len(l.prev)
		for code > 0 && (l.prev[code-1] == comment || isSpace(l.prev[code-1])) {
			code--
		}
		tail := l.prevRaw[min(code, len(l.prevRaw)):]
		if head, ok := strings.CutSuffix(line, tail); ok && beforeComment {
			return head + " " + operator + tail
		}
		return line + " " + operator
	})
	c.fixLine(func(line string) string {
		before, after, _ := strings.Cut(line, operator)
		return before + trimLeft(after)
	})
}
