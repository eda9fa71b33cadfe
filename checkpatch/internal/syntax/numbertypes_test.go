// SPDX-License-Identifier: GPL-2.0-only

package syntax

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

const (
	numberPattern = `void|(?:(?:un)?signed\s+)?char|(?:(?:un)?signed\s+)?short\s+int|(?:(?:un)?signed\s+)?short|` +
		`(?:(?:un)?signed\s+)?int|(?:(?:un)?signed\s+)?long\s+int|(?:(?:un)?signed\s+)?long\s+long\s+int|` +
		`(?:(?:un)?signed\s+)?long\s+long|(?:(?:un)?signed\s+)?long|(?:un)?signed|float|double|bool`
	misorderedPattern = `char\s+(?:un)?signed|int\s+(?:(?:un)?signed\s+)?short\s|int\s+short(?:\s+(?:un)?signed)|` +
		`short\s+int(?:\s+(?:un)?signed)|(?:un)?signed\s+int\s+short|short\s+(?:un)?signed|` +
		`long\s+int\s+(?:un)?signed|int\s+long\s+(?:un)?signed|long\s+(?:un)?signed\s+int|` +
		`int\s+(?:un)?signed\s+long|int\s+(?:un)?signed|int\s+long\s+long\s+(?:un)?signed|` +
		`long\s+long\s+int\s+(?:un)?signed|long\s+long\s+(?:un)?signed\s+int|long\s+long\s+(?:un)?signed|` +
		`long\s+(?:un)?signed`
)

// TestSizedTypes: the names are those that a pattern tells.
func TestSizedTypes(t *testing.T) {
	named := Compile(`^(?:(?:__)?(?:[us]_?)?int_?(?:8|16|32|64)_t\b|(?:u_(?:char|short|int|long)|u(?:nchar|short|int|long))\b|` +
		`(?:(?:__)?(?:u|s|be|le)(?:8|16|32|64)|atomic_t)\b|FILE\b)`)
	var m pattern.Matcher
	for name := range sizedTypes {
		if loc := m.Find(named, name); loc == nil || loc[1] != len(name) {
			t.Errorf("%q is no type", name)
		}
	}
	// 2 prefixes, 4 sizes, and of each 4 kinds and 10 spellings with int; and 10 names.
	if want := 2*4*(4+10) + 10; len(sizedTypes) != want {
		t.Errorf("%d names, want %d", len(sizedTypes), want)
	}
	if m.Match(Compile(`^{typedefs}`), "u32x") || m.Match(Compile(`^{typedefs}`), "__u_int") || !m.Match(Compile(`^{typedefs}\b`), "u32 x") {
		t.Error("names match as whole words")
	}
}

// TestTypeTables: the tables match what patterns of the same types do, in the same order.
func TestTypeTables(t *testing.T) {
	words := []string{"char", "short", "int", "long", "signed", "unsigned", "void", "bool", "x", "integer"}
	pairs := []struct{ table, pattern *pattern.Pattern }{
		{Compile(`^(?:{numberType})\b(.*)`), Compile(`^(?:` + numberPattern + `)\b(.*)`)},
		{Compile(`^{misordered}\b(.*)`), Compile(`^(?:` + misorderedPattern + `)\b(.*)`)},
		// Of all matches, those that leave a word and those that leave two.
		{Compile(`^(?:{numberType})\b(\s+\w+)$`), Compile(`^(?:` + numberPattern + `)\b(\s+\w+)$`)},
		{Compile(`^(?:{numberType})\b(\s+\w+\s+\w+)$`), Compile(`^(?:` + numberPattern + `)\b(\s+\w+\s+\w+)$`)},
		{Compile(`^{misordered}\b(\s*\w+)$`), Compile(`^(?:` + misorderedPattern + `)\b(\s*\w+)$`)},
	}
	var m pattern.Matcher
	matched := 0
	for n := range 100_000 {
		text := make([]string, 0, 5)
		for ; n > 0; n /= len(words) {
			text = append(text, words[n%len(words)])
		}
		for _, s := range []string{strings.Join(text, " "), strings.Join(text, " \t")} {
			for _, p := range pairs {
				want := m.Groups(p.pattern, s)
				if want != nil {
					matched++
				}
				if got := m.Groups(p.table, s); !slices.Equal(got, want) {
					t.Fatalf("%q: got %q, want %q", s, got, want)
				}
			}
		}
	}
	if matched < 10_000 {
		t.Errorf("only %d matches", matched)
	}
}
