// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

// A Call is a call in an expression: path::name(args…).
type Call struct {
	Name string
	// Path is the whole path with its generic arguments, as tokens.
	Path []Token
	Args [][]Token
	Pos  Pos
	// Index is that of the "(" among the tokens searched.
	Index int
}

// Calls finds the calls of functions by a path in toks, nested ones too, methods not.
func Calls(toks []Token) []Call {
	closes := closers(toks)
	var calls []Call
	for i := 1; i < len(toks); i++ {
		if !toks[i].Is("(") || closes[i] < 0 {
			continue
		}
		start := pathStart(toks, i)
		if start == i || start > 0 && (toks[start-1].Is(".") || toks[start-1].Is("fn")) {
			continue
		}
		name := lastName(toks[start:i])
		if name == nil {
			continue
		}
		calls = append(calls, Call{Name: name.Text, Path: toks[start:i], Args: SplitArgs(toks[i+1 : closes[i]]), Pos: name.Pos, Index: i})
	}
	return calls
}

// pathStart returns where the path that ends before end begins.
func pathStart(toks []Token, end int) int {
	i := end
	for i > 0 {
		switch t := &toks[i-1]; {
		case t.Is(">"):
			open := angleStart(toks, i-1)
			if open < 0 {
				return i
			}
			i = open
		case t.Kind == Ident && (i == end || toks[i].Is("::")):
			i--
		case t.Is("::"):
			i--
		default:
			return i
		}
	}
	return i
}

// angleStart returns where the "<" stands that the ">" at end closes, or -1.
func angleStart(toks []Token, end int) int {
	depth := 0
	for i := end; i >= 0 && i > end-64; i-- {
		switch {
		case toks[i].Is(">"):
			depth++
		case toks[i].Is("<"):
			if depth--; depth == 0 {
				return i
			}
		case toks[i].Is(";") || toks[i].Is("{") || toks[i].Is("}"):
			return -1
		}
	}
	return -1
}

// lastName returns the last name of a path outside of generic arguments, or nil.
func lastName(path []Token) *Token {
	depth := 0
	for i := len(path) - 1; i >= 0; i-- {
		switch {
		case path[i].Is(">"):
			depth++
		case path[i].Is("<"):
			depth--
		case depth == 0 && path[i].Kind == Ident:
			return &path[i]
		}
	}
	return nil
}

// SplitArgs splits toks at the commas outside of brackets and of generic arguments.
func SplitArgs(toks []Token) [][]Token {
	var args [][]Token
	depth, start := 0, 0
	for i := range toks {
		t := &toks[i]
		switch {
		case t.nesting() != 0:
			depth += t.nesting()
		case t.Is("<") && i > 0 && toks[i-1].Is("::"):
			depth++
		case t.Is(">") && depth > 0 && angleStart(toks, i) > 0 && toks[angleStart(toks, i)-1].Is("::"):
			depth--
		case t.Is(",") && depth == 0:
			args = append(args, toks[start:i])
			start = i + 1
		}
	}
	if start < len(toks) {
		args = append(args, toks[start:])
	}
	return args
}

// Group returns what is inside the bracket that toks begins with, or nil where it does not close.
func Group(toks []Token) []Token {
	if closes := closers(toks); len(toks) > 0 && closes[0] > 0 {
		return toks[1:closes[0]]
	}
	return nil
}

// ParsePath reads a path out of tokens: Adapter::<T>::file_open, <Adapter<T>>::file_open.
func ParsePath(toks []Token) (*Type, error) {
	c := newCursor(toks)
	var self *Type
	if c.is("<") {
		inner, err := c.angles()
		if err != nil {
			return nil, err
		}
		if self, err = newCursor(inner).typ(); err != nil {
			return nil, err
		}
		c.accept("::")
	}
	t, err := c.typ()
	if err == nil && (t.Class != Path || c.more()) {
		err = c.errorf("no path")
	}
	if err == nil && self != nil {
		t.Segs = append([]string{self.Last()}, t.Segs...)
	}
	return t, err
}
