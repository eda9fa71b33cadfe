// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzSymbols: the symbols and line numbers of a kernel that somebody else built.
func FuzzSymbols(f *testing.F) {
	data, err := os.ReadFile("../../hooks/proof/testdata/vmlinux/dwarf.elf")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	name := filepath.Join(f.TempDir(), "vmlinux")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSymbols(name)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		if s == nil {
			return
		}
		lines := []string{"RIP: 0010:plain_init+0x3/0x10", "Call Trace:", " sample_init+0x1/0x5", " ? 0xffffffff81000000"}
		if decoded := s.decode(s.name(lines)); len(decoded) < len(lines) {
			t.Errorf("%q became %q", lines, decoded)
		}
		if file, line := s.place(lines, "plain_init"); line < 0 || line > 0 && file == "" {
			t.Errorf("%q:%d", file, line)
		}
	})
}
