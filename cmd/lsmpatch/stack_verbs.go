// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/stack"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

func (a *app) stackStatus(f *stackFlags) *cobra.Command {
	var opts stack.StatusOptions
	cmd := &cobra.Command{
		Use: "status", Short: "Tell how each entry stands", Args: cobra.NoArgs,
		Long: `status lists the entries: version, what became of their patches on the base, and with --sources whether there is a newer
version, an objection, or a patch that fixes them where they come from, with --against REV which patches that revision has
already, each with its commit, and which of its commits say that they fix one.`,
		Example: "  lsmpatch stack status\n  lsmpatch stack status --sources --against origin/master",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			st, err := s.Status(cmd.Context(), t, &opts)
			if err != nil {
				return err
			}
			return a.emit(st, func(w io.Writer, _ *report.TextOptions) error { writeStatus(w, st); return nil })
		},
	}
	cmd.Flags().BoolVar(&opts.Sources, "sources", false, "read the sources: newer versions, replies, objections")
	cmd.Flags().StringVar(&opts.Against, "against", "", "look which patches `REV` has already")
	return cmd
}

func writeStatus(w io.Writer, st *stack.Status) {
	where := "not applied"
	if st.Applied {
		where = "applied"
	}
	writeLine(w, "%s (%.12s), branch %s: %s", st.Rev, st.Base, st.Branch, where)
	for _, e := range st.Entries {
		var parts []string
		for _, became := range []string{stack.AsIs, stack.Moved, stack.Merged, stack.Resolved, stack.Upstream, stack.Skipped, stack.Conflict} {
			if n := e.Counts[became]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, became))
			}
		}
		if e.Unlocked {
			parts = append(parts, "not locked as the manifest has it")
		}
		if e.Newer > 0 {
			parts = append(parts, fmt.Sprintf("v%d is out", e.Newer))
		}
		if e.Changed {
			parts = append(parts, "its source has changed")
		}
		if e.Unread != "" {
			parts = append(parts, "its source could not be read: "+e.Unread)
		}
		writeLine(w, "%-24s v%d  %-10s %s", e.Entry, max(1, e.Version), report.Plural(e.Patches, "patch"), strings.Join(parts, ", "))
		for _, line := range e.Objections {
			writeLine(w, "    ! %s", line)
		}
		for _, x := range e.Fixes {
			writeLine(w, "    fixed: %d by %s  (%s, %s)", x.Index, x.Title, cmp.Or(x.MessageID, fmt.Sprintf("%.12s", x.Commit)), x.Author)
		}
		for _, p := range e.Upstream {
			writeLine(w, "    upstream: %d %s  (%.12s, by %s)", p.Index, p.Title, p.Commit, p.How)
		}
	}
	if r := st.Resolving; r != nil {
		writeLine(w, "being resolved for %s: %s %d, %s, in %s", r.Rev, r.Entry, r.Index, r.Title, r.Worktree)
	}
}

func (a *app) stackUpdate(f *stackFlags) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "update [ENTRY...]", Short: "Take newer versions", Long: `update reads the sources of the entries again, shows what changed as series diff does, and locks what it found, which stack
apply then puts onto the branch. The whole stack must still apply: else nothing changes.`,
		Example: "  lsmpatch stack update\n  lsmpatch stack update rust-lsm --check",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			updates, o, err := s.Update(cmd.Context(), t, args, check)
			if err != nil {
				return err
			}
			result := struct {
				Updates []stack.EntryUpdate `json:"updates"`
				Outcome *stack.Outcome      `json:"outcome"`
			}{updates, o}
			err = a.emit(result, func(w io.Writer, text *report.TextOptions) error {
				for _, u := range updates {
					writeLine(w, "%s", u.Describe())
					if u.Diff != nil {
						if err := u.Diff.WriteText(w); err != nil {
							return err
						}
					}
				}
				last := ""
				if !check && slices.ContainsFunc(updates, func(u stack.EntryUpdate) bool { return u.Changed }) {
					last = "locked; `lsmpatch stack apply` puts it onto the branch"
				}
				return a.writeOutcome(w, o, text, false, last)
			})
			if err == nil && !o.Complete() {
				return errFault
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only say what would happen")
	a.entriesAsArguments(cmd, f)
	return cmd
}

