// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A Kind is what a line of C is.
type Kind int

// Code is compiled, Blank and Comment are nothing to the compiler; Directive is an #if or #include, which
// the preprocessor reads; Macro is (a part of) the definition of a macro, compiled where it is used.
const (
	Code Kind = iota
	Blank
	Comment
	Directive
	Macro
)

// A Line is one line of a C file.
type Line struct {
	Kind Kind
	// When is the condition of the #if lines around it; what they compare besides configuration
	// symbols is unknown.
	When *logic.Cond
	// If is the line number of the innermost #if, #elif or #else around it; 0 for none.
	If int
}

// frame is one open #if.
type frame struct {
	now, taken *logic.Cond
	line       int
	guard      string // the name of an #ifndef that may be an include guard
}

// Conditions returns what each line of a C or assembly file is; the first has the index 0.
func Conditions(text string) []Line {
	var out []Line
	var open []frame
	inComment, macro := false, false
	joined := "" // a directive that goes on
	first := 0
	for raw := range strings.Lines(text) {
		body := strings.TrimRight(raw, "\r\n")
		code, still := stripComments(body, inComment)
		trimmed := strings.TrimSpace(code)
		l := Line{When: around(open), If: innermost(open)}
		switch {
		case strings.TrimSpace(body) == "":
			l.Kind = Blank
		case trimmed == "":
			l.Kind = Comment
		case joined != "" || strings.HasPrefix(trimmed, "#"):
			l.Kind = Directive
		}
		inComment = still
		if l.Kind == Directive {
			if joined == "" {
				first = len(out) + 1
				rest := strings.TrimSpace(trimmed[1:])
				macro = strings.HasPrefix(rest, "define")
			}
			if macro {
				l.Kind = Macro
			}
			more := strings.HasSuffix(trimmed, "\\")
			joined += strings.TrimSuffix(trimmed, "\\") + " "
			if !more {
				open = directive(open, strings.TrimSpace(joined), first)
				joined = ""
			}
		}
		out = append(out, l)
	}
	return out
}

// around returns the condition of all open #if lines.
func around(open []frame) *logic.Cond {
	all := logic.Always
	for _, f := range open {
		all = logic.And(all, f.now)
	}
	return all
}

func innermost(open []frame) int {
	if len(open) == 0 {
		return 0
	}
	return open[len(open)-1].line
}

// maxOpen bounds how deep #if lines nest; what is deeper counts as the deepest.
const maxOpen = 200

// directive follows one whole directive.
func directive(open []frame, text string, line int) []frame {
	word, rest := splitDirective(text)
	switch word {
	case "if", "ifdef", "ifndef":
		if len(open) < maxOpen {
			c := ask(word, rest)
			guard := ""
			if word == "ifndef" && !strings.HasPrefix(rest, "CONFIG_") {
				guard = rest
			}
			open = append(open, frame{c, c, line, guard})
		}
	case "elif", "elifdef", "elifndef", "else":
		if len(open) == 0 {
			break
		}
		f := &open[len(open)-1]
		c := logic.Always
		if word != "else" {
			c = ask(strings.TrimPrefix(word, "el"), rest)
		}
		f.now, f.line = logic.And(logic.Not(f.taken), c), line
		f.taken = logic.Or(f.taken, c)
	case "define":
		// #ifndef X, #define X: what follows is compiled once, whatever the configuration.
		if n := len(open); n > 0 && open[n-1].guard != "" && strings.HasPrefix(rest, open[n-1].guard) && strings.TrimSpace(rest[len(open[n-1].guard):]) == "" {
			open[n-1].now, open[n-1].taken = logic.Always, logic.Always
		}
	case "endif":
		open = open[:max(0, len(open)-1)]
	}
	return open
}

func splitDirective(text string) (word, rest string) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "#"))
	end := strings.IndexFunc(text, func(r rune) bool { return r < 'a' || r > 'z' })
	if end < 0 {
		end = len(text)
	}
	return text[:end], strings.TrimSpace(text[end:])
}

func ask(word, rest string) *logic.Cond {
	switch word {
	case "ifdef":
		return defined(rest)
	case "ifndef":
		return logic.Not(defined(rest))
	}
	return Expression(rest)
}

// defined returns the condition of defined(NAME): a tristate that is m defines NAME_MODULE.
func defined(name string) *logic.Cond {
	symbol, ok := strings.CutPrefix(strings.TrimSpace(name), "CONFIG_")
	if !ok || symbol == "" {
		return logic.Unread("defined(" + name + ")")
	}
	if s, isModule := strings.CutSuffix(symbol, "_MODULE"); isModule {
		return logic.Is(s, "m")
	}
	// A number or a text is defined too, so it is not asked to be y; as a tristate it is never m.
	return logic.And(logic.Is(symbol, ""), logic.Not(logic.Is(symbol, "m")))
}

var tokenRE = lazyregexp.New(`&&|\|\||<<|>>|[<>=!]=|[!()]|[A-Za-z_][A-Za-z_0-9]*|[0-9][A-Za-z0-9]*|\S`)

// Expression reads the condition of an #if. A part that asks for more than configuration symbols is
// unknown.
func Expression(text string) *logic.Cond {
	p := &parser{tokens: tokenRE.FindAllString(text, -1)}
	c := p.or(0)
	if p.bad || len(p.tokens) > 0 {
		return logic.Unread(text)
	}
	return c
}

