// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/githook"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func (a *app) hookCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hook",
		Short: "Have git ask lsmpatch before a series is pushed or sent",
		Long: `hook installs hooks of git. pre-push judges the commits that are pushed and that no remote has yet;
sendemail-validate judges a series before git send-email sends its first mail. Both do what premerge does without a
build. A series at fault is neither pushed nor sent; git's own --no-verify and --no-validate do it nevertheless.`,
	}
	cmd.AddCommand(a.hookInstallCommand(), a.hookUninstallCommand(), a.hookRunCommand())
	return cmd
}

func (a *app) hookInstallCommand() *cobra.Command {
	var dir string
	var chain bool
	cmd := &cobra.Command{
		Use:   "install [--tree DIR] [--chain] [HOOK...]",
		Short: "Install hooks into a repository",
		Long: `install writes the hooks pre-push and sendemail-validate, or those that are named, to the folder where git looks for
hooks: that of core.hooksPath where it is set. A hook that is there already stays; with --chain it is called first, under the name
HOOK.before-lsmpatch, and ours only where it allows it.`,
		Example:           "  lsmpatch hook install --tree linux\n  lsmpatch hook install --chain pre-push",
		ValidArgsFunction: cobra.FixedCompletions(githook.Names, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := openGit(dir)
			if err != nil {
				return err
			}
			defer t.Close()
			if err := checkLinux(t, ""); err != nil {
				return err
			}
			program, err := os.Executable()
			if err != nil {
				return err
			}
			return a.eachHook(cmd.Context(), t, args, func(folder, name string) (string, error) {
				return "installed", githook.Install(folder, name, program, chain)
			})
		},
	}
	cmd.Flags().StringVar(&dir, "tree", ".", "Linux tree `DIR`, in git")
	cmd.Flags().BoolVar(&chain, "chain", false, "keep a hook that is there, and call it first")
	directories(cmd, "tree")
	return cmd
}

func (a *app) hookUninstallCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:               "uninstall [--tree DIR] [HOOK...]",
		Short:             "Remove the hooks that install has made",
		Long:              "uninstall removes the hooks of lsmpatch, or those that are named, and puts those back that --chain has moved aside.",
		Example:           "  lsmpatch hook uninstall --tree linux",
		ValidArgsFunction: cobra.FixedCompletions(githook.Names, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := openGit(dir)
			if err != nil {
				return err
			}
			defer t.Close()
			return a.eachHook(cmd.Context(), t, args, func(folder, name string) (string, error) {
				done, err := githook.Uninstall(folder, name)
				if !done {
					return "none of lsmpatch", err
				}
				return "removed", err
			})
		},
	}
	cmd.Flags().StringVar(&dir, "tree", ".", "Linux tree `DIR`, in git")
	directories(cmd, "tree")
	return cmd
}

// A hookState is what became of a hook.
type hookState struct {
	Hook  string `json:"hook"`
	File  string `json:"file"`
	State string `json:"state"`
}

// eachHook does something to each hook that is named, all where none is, and tells what.
func (a *app) eachHook(ctx context.Context, t *tree.Tree, names []string, do func(folder, name string) (string, error)) error {
	for _, name := range names {
		if !slices.Contains(githook.Names, name) {
			return hint.Wrap(fmt.Errorf("there is no hook %q here", name), "they are "+strings.Join(githook.Names, " and "))
		}
	}
	if len(names) == 0 {
		names = githook.Names
	}
	folder, own, err := t.HooksDir(ctx)
	if err != nil {
		return err
	}
	states := []hookState{}
	for _, name := range names {
		state, failed := do(folder, name)
		if err = failed; err != nil {
			break
		}
		states = append(states, hookState{Hook: name, File: filepath.Join(folder, name), State: state})
	}
	if !own && len(states) > 0 {
		a.noteln("core.hooksPath leads to %s: the hooks are those of each repository that it is set for", folder)
	}
	return errors.Join(err, a.emit(map[string][]hookState{"hooks": states}, func(w io.Writer, _ *report.TextOptions) error {
		for _, s := range states {
			writeLine(w, "%s: %s", s.File, s.State)
		}
		return nil
	}))
}

