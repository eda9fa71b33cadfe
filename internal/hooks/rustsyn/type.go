// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import "strings"

// Class tells types apart.
type Class uint8

const (
	// Path is a path, generic arguments included: bindings::file, Option<T>.
	Path Class = iota
	// Ptr is *const or *mut, Ref & or &mut.
	Ptr
	Ref
	// Tuple has its members in Args; "()" has none.
	Tuple
	// Func is a function pointer.
	Func
	// Array is [T; N], Slice [T].
	Array
	Slice
	// Never is "!", Other a type that is kept as text: dyn, impl, "_", <T as X>::Y.
	Never
	Other
)

// A Type is a Rust type.
type Type struct {
	Class Class
	// Segs are the names of a Path, without "::"; Args the generic arguments of its last name,
	// or the members of a Tuple.
	Segs []string
	Args []*Type
	// Mut says *mut or &mut.
	Mut  bool
	Elem *Type
	// Params, Ret, Unsafe and ABI describe a Func; Ret is nil for "()".
	Params []Param
	Ret    *Type
	Unsafe bool
	ABI    string
	// Text is the type as written, with single spaces where they are needed.
	Text string
	Pos  Pos
}

// A Param is a parameter of a function.
type Param struct {
	// Name is the name that the pattern binds, "" where it is no simple one.
	Name string
	Type *Type
	Pos  Pos
}

// String returns t as it was written.
func (t *Type) String() string {
	if t == nil {
		return "()"
	}
	return t.Text
}

// Last returns the last name of a Path, or "".
func (t *Type) Last() string {
	if t == nil || t.Class != Path || len(t.Segs) == 0 {
		return ""
	}
	return t.Segs[len(t.Segs)-1]
}

// Text returns toks as source text.
func Text(toks []Token) string {
	var b strings.Builder
	for i := range toks {
		if i > 0 && spaced(&toks[i-1], &toks[i]) {
			b.WriteByte(' ')
		}
		b.WriteString(toks[i].Text)
	}
	return b.String()
}

func spaced(a, b *Token) bool {
	word := func(t *Token) bool { return t.Kind != Punct }
	switch {
	case word(a) && word(b):
		return true
	case a.Text == "," || a.Text == ";" || a.Text == "->" || b.Text == "->" || a.Text == "=>" || b.Text == "=>":
		return true
	case a.Text == ":" || a.Text == "=" || b.Text == "=" || b.Text == "{" || a.Text == "{" || b.Text == "}":
		return true
	}
	return a.Text == ")" && word(b) || a.Text == ">" && word(b)
}
