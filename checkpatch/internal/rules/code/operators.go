// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

// operatorsBySize are the operators whose spacing is checked, longer ones first, by their first byte.
var operatorsBySize = operatorTable("<<= <= << < >>= >= >> > == => = != ! += ++ + -= -> -- - *= * /= / %= % ^= ^ |= || | &= && & ~ , ?: ? : ;")

func operatorTable(list string) [256][]string {
	var table [256][]string
	for _, op := range strings.Fields(list) {
		table[op[0]] = append(table[op[0]], op)
	}
	return table
}

// An operatorAt is an operator of a line with what stands around it.
type operatorAt struct {
	op            string
	at, end       int
	before, after string // the text up to the neighbouring operators
	last          bool   // nothing follows it
	a, c          byte   // the kinds of before and after, see side
	variant       byte   // see valueTracker
}

// splitOperators appends the operators in text to ops.
func splitOperators(ops []operatorAt, text string) []operatorAt {
	from := 0
	for i := 0; i < len(text); {
		candidates := operatorsBySize[text[i]]
		if candidates == nil {
			i++
			continue
		}
		op := ""
		for _, candidate := range candidates {
			if strings.HasPrefix(text[i:], candidate) {
				op = candidate
				break
			}
		}
		if op == "" {
			i++
			continue
		}
		ops = append(ops, operatorAt{op: op, at: i, end: i + len(op), before: text[from:i]})
		i += len(op)
		from = i
	}
	for i := range ops {
		next := len(text)
		if i+1 < len(ops) {
			next = ops[i+1].at
		}
		ops[i].after = text[ops[i].end:next]
		ops[i].last = i == len(ops)-1 && ops[i].end == len(text)
	}
	return ops
}

// The kinds of neighbours of an operator: nothing or another operator, white space, a comment, a bracket, the edge of the
// line, or any other text.
const (
	sideOperator = 'O'
	sideSpace    = 'W'
	sideComment  = 'C'
	sideBracket  = 'B'
	sideEdge     = 'E'
	sideValue    = 'V'
)

