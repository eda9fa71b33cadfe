// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

var kills = flag.Int("kills", 30, "how many runs TestE2EKilled kills")

// TestE2EKilled kills runs of the command on a real tree; see [killRuns].
func TestE2EKilled(t *testing.T) {
	dir := filepath.Join(e2e.Scratch(t), "linux")
	plainGit(t, ".", "clone", "-q", "--shared", e2e.Tree(t, "7.3"), dir)
	killRuns(t, dir, *kills)
}
