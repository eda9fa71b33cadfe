// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

const (
	// maxTips bounds the branches and tags that are looked at as candidates for a base.
	maxTips = 200
	// maxCommits bounds how far back a prerequisite patch is looked for.
	maxCommits = 3000
	// maxStates bounds how many older states of the hooks are looked at.
	maxStates = 64
)

// History answers the questions of series checks about the commits of a tree. Several goroutines may ask.
type History struct {
	ctx  context.Context
	tree *tree.Tree
	base string
	// patchIDs walks the history, once.
	patchIDs func() (walked, error)
	// newest finds the last release, once.
	newest func() (string, error)
	// cut says whether the history ends early, once.
	cut func() bool
}

// walked are the patch IDs of a history, and whether those are all.
type walked struct {
	ids   map[string]bool
	whole bool
}

// NewHistory returns the history of t, a git repository, as seen from base; ctx bounds all
// questions.
func NewHistory(ctx context.Context, t *tree.Tree, base string) *History {
	h := &History{ctx: ctx, tree: t, base: base}
	h.newest = sync.OnceValues(h.newestRelease)
	h.cut = sync.OnceValue(func() bool { return t.IsCutOff(base) })
	h.patchIDs = sync.OnceValues(func() (walked, error) {
		ids, whole, err := t.PatchIDs(ctx, base, maxCommits)
		return walked{ids, whole}, err
	})
	return h
}

// Commit implements [check.Commits].
func (h *History) Commit(rev string) (subject string, ancestor bool, err error) {
	commit, err := h.tree.Commit(rev)
	switch {
	case errors.Is(err, git.ErrNoRevision) && h.cut():
		return "", false, check.ErrShallow
	case errors.Is(err, git.ErrNoRevision):
		return "", false, check.ErrNoCommit
	case err != nil:
		return "", false, err
	}
	ancestor, err = h.tree.IsAncestor(h.ctx, string(commit.Hash), h.base)
	if errors.Is(err, git.ErrShallow) {
		err = check.ErrShallow
	}
	return commit.Subject(), ancestor, err
}

// Released implements [check.Releases].
func (h *History) Released(rev string) (newest string, has bool, err error) {
	newest, err = h.newest()
	if newest == "" || err != nil {
		return "", false, err
	}
	has, err = h.tree.IsAncestor(h.ctx, rev, newest)
	if errors.Is(err, git.ErrShallow) {
		return "", false, nil
	}
	return newest, has, err
}

// newestRelease returns the last tag in the history of the base that is named as releases of Linux are, candidates
// included: what is in one keeps its hash. Without any it returns "".
func (h *History) newestRelease() (string, error) {
	base, err := h.tree.Resolve(h.base)
	if err != nil {
		return "", err
	}
	out, err := h.tree.Git(h.ctx, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", string(base))
	var failed *subprocess.Error
	if errors.As(err, &failed) {
		return "", nil // no such tag
	}
	return strings.TrimSpace(string(out)), err
}

// HookStates yields the trees before each of the last commits that changed the hooks' definitions,
// newest first, for [hooks.Options]. Where the history cannot be read it yields nothing: a hook is
// then looked for by likeness alone.
func (h *History) HookStates() iter.Seq2[string, fs.FS] {
	return func(yield func(string, fs.FS) bool) {
		commits, err := h.tree.Touching(h.ctx, h.base, defs.DefsPath, maxStates)
		if err != nil {
			return
		}
		for _, commit := range commits {
			snapshot, err := h.tree.Snapshot(string(commit) + "^")
			if err != nil || !yield("before "+commit.Short(), snapshot) {
				return
			}
		}
	}
}

// Applies implements [series.Bases].
func (h *History) Applies(set *patchset.Set, base string) (ok bool, why string, err error) {
	snapshot, err := h.tree.Snapshot(base)
	if err != nil {
		return false, "", err
	}
	_, result, err := apply.Overlay(snapshot, set, nil)
	if err != nil || len(result.Conflicts) == 0 {
		return err == nil, "", err
	}
	return false, result.Conflicts[0].Message, nil
}

// HasPatchID implements [check.Bases]. The history is walked once for all IDs of a series.
func (h *History) HasPatchID(id string) (bool, error) {
	got, err := h.patchIDs()
	if err == nil && !got.ids[id] && (!got.whole || h.cut()) {
		err = check.ErrShallow
	}
	return got.ids[id], err
}

// Candidates implements [series.Bases]: it looks at the base, and at branches and tags.
func (h *History) Candidates(set *patchset.Set) ([]check.Base, error) {
	wanted := apply.Preimages(set, nil)
	if len(wanted) == 0 {
		return nil, nil
	}
	base, err := h.tree.Resolve(h.base)
	if err != nil {
		return nil, err
	}
	tips, err := h.tree.Tips(h.ctx, maxTips)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(h.base, "HEAD")
	seen := map[odb.Hash]bool{}
	var found []check.Base
	for _, tip := range append([]git.Tip{{Name: name, Commit: base}}, tips...) {
		if seen[tip.Commit] {
			continue
		}
		seen[tip.Commit] = true
		matching, err := h.matching(tip.Commit, wanted)
		if err != nil {
			return nil, err
		}
		if matching > 0 {
			found = append(found, check.Base{Commit: string(tip.Commit), Name: tip.Name, Matching: matching, Total: len(wanted)})
		}
	}
	slices.SortStableFunc(found, func(a, b check.Base) int { return cmp.Compare(b.Matching, a.Matching) })
	return found, nil
}

// matching counts the files of commit whose blobs are the wanted ones.
func (h *History) matching(commit odb.Hash, wanted map[string]string) (int, error) {
	snapshot, err := h.tree.Snapshot(string(commit))
	if err != nil {
		return 0, err
	}
	n := 0
	for name, prefix := range wanted {
		if entry, err := tree.Lookup(snapshot, name); err == nil && strings.HasPrefix(string(entry.Hash), prefix) {
			n++
		}
	}
	return n, nil
}