func (a *app) stackRebase(f *stackFlags) *cobra.Command {
	var (
		opts                      stack.ApplyOptions
		onto                      string
		resolve, resume, abort, v bool
	)
	cmd := &cobra.Command{
		Use: "rebase --onto REV", Short: "Take the stack to another base", Args: cobra.NoArgs,
		Long: `rebase tries each patch on REV: as it is, moved, merged as git am -3 does, as it was resolved before, or left out where REV has
it, with the commit that does. Where one does not fit nothing changes. With --resolve it is left in git am's own state in a
worktree below the stack's folder; after git am --continue there (or --skip), lsmpatch stack rebase --continue remembers what
was done below resolved/ and goes on.`,
		Example: `  lsmpatch stack rebase --onto v7.3 --check
  lsmpatch stack rebase --onto v7.3 --resolve
  lsmpatch stack rebase --continue`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.needs = "HEAD" // the base that the stack leaves may be gone
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			switch {
			case abort:
				return s.Abort(cmd.Context(), t)
			case resume:
				n, err := s.Continue(cmd.Context(), t)
				if err != nil {
					return err
				}
				onto, resolve = n.Rev, true
			}
			o, err := s.Rebase(cmd.Context(), t, onto, &opts)
			if err != nil {
				return err
			}
			if !o.Complete() && resolve {
				note, err := s.Resolve(cmd.Context(), t, onto, a.stderr)
				if err != nil {
					return err
				}
				o.Next = fmt.Sprintf("%s %d waits in %s: mend it, git am --continue there (or --skip), then lsmpatch stack rebase --continue", note.Entry, note.Index, note.Worktree)
			}
			last := fmt.Sprintf("%s is now %.12s", o.Branch, o.Head)
			if opts.Check {
				last = ""
			}
			return a.showOutcome(o, v, last)
		},
	}
	addLanding(cmd, &opts)
	flags := cmd.Flags()
	flags.StringVar(&onto, "onto", "", "the new base `REV`")
	flags.BoolVar(&resolve, "resolve", false, "stop at the first patch that does not fit, as git am --3way does")
	flags.BoolVar(&resume, "continue", false, "take what was resolved, and go on")
	flags.BoolVar(&abort, "abort", false, "end the resolution; the stack is as it was")
	flags.BoolVarP(&v, "all", "a", false, "list every patch")
	cmd.MarkFlagsOneRequired("onto", "continue", "abort")
	cmd.MarkFlagsMutuallyExclusive("onto", "continue", "abort")
	return cmd
}

