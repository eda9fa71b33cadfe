// SPDX-License-Identifier: GPL-2.0-only

package rustsyn

import (
	"slices"
	"testing"
)

// A repetition in the body of a macro_rules! brings its commas with it, so the base that follows
// it was taken for a part of it, and the fields that the base fills in were said to be missing.
func TestStructExprBaseBehindRepetition(t *testing.T) {
	for src, want := range map[string]struct {
		base   bool
		fields []string
	}{
		`b::info { id: 1, ..b::zeroed() }`:                     {true, []string{"id"}},
		`b::info { id: 1, $($f: $v,)* ..::b::zeroed() }`:       {true, []string{"id"}},
		`b::info { id: 1, $($($f: { g($v) },)*)? ..b::zero }`:  {true, []string{"id"}},
		`b::info { $($f: $v),+ , id: 1 }`:                      {false, []string{"id"}},
		`b::info { $($f: $v,)* }`:                              {false, nil},
		`b::info { id: 1, order: if x { 1 } else { 0..9 }.a }`: {false, []string{"id", "order"}},
	} {
		f := Parse("x.rs", []byte("fn f() { let x = "+src+"; }"))
		exprs := StructExprs(f.Tokens)
		if len(exprs) != 1 {
			t.Errorf("%s: %d struct expressions", src, len(exprs))
			continue
		}
		var fields []string
		for _, f := range exprs[0].Fields {
			fields = append(fields, f.Name)
		}
		if exprs[0].Base != want.base || !slices.Equal(fields, want.fields) {
			t.Errorf("%s: base %v, fields %v; want %v, %v", src, exprs[0].Base, fields, want.base, want.fields)
		}
	}
}
