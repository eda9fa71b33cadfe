// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) manCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man [-o DIR | VERB...]",
		Short: "Write the manual page of a verb, or those of all",
		Long: `man writes the manual page of a verb, or of lsmpatch itself, to standard output. With -o it writes the pages of
all verbs to a folder. man(1) finds them where that is the folder man1 of one on MANPATH. They say what --help
says; their date is SOURCE_DATE_EPOCH (seconds since 1970) where that is set, else they have none.`,
		Example: `  lsmpatch man premerge | man -l -
  lsmpatch man -o ~/.local/share/man/man1`,
		ValidArgsFunction: completeVerbs,
		RunE: func(_ *cobra.Command, args []string) error {
			date, err := pageDate(os.Getenv("SOURCE_DATE_EPOCH"))
			if err != nil {
				return err
			}
			all := newRoot(nil, nil, nil) // cmd.Root has man alone
			if dir != "" {
				if len(args) > 0 {
					return hint.Wrap(errors.New("-o writes the pages of all verbs"), "without it, that of one goes to standard output")
				}
				return writePages(all, dir, date)
			}
			page, rest, err := all.Find(args)
			if err != nil || len(rest) > 0 {
				return hint.Wrap(fmt.Errorf("there is no verb %q", strings.Join(args, " ")), "lsmpatch --help lists them")
			}
			return a.show(func(w io.Writer, _ *report.TextOptions) error {
				_, err := io.WriteString(w, manPage(page, date))
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "write the pages of all verbs to `DIR`")
	directories(cmd, "output")
	return cmd
}

// completeVerbs lets the shell complete the words of a verb.
func completeVerbs(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if parent, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
		for _, sub := range shownVerbs(parent) {
			names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// shownVerbs returns those verbs below parent that have a page.
func shownVerbs(parent *cobra.Command) []*cobra.Command {
	var shown []*cobra.Command
	for _, sub := range parent.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			shown = append(shown, sub)
		}
	}
	return shown
}

// pageDate returns the day of seconds since 1970 as a page names it, or "".
func pageDate(epoch string) (string, error) {
	if epoch == "" {
		return "", nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return "", hint.Wrap(fmt.Errorf("SOURCE_DATE_EPOCH=%s is no number", epoch), "it takes seconds since 1970, as `git log -1 --format=%ct` prints")
	}
	return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
}

// pageName returns what the page of cmd is called: "lsmpatch-series-info".
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// writePages writes the pages of cmd and of all verbs below it to dir.
func writePages(cmd *cobra.Command, dir, date string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, pageName(cmd)+".1"), []byte(manPage(cmd, date)), 0o644); err != nil {
		return err
	}
	for _, sub := range shownVerbs(cmd) {
		if err := writePages(sub, dir, date); err != nil {
			return err
		}
	}
	return nil
}
