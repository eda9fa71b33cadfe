// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"context"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/land"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// fallBack tries a three-way merge where the options ask for one and p does not fit. It returns
// nil where p could not be merged, and then has put into r why. A patch that attacks is not merged, nor one whose
// white space is at fault: git am -3 does not get so far either.
func (s *session) fallBack(ctx context.Context, p *patchset.Patch, r *patchRun) (*tree.Overlay, error) {
	if !s.opts.ThreeWay || s.repo == nil || s.opts.Reverse || r.attacked() || r.conflicts[0].Kind == KindWhitespace {
		return nil, nil
	}
	before, err := s.files.Changes()
	if err != nil {
		return nil, err
	}
	merged, err := land.Merge(ctx, s.repo, s.base, before, p.Diff, p.Title, s.gitArgs()...)
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

// mergeConflicts describes the files that could not be merged.
func mergeConflicts(files []land.MergeConflict) []Conflict {
	var conflicts []Conflict
	for _, f := range files {
		c := Conflict{
			File: f.Path, Kind: KindMerge, Merged: string(f.Merged),
			Hint: "merge it by hand: git am -3 leaves the tree as it is up to there",
		}
		if i := bytes.Index(f.Merged, []byte("<<<<<<< ")); i >= 0 {
			c.Line = bytes.Count(f.Merged[:i], []byte("\n")) + 1
			c.Hint = "merge it by hand: git am -3 leaves the file with the same conflict markers"
		}
		c.Message = f.Path + ": " + disagreement(&f, c.Line > 0)
		conflicts = append(conflicts, c)
	}
	return conflicts
}

// disagreement says what the tree and the patch did to a file. Marked says that lines are in conflict.
func disagreement(f *land.MergeConflict, marked bool) string {
	switch {
	case marked && f.Base:
		return "the tree and the patch changed the same lines"
	case f.Base && f.Ours && !f.Theirs:
		return "the patch deletes or renames the file, which the tree changed"
	case f.Base && !f.Ours && f.Theirs:
		return "the tree has deleted or renamed the file, which the patch changes"
	case !f.Base && f.Ours && f.Theirs:
		return "the tree has another file of that name than the patch adds"
	}
	return "the tree and the patch changed the file in ways that do not go together"
}
