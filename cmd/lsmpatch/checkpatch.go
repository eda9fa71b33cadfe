// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/report"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// checkpatchFlags are the flags of the verb, named as those of scripts/checkpatch.pl.
type checkpatchFlags struct {
	checkpatch.Options
	dir, rev        string
	noTree          bool
	explain         string
	listTypes       bool
	file, git       bool
	fix, fixInplace bool
	style           checkpatch.Style
	subjective      bool
}

func (a *app) checkpatchCommand() *cobra.Command {
	var f checkpatchFlags
	cmd := &cobra.Command{
		Use:   "checkpatch [--tree DIR] [SERIES... | -f FILE... | --git REV...]",
		Short: "Judge the style of a series as the kernel's checkpatch.pl does",
		Long: `checkpatch judges each patch of a series. --engine tree runs the tree's own scripts/checkpatch.pl,
the authority; --engine native, the default, is our twin of it, with the same types. A complaint
that the tree's own documents contradict is shown as waived, with the reason.

With -f, --git, --terse, --emacs, --showfile, --show-types or --fix it stands in for the script:
the arguments are patches, files or commits, the output has the script's form, and the exit code
is 1 where anything at all was found.`,
		Example: `  lsmpatch checkpatch --tree linux --strict series.mbox
  lsmpatch checkpatch --tree linux --terse --show-types 0001-*.patch
  lsmpatch checkpatch --tree linux -f kernel/sched/core.c
  lsmpatch checkpatch --tree linux --git HEAD-3
  lsmpatch checkpatch --explain LONG_LINE`,
	}
	src := addSource(cmd)
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case f.explain != "":
			text, err := checkpatch.Explain(f.explain)
			if err != nil {
				return err
			}
			return a.emit(map[string]string{"type": f.explain, "explanation": text}, func(w io.Writer, _ *report.TextOptions) error {
				_, err := fmt.Fprintln(w, strings.TrimSpace(text))
				return err
			})
		case f.listTypes:
			return a.emit(map[string]any{"types": checkpatch.Types()}, func(w io.Writer, _ *report.TextOptions) error {
				_, err := fmt.Fprintln(w, strings.Join(checkpatch.Types(), "\n"))
				return err
			})
		}
		t, err := f.open()
		if err != nil {
			return err
		}
		if t != nil {
			defer t.Close()
		}
		if f.standsIn() {
			return a.standIn(cmd.Context(), &f, args, t)
		}
		set, _, err := a.load(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		findings, err := checkpatch.Check(cmd.Context(), set, &f.Options)
		if err != nil {
			return err
		}
		if findings, err = a.judge(findings); err != nil {
			return err
		}
		return a.showFindings(findings, findingsResult{findings})
	}
	return cmd
}

// findingsResult is the JSON form of a verb that has nothing but findings.
type findingsResult struct {
	Findings []report.Finding `json:"findings"`
}

