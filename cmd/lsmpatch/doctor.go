// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/doctor"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) doctorCommand() *cobra.Command {
	var opts doctor.Options
	cmd := &cobra.Command{
		Use:   "doctor [--tree DIR]",
		Short: "Say what this machine can and cannot do",
		Long: `doctor looks for the programs that the verbs call, proves KVM and the isolation of builds by using
them, and holds the toolchain against what a tree asks for. It exits with 2 where something is
missing that a verb cannot do without.`,
		Example: "  lsmpatch doctor\n  lsmpatch doctor --tree linux --toolchain trixie",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if opts.Toolchain, err = toolchainDir(cmd.Context(), opts.Toolchain, nil); err != nil {
				return err
			}
			result, err := doctor.Examine(cmd.Context(), &opts)
			if err != nil {
				return err
			}
			err = a.emit(result, func(w io.Writer, _ *report.TextOptions) error {
				for _, item := range result.Items {
					writeItem(w, item)
				}
				for _, b := range result.Builds {
					if b.Able {
						writeLine(w, "series of %s can be built here", b.Series)
					} else {
						writeLine(w, "series of %s cannot be built here: %s", b.Series, strings.Join(b.Lacks, "; "))
					}
				}
				return nil
			})
			if err == nil && !result.Able {
				err = errors.New("this machine cannot do all of lsmpatch's work")
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Tree, "tree", "", "Linux tree `DIR` whose minima count")
	flags.StringVar(&opts.Toolchain, "toolchain", "", "root filesystem with the tools: its `NAME` or folder (default this machine's own)")
	directories(cmd, "tree", "toolchain")
	return cmd
}

func writeItem(w io.Writer, item doctor.Item) {
	found := item.Found
	if item.Minimum != "" {
		found += " (at least " + item.Minimum + ")"
	}
	writeLine(w, "%-8s %-16s %s", item.Status, item.Name, found)
	if item.Status != "ok" {
		need := "needed"
		if item.Optional {
			need = "useful"
		}
		writeLine(w, "%25s %s for %s", "", need, item.For)
	}
	if item.Hint != "" {
		writeLine(w, "%25s hint: %s", "", item.Hint)
	}
}
