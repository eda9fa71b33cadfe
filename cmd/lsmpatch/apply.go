// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) applyCommand() *cobra.Command {
	var (
		dir   string
		strip int
		way   wayOn
		opts  apply.Options
	)
	cmd := &cobra.Command{
		Use:   "apply --tree DIR [SERIES...]",
		Short: "Apply a series to a tree, as git am would, all or nothing",
		Long: `apply turns each patch of a series into a commit, the very commit that git am makes. The whole
series lands in one step; where a patch does not fit, nothing changes, and the conflict is
explained: patch, file, hunk, and the line that differs. A plain directory, without git, is
patched in place.

--base auto tries the base-commit that the series names, HEAD, the trees that MAINTAINERS names as far as they are
remotes here, and the branches, tags and commits that have the files which the index lines name. Where that is not what is
checked out, the commits go onto --branch, or onto a branch named for the series.

What no flag says is as git's configuration has it for git am: am.threeWay, am.keepcr, am.messageid,
mailinfo.scissors, mailinfo.quotedCr, apply.whitespace, apply.ignoreWhitespace, commit.gpgSign,
i18n.commitEncoding. A flag such as --3way=false or --no-3way is stronger. The hook applypatch-msg gets each message;
where there is a pre-applypatch, post-applypatch, post-index-change or reference-transaction, or a .gitattributes changes,
a series that fits is given to git am itself.`,
		Example: `  lsmpatch apply --tree linux series.mbox
  lsmpatch apply --tree linux --check 20260311-lsm@example.org
  lsmpatch apply --tree linux --branch review/rust-lsm --base v7.3
  lsmpatch apply --tree linux --base auto series.mbox
  lsmpatch apply --tree linux --3way --whitespace fix series.mbox
  lsmpatch apply --tree linux --exclude 'Documentation/*' series.mbox
  lsmpatch apply --tree linux --resolve series.mbox   # then git am --continue, --skip or --abort`,
	}
	src := addSource(cmd)
	addMailFlags(cmd, src)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		guarded := func() {}
		if !opts.Check {
			var release func()
			guarded, release = guard(dir)
			defer release()
		}
		t, err := openTree(dir)
		if err != nil {
			return err
		}
		defer t.Close()
		if err := a.useAmConfig(cmd.Context(), cmd, t, src, &opts); err != nil {
			return err
		}
		if err := src.checkQuotedCR(); err != nil {
			return err
		}
		if opts.Check {
			if err := a.confineCheck(cmd.Context(), t, args, &opts); err != nil {
				return err
			}
		}
		src.base = opts.Base
		set, _, err := a.loadPatches(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("strip") {
			if opts.Strip = strip; strip <= 0 {
				opts.Strip = -1
			}
		}
		var found *apply.Base
		if opts.Base == autoBase {
			if found, err = a.findBase(cmd.Context(), t, set, &opts); err != nil {
				return err
			}
		}
		if opts.Branch == "" || len(set.Patches) > fewPatches {
			dropProgram()
		}
		pace(len(set.Patches), landingGarbage)
		progress, done := a.progress()
		defer done()
		opts.Progress = progress
		why, err := a.wantsGitAm(cmd.Context(), t, set, &opts)
		if err != nil {
			return err
		}
		if why != "" {
			return a.applyByAm(cmd.Context(), t, set, src, opts, way, why)
		}
		guarded()
		// What fits before the first patch that does not is there to stay, as with git am.
		opts.LandFitting = opts.LandFitting || way.reject && !t.IsGit()
		result, err := apply.To(cmd.Context(), t, set, &opts)
		done()
		if err != nil {
			return err
		}
		result.Found = found
		err = a.showApplied(set, result, &opts)
		if way.wanted() && len(result.Conflicts) > 0 {
			return a.goOn(cmd.Context(), t, set, src, &opts, way, result)
		}
		return err
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "source tree `DIR`, in git or not (required)")
	flags.StringVar(&opts.Base, "base", "", "revision `REV` to apply to (default HEAD, or the branch); auto looks for one on which the series applies")
	flags.StringVar(&opts.Branch, "branch", "", "put the commits on branch `NAME`, and leave index and worktree alone")
	flags.BoolVar(&opts.Force, "force", false, "let --branch move an existing branch to another base")
	flags.BoolVar(&opts.Check, "check", false, "only say whether the series applies")
	flags.BoolVar(&opts.KeepGoing, "keep-going", false, "try all patches, and explain each that does not fit; those after it are tried without it")
	flags.BoolVar(&opts.LandFitting, "land-fitting", false, "where a patch does not fit, land those before it")
	flags.BoolVar(&way.resolve, "resolve", false, "where a patch does not fit, leave the tree as git am --3way does, for git am --continue, --skip or --abort")
	flags.BoolVar(&way.reject, "reject", false, "where a patch does not fit, apply what does of it, and write the rest to FILE.rej, as git am --reject does")
	flags.BoolVarP(&opts.ThreeWay, "3way", "3", false, "merge where a patch does not fit, as git am -3 does")
	flags.BoolVarP(&opts.Signoff, "signoff", "s", false, "add the committer's Signed-off-by")
	flags.BoolVarP(&opts.MessageID, "message-id", "m", false, "add a Message-ID line, as git am -m does")
	flags.BoolVar(&opts.Link, "link", false, "add a Link: trailer to each mail on lore.kernel.org")
	flags.IntVar(&opts.Fuzz, "fuzz", 0, "let `N` lines of context at each end of a hunk differ, as patch --fuzz does")
	flags.IntVarP(&opts.Context, "context", "C", 0, "ask only `N` lines of context to match, as git apply -C does")
	flags.IntVarP(&strip, "strip", "p", 1, "take `N` leading folders off the names in patches, as git am -p does")
	flags.StringVar(&opts.Directory, "directory", "", "put `DIR` before the names in patches, as git am --directory does")
	addAmFlags(cmd, &opts)
	addNegations(flags)
	flags.BoolVar(&opts.UnidiffZero, "unidiff-zero", false, "take hunks without context, as git apply --unidiff-zero does")
	flags.BoolVarP(&opts.Reverse, "reverse", "R", false, "take the series out again (plain directories)")
	required(cmd, "tree")
	directories(cmd, "tree")
	for _, other := range []string{"check", "branch", "land-fitting", "fuzz"} {
		cmd.MarkFlagsMutuallyExclusive("resolve", other)
		cmd.MarkFlagsMutuallyExclusive("reject", other)
	}
	cmd.MarkFlagsMutuallyExclusive("resolve", "reject")
	cmd.MarkFlagsMutuallyExclusive("resolve", "reverse")
	cmd.MarkFlagsMutuallyExclusive("reject", "3way")
	return cmd
}

