// SPDX-License-Identifier: GPL-2.0-only

package lines

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzBlank: a blanked line has the length of the raw one, but for a backslash at the end of a string and the text of
// #error, and keeps all tabs outside of directives.
func FuzzBlank(f *testing.F) {
	f.Add("+\tx = \"a\\\"b\"; /* c */ // d", false)
	f.Add("+#include <a//b>", true)
	f.Fuzz(func(t *testing.T, line string, inComment bool) {
		if strings.ContainsAny(line, "\n") {
			return
		}
		line = "+" + line
		var b blanker
		b.reset(inComment)
		b.blank(line)
		got := strings.TrimSuffix(b.to.String(), "\n")
		if len(got) > len(line)+1 {
			t.Errorf("%q became %q", line, got)
		}
		if got[0] != '+' {
			t.Errorf("the marker of %q changed: %q", line, got)
		}
		if strings.Count(got, "\t") > strings.Count(line, "\t") {
			t.Errorf("%q has tabs that %q has not", got, line)
		}
	})
}

// FuzzStatement: the statements of a source follow one another, and none is empty while there are lines left.
func FuzzStatement(f *testing.F) {
	for _, seed := range []string{"int f(void)\n{\n\tif (a)\n\t\tb();\n\telse {\n#if C\n\t\tdo { d(); } while (0);\n#endif\n\t}\n}\n", "a\\\n((b\n", "#define A(x) \\\n\t{ x; }\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 5_000 || bytes.IndexByte(data, 0) >= 0 {
			return
		}
		src := ReadFile("a.c", data, false)
		at := Cursor{fileHeader + 1, len(src.Raw) - fileHeader, 0}
		for range len(data) + 2 {
			st := src.ReadStatement(at)
			if !strings.HasPrefix(st.Text, st.Cond) {
				t.Fatalf("the condition %q does not start %q", st.Cond, st.Text)
			}
			if len(src.SpacedText(st.From, st.Text)) != len(st.Text) {
				t.Fatalf("spacing changes the size of %q", st.Text)
			}
			if st.Next.Left <= 0 || st.Next.Nr > len(src.Raw) {
				return
			}
			if st.Next.Nr < at.Nr || st.Next.Nr == at.Nr && st.Next.Off <= at.Off {
				t.Fatalf("from %+v to %+v", at, st.Next)
			}
			at = st.Next
		}
		t.Fatal("the statements do not end")
	})
}
