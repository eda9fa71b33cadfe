// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/fetch"
	"github.com/lsmpatch/lsmpatch/internal/tree"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/pull"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) premergeCommand() *cobra.Command {
	var (
		dir      string
		remote   fetch.Options
		opts     premerge.Options
		build    buildFlags
		qemu     bootFlags
		each     bool
		ask      pull.Options
		previous string
		send     bool
		sendings []sending
	)
	cmd := &cobra.Command{
		Use:   "premerge --tree DIR | --remote URL --commit REV [--build] [--boot] [SERIES...]",
		Short: "Do all checks, and report whether the series can be merged",
		Long: `premerge validates the series, applies it, checks its style and its LSM hooks against the tree, and
with --build and --boot builds a kernel and boots it. The tree is only read. The base is built once
for each configuration and toolchain and kept in a folder of its own (--out); each series is built
in a layer on top, patch by patch, and only what it complains about and the base does not is a
finding. The boot runs the tests of the tree that the touched files suggest, or those that --test
names: kselftests, built with the toolchain, and KUnit, on the base's kernel as well. lsmpatch cache lists and removes what is kept.

The mail of git request-pull ("[GIT PULL]") is a request to pull: what it names is fetched, the tree
left alone, and the tag's signature, the announced shortlog and diffstat, each commit, and how they
came about are checked; --inbox says where they should have been posted, --next who tested them.

What is no submission (a notice of the stable maintainers, of AUTOSEL or of a robot, a patch for another
project) is named and not judged: the verdict is "skipped" and the exit code 2, unless --as-submission is given.

Without a tree at hand, --remote and --commit name one: only what the checks read is fetched.

The report goes to standard output, and with --report to files as well; the ending of a file's
name tells the form: .txt, .json, .html, .xml (JUnit), .sarif or .eml (a draft of a reply). FORM=FILE names it, as --format does: gcc
for editors, github, github-status, gitlab, kcidb, patchwork, reply, and b4, which judges the one mail on standard input.`,
		Example: `  lsmpatch premerge --tree linux series.mbox
  lsmpatch premerge --commit v7.3 series.mbox
  lsmpatch premerge --tree linux --inbox lists/lsm --next linux-next pull.mbox
  lsmpatch premerge --tree linux --boot --toolchain auto --report out.html --report out.xml
  lsmpatch premerge --tree linux --report gitlab=quality.json --format gcc series.mbox
  lsmpatch premerge --tree linux --boot --toolchain auto --test landlock,kunit series.mbox`,
	}
	src := addSource(cmd)
	addAsSubmission(cmd, &opts.Check)
	addNewer(cmd, src, "; where a Message-ID or URL names it, that is done anyway")
	run := func(cmd *cobra.Command, args []string) (*report.Report, error) {
		if dir == "" {
			if opts.Build || opts.Boot {
				return nil, hint.Wrap(errors.New("--build and --boot need a whole tree"), "`lsmpatch fetch` gets one for --tree")
			}
			var err error
			if dir, err = a.fetchFor(cmd.Context(), src, args, &remote); err != nil {
				return nil, err
			}
		}
		if _, err := kbuild.ParseLenses(opts.Kbuild.Lenses); err != nil {
			return nil, err
		}
		t, err := openTree(dir)
		if err != nil {
			return nil, err
		}
		defer t.Close()
		if err := checkLinux(t, opts.Base); err != nil {
			return nil, err
		}
		if send {
			if sendings, err = a.sendings(); err != nil {
				return nil, err
			}
		}
		if !opts.Build && !opts.Boot && !asksScript(t, &opts) {
			if err := a.confine(t, append(args[:len(args):len(args)], previous), rights.Needs{Files: a.reports.special(), Network: send || a.asksToPull(args)}); err != nil {
				return nil, err
			}
		}
		src.base = opts.Base
		src.newer = src.newer || fetches(args)
		set, older, name, asked, err := a.loadAsked(cmd.Context(), src, args, t)
		if err != nil {
			return nil, err
		}
		opts.Check.Previous = older
		if previous != "" {
			if opts.Check.Previous, _, err = a.load(cmd.Context(), &source{}, []string{previous}, t); err != nil {
				return nil, fmt.Errorf("reading the previous version: %w", err)
			}
		}
		if opts.Config, err = a.config(); err != nil {
			return nil, err
		}
		if set.Pull {
			ask.Name, ask.Base, ask.Config, ask.Checkpatch = name, opts.Base, opts.Config, opts.Checkpatch
			return a.pull(cmd.Context(), t, set, src, &ask, dir)
		}
		progress, done := a.progress()
		defer done()
		kernel, closeLog, err := build.options(cmd.Context(), progress)
		if err != nil {
			return nil, err
		}
		defer closeLog()
		guest, err := qemu.options()
		if err != nil {
			return nil, err
		}
		guest.NoSandbox = kernel.NoSandbox
		opts.Name, opts.Tool, opts.Progress = name, "lsmpatch "+version(), progress
		kernel.Lenses, opts.Arches = opts.Kbuild.Lenses, build.otherArches()
		opts.Kbuild, opts.Work, opts.QEMU, opts.OnlyLast = *kernel, kernel.Out, *guest, !each
		r, err := premerge.Run(cmd.Context(), t, set, &opts)
		done()
		if err == nil {
			r.Tree.Path = dir // as the user wrote it
			r.Command = a.again(r.Tree.Base)
			r.Rules = rules()
			r.Context = contextOf(opts.Config)
			r.Context.Judged, r.Context.Alone = asked.Judged, asked.Alone
		}
		return r, err
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.failed = func(err error) any { return a.failedReport(err) }
		r, err := run(cmd, args)
		if err != nil {
			return err
		}
		if send {
			a.publish(cmd.Context(), r, sendings)
		}
		return a.showReport(r)
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "Linux tree `DIR`, in git or not")
	flags.StringVar(&previous, "previous", "", "the version before, as `SERIES`, to tell what changed since")
	flags.StringVar(&remote.Remote, "remote", "", "without --tree: `URL` or path to fetch from (default mainline)")
	flags.StringVar(&remote.Commit, "commit", "", "without --tree: full hash, tag or branch `REV`")
	flags.BoolVar(&opts.Build, "build", false, "build a kernel")
	flags.BoolVar(&opts.Boot, "boot", false, "boot it (includes --build)")
	seriesBuildFlags(cmd, &opts, &each)
	flags.StringSliceVar(&opts.Tests, "test", nil, "with --boot: `TESTS` to run in the guest: auto, none, kunit, doctests, or folders of tools/testing/selftests (default auto)")
	flags.BoolVar(&send, "publish", false, "tell those whom [publish] of .lsmpatch.toml names; without it nothing is sent, and --format patchwork or github-status shows what would be")
	flags.StringArray("report", nil, "write the report to `FILE`, or FORM=FILE, as well; may be repeated")
	flags.StringVar(&opts.Checkpatch.Engine, "engine", "", "checkpatch `ENGINE`: auto, native or tree (default auto)")
	flags.BoolVar(&opts.Checkpatch.Strict, "strict", false, "checkpatch: matters of taste as well")
	flags.StringVar(&ask.Signers, "signers", "", "of a request to pull: `FILE` with the keys that may sign, an OpenPGP keyring or ssh's allowed signers (default your OpenPGP keyring)")
	flags.StringVar(&ask.Next, "next", "", "of a request to pull: a clone of linux-next in `DIR`, to say how long it has had the commits")
	directories(cmd, "next")
	build.add(cmd)
	qemu.add(cmd)
	fixed(cmd, "engine", "auto", "native", "tree")
	fixed(cmd, "test", premerge.TestNames...)
	cmd.MarkFlagsOneRequired("tree", "remote", "commit")
	cmd.MarkFlagsMutuallyExclusive("tree", "remote")
	cmd.MarkFlagsMutuallyExclusive("tree", "commit")
	directories(cmd, "tree")
	return cmd
}

