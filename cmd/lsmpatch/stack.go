// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/fetch"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/stack"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// stackFlags are those of every verb of a stack.
type stackFlags struct {
	dir, tree, archive string
	// needs is a revision that the tree must have, "" for the base.
	needs string
}

func (a *app) stackCommand() *cobra.Command {
	var f stackFlags
	cmd := &cobra.Command{
		Use:   "stack init | add | apply | status | update | rebase | check | conflicts | export …",
		Short: "Keep a stack of series on a tree",
		Long: `A stack is a folder with a manifest, stack.toml: a kernel tree at a commit, and series in their order,
each from wherever lsmpatch reads series. stack.lock holds what the manifest came to, so that the same two
files make the same commits on every machine, and mails/ the patches themselves. All are text, to be kept in git.

apply makes the commits, one ref update, all or nothing. rebase takes the stack to a newer kernel: each patch as it is,
moved, merged, left out as upstream (with the commit that has it), or in conflict; what is resolved by hand is kept below
resolved/ and used again. docs/stack.md has the manifest's keys and one stack from init to rebase.`,
		Example: `  lsmpatch stack init --tree linux --commit v7.2 --entry debian/patches/series
  lsmpatch stack add 20260311-lsm@example.org
  lsmpatch stack apply
  lsmpatch stack rebase --onto v7.3`,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.dir, "stack", ".", "the stack's folder `DIR`")
	flags.StringVar(&f.tree, "tree", "", "the repository `DIR` with the tree (default as the manifest says)")
	flags.StringVar(&f.archive, "archive-url", "", "public-inbox server `URL` for Message-IDs (default lore.kernel.org/all)")
	cmd.AddCommand(a.stackInit(&f), a.stackAdd(&f), a.stackRemove(&f), a.stackMove(&f), a.stackApply(&f), a.stackStatus(&f),
		a.stackUpdate(&f), a.stackRebase(&f), a.stackCheck(&f), a.stackConflicts(&f), a.stackExport(&f), a.stackExplain(&f))
	return cmd
}

// openStack opens the stack and, where withTree is set, its tree. The returned function closes both.
func (a *app) openStack(ctx context.Context, f *stackFlags, withTree bool) (*stack.Stack, *tree.Tree, func(), error) {
	s, err := stack.Open(f.dir)
	if err != nil {
		return nil, nil, nil, err
	}
	progress, done := a.progress()
	s.Progress = progress
	closeAll := func() { done(); s.Close() }
	var t *tree.Tree
	if withTree {
		if t, err = a.stackTree(ctx, f, s); err != nil {
			closeAll()
			return nil, nil, nil, err
		}
		closeAll = func() { done(); t.Close(); s.Close() }
	}
	s.Read = a.stackReader(f, t, progress)
	s.All = func(ctx context.Context, names []string) iter.Seq2[*patchset.Set, error] {
		return series.All(ctx, names, a.readOptions(ctx, &source{archive: f.archive}, t, progress))
	}
	return s, t, closeAll, nil
}

// stackReader returns how the sources of a stack are read.
func (a *app) stackReader(f *stackFlags, t *tree.Tree, progress io.Writer) func(context.Context, []string) ([]*patchset.Set, error) {
	return func(ctx context.Context, names []string) ([]*patchset.Set, error) {
		opts := a.readOptions(ctx, &source{archive: f.archive}, t, progress)
		return series.Open(ctx, names, opts)
	}
}

// stackTree opens the tree of a stack. Where it lacks the base, which is the lock's where there is one, and the manifest names a
// remote, the base is fetched; a repository that is there keeps its HEAD and its files.
func (a *app) stackTree(ctx context.Context, f *stackFlags, s *stack.Stack) (*tree.Tree, error) {
	dir, err := s.TreeDir(f.tree)
	if err != nil {
		return nil, err
	}
	from := s.Manifest.Tree
	opts := &fetch.Options{Dir: dir, Remote: from.Remote, Commit: cmp.Or(s.LockedBase(), from.Commit), Archive: from.Archive, SHA256: from.SHA256,
		Signature: from.Signature, Keyring: from.Keyring}
	t, err := openTree(dir)
	if err == nil {
		if _, missing := t.Resolve(cmp.Or(f.needs, opts.Commit, "HEAD")); !errors.Is(missing, git.ErrNoRevision) || from.Remote == "" {
			return t, nil
		}
		t.Close()
		opts.ObjectsOnly = true
	} else if from.Remote == "" && from.Archive == "" {
		return nil, err
	}
	for _, name := range []*string{&opts.Archive, &opts.Signature, &opts.Keyring} {
		*name = s.Path(*name)
	}
	progress, done := a.progress()
	defer done()
	opts.Progress = progress
	fetched, err := fetchTree(ctx, opts)
	if err != nil {
		return nil, s.FetchError(err)
	}
	s.Fetched = string(fetched.Commit)
	return openTree(dir)
}

