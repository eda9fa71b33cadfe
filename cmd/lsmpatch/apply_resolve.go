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
	"github.com/lsmpatch/lsmpatch/internal/land"
	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// A wayOn says what becomes of a series that does not fit, beside its conflicts being explained.
type wayOn struct {
	// resolve leaves the tree as git am --3way does, reject as git am --reject, or in a plain directory git apply --reject.
	resolve, reject bool
}

func (w wayOn) wanted() bool { return w.resolve || w.reject }

// goOn has git am take the series, up to where it stops: its state, and with it --continue, --skip, --abort,
// rerere and all tools that know them, are git's own. Where it would stop for anything else than the conflict,
// nothing is begun.
func (a *app) goOn(ctx context.Context, t *tree.Tree, set *patchset.Set, src *source, opts *apply.Options, way wayOn, result *apply.Result) error {
	first := result.Conflicts[0].Patch
	if !t.IsGit() && way.reject {
		return a.rejectPlain(ctx, t, set, opts, first)
	}
	name, flags := "--resolve", []string{"--3way"}
	if way.reject {
		name, flags = "--reject", []string{"--no-3way", "--reject"}
	}
	if !t.IsGit() || !t.HasWorktree() {
		return hint.Wrap(fmt.Errorf("%s needs a git repository with a worktree", name), "git am keeps its state there")
	}
	if err := land.CheckIdle(t.Repo); err != nil {
		return err
	}
	begun := slices.DeleteFunc(slices.Clone(set.Patches), func(p *patchset.Patch) bool { return p.Index > first })
	if err := t.CheckBeginning(ctx, apply.Touched(begun, opts)); err != nil {
		return hint.Wrap(err, "commit, stash or remove what is in the way")
	}
	err := a.gitAm(ctx, t, set, src, opts.Link, append(flags, amArgs(src, opts)...))
	var failed *subprocess.Error
	switch {
	case err == nil:
		a.noteln("git am %s took the series", flags[len(flags)-1])
		return nil
	case !errors.As(err, &failed) || failed.ExitCode < 0:
		return err
	case !t.Unfinished("am"):
		return fmt.Errorf("git am would not begin: %w", err)
	}
	a.noteln("mend what is in conflict, then: git am --continue; or git am --skip, git am --abort")
	return errFault
}

// rejectPlain puts what fits of the first patch that does not into a plain directory; those before it are there.
func (a *app) rejectPlain(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *apply.Options, index int) error {
	i := slices.IndexFunc(set.Patches, func(p *patchset.Patch) bool { return p.Index == index })
	fits, err := apply.Reject(ctx, t.Dir(), set.Patches[i], opts, a.stderr)
	if err != nil {
		return err
	}
	if !fits {
		a.noteln("what does not fit of patch %d is in .rej files; the patches behind it were not tried", index)
	}
	return errFault
}

// gitAm has git am take the series.
func (a *app) gitAm(ctx context.Context, t *tree.Tree, set *patchset.Set, src *source, link bool, args []string) error {
	mbox, err := os.CreateTemp("", "lsmpatch-*.mbox")
	if err != nil {
		return err
	}
	defer os.Remove(mbox.Name())
	_, err = series.Am(mbox, set, &series.AmOptions{NoTrailers: true, Link: link, KeepSubject: src.keepSubject})
	if err := errors.Join(err, mbox.Close()); err != nil {
		return err
	}
	return t.Am(ctx, a.stderr, append(args, mbox.Name())...)
}

// abandonAm takes back what git am has begun on base. A guard of refs may refuse that as well: where no patch was committed, there
// is no ref to take back, and git am only has to forget. Then all is made as it was.
func abandonAm(ctx context.Context, t *tree.Tree, base string, was *land.AsItWas) error {
	var err error
	if t.Unfinished("am") {
		err = t.Am(ctx, nil, "--abort")
	}
	if head, headErr := t.Resolve(""); headErr != nil || string(head) != base {
		return errors.Join(err, headErr)
	}
	if err != nil {
		if err := t.Am(ctx, nil, "--quit"); err != nil {
			return err
		}
	}
	return was.Restore(ctx)
}

// applyByAm gives a series that fits to git am, for what wants the worktree of each patch. Where git am
// refuses, nothing of the series stays.
func (a *app) applyByAm(ctx context.Context, t *tree.Tree, set *patchset.Set, src *source, opts apply.Options, way wayOn, why string) error {
	if opts.Fuzz > 0 || opts.UnidiffZero {
		return hint.Wrap(fmt.Errorf("%s: that is left to git am, which has no --fuzz and no --unidiff-zero", why), "give --branch, or --no-verify where it is a hook")
	}
	opts.Check = true
	result, err := apply.To(ctx, t, set, &opts)
	opts.Check = false
	if err == nil {
		err = land.CheckIdle(t.Repo)
	}
	if err != nil {
		return err
	}
	if len(result.Conflicts) > 0 {
		err := a.showApplied(set, result, &opts)
		if way.wanted() {
			return a.goOn(ctx, t, set, src, &opts, way, result)
		}
		return err
	}
	args := amArgs(src, &opts)
	if opts.ThreeWay {
		args = append(args, "--3way")
	}
	was, err := land.Remember(t.Repo, apply.Touched(set.Patches, &opts))
	if err != nil {
		return err
	}
	defer was.Forget()
	if err := a.gitAm(ctx, t, set, src, opts.Link, args); err != nil {
		if left := abandonAm(ctx, t, result.Base, was); left != nil {
			return hint.Wrap(errors.Join(fmt.Errorf("git am, with %s: %w", why, err), left), "`git am --abort` in the tree takes back what was applied, where the hook lets it")
		}
		return hint.Wrap(fmt.Errorf("git am, with %s: %w", why, err), "the tree is as it was; --no-verify does without pre-applypatch")
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
		{opts.Signoff, "--signoff"}, {opts.MessageID, "--message-id"}, {src.keepCR, "--keep-cr"}, {src.keepSubject, "--keep"}, {src.keepNonPatch, "--keep-non-patch"},
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
