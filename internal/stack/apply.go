// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// The words for what became of a patch on a base.
const (
	AsIs     = "as it is"  // every hunk where the patch says
	Moved    = "moved"     // some hunks at other lines
	Merged   = "merged"    // by a three-way merge
	Resolved = "resolved"  // as somebody resolved it before
	Upstream = "upstream"  // the base has it: left out
	Skipped  = "skipped"   // somebody left it out by hand, at this base or one before
	Conflict = "conflict"  // it does not fit
	Untried  = "not tried" // one before it does not fit
)

// A PatchOutcome is what became of one patch. Its JSON names are a contract.
type PatchOutcome struct {
	Entry  string `json:"entry"`
	Index  int    `json:"index"` // within its entry, from 1
	Title  string `json:"subject"`
	Became string `json:"became"`
	// Commit is the new commit; of an upstream patch the one that has it, and How says by what that is known. A skipped one has none.
	Commit string `json:"commit,omitempty"`
	How    string `json:"how,omitempty"`
	// Offset is the farthest that a hunk moved, in lines, and Fuzz the most context that was let differ.
	Offset    int              `json:"offset,omitempty"`
	Fuzz      int              `json:"fuzz,omitempty"`
	Conflicts []apply.Conflict `json:"conflicts,omitempty"`
	// AddsNothing is set where a three-way merge found nothing left to change.
	addsNothing bool
}

// An Outcome is what became of a stack. Its JSON names are a contract.
type Outcome struct {
	Rev     string         `json:"rev"`
	Base    string         `json:"base"`
	Head    string         `json:"head,omitempty"`
	Branch  string         `json:"branch,omitempty"`
	Patches []PatchOutcome `json:"patches"`
	// Locked are the entries that were locked anew.
	Locked []string `json:"locked,omitempty"`
	// Note says what a person should know: that the base's name stands for another commit now.
	Note string `json:"note,omitempty"`
	// Next is what a person does next, where the stack could not be completed; "" where it was.
	Next string `json:"next,omitempty"`
}

// Complete reports whether every patch fits, or is left out.
func (o *Outcome) Complete() bool {
	return !slices.ContainsFunc(o.Patches, func(p PatchOutcome) bool { return p.Became == Conflict || p.Became == Untried })
}

// ApplyOptions say where a stack lands.
type ApplyOptions struct {
	// Branch is the manifest's where it is "". Force lets it move although it has commits that are not the stack's.
	Branch string
	Force  bool
	// Check writes nothing.
	Check bool
	// Locked refuses where the lock does not have all that the manifest names.
	Locked bool
}

// Apply makes the commits of the stack and points the branch at the last one: one ref is moved, or nothing changes. Entries
// that are not locked yet are read from their sources. Where a patch does not fit, the outcome says so, and neither branch nor
// lock has changed.
func (s *Stack) Apply(ctx context.Context, t *tree.Tree, opts *ApplyOptions) (*Outcome, error) {
	if err := dropBranch(ctx, t, trialBranch); err != nil { // of a rebase that was killed
		return nil, err
	}
	l, err := s.newLock(ctx, t)
	if err != nil {
		return nil, err
	}
	anew, err := s.lockEntries(ctx, l)
	if err != nil {
		return nil, err
	}
	if opts.Locked && len(anew) > 0 {
		return nil, hint.Wrap(fmt.Errorf("%s does not have %v as the manifest names them", LockName, anew), "`lsmpatch stack update` locks them")
	}
	p, err := s.plan(ctx, s.Manifest, l)
	if err != nil {
		return nil, err
	}
	branch := opts.Branch
	if branch == "" {
		branch = s.Branch()
	}
	if err := s.mayMove(ctx, t, p, l, branch, opts.Force); err != nil {
		return nil, err
	}
	out, err := s.land(ctx, t, p, l, branch, opts.Check)
	if err != nil {
		return nil, err
	}
	out.Locked, out.Note = anew, s.movedBase(t, l)
	if !out.Complete() {
		out.Next = s.nextStep(out, l.Rev)
		return out, nil
	}
	out.Branch = branch
	if opts.Check {
		return out, nil
	}
	l.Landed = out.Head
	return out, s.save(nil, l)
}