func (a *app) stackInit(f *stackFlags) *cobra.Command {
	var (
		from    stack.Tree
		branch  string
		entries []string
	)
	cmd := &cobra.Command{
		Use: "init --tree DIR --commit REV [--entry SERIES]...", Short: "Make a stack", Args: cobra.NoArgs,
		Long: `init writes stack.toml, with an entry for each --entry: a branch as A..B, a quilt series file or debian/patches/series,
an mbox, a Message-ID, builtin:NAME.`,
		Example: `  lsmpatch stack init --tree linux --commit v7.2 --entry v7.2..my-branch
  lsmpatch stack init --stack product --tree linux --commit v7.2 --entry debian/patches/series --branch product`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if from.Dir = f.tree; f.tree != "" {
				if from.Dir, err = fromStack(f.dir, f.tree); err != nil {
					return err
				}
			}
			if from.Commit == "HEAD" {
				if from.Commit, err = headHash(f.tree); err != nil {
					return err
				}
			}
			s, err := stack.Init(f.dir, from, branch, nil)
			if err != nil {
				return err
			}
			defer s.Close()
			t, err := a.stackTree(cmd.Context(), f, s)
			if err != nil {
				return err
			}
			defer t.Close()
			progress, done := a.progress()
			defer done()
			s.Read = a.stackReader(f, t, progress)
			for _, name := range entries {
				names, err := seriesFromStack(f.dir, []string{name})
				if err != nil {
					return err
				}
				if err := a.addEntry(cmd.Context(), s, &stack.Entry{Series: names}, ""); err != nil {
					return err
				}
			}
			done()
			return a.showStack(s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from.Commit, "commit", "", "the base `REV`: a full hash, a tag or a branch")
	flags.StringVar(&from.Remote, "remote", "", "`URL` that the base is fetched from")
	flags.StringVar(&from.Archive, "archive", "", "archive `FILE` or URL that the base is in, in place of --commit")
	flags.StringVar(&from.SHA256, "sha256", "", "what the archive hashes to, as `HEX` or a file of sums")
	flags.StringVar(&from.Keyring, "keyring", "", "`FILE` of the keys that may sign")
	flags.StringVar(&from.Signature, "signature", "", "detached `SIGNATURE` of the archive")
	flags.StringVar(&branch, "branch", "", "branch `NAME` that gets the commits (default stack)")
	flags.StringArrayVar(&entries, "entry", nil, "`SERIES` of an entry; may be repeated")
	cmd.MarkFlagsOneRequired("commit", "archive")
	return cmd
}

// fromStack returns a path of ours as it is written in the stack's folder.
func fromStack(dir, name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

// seriesFromStack is fromStack for the names of a series: those that are files or folders.
func seriesFromStack(dir string, names []string) (stack.Names, error) {
	var out stack.Names
	var failed error
	for _, name := range names {
		out = append(out, series.Repath(name, func(path string) string {
			if _, err := os.Stat(path); err != nil {
				return path
			}
			to, err := fromStack(dir, path)
			failed = cmp.Or(failed, err)
			return to
		}))
	}
	return out, failed
}

// headHash returns the commit that is checked out: a manifest that names HEAD would mean another tomorrow.
func headHash(dir string) (string, error) {
	t, err := openTree(dir)
	if err != nil {
		return "", err
	}
	defer t.Close()
	head, err := t.Resolve("")
	return string(head), err
}

// addEntry reads the series of e, gives the entry a name where it has none, and adds it.
func (a *app) addEntry(ctx context.Context, s *stack.Stack, e *stack.Entry, before string) error {
	if e.Name == "" {
		sets, err := s.Read(ctx, s.Sources(e))
		if err != nil {
			return err
		}
		e.Name = s.NameFor(sets[0])
	}
	_, err := s.Add(ctx, e, before)
	return err
}

// showStack prints the manifest's entries in order.
func (a *app) showStack(s *stack.Stack) error {
	type line struct {
		Name   string   `json:"name"`
		Series []string `json:"series"`
		Why    string   `json:"why,omitempty"`
	}
	list := []line{}
	for _, e := range s.Manifest.Entries {
		list = append(list, line{e.Name, e.Series, e.Why})
	}
	return a.emit(map[string]any{"entries": list}, func(w io.Writer, _ *report.TextOptions) error {
		for i, e := range list {
			writeLine(w, "%2d  %-24s %s", i+1, e.Name, strings.Join(e.Series, " "))
		}
		return nil
	})
}

func (a *app) stackAdd(f *stackFlags) *cobra.Command {
	var (
		e      stack.Entry
		before string
	)
	cmd := &cobra.Command{
		Use: "add SERIES...", Short: "Add a series", Args: cobra.MinimumNArgs(1),
		Long:    "add puts a series into the manifest, at the end or before another entry. Several files are one series.",
		Example: "  lsmpatch stack add 20260311-lsm@example.org --name rust-lsm --why 'until it is merged'\n  lsmpatch stack add fix.patch --before rust-lsm",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			if e.Series, err = seriesFromStack(f.dir, args); err != nil {
				return err
			}
			if err := a.addEntry(cmd.Context(), s, &e, before); err != nil {
				return err
			}
			return a.showStack(s)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&e.Name, "name", "", "`NAME` of the entry (default made of the title)")
	flags.StringVar(&before, "before", "", "put it before the entry `NAME`")
	flags.StringVarP(&e.Pick, "patches", "P", "", "take only the patches `LIST`: 1-3,5, or a pattern that fits their titles")
	flags.StringVar(&e.Exclude, "exclude", "", "leave out the patches `LIST`")
	flags.BoolVarP(&e.ThreeWay, "3way", "3", false, "merge where a patch does not fit")
	flags.IntVar(&e.Fuzz, "fuzz", 0, "let `N` lines of context at each end of a hunk differ, as quilt does with 2")
	flags.StringArrayVar(&e.Trailers, "trailer", nil, "add the `TRAILER` \"Key: value\" to each message; may be repeated")
	flags.BoolVar(&e.Replies, "replies", false, "add the trailers that reviewers gave")
	flags.BoolVar(&e.Link, "link", false, "add a Link: to each mail")
	flags.StringVar(&e.Author, "author", "", "`\"NAME <ADDRESS>\"` of patches that name no author")
	flags.StringVar(&e.Why, "why", "", "`WORDS` on why it is carried")
	flags.StringVar(&e.Owner, "owner", "", "`WHO` looks after it")
	a.completeEntries(cmd, f, "before")
	return cmd
}

func (a *app) stackRemove(f *stackFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use: "remove ENTRY...", Short: "Take entries out", Args: cobra.MinimumNArgs(1), Example: "  lsmpatch stack remove rust-lsm",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, done, err := a.openStack(cmd.Context(), f, false)
			if err != nil {
				return err
			}
			defer done()
			for _, name := range args {
				if err := s.Remove(name); err != nil {
					return err
				}
			}
			return a.showStack(s)
		},
	}
	a.entriesAsArguments(cmd, f)
	return cmd
}

