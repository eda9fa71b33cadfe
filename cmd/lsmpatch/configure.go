// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) configureCommand() *cobra.Command {
	var dir, rev, base, out string
	var request kbuild.Request
	var opts kbuild.Options
	cmd := &cobra.Command{
		Use:   "configure --tree DIR [--arch ARCH] [--base-config FILE] [-o DIR] [SERIES...]",
		Short: "Work out the configuration that compiles what a series changes",
		Long: `configure reads which files and lines a series changes, finds in the tree's kbuild files and #if lines
what compiles them, and works out the smallest change to a configuration under which all of it is
compiled; the tree's own conf makes that configuration. Where one cannot do, as for both branches of an
#if, there are several. What no configuration compiles is told, with the symbols that make it so.

Nothing of the kernel is built. premerge --build does the same by itself.`,
		Example: `  lsmpatch configure --tree linux series.mbox
  lsmpatch configure --tree linux --arch arm64 -o configs series.mbox
  lsmpatch configure --tree linux --base-config /boot/config-7.3 --format json series.mbox`,
	}
	src := addSource(cmd)
	treeFlags(cmd, &dir, &rev)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := openTree(dir)
		if err != nil {
			return err
		}
		defer t.Close()
		if err := checkLinux(t, rev); err != nil {
			return err
		}
		progress, clear := a.progress()
		opts.Toolchain, err = toolchainDir(cmd.Context(), opts.Toolchain, progress)
		clear()
		if err != nil {
			return err
		}
		if base != "" {
			text, err := below.ReadNamed(base, below.MaxFile)
			if err != nil {
				return err
			}
			request.Config = string(text)
		}
		set, _, err := a.loadPatches(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		result, err := configure(cmd.Context(), t, rev, set, &request, &opts)
		if err != nil {
			return err
		}
		if out != "" && len(result.Configs) > 0 {
			if err := writeConfigs(out, result.Plan); err != nil {
				return err
			}
		}
		if result.Findings, err = a.judge(result.Findings); err != nil {
			return err
		}
		err = a.emit(result, func(w io.Writer, opts *report.TextOptions) error {
			if len(result.Configs) == 0 {
				return report.WriteFindings(w, result.Findings, opts)
			}
			return writePlan(w, result.Plan)
		})
		if err != nil {
			return err
		}
		return atFault(result.Findings)
	}
	flags := cmd.Flags()
	flags.StringVar(&request.Arch, "arch", "", "architecture `ARCH`, as make has it (default x86_64)")
	flags.StringVar(&base, "base-config", "", "start from the configuration `FILE` (default tinyconfig with what a boot needs)")
	flags.StringVarP(&out, "output", "o", "", "write the configurations to `DIR`")
	flags.StringVar(&opts.Toolchain, "toolchain", "", "root filesystem with the tools: its `NAME`, a folder, or auto (default this machine's own)")
	flags.StringVar(&opts.LLVM, "llvm", "", "`VALUE` of make's LLVM variable, such as -19 (default the newest there is)")
	flags.BoolVar(&opts.NoSandbox, "no-sandbox", false, "run the tree's programs with your own rights: they can do to this machine what you can")
	directories(cmd, "output", "toolchain")
	return cmd
}

// configured is what the verb tells: configurations, or why the series has none.
type configured struct {
	*kconfig.Plan
	Findings []report.Finding `json:"findings"`
}

// configure applies a series in memory, and works out the configurations for it.
func configure(ctx context.Context, t *tree.Tree, rev string, set *patchset.Set, request *kbuild.Request, opts *kbuild.Options) (*configured, error) {
	before, err := t.Snapshot(rev)
	if err != nil {
		return nil, err
	}
	after, applied, err := apply.Overlay(before, set, nil)
	if err != nil {
		return nil, err
	}
	none := &kconfig.Plan{Configs: []kconfig.Config{}, Files: []kconfig.File{}}
	if len(applied.Conflicts) > 0 {
		return &configured{none, premerge.ConflictFindings(applied.Conflicts, (*apply.Conflict).WholeExcerpt)}, nil
	}
	request.Before, request.After, request.Files = before, fs.FS(after), touchedFiles(applied)
	if request.Moves, err = kbuild.Moves(before, after); err != nil {
		return nil, err
	}
	plan, err := kbuild.Configure(ctx, request, opts)
	var broken *symbols.KconfigError
	if errors.As(err, &broken) {
		return &configured{none, broken.Findings()}, nil
	}
	return &configured{plan, []report.Finding{}}, err
}

// touchedFiles returns the files that a series changes.
func touchedFiles(applied *apply.Result) []string {
	var names []string
	for _, p := range applied.Patches {
		for _, f := range p.Files {
			names = append(names, f.Path)
		}
	}
	return names
}

// writeConfigs writes each configuration and what it changes to files of dir: 1.config, 1.fragment.
func writeConfigs(dir string, plan *kconfig.Plan) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for i := range plan.Configs {
		c := &plan.Configs[i]
		for name, text := range map[string]string{"config": c.Text, "fragment": c.Fragment()} {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.%s", i+1, name)), []byte(text), 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}

// writePlan writes a plan for people.
func writePlan(w io.Writer, plan *kconfig.Plan) error {
	for i := range plan.Configs {
		c := &plan.Configs[i]
		writeLine(w, "configuration %d for %s: %s, and %d in consequence", i+1, plan.Arch,
			report.Plural(len(c.Changed), "symbol"), c.Followed)
		for _, s := range c.Changed {
			writeLine(w, "  CONFIG_%s=%s (was %s)", s.Symbol, s.To, s.From)
		}
	}
	for _, f := range plan.Files {
		switch {
		case f.Config > 0:
			writeLine(w, "%s: configuration %d (%s of code)", f.Path, f.Config, report.Plural(f.Lines, "changed line"))
		default:
			writeLine(w, "%s: none: %s", f.Path, f.Why)
		}
		for _, g := range f.Unpromised {
			if g.Config > 0 {
				writeLine(w, "  %s: configuration %d, under %s", kconfig.Ranges(g.Lines), g.Config, g.When)
			} else {
				writeLine(w, "  %s: none, under %s: %s", kconfig.Ranges(g.Lines), g.When, g.Why)
			}
		}
	}
	writeLine(w, "%d of %s of code compiled by configuration 1; %.1f s", plan.Promised, report.Plural(plan.Lines, "changed line"), plan.Seconds)
	return nil
}
