// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestRunStacked: of a series with prerequisites below it the series alone is judged, by its own numbers, upon the tree that these make.
func TestRunStacked(t *testing.T) {
	t.Parallel()
	set := carried(t, "\nSigned-off-by: ", "\nSeen-by: ")
	set.Cover = nil // it lists all five
	for _, p := range set.Patches[:3] {
		p.Prerequisite = true
	}
	rep, err := Run(t.Context(), small(t), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ended(rep); got != "series passed, apply passed, checkpatch passed, hooks passed" {
		t.Errorf("%s, though the one without a sign-off is a prerequisite: %+v", got, rep.Steps[0].Findings)
	}
	if len(rep.Patches) != 2 || rep.Patches[0].Index != 1 || rep.Patches[0].Title != set.Patches[3].Title || rep.Series.Patches != 2 {
		t.Errorf("the report has %d patches of %d, the first is %d %q", len(rep.Patches), rep.Series.Patches, rep.Patches[0].Index, rep.Patches[0].Title)
	}
	if s := rep.Steps[1].Summary; !strings.HasPrefix(s, "5 patches") {
		t.Errorf("applied: %s", s)
	}
}

// TestRunUponConflict: a prerequisite that does not fit is told by its title, and by no number of the series.
func TestRunUponConflict(t *testing.T) {
	t.Parallel()
	set := carried(t, "\n source \"security/lockdown/Kconfig\"", "\n source \"security/another/Kconfig\"")
	for _, p := range set.Patches[:4] {
		p.Prerequisite = true
	}
	rep, err := Run(t.Context(), small(t), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	apply := rep.Steps[1]
	below := func(f report.Finding) bool {
		return f.Patch == 0 && strings.HasPrefix(f.Message, "in the prerequisite "+set.Patches[3].Title+": ")
	}
	if apply.Status != report.Failed || !slices.ContainsFunc(apply.Findings, below) {
		t.Errorf("%s: %+v", apply.Status, apply.Findings)
	}
}

// TestRunNoSubmission: what asks for nothing to be merged is named, and no step judges it.
func TestRunNoSubmission(t *testing.T) {
	t.Parallel()
	set := carried(t)
	set.Pull = true
	rep, err := Run(t.Context(), small(t), set, &Options{Boot: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rep.Steps[1:] {
		if s.Status != report.Skipped || !strings.HasPrefix(s.Summary, "not judged: ") {
			t.Errorf("%s: %s %s", s.Name, s.Status, s.Summary)
		}
	}
	if got := ended(rep); !strings.HasSuffix(got, "build skipped, kernel skipped, boot skipped") {
		t.Error(got)
	}
}
