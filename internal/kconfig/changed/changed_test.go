// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Where code was only removed nothing was judged, so that a series which takes away a declaration passed whether or not
// what is left of the file was compiled.
func TestLines(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          []int
	}{
		{"a\nb\nc\n", "a\nx\nc\n", []int{2}},
		{"a\nb\n", "a\nb\n", nil},
		{"", "a\nb\n", []int{1, 2}},
		{"a\nb\nc\n", "a\nc\n", []int{2}},
		{"a\nb\nc\nd\ne\n", "x\na\nb\nd\ne\ny", []int{1, 4, 6}},
		{"a\n", "", nil},
		{"a\nb\n", "a\n", []int{1}},
		{"a\nb\nc\n", "a\n// why\nc\n", []int{2, 3}},
		{"a\n/* b */\n\nc\n", "a\nc\n", nil},
		// Under the condition of what was removed, else beside it.
		{"a\n#ifdef A\nb\nc\n#endif\nd\n", "a\n#ifdef A\nb\n#endif\nd\n", []int{3}},
		{"a\n#ifdef A\nb\nc\n#endif\nd\n", "a\nd\n", []int{2}},
		{"#ifdef A\na\nb\n#else\nc\nd\n#endif\n", "#ifdef A\na\n#else\nd\n#endif\n", []int{2, 4}},
		{"#ifdef A\na\nb\n#endif\n#ifdef B\nc\nd\n#endif\n", "#ifdef A\na\n#endif\n#ifdef B\nd\n#endif\n", []int{2, 5}},
	} {
		if got := Lines("f.c", tt.before, tt.after); !slices.Equal(got, tt.want) {
			t.Errorf("%q to %q: %v, want %v", tt.before, tt.after, got, tt.want)
		}
	}
}

func TestConditionsOfLines(t *testing.T) {
	text := `int a;
#ifdef CONFIG_A
int b; /* a comment
 that goes on */
#elif IS_ENABLED(CONFIG_B) && \
	!defined(CONFIG_C_MODULE)
int c; // "not a string

# define X(y) \
	do_it(y)
#else
const char *s = "/* no comment";
int d;
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0) || defined CONFIG_D
int e;
#endif
#if 0
int f;
#endif
int g;`
	want := `y 0
y 1
(A && A!=m) 0
comment
y 1
y 1
((!A || A=m) && B && C!=m) 0
blank
macro
macro
y 1
((!A || A=m) && (!B || C=m)) 0
((!A || A=m) && (!B || C=m)) 0
`
	lines := Conditions(text)
	for i, w := range strings.Split(strings.TrimSpace(want), "\n") {
		l := lines[i]
		switch w {
		case "comment", "blank", "macro":
			if k := map[string]Kind{"comment": Comment, "blank": Blank, "macro": Macro}[w]; l.Kind != k {
				t.Errorf("line %d is %v, want %s", i+1, l.Kind, w)
			}
			continue
		}
		cond := strings.Trim(w[:len(w)-2], "()")
		if strings.HasSuffix(w, " 0") && l.Kind != Code {
			t.Errorf("line %d is no code", i+1)
		}
		if l.Kind == Code && l.When.String() != strings.TrimSuffix(strings.TrimPrefix(w[:len(w)-2], "("), ")") && l.When.String() != cond {
			t.Errorf("line %d: when %s, want %s", i+1, l.When, w)
		}
	}
	if got := lines[15].When.String(); !strings.Contains(got, "[LINUX_VERSION_CODE") || !strings.Contains(got, "D") {
		t.Errorf("the version is %s", got)
	}
	if got := lines[18].When.String(); got != "n" {
		t.Errorf("#if 0 is %s", got)
	}
	if lines[20].When.String() != "y" || lines[20].If != 0 || lines[2].If != 2 {
		t.Errorf("ends at %s, #if lines %d %d", lines[20].When, lines[20].If, lines[2].If)
	}
}

func FuzzConditions(f *testing.F) {
	f.Add("#if defined(CONFIG_A) || !IS_ENABLED(CONFIG_B)\nx\n#else\ny\n#endif\n")
	f.Add("#endif\n#else\n#elif (\n#if ((((\\\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10000 {
			return
		}
		lines := Conditions(text)
		if n := len(slices.Collect(strings.Lines(text))); len(lines) != n {
			t.Errorf("%d lines of %d", len(lines), n)
		}
	})
}

func TestLinesOfRust(t *testing.T) {
	var got []Kind
	for _, l := range RustLines("//! doc\n\nfn a() {} // code\n/* one\n two */\n/* x */ fn b() {}\n#[cfg(CONFIG_A)]\n") {
		got = append(got, l.Kind)
	}
	if want := []Kind{Comment, Blank, Code, Comment, Comment, Code, Code}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRustConditions(t *testing.T) {
	lines := Of("a.rs", "#[cfg(CONFIG_A)]\nmod a {\n    #[cfg(not(CONFIG_B))]\n    fn b() {}\n    // why\n}\nmacro_rules! m {\n    () => {};\n}\nfn c() {}\n")
	for i, want := range []string{"A 1", "A 1", "A && !B 3", "A && !B 3", "A 1", "A 1", "macro", "macro", "macro", "y 0"} {
		got := fmt.Sprintf("%s %d", lines[i].When, lines[i].If)
		if lines[i].Kind == Macro {
			got = "macro"
		}
		if got != want {
			t.Errorf("line %d: %s, want %s", i+1, got, want)
		}
	}
}

// An include guard is no condition; an #ifndef with a definition of something else, or with a value, is.
func TestIncludeGuards(t *testing.T) {
	for text, want := range map[string]string{
		"#ifndef _A_H\n#define _A_H\nint a;\n#endif\n":                          "y",
		"#ifndef _A_H\n#define _A_H\n#ifdef CONFIG_B\nint a;\n#endif\n#endif\n": "B && B!=m",
		"#ifndef A\n#define A 1\nint a;\n#endif\n":                              "[defined(A)]",
		"#ifndef CONFIG_A\n#define CONFIG_A\nint a;\n#endif\n":                  "!A || A=m",
	} {
		for i, l := range Conditions(text) {
			if strings.HasPrefix(strings.Split(text, "\n")[i], "int") && l.When.String() != want {
				t.Errorf("%q: %s, want %s", text, l.When, want)
			}
		}
	}
}

// TestMovedFile: a file that moved has its own old text, and one line of code to show that it compiles where it is now.
func TestMovedFile(t *testing.T) {
	moves := Moves{"new/a.c": "old/a.c"}
	text := "/* what */\n#include <x.h>\n\nint one;\nint two;\n"
	for _, c := range []struct {
		name, before string
		want         []int
	}{
		{"new/a.c", text, []int{4}},
		{"new/a.c", strings.Replace(text, "two", "old", 1), []int{4, 5}},
		{"kept/a.c", text, nil},
	} {
		if got := moves.Lines(c.name, c.before, text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	for text, want := range map[string]int{"#ifdef A\nint a;\n#endif\nint b;\n": 4, "#ifdef A\nint a;\nint b;\n#endif\n": 2} {
		if got := moves.Lines("new/a.c", text, text); !slices.Equal(got, []int{want}) {
			t.Errorf("%q: %v", text, got)
		}
	}
	if moves.Was("new/a.c") != "old/a.c" || moves.Was("kept/a.c") != "kept/a.c" || Moves(nil).Was("x.c") != "x.c" {
		t.Error("a file was elsewhere")
	}
}
