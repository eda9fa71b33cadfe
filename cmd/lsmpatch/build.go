// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) buildCommand() *cobra.Command {
	var (
		dir   string
		opts  premerge.Options
		build buildFlags
		each  bool
	)
	cmd := &cobra.Command{
		Use:   "build --tree DIR [SERIES...]",
		Short: "Build a kernel of a tree, or of a series upon it",
		Long: `build checks the toolchain against what the tree asks for, writes a configuration and reads it
back, runs make outside the tree (O=), and turns what compilers, bindgen and modpost say into
findings. With --toolchain the tools are those of a root filesystem. A build runs code of the
series' author: it runs in a sandbox, without network, with the source read-only, never as this
machine's root, and within limits.

Without a series, the tree is built as it lies there, with CONFIG_SECURITY_RUST_LSM where it has that.
With one, the tree stays as it is: the series is built, patch by patch, in a layer over the base
(--base, which is built once and kept), in the configuration that compiles what it changes, as
premerge --build does. Findings are what the series complains about and the base does not.`,
		Example: `  lsmpatch build --tree linux --toolchain trixie --out build
  lsmpatch build --tree linux --config-fragment my.config --target bzImage --make-var CLIPPY=1
  lsmpatch build --tree linux --toolchain auto --objects series.mbox`,
	}
	src := addSource(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		run := func() error { return a.build(ctx, dir, &build) }
		if len(args) == 0 && len(build.arches) > 1 {
			return hint.Wrap(errors.New("a tree is built for one architecture at a time"), "name a series, or call it once for each")
		}
		if len(args) > 0 {
			opts.OnlyLast = !each
			run = func() error { return a.buildSeries(ctx, src, args, dir, &opts, &build) }
		}
		a.failed = func(err error) any {
			return map[string]any{"built": false, "error": err.Error(), "hint": hint.Of(err), "findings": []report.Finding{}}
		}
		return run()
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "Linux tree `DIR`; checked out where no series is named (required)")
	seriesBuildFlags(cmd, &opts, &each)
	build.add(cmd)
	required(cmd, "tree")
	directories(cmd, "tree")
	return cmd
}

// seriesBuildFlags adds the flags that say how a series is built, which build and premerge share.
func seriesBuildFlags(cmd *cobra.Command, opts *premerge.Options, each *bool) {
	flags := cmd.Flags()
	flags.StringVar(&opts.Base, "base", "", "revision `REV` that the series is for (default HEAD)")
	flags.BoolVar(&opts.Objects, "objects", false, "build the folders of the changed files alone, and no kernel")
	flags.StringSliceVar(&opts.Kbuild.Lenses, "lens", nil, "let `NAME` look at what the series touches: "+lensNames()+"; or default, all, none; may be repeated")
	flags.BoolVar(each, "each", true, "build the tree after each patch, and say which one breaks it")
}

// lensNames returns the names of the lenses.
func lensNames() string {
	var names []string
	for _, l := range kbuild.Lenses {
		names = append(names, l.Name)
	}
	return strings.Join(names, ", ")
}

// build builds the tree in dir and shows the result.
func (a *app) build(ctx context.Context, dir string, flags *buildFlags) error {
	progress, done := a.progress()
	defer done()
	opts, closeLog, err := flags.options(ctx, progress)
	if err != nil {
		return err
	}
	defer closeLog()
	opts.Progress = progress
	result, err := kbuild.Build(ctx, dir, opts)
	done()
	if err != nil {
		return err
	}
	if result.Findings, err = a.judge(result.Findings); err != nil {
		return err
	}
	return a.showBuild(result, result)
}

// buildSeries builds a series upon the tree in dir and shows the result.
func (a *app) buildSeries(ctx context.Context, src *source, args []string, dir string, opts *premerge.Options, flags *buildFlags) error {
	t, err := openTree(dir)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := checkLinux(t, opts.Base); err != nil {
		return err
	}
	if _, err := kbuild.ParseLenses(opts.Kbuild.Lenses); err != nil {
		return err
	}
	set, _, err := a.loadPatches(ctx, src, args, t)
	if err != nil {
		return err
	}
	progress, done := a.progress()
	defer done()
	kernel, closeLog, err := flags.options(ctx, progress)
	if err != nil {
		return err
	}
	defer closeLog()
	kernel.Lenses = opts.Kbuild.Lenses
	opts.Kbuild, opts.Work, opts.Progress, opts.Arches = *kernel, kernel.Out, progress, flags.otherArches()
	result, findings, err := premerge.Build(ctx, t, set, opts)
	done()
	if err != nil {
		return err
	}
	if result == nil { // it does not apply
		result = &kbuild.SeriesResult{Result: kbuild.Result{Survey: &kbuild.Survey{}}, Patches: []kbuild.PatchBuild{}}
	} else {
		defer result.Close()
	}
	if result.Findings, err = a.judge(findings); err != nil {
		return err
	}
	return a.showBuild(&result.Result, result)
}

