// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/premerge"
	"github.com/lsmpatch/lsmpatch/internal/review"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

func (a *app) reviewCommand() *cobra.Command {
	var (
		dir, base, branch, drafts string
		view                      check.View
	)
	cmd := &cobra.Command{
		Use:   "review --tree DIR [SERIES...]",
		Short: "Read a series with its findings in the terminal, and draft the replies",
		Long: `review does what premerge does without a build and shows the patches in the terminal, each finding below its line. Keys are
those of mutt and b4: j and k, Enter, Tab for the next finding, / and n, a to accept, c for a note, R for the draft of a
reply, B for a branch; ? lists them. A draft is an .eml with the notes below the lines they are about: git send-email
sends it, and nobody else. The branch is what apply --branch makes. The series may come from standard input.`,
		Example: "  lsmpatch review --tree linux series.mbox\n  lsmpatch review --tree linux 20260311-lsm@example.org --drafts replies",
	}
	src := addSource(cmd)
	addAsSubmission(cmd, &view)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !isTerminal(a.stdout) {
			return hint.Wrap(errors.New("review wants a terminal"), "`lsmpatch premerge` prints the same report")
		}
		t, err := openTree(dir)
		if err != nil {
			return err
		}
		defer t.Close()
		src.base = base
		set, name, err := a.loadPatches(cmd.Context(), src, args, t)
		if err != nil {
			return err
		}
		opts := premerge.Options{Base: base, Name: name, Tool: "lsmpatch " + version(), Check: view}
		if opts.Config, err = a.config(); err != nil {
			return err
		}
		r, err := premerge.Run(cmd.Context(), t, set, &opts)
		if err != nil {
			return err
		}
		return a.runReview(cmd.Context(), set, r, &review.Options{
			From:   reviewer(cmd.Context(), t),
			Draft:  func(patch int, mail []byte) (string, error) { return writeDraft(drafts, patch, mail) },
			Branch: func() (string, error) { return branchOf(cmd.Context(), dir, base, branch, set) },
		})
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "tree", "", "Linux tree `DIR`, in git or not (required)")
	flags.StringVar(&base, "base", "", "revision `REV` that the series is for (default HEAD)")
	flags.StringVar(&branch, "branch", "", "`NAME` of the branch that B makes (default one named for the series)")
	flags.StringVar(&drafts, "drafts", ".", "write drafts of replies to `DIR`")
	required(cmd, "tree")
	directories(cmd, "tree")
	directories(cmd, "drafts")
	return cmd
}

// reviewer is who reviews, as git knows the user; "" where it does not.
func reviewer(ctx context.Context, t *tree.Tree) string {
	who, err := t.Identity(ctx)
	if err != nil {
		return ""
	}
	return who.Name + " <" + who.Email + ">"
}

// writeDraft writes the draft of a reply to a file of its own.
func writeDraft(dir string, patch int, mail []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf("reply-%d.eml", patch))
		if n > 1 {
			name = filepath.Join(dir, fmt.Sprintf("reply-%d-%d.eml", patch, n))
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(mail)
		return "wrote " + name, errors.Join(err, f.Close())
	}
}

// branchOf runs the verb apply with the mails of set.
func branchOf(ctx context.Context, dir, base, branch string, set *patchset.Set) (string, error) {
	var mails, stdout, stderr bytes.Buffer
	if _, err := series.Am(&mails, set, &series.AmOptions{NoTrailers: true}); err != nil {
		return "", err
	}
	if branch == "" {
		branch = strings.TrimSuffix(series.AmName(set), ".mbx")
	}
	args := []string{"apply", "--tree", dir, "--branch", branch}
	if base != "" {
		args = append(args, "--base", base)
	}
	if code := run(ctx, append(args, "-"), &mails, &stdout, &stderr); code != exitClean {
		line, _, _ := strings.Cut(strings.TrimSpace(stderr.String()+stdout.String()), "\n")
		return "", errors.New(strings.TrimPrefix(line, "lsmpatch: "))
	}
	return "the series is on the branch " + branch, nil
}

// runReview shows a session until the user leaves it.
func (a *app) runReview(ctx context.Context, set *patchset.Set, r *report.Report, opts *review.Options) error {
	input, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(input.Fd())) {
		tty, err := os.Open("/dev/tty") // the series came from standard input
		if err != nil {
			return err
		}
		defer tty.Close()
		input = tty
	}
	screen := &reviewScreen{session: review.New(set, r, opts), color: a.useColor()}
	_, err := tea.NewProgram(screen, tea.WithContext(ctx), tea.WithInput(input), tea.WithOutput(a.stdout), tea.WithoutSignalHandler()).Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(err, verdictError(r.Verdict()))
}

// A reviewScreen brings the keys of a terminal to a session, and its lines to the terminal.
type reviewScreen struct {
	session *review.Session
	color   bool
}

// Init has nothing to begin.
func (s *reviewScreen) Init() tea.Cmd { return nil }

// Update takes a key, or the size of the terminal.
func (s *reviewScreen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.session.Resize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		key := msg.String()
		if msg.Text != "" && msg.Text != " " {
			key = msg.Text
		}
		s.session.Key(key)
	}
	if s.session.Done() {
		return s, tea.Quit
	}
	return s, nil
}

var reviewColors = map[review.Style]string{
	review.Title: "\x1b[1m", review.Added: "\x1b[32m", review.Deleted: "\x1b[31m", review.Hunk: "\x1b[36m", review.Errors: "\x1b[31m",
	review.Warnings: "\x1b[33m", review.Notes: "\x1b[36m", review.Mine: "\x1b[34m", review.Bar: "\x1b[1m",
}

// View returns the screen; as all text of the command it goes through a [report.Screen].
func (s *reviewScreen) View() tea.View {
	var b strings.Builder
	out := &report.Screen{W: &b, Color: s.color}
	for i, line := range s.session.Screen() {
		text := line.Text
		if color := reviewColors[line.Style]; s.color && color != "" && text != "" {
			text = color + text + "\x1b[0m"
		}
		if i > 0 {
			text = "\n" + text
		}
		_, _ = out.Write([]byte(text)) // to memory
	}
	view := tea.NewView(b.String())
	view.AltScreen = true
	return view
}
