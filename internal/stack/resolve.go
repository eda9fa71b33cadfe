// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// resolveBranch holds what is below the patch that is being resolved.
const resolveBranch = "lsmpatch-stack-resolve"

// resolveNote is the file of the stack's folder that says what is being resolved.
const resolveNote = "resolve.toml"

// resolveDir is the worktree, below the stack's folder.
const resolveDir = ".resolve"

// A Resolution is a patch that somebody is fitting to a new base by hand, in a worktree of its own.
type Resolution struct {
	// Rev is where the stack is going.
	Rev string `toml:"rev" json:"rev"`
	// Worktree is the folder in which git am --3way stopped.
	Worktree string `toml:"worktree" json:"worktree"`
	// Below is the commit that the patch goes on top of.
	Below   string `toml:"below" json:"below"`
	Entry   string `toml:"entry" json:"entry"`
	Index   int    `toml:"index" json:"index"`
	PatchID string `toml:"patch_id" json:"patch_id"`
	Title   string `toml:"title" json:"subject"`
	// Preparing is set until git am has stopped: a run that was killed before left a worktree without the patch, which is not to be
	// taken for one in which somebody skipped it.
	Preparing bool `toml:"preparing,omitempty" json:"-"`
}

// ErrResolving is the error for a stack with a patch that is being resolved.
var ErrResolving = errors.New("a patch is being resolved")

// Resolving returns what is being resolved, or nil.
func (s *Stack) Resolving() (*Resolution, error) {
	text, err := below.ReadNamed(filepath.Join(s.Dir, resolveNote), 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Resolution{}
	if _, err := toml.Decode(string(text), r); err != nil {
		return nil, hint.Wrap(fmt.Errorf("%s: %w", filepath.Join(s.Dir, resolveNote), err), "`lsmpatch stack rebase --abort` begins anew")
	}
	return r, nil
}

// Resolve begins to resolve the first patch that does not fit on rev: the stack up to there is checked out in a worktree of
// its own, thin in that it has the folders that the patch touches, and git am --3way stops there. It returns nil where all
// patches fit.
func (s *Stack) Resolve(ctx context.Context, t *tree.Tree, rev string, out io.Writer) (*Resolution, error) {
	if now, err := s.Resolving(); err != nil || now != nil {
		if err == nil {
			err = hint.Wrap(fmt.Errorf("%w: %s %d in %s", ErrResolving, now.Entry, now.Index, now.Worktree), "`lsmpatch stack rebase --continue`, or --abort")
		}
		return nil, err
	}
	r, err := s.rebase(ctx, t, rev)
	if err != nil || r.out.Complete() {
		return nil, err
	}
	at := r.plan.at(slices.IndexFunc(r.out.Patches, func(p PatchOutcome) bool { return p.Became == Conflict }) + 1)
	opts, err := r.lock.landing(resolveBranch)
	if err != nil {
		return nil, err
	}
	result, err := apply.Parts(ctx, t, r.plan.parts(func(p *placed) bool { return inStack(p) && p.number < at.number }, true), opts)
	if err != nil {
		return nil, err
	}
	head := result.Head
	if head == "" {
		head = r.lock.Base
	}
	dir, err := filepath.Abs(filepath.Join(s.Dir, resolveDir))
	if err != nil {
		return nil, err
	}
	note := &Resolution{Rev: rev, Worktree: dir, Below: head, Entry: at.entry.Name, Index: at.index, PatchID: at.patch.PatchID, Title: at.patch.Title, Preparing: true}
	if err := s.note(note); err != nil {
		return nil, err
	}
	if err := checkOut(ctx, t, note, at.used, out); err != nil {
		return nil, err
	}
	note.Preparing = false
	return note, s.note(note)
}

// note writes n into the stack's folder.
func (s *Stack) note(n *Resolution) error {
	var text strings.Builder
	if err := toml.NewEncoder(&text).Encode(n); err != nil {
		return err
	}
	return writeFile(filepath.Join(s.Dir, resolveNote), []byte(text.String()))
}

// checkOut makes the worktree of n and has git am stop at p there.
func checkOut(ctx context.Context, t *tree.Tree, n *Resolution, p *patchset.Patch, out io.Writer) error {
	var folders strings.Builder
	for _, f := range p.Files {
		for _, name := range []string{f.OldName, f.NewName} {
			if dir := path.Dir(name); name != "" && dir != "." {
				folders.WriteString(dir + "\n")
			}
		}
	}
	if _, err := t.Git(ctx, "worktree", "add", "--quiet", "--no-checkout", "--detach", n.Worktree, n.Below); err != nil {
		return err
	}
	in := func(c run.Cmd) error {
		c.Args, c.Dir, c.Env = append([]string{"git"}, c.Args...), n.Worktree, run.GitEnv()
		_, err := run.Output(ctx, c)
		return err
	}
	if err := errors.Join(in(run.Cmd{Args: []string{"sparse-checkout", "init", "--cone"}}),
		in(run.Cmd{Args: []string{"sparse-checkout", "set", "--stdin"}, Stdin: strings.NewReader(folders.String())}),
		in(run.Cmd{Args: []string{"checkout", "--quiet", "--detach", n.Below}})); err != nil {
		return err
	}
	mbox, err := os.CreateTemp("", "lsmpatch-*.mbox")
	if err != nil {
		return err
	}
	defer os.Remove(mbox.Name())
	one := &patchset.Set{Patches: []*patchset.Patch{p}, Total: 1, Version: 1}
	_, err = series.Am(mbox, one, &series.AmOptions{NoTrailers: true})
	if err := errors.Join(err, mbox.Close()); err != nil {
		return err
	}
	work, err := land.Open(n.Worktree)
	if err != nil {
		return err
	}
	defer work.Close()
	err = work.Am(ctx, out, "--3way", "--no-scissors", "--committer-date-is-author-date", mbox.Name())
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 && work.Unfinished("am") {
		return nil
	}
	return err
}

// Continue takes what was resolved into the stack's folder. What was skipped is left out from now on. The next call of
// [Stack.Rebase] uses it.
func (s *Stack) Continue(ctx context.Context, t *tree.Tree) (*Resolution, error) {
	n, err := s.Resolving()
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, hint.Wrap(errors.New("nothing is being resolved"), "`lsmpatch stack rebase --onto REV --resolve` begins")
	}
	if n.Preparing {
		return nil, hint.Wrap(fmt.Errorf("the run that was to prepare %s was cut short", n.Worktree), "`lsmpatch stack rebase --abort`, and --onto "+n.Rev+" --resolve again")
	}
	work, err := land.Open(n.Worktree)
	if err != nil {
		return nil, hint.Wrap(err, "`lsmpatch stack rebase --abort` begins anew")
	}
	defer work.Close()
	if work.Unfinished("am") {
		return nil, hint.Wrap(fmt.Errorf("git am is not done in %s", n.Worktree), "mend the files, git add them, and git am --continue there; or git am --skip")
	}
	head, err := work.Resolve("")
	if err != nil {
		return nil, err
	}
	at, err := s.resolved(ctx, n)
	if err != nil {
		return nil, err
	}
	if string(head) != n.Below {
		commit, err := work.ReadCommit(head)
		if err != nil {
			return nil, err
		}
		if len(commit.Parents) != 1 || string(commit.Parents[0]) != n.Below {
			return nil, hint.Wrap(fmt.Errorf("%s holds more than one commit on top of %.12s", n.Worktree, n.Below), "squash them: the resolution of one patch is one commit")
		}
		name, err := s.recordResolution(ctx, t, at, string(head))
		if err != nil {
			return nil, err
		}
		s.say("%s remembered as %s", at.name(), path.Join(resolvedDir, name))
	} else if err := s.skip(n); err != nil {
		return nil, err
	}
	return n, s.Abort(ctx, t)
}

