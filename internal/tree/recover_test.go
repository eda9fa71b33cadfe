// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestRecoverWaits does not take a lock on a ref for settled while its process still holds it.
func TestRecoverWaits(t *testing.T) {
	t.Parallel()
	dir := baseRepo(t)
	tr := open(t, dir)
	note, lock := filepath.Join(dir, ".git", "lsmpatch", "ref-refs%2Fheads%2Ftopic.lock"), filepath.Join(dir, ".git", "refs", "heads", "topic.lock")
	write(t, note, "")
	must(t, os.Link(note, lock))
	held, err := os.Open(note)
	must(t, err)
	must(t, syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Recover(ended, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("the lock is held: %v", err)
	}
	must(t, held.Close()) // as the end of a process does
	must(t, Recover(t.Context(), dir))
	checkNothingLeft(t, tr.repo)
}
