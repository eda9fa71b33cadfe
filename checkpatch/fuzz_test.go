// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// seedFuzz adds the cases of the rules.
func seedFuzz(f *testing.F) {
	names, err := filepath.Glob("testdata/rules/*[^t]")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("@@ -1 +1,3 @@\n+a/*\n b*/\n\\\n+\"\\"))
}

// FuzzCheck runs the whole engine over patches and files: it must end, without a panic, and place each finding on a
// line that is there.
func FuzzCheck(f *testing.F) {
	seedFuzz(f)
	checker := NewChecker(&Options{Strict: true, Fix: true})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 20_000 {
			return
		}
		start := time.Now()
		for _, r := range []*Result{checker.Patch("a.patch", data), checker.File("kernel/a.c", data)} {
			for _, found := range r.found {
				if found.nr < 0 || found.nr > len(r.src.raw) {
					t.Errorf("%s at line %d of %d", found.typ, found.nr, len(r.src.raw))
				}
				if _, ok := explanations()[found.typ]; !ok {
					t.Errorf("no explanation of %s", found.typ)
				}
			}
			if _, err := Render(io.Discard, []*Result{r}, Style{}); err != nil {
				t.Error(err)
			}
			r.Findings(1)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d bytes took %v", len(data), took)
		}
	})
}

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
		got := b.blank(line)
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
	seedFuzz(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 5_000 || bytes.IndexByte(data, 0) >= 0 {
			return
		}
		src := readFile("a.c", data, false)
		at := cursor{fileHeader + 1, len(src.raw) - fileHeader, 0}
		for range len(data) + 2 {
			st := src.readStatement(at)
			if !strings.HasPrefix(st.text, st.cond) {
				t.Fatalf("the condition %q does not start %q", st.cond, st.text)
			}
			if len(src.spacedText(st.from, st.text)) != len(st.text) {
				t.Fatalf("spacing changes the size of %q", st.text)
			}
			if st.next.left <= 0 || st.next.nr > len(src.raw) {
				return
			}
			if st.next.nr < at.nr || st.next.nr == at.nr && st.next.off <= at.off {
				t.Fatalf("from %+v to %+v", at, st.next)
			}
			at = st.next
		}
		t.Fatal("the statements do not end")
	})
}
