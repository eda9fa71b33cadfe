// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// split tells the series itself from the prerequisites that were stacked below it, and makes the tree with these.
// The series and its style are judged for themselves; what is applied and built is all of it.
func (r *run) split() error {
	r.own, r.stacked = r.set.Own(), r.before
	if r.below = len(r.set.Patches) - len(r.own.Patches); r.below == 0 {
		return nil
	}
	below := *r.set
	below.Patches = r.set.Patches[:r.below]
	after, result, err := apply.Overlay(r.before, &below, &r.opts.Apply)
	if err != nil {
		return err
	}
	if len(result.Conflicts) == 0 { // else the step apply says so
		r.stacked = after
	}
	return nil
}

// byOwnNumbers gives the findings of a step that looked at the whole stack the numbers that the patches have in
// their series, as the other steps do. What is about a prerequisite says so.
func (r *run) byOwnNumbers(step string, findings []report.Finding) []report.Finding {
	if r.below == 0 || step == "series" || step == "checkpatch" {
		return findings
	}
	findings = slices.Clone(findings)
	for i, f := range findings {
		switch {
		case f.Patch > r.below:
			findings[i].Patch -= r.below
		case f.Patch > 0:
			if p := patchAt(r.set, f.Patch); p != nil {
				findings[i].Patch, findings[i].Message = 0, "in the prerequisite "+p.Title+": "+f.Message
			}
		}
	}
	return findings
}

func patchAt(set *patchset.Set, index int) *patchset.Patch {
	for _, p := range set.Patches {
		if p.Index == index {
			return p
		}
	}
	return nil
}
