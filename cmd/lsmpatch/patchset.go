// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) patchsetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "patchset",
		Short: "List, show and export the series that the binary carries",
		Long: `patchset deals with the series that the binary carries. Each can be named wherever a SERIES is
expected, as builtin:NAME.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(a.patchsetListCommand(), a.patchsetShowCommand(), a.patchsetExportCommand())
	return cmd
}

func (a *app) patchsetListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the carried series",
		Example: "  lsmpatch patchset list",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			type row struct {
				Name        string   `json:"name"`
				Description string   `json:"description"`
				Mails       []string `json:"mails"`
			}
			var rows []row
			for _, set := range patchset.Builtins() {
				r := row{Name: set.Name, Description: set.Description}
				for _, m := range set.Mails {
					r.Mails = append(r.Mails, m.File)
				}
				rows = append(rows, r)
			}
			return a.emit(map[string]any{"patchsets": rows}, func(w io.Writer, _ *report.TextOptions) error {
				for _, r := range rows {
					fmt.Fprintf(w, "%s%s  %s (%s)\n", builtinPrefix, r.Name, r.Description, report.Plural(len(r.Mails), "mail"))
				}
				return nil
			})
		},
	}
}

func (a *app) patchsetShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "show [NAME]",
		Short:             "Write the mails of a carried series to standard output, as an mbox",
		Example:           "  lsmpatch patchset show rust-lsm | git am --empty=drop",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completePatchsets,
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := findPatchset(args)
			if err != nil {
				return err
			}
			if a.format == "json" {
				mails := map[string]string{}
				for _, m := range set.Mails {
					mails[m.File] = string(m.Raw)
				}
				return report.WriteJSON(a.stdout, map[string]any{"name": set.Name, "description": set.Description, "mails": mails})
			}
			_, err = a.stdout.Write(set.Mbox())
			return err
		},
	}
}

func (a *app) patchsetExportCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:               "export [NAME] -o DIR",
		Short:             "Write the mails of a carried series as files that git am takes",
		Example:           "  lsmpatch patchset export rust-lsm -o mails && git am --empty=drop mails/*.patch",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completePatchsets,
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := findPatchset(args)
			if err != nil {
				return err
			}
			files, err := set.Export(dir)
			if err != nil {
				return err
			}
			return a.emit(map[string]any{"files": files}, func(w io.Writer, _ *report.TextOptions) error {
				for _, file := range files {
					writeLine(w, "%s", file)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "`DIR` to write to (required)")
	required(cmd, "output")
	directories(cmd, "output")
	return cmd
}

// findPatchset returns the series named by args, or the default one. "builtin:" may stand before
// the name.
func findPatchset(args []string) (patchset.Carried, error) {
	name := strings.TrimPrefix(append(args, defaultSeries)[0], builtinPrefix)
	set, ok := patchset.Builtin(name)
	if !ok {
		return patchset.Carried{}, hint.Wrap(fmt.Errorf("no carried series %q", name), "`lsmpatch patchset list` names them")
	}
	return set, nil
}

func completePatchsets(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, set := range patchset.Builtins() {
		names = append(names, cobra.CompletionWithDesc(set.Name, set.Description))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
