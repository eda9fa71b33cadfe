// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// A Macro is what a #define says.
type Macro struct {
	Name string
	// Func says that the name is followed by a list of parameters, empty or not.
	Func   bool
	Params []string
	// Rest is the name that the last, variable argument has in the body: __VA_ARGS__, or the
	// name before "..."; "" where there is none.
	Rest string
	Body []Token
	Pos  Pos

	numbers map[string]int // of the parameters, where they are many
}

// manyParams is how many parameters are looked for in a table: a few are found sooner without one.
const manyParams = 12

// maxExpansion bounds the tokens that the macros of one file make, since a few hostile lines
// can ask for 2^64 of them.
const maxExpansion = limit.MacroTokens

// parseMacro reads the text of a #define behind the word "define".
func parseMacro(pos Pos, text string) *Macro {
	buffer := borrow()
	defer giveBack(buffer)
	toks, _ := lexInto(*buffer, pos, text)
	*buffer = toks
	if len(toks) == 0 || toks[0].Kind != Ident {
		return nil
	}
	m := &Macro{Name: toks[0].Text, Pos: pos}
	rest := toks[1:]
	if len(rest) > 0 && rest[0].Is("(") && !rest[0].Space {
		end := matching(rest, 0)
		if end < 0 {
			return nil
		}
		m.Func = true
		m.params(rest[1:end])
		rest = rest[end+1:]
	}
	m.Body = slices.Clone(rest)
	return m
}

func (m *Macro) params(toks []Token) {
	for _, arg := range splitCommas(toks) {
		switch {
		case len(arg) == 1 && arg[0].Is("..."):
			m.Rest = "__VA_ARGS__"
		case len(arg) == 2 && arg[1].Is("..."):
			m.Rest = arg[0].Text
		case len(arg) > 0:
			m.Params = append(m.Params, arg[0].Text)
		}
	}
	if len(m.Params) > manyParams {
		m.numbers = make(map[string]int, len(m.Params))
		for i, name := range m.Params {
			m.numbers[name] = i
		}
	}
}

// number returns which parameter a name is, or -1.
func (m *Macro) number(name string) int {
	if m.numbers == nil {
		return slices.Index(m.Params, name)
	}
	if i, ok := m.numbers[name]; ok {
		return i
	}
	return -1
}

// argument returns what a name in the body of m stands for, given the arguments of a use, and whether it is a parameter. Missing
// arguments are empty.
func (m *Macro) argument(name string, args [][]Token) (arg []Token, isParam bool) {
	if !m.Func {
		return nil, false
	}
	if name == m.Rest && name != "" {
		for i := len(m.Params); i < len(args); i++ {
			if i > len(m.Params) {
				arg = append(arg, Token{Kind: Punct, Text: ","})
			}
			arg = append(arg, args[i]...)
		}
		return arg, true
	}
	i := m.number(name)
	if i < 0 || i >= len(args) {
		return nil, i >= 0
	}
	return args[i], true
}

// An expander replaces macros. Its budget is shared by all expansions of a file.
type expander struct {
	macros map[string]*Macro
	keep   func(name string) bool
	budget int
}

func (e *expander) lookup(name string, hidden []string) *Macro {
	m := e.macros[name]
	if m == nil || slices.Contains(hidden, name) || e.keep != nil && e.keep(name) {
		return nil
	}
	return m
}

// expand returns toks with all macros replaced, except those in hidden, which are being
// replaced already. All that comes out of a macro's body stands at the place of its use.
// Where nothing is replaced it returns toks themselves.
func (e *expander) expand(toks []Token, hidden []string) []Token {
	var out []Token
	kept := 0 // of toks[:kept], which hold no macro, nothing is in out yet
	for i := 0; i < len(toks); {
		repl, n := e.use(toks[i:], hidden)
		if n == 0 {
			i++
			continue
		}
		out = append(append(out, toks[kept:i]...), repl...)
		i += n
		kept = i
	}
	if kept == 0 {
		return toks
	}
	return append(out, toks[kept:]...)
}

// use replaces the macro that toks begins with and returns how many tokens it took, or 0 where
// toks begins with none.
func (e *expander) use(toks []Token, hidden []string) ([]Token, int) {
	t := &toks[0]
	if t.Kind != Ident || e.budget <= 0 || len(hidden) > 64 {
		return nil, 0
	}
	m := e.lookup(t.Text, hidden)
	if m == nil {
		return nil, 0
	}
	n, args := 1, [][]Token(nil)
	if m.Func {
		if len(toks) < 2 || !toks[1].Is("(") {
			return nil, 0
		}
		end := matching(toks, 1)
		if end < 0 {
			return nil, 0
		}
		n, args = end+1, splitCommas(dropDirectives(toks[2:end]))
	}
	body := e.substitute(m, args, *t, hidden)
	e.budget -= len(body) + 1
	return e.expand(body, append(slices.Clip(hidden), m.Name)), n
}

// substitute puts the arguments into the body of m.
func (e *expander) substitute(m *Macro, args [][]Token, at Token, hidden []string) []Token {
	out := make([]Token, 0, len(m.Body))
	for i := 0; i < len(m.Body) && e.budget > len(out); i++ {
		t := m.Body[i]
		var arg []Token
		isParam := false
		if t.Kind == Ident {
			arg, isParam = m.argument(t.Text, args)
		}
		switch {
		case t.Is("##") && len(out) > 0 && i+1 < len(m.Body):
			i++
			right := []Token{m.Body[i]}
			if a, ok := m.argument(m.Body[i].Text, args); ok {
				right = a
			}
			if last := len(out) - 1; len(right) == 0 && out[last].Is(",") && m.Body[i].Text == m.Rest {
				out = out[:last] // GNU's ", ## args" takes the comma away where there are none
				continue
			}
			out = paste(out, right)
		case t.Is("#") && m.Func && i+1 < len(m.Body):
			i++
			of, _ := m.argument(m.Body[i].Text, args)
			quoted := Token{Kind: String, Text: quote(of)}
			quoted.placeAs(&at)
			out = append(out, quoted)
		case isParam && i+1 < len(m.Body) && m.Body[i+1].Is("##"):
			out = append(out, arg...)
			if len(arg) == 0 {
				placemarker := Token{Kind: Punct}
				placemarker.placeAs(&at)
				out = append(out, placemarker)
			}
		case isParam:
			out = append(out, e.expand(arg, hidden)...)
		default:
			t.placeAs(&at)
			out = append(out, t)
		}
	}
	return slices.DeleteFunc(out, func(t Token) bool { return t.Text == "" })
}

// paste joins the last token of left with the first of right. What does not make one token stays
// two, as a compiler leaves it behind its error.
func paste(left, right []Token) []Token {
	if len(right) == 0 {
		return left
	}
	last := &left[len(left)-1]
	if last.Is(",") { // GNU's ", ## args" keeps the comma apart
		return append(left, right...)
	}
	if last.Text == "" {
		last.Kind = right[0].Kind
		last.placeAs(&right[0])
	}
	text := last.Text + right[0].Text
	joined, _ := Lex("", []byte(text))
	if len(joined) != 1 || joined[0].Kind == Directive {
		return append(left, right...)
	}
	last.Kind, last.Text = joined[0].Kind, text
	return append(left, right[1:]...)
}

func quote(toks []Token) string {
	s := Text(toks)
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func dropDirectives(toks []Token) []Token {
	isDirective := func(t Token) bool { return t.Kind == Directive }
	if !slices.ContainsFunc(toks, isDirective) {
		return toks
	}
	return slices.DeleteFunc(slices.Clone(toks), isDirective)
}
