// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// errUnlocked is the error of verbs that go on from what apply did.
var errUnlocked = hint.Wrap(errors.New("nothing of the stack is locked yet"), "`lsmpatch stack apply` does so")

// Rebase takes the stack to another base. Of each patch, what is applied now is tried first, then what was sent, then what
// was resolved at other bases; merged as git am -3 does where it does not fit; left out where the base has it, which is only
// said with the commit that does. Where all fit or are left out, manifest, lock and branch go to the new base; else nothing
// changes, and the outcome says what does not fit.
func (s *Stack) Rebase(ctx context.Context, t *tree.Tree, rev string, opts *ApplyOptions) (*Outcome, error) {
	r, err := s.rebase(ctx, t, rev)
	if err != nil {
		return nil, err
	}
	if !r.out.Complete() {
		r.out.Next = s.nextStep(r.out, rev)
		return r.out, nil
	}
	branch := opts.Branch
	if branch == "" {
		branch = s.Branch()
	}
	r.out.Branch = branch
	if err := s.mayMove(ctx, t, r.plan, r.lock, branch, opts.Force); err != nil || opts.Check {
		return r.out, err
	}
	if err := r.remember(ctx); err != nil {
		return nil, err
	}
	m, err := s.Manifest.withCommit(rev)
	if err != nil {
		return nil, err
	}
	// The lock goes before the branch: killed in between, `stack apply` moves the branch.
	if err := s.save(m, r.lock); err != nil {
		return nil, err
	}
	// It lands by a copy: what was merged is resolved from now on, and the history that is kept says that it was merged.
	l := r.lock.clone()
	p, err := s.plan(ctx, m, l)
	if err != nil {
		return nil, err
	}
	landed, err := s.land(ctx, t, p, l, branch, false)
	if err != nil {
		return nil, err
	}
	if landed.Head != r.out.Head {
		return nil, fmt.Errorf("the stack came to %.12s when it was tried, and to %.12s now", r.out.Head, landed.Head)
	}
	r.lock.Landed = landed.Head
	return r.out, s.save(nil, r.lock)
}

// A rebasing is a stack on its way to another base.
type rebasing struct {
	s    *Stack
	t    *tree.Tree
	lock *Lock
	plan *plan
	out  *Outcome
	from string
	past *history
	base map[int]int // what the base contains: contained
	// forms are those of a patch that were not tried yet, by its number; none where they were not looked for.
	forms map[int][]candidate
}

// A candidate is a form of a patch that may fit: as sent (name ""), or a file below resolved/.
type candidate struct {
	name  string
	patch *patchset.Patch
}

