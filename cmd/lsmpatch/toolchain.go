// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) toolchainCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "toolchain create | list | remove",
		Short: "Make root filesystems with the tools that build kernels",
		Long: `toolchain looks after root filesystems of Debian with compilers for --toolchain, which takes the
name of one, or auto for the one named default.`,
		Example: "  lsmpatch toolchain create\n  lsmpatch build --tree linux --toolchain auto",
	}
	cmd.PersistentFlags().StringVar(&dir, "out", "", "the toolchains' folder `DIR` (default one below the user's cache)")
	cmd.AddCommand(a.toolchainCreate(&dir), a.toolchainList(&dir), a.toolchainRemove(&dir))
	return cmd
}

func (a *app) toolchainCreate(dir *string) *cobra.Command {
	var (
		opts kbuild.RootOptions
		name string
	)
	cmd := &cobra.Command{
		Use: "create [--for DIR] [NAME]", Short: "Make a root filesystem with tools", Args: cobra.MaximumNArgs(1),
		Long: `create runs mmdebstrap, with the mirror that this machine's own apt uses, and proves that the
compiler runs in the sandbox. With --for only what that tree takes is put in.`,
		Example: "  lsmpatch toolchain create\n  lsmpatch toolchain create --for linux trixie",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				opts.Name = args[0]
			}
			if name != "" {
				snapshot, done, err := headOf(name)
				if err != nil {
					return err
				}
				defer done()
				opts.Tree = snapshot
			}
			roots, err := kbuild.OpenRoots(*dir)
			if err != nil {
				return err
			}
			progress, done := a.progress()
			defer done()
			opts.Progress = progress
			root, err := roots.Create(cmd.Context(), &opts)
			done()
			if err != nil {
				return err
			}
			return a.showRoots([]kbuild.Root{*root})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "for", "", "Linux tree `DIR` that it is for")
	flags.StringVar(&opts.Suite, "suite", "", "Debian `SUITE` (default trixie)")
	flags.StringVar(&opts.Mirror, "mirror", "", "`URL` of the Debian archive (default that of this machine's apt)")
	directories(cmd, "for")
	return cmd
}

// headOf returns the files of the tree in dir.
func headOf(dir string) (fs.FS, func(), error) {
	t, err := openTree(dir)
	if err != nil {
		return nil, nil, err
	}
	snapshot, err := t.Snapshot("")
	if err == nil {
		err = tree.IsLinux(snapshot)
	}
	if err != nil {
		t.Close()
		return nil, nil, err
	}
	return snapshot, func() { t.Close() }, nil
}

func (a *app) toolchainList(dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the root filesystems that were made", Args: cobra.NoArgs,
		Example: "  lsmpatch toolchain list",
		RunE: func(*cobra.Command, []string) error {
			roots, err := kbuild.OpenRoots(*dir)
			if err != nil {
				return err
			}
			list, err := roots.List()
			if err != nil {
				return err
			}
			return a.showRoots(list)
		},
	}
}

func (a *app) toolchainRemove(dir *string) *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME...", Short: "Remove root filesystems", Args: cobra.MinimumNArgs(1),
		Example: "  lsmpatch toolchain remove default",
		RunE: func(_ *cobra.Command, names []string) error {
			roots, err := kbuild.OpenRoots(*dir)
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := roots.Remove(name); err != nil {
					return err
				}
			}
			return a.showRoots([]kbuild.Root{})
		},
	}
}

func (a *app) showRoots(roots []kbuild.Root) error {
	return a.emit(map[string]any{"toolchains": roots}, func(w io.Writer, _ *report.TextOptions) error {
		for _, r := range roots {
			writeLine(w, "%-12s %s, %s, of %s: %s", r.Name, r.Suite, report.Plural(len(r.Packages), "package"), r.Made.Format(time.DateTime), r.Dir)
		}
		return nil
	})
}

// toolchainDir returns the folder that the value of --toolchain stands for. progress, which may be nil, tells how one
// is made.
func toolchainDir(ctx context.Context, value string, progress io.Writer) (string, error) {
	roots, err := kbuild.OpenRoots("")
	if err != nil {
		return value, nil // without a home there are no names
	}
	return roots.Resolve(ctx, value, progress)
}
