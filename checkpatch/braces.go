// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// braceRules look at the braces of blocks.
var braceRules = []rule{
	with("BRACES", warnLevel, checkArms).needing("if"),
	with("BRACES", warnLevel, checkSingleBlock).needing("if", "while", "for", "else"),
	with("BRACES", checkLevel, checkElseBraces).needing("else"),
	with("BRACES", checkLevel, checkBlankInBlock),
	with("VOLATILE", warnLevel, checkVolatile).needing("volatile"),
}

var (
	patBraceHead = lazyregexp.New(`^\s*\{`)
)

// needsBraces reports whether an arm may have braces: its condition or its block take more than one line, or it
// holds another block.
func needsBraces(cond, block string) bool {
	return countLines(cond) > 1 || (containsWord(block, "if") || containsWord(block, "for") || containsWord(block, "while")) || blockSize(block) > 1
}

// checkArms wants braces on all arms of an if, or on none.
func checkArms(c *checker, _ *rule) {
	at := lastWord(c.line.text, "if")
	if at < 0 || strings.HasSuffix(trimRight(c.line.text[:at]), "else") {
		return
	}
	level, chunks := c.src.readChain(cursor{c.line.nr, c.line.left, 1})
	if len(chunks) < 2 || level != 0 {
		return
	}
	braced, allowed := 0, 0
	nr := c.line.nr
	for _, ch := range chunks {
		c.skipBraces(nr + strings.Count(ch.cond[:leadingLines(ch.cond)], "\n"))
		nr += strings.Count(ch.text, "\n")
		block := ch.text[len(ch.cond):]
		if patBraceHead.MatchString(block) {
			braced++
		}
		if needsBraces(ch.cond, block) {
			allowed++
		}
	}
	switch {
	case braced == 0:
	case allowed == 0:
		c.report("BRACES", warnLevel, "no arm of this statement needs braces")
	case allowed != len(chunks) && braced != len(chunks):
		c.report("BRACES", checkLevel, "all arms of this statement should have braces")
	}
}

// skipBraces marks line nr as one whose braces were looked at.
func (c *checker) skipBraces(nr int) {
	if c.stmt.noBraces == nil {
		c.stmt.noBraces = map[int]bool{}
	}
	c.stmt.noBraces[nr] = true
}

var patBlockStart = pat(`\b(if|while|for|else)\b`)

// checkSingleBlock finds braces around one statement.
func checkSingleBlock(c *checker, r *rule) {
	text := c.line.text
	if c.stmt.noBraces[c.line.nr] {
		return
	}
	loc := c.m.Find(patBlockStart, text)
	if loc == nil {
		return
	}
	at := loc[0]
	level, chunks := c.src.readChain(cursor{c.line.nr, c.line.left, at})
	block := chunks[0].text[len(chunks[0].cond):]
	if level != 0 || !patBraceHead.MatchString(block) || needsBraces(chunks[0].cond, block) {
		return
	}
	if before := trimRight(text[:at]); strings.HasSuffix(before, "}") {
		return
	}
	if len(chunks) > 1 && patBraceHead.MatchString(chunks[1].text[len(chunks[1].cond):]) {
		return
	}
	r.fire(c, "one statement needs no braces")
}

var (
	patElseUnbalanced = lazyregexp.New(`^.\s*\}\s*else\s*$|^.\s*else\s*\{\s*$`)
	patAsmOnly        = lazyregexp.New(`\b(__asm__|asm)\s+(__volatile__|volatile)\b`)
	patVolatile       = lazyregexp.New(`\bvolatile\b`)
)

func checkElseBraces(c *checker, r *rule) {
	if patElseUnbalanced.MatchString(c.line.plain) {
		r.fire(c, "an else has braces on one side only")
	}
}

// checkBlankInBlock finds blank lines at the start and the end of a block.
func checkBlankInBlock(c *checker, r *rule) {
	l := &c.line
	if l.prevRaw != "" && trimSpace(l.prevRaw[1:]) == "" && l.text != "" && trimSpace(l.text[1:]) == "}" {
		if r.fire(c, "no blank line belongs before a closing brace") && strings.HasPrefix(l.prevRaw, "+") {
			c.fixes.remove(l.nr - 1)
		}
	}
	if len(l.raw) > 0 && trimSpace(l.raw[1:]) == "" && strings.HasSuffix(trimRight(l.prev[min(1, len(l.prev)):]), "{") && r.fire(c, "no blank line belongs after an opening brace") {
		c.fixes.remove(l.nr)
	}
}

func checkVolatile(c *checker, r *rule) {
	if patVolatile.MatchString(c.line.text) && !patAsmOnly.MatchString(c.line.text) {
		r.fire(c, "")
	}
}
