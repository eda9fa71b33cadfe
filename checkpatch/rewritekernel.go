// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var patSizeofBare = pat(`\bsizeof\s+((?:\*\s*|){lval}|{type}(?:\s+{lval}|))`)

// fixSizeof puts what sizeof looks at in parentheses.
func fixSizeof(c *checker, line string) string {
	return c.rewrite(patSizeofBare, line, func(group func(int) string) string { return "sizeof(" + trimSpace(group(1)) + ")" })
}

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

var (
	patAllocOne  = pat(`\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*,`)
	patAllocMany = pat(`\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*\*\s*({arg})`)
)

var (
	patTestAlone = pat(`^\+(\t*)if\s*\(\s*({lval})\s*\)\s*$`)
	patFreeAlone = pat(`^\+(\t+)\w+\s*\(\s*({lval})\s*\)\s*;\s*$`)
)
