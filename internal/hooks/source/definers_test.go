// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
)

// TestDefiners: who defines a function is told from the lines that begin in the first column.
func TestDefiners(t *testing.T) {
	files := fstest.MapFS{
		"a.c": {Data: []byte("int one(void)\n{\n\treturn two(1);\n}\n\nstatic int\nthree(int x)\n{\n}\n")},
		"b.c": {Data: []byte("#define M(x) x\nint two(int n) { return n; }\nint one(void)\n{\n}\n")},
		"c.h": {Data: []byte("int one(void);\n")},
	}
	s := New(hookstest.Touching("a.c", "b.c", "c.h"), nil, files, "x86")
	for name, want := range map[string][]string{"one": {"a.c", "b.c"}, "two": {"b.c"}, "three": {"a.c"}, "M": nil, "": nil} {
		if got := s.Definers(name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestMentioning: a word is found in whichever file has it, at the ends too, and a part of a word is none.
func TestMentioning(t *testing.T) {
	files := fstest.MapFS{
		"a.c": {Data: []byte("first DEFINE(one) x_two")},
		"b.c": {Data: []byte("two;\none last")},
		"c.h": {Data: []byte("three")},
	}
	s := New(hookstest.Touching("a.c", "b.c", "c.h"), nil, files, "x86")
	for name, want := range map[string][]string{
		"first": {"a.c"}, "one": {"a.c", "b.c"}, "two": {"a.c", "b.c"}, "last": {"b.c"}, "x": nil, "three": nil, "fir": nil,
	} {
		if got := s.Mentioning(name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for i := range 200_000 {
		word := fmt.Sprintf("w%d", i)
		if s.words.addAll([]byte(word)); !s.words.has(word) {
			t.Fatalf("%s was added", word)
		}
	}
}
