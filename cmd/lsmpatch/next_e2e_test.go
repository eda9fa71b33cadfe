// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestCarriedNext builds the series after the carried one, on top of it, and boots it: both LSMs are active, the KUnit
// tests of the blobs pass, and the selftest sees each denial and each allowance from user space. It builds a kernel with
// a configuration of its own, too long for each run of CI: `make e2e-next` runs it.
func TestCarriedNext(t *testing.T) {
	m := newMission(t)
	config, err := filepath.Abs("testdata/next.config")
	if err != nil {
		t.Fatal(err)
	}
	r, exit := m.premerge(t, "builtin:rust-lsm-next", "--with-prerequisites", "--build", "--boot", "--each=false", "--strict",
		"--config-fragment", config, "--lsm", "rust_lsm_sample,renounce", "--test", "kunit,lsm")
	if exit != exitClean || r.Verdict() != report.Passed {
		t.Errorf("exit %d, verdict %s", exit, r.Verdict())
	}
	for _, name := range []string{"apply", "checkpatch", "hooks", "build", "boot"} {
		s := step(t, r, name)
		errors, warnings, _, waived := report.Tally(s.Findings)
		if s.Status != report.Passed || errors+warnings+waived > 0 {
			t.Errorf("step %s %s with %d errors, %d warnings", name, s.Status, errors, warnings)
		}
	}
	if s := step(t, r, "boot"); !strings.HasPrefix(s.Summary, "capability,rust_lsm_sample,renounce;") {
		t.Errorf("boot: %s", s.Summary)
	}
}
