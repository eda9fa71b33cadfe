// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/share"
)

// Options say how [ParseUnit] reads a file. Nil allows what the zero value does.
type Options struct {
	// Keep are macros that stay as they are where they are used: those that the caller looks for.
	Keep func(name string) bool
	// Include returns a file that an #include names, and its path in the tree; it returns nil
	// for one that is not to be read. Only macros are taken out of it, unless Inline says so.
	Include func(from, name string, quoted bool) (path string, data []byte)
	// Inline says that the tokens of the included file belong in the place of the #include, as
	// they do for a list of X macros, and wherever brackets are open.
	Inline func(path string) bool
}

// An Include is an #include line.
type Include struct {
	Name   string
	Quoted bool
	Pos    Pos
	Cond   string
}

// maxIncludes bounds how many files are read for the sake of one, maxInlined the tokens of those whose tokens belong in the place of an
// #include, which a file can have as often as it likes, and maxNested how deep these are within each other.
const (
	maxIncludes = 64
	maxInlined  = limit.MacroTokens
	maxNested   = 16
)

type preproc struct {
	opts     *Options
	exp      expander
	conds    conds
	open     []byte // the brackets that are open
	out      []Token
	includes []Include
	problems []Problem
	read     map[string]bool
	common   *common // of the token before
	// at replaces the places of tokens while an inlined file is read, nested files deep.
	at      *Token
	nested  int
	inlined int // the tokens of those files
}

// preprocess returns the tokens of a file with its macros replaced and without directives.
func preprocess(file string, src []byte, opts *Options) *preproc {
	if opts == nil {
		opts = &Options{}
	}
	buffer := borrow()
	p := &preproc{opts: opts, read: map[string]bool{file: true}, out: *buffer}
	p.exp = expander{macros: map[string]*Macro{}, keep: opts.Keep, budget: maxExpansion}
	p.file(file, src)
	*buffer, p.out = p.out, slices.Clone(p.out)
	giveBack(buffer)
	for _, g := range p.conds.groups {
		p.problems = append(p.problems, Problem{Pos: g.pos, Message: "#if without #endif"})
	}
	return p
}

// buffers are for tokens that are copied before the next file is read: a series has hundreds of files, and the tokens of
// one are fifteen times as large as its text.
var buffers = sync.Pool{New: func() any { return new([]Token) }}

func borrow() *[]Token { return buffers.Get().(*[]Token) }

// giveBack takes a buffer whose tokens nobody has any more. It must not keep the texts that these are parts of.
func giveBack(buffer *[]Token) {
	clear(*buffer)
	*buffer = (*buffer)[:0]
	buffers.Put(buffer)
}

func (p *preproc) file(name string, src []byte) {
	buffer := borrow()
	defer giveBack(buffer)
	toks, problems := lexInto(*buffer, Pos{File: name, Line: 1, Col: 1}, share.String(src))
	*buffer = toks
	p.problems = append(p.problems, problems...)
	if p.nested > 0 {
		p.inlined += len(toks)
	}
	begun := false // something stands above that is no directive
	for i := 0; i < len(toks); {
		t := &toks[i]
		if t.Kind == Directive {
			p.directive(toks, i, begun)
			i++
			continue
		}
		begun = true
		if !p.conds.alive() {
			i++
			continue
		}
		repl, n := p.exp.use(toks[i:], nil)
		if n == 0 {
			p.emit(*t)
			i++
			continue
		}
		for _, r := range repl {
			p.emit(r)
		}
		i += n
	}
	if p.exp.budget <= 0 {
		p.problems = append(p.problems, Problem{Pos: Pos{File: name, Line: 1}, Message: "macros expand without bound", Limit: true})
		p.exp.budget = 1
	}
}

func (p *preproc) emit(t Token) {
	if t.Kind == Directive {
		return
	}
	if p.at != nil {
		t.placeAs(p.at)
	}
	t.common = p.under(t.Pos().File)
	switch t.nesting() {
	case 1:
		p.open = append(p.open, t.Text[0])
	case -1:
		p.open = p.open[:max(0, len(p.open)-1)]
	}
	p.out = append(p.out, t)
}

// under returns what tokens of a file have in common here.
func (p *preproc) under(file string) *common {
	if p.common == nil || p.common.cond != p.conds.joined || p.common.file != file {
		p.common = &common{file, p.conds.joined}
	}
	return p.common
}

// inside reports whether the tokens so far end within an external declaration or a list of
// arguments, of which there is only one.
func (p *preproc) inside() bool {
	if n := len(p.open); n > 0 || len(p.out) == 0 {
		return n > 0 && p.open[n-1] == '('
	}
	last := len(p.out) - 1
	if p.out[last].Is(")") {
		return p.functionHead(last)
	}
	return !p.out[last].Is(";") && !p.out[last].Is("}")
}