func (a *app) stackMove(f *stackFlags) *cobra.Command {
	var before string
	cmd := &cobra.Command{
		Use: "move ENTRY [--before ENTRY]", Short: "Change the order", Args: cobra.ExactArgs(1),
		Example: "  lsmpatch stack move rust-lsm --before fix\n  lsmpatch stack move rust-lsm",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, done, err := a.openStack(cmd.Context(), f, false)
			if err != nil {
				return err
			}
			defer done()
			if err := s.Move(args[0], before); err != nil {
				return err
			}
			return a.showStack(s)
		},
	}
	cmd.Flags().StringVar(&before, "before", "", "put it before the entry `NAME` (default at the end)")
	a.entriesAsArguments(cmd, f)
	a.completeEntries(cmd, f, "before")
	return cmd
}

// entryNames returns the names of a stack's entries, for completion.
func entryNames(f *stackFlags) []string {
	m, err := stack.ReadManifest(f.dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range m.Entries {
		names = append(names, e.Name)
	}
	return names
}

func (a *app) completeEntries(cmd *cobra.Command, f *stackFlags, flag string) {
	completed(cmd, flag, func() []string { return entryNames(f) })
}

func (a *app) entriesAsArguments(cmd *cobra.Command, f *stackFlags) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		names := slices.DeleteFunc(entryNames(f), func(name string) bool { return slices.Contains(args, name) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// writeOutcome prints the conflicts, what became of each patch, but for those that are as they were unless every is set, and
// how to go on, or last.
func (a *app) writeOutcome(w io.Writer, o *stack.Outcome, text *report.TextOptions, every bool, last string) error {
	for _, p := range o.Patches {
		if len(p.Conflicts) > 0 {
			if err := report.WriteFindings(w, a.conflictFindings(p.Conflicts), text); err != nil {
				return err
			}
		}
	}
	counts := map[string]int{}
	for _, p := range o.Patches {
		counts[p.Became]++
		if p.Became == stack.AsIs && !every {
			continue
		}
		writeLine(w, "%-9s %s %d  %s%s", p.Became, p.Entry, p.Index, p.Title, outcomeDetail(&p))
	}
	var parts []string
	for _, became := range []string{stack.AsIs, stack.Moved, stack.Merged, stack.Resolved, stack.Upstream, stack.Skipped, stack.Conflict, stack.Untried} {
		if n := counts[became]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, became))
		}
	}
	writeLine(w, "%s on %s (%.12s): %s", report.Plural(len(o.Patches), "patch"), o.Rev, o.Base, strings.Join(parts, ", "))
	if o.Note != "" {
		writeLine(w, "%s", o.Note)
	}
	if last = cmp.Or(o.Next, last); last != "" {
		writeLine(w, "%s", last)
	}
	return nil
}