// rebase works out what becomes of each patch on rev, and writes nothing.
func (s *Stack) rebase(ctx context.Context, t *tree.Tree, rev string) (*rebasing, error) {
	onto, err := t.Resolve(rev)
	if err != nil {
		return nil, s.fetchHint(err)
	}
	r := &rebasing{s: s, t: t, forms: map[int][]candidate{}}
	if s.Lock != nil {
		r.lock = s.Lock.clone()
	} else if r.lock, err = s.newLock(ctx, t); err != nil {
		return nil, err
	}
	r.from = r.lock.Base
	r.lock.Rev, r.lock.Base = rev, string(onto)
	if _, err := s.lockEntries(ctx, r.lock); err != nil {
		return nil, err
	}
	for _, e := range r.lock.Entries {
		for _, p := range e.Patches {
			p.Upstream, p.How = "", ""
		}
	}
	if r.plan, err = s.plan(ctx, s.Manifest, r.lock); err != nil {
		return nil, err
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	// Merging costs a dozen git processes for each patch: what the base has is known without.
	for _, merging := range []bool{false, true} {
		for again := true; again; {
			if again, err = r.try(ctx, merging); err != nil {
				return nil, err
			}
		}
		if r.out.Complete() {
			break
		}
	}
	return r, nil
}

// look finds what is upstream by patch ID, and what the new base contains.
func (r *rebasing) look(ctx context.Context) error {
	var names []string
	for _, at := range r.plan.patches {
		for _, f := range at.sent.Files {
			names = append(names, patchset.Path(f))
		}
	}
	r.s.say("looking for %s between %.12s and %.12s", report.Plural(len(r.plan.patches), "patch"), r.from, r.lock.Base)
	var err error
	if r.past, err = historyOf(ctx, r.t, r.from, r.lock.Base, names); err != nil {
		return err
	}
	for _, at := range r.plan.patches {
		if commit := r.past.byPatchID[at.patch.PatchID]; commit != "" {
			at.patch.Upstream, at.patch.How = string(commit), ByPatchID
		} else if r.s.skipped(at.patch) {
			at.patch.Upstream, at.patch.How = r.lock.Base, ByHand
		}
	}
	snapshot, err := r.t.Snapshot(r.lock.Base)
	if err != nil {
		return err
	}
	r.base, err = r.plan.contained(ctx, snapshot)
	return err
}

// try applies what is left of the stack, where merging is set with three-way merges, and takes the next form of each patch that did
// not fit by its own fault. It returns whether anything is to be tried again.
func (r *rebasing) try(ctx context.Context, merging bool) (again bool, err error) {
	r.s.say("trying the stack on %.12s", r.lock.Base)
	opts, err := r.lock.landing(trialBranch)
	if err != nil {
		return false, err
	}
	opts.Check, opts.KeepGoing = true, true
	result, err := apply.Parts(ctx, r.t, r.plan.parts(inStack, merging), opts)
	if err != nil {
		return false, err
	}
	r.out = &Outcome{Rev: r.lock.Rev, Base: r.lock.Base, Head: result.Head, Patches: r.plan.outcomes(result)}
	for _, at := range r.plan.patches {
		out := &r.out.Patches[at.number-1]
		switch {
		case out.addsNothing:
			at.patch.Upstream, at.patch.How = r.lock.Base, ByMerge
			again = true
		case out.Became == Moved && r.hasNearer(at.number, out.Offset), out.Became != Conflict && inStack(at) && r.liesBelow(at):
			// Its lines are where it wants them, and the same context stands once more elsewhere; or the base has it below
			// what a later patch made of it.
			if at.patch.Upstream, err = r.bringer(ctx, at.sent); err != nil {
				return false, err
			}
			at.patch.How, again = ByContent, true
		case out.Became == Conflict && !needsOthers(out):
			more, err := r.next(ctx, at, out, merging)
			if err != nil {
				return false, err
			}
			again = again || more
		}
	}
	if again {
		return true, nil
	}
	if r.out.Complete() {
		if r.out.Head == "" {
			r.out.Head = r.lock.Base
		}
		r.lock.Head = r.out.Head
	}
	return false, nil
}

// hasNearer reports whether the base has the change of a patch nearer to its place than where the patch would go in.
func (r *rebasing) hasNearer(number, offset int) bool {
	there, in := r.base[number]
	return in && abs(there) < abs(offset)
}

// liesBelow reports whether the base has the change of a patch under that of a later one of the same file, which is upstream:
// put in once more, it would undo a part of that.
func (r *rebasing) liesBelow(at *placed) bool {
	if _, in := r.base[at.number]; !in {
		return false
	}
	files := touched(&patchset.Set{Patches: []*patchset.Patch{at.sent}})
	return slices.ContainsFunc(r.plan.patches[at.number:], func(later *placed) bool {
		return later.patch.How == ByContent && slices.ContainsFunc(touched(&patchset.Set{Patches: []*patchset.Patch{later.sent}}), func(name string) bool { return slices.Contains(files, name) })
	})
}

// needsOthers reports whether all conflicts of a patch are in files of patches before it that do not fit.
func needsOthers(out *PatchOutcome) bool {
	return !slices.ContainsFunc(out.Conflicts, func(c apply.Conflict) bool { return len(c.Needs) == 0 })
}

// next takes another form of a patch that does not fit, or finds it upstream. It returns whether something changed.
func (r *rebasing) next(ctx context.Context, at *placed, out *PatchOutcome, merging bool) (bool, error) {
	if _, in := r.base[at.number]; in {
		commit, err := r.bringer(ctx, at.sent)
		at.patch.Upstream, at.patch.How = commit, ByContent
		return true, err
	}
	if !merging {
		return false, nil
	}
	list, looked := r.forms[at.number]
	if !looked {
		var err error
		if list, err = r.formsOf(at); err != nil {
			return false, err
		}
	}
	if len(list) > 0 {
		at.used, at.patch.Resolved = list[0].patch, list[0].name
		r.forms[at.number] = list[1:]
		return true, nil
	}
	commit, likeness, err := r.past.called(ctx, r.t, at.sent)
	if err != nil || commit == "" {
		return false, err
	}
	if likeness >= leastLikeness {
		at.patch.Upstream, at.patch.How = commit, howByTitle(likeness)
		return true, nil
	}
	for i := range out.Conflicts {
		out.Conflicts[i].Hint = fmt.Sprintf("%.12s has its title and author, and %d %% of its lines: a newer version may be upstream", commit, likeness)
	}
	return false, nil
}

// formsOf returns the other forms of a patch, in the order in which they are tried: as sent, then resolved ones, the newest
// first. Where there are any, the present form comes once more behind them: it is the one that a person goes on from, as it
// was fitted to the base that is left.
func (r *rebasing) formsOf(at *placed) ([]candidate, error) {
	var list []candidate
	if at.patch.Resolved != "" {
		list = append(list, candidate{"", at.sent})
	}
	names, err := r.s.resolutions(at.patch.PatchID)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name == at.patch.Resolved {
			continue
		}
		p, err := r.s.resolution(name)
		if err != nil {
			return nil, err
		}
		list = append(list, candidate{name, p})
	}
	if len(list) > 0 {
		list = append(list, candidate{at.patch.Resolved, at.used})
	}
	return list, nil
}

