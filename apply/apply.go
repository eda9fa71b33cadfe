// SPDX-License-Identifier: GPL-2.0-only

// Package apply puts patch series into trees, as git am does, and explains why where it cannot.
//
// For most uses, call [Series] with the folder of a git repository or of a plain tree: the whole
// series lands in one step, or nothing changes. [Overlay] applies a series to a snapshot in
// memory, which is what checks use.
//
// A patch that does not fit is no error: it is described in [Result].Conflicts, and nothing is
// written. An error means that the tree could not be read or written.
//
// The verdict on each patch is that of git apply --index, and commits equal those of git am bit
// for bit, given the same committer and time. Where the package decides otherwise, it refuses what
// git takes:
//
//   - paths that are git's own folder in the spelling of any file system, where git looks only at
//     those that the repository is configured for, and line numbers beyond 32 bits, which git
//     wraps around;
//   - a diff with a damaged binary patch, of which git complains, but applies what stands before it;
//   - binary patches that make files of more than 512 MiB, and hunks that take more than some
//     seconds to place.
//
// A file mode that names no type, which versions of git read in different ways, is read as by the
// newest: as a submodule link.
//
// The hook applypatch-msg gets each message, as from git am, in a check as well. The hooks pre-applypatch and
// post-applypatch do not run: they see the worktree of each patch, and here all patches land in one step. (The command
// gives a series to git am where there is one of these.)
//
// Commits are in the encoding that i18n.commitEncoding names, for which the series must have been read.
//
// White space is treated as [Options].Whitespace says, and where that says nothing, in a git repository as
// apply.whitespace and apply.ignoreWhitespace do. Patches for which it is not left alone are applied by git.
package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/land"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// Options direct [Series] and [Overlay]. The zero value applies to HEAD, index and worktree.
type Options struct {
	// Base is the revision that the series is put on. The default is the tip of Branch where it
	// exists, else HEAD, which may be a branch without any commit. Without Branch it must be what HEAD
	// is.
	Base string
	// Branch gets the commits, without a look at index and worktree; it is made where it does not
	// exist. From is a commit that it may be moved to Base from, and Force moves it from anywhere.
	Branch string
	From   string
	Force  bool
	// Check writes nothing.
	Check bool
	// KeepGoing tries all patches: one that does not fit is left out, and those after it are tried without it.
	// Nothing lands where one does not fit, but for LandFitting.
	KeepGoing bool
	// LandFitting lands the patches before the first that does not fit.
	LandFitting bool
	// ThreeWay merges, as git am -3 does, where a patch does not fit and the repository has the
	// files that it was made for.
	ThreeWay bool
	// Signoff adds the committer's sign-off, MessageID a "Message-ID:" line as git am does, and
	// Link a "Link:" trailer to the mail on lore.kernel.org.
	Signoff, MessageID, Link bool
	// Fuzz lets so many lines at each end of a hunk differ, as patch --fuzz does.
	Fuzz int
	// Context is git apply's -C: how many lines of context at each end must match. 0 asks for
	// all of them, a negative number for none.
	Context int
	// Strip is git apply's -p: how many leading folders are taken off the names in patches. 0 is as git
	// does without -p: one, a negative number is none.
	Strip int
	// Directory is git apply's --directory: the folder that the names in patches are relative to.
	Directory string
	// UnidiffZero accepts hunks without context at any place, as git apply --unidiff-zero does.
	UnidiffZero bool
	// Whitespace is git apply's --whitespace: "nowarn", "warn", "fix", "error" or "error-all". "" is as git's
	// configuration says, and nowarn where that says nothing. IgnoreWhitespace is git apply's
	// --ignore-whitespace: changes of white space in context are no difference.
	Whitespace       string
	IgnoreWhitespace bool
	// Filters say which files of the patches count; of all that match, the first.
	Filters []Filter
	// Reverse takes the series out: the last patch first, each turned round. In git there are
	// better ways, so Series accepts it in plain directories only.
	Reverse bool
	// CommitterDateIsAuthorDate and IgnoreDate are git am's: the time of a commit is that of its author, or
	// the author's is that of the commit.
	CommitterDateIsAuthorDate, IgnoreDate bool
	// Sign signs the commits, as git am --gpg-sign does, with SigningKey or where that is "" with the key of
	// git's configuration. A Check signs nothing.
	Sign       bool
	SigningKey string
	// Empty is git am's --empty: what becomes of mails without a patch: "stop", which is the default, makes them
	// conflicts, "drop" skips them, and "keep" makes commits of them that change nothing.
	Empty string
	// NoVerify leaves the hook applypatch-msg out.
	NoVerify bool
	// Committer is by default who git would commit as; the time where it is zero is now.
	Committer object.Signature
	// Progress gets a line for each patch, and may be nil.
	Progress io.Writer
}

