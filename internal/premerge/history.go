// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"context"
	"errors"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/series"
)

// History answers the questions of series checks about the commits of a tree.
type History struct {
	ctx  context.Context
	tree *tree.Tree
	base string
}

// NewHistory returns the history of t as seen from base; ctx bounds all questions.
func NewHistory(ctx context.Context, t *tree.Tree, base string) *History {
	return &History{ctx, t, base}
}

// Commit implements [series.Commits].
func (h *History) Commit(rev string) (subject string, ancestor bool, err error) {
	commit, err := h.tree.Commit(rev)
	switch {
	case errors.Is(err, tree.ErrNoRevision) && h.tree.IsShallow():
		return "", false, series.ErrShallow
	case errors.Is(err, tree.ErrNoRevision):
		return "", false, series.ErrNoCommit
	case err != nil:
		return "", false, err
	}
	ancestor, err = h.tree.IsAncestor(h.ctx, string(commit.Hash), h.base)
	if errors.Is(err, tree.ErrShallow) {
		err = series.ErrShallow
	}
	return commit.Subject(), ancestor, err
}
