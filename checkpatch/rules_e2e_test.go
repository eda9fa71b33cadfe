// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checkpatch

import (
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestE2ERuleFixtures: the script of the newest tree fires in the fixtures where they say, and nowhere else.
func TestE2ERuleFixtures(t *testing.T) {
	holdAgainst(t, readFixtures(t), filepath.Join(e2e.Tree(t, "7.3"), "scripts", "checkpatch.pl"))
}