func (a *app) stackConflicts(f *stackFlags) *cobra.Command {
	var base string
	cmd := &cobra.Command{
		Use: "conflicts [SERIES...]", Short: "Tell which series are in each other's way",
		Long: `conflicts holds all pairs of entries against each other on the base, or all series that a mailbox or an archive holds: which
hunks of whom, and which order works.`,
		Example: "  lsmpatch stack conflicts\n  lsmpatch stack conflicts --tree linux --base v7.3 pending.mbox",
		RunE: func(cmd *cobra.Command, args []string) error {
			hold := func(t *tree.Tree, members []stack.Member) error {
				snapshot, err := t.Snapshot(base)
				if err != nil {
					return err
				}
				cross, err := stack.Conflicts(cmd.Context(), snapshot, members)
				if err != nil {
					return err
				}
				return a.showCross(cross)
			}
			if len(args) > 0 {
				t, err := openTree(f.tree)
				if err != nil {
					return err
				}
				defer t.Close()
				members, err := a.pending(cmd.Context(), f, args, t)
				if err != nil {
					return err
				}
				return hold(t, members)
			}
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			members, err := s.Members(cmd.Context())
			if err != nil {
				return err
			}
			if base == "" {
				base = s.Lock.Base
			}
			return hold(t, members)
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "revision `REV` that all are held against (default the stack's base, or HEAD)")
	return cmd
}

// pending returns the newest version of each series that names stand for.
func (a *app) pending(ctx context.Context, f *stackFlags, names []string, t *tree.Tree) ([]stack.Member, error) {
	progress, done := a.progress()
	defer done()
	var members []stack.Member
	family := -1
	for set, err := range series.All(ctx, names, a.readOptions(ctx, &source{archive: f.archive, threads: true}, t, progress)) {
		if err != nil {
			return nil, err
		}
		if len(set.Patches) == 0 || set.Family == family { // versions of a series stand together, the newest first
			continue
		}
		family = set.Family
		name := set.Patches[0].Title
		if set.Cover != nil {
			name = set.Cover.Subject
		}
		members = append(members, stack.Member{Name: name, Set: set})
	}
	return members, nil
}

func (a *app) showCross(c *stack.Cross) error {
	return a.emit(c, func(w io.Writer, text *report.TextOptions) error {
		for _, u := range c.Unfit {
			writeLine(w, "%s does not apply by itself: %s", u.Name, u.Conflicts[0].Message)
		}
		for _, p := range c.Pairs {
			order := p.Order
			switch order {
			case "a, b":
				order = "only " + p.A + " first works"
			case "b, a":
				order = "only " + p.B + " first works"
			case "none":
				order = "neither order works"
			}
			writeLine(w, "%s and %s: %s", p.A, p.B, order)
			for _, conflict := range p.Conflicts {
				writeLine(w, "    patch %d: %s", conflict.Patch, conflict.Message)
			}
		}
		writeLine(w, "%d series, %s with a file in common, %s in each other's way", c.Members, report.Plural(c.Compared, "pair"), report.Plural(len(c.Pairs), "pair"))
		return nil
	})
}

func (a *app) stackExport(f *stackFlags) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "export mbox FILE | quilt DIR | debian DIR | branch NAME", Short: "Write the stack for others", Args: cobra.ExactArgs(2),
		Long: `export writes the applied stack as one mailbox for git am, as quilt's folder of patches with its list, as debian/patches
(the same, below DIR/debian/patches), or as a branch with one merge an entry, as linux-next has it.`,
		Example:   "  lsmpatch stack export mbox stack.mbox\n  lsmpatch stack export branch linux-next-like",
		ValidArgs: []string{"mbox", "quilt", "debian", "branch"},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			result := map[string]any{"form": args[0], "to": args[1]}
			switch args[0] {
			case "mbox":
				data, err := s.ExportMbox(cmd.Context(), t)
				if err != nil {
					return err
				}
				out, err := os.OpenFile(args[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
				if err != nil {
					return err
				}
				_, err = out.Write(data)
				if closeErr := out.Close(); err == nil {
					err = closeErr
				}
				if err != nil {
					return err
				}
			case "quilt", "debian":
				to := args[1]
				if args[0] == "debian" {
					to += "/debian/patches"
				}
				if result["files"], err = s.ExportQuilt(cmd.Context(), t, to); err != nil {
					return err
				}
			case "branch":
				if result["head"], err = s.ExportBranch(cmd.Context(), t, args[1], force); err != nil {
					return err
				}
			default:
				return fmt.Errorf("no form of a stack is called %q: mbox, quilt, debian or branch", args[0])
			}
			return a.emit(result, func(w io.Writer, _ *report.TextOptions) error { writeLine(w, "%s", args[1]); return nil })
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "move a branch that is there")
	return cmd
}

func (a *app) stackExplain(f *stackFlags) *cobra.Command {
	return &cobra.Command{
		Use: "explain PATCH", Short: "Tell the whole history of a patch in the stack", Args: cobra.ExactArgs(1),
		Long:    "PATCH is ENTRY, ENTRY/N, a commit, a patch ID, a Message-ID, or a part of a title.",
		Example: "  lsmpatch stack explain rust-lsm/3",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, _, done, err := a.openStack(cmd.Context(), f, false)
			if err != nil {
				return err
			}
			defer done()
			found, err := s.Explain(args[0])
			if err != nil {
				return err
			}
			return a.emit(map[string]any{"patches": found}, func(w io.Writer, _ *report.TextOptions) error {
				for _, h := range found {
					writeHistory(w, &h)
				}
				return nil
			})
		},
	}
}

