// SPDX-License-Identifier: GPL-2.0-only

package bpf

import (
	"bytes"
	"os"
	"testing"
)

// FuzzObjects: an object of BPF programs that somebody else built.
func FuzzObjects(f *testing.F) {
	data, err := os.ReadFile("testdata/prog.o")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		programs, err := Objects("prog.o", bytes.NewReader(data))
		if err != nil && len(programs) > 0 {
			t.Errorf("%v, %v", programs, err)
		}
		for _, p := range programs {
			if p.Hook == "" || p.File != "prog.o" {
				t.Errorf("%+v", p)
			}
		}
	})
}
