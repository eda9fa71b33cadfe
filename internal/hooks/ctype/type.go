// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"slices"
	"strings"
)

// Class tells types apart.
type Class uint8

const (
	// Basic is void, an integer or a floating type; Type.Name is its canonical spelling.
	Basic Class = iota
	// Struct, Union and Enum are tagged types; Type.Name is the tag, or "" without one.
	Struct
	Union
	Enum
	// Typedef is a name that only the tree can resolve.
	Typedef
	// Pointer, Array and Func are derived from Type.Elem, for Func the return type.
	Pointer
	Array
	Func
	// Typeof is an operand of typeof or another form whose type is not told by its words.
	Typeof
)

// Qual is a set of type qualifiers.
type Qual uint8

const (
	// Const, Volatile, Restrict and Atomic are the qualifiers of C.
	Const Qual = 1 << iota
	Volatile
	Restrict
	Atomic
)

func (q Qual) String() string {
	var words []string
	for _, n := range [...]struct {
		bit  Qual
		word string
	}{{Const, "const"}, {Volatile, "volatile"}, {Restrict, "restrict"}, {Atomic, "_Atomic"}} {
		if q&n.bit != 0 {
			words = append(words, n.word)
		}
	}
	return strings.Join(words, " ")
}

// A Type is a C type. Types are trees and are not changed once built.
type Type struct {
	Class Class
	Qual  Qual
	Name  string
	Elem  *Type
	// Params are those of a Func after the adjustment of arrays and functions to pointers.
	Params   []Param
	Variadic bool
	// NoProto says that a Func was declared with empty parentheses.
	NoProto bool
	// Len is the length of an Array as it is written, "" where there is none.
	Len string
	// Attrs are the address space annotations, such as __user, that the compiler does not compare.
	Attrs []string
}

// A Param is a parameter of a function.
type Param struct {
	Type *Type
	Name string
	Pos  Pos
}

// String prints t as an abstract declarator: "int (*)(struct file *)".
func (t *Type) String() string { return t.Declare("") }

// Declare prints a declaration of name with type t: "unsigned long clone_flags".
func (t *Type) Declare(name string) string {
	for {
		switch t.Class {
		case Pointer:
			star := "*" + t.Qual.String()
			if t.Qual != 0 && name != "" {
				star += " "
			}
			name = star + name
			if t.Elem.Class == Array || t.Elem.Class == Func {
				name = "(" + name + ")"
			}
		case Array:
			name += "[" + t.Len + "]"
		case Func:
			name += "(" + t.paramList() + ")"
		default:
			return join(join(join(t.Qual.String(), t.base()), strings.Join(t.Attrs, " ")), name)
		}
		t = t.Elem
	}
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

func (t *Type) base() string {
	switch t.Class {
	case Struct:
		return join("struct", t.tag())
	case Union:
		return join("union", t.tag())
	case Enum:
		return join("enum", t.tag())
	}
	return t.Name
}

func (t *Type) tag() string {
	if t.Name == "" {
		return "{…}"
	}
	return t.Name
}

func (t *Type) paramList() string {
	if t.NoProto {
		return ""
	}
	words := make([]string, 0, len(t.Params)+1)
	for _, p := range t.Params {
		words = append(words, p.Type.Declare(p.Name))
	}
	if t.Variadic {
		words = append(words, "...")
	}
	if len(words) == 0 {
		return "void"
	}
	return strings.Join(words, ", ")
}

// Unnamed returns t without the names of parameters, for messages and comparisons by text.
func (t *Type) Unnamed() *Type {
	u := *t
	if t.Elem != nil {
		u.Elem = t.Elem.Unnamed()
	}
	u.Params = nil
	for _, p := range t.Params {
		u.Params = append(u.Params, Param{Type: p.Type.Unnamed(), Pos: p.Pos})
	}
	return &u
}

// HasTypeof reports whether what t is, or a part of it, is left to the compiler: typeof, __auto_type.
func (t *Type) HasTypeof() bool {
	if t.Class == Typeof || t.Class == Typedef && t.Name == "__auto_type" || t.Elem != nil && t.Elem.HasTypeof() {
		return true
	}
	return slices.ContainsFunc(t.Params, func(p Param) bool { return p.Type.HasTypeof() })
}

// IsVoid reports whether t, which may be nil, is void, with or without qualifiers.
func (t *Type) IsVoid() bool { return t != nil && t.Class == Basic && t.Name == "void" }

// Pointee returns the type that t points to, or nil where t is no pointer.
func (t *Type) Pointee() *Type {
	if t.Class == Pointer {
		return t.Elem
	}
	return nil
}

// adjusted returns t as the type of a parameter: arrays and functions become pointers.
func (t *Type) adjusted() *Type {
	switch t.Class {
	case Array:
		return &Type{Class: Pointer, Qual: t.Qual, Elem: t.Elem}
	case Func:
		return &Type{Class: Pointer, Elem: t}
	}
	return t
}
