// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/limit"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A session applies the patches of one set, one after the other, in memory.
type session struct {
	opts   *Options
	before fs.FS
	// files is the tree after the patches so far.
	files  *tree.Overlay
	result *Result
	// chain gets the step of each patch; it is nil where nothing is to land.
	chain *land.Chain
	white whitespace
	// fitting is how many patches of the result come before the first that does not fit.
	fitting int
	// unfit has the indexes of those that do not.
	unfit map[int]bool
	// names are the files that the patches name, once somebody asked.
	names map[string]named
	// gaps are the first numbers that the series lacks, once somebody asked.
	gaps []int
	// walked counts the entries of the tree that were looked at for files that patches name otherwise.
	walked int
	// keepSteps is for Result.Snapshots.
	keepSteps bool

	// What follows is set in a git repository.
	repo      *tree.Tree
	base      odb.Hash
	blobs     blobs
	digits    int
	hash      func([]byte) odb.Hash
	committer object.Signature
	// encoding is what commits are in, "" for UTF-8.
	encoding string
	// hook is the applypatch-msg of the repository, "" where there is none.
	hook   string
	signer *git.Signer
}

func newSession(before fs.FS, opts *Options) *session {
	return &session{
		opts: opts, before: before, files: tree.NewOverlay(before), unfit: map[int]bool{},
		result: &Result{Patches: []PatchResult{}, Conflicts: []Conflict{}},
		white:  whitespace{action: "nowarn"},
		digits: 40, hash: odb.BlobHash,
	}
}

// useRepository makes s ask t for objects.
func (s *session) useRepository(t *tree.Tree, base odb.Hash) {
	s.repo, s.base, s.blobs, s.digits, s.hash = t, base, t, len(t.BlobName(nil)), t.BlobName
}

// patches applies set, up to the first patch that does not fit.
func (s *session) patches(ctx context.Context, set *patchset.Set) error {
	switch s.opts.Empty {
	case "", "stop", "drop", "keep":
	default:
		return hint.Wrap(fmt.Errorf("nothing that is done with empty patches is called %q", s.opts.Empty), "give stop, drop or keep as --empty")
	}
	todo := slices.Clone(set.Patches)
	if s.opts.Reverse {
		slices.Reverse(todo)
	}
	for i, p := range todo {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if s.opts.Progress != nil {
			fmt.Fprintf(s.opts.Progress, "applying %d/%d: %s\n", i+1, len(todo), p.Title)
		}
		before := len(s.result.Conflicts)
		if err := s.patch(ctx, set, p); err != nil {
			return fmt.Errorf("applying patch %d: %w", p.Index, err)
		}
		switch bad := s.result.Conflicts[before:]; {
		case len(s.result.Conflicts) == 0:
			s.fitting = len(s.result.Patches)
		case !s.opts.KeepGoing:
			return nil
		case len(bad) > 0:
			s.needs(set, p, bad)
		}
	}
	return nil
}

// maxNeeded is how many patches a conflict is said to need, the nearest ones: each of a thousand that change one file needs all before it.
const maxNeeded = 50

// needs notes for the conflicts of p which patches before it do not fit and change the same files.
func (s *session) needs(set *patchset.Set, p *patchset.Patch, conflicts []Conflict) {
	for i := range conflicts {
		bad := &conflicts[i]
		for _, index := range slices.Backward(s.named(set, bad.File).all) {
			if index != p.Index && s.unfit[index] && len(bad.Needs) < maxNeeded {
				bad.Needs = append(bad.Needs, index)
			}
		}
		slices.Reverse(bad.Needs)
	}
	s.unfit[p.Index] = true
}

// lands tells whether anything is to land after all patches were tried.
func (s *session) lands() bool {
	return len(s.result.Conflicts) == 0 || s.opts.LandFitting && s.fitting > 0
}

