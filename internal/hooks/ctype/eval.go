// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"strconv"
	"strings"
)

// Truth is what is known of a condition.
type Truth int

const (
	// False, Unknown and True are in the order of their certainty.
	False Truth = iota - 1
	Unknown
	True
)

// Facts are macros whose value is known: a number, or "" for one that is not defined.
type Facts map[string]string

// TargetFacts are those of a 64-bit kernel for arch, the folder under arch/. Types are looked up
// as such a kernel has them; which configuration it has is not known.
func TargetFacts(arch string) Facts {
	f := Facts{
		"__KERNEL__": "1", "__ASSEMBLY__": "", "__ASSEMBLER__": "", "__cplusplus": "", "__GNUC__": "1",
		"BITS_PER_LONG": "64", "__BITS_PER_LONG": "64", "CONFIG_64BIT": "1", "__LP64__": "1", "__ILP32__": "",
		"__SIZEOF_POINTER__": "8", "__SIZEOF_LONG__": "8", "__i386__": "", "CONFIG_X86_32": "", "CONFIG_32BIT": "",
		"__CHECKER__": "", "__GENKSYMS__": "", "__BINDGEN__": "",
	}
	if arch == "x86" {
		f["__x86_64__"], f["CONFIG_X86_64"], f["CONFIG_X86"] = "1", "1", "1"
	}
	return f
}

// ConfigFacts returns what a configuration says of the CONFIG symbols in a condition. It maps symbols, named without
// "CONFIG_", to "y", "m" or other values; those that are not there are not set.
func ConfigFacts(config map[string]string, cond string) Facts {
	f := Facts{}
	for _, symbol := range ConfigsIn(cond) {
		f["CONFIG_"+symbol], f["CONFIG_"+symbol+"_MODULE"] = "", ""
		switch config[symbol] {
		case "", "n":
		case "m":
			f["CONFIG_"+symbol+"_MODULE"] = "1"
		default:
			f["CONFIG_"+symbol] = "1"
		}
	}
	return f
}

// FactsOf returns what is known of CONFIG symbols where all of the conditions hold: those that they
// ask for by "&&".
func FactsOf(conds ...string) Facts {
	f := Facts{}
	for _, cond := range conds {
		toks, _ := LexAt(Pos{Line: 1, Col: 2}, cond)
		for _, term := range splitAt(toks, "&&") {
			value := "1"
			if len(term) > 0 && term[0].Is("!") {
				term, value = term[1:], ""
			}
			if name := definedName(term); name != "" {
				f[name] = value
			}
		}
	}
	return f
}

// definedName returns the X of defined(X), defined X and IS_ENABLED(X), or "" for all else.
func definedName(term []Token) string {
	switch {
	case len(term) == 2 && term[0].Is("defined"):
		return term[1].Text
	case len(term) == 4 && (term[0].Is("defined") || term[0].Is("IS_ENABLED")) && term[1].Is("(") && term[3].Is(")"):
		return term[2].Text
	}
	return ""
}

// OfConfig reports whether a condition asks for nothing but CONFIG symbols.
func OfConfig(cond string) bool {
	toks, _ := LexAt(Pos{Line: 1, Col: 2}, cond)
	for i := range toks {
		switch t := &toks[i]; {
		case t.Kind == Number, t.Kind == Ident && !strings.HasPrefix(t.Text, "CONFIG_") && t.Text != "defined" && !strings.HasPrefix(t.Text, "IS_"):
			return false
		}
	}
	return true
}

// Holds evaluates a condition as far as the facts go. What it cannot read is unknown.
func (f Facts) Holds(cond string) Truth {
	if cond == "" {
		return True
	}
	if name, is := strings.CutPrefix(cond, "!defined("); is && isName(strings.TrimSuffix(name, ")")) { // the guard of a header
		if _, known := f[strings.TrimSuffix(name, ")")]; !known {
			return Unknown
		}
	}
	toks, _ := LexAt(Pos{Line: 1, Col: 2}, cond)
	e := evaluator{facts: f, toks: toks}
	v := e.or()
	if e.i < len(e.toks) {
		return Unknown
	}
	return v.truth()
}

