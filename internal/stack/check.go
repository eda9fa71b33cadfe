// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"cmp"
	"context"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A CheckStep is one thing to check: the patches of Set on the commit Base.
type CheckStep struct {
	Name string
	Base string
	Set  *patchset.Set
	// Config are lines of a configuration that its builds have, and Tests the suites that must pass: the manifest's.
	Config, Tests []string
}

// CheckSteps returns what there is to check of an applied stack: each entry named, or all, on the commits before it, and where
// none is named the whole stack on its base.
func (s *Stack) CheckSteps(ctx context.Context, t *tree.Tree, names []string) ([]CheckStep, error) {
	if err := s.applied(t); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, name := range names {
		if _, err := s.Manifest.position(name); err != nil {
			return nil, err
		}
		wanted[name] = true
	}
	p, err := s.plan(ctx, s.Manifest, s.Lock)
	if err != nil {
		return nil, err
	}
	var steps []CheckStep
	whole := CheckStep{Base: s.Lock.Base, Set: &patchset.Set{Version: 1, Picked: true}}
	base := s.Lock.Base
	for _, e := range s.Lock.Entries {
		step := CheckStep{Name: e.Name, Base: base, Set: &patchset.Set{Version: max(1, e.Version), Picked: true}}
		if m := s.Manifest.Entry(e.Name); m != nil {
			step.Config, step.Tests = m.Config, m.Tests
		}
		for _, at := range p.patches {
			if at.entry == e && inStack(at) {
				step.add(at.used)
				whole.add(at.used)
				base = cmp.Or(at.patch.Commit, base) // a merge may have left nothing to commit
			}
		}
		if len(step.Set.Patches) == 0 {
			continue
		}
		whole.Config, whole.Tests = append(whole.Config, step.Config...), append(whole.Tests, step.Tests...)
		if len(wanted) == 0 || wanted[e.Name] {
			steps = append(steps, step)
		}
	}
	if len(wanted) == 0 && len(steps) > 1 {
		whole.Name = "the whole stack of " + report.Plural(whole.Set.Total, "patch")
		steps = append(steps, whole)
	}
	return steps, nil
}

// add puts a patch behind those of the step.
func (c *CheckStep) add(p *patchset.Patch) {
	patch := *p
	patch.Index = len(c.Set.Patches) + 1
	c.Set.Patches = append(c.Set.Patches, &patch)
	c.Set.Total = len(c.Set.Patches)
}
