// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// TestRoomFor: what a queue has counts besides what is free: it once had three quarters of that alone, and one that had grown took
// nothing more.
func TestRoomFor(t *testing.T) {
	dir := t.TempDir()
	const size = 1 << 40 // more than is free
	f, err := os.Create(filepath.Join(dir, "1.blk"))
	if err == nil {
		err = f.Truncate(size)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if room, err := roomFor(dir); err != nil || room < size {
		t.Errorf("%d, %v", room, err)
	}
}

// TestGoesOn: after a disk that was full the engine of a queue goes on with what it has. TestE2EDiskFullQueue fills one.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	var told atomic.Int32
	e, err := Start(&EngineOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0", Note: func(string) { told.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	q, err := Connect(t.Context(), &Options{Engine: e, AckWait: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	q.mustSubmit(t, testJobs(3, nil))
	diskLog{&e.full}.Errorf("JetStream failed to store a msg: %v", "write 1.blk: no space left on device")
	for deadline := time.Now().Add(10 * time.Second); told.Load() < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("told %d times", told.Load())
		}
	}
	w, runs := testWorker(t, passes)
	if fresh := q.drain(t, w, &Ability{}); fresh != 3 || runs() != 3 {
		t.Errorf("%d reported, %d ran", fresh, runs())
	}
}
