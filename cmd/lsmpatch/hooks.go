// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) hooksCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hooks",
		Short: "List the LSM hooks of a tree, and check a series against them",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(a.hooksListCommand(), a.hooksCheckCommand(), a.hooksDiffCommand(), a.hooksBPFCommand(), a.hooksChecksCommand())
	return cmd
}

// hooksResult is the JSON form of hooks list and hooks check.
type hooksResult struct {
	Hooks    []defs.Hook      `json:"hooks"`
	Findings []report.Finding `json:"findings"`
	// Seen is what hooks check looked at; hooks list has none.
	Seen *hooks.Seen `json:"seen,omitempty"`
	// Registrations are there with --compile.
	Registrations []proof.Registration `json:"registrations,omitempty"`
}

func (a *app) hooksListCommand() *cobra.Command {
	var dir, rev, name, symbol, config string
	cmd := &cobra.Command{
		Use:   "list --tree DIR",
		Short: "List the LSM hooks of a tree with their types",
		Example: `  lsmpatch hooks list --tree linux --name task_
  lsmpatch hooks list --tree linux --rev v6.12 --condition SECURITY_NETWORK --format json
  lsmpatch hooks list --tree linux --config build/.config`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			snapshot, t, err := snapshotOf(dir, rev)
			if err != nil {
				return err
			}
			defer t.Close()
			if err := a.confine(t, nil, rights.Needs{}); err != nil {
				return err
			}
			list, findings, err := defs.List(snapshot)
			if err != nil {
				return err
			}
			set, err := readConfig(config)
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(h defs.Hook) bool {
				return !strings.Contains(h.Name, name) || set != nil && !h.EnabledBy(set) ||
					symbol != "" && !slices.Contains(h.Configs(), strings.TrimPrefix(symbol, "CONFIG_"))
			})
			if findings, err = a.judge(findings); err != nil {
				return err
			}
			err = a.emit(hooksResult{slices.Concat([]defs.Hook{}, list), findings, nil, nil},
				func(w io.Writer, opts *report.TextOptions) error {
					for _, h := range list {
						writeLine(w, "%s:%d: %s  [default %s]%s", h.File, h.Line, h.Prototype(), h.Default, under(h.Condition))
					}
					return report.WriteFindings(w, findings, opts)
				})
			if err != nil {
				return err
			}
			return atFault(findings)
		},
	}
	flags := cmd.Flags()
	treeFlags(cmd, &dir, &rev)
	flags.StringVar(&name, "name", "", "only hooks whose name contains `TEXT`")
	flags.StringVar(&symbol, "condition", "", "only hooks that stand under the CONFIG `SYMBOL`")
	flags.StringVar(&config, "config", "", "only hooks that a kernel with the .config `FILE` has")
	return cmd
}

// readConfig reads a .config; it returns nil for no file.
func readConfig(file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	text, err := below.ReadNamed(file, below.MaxFile)
	if err != nil {
		return nil, err
	}
	set := symbols.ParseConfig(string(text))
	if len(set) == 0 {
		return nil, hint.Wrap(fmt.Errorf("%s sets no CONFIG symbol", file), "give the .config of a build, or a fragment of one")
	}
	return set, nil
}

func under(condition string) string {
	if condition == "" {
		return ""
	}
	return "  [if " + condition + "]"
}

// treeFlags gives cmd the flags --tree, required, and --rev.
func treeFlags(cmd *cobra.Command, dir, rev *string) {
	cmd.Flags().StringVar(dir, "tree", "", "Linux tree `DIR`, in git or not (required)")
	cmd.Flags().StringVar(rev, "rev", "", "revision `REV` of it (default HEAD)")
	required(cmd, "tree")
	directories(cmd, "tree")
}

// snapshotOf opens the files at rev of the tree dir, and returns what lets go of them.
func snapshotOf(dir, rev string) (snapshot fs.FS, t *tree.Tree, err error) {
	if t, err = openTree(dir); err != nil {
		return nil, nil, err
	}
	if snapshot, err = t.Snapshot(rev); err != nil {
		t.Close()
		return nil, nil, err
	}
	return snapshot, t, nil
}

func (a *app) hooksChecksCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "checks",
		Short:   "List what hooks check looks for",
		Example: "  lsmpatch hooks checks",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rows := hooks.Checks(nil)
			return a.emit(map[string]any{"checks": rows}, func(w io.Writer, _ *report.TextOptions) error {
				for _, r := range rows {
					fmt.Fprintf(w, "%s (%s)\n    %s\n    %s\n", r.ID, r.Severity, r.What, r.Why)
				}
				return nil
			})
		},
	}
}

func (a *app) hooksDiffCommand() *cobra.Command {
	var dirs, revs []string
	cmd := &cobra.Command{
		Use:   "diff --tree DIR --rev A --rev B | --tree DIR --tree DIR",
		Short: "Tell how the hooks of two revisions, or of two trees, differ",
		Example: `  lsmpatch hooks diff --tree linux --rev v6.12 --rev v7.3
  lsmpatch hooks diff --tree linux-6.12 --tree linux-7.3`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if len(dirs)+len(revs) != 3 && len(dirs) != 2 || len(dirs) == 0 || len(dirs) > 2 || len(revs) > 2 {
				return errors.New("name one --tree and two --rev, or two --tree")
			}
			sides := make([]fs.FS, 2)
			var needs rights.Needs
			for i := range sides {
				var rev string
				if i < len(revs) {
					rev = revs[i]
				}
				snapshot, t, err := snapshotOf(dirs[min(i, len(dirs)-1)], rev)
				if err != nil {
					return err
				}
				defer t.Close()
				sides[i] = snapshot
				complete(&needs, t)
			}
			if err := a.confine(nil, nil, needs); err != nil {
				return err
			}
			changes, err := defs.Diff(sides[0], sides[1])
			if err != nil {
				return err
			}
			return a.emit(map[string]any{"changes": append([]defs.Change{}, changes...)}, func(w io.Writer, _ *report.TextOptions) error {
				for _, c := range changes {
					fmt.Fprintln(w, strings.TrimRight(c.String(), "\n"))
				}
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&dirs, "tree", nil, "Linux tree `DIR`, in git or not (required); twice to compare two")
	flags.StringArrayVar(&revs, "rev", nil, "revision `REV` (default HEAD); twice to compare two")
	required(cmd, "tree")
	directories(cmd, "tree")
	return cmd
}
