// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"testing"
)

// FuzzInspect: a kernel that somebody else built may be no kernel. What is said of one is bounded.
func FuzzInspect(f *testing.F) {
	for _, source := range []string{"dwarf", "btf"} {
		data, err := os.ReadFile("testdata/vmlinux/" + source + ".elf")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Inspect(bytes.NewReader(data), nil)
		if (b == nil) == (err == nil) {
			t.Errorf("%v, %v", b, err)
		}
		if b != nil && len(b.LSMs) > 2*maxDescriptors {
			t.Errorf("%d LSMs", len(b.LSMs))
		}
	})
}

// TestInspectCompressed: a section that says it is compressed, and is not, ended the program.
func TestInspectCompressed(t *testing.T) {
	for _, name := range []string{"btf", "dwarf"} {
		data, err := os.ReadFile("testdata/vmlinux/" + name + ".elf")
		if err != nil {
			t.Fatal(err)
		}
		f, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		// The flags of a section stand 8 bytes into its header, which has 64; where the headers begin stands at 40.
		headers := binary.LittleEndian.Uint64(data[40:])
		for i, s := range f.Sections {
			broken := bytes.Clone(data)
			at := broken[headers+uint64(i)*64+8:]
			binary.LittleEndian.PutUint64(at, uint64(s.Flags|elf.SHF_COMPRESSED))
			if b, err := Inspect(bytes.NewReader(broken), nil); err != nil && b != nil || err == nil && b == nil {
				t.Errorf("%s: %v, %v", s.Name, b, err)
			}
		}
	}
}