// isName reports whether all of s is an identifier.
func isName(s string) bool {
	for i := range len(s) {
		if !isIdent(s[i]) {
			return false
		}
	}
	return s != "" && isIdentStart(s[0])
}

// value is a number that may be unknown.
type value struct {
	n     int64
	known bool
}

func (v value) truth() Truth {
	switch {
	case !v.known:
		return Unknown
	case v.n != 0:
		return True
	}
	return False
}

func boolean(b bool) value {
	if b {
		return value{1, true}
	}
	return value{0, true}
}

// evaluator reads #if expressions by descent, one level for each precedence that they need.
type evaluator struct {
	facts Facts
	toks  []Token
	i     int
	depth int
}

func (e *evaluator) accept(text string) bool {
	if e.i < len(e.toks) && e.toks[e.i].Is(text) {
		e.i++
		return true
	}
	return false
}

func (e *evaluator) or() value {
	v := e.and()
	for e.accept("||") {
		w := e.and()
		switch {
		case v.truth() == True || w.truth() == True:
			v = boolean(true)
		case v.known && w.known:
			v = boolean(false)
		default:
			v = value{}
		}
	}
	return v
}

func (e *evaluator) and() value {
	v := e.comparison()
	for e.accept("&&") {
		w := e.comparison()
		switch {
		case v.truth() == False || w.truth() == False:
			v = boolean(false)
		case v.known && w.known:
			v = boolean(true)
		default:
			v = value{}
		}
	}
	return v
}

func (e *evaluator) comparison() value {
	v := e.unary()
	for e.i < len(e.toks) {
		op := e.toks[e.i].Text
		switch op {
		case "==", "!=", "<", ">", "<=", ">=":
		default:
			return v
		}
		e.i++
		w := e.unary()
		if !v.known || !w.known {
			v = value{}
			continue
		}
		v = boolean(op == "==" && v.n == w.n || op == "!=" && v.n != w.n || op == "<" && v.n < w.n ||
			op == ">" && v.n > w.n || op == "<=" && v.n <= w.n || op == ">=" && v.n >= w.n)
	}
	return v
}

func (e *evaluator) unary() value {
	if e.depth++; e.depth > maxDepth || e.i >= len(e.toks) {
		return value{}
	}
	defer func() { e.depth-- }()
	t := &e.toks[e.i]
	e.i++
	switch {
	case t.Is("!"):
		v := e.unary()
		if v.known {
			return boolean(v.n == 0)
		}
		return value{}
	case t.Is("("):
		v := e.or()
		e.accept(")")
		return v
	case t.Kind == Number:
		n, err := strconv.ParseInt(strings.TrimRight(t.Text, "uUlL"), 0, 64)
		return value{n, err == nil}
	case t.Is("defined") || t.Is("IS_ENABLED") || t.Is("IS_BUILTIN") || t.Is("IS_MODULE"):
		return e.isDefined(t.Text)
	case t.Kind == Ident:
		return e.name(t.Text)
	}
	return value{}
}

// isDefined reads the operand of defined, IS_ENABLED, IS_BUILTIN or IS_MODULE.
func (e *evaluator) isDefined(operator string) value {
	open := e.accept("(")
	if e.i >= len(e.toks) {
		return value{}
	}
	name := e.toks[e.i].Text
	e.i++
	if open {
		e.accept(")")
	}
	text, ok := e.facts[name]
	module, known := e.facts[name+"_MODULE"]
	built := ok && text != "" && (text != "0" || operator == "defined")
	switch {
	case operator == "IS_MODULE":
		return value{boolean(module != "").n, known}
	case operator == "IS_ENABLED" && module != "":
		return boolean(true)
	}
	return value{boolean(built).n, ok}
}

func (e *evaluator) name(name string) value {
	if e.i < len(e.toks) && e.toks[e.i].Is("(") { // a macro with arguments
		if _, rest := Group(e.toks[e.i:]); rest != nil {
			e.i = len(e.toks) - len(rest)
		}
		return value{}
	}
	text, ok := e.facts[name]
	if !ok {
		return value{}
	}
	n, err := strconv.ParseInt(text, 0, 64)
	return value{n, text == "" || err == nil}
}
