// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/internal/fetch"
	"github.com/lsmpatch/lsmpatch/internal/hint"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) fetchCommand() *cobra.Command {
	var (
		opts fetch.Options
		need string
	)
	cmd := &cobra.Command{
		Use:   "fetch --tree DIR [--remote URL] [--commit REV] | --archive FILE",
		Short: "Fetch a Linux tree at one commit",
		Long: `fetch makes DIR a git repository that holds one commit of a Linux tree, checked out: a shallow
fetch from any git URL, or the content of a source archive as a commit. A second call brings only
what is missing. Without --remote it is the mainline repository on git.kernel.org.

With --for SERIES it brings only what checking that series reads: the commit, its trees and a few
files, in a bare repository; other files come when they are asked for. Such a tree cannot be built.`,
		Example: `  lsmpatch fetch --tree linux --commit v7.3
  lsmpatch fetch --tree next --remote https://git.kernel.org/pub/scm/linux/kernel/git/next/linux-next.git --commit master
  lsmpatch fetch --tree small.git --for series.mbox --commit v7.3
  lsmpatch fetch --tree linux-7.3 --archive linux-7.3.tar.xz --sig linux-7.3.tar.sign --keyring keys.gpg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.Archive != "" && (opts.Remote != "" || opts.Commit != "") {
				return errors.New("--archive excludes --remote and --commit: an archive is one commit")
			}
			if opts.Archive == "" && (opts.SHA256 != "" || opts.Signature != "" || opts.Keyring != "") {
				return errors.New("--sha256, --sig and --keyring are for --archive; git checks what it fetches by itself")
			}
			if need != "" {
				set, _, err := a.load(cmd.Context(), &source{}, []string{need}, nil)
				if err != nil {
					return err
				}
				opts.Paths = premerge.Paths(set)
			}
			progress, done := a.progress()
			defer done()
			opts.Progress, opts.Told = progress, a.tellOf(done)
			fetched, err := fetchTree(cmd.Context(), &opts)
			if err != nil {
				return err
			}
			done()
			return a.emit(fetched, func(w io.Writer, _ *report.TextOptions) error {
				was := "is"
				if !fetched.Changed {
					was = "was already"
				}
				writeLine(w, "%s %s at %s, from %s", fetched.Dir, was, fetched.Commit, fetched.Source)
				return nil
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&opts.Dir, "tree", "", "`DIR` that the tree goes into (required)")
	flags.StringVar(&opts.Remote, "remote", "", "`URL` or path to fetch from (default mainline)")
	flags.StringVar(&opts.Commit, "commit", "", "full hash, tag or branch `REV` (default the remote's HEAD)")
	flags.StringVar(&need, "for", "", "bring only what checking `SERIES` reads")
	flags.StringVar(&opts.Archive, "archive", "", "source archive `FILE` (.tar, .tar.gz, .tar.xz, .tar.zst) to import as a commit")
	flags.StringVar(&opts.SHA256, "sha256", "", "`HASH` that the archive must have, or a file of them such as kernel.org's sha256sums.asc")
	flags.StringVar(&opts.Signature, "sig", "", "PGP signature `FILE` of the archive, or, as kernel.org's, of what it decompresses to")
	flags.StringVar(&opts.Keyring, "keyring", "", "`FILE` of the PGP keys to trust, as gpg --export writes it")
	flags.StringVar(&opts.Reference, "reference", "", "local repository `DIR` to borrow objects from")
	required(cmd, "tree")
	directories(cmd, "tree", "reference")
	return cmd
}

// fetchTree is [fetch.Fetch] with a local remote as the user sees it: git would take a relative path
// as one from the new tree.
func fetchTree(ctx context.Context, opts *fetch.Options) (*fetch.Fetched, error) {
	if _, err := os.Stat(opts.Remote); err == nil {
		if opts.Remote, err = filepath.Abs(opts.Remote); err != nil {
			return nil, err
		}
	}
	return fetch.Fetch(ctx, opts)
}

// tellOf returns what prints a note while a fetch goes on, on a line of its own.
func (a *app) tellOf(clear func()) func(string) {
	return func(note string) {
		clear()
		a.noteln("%s", note)
	}
}

// required marks a flag without which the verb has nothing to do.
func required(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the flag is not defined: a mistake in this package
		}
	}
}

// unheard returns an error for the first of flags that is given where it says nothing.
func unheard(cmd *cobra.Command, where string, flags ...string) error {
	for _, flag := range flags {
		if cmd.Flags().Changed(flag) {
			return hint.Wrap(fmt.Errorf("--%s says nothing %s", flag, where), "leave it out")
		}
	}
	return nil
}

// directories lets the shell complete folders as the values of flags.
func directories(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagDirname(flag); err != nil {
			panic(err) // the flag is not defined: a mistake in this package
		}
	}
}