// patch applies p, or leaves its conflicts in the result.
func (s *session) patch(ctx context.Context, set *patchset.Set, p *patchset.Patch) error {
	if s.chain != nil && p.Encoding != s.encoding {
		return hint.Wrap(fmt.Errorf("i18n.commitEncoding is %q, and the patch was read for commits in %q (empty means UTF-8)", s.encoding, p.Encoding),
			"read the series with series.Options.Encoding, or unset i18n.commitEncoding")
	}
	changes, bad := s.read(p)
	if bad != nil && bad.Kind == KindEmpty && len(p.Diff) == 0 {
		switch s.opts.Empty {
		case "drop":
			s.keep(PatchResult{Index: p.Index, Subject: p.Title, Files: []FileResult{}, Skipped: true}, nil)
			return nil
		case "keep":
			changes, bad = nil, nil
		default:
			bad.Hint = "`--empty=drop` passes over it, `--empty=keep` commits its message"
		}
	}
	message := ""
	if bad == nil && s.chain != nil {
		var err error
		if message, bad, err = s.hookedMessage(ctx, p); err != nil {
			return err
		}
	}
	if bad != nil {
		s.refuse(p, *bad)
		return nil
	}
	r := s.newRun(s.files)
	after, err := r.into(tree.NewOverlay(s.files), changes)
	if err != nil {
		return err
	}
	done := PatchResult{Index: p.Index, Subject: p.Title, Files: r.results}
	if s.white.byGit() && !r.attacked() {
		if after, err = s.byGit(ctx, p, changes, r, &done); err != nil {
			return err
		}
	}
	if len(r.conflicts) > 0 {
		merged, err := s.fallBack(ctx, p, r)
		if err != nil {
			return err
		}
		if merged == nil {
			s.explainSeries(set, p, r.conflicts)
			s.explainStrip(p, r.conflicts)
			s.explainPlace(changes, r.conflicts)
			s.refuse(p, r.conflicts...)
			return nil
		}
		after, done.Merged, done.Files = merged, true, filesOf(changes)
	}
	return s.accept(ctx, p, message, after, done)
}

// newRun returns a run of one patch against files.
func (s *session) newRun(files fs.FS) *patchRun {
	context := s.opts.Context
	switch {
	case context == 0:
		context = -1
	case context < 0:
		context = 0
	}
	return &patchRun{
		placer: &placer{
			unidiffZero: s.opts.UnidiffZero, context: context, fuzz: s.opts.Fuzz,
			budget: &budget{left: maxWork},
		},
		files: files, blobs: s.blobs, digits: s.digits, hash: s.hash,
	}
}

// maxWork is how many lines may be compared to place the hunks of one patch: about a second.
// The largest patches of Linux stay far below.
const maxWork = limit.PlacingLines

// into applies changes and writes the results into after, which lies on r's files. Where something
// is in the way r.conflicts is not empty and after is not to be used.
func (r *patchRun) into(after *tree.Overlay, changes []*change) (*tree.Overlay, error) {
	if err := r.all(changes); err != nil || len(r.conflicts) > 0 {
		return after, err
	}
	bad, err := write(after, changes, r.digits)
	r.conflicts = bad
	return after, err
}

// read returns the changes of p, turned round where the options say so. What is to be a commit must be a mail
// that git am can read.
func (s *session) read(p *patchset.Patch) ([]*change, *Conflict) {
	if s.repo != nil && p.DecodeErr != nil {
		bad := &Conflict{Kind: KindMail, Message: fmt.Sprintf("git am would refuse the mail: %v", p.DecodeErr)}
		if s.encoding != "" {
			bad.Hint = "commits are to be in " + s.encoding + "; unset i18n.commitEncoding to make them in UTF-8, as those of the kernel are"
		}
		return nil, bad
	}
	changes, err := parseDiff(p.Diff, s.opts.naming())
	var parse *parseError
	switch {
	case errors.As(err, &parse):
		return nil, &Conflict{Kind: parse.kind, Message: fmt.Sprintf("the patch is damaged: %v", err)}
	case err != nil:
		return nil, &Conflict{Kind: KindEmpty, Message: err.Error()}
	}
	if s.opts.Reverse {
		for i, c := range changes {
			changes[i] = c.reverse()
		}
		slices.Reverse(changes)
	}
	return slices.DeleteFunc(changes, func(c *change) bool { return !wanted(s.opts.Filters, c.name()) }), nil
}

func (s *session) refuse(p *patchset.Patch, bad ...Conflict) {
	for i := range bad {
		bad[i].Patch = p.Index
	}
	s.result.Conflicts = append(s.result.Conflicts, bad...)
}

