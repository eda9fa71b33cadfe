// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

// What precedes a place in the code, as far as it tells a unary operator from a binary one.
const (
	valNone  = 'N' // an operator or an opening bracket: a value is expected
	ValValue = 'V' // a value
	valType  = 'T' // a type
	valEnd   = 'E' // the end of a statement
	valComma = 'C' // a comma; 'c' is a cast
	valCast  = 'c'
)

// The variants of operators that values finds: binary or unary; a colon after a case or a label, in a
// bit-field, or any other.
const (
	opBinary  = 'B'
	OpUnary   = 'U'
	OpUnknown = '_'
)

// valueTracker follows values through the lines of a hunk.
type valueTracker struct {
	macro   bool   // within a preprocessor line
	pending byte   // what the next parenthesis turns into; '_' is nothing
	parens  []byte // what the open parentheses turn into
	colon   byte   // what the next colon is: 'O' any, 'C' case, 'L' label, 'B' bit-field
}

func newValueTracker() valueTracker {
	return valueTracker{pending: '_', parens: []byte{valEnd}, colon: 'O'}
}

func (t *valueTracker) push(b byte) { t.parens = append(t.parens, b) }

func (t *valueTracker) pop() byte {
	if len(t.parens) == 0 {
		return '_'
	}
	b := t.parens[len(t.parens)-1]
	t.parens = t.parens[:len(t.parens)-1]
	return b
}

var (
	patValueCast    = syntax.Compile(`^(\(\s*{type}\s*)\)`)
	patValueDeclare = syntax.Compile(`^({type})\s*(?:{ident}|,|\)|\(|\s*$)`)
	patValueMod     = syntax.Compile(`^({modifier})\s*`)
	patValueNumber  = syntax.Compile(`^{constant}`)
	patBitField     = syntax.Compile(`^:\s*\d+\s*[,=;]`)
	patValueDefine  = syntax.Compile(`^(#\s*define\s*{ident})(\(?)`)
	patValueInclude = syntax.Compile(`^(#\s*(?:undef\s*{ident}|include\b))`)
)

// Values annotates text, a line with a space for its marker and a newline: values[i] tells what stands before
// place i+1, variants[i] which variant of an operator stands at i. before is what preceded the line.
func (c *Checker) Values(text string, before byte) (values, variants []byte) {
	t := &c.tracker
	values = append(c.valueBuf[:0], before)
	variants = c.variantBuf[:0]
	for range len(text) {
		variants = append(variants, OpUnknown)
	}
	at := before
	for i := 0; i < len(text); {
		if len(t.parens) == 0 {
			t.push(valEnd)
		}
		size := 0
		size, at = c.valueStep(text, i, at, variants)
		for range size {
			values = append(values, at)
		}
		i += size
	}
	c.valueBuf, c.variantBuf = values, variants
	return values, variants
}

// valueStep takes one token at i, and returns its size and what stands before the next one.
func (c *Checker) valueStep(text string, i int, at byte, variants []byte) (int, byte) {
	t := &c.tracker
	cur := text[i:]
	b := cur[0]
	switch {
	case lines.IsSpace(b):
		size := lines.SkipSpace(cur, 0)
		if t.macro && strings.IndexByte(cur[:size], '\n') >= 0 {
			at = t.pop()
			t.macro = false
		}
		return size, at
	case b == '#':
		return c.valueDirective(cur, at)
	case b == '(':
		if t.pending == '_' && c.MayStartType(cur, 1) {
			if loc := c.M.Find(patValueCast, cur); loc != nil {
				t.push(at)
				return loc[3], valCast
			}
		}
		t.push(t.pending)
		t.pending = '_'
		return 1, valNone
	case b == ')':
		if next := t.pop(); next != '_' {
			at = next
		}
		return 1, at
	case lines.IsWordByte(b):
		return c.valueWord(cur, at)
	case b == '\\' && strings.HasPrefix(cur, "\\\n"):
		return 2, at
	}
	return c.valueOperator(cur, i, at, variants)
}

// valueDirective takes a # and the word after it.
func (c *Checker) valueDirective(cur string, at byte) (int, byte) {
	t := &c.tracker
	if loc := c.M.Find(patValueDefine, cur); loc != nil {
		t.macro = true
		t.push(at)
		if loc[5] > loc[4] {
			t.pending = valNone
		}
		return loc[3], valEnd
	}
	if loc := c.M.Find(patValueInclude, cur); loc != nil {
		t.macro = true
		t.push(at)
		return loc[3], at
	}
	i := lines.SkipSpace(cur, 1)
	rest := cur[i:]
	for _, word := range []string{"ifdef", "ifndef", "if"} {
		if strings.HasPrefix(rest, word) {
			t.macro = true
			t.push(at)
			t.push(at)
			return i + len(word), valEnd
		}
	}
	for _, word := range []string{"else", "elif"} {
		if strings.HasPrefix(rest, word) {
			t.macro = true
			t.push(t.parens[len(t.parens)-1])
			return i + len(word), valEnd
		}
	}
	if strings.HasPrefix(rest, "endif") {
		t.macro = true
		// All arms are taken to end as this one does.
		t.pop()
		t.push(at)
		return i + len("endif"), valEnd
	}
	return 1, at
}

