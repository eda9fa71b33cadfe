// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A CheckStep is one thing to check: the patches of Set on the commit Base.
type CheckStep struct {
	Name string
	Base string
	Set  *patchset.Set
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
	base := s.Lock.Base
	whole := &patchset.Set{Version: 1}
	for _, e := range s.Lock.Entries {
		set := &patchset.Set{Version: max(1, e.Version), Picked: true}
		top := base
		for _, at := range p.patches {
			if at.entry != e || !inStack(at) {
				continue
			}
			patch := *at.used
			patch.Index = len(set.Patches) + 1
			set.Patches = append(set.Patches, &patch)
			again := *at.used
			again.Index = len(whole.Patches) + 1
			whole.Patches = append(whole.Patches, &again)
			if at.patch.Commit != "" {
				top = at.patch.Commit
			}
		}
		set.Total = len(set.Patches)
		if len(set.Patches) > 0 && (len(wanted) == 0 || wanted[e.Name]) {
			steps = append(steps, CheckStep{Name: e.Name, Base: base, Set: set})
		}
		base = top
	}
	whole.Total = len(whole.Patches)
	whole.Picked = true
	if len(wanted) == 0 && len(steps) > 1 {
		steps = append(steps, CheckStep{Name: fmt.Sprintf("the whole stack of %d patches", whole.Total), Base: s.Lock.Base, Set: whole})
	}
	return steps, nil
}
