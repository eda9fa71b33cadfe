// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/pull"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/attest"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

func (a *app) seriesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "series",
		Short: "Read and validate a series as the mailing list would",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(a.seriesInfoCommand(), a.seriesCheckCommand(), a.seriesChecksCommand(), a.seriesDiffCommand(), a.seriesAmCommand())
	return cmd
}

// seriesResult is the JSON form of series info and series check.
type seriesResult struct {
	patchset.Summary
	Findings []report.Finding `json:"findings"`
}

func (a *app) seriesInfoCommand() *cobra.Command {
	var (
		dir string
		all bool
	)
	cmd := &cobra.Command{
		Use:   "info [SERIES...]",
		Short: "Show what a series consists of",
		Example: `  lsmpatch series info series.mbox
  lsmpatch series info --format json - < series.mbox
  git config sendemail.tocmd 'lsmpatch series info -q --tree . --format recipients'`,
	}
	src := addSource(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := openTreeIfAny(dir)
		if err != nil {
			return err
		}
		if t != nil {
			defer t.Close()
		}
		if err := a.confine(t, args, rights.Needs{}); err != nil {
			return err
		}
		if all {
			return a.showEach(cmd.Context(), src, args, t)
		}
		set, _, err := a.load(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		if a.format == formatRecipients {
			return a.showRecipients(set, t)
		}
		findings, err := a.checkSeries(set.Own(), check.View{})
		if err != nil {
			return err
		}
		return a.emit(seriesResult{patchset.Summarize(set), findings}, func(w io.Writer, opts *report.TextOptions) error {
			writeSeries(w, set)
			_, err := fmt.Fprintf(w, "series check: %s\n", report.CountLine(findings))
			return err
		})
	}
	cmd.Flags().StringVar(&dir, "tree", "", "tree `DIR` that has the commits of a range A..B (default the current folder)")
	cmd.Flags().BoolVar(&all, "all", false, "show every series of a mailbox, in all versions")
	directories(cmd, "tree")
	return cmd
}

// formatRecipients asks series info for the addresses that the patches are to go to, one a line, as git
// send-email takes them from sendemail.tocmd or sendemail.cccmd.
const formatRecipients = "recipients"

// showRecipients writes who is to get the patches: what get_maintainer.pl says of t, or, without a tree,
// whom the mails name.
func (a *app) showRecipients(set *patchset.Set, t *tree.Tree) error {
	if t == nil {
		return hint.Wrap(errors.New("--format recipients asks the MAINTAINERS of a tree"), "name it with --tree DIR")
	}
	before, err := t.Snapshot("")
	if err != nil {
		return err
	}
	m, err := maintainers.Read(before)
	if err != nil {
		return err
	}
	var files []string
	var text strings.Builder
	for _, p := range set.Patches {
		for _, f := range p.Files {
			files = append(files, patchset.Paths(f)...)
		}
		text.WriteString("Subject: " + p.Subject + "\n\n" + p.Body + "\n")
	}
	recipients, err := m.Recipients(files, text.String())
	if err != nil {
		return err
	}
	return a.show(func(w io.Writer, _ *report.TextOptions) error {
		for _, r := range recipients {
			writeLine(w, "%s", r.String())
		}
		return nil
	})
}

// writeSeries writes the table of a series.
func writeSeries(w io.Writer, set *patchset.Set) {
	if c := set.Cover; c != nil {
		writeLine(w, "%s", c.Subject)
		writeLine(w, "  by %s <%s>, %s", c.From.Name, c.From.Email, c.From.When.Format("2006-01-02 15:04 -0700"))
	}
	fmt.Fprintf(w, "  v%d, %d of %s", set.Version, len(set.Patches), report.Plural(set.Total, "patch"))
	if len(set.Replies) > 0 {
		fmt.Fprintf(w, ", %s", report.Plural(len(set.Replies), "reply"))
	}
	if set.BaseCommit != "" {
		fmt.Fprintf(w, ", base-commit %s", report.Printable(set.BaseCommit))
	}
	fmt.Fprintln(w)
	for _, p := range set.Patches {
		var added, deleted int
		for _, f := range p.Files {
			a, d := patchset.Count(f)
			added, deleted = added+a, deleted+d
		}
		writeLine(w, "  %*d/%d  %s", len(fmt.Sprint(set.Total)), p.Index, set.Total, mail.ReadTitle(p))
		writeLine(w, "       %s, +%d -%d, by %s <%s>", report.Plural(len(p.Files), "file"), added, deleted, p.Author.Name, p.Author.Email)
	}
}

func (a *app) seriesCheckCommand() *cobra.Command {
	var (
		dir, base, previous, keys, keyring string
		dkim, all                          bool
		view                               check.View
	)
	cmd := &cobra.Command{
		Use:   "check [--tree DIR] [--previous OLD] [SERIES...]",
		Short: "Validate a series as the reviewers of a mailing list would",
		Long: `check looks at numbering, cover letter, sign-offs, references, recipients and text. With --tree
it also asks the tree: do the commits exist that the messages name, who maintains the files. With
--previous, or where the mails hold it too, it compares with the version before. series checks
lists all that it looks for; .lsmpatch.toml can switch a check off or change its severity. --newer
looks for a later version where the series came from, or in a local archive.`,
		Example: `  lsmpatch series check series.mbox
  lsmpatch series check --tree linux --previous v1.mbox v2.mbox
  lsmpatch series check --newer --inbox lists/lsm series.mbox`,
	}
	src := addSource(cmd)
	addNewer(cmd, src, "")
	addAsSubmission(cmd, &view)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := openTreeIfAny(dir)
		if err != nil {
			return err
		}
		src.base = base
		if t != nil {
			defer t.Close()
			if err := checkLinux(t, base); err != nil {
				return err
			}
			if view.Before, err = t.Snapshot(base); err != nil {
				return err
			}
			if t.IsGit() {
				history := premerge.NewHistory(cmd.Context(), t, base)
				view.Commits, view.Bases = history, history
			}
		}
		ring, closeRing, err := openKeyring(keyring, cmp.Or(dir, "."))
		if err != nil {
			return err
		}
		defer closeRing()
		view.Keyring = ring
		if err := a.confine(t, append(args, previous), rights.Needs{Network: dkim}); err != nil {
			return err
		}
		if view.LookupTXT, err = keyLookup(cmd.Context(), keys, dkim); err != nil {
			return err
		}
		if all {
			return a.checkEach(cmd.Context(), src, args, t, view)
		}
		set, older, _, err := a.loadVersions(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		set = set.Own()
		view.Previous = older
		if previous != "" {
			if view.Previous, _, err = a.load(cmd.Context(), &source{}, []string{previous}, t); err != nil {
				return fmt.Errorf("reading the previous version: %w", err)
			}
		}
		findings, err := a.checkSeries(set, view)
		if err != nil {
			return err
		}
		return a.showFindings("series", findings, seriesResult{patchset.Summarize(set), findings})
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "Linux tree `DIR`, in git or not")
	flags.StringVar(&base, "base", "", "revision `REV` that the series is for (default HEAD)")
	flags.StringVar(&previous, "previous", "", "the version before, as `SERIES`")
	flags.BoolVar(&all, "all", false, "check every series of a mailbox, each in its newest version")
	flags.BoolVar(&dkim, "dkim", false, "verify DKIM signatures with keys from DNS")
	flags.StringVar(&keys, "dkim-keys", "", "verify DKIM signatures with the keys in `FILE`, without a network")
	flags.StringVar(&keyring, "keyring", "", "verify developers' signatures (patatt, b4) with the keys in `DIR`: ed25519|openpgp|openssh/DOMAIN/LOCAL/SELECTOR; or ref:REPO:REV:DIR, such as ref:::.keys")
	directories(cmd, "keyring")
	cmd.MarkFlagsMutuallyExclusive("all", "previous")
	directories(cmd, "tree")
	return cmd
}

// checkSeries makes the checks of a series on set, with what else view has, under the configuration.
func (a *app) checkSeries(set *patchset.Set, view check.View) ([]report.Finding, error) {
	view.Set = set
	findings, err := series.Check(&view)
	if err != nil {
		return nil, err
	}
	return a.judge(findings)
}

// dnsTimeout is how long DNS may take for one key.
const dnsTimeout = 10 * time.Second

// keyLookup returns where the keys of DKIM signatures come from: a file, DNS, or nil for nowhere.
func keyLookup(ctx context.Context, file string, dns bool) (func(domain string) ([]string, error), error) {
	if file == "" {
		if !dns {
			return nil, nil
		}
		return func(domain string) ([]string, error) {
			ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
			defer cancel()
			return net.DefaultResolver.LookupTXT(ctx, domain)
		}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return attest.ReadKeys(f)
}

func (a *app) seriesChecksCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "checks",
		Short:   "List what series check looks for, and premerge in a request to pull",
		Example: "  lsmpatch series checks",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rules := append(series.Checks(), pull.Checks()...)
			return a.emit(map[string]any{"checks": rules}, func(w io.Writer, _ *report.TextOptions) error {
				for _, r := range rules {
					fmt.Fprintf(w, "%s (%s)\n    %s\n    %s\n", r.ID, r.Severity, r.What, r.Why)
				}
				return nil
			})
		},
	}
}
