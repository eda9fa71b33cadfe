// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
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
	mbox, err := os.CreateTemp("", "lsmpatch-*.mbox")
	if err != nil {
		return err
	}
	defer os.Remove(mbox.Name())
	_, err = series.Am(mbox, set, &series.AmOptions{NoTrailers: true, Link: opts.Link})
	if err := errors.Join(err, mbox.Close()); err != nil {
		return err
	}
	var said bytes.Buffer
	err = t.Am(ctx, io.MultiWriter(a.stderr, &said), append(amArgs(src, opts), mbox.Name())...)
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

// amArgs returns the options of git am that do what opts say.
func amArgs(src *source, opts *apply.Options) []string {
	args := []string{"--3way", "--no-scissors"}
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