// resolved returns the patch that n is about.
func (s *Stack) resolved(ctx context.Context, n *Resolution) (*placed, error) {
	if s.Lock == nil {
		return nil, errUnlocked
	}
	p, err := s.plan(ctx, s.Manifest, s.Lock)
	if err != nil {
		return nil, err
	}
	for _, at := range p.patches {
		if at.entry.Name == n.Entry && at.patch.PatchID == n.PatchID {
			return at, nil
		}
	}
	return nil, hint.Wrap(fmt.Errorf("the stack no longer has %s %d, which is being resolved", n.Entry, n.Index), "`lsmpatch stack rebase --abort` begins anew")
}

// skip remembers that a patch is not wanted any more: an empty file stands for it.
func (s *Stack) skip(n *Resolution) error {
	return writeFile(filepath.Join(s.Dir, resolvedDir, n.PatchID[:16]+skippedSuffix), []byte("skipped by hand on "+n.Rev+": "+n.Title+"\n"))
}

const skippedSuffix = ".skipped"

// skipped reports whether somebody said that a patch is to be left out.
func (s *Stack) skipped(p *LockedPatch) bool {
	if p.PatchID == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(s.Dir, resolvedDir, p.PatchID[:16]+skippedSuffix))
	return err == nil
}

// Abort ends a resolution, and removes its worktree.
func (s *Stack) Abort(ctx context.Context, t *tree.Tree) error {
	// The note is not asked for the folder: a run that was killed may not have come to write one.
	worktree, err := filepath.Abs(filepath.Join(s.Dir, resolveDir))
	if err != nil {
		return err
	}
	if _, err := t.Git(ctx, "worktree", "remove", "--force", "--force", worktree); err != nil {
		// There is none, or what a run that was killed left is none yet: git locks one until it is whole.
		_, _ = t.Git(ctx, "worktree", "unlock", worktree)
		if err := os.RemoveAll(worktree); err != nil {
			return err
		}
	}
	if _, err := t.Git(ctx, "worktree", "prune"); err != nil {
		return err
	}
	for _, branch := range []string{resolveBranch, trialBranch} {
		if err := dropBranch(ctx, t, branch); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(s.Dir, resolveNote)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// dropBranch deletes a branch of ours, where it is there.
func dropBranch(ctx context.Context, t *tree.Tree, name string) error {
	_, err := t.Resolve("refs/heads/" + name)
	if errors.Is(err, git.ErrNoRevision) {
		return nil
	}
	if err == nil {
		_, err = t.Git(ctx, "branch", "-q", "-D", name)
	}
	return err
}
