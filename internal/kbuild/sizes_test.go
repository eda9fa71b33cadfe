// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The compiler at hand makes the objects whose sizes are compared.
func TestSizes(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler")
	}
	measure := func(text string) *sizes {
		src, out := filepath.Join(t.TempDir(), "a.c"), filepath.Join(t.TempDir(), "a.o")
		write(t, src, text)
		if said, err := exec.Command(cc, "-O1", "-c", "-o", out, src).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		s := &sizes{of: "objects", symbols: map[string]int64{}}
		s.add(out)
		return s
	}
	before := measure("int a(int x) { return x; }\nint gone(void) { return 1; }\nchar b[100];\n")
	after := measure("int a(int x) { return x * x + 3; }\nint more(int *p) { return *p; }\nchar b[164];\n")
	c := before.change(after)
	if c == nil || c.Bss != 64 || len(c.Symbols) != 4 || c.Symbols[0] != (SymbolSize{"b", 100, 164}) {
		t.Fatalf("%+v", c)
	}
	var names []string
	for _, s := range c.Symbols {
		names = append(names, s.Name)
		if s.Name == "gone" && s.After != 0 || s.Name == "more" && s.Before != 0 {
			t.Errorf("%+v", s)
		}
	}
	if got := strings.Join(names, " "); !strings.Contains(got, "gone") || !strings.Contains(got, "more") || !strings.Contains(got, "a") {
		t.Errorf("symbols %s", got)
	}
	if before.change(before) != nil || (*sizes)(nil).change(after) != nil {
		t.Error("nothing changed")
	}
	r := SeriesResult{Patches: []PatchBuild{{Size: c}, {}, {Size: &SizeChange{Of: "objects", Text: -4}}}}
	if n, of := r.Growth(); of != "objects" || n != c.Text+c.Data+c.Bss-4 {
		t.Errorf("%d of %q", n, of)
	}
}

func TestFrames(t *testing.T) {
	before := readFrames("/src/security/a.c:12:a\t48\tstatic\n/src/security/a.c:20:gone\t16\tstatic\n/usr/include/x.h:1:x\t8\tstatic\nnoise\n", "/src")
	after := readFrames("/src/security/a.c:14:5:a\t2064\tdynamic\n/src/security/a.c:30:same\t8\tstatic\n", "/src")
	u := usage{before, after}
	all, found := u.differ(2048, func(Frame) bool { return false })
	want := []Frame{{"a", "security/a.c", 14, 48, 2064}, {"same", "security/a.c", 30, 0, 8}, {"gone", "security/a.c", 20, 16, 0}}
	if len(all) != 3 || all[0] != want[0] || all[1] != want[1] || all[2] != want[2] {
		t.Errorf("%+v", all)
	}
	if len(found) != 1 || found[0].Check != "build/frame" || found[0].Line != 14 || found[0].Message != "a takes 2064 bytes of stack, before 48; the limit is 2048" {
		t.Errorf("%+v", found)
	}
	if _, found = u.differ(2048, func(f Frame) bool { return f.Function == "a" }); len(found) != 0 {
		t.Error("the compiler told it already")
	}
	if _, found = u.differ(4096, func(Frame) bool { return false }); len(found) != 0 {
		t.Error("within the limit")
	}
}