// fetchFor brings what checking the series reads, and returns the folder of the repository. It is
// kept below the user's cache, for each remote and revision its own.
func (a *app) fetchFor(ctx context.Context, src *source, args []string, opts *fetch.Options) (string, error) {
	if slices.Contains(args, "-") {
		return "", hint.Wrap(errors.New("standard input can be read only once"), "save the series to a file")
	}
	set, _, err := a.load(ctx, src, args, nil)
	if err != nil {
		return "", err
	}
	if opts.Dir, err = premerge.WorkDir("", cmp.Or(opts.Remote, "mainline")+"@"+cmp.Or(opts.Commit, "HEAD")); err != nil {
		return "", err
	}
	opts.Paths = premerge.Paths(set)
	progress, done := a.progress()
	defer done()
	opts.Progress, opts.Told = progress, a.tellOf(done)
	fetched, err := fetchTree(ctx, opts)
	if err != nil {
		return "", err
	}
	return fetched.Dir, nil
}

// verdictError returns the error that ends a verb with a verdict.
func verdictError(verdict report.Status) error {
	switch verdict {
	case report.Failed:
		return errFault
	case report.Broken, report.Skipped:
		return errBroken
	}
	return nil
}

// asksScript reports whether the step checkpatch is going to run the tree's script.
func asksScript(t *tree.Tree, opts *premerge.Options) bool {
	files, err := t.Snapshot(opts.Base)
	if err != nil {
		return false // the run will say so
	}
	style := opts.Checkpatch
	style.Tree = files
	return checkpatch.AsksScript(&style)
}
