// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) checkpatchCommand() *cobra.Command {
	var f checkpatchFlags
	cmd := &cobra.Command{
		Use:   "checkpatch [--tree DIR] [SERIES... | -f FILE... | --git REV...]",
		Short: "Judge the style of a series as the kernel's checkpatch.pl does",
		Long: `checkpatch judges each patch of a series. --engine native is our twin of the tree's own
scripts/checkpatch.pl, with the same types; --engine tree runs that script, the authority, in a
sandbox. --engine auto, the default, takes the twin where it is known to agree with the script of
this very tree, and the script for the rest: rules that are new, or those of a fork. A complaint that
the tree's own documents contradict is shown as waived, with the reason.

With a flag of the script that says what the arguments are or how to write (--patch, -f, --git,
--terse, --emacs, --showfile, --show-types, --verbose, --no-summary, --summary-file, --mailback,
--no-patch, --fix, --fix-inplace) it stands in for the script: the arguments are patches, files or
commits, the output has the script's form, .checkpatch.conf is read from where the script reads
it, and the exit code is 1 where anything at all was found. Without arguments it reads standard
input then, and so it does without such a flag where a pipe or a file is on it. A link to lsmpatch
by the name of checkpatch.pl is the script, options and all. --quiet, --color and the NO forms
(--no-terse, --nosignoff) mean what they mean to the script.`,
		Example: `  lsmpatch checkpatch --tree linux --strict series.mbox
  lsmpatch checkpatch --tree linux --terse --show-types 0001-*.patch
  lsmpatch checkpatch --tree linux -f kernel/sched/core.c
  lsmpatch checkpatch --tree linux --git HEAD-3
  git diff --cached | lsmpatch checkpatch --tree linux
  lsmpatch checkpatch --explain LONG_LINE`,
	}
	src := addSource(cmd)
	f.add(cmd.Flags())
	for _, name := range []string{"no-color", "nocolor"} {
		cmd.Flags().BoolFunc(name, "", func(string) error { a.color = "never"; return nil })
		hide(cmd.Flags(), name)
	}
	fixed(cmd, "engine", checkpatch.EngineAuto, checkpatch.EngineNative, checkpatch.EngineTree)
	for _, flag := range []string{"explain", "types", "ignore"} {
		completed(cmd, flag, checkpatch.Types)
	}
	directories(cmd, "tree")
	directories(cmd, "root")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		lateGC()
		if f.standsIn() {
			if err := f.readConf(cmd, a.noteln); err != nil {
				return err
			}
		}
		if err := f.conflict(); err != nil {
			return err
		}
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
				return f.writeTypes(w)
			})
		}
		for _, file := range f.lists() {
			a.noteln("%s cannot be read: its words are not looked for", file)
		}
		t, err := f.open()
		if err != nil {
			return err
		}
		if t != nil {
			defer t.Close()
			a.trees = []string{t.Dir()}
		}
		if !f.git {
			args = a.inputOnStdin(args, f.standsIn())
		}
		if !f.Fix && !checkpatch.AsksScript(&f.Options) {
			if err := a.confine(t, args, rights.Needs{Folders: f.kept()}); err != nil {
				return err
			}
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
		return a.showFindings("checkpatch", findings, findingsResult{Findings: findings})
	}
	return cmd
}

// findingsResult is the JSON form of a verb that has nothing but findings.
type findingsResult struct {
	Findings []report.Finding `json:"findings"`
	// Error says what could not be judged, where that ends the verb.
	Error string `json:"error,omitempty"`
}

// writeTypes lists the types as the script does.
func (f *checkpatchFlags) writeTypes(w io.Writer) error {
	fmt.Fprint(w, "#\tMessage type\n\n")
	for i, typ := range checkpatch.Types() {
		if _, err := fmt.Fprintf(w, "%d\t%s\n", i+1, typ); err != nil {
			return err
		}
		if !f.style.Verbose {
			continue
		}
		text, err := checkpatch.Explain(typ)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\t%s\n\n", strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n\t"))
	}
	return nil
}

// standIn does the script's work in the script's form.
func (a *app) standIn(ctx context.Context, f *checkpatchFlags, args []string, t *tree.Tree) error {
	inputs, unread, err := f.inputs(ctx, args, t, a.stdin)
	if err != nil {
		return err
	}
	config, err := a.config()
	if err != nil {
		return err
	}
	results, notes, err := f.check(ctx, inputs)
	if err != nil {
		return err
	}
	findings, clean, unjudged := []report.Finding{}, true, ""
	if err := errors.Join(unread...); err != nil {
		a.warnln("%v", err)
		unjudged = err.Error()
	}
	for _, n := range notes {
		if !a.quiet {
			a.noteln("%s", n.Message)
		}
		findings = append(findings, n)
		if n.Severity != report.Note && unjudged == "" {
			unjudged = n.Message
		}
	}
	// The script's form needs no findings of a report, of which a hostile input has a hundred thousand.
	asJSON, changes := a.format == "json", config != nil
	var raw []report.Finding
	for i, r := range results {
		r.Judge(func(f report.Finding) (report.Finding, bool) {
			if changes {
				raw = append(raw, f)
			}
			return config.Judge(f)
		})
		if asJSON {
			findings = append(findings, r.Findings(inputs[i].patch)...)
		}
		clean = clean && r.Clean()
	}
	if note, changed := config.Note(raw); changed {
		a.noteln("%s", note.Message)
		findings = append(findings, note)
	}
	f.style.Quiet = a.quiet
	err = a.emit(findingsResult{Findings: findings, Error: unjudged}, func(w io.Writer, opts *report.TextOptions) (err error) {
		f.style.Color = opts.Color
		clean, err = checkpatch.Render(w, results, f.style)
		return err
	})
	switch {
	case err != nil:
		return err
	case !clean && unread == nil:
		return errFault
	case unjudged != "":
		return errBroken
	}
	return nil
}