func (f *checkpatchFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "tree", "", "Linux tree `DIR` whose lists and script count (default the current folder, where it is one)")
	flags.StringVar(&f.rev, "rev", "", "revision `REV` of it (default HEAD)")
	flags.BoolVar(&f.noTree, "no-tree", false, "take the lists of the newest kernel that lsmpatch knows")
	flags.StringVar(&f.Engine, "engine", "", "`ENGINE`: native or tree (default native)")
	flags.BoolVar(&f.Strict, "strict", false, "matters of taste as well")
	flags.BoolVar(&f.subjective, "subjective", false, "the same as --strict")
	flags.StringSliceVar(&f.Types, "types", nil, "report only these `TYPES`")
	flags.StringSliceVar(&f.Ignore, "ignore", nil, "do not report these `TYPES`")
	flags.BoolVar(&f.NoSignoff, "no-signoff", false, "leave Signed-off-by lines alone")
	flags.IntVar(&f.MaxLineLength, "max-line-length", 0, "`COLUMNS` of a line (default 100)")
	flags.IntVar(&f.MinConfDescLength, "min-conf-desc-length", 0, "`LINES` of a Kconfig help text (default 4)")
	flags.IntVar(&f.TabSize, "tab-size", 0, "`COLUMNS` of a tab (default 8)")
	flags.BoolVar(&f.Codespell, "codespell", false, "use the dictionary of codespell as well")
	flags.StringVar(&f.CodespellFile, "codespellfile", "", "the dictionary `FILE` (default where codespell has it)")
	flags.BoolVarP(&f.file, "file", "f", false, "the arguments are files, or folders of files, not patches")
	flags.BoolVarP(&f.git, "git", "g", false, "the arguments are commits of the tree: REV, A..B, or REV-COUNT")
	flags.BoolVar(&f.style.Terse, "terse", false, "one line a finding")
	flags.BoolVar(&f.style.Emacs, "emacs", false, "begin with file:line: as compilers do")
	flags.BoolVar(&f.style.ShowFile, "showfile", false, "name places in the files that a patch changes, not in the patch")
	flags.BoolVar(&f.style.ShowTypes, "show-types", false, "name the type of each finding")
	flags.BoolVar(&f.style.NoSummary, "no-summary", false, "no line of totals for each file")
	flags.BoolVar(&f.fix, "fix", false, "write what can be fixed to FILE.EXPERIMENTAL-checkpatch-fixes")
	flags.BoolVar(&f.fixInplace, "fix-inplace", false, "the same, over the file itself")
	flags.BoolVar(&f.listTypes, "list-types", false, "list all types")
	flags.StringVar(&f.explain, "explain", "", "explain a `TYPE`: the rule, its origin, an example")
	fixed(cmd, "engine", checkpatch.EngineNative, checkpatch.EngineTree)
	for _, flag := range []string{"explain", "types", "ignore"} {
		fixed(cmd, flag, checkpatch.Types()...)
	}
	directories(cmd, "tree")
}

// standsIn reports whether the flags are those of a job made for the script.
func (f *checkpatchFlags) standsIn() bool {
	return f.file || f.git || f.fix || f.fixInplace ||
		f.style.Terse || f.style.Emacs || f.style.ShowFile || f.style.ShowTypes || f.style.NoSummary
}

// open opens the tree that the flags name, or nil, and completes the options.
func (f *checkpatchFlags) open() (*tree.Tree, error) {
	f.Strict = f.Strict || f.subjective
	f.style.Strict = f.Strict
	f.Fix = f.fix || f.fixInplace
	dir := f.dir
	if dir == "" && !f.noTree && tree.IsLinux(os.DirFS(".")) == nil {
		dir = "."
	}
	if dir == "" || f.noTree {
		if f.git {
			return nil, errors.New("--git takes commits of a tree: name it with --tree")
		}
		return nil, nil
	}
	t, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	if f.Tree, err = t.Snapshot(f.rev); err != nil {
		t.Close()
		return nil, err
	}
	if err := tree.IsLinux(f.Tree); err != nil {
		t.Close()
		return nil, err
	}
	if t.IsGit() {
		f.Commits = func(abbrev string) (name, subject string, known bool) {
			commit, err := t.Commit(abbrev)
			if err != nil {
				return "", "", false
			}
			return string(commit.Hash), commit.Subject(), true
		}
	}
	return t, nil
}

// standIn does the script's work in the script's form.
func (a *app) standIn(ctx context.Context, f *checkpatchFlags, args []string, t *tree.Tree) error {
	if f.Engine == checkpatch.EngineTree {
		return errors.New("--engine tree checks series: for files, commits and the script's own form, call scripts/checkpatch.pl itself")
	}
	inputs, err := f.inputs(ctx, args, t, a.stdin)
	if err != nil {
		return err
	}
	results, err := f.check(ctx, inputs)
	if err != nil {
		return err
	}
	findings, clean := []report.Finding{}, true
	for i, r := range results {
		findings = append(findings, r.Findings(inputs[i].patch)...)
		clean = clean && r.Clean()
	}
	err = a.emit(findingsResult{findings}, func(w io.Writer, _ *report.TextOptions) error {
		for _, r := range results {
			if err := r.Render(w, f.style); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !clean {
		return errFault
	}
	return err
}
