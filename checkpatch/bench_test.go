// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"os"
	"testing"
)

// BenchmarkFile checks a file of cases, or the one that LSMPATCH_BENCH_FILE names, in file mode.
func BenchmarkFile(b *testing.B) {
	name := os.Getenv("LSMPATCH_BENCH_FILE")
	if name == "" {
		name = "testdata/whole/mixed.c"
	}
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	c := NewChecker(nil)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		c.File("kernel/mixed.c", data)
	}
}
