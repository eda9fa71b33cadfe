// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"context"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// fallBack tries a three-way merge where the options ask for one and p does not fit. It returns
// nil where p could not be merged, and then has put into r why. A patch that attacks is not merged.
func (s *session) fallBack(ctx context.Context, p *patchset.Patch, r *patchRun) (*tree.Overlay, error) {
	if !s.opts.ThreeWay || s.repo == nil || s.opts.Reverse || r.attacked() {
		return nil, nil
	}
	before, err := s.files.Changes()
	if err != nil {
		return nil, err
	}
	merged, err := s.repo.ThreeWay(ctx, s.base, before, p.Diff, p.Title, s.opts.naming().args()...)
	switch {
	case err != nil:
		return nil, fmt.Errorf("three-way merge: %w", err)
	case merged.Reason != "":
		for i := range r.conflicts {
			r.conflicts[i].Hint = joinHints(r.conflicts[i].Hint, "no three-way merge: "+merged.Reason)
		}
		return nil, nil
	case len(merged.Conflicts) > 0:
		r.conflicts = mergeConflicts(merged.Conflicts)
		return nil, nil
	}
	after := tree.NewOverlay(s.files)
	return after, writeAll(after, merged.Changes)
}

// attacked reports whether the patch tries what no honest one does.
func (r *patchRun) attacked() bool {
	for _, c := range r.conflicts {
		switch c.Kind {
		case KindPath, KindSymlink, KindBomb, KindOverflow:
			return true
		}
	}
	return false
}

// mergeConflicts describes the files that both sides changed.
func mergeConflicts(files []tree.MergeConflict) []Conflict {
	var conflicts []Conflict
	for _, f := range files {
		c := Conflict{
			File: f.Path, Kind: KindMerge,
			Message: fmt.Sprintf("%s: the tree and the patch changed the same lines", f.Path),
			Merged:  string(f.Merged),
			Hint:    "merge it by hand: git am -3 leaves the file with the same conflict markers",
		}
		if f.Merged == nil {
			c.Message = fmt.Sprintf("%s: the tree and the patch changed the file in ways that do not go together", f.Path)
		} else if i := bytes.Index(f.Merged, []byte("<<<<<<< ")); i >= 0 {
			c.Line = bytes.Count(f.Merged[:i], []byte("\n")) + 1
		}
		conflicts = append(conflicts, c)
	}
	return conflicts
}
