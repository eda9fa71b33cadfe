// SPDX-License-Identifier: GPL-2.0-only

package lines

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// TestHunks reads the heads of hunks, and what is none.
func TestHunks(t *testing.T) {
	for line, want := range map[string]Hunk{
		"@@ -1,2 +3,4 @@ int a(void)":  {3, 4, " int a(void)"},
		"@@ -1 +3 @@":                  {3, 1, ""},
		"@@ -0,0 +1,99 @@":             {1, 99, ""},
		"@@ -1,2 +3 @@ a":              {3, 1, " a"},
		"@@ -1,0 +0,0 @@":              {0, 0, ""},
		"@@ -1,2 +99999999999999 @@ x": {1 << 40, 1, " x"},
	} {
		if got, ok := ParseHunk(line); !ok || got != want {
			t.Errorf("%q: %+v, %v; want %+v", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "@@", "@@ -1,2 +3,4", "@@ -,2 +3,4 @@", "@@ -1, +3,4 @@", "@@ -1,2 3,4 @@", "@@ -1,2 +3, @@", "@@ -a +b @@", " @@ -1 +1 @@"} {
		if got, ok := ParseHunk(line); ok {
			t.Errorf("%q is a hunk: %+v", line, got)
		}
	}
}

// TestNewNames reads which file the lines that follow belong to.
func TestNewNames(t *testing.T) {
	for line, want := range map[string]string{
		"+++ b/lib/a.c": "b/lib/a.c", "+++ b/lib/a.c\t2026-01-01": "b/lib/a.c", "+++\tlib/a.c": "lib/a.c", "+++ /dev/null": "/dev/null",
		"+++": "", "+++b/a": "", "+++ ": "", "--- a/a": "", "++ a": "",
	} {
		if got, ok := NewName(line); got != want || ok != (want != "") {
			t.Errorf("%q names %q, %v; want %q", line, got, ok, want)
		}
	}
}

// TestBlanking: comments and the insides of strings are out of the way, at the same columns. "~" stands for a byte of a
// comment.
func TestBlanking(t *testing.T) {
	for _, tc := range []struct{ lines, want string }{
		{"a = 1; /* why */ b;", "a = 1; ~~~~~~~~~ b;"},
		{"a = \"x y\"; b", `a = "XXX"; b`},
		{`a = "x \" y"; b`, `a = "XXXXXX"; b`},
		{`a = 'x'; b = '\''; c`, `a = 'X'; b = 'XX'; c`},
		{`a = "/* no */"; b`, `a = "XXXXXXXX"; b`},
		{"a; // why", "a; ~~~~~~"},
		{"/* one\n two */ a;", "~~~~~~\n~~~~~~~ a;"},
		{"a = '\"'; b = \"c\";", "a = 'X'; b = \"X\";"},
		{"a /**/ b", "a ~~~~ b"},
		{"it's; // not\nb \"c\"", ""},
	} {
		var text strings.Builder
		added := strings.Split(tc.lines, "\n")
		text.WriteString("--- a/a.c\n+++ b/a.c\n@@ -0,0 +1," + Itoa(len(added)) + " @@\n+" + strings.Join(added, "\n+") + "\n")
		s := ReadPatch([]byte(text.String()), false)
		got := make([]string, len(added))
		for i := range got {
			line := s.Blanked(3 + i)
			if len(line) != len(added[i])+1 || line[0] != '+' {
				t.Errorf("%q is as long as %q", line, added[i])
			}
			got[i] = strings.ReplaceAll(strings.TrimPrefix(line, "+"), string(rune(Comment)), "~")
		}
		if joined := strings.Join(got, "\n"); tc.want != "" && joined != tc.want {
			t.Errorf("%q: %q, want %q", tc.lines, joined, tc.want)
		}
	}
}

// TestStatements reads statements of several lines, with the condition at their heads.
func TestStatements(t *testing.T) {
	for _, tc := range []struct{ lines, text, cond string }{
		{"a = b;\nc = d;", "+a = b;", ""},
		{"a = b +\n\tc;\nd;", "+a = b +\n+\tc;", ""},
		{"if (a)\n\tb();\nc();", "+if (a)\n+\tb();", "+if (a)"},
		{"if (a &&\n    b) {\n\tc();\n}\nd();", "+if (a &&\n+    b) {\n+\tc();\n+}", "+if (a &&\n+    b)"},
		{"for (i = 0; i < n; i++)\n\ta();", "+for (i = 0; i < n; i++)\n+\ta();", "+for (i = 0; i < n; i++)"},
		{"struct a {\n\tint b;\n};", "+struct a {\n+\tint b;\n+};", ""},
		{"a(\"; {\");\nb;", "+a(\"XXX\");", "+a(\"XXX\")"},
	} {
		added := strings.Split(tc.lines, "\n")
		s := ReadPatch([]byte("--- a/a.c\n+++ b/a.c\n@@ -0,0 +1,"+Itoa(len(added))+" @@\n+"+strings.Join(added, "\n+")+"\n"), false)
		got := s.ReadStatement(Cursor{Nr: 4, Left: len(added)})
		if strings.TrimRight(got.Text, "\n") != tc.text || strings.TrimRight(got.Cond, " \n") != tc.cond {
			t.Errorf("%q: text %q, condition %q; want %q, %q", tc.lines, got.Text, got.Cond, tc.text, tc.cond)
		}
	}
}

// TestSizesOfBlocks counts lines and statements, whichever are more.
func TestSizesOfBlocks(t *testing.T) {
	for text, want := range map[string]int{
		"+{\n+\ta();\n+}":                1,
		"+{\n+\ta();\n+\tb();\n+}":       2,
		"+{ a(); b(); c(); }":            3,
		"+\ta(b,\n+\t  c);":              2,
		"+{\n+}":                         1,
		"+{\n+\n+\ta();\n+\n+}":          1,
		"+{\n+\tif (a)\n+\t\tb();\n+}\n": 2,
	} {
		if got := BlockSize(text); got != want {
			t.Errorf("%q has %d, want %d", text, got, want)
		}
	}
}

// TestWords: the small functions that the rules are made of.
func TestWords(t *testing.T) {
	for _, tc := range []struct {
		what      string
		got, want any
	}{
		{"first field", FirstField("  one two"), "one"},
		{"first field of none", FirstField(" \t"), ""},
		{"first word", FirstWord("a_1-b"), "a_1"},
		{"first word of none", FirstWord("-b"), ""},
		{"trimmed", TrimSpace("\t a b \r\n"), "a b"},
		{"trimmed on the left", TrimLeft(" a "), "a "},
		{"trimmed on the right", TrimRight(" a "), " a"},
		{"a word", ContainsWord("int printk(void)", "printk"), true},
		{"a part of a word", ContainsWord("int my_printk(void)", "printk"), false},
		{"one of some", ContainsOne("a goto b", []string{"return", "goto"}), true},
		{"none of some", ContainsOne("a b", []string{"return", "goto"}), false},
		{"the last word", LastWord("if else if", "if"), 8},
		{"the last that is whole", LastWord("if elseif", "if"), 0},
		{"no last word", LastWord("elseif", "if"), -1},
		{"a string behind a word", WordThenQuote(`printk(KERN_ERR"X")`), true},
		{"a string behind a space", WordThenQuote(`printk(KERN_ERR "X")`), false},
		{"a string that a word touches", WordThenQuote(`a""`), true},
		{"any prefix", HasAnyPrefix("static int", "extern", "static"), true},
		{"no prefix", HasAnyPrefix("int", "extern", "static"), false},
		{"an identifier", IdentEnd("abc def"), 3},
		{"one that is glued", IdentEnd("abc ## def ("), 10},
		{"one that is glued to nothing", IdentEnd("abc ## (a)"), 3},
		{"one that is glued to a number", IdentEnd("abc##1"), 3},
		{"where a word starts", WordStartBefore("a bcd", 5), 2},
		{"where white space ends", SkipSpace("a  b", 1), 3},
		{"lines", CountLines("+a\n+b\n+\n"), 2},
		{"leading lines", LeadingLines("\n+  \n+a"), 6},
		{"markers", DropMarkers("+a\n-b\n c"), "a\nb\nc"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, tc.got, tc.want)
		}
	}
	if rest, ok := CutFold("Signed-Off-By: a", "signed-off-by:"); rest != " a" || !ok {
		t.Errorf("cut off %q, %v", rest, ok)
	}
	if n, rest, ok := CutNumber("12ab"); n != 12 || rest != "ab" || !ok {
		t.Errorf("cut off %d, %q, %v", n, rest, ok)
	}
	if words, end := LeadingWords("+static int *a = b"); words != 3 || end != 15 {
		t.Errorf("%d words, up to %d", words, end)
	}
}

// TestBlocks reads from an opening brace to the one that closes it.
func TestBlocks(t *testing.T) {
	s := ReadPatch([]byte("--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,6 @@\n if (a) {\n+\tb({ 1 });\n-\tgone {\n+\tif (c) {\n+\t}\n }\n d();\n"), false)
	level, got := s.ReadBlock(4, 7, false, '{', '}')
	want := []string{" if (a) {", "+\tb({ 1 });", "+\tif (c) {", "+\t}", " }"}
	if level != 0 || !slices.Equal(got, want) {
		t.Errorf("level %d, %q, want %q", level, got, want)
	}
	if level, _ := s.ReadBlock(4, 2, false, '{', '}'); level == 0 {
		t.Error("a block that is cut is whole")
	}
}

// TestWholeFiles: a file is a patch that adds all of it, with or without a newline at its end.
func TestWholeFiles(t *testing.T) {
	for text, lines := range map[string]int{"": 0, "a\n": 1, "a": 1, "a\nb": 2, "a\n\n": 2} {
		s := ReadFile("lib/a.c", []byte(text), false)
		n := 0
		for _, line := range s.Raw {
			if strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++") {
				n++
			}
		}
		if n != lines {
			t.Errorf("%q has %d lines, want %d: %q", text, n, lines, s.Raw)
		}
	}
}

// TestManyLines: lines beyond the limit are not looked at, and it is told where.
func TestManyLines(t *testing.T) {
	for _, tc := range []struct{ lines, raw, over int }{{limit.InputLines, limit.InputLines, 0}, {limit.InputLines + 1, limit.InputLines, limit.InputLines}} {
		s := ReadPatch(bytes.Repeat([]byte("\n"), tc.lines), false)
		// The last newline ends a line, and starts none.
		if len(s.Raw) != tc.raw || s.Over != tc.over {
			t.Errorf("%d lines: %d read, over %d; want %d, %d", tc.lines, len(s.Raw), s.Over, tc.raw, tc.over)
		}
	}
}