// outcomeDetail says how far a patch moved, or which commit has it.
func outcomeDetail(p *stack.PatchOutcome) string {
	switch {
	case p.Became == stack.Upstream:
		return fmt.Sprintf("  (%.12s, by %s)", p.Commit, p.How)
	case p.Offset != 0 && p.Fuzz != 0:
		return fmt.Sprintf("  (by up to %s, fuzz %d)", report.Plural(p.Offset, "line"), p.Fuzz)
	case p.Offset != 0:
		return fmt.Sprintf("  (by up to %s)", report.Plural(p.Offset, "line"))
	case p.Fuzz != 0:
		return fmt.Sprintf("  (fuzz %d)", p.Fuzz)
	}
	return ""
}

// showOutcome prints an outcome; a stack that is not complete is at fault.
func (a *app) showOutcome(o *stack.Outcome, every bool, last string) error {
	err := a.emit(o, func(w io.Writer, text *report.TextOptions) error { return a.writeOutcome(w, o, text, every, last) })
	if err == nil && !o.Complete() {
		return errFault
	}
	return err
}

func (a *app) stackApply(f *stackFlags) *cobra.Command {
	var (
		opts  stack.ApplyOptions
		every bool
	)
	cmd := &cobra.Command{
		Use: "apply", Short: "Make the commits of the stack", Args: cobra.NoArgs,
		Long: `apply puts all entries on the base, each as git am does, and points the branch at the last commit: one ref update, or
nothing changes. Index and worktree are left alone. Entries that are not locked yet are read from their sources; with --locked
that is an error, as a build server wants it.`,
		Example: "  lsmpatch stack apply\n  lsmpatch stack apply --tree linux --branch test --check",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			o, err := s.Apply(cmd.Context(), t, &opts)
			if err != nil {
				return err
			}
			last := fmt.Sprintf("%s is now %.12s", o.Branch, o.Head)
			if opts.Check {
				last = "applies"
			}
			return a.showOutcome(o, every, last)
		},
	}
	addLanding(cmd, &opts)
	cmd.Flags().BoolVar(&opts.Locked, "locked", false, "refuse where the lock lacks something of the manifest")
	cmd.Flags().BoolVarP(&every, "all", "a", false, "list every patch")
	return cmd
}

// addLanding gives cmd the flags that say where a stack lands.
func addLanding(cmd *cobra.Command, opts *stack.ApplyOptions) {
	flags := cmd.Flags()
	flags.StringVar(&opts.Branch, "branch", "", "branch `NAME` that gets the commits (default as the manifest says)")
	flags.BoolVar(&opts.Force, "force", false, "move the branch although it has commits of others")
	flags.BoolVar(&opts.Check, "check", false, "only say what would happen")
}
