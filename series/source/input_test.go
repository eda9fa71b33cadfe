// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"testing"
)

// repeat is a reader of n bytes.
type repeat struct {
	b byte
	n int64
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), r.n)
	for i := range p[:n] {
		p[i] = r.b
	}
	r.n -= n
	return int(n), nil
}

// TestEndlessStream: a stream that does not end is given up, and never held in memory.
func TestEndlessStream(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := limitedInput("stream", &repeat{'x', 1 << 30}, 20<<20)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, errTooLarge) {
		t.Errorf("%v", err)
	}
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 40 {
		t.Errorf("allocated %d MB", mb)
	}
}

// TestGzipBomb: a small file that unpacks to more than the limit.
func TestGzipBomb(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(make([]byte, 20<<20+1))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := limitedInput("bomb", &packed, 20<<20)
	if !errors.Is(err, errTooLarge) {
		t.Errorf("%v", err)
	}
}
