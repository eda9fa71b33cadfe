// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// explainSeries adds to conflicts of p what the rest of the series explains: that a patch is
// missing before it, or that a later one makes the file.
func explainSeries(set *patchset.Set, p *patchset.Patch, conflicts []Conflict, names naming) {
	missing := missingBefore(set, p.Index)
	for i := range conflicts {
		bad := &conflicts[i]
		if bad.Kind != KindMissing && bad.Kind != KindHunk || bad.Hint == hintApplied {
			continue
		}
		later := slices.IndexFunc(set.Patches, func(q *patchset.Patch) bool {
			return q.Index > p.Index && creates(q, bad.File, names)
		})
		switch {
		case bad.Kind == KindMissing && later >= 0:
			bad.Hint = fmt.Sprintf("it depends on %s, which only patch %d/%d creates: the order is wrong",
				bad.File, set.Patches[later].Index, set.Total)
		case bad.Kind == KindMissing && len(missing) > 0:
			bad.Hint = fmt.Sprintf("it depends on %s, which only the missing patch %s creates", bad.File, listOf(missing, set.Total))
		case len(missing) > 0:
			bad.Hint = joinHints(bad.Hint, fmt.Sprintf("patch %s is missing, on which it may depend", listOf(missing, set.Total)))
		}
	}
}

// missingBefore returns the numbers below index that set lacks.
func missingBefore(set *patchset.Set, index int) []int {
	const enough = 5
	var missing []int
	for n := 1; n < index && len(missing) < enough; n++ {
		if !slices.ContainsFunc(set.Patches, func(q *patchset.Patch) bool { return q.Index == n }) {
			missing = append(missing, n)
		}
	}
	return missing
}

// listOf prints patch numbers as "2/5" or "2/5 or 3/5".
func listOf(numbers []int, total int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("%d/%d", n, total)
	}
	return strings.Join(words, " or ")
}

// creates reports whether p makes a file of that name.
func creates(p *patchset.Patch, name string, names naming) bool {
	return slices.ContainsFunc(changesOf(p, names), func(c *change) bool {
		return c.newName == name && (c.isNew == yes || c.isRename || c.isCopy)
	})
}

// changesOf returns the changes of p, up to where its diff is damaged.
func changesOf(p *patchset.Patch, names naming) []*change {
	changes, _ := parseDiff(p.Diff, names) // what is wrong with it, the patch's own turn will tell
	return changes
}

func joinHints(hints ...string) string {
	hints = slices.DeleteFunc(hints, func(s string) bool { return s == "" })
	return strings.Join(hints, "; ")
}

// historyTime bounds the search for the revision that a patch was made for.
const historyTime = 5 * time.Second

// explainHistory adds to the conflicts at which revision the files were as the patch expects them,
// going by the blob names on the index lines.
func (s *session) explainHistory(ctx context.Context, set *patchset.Set) error {
	if s.base == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, historyTime)
	defer cancel()
	asked := map[string]string{}
	for i := range s.result.Conflicts {
		bad := &s.result.Conflicts[i]
		if bad.Kind != KindHunk && bad.Kind != KindBinary && bad.Kind != KindMissing || bad.Hint == hintApplied {
			continue
		}
		told, ok := asked[bad.File]
		if !ok {
			told = s.revisionOf(ctx, set, bad)
			asked[bad.File] = told
		}
		bad.Hint = joinHints(bad.Hint, told)
	}
	return nil
}

// revisionOf returns the hint "applies to revision X", or "" where none is known.
func (s *session) revisionOf(ctx context.Context, set *patchset.Set, bad *Conflict) string {
	for _, p := range set.Patches {
		if p.Index != bad.Patch {
			continue
		}
		for _, c := range changesOf(p, s.opts.naming()) {
			if c.name() != bad.File || c.oldName == "" || odb.Hash(c.oldOID).IsZero() {
				continue
			}
			places, err := s.repo.FindBlob(ctx, string(s.base), c.oldName, c.oldOID, 0)
			if err == nil && len(places) > 0 {
				return fmt.Sprintf("it applies to revision %s (%s)", places[0].Commit.Short(), places[0].Subject)
			}
			if errors.Is(err, git.ErrShallow) {
				return "the history is shallow, so the revision that it was made for cannot be looked up"
			}
		}
	}
	return ""
}