// accept adds what p changed to the tree, and the commit to those that land.
func (s *session) accept(ctx context.Context, p *patchset.Patch, message string, after *tree.Overlay, done PatchResult) error {
	// The names of the new blobs are worked out with the commits, in the background.
	read := after.Written
	if done.Merged {
		read = after.Changes
	}
	changes, err := read()
	if err != nil {
		return err
	}
	if done.Merged && len(changes) == 0 {
		done.Skipped = true
	} else if s.chain != nil && len(s.result.Conflicts) == 0 {
		step := &land.Step{Draft: git.Draft{Message: message, Encoding: s.encoding}, Changes: changes}
		step.Author, step.Committer = s.signatures(p)
		step.Logged = s.committer.When
		if s.signer != nil {
			step.Sign = func(commit []byte) ([]byte, error) { return s.signer.Sign(ctx, commit) }
		}
		if err := s.chain.Add(step); err != nil {
			return err
		}
	}
	if err := writeAll(s.files, changes); err != nil {
		return err
	}
	s.keep(done, changes)
	return nil
}

// keep notes a patch that fits, with its changes where Result.Snapshots may be asked for.
func (s *session) keep(done PatchResult, changes []tree.Change) {
	s.result.Patches = append(s.result.Patches, done)
	if s.keepSteps {
		s.result.steps = append(s.result.steps, changes)
	}
}

// writeAll makes the changes to files: first all that goes, so that a file can take the place of a
// folder.
func writeAll(files *tree.Overlay, changes []tree.Change) error {
	for _, gone := range []bool{true, false} {
		for _, c := range changes {
			if c.Deleted() != gone {
				continue
			}
			if err := files.Write(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// land moves the ref to the commits, and notes their names.
func (s *session) land(ctx context.Context, t *tree.Tree, base odb.Hash) error {
	if base == "" && !slices.ContainsFunc(s.result.Patches, func(p PatchResult) bool { return !p.Skipped }) {
		return nil // the branch still has no commit
	}
	opts := &land.Options{Branch: s.opts.Branch, From: odb.Hash(s.opts.From), Force: s.opts.Force, DryRun: s.opts.Check}
	if s.opts.Check && s.opts.Branch == "" {
		head, err := t.Resolve("")
		if err != nil && !errors.Is(err, git.ErrNoRevision) {
			return err
		}
		if head != base {
			return nil // nowhere to land: that the patches fit is all there is to say
		}
	}
	landed, err := s.chain.Land(ctx, opts)
	if err != nil {
		return landHint(err)
	}
	s.result.Head = string(landed.Head)
	s.result.Branch = strings.TrimPrefix(strings.TrimPrefix(landed.Ref, "refs/heads/"), "HEAD")
	commits := landed.Commits
	for i := range s.result.Patches[:s.fitting] {
		if p := &s.result.Patches[i]; !p.Skipped && len(commits) > 0 {
			p.Commit, commits = string(commits[0]), commits[1:]
		}
	}
	return nil
}

// landHint adds to an error of Chain.Land what a person can do.
func landHint(err error) error {
	var dirty *git.DirtyError
	var locked *git.LockedError
	var moved *git.MovedError
	switch {
	case hint.Of(err) != "":
	case errors.As(err, &dirty):
		return hint.Wrap(err, "commit, stash or remove the changes, or put the series on a branch with --branch")
	case errors.As(err, &locked):
		return hint.Wrap(err, "wait for the other git or lsmpatch; remove the file if none is running")
	case errors.As(err, &moved):
		return hint.Wrap(err, "give another --branch or --base, or move the branch with --force")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return hint.Wrap(err, "free some space on the disk and try again: the series has not landed")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return hint.Wrap(err, "make it writable for you, or give --check to write nothing: the series has not landed")
	}
	return err
}

// branchRef returns the full name of a local branch.
func branchRef(name string) string {
	return "refs/heads/" + strings.TrimPrefix(name, "refs/heads/")
}

// filesOf returns what changes amount to where no hunk was placed.
func filesOf(changes []*change) []FileResult {
	files := []FileResult{}
	for _, c := range changes {
		files = append(files, FileResult{Path: c.name(), Hunks: []HunkResult{}})
	}
	return files
}
