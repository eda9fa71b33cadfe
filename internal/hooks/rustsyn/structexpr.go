// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

// A StructExpr is an expression that makes a struct: path::Name { field: value, ..base }.
type StructExpr struct {
	Name   string
	Pos    Pos
	Fields []FieldExpr
	// Index is that of the "{" among the tokens searched.
	Index int
	// Base says that "..base" fills in the fields that are not named.
	Base bool
}

// A FieldExpr is one field of a [StructExpr].
type FieldExpr struct {
	Name  string
	Pos   Pos
	Value []Token
}

// StructExprs finds the struct expressions in toks whose path has more than one name, as those
// of bindings::… have; others cannot be told from blocks.
func StructExprs(toks []Token) []StructExpr {
	closes := closers(toks)
	var found []StructExpr
	for i := 3; i < len(toks); i++ {
		if !toks[i].Is("{") || closes[i] < 0 || toks[i-1].Kind != Ident || !toks[i-2].Is("::") {
			continue
		}
		start := pathStart(toks, i)
		if start > 0 && (toks[start-1].Is("impl") || toks[start-1].Is("for") || toks[start-1].Is("->") || toks[start-1].Is("in")) {
			continue
		}
		e := StructExpr{Name: toks[i-1].Text, Pos: toks[i-1].Pos, Index: i}
		for _, part := range splitFields(toks[i+1 : closes[i]]) {
			part = afterRepetition(part)
			switch {
			case len(part) > 0 && part[0].Is(".."):
				e.Base = true
			case len(part) > 1 && part[0].Kind == Ident && part[1].Is(":"):
				e.Fields = append(e.Fields, FieldExpr{part[0].Text, part[0].Pos, part[2:]})
			case len(part) == 1 && part[0].Kind == Ident:
				e.Fields = append(e.Fields, FieldExpr{part[0].Text, part[0].Pos, part})
			}
		}
		found = append(found, e)
	}
	return found
}

// splitFields splits at the commas outside of brackets, and drops attributes.
func splitFields(toks []Token) [][]Token {
	parts := SplitArgs(toks)
	for i, part := range parts {
		for len(part) > 2 && part[0].Is("#") && part[1].Is("[") {
			end := closers(part)[1]
			if end < 0 {
				break
			}
			part = part[end+1:]
		}
		parts[i] = part
	}
	return parts
}

// afterRepetition drops "$( … )*" at the start of a part. In the body of a macro_rules! such a
// repetition brings its own commas, so none needs to follow it.
func afterRepetition(part []Token) []Token {
	for len(part) > 2 && part[0].Is("$") && part[1].Is("(") {
		end := closers(part)[1]
		if end < 0 {
			return part
		}
		part = part[end+1:]
		for len(part) > 0 && !part[0].Is("*") && !part[0].Is("+") && !part[0].Is("?") {
			part = part[1:] // the separator
		}
		if len(part) > 0 {
			part = part[1:]
		}
	}
	return part
}
