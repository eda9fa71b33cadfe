// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/hooks"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) hooksCheckCommand() *cobra.Command {
	var (
		dir, rev, vmlinux string
		compile           bool
		build             buildFlags
	)
	cmd := &cobra.Command{
		Use:   "check --tree DIR [SERIES...]",
		Short: "Check the LSM hooks of a series against those of a tree",
		Long: `check reads the hooks that the tree defines, and those that the series registers, in C shims and
in Rust adapters, and compares their types; and it looks for what else an LSM needs in the tree,
such as a place in lsm_count.h. Nothing is compiled, unless asked for: --compile has the tree's own
compilers judge each link as well, and the objects of the series that hold them, with the tree's own
flags, and says of each registration whether a compiler has seen it; --vmlinux reads a kernel that was
built with the series (BTF or DWARF). Where they differ from us, that is a finding.`,
		Example: "  lsmpatch hooks check --tree linux\n  lsmpatch hooks check --tree linux --rev v6.12 series.mbox\n  lsmpatch hooks check --tree linux --compile --toolchain trixie",
	}
	src := addSource(cmd)
	treeFlags(cmd, &dir, &rev)
	build.add(cmd)
	cmd.Flags().BoolVar(&compile, "compile", false, "let the tree's compilers judge each link as well")
	cmd.Flags().StringVar(&vmlinux, "vmlinux", "", "compare with a built kernel `FILE`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		pace(0, checkingGarbage) // until the series is known
		t, err := openTree(dir)
		if err != nil {
			return err
		}
		defer t.Close()
		if err := checkLinux(t, rev); err != nil {
			return err
		}
		before, err := t.Snapshot(rev)
		if err != nil {
			return err
		}
		if !compile {
			if err := a.confine(t, args, rights.Needs{}); err != nil {
				return err
			}
		}
		src.base = rev
		set, _, err := a.load(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		pace(max(len(set.Patches), touched(set)/filesPerPatch), checkingGarbage)
		// Of MAINTAINERS, a megabyte, the checks ask what the series adds alone; to change it took a quarter of the time.
		after, applied, err := apply.Overlay(before, set, &apply.Options{Filters: []apply.Filter{{Pattern: "MAINTAINERS", Exclude: true}}})
		if err != nil {
			return err
		}
		if len(applied.Conflicts) > 0 {
			a.noteln("the series does not apply to this tree (`lsmpatch apply --check` says why); checking its own files")
			after = nil
		}
		opts := &hooks.Options{}
		if t.IsGit() {
			opts.History = premerge.NewHistory(cmd.Context(), t, rev).HookStates()
		}
		findings, seen, err := hooks.Check(&check.View{Set: set, Before: before, After: after}, opts)
		if err != nil {
			return err
		}
		proof, err := a.proveHooks(cmd.Context(), set, after, findings, dir, vmlinux, compile, &build)
		if err != nil {
			return err
		}
		findings = append(findings, proof.Findings...)
		list := []defs.Hook{}
		if a.format == "json" { // the text does not show them
			if list, _, err = defs.List(before); err != nil {
				return err
			}
		}
		findings, err = a.judge(findings)
		if err != nil {
			return err
		}
		return a.showHooks(hooksResult{list, findings, &seen, proof.Registrations})
	}
	return cmd
}

// filesPerPatch is how many files of a patch cost as much memory as a patch of a long series does.
const filesPerPatch = 4

// touched counts the files of the patches of a set.
func touched(set *patchset.Set) int {
	n := 0
	for _, p := range set.Patches {
		n += len(p.Files)
	}
	return n
}

// proveHooks asks compilers and a built kernel, as far as the flags want it.
func (a *app) proveHooks(ctx context.Context, set *patchset.Set, after fs.FS, ours []report.Finding, dir, vmlinux string, compile bool, build *buildFlags) (*premerge.Proof, error) {
	var work string
	progress, done := a.progress()
	defer done()
	opts, closeLog, err := build.options(ctx, progress)
	if err != nil {
		return nil, err
	}
	defer closeLog()
	if compile {
		if work, err = premerge.WorkDir(opts.Out, dir); err != nil {
			return nil, err
		}
	}
	opts.Progress = progress
	return premerge.ProveHooks(ctx, set, after, ours, work, vmlinux, *opts)
}

// showHooks writes what hooks check found, and what it looked at.
func (a *app) showHooks(result hooksResult) error {
	if slices.Contains(findingForms, a.format) {
		return a.showFindings("hooks", result.Findings, result)
	}
	err := a.emit(result, func(w io.Writer, opts *report.TextOptions) error {
		if err := report.WriteFindings(w, result.Findings, opts); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\nlooked at: %s\n", report.CountLine(result.Findings), result.Seen); err != nil {
			return err
		}
		return showCompiled(w, result.Registrations)
	})
	if err != nil {
		return err
	}
	return atFault(result.Findings)
}

// showCompiled writes how many registrations a compiler has seen, and those that none has.
func showCompiled(w io.Writer, registrations []proof.Registration) error {
	if registrations == nil {
		return nil
	}
	var unseen strings.Builder
	seen := 0
	for i := range registrations {
		r := &registrations[i]
		if r.Compiled {
			seen++
			continue
		}
		fmt.Fprintf(&unseen, "not compiled: %s:%d: %s for hook %s: %s\n", r.File, r.Line, r.Function, r.Hook, r.Why)
	}
	_, err := fmt.Fprintf(w, "compiled: %d of %d registrations\n%s", seen, len(registrations), unseen.String())
	return err
}
