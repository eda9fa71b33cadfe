// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// resolve has git am --3way take the series, up to where it stops: its state, and with it --continue, --skip,
// --abort, rerere and all tools that know them, are git's own.
func (a *app) resolve(ctx context.Context, t *tree.Tree, set *patchset.Set, src *source, opts *apply.Options) error {
	if !t.IsGit() || !t.HasWorktree() {
		return hint.Wrap(errors.New("--resolve needs a git repository with a worktree"), "git am keeps its state there")
	}
	err := a.gitAm(ctx, t, set, opts.Link, append([]string{"--3way"}, amArgs(src, opts)...))
	var failed *subprocess.Error
	switch {
	case err == nil:
		a.noteln("git am --3way took the series")
		return nil
	case !errors.As(err, &failed) || failed.ExitCode < 0:
		return err
	case !t.Unfinished("am"):
		return fmt.Errorf("git am would not begin: %w", err)
	}
	a.noteln("mend what is in conflict, then: git am --continue; or git am --skip, git am --abort")
	return errFault
}

// gitAm has git am take the series.
func (a *app) gitAm(ctx context.Context, t *tree.Tree, set *patchset.Set, link bool, args []string) error {
	mbox, err := os.CreateTemp("", "lsmpatch-*.mbox")
	if err != nil {
		return err
	}
	defer os.Remove(mbox.Name())
	_, err = series.Am(mbox, set, &series.AmOptions{NoTrailers: true, Link: link})
	if err := errors.Join(err, mbox.Close()); err != nil {
		return err
	}
	return t.Am(ctx, a.stderr, append(args, mbox.Name())...)
}

// applyByAm gives a series that fits to git am, for hooks that want the worktree of each patch. Where one of them
// refuses, nothing of the series stays.
func (a *app) applyByAm(ctx context.Context, t *tree.Tree, set *patchset.Set, src *source, opts apply.Options) error {
	if opts.Fuzz > 0 || opts.UnidiffZero {
		return hint.Wrap(errors.New("the repository's hooks run under git am, which has no --fuzz and no --unidiff-zero"), "give --no-verify, or take the hooks out")
	}
	opts.Check = true
	result, err := apply.To(ctx, t, set, &opts)
	opts.Check = false
	if err != nil || len(result.Conflicts) > 0 {
		return errors.Join(err, a.showApplied(set, result, &opts))
	}
	args := amArgs(src, &opts)
	if opts.ThreeWay {
		args = append(args, "--3way")
	}
	if err := a.gitAm(ctx, t, set, opts.Link, args); err != nil {
		if t.Unfinished("am") {
			err = errors.Join(err, t.Am(ctx, nil, "--abort"))
		}
		return hint.Wrap(fmt.Errorf("git am, with the repository's hooks: %w", err), "the tree is as it was; --no-verify does without pre-applypatch")
	}
	commits, err := t.RevList(ctx, result.Base+"..HEAD", 0)
	if err != nil {
		return err
	}
	slices.Reverse(commits)
	if result.Branch, err = t.Branch(); err != nil {
		return err
	}
	for i := range result.Patches {
		if p := &result.Patches[i]; !p.Skipped && len(commits) > 0 {
			p.Commit, commits = string(commits[0]), commits[1:]
			result.Head = p.Commit
		}
	}
	return a.showApplied(set, result, &opts)
}

// amArgs returns the options of git am that do what opts say.
func amArgs(src *source, opts *apply.Options) []string {
	args := []string{"--no-scissors"}
	for _, flag := range []struct {
		on   bool
		name string
	}{
		{opts.Signoff, "--signoff"}, {opts.MessageID, "--message-id"}, {src.keepCR, "--keep-cr"}, {src.keepSubject || src.keepNonPatch, "--keep-non-patch"},
		{opts.IgnoreWhitespace, "--ignore-whitespace"}, {opts.CommitterDateIsAuthorDate, "--committer-date-is-author-date"},
		{opts.IgnoreDate, "--ignore-date"}, {opts.NoVerify, "--no-verify"}, {opts.Sign, "--gpg-sign=" + opts.SigningKey},
		{opts.Whitespace != "", "--whitespace=" + opts.Whitespace}, {opts.Directory != "", "--directory=" + opts.Directory},
		{opts.Strip > 0, "-p" + strconv.Itoa(opts.Strip)}, {opts.Strip < 0, "-p0"}, {opts.Context > 0, "-C" + strconv.Itoa(opts.Context)},
		{opts.Empty != "" && opts.Empty != "stop", "--empty=" + opts.Empty},
	} {
		if flag.on {
			args = append(args, flag.name)
		}
	}
	for _, f := range opts.Filters {
		if f.Exclude {
			args = append(args, "--exclude="+f.Pattern)
		} else {
			args = append(args, "--include="+f.Pattern)
		}
	}
	return args
}