// resolutions returns the files below resolved/ that stand for a patch, the newest first.
func (s *Stack) resolutions(patchID string) ([]string, error) {
	if patchID == "" {
		return nil, nil
	}
	files, err := os.ReadDir(filepath.Join(s.Dir, resolvedDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, f := range files {
		if strings.HasPrefix(f.Name(), patchID[:16]+"-") && strings.HasSuffix(f.Name(), ".patch") {
			names = append(names, f.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}

// remember writes what was merged below resolved/, so that it applies without the blobs that the merge needed, and brings the
// lock's commits up to date.
func (r *rebasing) remember(ctx context.Context) error {
	if slices.ContainsFunc(r.out.Patches, func(p PatchOutcome) bool { return p.Became == Merged }) {
		// A trial writes no commits: what was merged is read from a branch that goes again.
		if err := r.landTrial(ctx); err != nil {
			return err
		}
		defer dropBranch(context.WithoutCancel(ctx), r.t, trialBranch)
	}
	for _, at := range r.plan.patches {
		out := r.out.Patches[at.number-1]
		at.patch.Commit = ""
		if inStack(at) {
			at.patch.Commit = out.Commit
		}
		if out.Became == Merged {
			name, err := r.s.recordResolution(ctx, r.t, at, out.Commit)
			if err != nil {
				return err
			}
			at.patch.Resolved = name
		}
		at.patch.note(r.lock, out)
	}
	return nil
}

// trialBranch is named where something is only tried.
const trialBranch = "lsmpatch-stack-trial"

func (r *rebasing) landTrial(ctx context.Context) error {
	opts, err := r.lock.landing(trialBranch)
	if err != nil {
		return err
	}
	_, err = apply.Parts(ctx, r.t, r.plan.parts(inStack, true), opts)
	return err
}

// recordResolution writes a commit below resolved/ as what stands for a patch, and returns its name there. Names sort by
// age.
func (s *Stack) recordResolution(ctx context.Context, t *tree.Tree, at *placed, commit string) (string, error) {
	data, err := t.FormatPatch(ctx, odb.Hash(commit))
	if err != nil {
		return "", err
	}
	id := at.patch.PatchID
	if id == "" {
		return "", fmt.Errorf("%s has no patch ID by which a resolution could be found again", at.name())
	}
	before, err := s.resolutions(id)
	if err != nil {
		return "", err
	}
	for _, name := range before {
		if have, err := os.ReadFile(filepath.Join(s.Dir, resolvedDir, name)); err == nil && string(have) == string(data) {
			return name, nil
		}
	}
	name := fmt.Sprintf("%s-%03d.patch", id[:16], len(before)+1)
	return name, writeFile(filepath.Join(s.Dir, resolvedDir, name), data)
}