// A Result tells what was done, or what is in the way. Its JSON names are a contract.
type Result struct {
	// Base and Head are the commits before and after; "" in a plain directory, Base as well on a branch
	// without any commit, and Head where there are conflicts.
	Base string `json:"base"`
	Head string `json:"head"`
	// Found says how the base was found, where it was looked for.
	Found *Base `json:"found,omitempty"`
	// Branch is the short name of the branch that moved, "" for a detached HEAD.
	Branch string `json:"branch"`
	// Patches are those that fit, in order.
	Patches []PatchResult `json:"patches"`
	// Conflicts are those of the first patch that does not fit; with Options.KeepGoing of each that does not.
	Conflicts []Conflict `json:"conflicts"`

	// steps are the changes of each of Patches to before, where [Overlay] made the result.
	before fs.FS
	steps  [][]tree.Change
}

// Snapshots returns the tree after each of Patches. Only a result of [Overlay] has them. Each is
// made anew from the first patch on, so the cost is the square of how many there are.
func (r *Result) Snapshots() ([]fs.FS, error) {
	var snapshots []fs.FS
	for i := range r.steps {
		snapshot := tree.NewOverlay(r.before)
		for _, step := range r.steps[:i+1] {
			if err := writeAll(snapshot, step); err != nil {
				return nil, err
			}
		}
		snapshots = append(snapshots, snapshot)
	}
	return snapshots, nil
}

// A PatchResult is one patch that fits.
type PatchResult struct {
	Index int `json:"index"`
	// Commit is the new commit, or "" where none was made.
	Commit  string       `json:"commit"`
	Subject string       `json:"subject"`
	Files   []FileResult `json:"files"`
	// Warnings are what git apply says of white space, where it was asked to look.
	Warnings []string `json:"warnings,omitempty"`
	// Merged says that it took a three-way merge.
	Merged bool `json:"merged,omitempty"`
	// Skipped says that no commit was made: a three-way merge found nothing left to change, or the mail has
	// no patch and Options.Empty drops it.
	Skipped bool `json:"skipped,omitempty"`
}

// A FileResult is one file of a patch.
type FileResult struct {
	Path  string       `json:"path"`
	Hunks []HunkResult `json:"hunks"`
}

// A HunkResult says where a hunk went in.
type HunkResult struct {
	// Line is the first line of the hunk in the file, from 1.
	Line int `json:"line"`
	// Offset is how far that is from where the patch says, in lines.
	Offset int `json:"offset"`
	// Fuzz is how many lines of context were left out of account at an end.
	Fuzz int `json:"fuzz"`
}

// Series applies set to the tree at dir and commits each patch: to HEAD with index and worktree, or
// to a branch. Dir may be a plain directory, whose files are changed.
//
// All or nothing: where a patch does not fit, Result.Conflicts says why and nothing was written.
// The errors are those of [land.Open] and [land.Chain.Land], among them [*git.DirtyError].
func Series(ctx context.Context, dir string, set *patchset.Set, opts *Options) (*Result, error) {
	t, err := land.Open(dir)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	return To(ctx, t, set, opts)
}

// To is [Series] for a tree that is open already.
func To(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	if !t.IsGit() {
		return applyPlain(ctx, t, set, opts)
	}
	if opts.Reverse {
		return nil, hint.Wrap(errors.New("--reverse is for plain directories"), "in git, `git revert` or `git reset` take commits out")
	}
	return applyGit(ctx, t, []Part{{Set: set, Options: opts}}, opts)
}

