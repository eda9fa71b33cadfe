// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"errors"
	"testing"
)

// TestRecoverWaits does not take a lock on a ref for settled while its process still holds it.
func TestRecoverWaits(t *testing.T) {
	t.Parallel()
	dir := baseRepo(t)
	tr := open(t, dir)
	lock, err := tr.repo.lockRef("refs/heads/topic", "", Hash(git(t, dir, "rev-parse", "HEAD")))
	must(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Recover(ended, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("the lock is held: %v", err)
	}
	must(t, lock.held[0].file.Close()) // as the end of a process does
	must(t, Recover(t.Context(), dir))
	checkNothingLeft(t, tr.repo)
}
