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

// A named file is one that patches of a series name: those that make it, and all of them, by their indexes.
type named struct{ makers, all []int }

// named returns what the patches of set do with the file of a name. All are read the first time.
func (s *session) named(set *patchset.Set, name string) named {
	if s.names == nil {
		s.names = map[string]named{}
		for _, p := range set.Patches {
			for _, c := range changesOf(p, s.opts.naming()) {
				s.names[c.oldName] = s.names[c.oldName].by(p.Index, false)
				s.names[c.newName] = s.names[c.newName].by(p.Index, c.isNew == yes || c.isRename || c.isCopy)
			}
		}
	}
	return s.names[name]
}

// by returns n with a patch, the last so far, that names the file as well.
func (n named) by(patch int, makes bool) named {
	last := func(of []int) int { return of[len(of)-1] }
	if len(n.all) == 0 || last(n.all) != patch {
		n.all = append(n.all, patch)
	}
	if makes && (len(n.makers) == 0 || last(n.makers) != patch) {
		n.makers = append(n.makers, patch)
	}
	return n
}

// explainSeries adds to conflicts of p what the rest of the series explains: that a later patch makes the file, or,
// which may or may not have to do with it, that the series lacks a patch before this one.
func (s *session) explainSeries(set *patchset.Set, p *patchset.Patch, conflicts []Conflict) {
	var missing []int
	if !set.Picked { // what was left out was left out on purpose
		missing = s.missingBefore(set, p.Index)
	}
	for i := range conflicts {
		bad := &conflicts[i]
		if bad.Kind != KindMissing && bad.Kind != KindHunk || bad.isApplied() {
			continue
		}
		makers := s.named(set, bad.File).makers
		later := slices.IndexFunc(makers, func(index int) bool { return index > p.Index })
		switch {
		case bad.Kind == KindMissing && later >= 0:
			bad.Hint = fmt.Sprintf("it depends on %s, which only patch %d/%d creates: the order is wrong", bad.File, makers[later], set.Total)
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

// missingBefore returns the numbers below index that set lacks, the first few.
func (s *session) missingBefore(set *patchset.Set, index int) []int {
	if s.gaps == nil {
		s.gaps = gapsOf(set)
	}
	n, _ := slices.BinarySearch(s.gaps, index)
	return s.gaps[:n]
}

// gapsOf returns the first few numbers that set lacks below its last.
func gapsOf(set *patchset.Set) []int {
	const enough = 5
	have, last := map[int]bool{}, 0
	for _, p := range set.Patches {
		have[p.Index], last = true, max(last, p.Index)
	}
	gaps := []int{}
	for n := 1; n < last && len(gaps) < enough; n++ {
		if !have[n] {
			gaps = append(gaps, n)
		}
	}
	return gaps
}

// listOf prints patch numbers as "2/5" or "2/5, 3/5".
func listOf(numbers []int, total int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprintf("%d/%d", n, total)
	}
	return strings.Join(words, ", ")
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
	var of changesByName
	for i := range s.result.Conflicts {
		bad := &s.result.Conflicts[i]
		if ctx.Err() != nil {
			return nil // that it was not looked for is no news
		}
		if bad.Kind != KindHunk && bad.Kind != KindBinary && bad.Kind != KindMissing || bad.isApplied() {
			continue
		}
		told, ok := asked[file{bad.Patch, bad.File}]
		if !ok {
			of.read(set, bad.Patch, s.opts.naming())
			told = s.revisionOf(ctx, &of, bad)
			asked[file{bad.Patch, bad.File}] = told
		}
		bad.Hint = joinHints(bad.Hint, told)
	}
	return nil
}

// changesByName are the changes of one patch by the names of their files.
type changesByName struct {
	patch  *patchset.Patch
	byName map[string][]*change
}

// read reads the patch of an index, unless it is that one already.
func (of *changesByName) read(set *patchset.Set, index int, names naming) {
	if of.patch != nil && of.patch.Index == index {
		return
	}
	*of = changesByName{byName: map[string][]*change{}}
	i := slices.IndexFunc(set.Patches, func(p *patchset.Patch) bool { return p.Index == index })
	if i < 0 {
		return
	}
	of.patch = set.Patches[i]
	for _, c := range changesOf(of.patch, names) {
		of.byName[c.name()] = append(of.byName[c.name()], c)
	}
}

// revisionOf returns what history says of the file of a conflict: the revision that the patch applies to, or at which
// its file was as the patch expects; who removed the file; "" where nothing is known.
func (s *session) revisionOf(ctx context.Context, of *changesByName, bad *Conflict) string {
	for _, c := range of.byName[bad.File] {
		if c.oldName == "" {
			continue
		}
		told := s.madeFor(ctx, of.patch, c)
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
