// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program compiles a C program that stands for a vmlinux, and returns its symbols.
func program(t *testing.T, flags ...string) *Symbols {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("needs a C compiler")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "security/sample"), 0o755); err != nil {
		t.Fatal(err)
	}
	src := "int sample_inner(int *p)\n{\n\treturn *p;\n}\nint sample_outer(int *p)\n{\n\tint r = sample_inner(p);\n\treturn r + 1;\n}\nint main(void) { return sample_outer(0); }\n"
	if err := os.WriteFile(filepath.Join(dir, "security/sample/sample.c"), []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cc, append(flags, "-O0", "-no-pie", "-o", "vmlinux", "security/sample/sample.c")...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s, err := ReadSymbols(filepath.Join(dir, "vmlinux"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// oopsAt is the log of a kernel without kallsyms.
func oopsAt(t *testing.T, s *Symbols, offset uint64) string {
	t.Helper()
	inner, outer := s.functions[s.byName["sample_inner"][0]], s.functions[s.byName["sample_outer"][0]]
	log := fmt.Sprintf("BUG: kernel NULL pointer dereference, address: 0000000000000000\nRIP: 0010:0x%016x\nCall Trace:\n ? 0x%016x\n 0x%016x\n",
		inner.addr+inner.size/2+offset, inner.addr+1+offset, outer.addr+outer.size/2+offset)
	return log + fmt.Sprintf("Kernel Offset: 0x%x from 0xffffffff81000000\n", offset)
}

func crashOf(t *testing.T, s *Symbols, log string) Crash {
	t.Helper()
	var r Reader
	for _, line := range strings.Split(log, "\n") {
		r.Line(line)
	}
	crashes := r.Crashes(s)
	if len(crashes) != 1 {
		t.Fatalf("%d crashes", len(crashes))
	}
	return crashes[0]
}

// Addresses get names by the symbols, also where the kernel was moved, and lines by the DWARF.
func TestSymbols(t *testing.T) {
	s := program(t, "-g")
	for _, offset := range []uint64{0, 0x1e000000} {
		c := crashOf(t, s, oopsAt(t, s, offset))
		if c.Title != "kernel NULL pointer dereference in sample_inner" || c.File != "security/sample/sample.c" || c.Line < 1 || c.Line > 4 {
			t.Errorf("offset %#x: %s at %s:%d", offset, c.Title, c.File, c.Line)
		}
		if text := strings.Join(c.Lines, "\n"); !strings.Contains(text, "sample_outer+0x") || !strings.Contains(text, "(security/sample/sample.c:") {
			t.Errorf("offset %#x:\n%s", offset, text)
		}
	}
}

func TestSymbolsWithoutDWARF(t *testing.T) {
	s := program(t)
	c := crashOf(t, s, oopsAt(t, s, 0))
	if c.Title != "kernel NULL pointer dereference in sample_inner" || c.File != "" {
		t.Errorf("%s at %s", c.Title, c.File)
	}
}

func TestReadSymbolsErrors(t *testing.T) {
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("\x7fELF but no more"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{text, text + ".missing"} {
		if s, err := ReadSymbols(name); err == nil {
			t.Errorf("%s: %v", name, s)
		}
	}
}

// A User Mode Linux puts its addresses into brackets too, and its registers are those of a program.
func TestSymbolsOfUML(t *testing.T) {
	s := program(t, "-g")
	inner, outer := s.functions[s.byName["sample_inner"][0]], s.functions[s.byName["sample_outer"][0]]
	at := outer.addr + outer.size/2
	log := fmt.Sprintf("RIP: 0033:0x%016x\nKernel panic - not syncing: Kernel mode fault at addr 0x8, ip 0x%x\n",
		inner.addr+1, inner.addr+1)
	if c := crashOf(t, s, log); c.Title != "kernel panic: Kernel mode fault in sample_inner" {
		t.Errorf("%s\n%s", c.Title, strings.Join(c.Lines, "\n"))
	}
	trace := s.name([]string{fmt.Sprintf(" [<%08x>] ? 0x%016[1]x", at)})
	if !strings.Contains(trace[0], "? sample_outer+0x") {
		t.Errorf("%q", trace[0])
	}
}
