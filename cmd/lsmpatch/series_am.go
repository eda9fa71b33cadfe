// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	process "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/compare"
)

func (a *app) seriesAmCommand() *cobra.Command {
	var (
		dir  string
		opts series.AmOptions
		// signOff asks for the name that git commits by.
		signOff bool
	)
	cmd := &cobra.Command{
		Use:   "am -o DIR [SERIES...]",
		Short: "Write a series as an mbox for git am, with the trailers of its replies",
		Long: `am writes the patches in order into one mbox, each with the Reviewed-by, Acked-by, Tested-by and
other trailers that replies gave it. A trailer that does not name the sender of the reply is left
out, and said so; so is what a reviewer asks for: Fixes, Closes, Link. A patch that a later version
left as it was keeps the trailers that it was given before.`,
		Example: "  lsmpatch series am -o . thread.mbox && git am ./v2_*.mbx",
	}
	src := addSource(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		made, err := makeFolder(dir)
		if err != nil {
			return err
		}
		defer func() {
			if err != nil && made != "" {
				os.Remove(made) // it stays where something is in it
			}
		}()
		needs := rights.Needs{Folders: []string{dir}}
		if made != "" {
			needs.Emptied = []string{filepath.Dir(made)}
		}
		if err := a.confine(nil, args, needs); err != nil {
			return err
		}
		set, _, err := a.loadPatches(cmd.Context(), src, args, nil)
		if err != nil {
			return err
		}
		if n := twice(set); n > 0 {
			a.warnln("patch %d/%d is there more than once, and nothing was written; series check says in which mails", n, set.Total)
			return errFault
		}
		if signOff {
			who, err := process.Output(cmd.Context(), process.Cmd{Args: []string{"git", "var", "GIT_COMMITTER_IDENT"}})
			if err != nil {
				return hint.Wrap(err, "git config user.name and user.email say who signs off")
			}
			opts.SignOff = string(who[:bytes.LastIndexByte(who, '>')+1])
		}
		file := filepath.Join(dir, series.AmName(set))
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		patches, err := series.Am(f, set, &opts)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", file, err)
		}
		result := struct {
			File    string           `json:"file"`
			Patches []series.AmPatch `json:"patches"`
		}{file, patches}
		return a.emit(result, func(w io.Writer, _ *report.TextOptions) error {
			for _, p := range patches {
				writeAmPatch(w, p)
			}
			writeLine(w, "%s", file)
			return nil
		})
	}
	flags := cmd.Flags()
	flags.StringVarP(&dir, "output", "o", "", "`DIR` to write to (required)")
	flags.BoolVar(&opts.AllTrailers, "all-trailers", false, "take the trailers as well that name somebody else than the sender of the reply")
	flags.BoolVar(&opts.NoTrailers, "no-trailers", false, "leave the patches as they were posted")
	flags.BoolVar(&opts.Offered, "offered", false, "take what reviewers ask for as well: Fixes, Closes, Link, Cc to the stable list")
	flags.BoolVarP(&opts.Link, "add-link", "l", false, "add a Link: to each mail")
	flags.BoolVarP(&opts.MessageID, "add-message-id", "i", false, "add a Message-ID: to each message")
	flags.BoolVarP(&signOff, "add-my-sob", "s", false, "sign each patch off")
	required(cmd, "output")
	directories(cmd, "output")
	return cmd
}

// makeFolder makes a folder for what a verb writes, where it is not there, and returns it then.
func makeFolder(dir string) (made string, err error) {
	if _, err := os.Stat(dir); err == nil {
		return "", nil
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o777)
}

func writeAmPatch(w io.Writer, p series.AmPatch) {
	writeLine(w, "%d  %s", p.Index, p.Title)
	for _, t := range p.Added {
		given := ""
		if t.FromVersion > 0 {
			given = fmt.Sprintf(" (given to v%d, of which the patch is the same)", t.FromVersion)
		}
		writeLine(w, "   + %s: %s%s", t.Key, t.Value, given)
	}
	for _, t := range p.Skipped {
		if t.Offered {
			writeLine(w, "   ? %s: %s (%s asks for it; --offered takes it)", t.Key, t.Value, t.From.Name)
			continue
		}
		writeLine(w, "   - %s: %s (not who sent the reply)", t.Key, t.Value)
	}
}

func (a *app) seriesDiffCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Tell what changed from one version of a series to another",
		Long: `diff pairs the patches of two versions by what they change, as git range-diff does, and says of
each whether it is unchanged, has another message or other code, is new, was dropped or moved; and
it shows the trailers gained and lost, and the interdiff. With one argument that holds several
versions, it compares the newest two.`,
		Example: "  lsmpatch series diff v1.mbox v2.mbox\n  lsmpatch series diff thread.mbox",
		Args:    cobra.RangeArgs(1, 2),
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
		older, newer, err := a.loadPair(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		comparison := compare.Compare(older, newer)
		return a.emit(comparison, func(w io.Writer, _ *report.TextOptions) error { return comparison.WriteText(w) })
	}
	cmd.Flags().StringVar(&dir, "tree", "", "tree `DIR` that has the commits of a range A..B (default the current folder)")
	directories(cmd, "tree")
	return cmd
}

// twice returns the number of a patch that is there more than once, or 0.
func twice(set *patchset.Set) int {
	for i, p := range set.Patches {
		if i > 0 && set.Patches[i-1].Index == p.Index {
			return p.Index
		}
	}
	return 0
}
