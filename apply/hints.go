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
	"github.com/lsmpatch/lsmpatch/internal/tree"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// explainSeries adds to conflicts of p what the rest of the series explains: that a later patch makes the file, or,
// which may or may not have to do with it, that the series lacks a patch before this one.
func explainSeries(set *patchset.Set, p *patchset.Patch, conflicts []Conflict, names naming) {
	var missing []int
	if !set.Picked { // what was left out was left out on purpose
		missing = missingBefore(set, p.Index)
	}
	for i := range conflicts {
		bad := &conflicts[i]
		if bad.Kind != KindMissing && bad.Kind != KindHunk || bad.isApplied() {
			continue
		}
		later := slices.IndexFunc(set.Patches, func(q *patchset.Patch) bool {
			return q.Index > p.Index && creates(q, bad.File, names)
		})
		switch {
		case bad.Kind == KindMissing && later >= 0:
			bad.Hint = fmt.Sprintf("it depends on %s, which only patch %d/%d creates: the order is wrong",
				bad.File, set.Patches[later].Index, set.Total)
		case len(missing) > 0:
			bad.Hint = joinHints(bad.Hint, "the series lacks patch "+listOf(missing, set.Total))
		}
	}
}

// explainStrip adds to conflicts of p, where it is about files that are all not there, with how many leading folders
// taken off their names they would be.
func (s *session) explainStrip(p *patchset.Patch, conflicts []Conflict) {
	if slices.ContainsFunc(conflicts, func(bad Conflict) bool { return bad.Kind != KindMissing || bad.Hint != "" }) {
		return
	}
	for strip := range 4 {
		names := s.opts.naming()
		names.strip = &strip
		old := slices.DeleteFunc(changesOf(p, names), func(c *change) bool { return c.oldName == "" })
		if len(old) == 0 || len(old) != len(conflicts) || slices.ContainsFunc(old, func(c *change) bool {
			_, err := tree.Lookup(s.files, c.oldName)
			return err != nil
		}) {
			continue
		}
		for i := range conflicts {
			conflicts[i].Hint = fmt.Sprintf("`-p%d` finds it: the tree has %s", strip, old[i].oldName)
		}
		return
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

// listOf prints patch numbers as "2/5" or "2/5, 3/5".
func listOf(numbers []int, total int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("%d/%d", n, total)
	}
	return strings.Join(words, ", ")
}

// creates reports whether p makes a file of that name.
func creates(p *patchset.Patch, name string, names naming) bool {
	return slices.ContainsFunc(changesOf(p, names), func(c *change) bool {
		return c.newName == name && (c.isNew == yes || c.isRename || c.isCopy)
	})
}

// touches reports whether p changes, makes or removes a file.
func touches(p *patchset.Patch, name string, names naming) bool {
	return slices.ContainsFunc(changesOf(p, names), func(c *change) bool { return c.newName == name || c.oldName == name })
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
	type file struct {
		patch int // a patch on top of another one is made for a file that no revision may have
		name  string
	}
	asked := map[file]string{}
	for i := range s.result.Conflicts {
		bad := &s.result.Conflicts[i]
		if bad.Kind != KindHunk && bad.Kind != KindBinary && bad.Kind != KindMissing || bad.isApplied() {
			continue
		}
		told, ok := asked[file{bad.Patch, bad.File}]
		if !ok {
			told = s.revisionOf(ctx, set, bad)
			asked[file{bad.Patch, bad.File}] = told
		}
		bad.Hint = joinHints(bad.Hint, told)
	}
	return nil
}

// revisionOf returns what history says of the file of a conflict: the revision that the patch applies to, or at which
// its file was as the patch expects; who removed the file; "" where nothing is known.
func (s *session) revisionOf(ctx context.Context, set *patchset.Set, bad *Conflict) string {
	i := slices.IndexFunc(set.Patches, func(p *patchset.Patch) bool { return p.Index == bad.Patch })
	if i < 0 {
		return ""
	}
	for _, c := range changesOf(set.Patches[i], s.opts.naming()) {
		if c.name() != bad.File || c.oldName == "" {
			continue
		}
		told := s.madeFor(ctx, set.Patches[i], c)
		if bad.Kind == KindMissing {
			told = joinHints(told, s.removedBy(ctx, c.oldName))
		}
		if told != "" {
			return told
		}
	}
	return ""
}

// madeFor looks for the revision at which the file of a change was what its index line names.
func (s *session) madeFor(ctx context.Context, p *patchset.Patch, c *change) string {
	if odb.Hash(c.oldOID).IsZero() {
		return ""
	}
	if e, err := tree.Lookup(s.before, c.oldName); err == nil && strings.HasPrefix(string(e.Hash), c.oldOID) {
		return "" // it is that very file: history has nothing to add
	}
	places, err := s.repo.FindBlob(ctx, string(s.base), c.oldName, c.oldOID, 0)
	switch {
	case errors.Is(err, git.ErrShallow):
		return "the history is shallow, so the revision that it was made for cannot be looked up"
	case err != nil || len(places) == 0:
		return ""
	}
	where := fmt.Sprintf("revision %s (%s)", places[0].Commit.Short(), places[0].Subject)
	if s.appliesAt(p, places[0].Commit) {
		return "it applies to " + where
	}
	return c.oldName + " was as its index line says in " + where
}

// appliesAt reports whether p alone applies to a revision.
func (s *session) appliesAt(p *patchset.Patch, commit odb.Hash) bool {
	snapshot, err := s.repo.Snapshot(string(commit))
	if err != nil {
		return false
	}
	changes, bad := s.read(p)
	if bad != nil {
		return false
	}
	r := s.newRun(snapshot)
	_, err = r.into(tree.NewOverlay(snapshot), changes)
	return err == nil && len(r.conflicts) == 0
}

// removedBy names the commit that removed a file, or gave it another name; "" where none did.
func (s *session) removedBy(ctx context.Context, name string) string {
	commit, err := s.repo.LastRemoved(ctx, string(s.base), name)
	if err != nil || commit == nil {
		return ""
	}
	return fmt.Sprintf("%s removed or renamed %s (%s)", commit.Hash.Short(), name, commit.Subject())
}
