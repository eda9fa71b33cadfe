// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// A Mismatch is one way in which a function differs from its hook.
type Mismatch struct {
	// Param is the number of the parameter from 0, returns for the return type or arity for the
	// number of parameters.
	Param int
	want  string // what the hook has, as C
	got   string // what the function has, as C
	// swapped is the number from 1 of the parameter that this one is exchanged with, or 0.
	swapped int
}

// swaps marks the pairs of parameters that are exchanged, given whether what the function has as
// one parameter fits another of the hook.
func swaps(found []Mismatch, fits func(got, want int) bool) {
	for i := range found {
		for j := range found[:i] {
			a, b := found[i].Param, found[j].Param
			if a >= 0 && b >= 0 && fits(a, b) && fits(b, a) {
				found[i].swapped, found[j].swapped = b+1, a+1
			}
		}
	}
}

// advice adds to a hint that two parameters are exchanged.
func (m *Mismatch) advice(hint string) string {
	if m.swapped == 0 {
		return hint
	}
	return fmt.Sprintf("%s: parameters %d and %d are exchanged", hint, min(m.Param+1, m.swapped), max(m.Param+1, m.swapped))
}

const (
	returns = -1
	arity   = -2
)

// CompareFuncs returns how the function type got differs from want, in order. It is empty
// exactly where clang takes one for the other with the flags of a tree: where the two are compatible as
// C says, the qualifiers of what they return agree (gcc lets them differ), and got has a prototype
// (-Werror=strict-prototypes).
func CompareFuncs(want, got *ctype.Type, h *ctype.Headers) []Mismatch {
	sameReturn := h.Resolve(want.Elem).Qual == h.Resolve(got.Elem).Qual
	hasProto := !got.NoProto || want.NoProto
	if sameReturn && hasProto && ctype.Compatible(want, got, h) {
		return nil
	}
	var found []Mismatch
	if !sameReturn || !ctype.Compatible(want.Elem, got.Elem, h) {
		found = append(found, Mismatch{Param: returns, want: want.Elem.String(), got: got.Elem.String()})
	}
	if !hasProto || len(want.Params) != len(got.Params) || want.Variadic != got.Variadic || want.NoProto != got.NoProto {
		return append(found, Mismatch{Param: arity, want: count(want), got: count(got)})
	}
	for i := range want.Params {
		w, g := want.Params[i], got.Params[i]
		if !ctype.Compatible(w.Type, g.Type, h) {
			found = append(found, Mismatch{Param: i, want: w.Type.Declare(w.Name), got: g.Type.Declare(g.Name)})
		}
	}
	swaps(found, func(g, w int) bool { return ctype.Compatible(want.Params[w].Type, got.Params[g].Type, h) })
	return found
}

func count(f *ctype.Type) string {
	switch {
	case f.NoProto:
		return "no prototype"
	case f.Variadic:
		return fmt.Sprintf("%d parameters and more", len(f.Params))
	}
	return plural(len(f.Params), "parameter")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