// Overlay applies set to before in memory. After is the tree with all patches that fit, and
// [Result.Snapshots] has the tree after each of them. Before is only read.
//
// Of the options, those about repositories mean nothing here.
func Overlay(before fs.FS, set *patchset.Set, opts *Options) (after fs.FS, _ *Result, err error) {
	if opts == nil {
		opts = &Options{}
	}
	tree.ReadAhead(before, oldNames(set, opts))
	return OverlayParts(context.Background(), before, []Part{{Set: set}}, opts)
}

// applyPlain applies set to a plain directory.
func applyPlain(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *Options) (*Result, error) {
	switch {
	case opts.Branch != "" || opts.Base != "":
		return nil, hint.Wrap(fmt.Errorf("%s is not a git repository", t.Dir()), "a plain directory has neither branch nor base")
	case opts.ThreeWay:
		return nil, hint.Wrap(fmt.Errorf("%s is not a git repository", t.Dir()), "a three-way merge needs the objects of one")
	}
	before, err := t.Snapshot("")
	if err != nil {
		return nil, err
	}
	s := newSession(before, opts)
	if s.white, err = whitespaceOf(ctx, nil, opts); err != nil {
		return nil, err
	}
	if s.chain, err = land.NewChain(t, ""); err != nil {
		return nil, err
	}
	defer s.chain.Close()
	if err := s.patches(ctx, set); err != nil || !s.lands() {
		return s.result, err
	}
	_, err = s.chain.Land(ctx, &land.Options{DryRun: opts.Check})
	return s.result, landHint(err)
}

// applyGit applies parts to a git repository.
func applyGit(ctx context.Context, t *tree.Tree, parts []Part, opts *Options) (*Result, error) {
	set := joined(parts)
	base, err := baseOf(t, opts)
	if err != nil {
		return nil, err
	}
	before := t.Empty()
	if base != "" {
		if before, err = t.Snapshot(string(base)); err != nil {
			return nil, err
		}
		tree.ReadAhead(before, oldNames(set, opts))
	}
	s := newSession(before, opts)
	s.useRepository(t, base)
	if s.white, err = whitespaceOf(ctx, t, opts); err != nil {
		return nil, err
	}
	if s.chain, err = land.NewChain(t, base); err != nil {
		return nil, err
	}
	defer s.chain.Close()
	if s.committer, err = committer(ctx, t, opts); err != nil {
		return nil, err
	}
	if err := s.prepareCommits(ctx, t); err != nil {
		return nil, err
	}
	s.result.Base = string(base)
	if err := s.parts(ctx, parts); err != nil {
		return nil, err
	}
	if len(s.result.Conflicts) > 0 {
		if err := s.explainHistory(ctx, set); err != nil || !s.lands() {
			return s.result, err
		}
	}
	if err := s.chain.Wait(); err != nil {
		return nil, err
	}
	return s.result, s.land(ctx, t, base)
}

// oldNames returns the files that a series changes, as far as its text tells without -p and --directory.
func oldNames(set *patchset.Set, opts *Options) []string {
	var names []string
	for _, p := range set.Patches {
		for _, f := range p.Files {
			if f.OldName != "" && wanted(opts.Filters, f.OldName) {
				names = append(names, f.OldName)
			}
		}
	}
	return names
}

// baseOf returns the commit that the series is put on, "" where the branch has none yet.
func baseOf(t *tree.Tree, opts *Options) (odb.Hash, error) {
	if opts.Base == "" && opts.Branch != "" {
		tip, err := t.Resolve(branchRef(opts.Branch))
		if err == nil || !errors.Is(err, git.ErrNoRevision) {
			return tip, err
		}
	}
	if opts.Base == "" && t.IsUnborn() {
		return "", nil
	}
	base, err := t.Resolve(opts.Base)
	if err != nil || opts.Base == "" || opts.Branch != "" || opts.Check {
		return base, err
	}
	head, err := t.Resolve("")
	if err == nil && head != base {
		err = hint.Wrap(fmt.Errorf("the base %s is not what is checked out", opts.Base),
			"give --branch as well, or check the base out")
	}
	return base, err
}