// functionHead reports whether the bracket that closes at i belongs to "TYPE NAME(…)" and not to
// the use of a macro.
func (p *preproc) functionHead(i int) bool {
	depth := 0
	for ; i > 1; i-- {
		switch {
		case p.out[i].Is(")"):
			depth++
		case p.out[i].Is("("):
			depth--
		}
		if depth == 0 {
			break
		}
	}
	before := &p.out[max(i-2, 0)]
	return i > 1 && p.out[i-1].Kind == Ident && (before.Kind == Ident || before.Is("*"))
}

// directive obeys the preprocessor line toks[i]; begun says that the file has text above it.
func (p *preproc) directive(toks []Token, i int, begun bool) {
	t := &toks[i]
	word, rest := cutWord(t.Text)
	switch word {
	case "if", "ifdef", "ifndef":
		p.conds.open(t.Pos(), condition(word, rest), len(p.open), !begun && isGuard(toks, i))
	case "elif", "elifdef", "elifndef", "else":
		cond := ""
		if word != "else" {
			cond = condition(strings.TrimPrefix(word, "el"), rest)
		}
		if !p.conds.next(cond, len(p.open), p.inside()) {
			p.problems = append(p.problems, Problem{Pos: t.Pos(), Message: "#" + word + " without #if"})
		} else if g := p.conds.groups[len(p.conds.groups)-1]; g.dead {
			return
		}
	case "endif":
		if !p.conds.close() {
			p.problems = append(p.problems, Problem{Pos: t.Pos(), Message: "#endif without #if"})
		}
	}
	if !p.conds.alive() {
		return
	}
	switch word {
	case "define":
		// The first branch that defines a name wins over its alternatives.
		if m := parseMacro(t.Pos(), rest); m == nil {
			p.problems = append(p.problems, Problem{Pos: t.Pos(), Message: "#define that cannot be read"})
		} else if p.exp.macros[m.Name] == nil {
			p.exp.macros[m.Name] = m
		}
	case "undef":
		delete(p.exp.macros, rest)
	case "include":
		p.include(t, rest)
	}
}

func (p *preproc) include(line *Token, rest string) {
	pos := line.Pos()
	name, quoted := includeName(rest)
	if name == "" {
		return
	}
	inc := Include{Name: name, Quoted: quoted, Pos: pos, Cond: p.conds.joined}
	p.includes = append(p.includes, inc)
	if p.opts.Include == nil || len(p.read) >= maxIncludes {
		return
	}
	path, data := p.opts.Include(pos.File, inc.Name, quoted)
	if data == nil {
		return
	}
	if len(p.open) > 0 || p.opts.Inline != nil && p.opts.Inline(path) { // in the middle of something it is a part of that
		p.inline(line, path, data)
		return
	}
	if p.read[path] {
		return
	}
	p.read[path] = true
	p.macrosOf(path, data)
}

// inline reads a file in the place of the #include at pos.
func (p *preproc) inline(line *Token, path string, data []byte) {
	if p.nested >= maxNested || p.inlined >= maxInlined {
		p.problems = append(p.problems, Problem{Pos: line.Pos(), Message: "files are included without bound", Limit: true})
		return
	}
	if p.nested++; p.nested == 1 {
		p.at = line
	}
	p.file(path, data)
	if p.nested--; p.nested == 0 {
		p.at = nil
	}
}

// macrosOf takes the macros of an included file, and of those that it includes.
func (p *preproc) macrosOf(path string, data []byte) {
	sub := &preproc{opts: p.opts, read: p.read}
	sub.exp = expander{macros: p.exp.macros, budget: p.exp.budget}
	toks := lexDirectives(path, data)
	for i := range toks {
		sub.directive(toks, i, false)
	}
}

func cutWord(s string) (word, rest string) {
	i := 0
	for i < len(s) && isIdent(s[i]) {
		i++
	}
	return s[:i], strings.TrimSpace(s[i:])
}

// condition returns what a #if, #ifdef or #ifndef line asks for, as an expression.
func condition(word, rest string) string {
	switch word {
	case "ifdef":
		name, _ := cutWord(rest)
		return "defined(" + name + ")"
	case "ifndef":
		name, _ := cutWord(rest)
		return "!defined(" + name + ")"
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(rest, "\\\n", " ")), " ")
}

// isGuard reports whether toks[i], with nothing but directives above it, is "#ifndef X" right before "#define X", around the file.
func isGuard(toks []Token, i int) bool {
	word, name := cutWord(toks[i].Text)
	if word == "if" {
		name = strings.Trim(strings.TrimPrefix(strings.ReplaceAll(name, " ", ""), "!defined"), "()")
	}
	if i+1 >= len(toks) || toks[i+1].Kind != Directive || word == "ifdef" {
		return false
	}
	next, rest := cutWord(toks[i+1].Text)
	defined, value := cutWord(rest)
	return next == "define" && defined == name && value == ""
}