// valueWord takes a word: a type, a keyword, a name or a number.
func (c *Checker) valueWord(cur string, at byte) (int, byte) {
	t := &c.tracker
	end := lines.WordEnd(cur, 0)
	word := cur[:end]
	if c.MayStartType(cur, 0) {
		if loc := c.M.Find(patValueDeclare, cur); loc != nil {
			return loc[3], valType
		}
	}
	if lines.HasAnyPrefix(word, "__", "const", "volatile", "fastcall") || c.Learned.HasModifier(cur) {
		if loc := c.M.Find(patValueMod, cur); loc != nil {
			return loc[3], valType
		}
	}
	switch {
	case strings.HasPrefix(word, "__attribute__"):
		t.pending = at
		return len("__attribute__"), valNone
	case strings.HasPrefix(word, "sizeof"):
		if end == len("sizeof") {
			if i := lines.SkipSpace(cur, end); i < len(cur) && cur[i] == '(' {
				t.pending = ValValue
			}
		}
		return len("sizeof"), valNone
	case word == "if" || word == "while" || word == "for":
		t.pending = valEnd
		return end, valNone
	case strings.HasPrefix(word, "case"):
		t.colon = 'C'
		return len("case"), valNone
	case word == "return" || word == "else" || word == "goto" || word == "typeof" || word == "__typeof__":
		return end, valNone
	}
	if lines.IsDigit(word[0]) {
		if loc := c.M.Find(patValueNumber, cur); loc != nil {
			return loc[1], ValValue
		}
		return 1, at
	}
	return c.valueName(cur, at)
}

// valueName takes a name: of a function, a label, or anything else.
func (c *Checker) valueName(cur string, at byte) (int, byte) {
	t := &c.tracker
	end := lines.IdentEnd(cur)
	switch next := lines.SkipSpace(cur, end); {
	case next == len(cur):
	case cur[next] == '(':
		t.pending = ValValue
	case cur[next] == ':':
		if at == valType || at == valComma && c.M.Match(patBitField, cur[next:]) {
			t.colon = 'B'
		} else if at == valEnd {
			t.colon = 'L'
		}
		return next, ValValue
	}
	return end, ValValue
}

// valueOperator takes an operator or any other byte.
func (c *Checker) valueOperator(cur string, i int, at byte, variants []byte) (int, byte) {
	t := &c.tracker
	b := cur[0]
	if b == '.' {
		if loc := c.M.Find(patValueNumber, cur); loc != nil {
			return loc[1], ValValue
		}
	}
	if size := assignment(cur); size > 0 {
		return size, valNone
	}
	switch b {
	case ';', '{', '}':
		t.colon = 'O'
		return 1, valEnd
	case ',':
		return 1, valComma
	case '?', '[':
		return 1, valNone
	case ':':
		variants[i] = t.colon
		at = valNone
		if t.colon == 'C' || t.colon == 'L' {
			at = valEnd
		}
		t.colon = 'O'
		return 1, at
	}
	if size := arithmetic(cur); size > 0 {
		variants[i] = OpUnary
		if at == ValValue {
			variants[i] = opBinary
		}
		return size, valNone
	}
	size := operator(cur)
	if size > 0 && !strings.HasPrefix(cur, "++") && !strings.HasPrefix(cur, "--") {
		at = valNone
	}
	return max(size, 1), at
}

// assignment returns the size of an assignment operator at the start of cur, or 0. Of == it takes the half.
func assignment(cur string) int {
	switch {
	case cur[0] == '=':
		return 1
	case len(cur) > 1 && cur[1] == '=' && strings.IndexByte("*/%+-&^|", cur[0]) >= 0:
		return 2
	case strings.HasPrefix(cur, "<<=") || strings.HasPrefix(cur, ">>="):
		return 3
	}
	return 0
}

// operator returns the size of any other operator at the start of cur, or 0.
func operator(cur string) int {
	if strings.IndexByte("<>!~,^&|+-*/%", cur[0]) < 0 {
		return 0
	}
	if len(cur) > 1 {
		switch cur[:2] {
		case "<=", ">=", "!=", "->", "<<", ">>", "&&", "||", "++", "--":
			return 2
		}
	}
	return 1
}

// arithmetic returns the size of an operator that may be unary or binary at the start of cur, or 0.
func arithmetic(cur string) int {
	next := byte(0)
	if len(cur) > 1 {
		next = cur[1]
	}
	switch cur[0] {
	case '-':
		if next != '-' && next != '>' {
			return 1
		}
	case '+':
		if next != '+' {
			return 1
		}
	case '*':
		return 1
	case '&':
		if next == '&' {
			return 2
		}
		return 1
	}
	return 0
}