// confineCheck gives up what a check does not need, but where the repository has a hook for messages: that is the user's own
// program, which git am would run with all of the user's rights.
func (a *app) confineCheck(ctx context.Context, t *tree.Tree, args []string, opts *apply.Options) error {
	if t.IsGit() && !opts.NoVerify {
		if hook, err := t.Hook(ctx, "applypatch-msg"); err != nil || hook != "" {
			return err
		}
	}
	return a.confine(t, args, rights.Needs{})
}

func (a *app) showApplied(set *patchset.Set, result *apply.Result, opts *apply.Options) error {
	check := opts.Check
	err := a.emit(result, func(w io.Writer, text *report.TextOptions) error {
		if len(result.Conflicts) > 0 {
			err := report.WriteFindings(w, a.conflictFindings(result.Conflicts), text)
			if opts.KeepGoing {
				fmt.Fprintln(w, misfits(set, result))
			}
			if result.Head != "" && !check {
				fmt.Fprintf(w, "%s, with the patches before\n", landed(result, check))
			}
			return err
		}
		for _, p := range result.Patches {
			commit := ""
			if p.Commit != "" && !check {
				commit = p.Commit[:12] + " "
			}
			writeLine(w, "%s%d/%d %s", commit, p.Index, set.Total, p.Subject)
			for _, line := range p.Warnings {
				writeLine(w, "    %s", line)
			}
		}
		_, err := fmt.Fprintf(w, "%s: %s\n", landed(result, check), premerge.Placement(result))
		return err
	})
	if err == nil && len(result.Conflicts) > 0 {
		return errFault
	}
	return err
}

// conflictFindings returns conflicts as findings, whose lines are cut where a terminal would wrap them.
func (a *app) conflictFindings(conflicts []apply.Conflict) []report.Finding {
	if isTerminal(a.stdout) {
		return premerge.ConflictFindings(conflicts, (*apply.Conflict).Excerpt)
	}
	return premerge.ConflictFindings(conflicts, (*apply.Conflict).WholeExcerpt)
}

// misfits says how many patches fit, and which do not.
func misfits(set *patchset.Set, result *apply.Result) string {
	var list []string
	last, alone := 0, 0
	for _, c := range result.Conflicts {
		if c.Patch == last {
			continue
		}
		last = c.Patch
		list = append(list, strconv.Itoa(c.Patch))
		if len(c.Needs) == 0 {
			alone++
		}
	}
	line := fmt.Sprintf("%d of %s fit; %d do not: %s", len(result.Patches), report.Plural(len(set.Patches), "patch"), len(list), strings.Join(list, ", "))
	if alone < len(list) {
		line += fmt.Sprintf("; %d of these change files of one before that does not fit", len(list)-alone)
	}
	return line
}

// landed says where the series went.
func landed(result *apply.Result, check bool) string {
	switch {
	case check:
		return "applies"
	case result.Head == "":
		return "applied to the directory"
	case result.Branch == "":
		return fmt.Sprintf("HEAD is now %.12s", result.Head)
	}
	return fmt.Sprintf("%s is now %.12s", result.Branch, result.Head)
}
