// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestOpenSeries(t *testing.T) {
	sets, err := Open(context.Background(), []string{"../patchset/rustlsm"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 1 || sets[0].Cover == nil || len(sets[0].Patches) != 5 || sets[0].Total != 5 {
		t.Fatalf("got %d sets, first %+v", len(sets), sets[0])
	}
	for i, p := range sets[0].Patches {
		if p.Index != i+1 || len(p.Files) == 0 || p.DiffErr != nil || p.DecodeErr != nil || len(p.Trailers) == 0 {
			t.Errorf("patch %d: index %d, %d files, %v, %v, %v", i, p.Index, len(p.Files), p.DiffErr, p.DecodeErr, p.Trailers)
		}
	}
}

// TestAllStops: a caller that has seen enough ends the reading, and with it the reader's
// goroutine.
func TestAllStops(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 10 {
		for _, err := range All(t.Context(), []string{"builtin:rust-lsm", "../patchset/rustlsm"}, nil) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for range 100 { // the last has closed its channel, and may be about to return
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
