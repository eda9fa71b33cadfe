// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checkpatch

import (
	"bytes"
	"runtime"
	"testing"
	"time"
)

// TestE2EHundredMegabytes: a line of 100 MB, and 100 MB of lines without code, take seconds, and memory of some times
// their size.
func TestE2EHundredMegabytes(t *testing.T) {
	const size = 100 << 20
	c := NewChecker(&Options{Strict: true})
	for name, unit := range map[string]string{"one line": "a = b + c; ", "deleted lines": "\n-int a;"} {
		data := []byte("--- a/lib/a.c\n+++ b/lib/a.c\n@@ -1,1 +1,9999999 @@\n+")
		data = append(data, bytes.Repeat([]byte(unit), size/len(unit))...)
		start := time.Now()
		c.Patch("a.patch", data)
		took := time.Since(start)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("%s: %v, %d MB from the system", name, took.Round(time.Millisecond), m.Sys>>20)
		if took > 2*time.Minute || m.Sys > 20*size {
			t.Errorf("%s: too much", name)
		}
	}
}