// buildFlags are the flags of building that build and premerge share.
type buildFlags struct {
	kbuild.Options
	fragments []string
	log       string
	arches    []string
}

func (b *buildFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&b.Out, "out", "", "output folder `DIR` (default one below the user's cache, for each tree its own)")
	flags.StringSliceVar(&b.arches, "arch", nil, "architectures `ARCH`,…, as make has them: a kernel for the first, of the others what the series touches (default x86_64, and those that it has files of)")
	flags.StringVar(&b.log, "log", "", "write all that make says to `FILE` as well")
	flags.StringVar(&b.Toolchain, "toolchain", "", "root filesystem with the tools: its `NAME`, a folder, or auto (default this machine's own)")
	flags.StringVar(&b.LLVM, "llvm", "", "`VALUE` of make's LLVM variable, such as -19 (default the newest there is)")
	flags.IntVarP(&b.Jobs, "jobs", "j", 0, "`N` jobs of make (default one a core)")
	flags.StringVar(&b.Base, "config-base", "", "configuration `TARGET` to start from (default tinyconfig)")
	flags.StringArrayVar(&b.fragments, "config-fragment", nil, "merge the configuration `FILE`, in place of the one for the Rust LSM sample; may be repeated")
	flags.StringArrayVar(&b.Targets, "target", nil, "make `TARGET` (default the kernel); may be repeated")
	flags.StringArrayVar(&b.Vars, "make-var", nil, "make variable `NAME=VALUE`; may be repeated")
	flags.BoolVar(&b.NoSandbox, "no-sandbox", false, "run the build with your own rights: it can do to this machine what you can")
	flags.DurationVar(&b.Limits.Time, "time-limit", 0, "`TIME` that one call of make may take, such as 90m (default 6h)")
	directories(cmd, "out", "toolchain")
}

// otherArches are those behind the first.
func (b *buildFlags) otherArches() []string { return b.arches[min(1, len(b.arches)):] }

// options reads the fragments, opens the log and returns all options.
func (b *buildFlags) options(ctx context.Context, progress io.Writer) (_ *kbuild.Options, closeLog func(), err error) {
	opts := b.Options
	if len(b.arches) > 0 {
		opts.Arch = b.arches[0]
	}
	if opts.Toolchain, err = toolchainDir(ctx, opts.Toolchain, progress); err != nil {
		return nil, nil, err
	}
	for _, name := range b.fragments {
		text, err := below.ReadNamed(name, below.MaxFile)
		if err != nil {
			return nil, nil, err
		}
		opts.Fragments = append(opts.Fragments, kbuild.Fragment{Name: name, Text: string(text)})
	}
	if b.log == "" {
		return &opts, func() {}, nil
	}
	f, err := os.Create(b.log)
	if err != nil {
		return nil, nil, err
	}
	opts.Log = f
	return &opts, func() { f.Close() }, nil
}

// showBuild shows a build; whole is the same with all that JSON tells.
func (a *app) showBuild(result *kbuild.Result, whole any) error {
	if !result.Survey.Isolated() {
		a.noteln("the build ran code of the tree's authors with your rights, as you asked for")
	}
	err := a.emit(whole, func(w io.Writer, opts *report.TextOptions) error {
		if err := report.WriteFindings(w, result.Findings, opts); err != nil {
			return err
		}
		said := report.CountLine(result.Findings)
		if result.Log != "" {
			said += "; log " + result.Log
		}
		if !result.Built {
			writeLine(w, "not built: %s", said)
			return nil
		}
		if s, ok := whole.(*kbuild.SeriesResult); ok && s.Coverage != nil {
			writeLine(w, "%s", s.Coverage.Summary())
		}
		writeLine(w, "built %s in %.1f s, %s; %s", cmp.Or(result.Kernel, "the objects"), result.Seconds,
			report.Plural(result.Commands, "command"), said)
		return nil
	})
	if err != nil {
		return err
	}
	return atFault(result.Findings)
}