func writeHistory(w io.Writer, h *stack.History) {
	writeLine(w, "%s %d/%d  %s", h.Entry, h.Index, h.Of, h.Title)
	writeLine(w, "    from %s, v%d", strings.Join(h.Series, " "), h.Version)
	for _, line := range []struct{ what, value string }{
		{"message", h.MessageID}, {"patch ID", h.PatchID}, {"why", h.Why}, {"owner", h.Owner}, {"commit", h.Commit}, {"applied as", h.Resolved},
	} {
		if line.value != "" {
			writeLine(w, "    %s: %s", line.what, line.value)
		}
	}
	switch {
	case h.How == stack.ByHand:
		writeLine(w, "    %s", h.How)
	case h.Upstream != "":
		writeLine(w, "    upstream: %s, by %s", h.Upstream, h.How)
	}
	for _, past := range h.History {
		writeLine(w, "    on %s (%.12s): %s %.12s", past.Rev, past.Base, past.Became, past.Commit)
	}
}

func (a *app) stackCheck(f *stackFlags) *cobra.Command {
	var (
		opts  premerge.Options
		build buildFlags
		qemu  bootFlags
	)
	cmd := &cobra.Command{
		Use: "check [ENTRY...]", Short: "Do the checks of premerge for the stack",
		Long: `check runs premerge for each entry on top of those before it, and then for the stack as a whole. With --build what did not
change is not built again. The lines of config of an entry are merged into the configuration of its builds, and with --boot its
tests are run; those of all entries for the whole.`,
		Example: "  lsmpatch stack check\n  lsmpatch stack check rust-lsm --build --boot",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, t, done, err := a.openStack(cmd.Context(), f, true)
			if err != nil {
				return err
			}
			defer done()
			steps, err := s.CheckSteps(cmd.Context(), t, args)
			if err != nil {
				return err
			}
			if opts.Config, err = a.config(); err != nil {
				return err
			}
			kernel, closeLog, err := build.options(cmd.Context(), s.Progress)
			if err != nil {
				return err
			}
			defer closeLog()
			guest, err := qemu.options()
			if err != nil {
				return err
			}
			guest.NoSandbox = kernel.NoSandbox
			opts.Tool, opts.Progress = "lsmpatch "+version(), s.Progress
			opts.Kbuild, opts.Work, opts.QEMU = *kernel, kernel.Out, *guest
			reports := []*report.Report{}
			worst := report.Passed
			for _, step := range steps {
				one := opts
				one.Name, one.Base = step.Name, step.Base
				one.Check.AsSubmission = true // the manifest names it
				if len(step.Config) > 0 {
					one.Kbuild.Extra = []kbuild.Fragment{{Name: stack.ManifestName, Text: strings.Join(step.Config, "\n") + "\n"}}
				}
				if len(step.Tests) > 0 {
					one.Tests = step.Tests
				}
				r, err := premerge.Run(cmd.Context(), t, step.Set, &one)
				if err != nil {
					return fmt.Errorf("%s: %w", step.Name, err)
				}
				reports = append(reports, r)
				switch v := r.Verdict(); {
				case v == report.Broken, v == report.Failed && worst != report.Broken:
					worst = v
				}
			}
			done()
			err = a.emit(map[string]any{"reports": reports}, func(w io.Writer, text *report.TextOptions) error {
				for _, r := range reports {
					if err := report.WriteText(w, r, text); err != nil {
						return err
					}
					writeLine(w, "")
				}
				return nil
			})
			if err != nil {
				return err
			}
			return verdictError(worst)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&opts.Build, "build", false, "build a kernel for each")
	flags.BoolVar(&opts.Boot, "boot", false, "boot it (includes --build)")
	build.add(cmd)
	qemu.add(cmd)
	a.entriesAsArguments(cmd, f)
	return cmd
}