type parser struct {
	tokens []string
	bad    bool
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) expect(t string) {
	if p.next() != t {
		p.bad = true
	}
}

func (p *parser) or(depth int) *logic.Cond {
	c := p.and(depth)
	for p.peek() == "||" && !p.bad {
		p.next()
		c = logic.Or(c, p.and(depth))
	}
	return c
}

func (p *parser) and(depth int) *logic.Cond {
	c := p.unary(depth)
	for p.peek() == "&&" && !p.bad {
		p.next()
		c = logic.And(c, p.unary(depth))
	}
	return c
}

func (p *parser) unary(depth int) *logic.Cond {
	if depth > maxOpen {
		p.bad = true
		return logic.Always
	}
	switch t := p.next(); {
	case t == "!":
		return logic.Not(p.unary(depth + 1))
	case t == "(":
		c := p.or(depth + 1)
		p.expect(")")
		return c
	case t == "defined":
		return defined(p.argument())
	case t == "IS_ENABLED", t == "IS_REACHABLE":
		return enabled(p.argument(), "")
	case t == "IS_BUILTIN":
		return enabled(p.argument(), "y")
	case t == "IS_MODULE":
		return enabled(p.argument(), "m")
	case t == "":
		p.bad = true
		return logic.Always
	default:
		return p.comparison(t)
	}
}

// numbers are macros of the tree that stand for the number of the symbol of their name, whatever else is configured.
var numbers = map[string]bool{"NR_CPUS": true, "HZ": true, "PAGE_SHIFT": true, "NODES_SHIFT": true}

// comparison reads a symbol or number, and what it is compared with: "CONFIG_NR_CPUS > 64", "0 != CONFIG_A", "1". What asks for more is
// unknown.
func (p *parser) comparison(first string) *logic.Cond {
	if len(p.tokens) >= 2 && logic.Flip(p.tokens[0]) != "" && (len(p.tokens) == 2 || isEnd(p.tokens[2])) {
		if c := compared(first, p.tokens[0], p.tokens[1]); c != nil {
			p.tokens = p.tokens[2:]
			return c
		}
	}
	if len(p.tokens) == 0 || isEnd(p.tokens[0]) {
		if c := compared(first, "!=", "0"); c != nil {
			return c
		}
	}
	return p.other(first)
}

func isEnd(token string) bool { return token == "&&" || token == "||" || token == ")" }

// compared returns the condition that a stands in the relation rel to b, where one is a number and the other a number or a
// symbol; else nil.
func compared(a, rel, b string) *logic.Cond {
	if isNumber(a) {
		a, rel, b = b, logic.Flip(rel), a
	}
	n, ok := number(b)
	if !ok {
		return nil
	}
	if m, ok := number(a); ok {
		if logic.Compare(m, rel, n) {
			return logic.Always
		}
		return logic.Never
	}
	symbol, ok := strings.CutPrefix(a, "CONFIG_")
	if !ok {
		ok = numbers[a] // which CutPrefix left as it was
	}
	if !ok || symbol == "" {
		return nil
	}
	if s, isModule := strings.CutSuffix(symbol, "_MODULE"); isModule && logic.Compare(1, rel, n) && !logic.Compare(0, rel, n) {
		return logic.Is(s, "m")
	}
	return logic.Compared(symbol, rel, n)
}

func isNumber(text string) bool { _, ok := number(text); return ok }

// number reads a number of C.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimRight(text, "uUlL"), 0, 64)
	return n, err == nil && text[0] >= '0' && text[0] <= '9'
}

// argument reads NAME or (NAME).
func (p *parser) argument() string {
	if p.peek() != "(" {
		return p.next()
	}
	p.next()
	name := p.next()
	p.expect(")")
	return name
}

func enabled(name, value string) *logic.Cond {
	symbol, ok := strings.CutPrefix(name, "CONFIG_")
	if !ok {
		return logic.Unread("IS_ENABLED(" + name + ")")
	}
	return logic.Is(symbol, value)
}

// other skips what is no question for a symbol, up to the next && or || of the same level.
func (p *parser) other(first string) *logic.Cond {
	text := first
	for depth := 0; p.peek() != ""; {
		t := p.peek()
		if depth == 0 && (t == "&&" || t == "||" || t == ")") {
			break
		}
		switch t {
		case "(":
			depth++
		case ")":
			depth--
		}
		text += " " + p.next()
	}
	return logic.Unread(text)
}

// stripComments takes the comments out of a line, and says whether one is still open at its end.
func stripComments(line string, open bool) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case open:
			end := strings.Index(line[i:], "*/")
			if end < 0 {
				return b.String(), true
			}
			i += end + 1
			open = false
		case strings.HasPrefix(line[i:], "//"):
			return b.String(), false
		case strings.HasPrefix(line[i:], "/*"):
			open = true
			i++
		case line[i] == '"' || line[i] == '\'':
			end := i + 1
			for end < len(line) && line[end] != line[i] {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			b.WriteString(line[i:min(end+1, len(line))])
			i = end
		default:
			b.WriteByte(line[i])
		}
	}
	return b.String(), open
}
