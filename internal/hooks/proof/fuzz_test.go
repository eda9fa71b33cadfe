// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"bytes"
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
