// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// seedFuzz adds the cases of the rules.
func seedFuzz(f *testing.F) {
	names, err := filepath.Glob("testdata/whole/*[^t]")
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
		start := runtest.CPUTime()
		for _, r := range []*Result{checker.Patch("a.patch", data), checker.File("kernel/a.c", data)} {
			for _, typ := range foundIn(r) {
				if _, err := Explain(typ); err != nil {
					t.Error(err)
				}
			}
			var out bytes.Buffer
			if _, err := Render(&out, []*Result{r}, Style{Terse: true, ShowTypes: true}); err != nil {
				t.Error(err)
			}
			for _, m := range ruleLine.FindAllSubmatch(out.Bytes(), -1) {
				if nr, err := strconv.Atoi(string(m[1])); err != nil || nr > bytes.Count(data, []byte("\n"))+4 {
					t.Errorf("%s is no line of the input", m[0])
				}
			}
			if _, err := Render(io.Discard, []*Result{r}, Style{}); err != nil {
				t.Error(err)
			}
		}
		if took := runtest.CPUTime() - start; took > 20*time.Second {
			t.Errorf("%d bytes took %v", len(data), took)
		}
	})
}