// openGit opens a tree that is in git.
func openGit(dir string) (*tree.Tree, error) {
	t, err := openTree(dir)
	if err == nil && !t.IsGit() {
		t.Close()
		return nil, fmt.Errorf("%s is not a git repository", dir)
	}
	return t, err
}

// hookRunCommand is what the hooks call.
func (a *app) hookRunCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "run HOOK -- [ARG...]",
		Short:  "Judge what git is about to push or to send, as a hook",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := openGit(".")
			if err != nil {
				return err
			}
			defer t.Close()
			switch {
			case args[0] == githook.PrePush:
				return a.judgePushes(cmd.Context(), t)
			case args[0] == githook.SendemailValidate && len(args) > 1:
				return a.judgeSending(cmd.Context(), t, args[1])
			}
			return fmt.Errorf("there is no hook %q", strings.Join(args, " "))
		},
	}
}

// judgePushes is the hook pre-push.
func (a *app) judgePushes(ctx context.Context, t *tree.Tree) error {
	pushes, err := githook.Pushed(ctx, t.Repo, a.stdin)
	if err != nil {
		return err
	}
	for _, p := range pushes {
		if p.Why != "" {
			a.noteln("%s is not judged: %s", p.Ref, p.Why)
			continue
		}
		good := false
		set, _, err := a.loadPatches(ctx, &source{}, []string{p.Base + ".." + p.Tip}, t)
		if err == nil {
			good, err = a.judgeSeries(ctx, t, set, p.Base, p.Ref)
		}
		if err != nil {
			return hint.Wrap(fmt.Errorf("judging what is pushed to %s: %w", p.Ref, err), "git push --no-verify pushes it unjudged")
		}
		if !good {
			a.noteln("%s is not pushed; git push --no-verify does it nevertheless", p.Ref)
			return errFault
		}
	}
	return nil
}

// judgeSending is the hook sendemail-validate.
func (a *app) judgeSending(ctx context.Context, t *tree.Tree, file string) error {
	sending := githook.Sending{File: file, State: t.Repo.Side("hook")}
	sending.Counted(os.Getenv)
	files, err := sending.Sent()
	if err != nil || len(files) == 0 {
		return err
	}
	head, err := t.Resolve("")
	if err != nil {
		return err
	}
	good, err := sending.Once(files, version()+" "+string(head), func() (bool, error) {
		set, _, err := a.loadPatches(ctx, &source{}, files, t)
		if err != nil {
			return false, err
		}
		var opts apply.Options
		if _, err := a.findBase(ctx, t, set, &opts); err != nil {
			return false, err
		}
		return a.judgeSeries(ctx, t, set, opts.Base, filepath.Base(files[0]))
	})
	if err != nil {
		return hint.Wrap(fmt.Errorf("judging what is sent: %w", err), "git send-email --no-validate sends it unjudged")
	}
	if !good {
		a.noteln("the series is not sent; git send-email --no-validate does it nevertheless")
		return errFault
	}
	return nil
}

// judgeSeries does what premerge does without a build, and reports whether the series is not at fault.
func (a *app) judgeSeries(ctx context.Context, t *tree.Tree, set *patchset.Set, base, name string) (_ bool, err error) {
	opts := premerge.Options{Base: base, Name: name, Tool: "lsmpatch " + version()}
	opts.Check.AsSubmission = true // its author sends it
	if opts.Config, err = a.config(); err != nil {
		return false, err
	}
	r, err := premerge.Run(ctx, t, set, &opts)
	if err != nil {
		return false, err
	}
	if err := a.showReport(r); err != nil && !errors.Is(err, errFault) {
		return false, err
	}
	return r.Verdict() == report.Passed, nil
}
