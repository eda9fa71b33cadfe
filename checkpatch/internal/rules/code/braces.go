// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// BraceRules look at the braces of blocks.
var BraceRules = []engine.Rule{
	engine.With("BRACES", engine.Warn, checkArms).Needing("if"),
	engine.With("BRACES", engine.Warn, checkSingleBlock).Needing("if", "while", "for", "else"),
	engine.With("BRACES", engine.Check, checkElseBraces).Needing("else"),
	engine.With("BRACES", engine.Check, checkBlankInBlock),
	engine.With("VOLATILE", engine.Warn, checkVolatile).Needing("volatile"),
}

var (
	patBraceHead = lazyregexp.New(`^\s*\{`)
)

// needsBraces reports whether an arm may have braces: its condition or its block take more than one line, or it
// holds another block.
func needsBraces(cond, block string) bool {
	return lines.CountLines(cond) > 1 || (lines.ContainsWord(block, "if") || lines.ContainsWord(block, "for") || lines.ContainsWord(block, "while")) || lines.BlockSize(block) > 1
}

// checkArms wants braces on all arms of an if, or on none.
func checkArms(c *engine.Checker, _ *engine.Rule) {
	at := lines.LastWord(c.Line.Text, "if")
	if at < 0 || strings.HasSuffix(lines.TrimRight(c.Line.Text[:at]), "else") {
		return
	}
	level, chunks := c.Src.ReadChain(lines.Cursor{Nr: c.Line.Nr, Left: c.Line.Left, Off: 1})
	if len(chunks) < 2 || level != 0 {
		return
	}
	braced, allowed := 0, 0
	nr := c.Line.Nr
	for _, ch := range chunks {
		skipBraces(c, nr+strings.Count(ch.Cond[:lines.LeadingLines(ch.Cond)], "\n"))
		nr += strings.Count(ch.Text, "\n")
		block := ch.Text[len(ch.Cond):]
		if patBraceHead.MatchString(block) {
			braced++
		}
		if needsBraces(ch.Cond, block) {
			allowed++
		}
	}
	switch {
	case braced == 0:
	case allowed == 0:
		c.Report("BRACES", engine.Warn, "no arm of this statement needs braces")
	case allowed != len(chunks) && braced != len(chunks):
		c.Report("BRACES", engine.Check, "all arms of this statement should have braces")
	}
}

// skipBraces marks line nr as one whose braces were looked at.
func skipBraces(c *engine.Checker, nr int) {
	if c.Stmt.NoBraces == nil {
		c.Stmt.NoBraces = map[int]bool{}
	}
	c.Stmt.NoBraces[nr] = true
}

var patBlockStart = syntax.Compile(`\b(if|while|for|else)\b`)

// checkSingleBlock finds braces around one statement.
func checkSingleBlock(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if c.Stmt.NoBraces[c.Line.Nr] {
		return
	}
	loc := c.M.Find(patBlockStart, text)
	if loc == nil {
		return
	}
	at := loc[0]
	level, chunks := c.Src.ReadChain(lines.Cursor{Nr: c.Line.Nr, Left: c.Line.Left, Off: at})
	block := chunks[0].Text[len(chunks[0].Cond):]
	if level != 0 || !patBraceHead.MatchString(block) || needsBraces(chunks[0].Cond, block) {
		return
	}
	if before := lines.TrimRight(text[:at]); strings.HasSuffix(before, "}") {
		return
	}
	if len(chunks) > 1 && patBraceHead.MatchString(chunks[1].Text[len(chunks[1].Cond):]) {
		return
	}
	r.Fire(c, "one statement needs no braces")
}

var (
	patElseUnbalanced = lazyregexp.New(`^.\s*\}\s*else\s*$|^.\s*else\s*\{\s*$`)
	patAsmOnly        = lazyregexp.New(`\b(__asm__|asm)\s+(__volatile__|volatile)\b`)
	patVolatile       = lazyregexp.New(`\bvolatile\b`)
)

func checkElseBraces(c *engine.Checker, r *engine.Rule) {
	if patElseUnbalanced.MatchString(c.Line.Plain) {
		r.Fire(c, "an else has braces on one side only")
	}
}

// checkBlankInBlock finds blank lines at the start and the end of a block.
func checkBlankInBlock(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if l.PrevRaw != "" && lines.TrimSpace(l.PrevRaw[1:]) == "" && l.Text != "" && lines.TrimSpace(l.Text[1:]) == "}" {
		if r.Fire(c, "no blank line belongs before a closing brace") && strings.HasPrefix(l.PrevRaw, "+") {
			c.Fixes.Remove(l.Nr - 1)
		}
	}
	if len(l.Raw) > 0 && lines.TrimSpace(l.Raw[1:]) == "" && strings.HasSuffix(lines.TrimRight(l.Prev[min(1, len(l.Prev)):]), "{") && r.Fire(c, "no blank line belongs after an opening brace") {
		c.Fixes.Remove(l.Nr)
	}
}

func checkVolatile(c *engine.Checker, r *engine.Rule) {
	if patVolatile.MatchString(c.Line.Text) && !patAsmOnly.MatchString(c.Line.Text) {
		r.Fire(c, "")
	}
}
