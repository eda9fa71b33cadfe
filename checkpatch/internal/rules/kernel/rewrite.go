// SPDX-License-Identifier: GPL-2.0-only

package kernel

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var patSizeofBare = syntax.Compile(`\bsizeof\s+((?:\*\s*|){lval}|{type}(?:\s+{lval}|))`)

// fixSizeof puts what sizeof looks at in parentheses.
func fixSizeof(c *engine.Checker, line string) string {
	return c.Rewrite(patSizeofBare, line, func(group func(int) string) string { return "sizeof(" + lines.TrimSpace(group(1)) + ")" })
}

// fixAllocation makes an allocation of one object, or of count of them, ask for the object instead of its size.
func fixAllocation(c *engine.Checker, function, object, count string) {
	if strings.IndexByte(c.Stmt.Text, '\n') >= 0 {
		return
	}
	size := object
	object = lines.ReplaceFirst(patSizeofArg, object, "$1")
	c.FixLine(func(line string) string {
		if count == "" {
			return c.Rewrite(patAllocOne, line, func(group func(int) string) string {
				return group(1) + " = " + function + "_obj(" + object + ","
			})
		}
		return c.Rewrite(patAllocMany, line, func(group func(int) string) string {
			if better := arrayAllocs[function]; !c.Has(edition.ObjectAllocs) {
				return group(1) + " = " + better + "(" + count + ", " + size
			}
			return group(1) + " = " + function + "_objs(" + object + ", " + count
		})
	})
}

// fixNeedlessIf drops the test before a function that makes it itself.
func fixNeedlessIf(c *engine.Checker) {
	test, free := c.M.Groups(patTestAlone, c.Line.Prev), c.M.Groups(patFreeAlone, c.Line.Text)
	if test == nil || free == nil || len(free[1]) != len(test[1])+1 {
		return
	}
	c.Fixes.Remove(c.Line.Nr - 1)
	c.FixLine(func(line string) string { return "+" + test[1] + strings.TrimPrefix(line, "+"+free[1]) })
}

// fixInitPlace puts attr, an attribute like __initdata, behind the name that it belongs to.
func fixInitPlace(c *engine.Checker, attr string) {
	c.FixLine(func(line string) string {
		loc := c.M.Find(patInitMove, line, attr)
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

var patInitMove = syntax.Compile(`(\bstatic\s+(?:const\s+)?)(?:{$0}\s+)?({nonPtrAttr})\s+(?:{$0}\s+)?({ident}(?:\[[^\]]*\])?)\s*([=;])\s*`)

// fixAttribute writes macro for one attribute, name with its params, of those of an __attribute__.
func fixAttribute(c *engine.Checker, name, params, macro string) {
	c.FixLine(func(line string) string {
		at := strings.Index(line, name)
		if at < 0 {
			return line
		}
		end := lines.SkipSpace(line, at+len(name))
		if !strings.HasPrefix(line[end:], params) {
			return line
		}
		if end += len(params); params == "" {
			end = at + len(name)
		}
		if next := lines.SkipSpace(line, end); next < len(line) && line[next] == ',' {
			end = lines.SkipSpace(line, next+1)
		}
		line = line[:at] + line[end:]
		line = strings.Replace(line, "__attribute__", macro+" __attribute__", 1)
		line = strings.Replace(line, "}"+macro, "} "+macro, 1)
		return lines.ReplaceFirst(patNoAttributes, line, "")
	})
}

var patNoAttributes = lazyregexp.New(` __attribute__\s*\(\s*\(\s*\)\s*\)`)

// fixNull writes test for the comparison of name with NULL.
func fixNull(c *engine.Checker, name, test string) {
	c.FixLine(func(line string) string {
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
	patAllocOne  = syntax.Compile(`\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*,`)
	patAllocMany = syntax.Compile(`\b({lval})\s*=\s*(?:{parens})?\s*((?:kv|k)[mz]alloc)\s*\(\s*({arg})\s*\*\s*({arg})`)
)

var (
	patTestAlone = syntax.Compile(`^\+(\t*)if\s*\(\s*({lval})\s*\)\s*$`)
	patFreeAlone = syntax.Compile(`^\+(\t+)\w+\s*\(\s*({lval})\s*\)\s*;\s*$`)
)
