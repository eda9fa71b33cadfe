// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"io/fs"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Check checks what set registers as LSM hooks, and what else an LSM needs, in the tree after:
// that before with set applied. Where set does not apply, after is nil: the files that set adds
// are checked all the same, and its changes to other files as far as their places are found.
// Findings are sorted. An error means that the tree has no hooks that could be read.
func Check(set *patchset.Set, before, after fs.FS, opts *Options) ([]report.Finding, error) {
	if after == nil {
		after = assume(set, before)
	}
	c, err := newSeries(set, before, after, opts)
	if err != nil {
		return nil, err
	}
	c.look()
	lookFor(c)
	for i := range c.findings {
		f := &c.findings[i]
		if f.Patch == 0 {
			f.Patch = c.src.patchOf[f.File]
		}
		if f.Severity == 0 {
			f.Severity = severityOf(f.Check)
		}
	}
	report.Sort(c.findings)
	return c.findings, nil
}
