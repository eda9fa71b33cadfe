// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// maxCandidates bounds the candidates that are named.
const maxCandidates = 5

var baseRules = []*check.Check{
	{
		ID: "series/base-form", Severity: report.Warning, Run: rule(checkBaseForm),
		What: "base-commit or prerequisite-patch-id is not followed by a full hash",
		Why:  "tools that look for the base do not find it",
	},
	{
		ID: "series/base-unknown", Severity: report.Warning, Run: rule(checkBaseUnknown),
		What: "the tree does not have the base-commit",
		Why:  "the series was made for another tree than it is checked against",
	},
	{
		ID: "series/base-conflict", Severity: report.Error, Run: rule(checkBaseConflict),
		What: "the series does not apply to the base-commit that it names",
		Why:  "the base-commit or a patch is wrong",
	},
	{
		ID: "series/prerequisite-missing", Severity: report.Warning, Run: rule(checkPrerequisites),
		What: "a prerequisite-patch-id is that of no commit in the tree",
		Why:  "another series has to be applied first",
	},
	{
		ID: "series/base-candidates", Severity: report.Note, Run: rule(tellCandidates),
		What: "no base-commit is given; these commits have the files that the index lines name",
		Why:  "one of them is what the series was made for",
	},
}

var reFullHash = lazyregexp.New(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)

func checkBaseForm(x *exam, tell func(report.Finding)) {
	if base := x.set.BaseCommit; base != "" && !reFullHash.MatchString(base) {
		tell(report.Finding{Message: fmt.Sprintf("base-commit %q is no full hash", base),
			Hint: "git format-patch --base=COMMIT"})
	}
	for _, id := range x.set.Prerequisites {
		if !reFullHash.MatchString(id) {
			tell(report.Finding{Message: fmt.Sprintf("prerequisite-patch-id %q is no full hash", id),
				Hint: "git format-patch --base=COMMIT"})
		}
	}
}

func checkBaseUnknown(x *exam, tell func(report.Finding)) {
	tellReferences(x, refBase, tell, pickUnknown)
	tellReferences(x, refBase, tell, pickNotAncestor)
}

func checkBaseConflict(x *exam, tell func(report.Finding)) {
	if x.view.Bases == nil || x.set.BaseCommit == "" || !x.complete() || len(x.set.Needs) > 0 {
		return // upon what it needs it was made, and not upon the base itself
	}
	applies, why, err := x.view.Bases.Applies(x.set, x.set.BaseCommit)
	if err != nil || applies {
		return // a base that is not there is told by checkBaseUnknown
	}
	tell(report.Finding{Detail: why, Message: fmt.Sprintf("the series does not apply to its base-commit %s", x.set.BaseCommit)})
}

// A prerequisite is a patch that the series needs, and what the tree says of it.
type prerequisite struct {
	id  string
	has bool
	err error
}

// prerequisites asks the tree once for each prerequisite-patch-id. Without somebody to ask there
// are none.
func (x *exam) prerequisites() []prerequisite {
	if x.view.Bases == nil || x.needed != nil {
		return x.needed
	}
	x.needed = []prerequisite{}
	for _, id := range x.set.Prerequisites {
		if reFullHash.MatchString(id) && !x.found(id) {
			has, err := x.view.Bases.HasPatchID(id)
			x.needed = append(x.needed, prerequisite{id, has, err})
		}
	}
	return x.needed
}

// found reports whether somebody looked for a patch and has it.
func (x *exam) found(id string) bool {
	return slices.ContainsFunc(x.set.Needs, func(n patchset.Need) bool {
		return n.Value == id && slices.Contains([]patchset.NeedState{patchset.NeedStacked, patchset.NeedInTree, patchset.NeedOwn}, n.State)
	})
}

func checkPrerequisites(x *exam, tell func(report.Finding)) {
	for _, p := range x.prerequisites() {
		if p.err == nil && !p.has {
			tell(report.Finding{
				Message: fmt.Sprintf("the series needs the patch with the ID %s, which the tree does not have", p.id),
				Hint:    "find the series before it on the list, and apply that first"})
		}
	}
}

func tellCandidates(x *exam, tell func(report.Finding)) {
	if x.view.Bases == nil || x.set.BaseCommit != "" || len(x.set.Patches) == 0 {
		return
	}
	candidates, err := x.view.Bases.Candidates(x.set)
	if err != nil || len(candidates) == 0 {
		return
	}
	var lines []string
	for _, c := range candidates[:min(len(candidates), maxCandidates)] {
		lines = append(lines, fmt.Sprintf("%s %s: %d of %s match", c.Commit, c.Name, c.Matching, report.Plural(c.Total, "file")))
	}
	best := candidates[0]
	if best.Matching*2 < best.Total {
		return // a file that never changes is in every commit
	}
	tell(report.Finding{Detail: strings.Join(lines, "\n"), Message: fmt.Sprintf(
		"the series names no base-commit; by its index lines it may be for %s (%s), where %d of %s match",
		best.Commit, best.Name, best.Matching, report.Plural(best.Total, "file"))})
}