// sides tells the kinds of o's neighbours; code is where the line's first text stands.
func (o *operatorAt) sides(code int) {
	o.a = sideOperator
	if b := o.before; b != "" {
		switch last := b[len(b)-1]; {
		case last == '[' || last == '(':
			o.a = sideBracket
		case last == lines.Comment:
			o.a = sideComment
		case lines.IsSpace(last):
			o.a = sideSpace
		default:
			o.a = sideValue
		}
	}
	if o.at <= code {
		o.a = sideEdge
	}
	if o.last {
		o.c = sideEdge
		return
	}
	o.c = sideOperator
	if f := o.after; f != "" {
		switch first := f[0]; {
		case strings.HasSuffix(f, `\`) && lines.TrimSpace(f[:len(f)-1]) == "":
			o.c = sideEdge
		case first == ')' || first == ']' || first == ';':
			o.c = sideBracket
		case first == lines.Comment:
			o.c = sideComment
		case lines.IsSpace(first):
			o.c = sideSpace
		default:
			o.c = sideValue
		}
	}
}

// is reports whether the kinds before and after are among those given.
func (o *operatorAt) is(before, after string) bool {
	return (before == "" || strings.IndexByte(before, o.a) >= 0) && (after == "" || strings.IndexByte(after, o.c) >= 0)
}

// operatorLine is a line whose operators are checked.
type operatorLine struct {
	c    *engine.Checker
	r    *engine.Rule
	text string // with a space for the marker
	glue map[int]glue
	last int // the index of the last comma that got a space
	// modifier is where the first modifier stands behind the last place from which it was looked for, len(text) where there
	// is none, and -1 before. A line may have a million operators.
	modifier int
}

// spacedText is the blanked line at hand with a space for its marker.
func spacedText(c *engine.Checker) string {
	spaced := strings.TrimSuffix(c.Src.SpacedLine(c.Line.Nr), "\n")
	if len(spaced) == len(c.Line.Text) {
		return spaced
	}
	return " " + c.Line.Text[1:] // a // comment was cut off
}

// glue is what space should stand around an operator: -1 leaves it, 0 none, 1 one.
type glue struct{ before, after int }

// checkOperators looks at the space around each operator.
func checkOperators(c *engine.Checker, r *engine.Rule) {
	if !c.Added() || strings.Contains(c.Line.Text, "include") && c.M.Match(patIncludeWord, c.Line.Text) {
		return
	}
	l := operatorLine{c: c, r: r, text: spacedText(c), last: -1, modifier: -1}
	if c.Fixes.Wanted() {
		l.glue = map[int]glue{}
	}
	kept, ok := c.Scratch.(*[]operatorAt)
	if !ok {
		kept = new([]operatorAt)
		c.Scratch = kept
	}
	*kept = splitOperators((*kept)[:0], l.text)
	ops := *kept
	code := lines.SkipSpace(l.text, 0)
	for i := range ops {
		o := &ops[i]
		o.sides(code)
		o.variant = c.Stmt.Variants[o.at]
		value := c.Stmt.Values[o.at+1]
		rest := lines.TrimLeft(l.text[o.end:])
		if value != engine.ValValue && o.at > 0 && lines.IsSpace(l.text[o.at-1]) && rest != "" && (rest[0] == ',' || rest[0] == ')') {
			continue // the operator is an argument
		}
		l.check(i, o)
	}
	l.fix(ops)
}

var patIncludeWord = syntax.Compile(`#\s*include`)

// fire reports operator i, and remembers what space belongs around it.
func (l *operatorLine) fire(i int, o *operatorAt, message string, g glue) {
	l.fireAs(i, o, message, g, false)
}

func (l *operatorLine) fireAs(i int, o *operatorAt, message string, g glue, taste bool) {
	severity := l.r.Severity
	if taste {
		severity = engine.Check
	}
	if l.c.ReportAt(l.r.Typ, severity, o.at+1, fmt.Sprintf("%s %q", message, o.op)) {
		l.c.Point(1)
		if l.glue != nil {
			l.glue[i] = g
		}
	}
}

func (l *operatorLine) check(i int, o *operatorAt) {
	after := l.text[o.end:]
	switch op := o.op; {
	case op == ";":
		if !o.is("", "WEBC") && !strings.HasPrefix(after, `\`) && !strings.HasPrefix(after, ";") {
			l.fire(i, o, "a space belongs after", glue{-1, 1})
		}
	case op == ":" && o.variant == 'B': // of a bit-field
	case op == "->":
		if o.a == sideSpace || o.c == sideSpace {
			l.fire(i, o, "no space belongs around", glue{0, 0})
		}
	case op == ",":
		l.comma(i, o, after)
	case op == "*" && o.variant == engine.OpUnknown: // of a type, which has its own rule
	case op == "!" || op == "~" || o.variant == engine.OpUnary && (op == "*" || op == "-" || op == "&" || op == "&&"):
		l.unary(i, o, after)
	case op == "++" || op == "--":
		l.increment(i, o, after)
	case len(op) <= 2 && strings.Contains(" << >> & ^ | + - * / % ", " "+op+" "):
		l.arithmetic(i, o)
	case op == ":" && (o.variant == 'C' || o.variant == 'L'):
		if o.a == sideSpace && !strings.HasSuffix(l.c.Line.File, ".lds.h") {
			l.fire(i, o, "no space belongs before", glue{0, -1})
		}
	case !o.is("EWC", "CWE"):
		l.other(i, o, after)
	}
}

func (l *operatorLine) comma(i int, o *operatorAt, after string) {
	g := glue{-1, -1}
	if o.a == sideSpace {
		g.before = 0
		l.fire(i, o, "no space belongs before", g)
	}
	if !o.is("", "WEC") && !strings.HasPrefix(after, "}") {
		g.after = 1
		l.fire(i, o, "a space belongs after", g)
		l.last = i
	}
}

var patModifierIn = syntax.Compile(`\s*{modifier}\b`)

// modifierAfter reports whether a modifier stands in the text from offset on.
func (l *operatorLine) modifierAfter(offset int) bool {
	if l.modifier < offset {
		l.modifier = len(l.text)
		if loc := l.c.M.Find(patModifierIn, l.text[offset:]); loc != nil {
			l.modifier = offset + loc[0]
		}
	}
	return l.modifier < len(l.text)
}

func (l *operatorLine) unary(i int, o *operatorAt, after string) {
	before := l.text[:o.at]
	glued := strings.HasSuffix(before, "++") || strings.HasSuffix(before, "--") ||
		before != "" && strings.IndexByte(")!~*-&|{", before[len(before)-1]) >= 0
	if !o.is("WEBC", "") && !glued {
		l.fire(i, o, "a space belongs before", glue{1, -1})
	}
	if o.op == "*" && l.modifierAfter(o.end) {
		return
	}
	if o.c == sideSpace {
		l.fire(i, o, "no space belongs after", glue{-1, 0})
	}
}

func (l *operatorLine) increment(i int, o *operatorAt, after string) {
	if !(o.is("WEOBC", "") && o.c != sideSpace) && !(o.a != sideSpace && o.is("", "WOBEC")) {
		l.fire(i, o, "a space belongs on one side of", glue{-1, 1})
	}
	if o.a == sideSpace && (o.is("", "BE") || strings.HasPrefix(after, ";")) {
		l.fire(i, o, "no space belongs before", glue{0, -1})
	}
	if o.a == sideEdge && o.c == sideSpace {
		l.fire(i, o, "no space belongs after", glue{-1, 0})
	}
}

func (l *operatorLine) arithmetic(i int, o *operatorAt) {
	if !l.c.Strict {
		if o.a == sideSpace && !o.is("", "WCE") || !o.is("WCE", "") && o.c == sideSpace {
			l.fire(i, o, "the space is not the same on both sides of", glue{1, 1})
		}
		return
	}
	if !o.last && !o.is("EW", "EW") {
		l.fireAs(i, o, "spaces are preferred around", glue{1, 1}, true)
	} else if o.last && !o.is("W", "OE") {
		l.fireAs(i, o, "a space is preferred before", glue{1, -1}, true)
	}
}

func (l *operatorLine) other(i int, o *operatorAt, after string) {
	before := l.text[:o.at]
	switch o.op {
	case "<":
		if word := lines.FirstField(after[:min(len(after), maxAddress)]); strings.HasPrefix(after, word) && mailLike(word, '>') {
			return
		}
	case ">":
		if mailBefore(before[max(0, len(before)-maxAddress):]) {
			return
		}
	case ":":
		if strings.HasSuffix(before, ":") || strings.HasPrefix(after, ":") {
			return
		}
	}
	taste := (o.op == "?:" || o.op == "?" || o.op == ":") && o.a == sideValue && o.c == sideValue
	l.fireAs(i, o, "spaces belong around", glue{1, 1}, taste)
}

// maxAddress is how long "<user@host>" is at most; RFC 5321 has addresses of 254 bytes.
const maxAddress = 300

// mailLike reports whether a word has an @ within, and end after something behind it.
func mailLike(word string, end byte) bool {
	at := strings.IndexByte(word, '@')
	return at > 0 && strings.LastIndexByte(word, end) > at+1
}

// mailBefore reports whether before ends with "<user@host".
func mailBefore(before string) bool {
	i := len(before)
	for i > 0 && !lines.IsSpace(before[i-1]) {
		i--
	}
	word := before[i:]
	open := strings.IndexByte(word, '<')
	if open < 0 {
		return false
	}
	at := strings.LastIndexByte(word, '@')
	return at > open+1 && at < len(word)-1
}

// fix puts the space around the operators right.
func (l *operatorLine) fix(ops []operatorAt) {
	if len(l.glue) == 0 {
		return
	}
	raw := l.c.Line.Raw
	if len(raw) < len(l.text) {
		return
	}
	var b strings.Builder
	from := 0
	skip := false
	for i, o := range ops {
		part := raw[from:o.at]
		written := skip
		if skip {
			part = lines.TrimLeft(part)
			skip = false
		}
		g, ok := l.glue[i]
		if !ok {
			g = glue{-1, -1}
		}
		if g.before >= 0 && !(written && part == "") && (i > 0 || len(part) > 1 && lines.TrimSpace(part[1:]) != "") {
			part = lines.TrimRight(part) + strings.Repeat(" ", g.before)
		}
		b.WriteString(part + o.op)
		if g.after >= 0 && !o.last {
			b.WriteString(strings.Repeat(" ", g.after))
			skip = true
		}
		from = o.end
	}
	part := raw[from:]
	if skip {
		part = lines.TrimLeft(part)
	}
	line := lines.TrimRight(b.String() + part)
	l.c.FixLine(func(string) string { return line })
}