// land applies p, and notes the commits in l. Where a patch does not fit nothing lands.
func (s *Stack) land(ctx context.Context, t *tree.Tree, p *plan, l *Lock, branch string, check bool) (*Outcome, error) {
	opts, err := l.landing(branch)
	if err != nil {
		return nil, err
	}
	opts.Check, opts.Progress = check, s.Progress
	result, err := apply.Parts(ctx, t, p.parts(inStack, false), opts)
	if err != nil {
		return nil, err
	}
	out := &Outcome{Rev: l.Rev, Base: l.Base, Head: result.Head, Patches: p.outcomes(result)}
	if !out.Complete() {
		return out, nil
	}
	if out.Head == "" {
		out.Head = l.Base
	}
	l.Head = out.Head
	for i, at := range p.patches {
		if inStack(at) {
			at.patch.Commit = out.Patches[i].Commit
		}
		at.patch.note(l, out.Patches[i])
	}
	return out, nil
}

// landing returns how the commits of a lock land on a branch: they are a function of the lock.
func (l *Lock) landing(branch string) (*apply.Options, error) {
	who, err := parsePerson(l.Committer)
	return &apply.Options{Base: l.Base, Branch: branch, Force: true, Committer: who, CommitterDateIsAuthorDate: true, NoVerify: true}, err
}

// note adds to a patch's history what became of it, once for each base.
func (p *LockedPatch) note(l *Lock, out PatchOutcome) {
	past := Past{Rev: l.Rev, Base: l.Base, Became: out.Became, Commit: out.Commit}
	if n := len(p.History); n > 0 && p.History[n-1].Base == l.Base {
		p.History[n-1] = past
		return
	}
	p.History = append(p.History, past)
}

// outcomes says of each patch of p what became of it.
func (p *plan) outcomes(result *apply.Result) []PatchOutcome {
	list := make([]PatchOutcome, len(p.patches))
	for i, at := range p.patches {
		list[i] = PatchOutcome{Entry: at.entry.Name, Index: at.index, Title: at.patch.Title, Became: Untried}
		switch {
		case at.patch.How == ByHand:
			list[i].Became = Skipped
		case !inStack(at):
			list[i].Became, list[i].Commit, list[i].How = Upstream, at.patch.Upstream, at.patch.How
		}
	}
	for _, r := range result.Patches {
		out := &list[r.Index-1]
		out.Became, out.Commit, out.addsNothing = AsIs, r.Commit, r.Skipped
		out.Offset = farthest(r.Files)
		for _, f := range r.Files {
			for _, h := range f.Hunks {
				out.Fuzz = max(out.Fuzz, h.Fuzz)
			}
		}
		if out.Offset != 0 || out.Fuzz != 0 {
			out.Became = Moved
		}
		switch {
		case r.Merged:
			out.Became = Merged
		case p.at(r.Index).patch.Resolved != "":
			out.Became = Resolved
		}
	}
	for _, c := range result.Conflicts {
		out := &list[c.Patch-1]
		out.Became = Conflict
		out.Conflicts = append(out.Conflicts, c)
	}
	return list
}

func abs(n int) int { return max(n, -n) }

// mayMove tells whether the branch is ours to move: it is not there, or where we put it, or at the base, or where the stack is
// going, as after a run that was killed before it wrote the lock.
func (s *Stack) mayMove(ctx context.Context, t *tree.Tree, p *plan, l *Lock, branch string, force bool) error {
	tip, err := t.Resolve("refs/heads/" + branch)
	switch {
	case errors.Is(err, git.ErrNoRevision):
		return nil
	case err != nil:
		return err
	case force || string(tip) == l.Base || string(tip) == l.Landed:
		return nil
	}
	if out, err := s.land(ctx, t, p, l.clone(), branch, true); err != nil || out.Head == string(tip) || !out.Complete() {
		return err // a stack that does not fit moves nothing
	}
	return hint.Wrap(fmt.Errorf("the branch %s is at %.12s, which this stack did not make", branch, string(tip)),
		"keep its commits on another branch, then give --force; or name another with --branch")
}

// nextStep says how to go on after a stack that does not fit.
func (s *Stack) nextStep(out *Outcome, rev string) string {
	for _, p := range out.Patches {
		if p.Became == Conflict {
			return fmt.Sprintf("nothing changed; %s %d does not fit: `lsmpatch stack rebase --onto %s --resolve` stops there as git am --3way does; or `lsmpatch stack remove %s`", p.Entry, p.Index, rev, p.Entry)
		}
	}
	return ""
}
