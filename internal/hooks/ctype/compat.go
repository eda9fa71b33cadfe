// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"strconv"
	"strings"
)

// Compatible reports whether a and b are compatible types, as the compiler's
// __builtin_types_compatible_p says: the qualifiers of the types themselves, of parameters and
// of return types do not count, those behind pointers do. Typedefs and enumerations are
// resolved by h; where h is nil or does not know a name, it is a type of its own.
func Compatible(a, b *Type, h *Headers) bool {
	c := comparer{h}
	return c.same(a, b, true)
}

type comparer struct{ h *Headers }

// same compares two types, with or without their own qualifiers.
func (c comparer) same(a, b *Type, unqualified bool) bool {
	if a.Class == Typedef && b.Class == Typedef && a.Name == b.Name {
		return unqualified || a.Qual == b.Qual
	}
	a, b = c.h.Resolve(a), c.h.Resolve(b)
	if !unqualified && a.Qual != b.Qual {
		return false
	}
	// An enumeration is its integer type only where neither has a qualifier that counts: so gcc
	// and clang both.
	bare := unqualified || a.Qual == 0
	if a.Class == Enum && b.Class == Basic {
		return bare && c.h.EnumType(a.Name) == b.Name
	}
	if a.Class == Basic && b.Class == Enum {
		return bare && c.h.EnumType(b.Name) == a.Name
	}
	if a.Class != b.Class {
		return false
	}
	switch a.Class {
	case Struct, Union, Enum:
		return a.Name == b.Name && a.Name != ""
	case Pointer:
		return c.same(a.Elem, b.Elem, false)
	case Array:
		return c.same(a.Elem, b.Elem, false) && sameLen(a.Len, b.Len)
	case Func:
		return c.sameFunc(a, b)
	}
	return a.Name == b.Name
}

func (c comparer) sameFunc(a, b *Type) bool {
	if !c.same(a.Elem, b.Elem, true) {
		return false
	}
	if a.NoProto || b.NoProto {
		return a.NoProto && b.NoProto || c.takesAnything(a) && c.takesAnything(b)
	}
	if a.Variadic != b.Variadic || len(a.Params) != len(b.Params) {
		return false
	}
	for i := range a.Params {
		if s, t := a.Params[i].Type, b.Params[i].Type; s.Class == Typedef && t.Class == Typedef && s.Name == t.Name && s.Qual == t.Qual {
			continue // the same, whatever it is: no header is read for it
		}
		if !c.same(c.param(a, i), c.param(b, i), true) {
			return false
		}
	}
	return true
}

// param returns the type of a parameter; one whose typedef stands for an array or a function is a
// pointer.
func (c comparer) param(f *Type, i int) *Type {
	t := f.Params[i].Type
	if t.Class != Typedef {
		return t
	}
	if to := c.h.Resolve(t); to.Class == Array || to.Class == Func {
		return to.adjusted()
	}
	return t
}

// takesAnything reports whether f agrees with a declaration without a prototype: a fixed number
// of parameters, none of which the default argument promotions change.
func (c comparer) takesAnything(f *Type) bool {
	if f.NoProto {
		return true
	}
	for _, p := range f.Params {
		switch t := c.h.Resolve(p.Type); {
		case t.Class != Basic:
		case strings.HasSuffix(t.Name, "char"), strings.HasSuffix(t.Name, "short"), t.Name == "_Bool", t.Name == "float":
			return false
		}
	}
	return !f.Variadic
}

func sameLen(a, b string) bool {
	if a == b || a == "" || b == "" {
		return true
	}
	x, errX := strconv.ParseUint(strings.TrimRight(a, "uUlL"), 0, 64)
	y, errY := strconv.ParseUint(strings.TrimRight(b, "uUlL"), 0, 64)
	return errX == nil && errY == nil && x == y
}
