// SPDX-License-Identifier: GPL-2.0-only

// Package symbols holds the configuration symbols of a tree as the tree's own scripts/kconfig sees them:
// dependencies, prompts, defaults, selects and choices.
//
// For most uses, call [Open] and then [Session.Model]. A program of ours is linked with the objects of
// scripts/kconfig and run in the sandbox, so that a tree's own version of the language counts, whatever
// it is; what it writes is kept below the user's cache, under the hash of all that it came from.
// [Session.Conf] runs the tree's conf, which has the last word.
package symbols

// A Type is the type of a symbol.
type Type string

// The types that Kconfig has.
const (
	Bool     Type = "bool"
	Tristate Type = "tristate"
	Int      Type = "int"
	Hex      Type = "hex"
	String   Type = "string"
)

// IsLogic reports whether a symbol of the type is n, m or y.
func (t Type) IsLogic() bool { return t == Bool || t == Tristate }

// A Symbol is a config entry with all its definitions put together.
type Symbol struct {
	Name string
	Type Type
	// Depends are its dependencies; Selected and Implied what selects and implies it, nil for nothing.
	Depends, Selected, Implied *Expr
	// Prompts are the conditions under which a person can set it; none for a symbol without prompt.
	Prompts []*Expr
	// Defaults are in order: the first whose condition holds counts.
	Defaults []Default
	// Ranges are those of a number, in order: the first whose condition holds counts.
	Ranges []Range
	// Choice is the choice that it is a member of, or nil.
	Choice *Choice
}

// A Default is a value with its condition.
type Default struct{ Value, If *Expr }

// A Range is the least and the largest value of a number, both a constant or a symbol, with its condition.
type Range struct{ Min, Max, If *Expr }

// A Choice lets one of its members be y.
type Choice struct {
	Type     Type
	Optional bool
	Prompts  []*Expr
	Members  []string
	// Defaults are as those of a symbol, each the name of a member; the first member where none counts.
	Defaults []Default
}

// An Expr is an expression of Kconfig.
type Expr struct {
	// Op is "" for a symbol or constant, else one of | & ! = != < <= > >=; "?" for one that the tree's
	// code has and we do not know.
	Op string
	// Name is the symbol's name, or the constant's text where Const.
	Name  string
	Const bool
	Kids  []*Expr
}

// A Model is all symbols of a tree for one architecture and toolchain.
type Model struct {
	Symbols map[string]*Symbol
	Choices []*Choice
	// Order has the names of Symbols as the Kconfig files have them.
	Order []string
}

// Visit calls f with the name of each symbol that e mentions.
func (e *Expr) Visit(f func(name string)) {
	if e == nil {
		return
	}
	if e.Op == "" && !e.Const {
		f(e.Name)
	}
	for _, k := range e.Kids {
		k.Visit(f)
	}
}

// String writes e as Kconfig would.
func (e *Expr) String() string {
	switch e.Op {
	case "":
		if e.Const && e.Name != "y" && e.Name != "m" && e.Name != "n" {
			return `"` + e.Name + `"`
		}
		return e.Name
	case "!":
		return "!" + e.Kids[0].grouped()
	case "&", "|":
		op := " " + e.Op + e.Op + " "
		text := e.Kids[1].grouped()
		left := e.Kids[0]
		for left.Op == e.Op {
			text = left.Kids[1].grouped() + op + text
			left = left.Kids[0]
		}
		return left.grouped() + op + text
	}
	return e.Kids[0].String() + e.Op + e.Kids[1].String()
}

func (e *Expr) grouped() string {
	if e.Op == "&" || e.Op == "|" {
		return "(" + e.String() + ")"
	}
	return e.String()
}
