// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Build does the step build of [Run] alone. The result is nil where the series does not apply; else the
// caller closes it.
func Build(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *Options) (*kbuild.SeriesResult, []report.Finding, error) {
	before, err := t.Snapshot(opts.Base)
	if err != nil {
		return nil, nil, err
	}
	if err := tree.IsLinux(before); err != nil {
		return nil, nil, err
	}
	r := &run{opts: opts, tree: t, set: set, before: before}
	if _, err = r.apply(ctx); err != nil {
		return nil, nil, err
	}
	if r.after == nil {
		return nil, ConflictFindings(r.applied.Conflicts, (*apply.Conflict).WholeExcerpt), nil
	}
	out, err := r.compile(ctx)
	if err != nil {
		if r.built != nil {
			r.built.Close()
		}
		return nil, nil, err
	}
	return r.built, out.findings, nil
}
