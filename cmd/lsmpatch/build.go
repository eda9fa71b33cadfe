// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) buildCommand() *cobra.Command {
	var (
		dir, log string
		build    buildFlags
	)
	cmd := &cobra.Command{
		Use:   "build --tree DIR",
		Short: "Build a kernel of a tree, with CONFIG_SECURITY_RUST_LSM where it has that",
		Long: `build checks the toolchain against what the tree asks for, writes a configuration and reads it
back, runs make outside the tree (O=), and turns what compilers, bindgen and modpost say into
findings. With --toolchain the tools are those of a root filesystem. A build runs code of the
series' author: it runs in a sandbox, without network, with the source read-only, never as this
machine's root, and within limits.`,
		Example: `  lsmpatch build --tree linux --toolchain trixie --out build
  lsmpatch build --tree linux --config-fragment my.config --target bzImage --make-var CLIPPY=1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts, err := build.options()
			if err != nil {
				return err
			}
			if log != "" {
				f, err := os.Create(log)
				if err != nil {
					return err
				}
				defer f.Close()
				opts.Log = f
			}
			progress, done := a.progress()
			defer done()
			opts.Progress = progress
			result, err := kbuild.Build(cmd.Context(), dir, opts)
			done()
			if err != nil {
				return err
			}
			if result.Findings, err = a.judge(result.Findings); err != nil {
				return err
			}
			return a.showBuild(result)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "Linux tree `DIR`, checked out (required)")
	flags.StringVar(&log, "log", "", "write all that make says to `FILE`")
	build.add(cmd)
	required(cmd, "tree")
	directories(cmd, "tree")
	return cmd
}

// buildFlags are the flags of building that build and premerge share.
type buildFlags struct {
	kbuild.Options
	fragments []string
}

func (b *buildFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&b.Out, "out", "", "output folder `DIR` (default one below the user's cache, for each tree its own)")
	flags.StringVar(&b.Toolchain, "toolchain", "", "root filesystem `DIR` with the tools (default this machine's own)")
	flags.StringVar(&b.LLVM, "llvm", "", "`VALUE` of make's LLVM variable, such as -19 (default the newest there is)")
	flags.IntVarP(&b.Jobs, "jobs", "j", 0, "`N` jobs of make (default one a core)")
	flags.StringVar(&b.Base, "config-base", "", "configuration `TARGET` to start from (default tinyconfig)")
	flags.StringArrayVar(&b.fragments, "config-fragment", nil, "merge the configuration `FILE`, in place of the one for the Rust LSM sample; may be repeated")
	flags.StringArrayVar(&b.Targets, "target", nil, "make `TARGET` (default bzImage); may be repeated")
	flags.StringArrayVar(&b.Vars, "make-var", nil, "make variable `NAME=VALUE`; may be repeated")
	flags.BoolVar(&b.NoSandbox, "no-sandbox", false, "run the build with your own rights: it can do to this machine what you can")
	flags.DurationVar(&b.Limits.Time, "time-limit", 0, "`TIME` that one call of make may take, such as 90m (default 6h)")
	directories(cmd, "out", "toolchain")
}

// options reads the fragments and returns all options.
func (b *buildFlags) options() (*kbuild.Options, error) {
	opts := b.Options
	for _, name := range b.fragments {
		text, err := below.ReadNamed(name, below.MaxFile)
		if err != nil {
			return nil, err
		}
		opts.Fragments = append(opts.Fragments, kbuild.Fragment{Name: name, Text: string(text)})
	}
	return &opts, nil
}

func (a *app) showBuild(result *kbuild.Result) error {
	if !result.Survey.Isolated() {
		a.noteln("the build ran code of the tree's authors with your rights, as you asked for")
	}
	err := a.emit(result, func(w io.Writer, opts *report.TextOptions) error {
		if err := report.WriteFindings(w, result.Findings, opts); err != nil {
			return err
		}
		if !result.Built {
			_, err := fmt.Fprintf(w, "not built: %s\n", report.CountLine(result.Findings))
			return err
		}
		writeLine(w, "built %s in %.1f s, %s; %s", result.Kernel, result.Seconds,
			report.Plural(result.Commands, "command"), report.CountLine(result.Findings))
		return nil
	})
	if err != nil {
		return err
	}
	return atFault(result.Findings)
}
