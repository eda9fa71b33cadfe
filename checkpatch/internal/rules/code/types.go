// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	patWrongType = syntax.Compile(`(\b{wrongType}\b)`)
	patIntTypes  = syntax.Compile(`\b({wrongType}(\s*\*)*|{c90Int})\b`)
	patIntWord   = lazyregexp.New(`\bint\b`)
	patSizeWord  = lazyregexp.New(`\b(?:short|long)\b`)
	patIntSpace  = lazyregexp.New(`\b\s*int\s*\b`)
	patSignSpace = lazyregexp.New(`\b\s*(?:un)?signed\b\s*`)
)

// checkTypeOrder wants the words of integer types in their usual order, and no int after long.
func checkTypeOrder(c *engine.Checker, r *engine.Rule) {
	plain := c.Line.Plain
	if !strings.Contains(plain, "int") && !strings.Contains(plain, "signed") {
		return
	}
	if strings.Contains(plain, "signed") || strings.Contains(plain, "short") {
		c.M.All(patWrongType, plain, func(loc []int) bool {
			r.Fire(c, fmt.Sprintf("the order of the words in %q is unusual", lines.TrimSpace(plain[loc[2]:loc[3]])))
			return true
		})
	}
	if !strings.Contains(plain, "int") || !patSizeWord.MatchString(plain) {
		return
	}
	var types []string
	c.M.All(patIntTypes, plain, func(loc []int) bool {
		types = append(types, lines.TrimSpace(plain[loc[2]:loc[3]]))
		return true
	})
	for _, typ := range types {
		if !patIntWord.MatchString(typ) || !patSizeWord.MatchString(typ) {
			continue
		}
		short := shorterInt(typ)
		if c.Report("UNNECESSARY_INT", engine.Warn, fmt.Sprintf("write %q for %q", short, typ)) {
			c.FixLine(func(line string) string { return strings.Replace(line, typ, short, 1) })
		}
	}
}

// shorterInt is the type without the int that goes without saying.
func shorterInt(typ string) string {
	short := lines.ReplaceFirst(patSignSpace, lines.ReplaceFirst(patIntSpace, typ, " "), " ")
	short = strings.TrimPrefix(short, "const ")
	if strings.Contains(typ, "unsigned") {
		short = "unsigned " + short
	}
	if strings.HasPrefix(typ, "const") {
		short = "const " + short
	}
	return strings.Join(strings.Fields(short), " ")
}

var (
	patConstConst = syntax.Compile(`\bconst\s+({basicType})\s+const\b`)
	patConstAfter = syntax.Compile(`\bconst\s+{$0}\s+const\b\s*\*`)
	patConstArray = syntax.Compile(`\bconst\s+{$0}\s+const\s+\w+\s*\[`)
	patConstFirst = syntax.Compile(`^\+\s*const\s+static\s+({type})\b`)
	patConstLast  = syntax.Compile(`^\+\s*static\s+({basicType})\s+const\b`)
	patStaticLast = syntax.Compile(`\bstatic\s+({basicType})\s+const\b`)
)

func checkConstConst(c *engine.Checker, r *engine.Rule) {
	plain := c.Line.Plain
	if strings.Count(plain, "const") < 2 {
		return
	}
	if m := c.M.Groups(patConstConst, plain); m != nil {
		if c.M.Match(patConstAfter, plain, m[1]) || !c.M.Match(patConstArray, plain, m[1]) {
			r.Fire(c, "")
		}
	}
}

func checkStaticConst(c *engine.Checker, r *engine.Rule) {
	plain := c.Line.Plain
	if !strings.Contains(plain, "const") || !c.M.Match(patConstFirst, plain) && !c.M.Match(patConstLast, plain) {
		return
	}
	if r.Fire(c, "") {
		c.FixLine(func(line string) string {
			line = strings.Replace(line, "const static", "static const", 1)
			if loc := c.M.Find(patStaticLast, line); loc != nil {
				line = line[:loc[0]] + "static const " + line[loc[2]:loc[3]] + line[loc[1]:]
			}
			return line
		})
	}
}

var (
	patPointerParens = syntax.Compile(`(\({nonPtr}(\s*(?:{modifier}\b\s*|\*\s*)+)\))`)
	patPointerName   = syntax.Compile(`(\b{nonPtr}(\s*(?:{modifier}\b\s*|\*\s*)+)({ident}))`)
	patModifierEnd   = syntax.Compile(`(\b{modifier}$)`)
	patModifierOnly  = syntax.Compile(`^{modifier}$`)
	patStarSpace     = lazyregexp.New(`\*\s+\*`)
)

// mayPoint reports whether a star or a modifier stands behind what may be a type: a word or a parenthesis.
func mayPoint(text string) bool {
	before := byte(0) // the last byte that is neither white space nor a star
	for i := range len(text) {
		b := text[i]
		behind := lines.IsWordByte(before) || before == ')'
		if b == '*' && behind {
			return true
		}
		if lines.IsSpace(b) || b == '*' {
			continue
		}
		if (b == '_' || b == 'c' || b == 'v' || b == 'f') && behind && lines.IsSpace(text[i-1]) &&
			lines.HasAnyPrefix(text[i:], "__", "const", "volatile", "fastcall") {
			return true
		}
		before = b
	}
	return false
}

// checkPointerPlace wants the star of a pointer at the name, with a space before.
func checkPointerPlace(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if (!c.Hits.Has(hasPointer) || !mayPoint(text)) && !c.Learned.HasModifier(text) {
		return
	}
	type place struct{ match, from, name string }
	var inParens, named []place
	c.M.All(patPointerParens, text, func(loc []int) bool {
		inParens = append(inParens, place{text[loc[2]:loc[3]], text[loc[4]:loc[5]], ""})
		return true
	})
	c.M.All(patPointerName, text, func(loc []int) bool {
		named = append(named, place{text[loc[2]:loc[3]], text[loc[4]:loc[5]], text[loc[6]:loc[7]]})
		return true
	})
	fire := func(p place, to string) {
		if r.Fire(c, fmt.Sprintf("write the pointer as %q, not %q", "foo"+to+"bar", "foo"+p.from+"bar")) {
			c.FixLine(func(line string) string {
				return strings.Replace(line, p.match, strings.Replace(p.match, p.from, to, 1), 1)
			})
		}
	}
	for _, p := range inParens {
		if to := pointerForm(p.from); to != p.from {
			fire(p, to)
		}
	}
	for _, p := range named {
		to := pointerForm(p.from)
		if c.M.Match(patModifierEnd, to) {
			to += " "
		}
		if to != p.from && !c.M.Match(patModifierOnly, p.name) {
			fire(p, to)
		}
	}
}

// pointerForm is how the stars and modifiers between a type and a name should stand.
func pointerForm(from string) string {
	if from != "" && !lines.IsSpace(from[0]) {
		from = " " + from
	}
	from = lines.TrimRight(from)
	for patStarSpace.MatchString(from) {
		from = patStarSpace.ReplaceAllLiteralString(from, "**")
	}
	return from
}
