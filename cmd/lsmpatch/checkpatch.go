// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/report"
)

func (a *app) checkpatchCommand() *cobra.Command {
	var (
		dir, rev string
		opts     checkpatch.Options
	)
	cmd := &cobra.Command{
		Use:   "checkpatch [--tree DIR] [SERIES... | FILE...]",
		Short: "Judge the style of a series as the kernel's checkpatch.pl does",
		Long: `checkpatch judges each patch of a series. --engine tree runs the tree's own scripts/checkpatch.pl,
the authority; --engine native is our twin of it. A complaint that the tree's own documents
contradict is shown as waived, with the reason.`,
		Example: "  lsmpatch checkpatch --tree linux --engine tree --strict series.mbox",
	}
	src := addSource(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := openTreeIfAny(dir)
		if err != nil {
			return err
		}
		if t != nil {
			defer t.Close()
			if opts.Tree, err = t.Snapshot(rev); err != nil {
				return err
			}
		}
		set, _, err := a.load(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		findings, err := checkpatch.Check(cmd.Context(), set, &opts)
		if err != nil {
			return err
		}
		if findings, err = a.judge(findings); err != nil {
			return err
		}
		return a.showFindings(findings, struct {
			Findings []report.Finding `json:"findings"`
		}{findings})
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "Linux tree `DIR` whose lists and script count")
	flags.StringVar(&rev, "rev", "", "revision `REV` of it (default HEAD)")
	flags.StringVar(&opts.Engine, "engine", "", "`ENGINE`: native or tree (default native)")
	flags.BoolVar(&opts.Strict, "strict", false, "matters of taste as well")
	flags.StringSliceVar(&opts.Types, "types", nil, "report only these `TYPES`")
	flags.StringSliceVar(&opts.Ignore, "ignore", nil, "do not report these `TYPES`")
	flags.BoolVar(&opts.NoSignoff, "no-signoff", false, "leave Signed-off-by lines alone")
	flags.IntVar(&opts.MaxLineLength, "max-line-length", 0, "`COLUMNS` of a line (default 100)")
	flags.IntVar(&opts.MinConfDescLength, "min-conf-desc-length", 0, "`LINES` of a Kconfig help text (default 4)")
	flags.BoolVar(&opts.Codespell, "codespell", false, "use the dictionary of codespell as well")
	fixed(cmd, "engine", "native", "tree")
	directories(cmd, "tree")
	return cmd
}
