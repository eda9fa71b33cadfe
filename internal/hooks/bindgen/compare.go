// SPDX-License-Identifier: GPL-2.0-only

package bindgen

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// verdict is the outcome of a comparison between a Rust and a C type. They are in order: of the parts of a type the least
// counts.
type verdict int

// The verdicts.
const (
	Differs verdict = iota
	unknown         // a name stands for what only a compiler knows
	Matches
)

// Same compares a Rust type of file f with what bindgen makes of the C type t.
func (m *Mapper) Same(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type) verdict {
	return m.compare(f, r, t, 0)
}

// compare is Same below depth names. An alias of the file is followed before anything else is asked, so that the rest sees
// what the compiler sees; depth ends aliases and typedefs that name each other.
func (m *Mapper) compare(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if depth > 32 {
		return unknown
	}
	if r == nil {
		return verdictOf(t.Class == ctype.Basic && t.Name == "void")
	}
	if alias := AliasOf(f, r); alias != nil {
		return m.compare(f, alias, t, depth+1)
	}
	switch t.Class {
	case ctype.Typedef:
		return m.compareTypedef(f, r, t, depth)
	case ctype.Pointer:
		return m.comparePointer(f, r, t, depth)
	case ctype.Basic:
		return m.compareBasic(f, r, t.Name, depth)
	case ctype.Enum:
		if name := BindingName(f, r); name == t.Name || m.newtypes[t.Name] {
			return verdictOf(name == t.Name)
		}
		return m.compareBasic(f, r, m.headers.EnumType(t.Name), depth)
	case ctype.Struct, ctype.Union:
		return m.compareTag(f, r, t, depth)
	case ctype.Array:
		if r.Class == rustsyn.Array {
			return m.compare(f, r.Elem, t.Elem, depth+1)
		}
	}
	return Differs
}

// verdictOf makes a verdict of what is known for sure.
func verdictOf(ok bool) verdict {
	if ok {
		return Matches
	}
	return Differs
}

// compareTypedef compares with a name that C gives a type. bindgen has a Rust type of that name, which is the same; it has
// others for sizes and fixed widths; and whoever writes out what the name stands for is right as well.
func (m *Mapper) compareTypedef(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if BindingName(f, r) == t.Name {
		return Matches
	}
	if name := sizeType(t.Name); name != "" {
		return m.comparePrimitive(f, r, name, depth)
	}
	to := m.headers.Resolve(t)
	switch {
	case to.Class == ctype.Typedef:
		return unknown
	case to.Name == "" && (to.Class == ctype.Struct || to.Class == ctype.Union || to.Class == ctype.Enum):
		// Without a tag the type has the name of its typedef.
		named := *to
		named.Name = t.Name
		to = &named
	}
	return m.compare(f, r, to, depth+1)
}

// comparePointer compares with a pointer. One to a function is an Option in Rust, since it may be null; the others are raw
// pointers, whose const is that of what they point to. A reference has another type, whatever it has in common.
func (m *Mapper) comparePointer(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	elem := t.Elem
	if elem.Class == ctype.Typedef {
		if to := m.headers.Resolve(elem); to.Class == ctype.Func {
			elem = to
		}
	}
	if elem.Class == ctype.Func {
		if r.Last() != "Option" || len(r.Args) != 1 || r.Args[0].Class != rustsyn.Func {
			return m.viaName(f, r, t, depth)
		}
		return m.CompareFunc(f, r.Args[0], elem, depth+1)
	}
	if r.Class != rustsyn.Ptr {
		return m.viaName(f, r, t, depth)
	}
	if isConst := elem.Qual&ctype.Const != 0; isConst == r.Mut {
		return Differs
	}
	if elem.Class == ctype.Basic && elem.Name == "void" {
		return verdictOf(r.Elem.Last() == "c_void")
	}
	return m.compare(f, r.Elem, elem, depth+1)
}

// viaName compares where Rust has a name for what C spells out: that of a typedef, or one that
// is not known here.
func (m *Mapper) viaName(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if r.Class != rustsyn.Path {
		return Differs
	}
	name := BindingName(f, r)
	if name == "" {
		return m.foreign(f, r)
	}
	to := m.headers.Resolve(&ctype.Type{Class: ctype.Typedef, Name: name})
	return verdictOf(to.Class != ctype.Typedef && ctype.Compatible(to, t, m.headers))
}

// foreign judges a Rust path that is no binding against something that is one.
func (m *Mapper) foreign(f *rustsyn.File, r *rustsyn.Type) verdict {
	segs := FullPath(f, r.Segs)
	name := segs[len(segs)-1]
	switch {
	case m.FFI[name] != "" || IsPrimitive(name) || name == "c_void":
		return Differs
	case len(segs) > 1 && segs[0] != "Self" || len(r.Args) > 0 || slices.Contains([]string{"Option", "Box", "KBox", "Result", "Error", "ARef", "CStr"}, name):
		return Differs
	}
	return unknown
}

// CompareFunc compares a function of Rust with one of C: the worst of what its parameters and its result come to. One with
// another number of parameters, or that is no extern "C", differs.
func (m *Mapper) CompareFunc(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	if len(r.Params) != len(t.Params) || r.ABI != "C" {
		return Differs
	}
	worst := m.compare(f, r.Ret, t.Elem, depth+1)
	for i := range r.Params {
		worst = min(worst, m.compare(f, r.Params[i].Type, t.Params[i].Type, depth+1))
	}
	return worst
}

// compareTag compares with a struct or a union, by its tag.
func (m *Mapper) compareTag(f *rustsyn.File, r *rustsyn.Type, t *ctype.Type, depth int) verdict {
	name := BindingName(f, r)
	if name == t.Name && name != "" {
		return Matches
	}
	return m.viaName(f, r, t, depth)
}
