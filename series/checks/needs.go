// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// needRules tell what has to be applied first, and, where somebody looked for it, what was found.
var needRules = []*check.Check{
	{
		ID: "series/prerequisite-series", Severity: report.Note, Run: rule(tellNeeds(patchset.NeedStacked, "", patchset.NeedInTree, patchset.NeedOwn)),
		What: "the series says that another has to be applied first: Based-on, Depends-on, prerequisite-message-id",
		Why:  "without that one it does not apply, or does not build",
	},
	{
		ID: "series/prerequisite-superseded", Severity: report.Warning, Run: rule(tellSuperseded),
		What: "with --with-prerequisites: of what has to be applied first there is a newer version",
		Why:  "the series was judged on top of what will not be merged",
	},
	{
		ID: "series/prerequisite-not-found", Severity: report.Warning, Run: rule(tellNeeds(patchset.NeedMissing)),
		What: "with --with-prerequisites: what has to be applied first is nowhere to be found",
		Why:  "the series was judged without it, on a tree that its author did not have",
	},
	{
		ID: "series/prerequisite-cycle", Severity: report.Warning, Run: rule(tellNeeds(patchset.NeedCycle)),
		What: "with --with-prerequisites: two series have to be applied before each other",
		Why:  "no order is right; one of the two lines is wrong",
	},
}

func tellSuperseded(x *exam, tell func(report.Finding)) {
	told := map[string]bool{}
	for _, n := range x.set.Needs {
		if n.Newer == "" || told[n.Newer] {
			continue
		}
		told[n.Newer] = true
		tell(report.Finding{Message: fmt.Sprintf("what stands below, %s, has a newer version: %s", n.What, n.Newer),
			Hint: "does the series apply to the newer one as well? Its author may have to base it anew"})
	}
}

// tellNeeds tells the needs of some states. That a patch is needed is no news where nobody looked for it: the
// check of prerequisite-patch-id asks the tree.
func tellNeeds(states ...patchset.NeedState) func(x *exam, tell func(report.Finding)) {
	return func(x *exam, tell func(report.Finding)) {
		for _, n := range x.set.Needs {
			for _, state := range states {
				if n.State != state || state == "" && n.Key == "prerequisite-patch-id" {
					continue
				}
				another := "another series"
				if n.Key == "prerequisite-patch-id" {
					another = "another patch"
				}
				f := report.Finding{Patch: n.Patch, Message: fmt.Sprintf("%s has to be applied first: %s: %s", another, n.Key, n.Value)}
				if n.Of != "" {
					f.Patch, f.Message = 0, fmt.Sprintf("what has to be applied first, %s, needs %s: %s: %s", n.Of, another, n.Key, n.Value)
				}
				switch state {
				case "":
					f.Hint = "--with-prerequisites fetches it and puts it below"
				case patchset.NeedStacked:
					f.Message += "; it stands below: " + n.What
				case patchset.NeedInTree:
					f.Message += "; the tree has it"
				case patchset.NeedOwn:
					f.Message = fmt.Sprintf("what has to be applied first is in the series itself: %s: %s", n.Key, n.Value)
				case patchset.NeedMissing:
					f.Message += "; it was not found: " + n.What
				case patchset.NeedCycle:
					f.Message += "; that needs this one, " + n.What
				}
				tell(f)
			}
		}
	}
}
