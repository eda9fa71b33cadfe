// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
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

// TestLongPage: of a page of an archive that is too long the start was read, as if it were all.
func TestLongPage(t *testing.T) {
	in := &Input{Name: "page", mem: append([]byte("<!DOCTYPE html><h1>[PATCH] x</h1>"), make([]byte, maxPage)...)}
	if _, err := in.sniff(); err == nil || err.Error() != "page: a page of more than 16 MB" {
		t.Errorf("got %v", err)
	}
}

// TestRatioBomb: 1.5 MB of gzip that became 2.1 GB took all that the limit allowed before it was refused.
func TestRatioBomb(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.Copy(w, &repeat{'x', 64 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := newInput("bomb", &packed)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, errTooLarge) {
		t.Errorf("%v", err)
	}
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 20 {
		t.Errorf("allocated %d MB", mb)
	}
}

// TestFoundFiles: a FIFO in a maildir, or in a folder of patches, kept the reader waiting for ever.
func TestFoundFiles(t *testing.T) {
	for _, sub := range []string{"cur", "", "series"} {
		dir := t.TempDir()
		name := filepath.Join(dir, sub, "0001-x.patch")
		switch sub {
		case "cur":
			if err := errors.Join(os.Mkdir(filepath.Join(dir, "cur"), 0o755), os.Mkdir(filepath.Join(dir, "new"), 0o755)); err != nil {
				t.Fatal(err)
			}
		case "series":
			name = filepath.Join(dir, "series")
		}
		if err := syscall.Mkfifo(name, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Resolve(t.Context(), []string{dir}, &Options{})
		if err == nil || sub != "series" && !strings.Contains(err.Error(), "is a FIFO") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
