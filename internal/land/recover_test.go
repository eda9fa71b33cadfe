// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestRecoverWaits does not take a lock on a ref for settled while its process still holds it.
func TestRecoverWaits(t *testing.T) {
	t.Parallel()
	dir := gittest.BaseRepo(t)
	tr := open(t, dir)
	note, lock := filepath.Join(dir, ".git", "lsmpatch", "ref-refs%2Fheads%2Ftopic.lock"), filepath.Join(dir, ".git", "refs", "heads", "topic.lock")
	gittest.Write(t, note, "")
	gittest.Must(t, os.Link(note, lock))
	held, err := os.Open(note)
	gittest.Must(t, err)
	gittest.Must(t, syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Recover(ended, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("the lock is held: %v", err)
	}
	gittest.Must(t, held.Close()) // as the end of a process does
	gittest.Must(t, Recover(t.Context(), dir))
	checkNothingLeft(t, tr.Repo)
}
