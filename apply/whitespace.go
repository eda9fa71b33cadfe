// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/land"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A whitespace says how white space is treated. What goes beyond leaving it alone is done by git apply
// itself, on the files of the patch.
type whitespace struct {
	// action is the value of git apply --whitespace.
	action string
	ignore bool
}

// actions are the values of git apply --whitespace.
var actions = []string{"nowarn", "warn", "fix", "strip", "error", "error-all"}

// whitespaceOf returns what opts ask for, and where they ask for nothing, what the configuration does.
func whitespaceOf(ctx context.Context, t *tree.Tree, opts *Options) (whitespace, error) {
	w := whitespace{action: opts.Whitespace, ignore: opts.IgnoreWhitespace}
	if t != nil && (w.action == "" || !w.ignore) {
		conf, err := t.AmConfig(ctx)
		if err != nil {
			return w, err
		}
		if w.action == "" && conf.Whitespace != "warn" { // a warning is for who asked for it
			w.action = conf.Whitespace
		}
		w.ignore = w.ignore || conf.IgnoreWhitespace == "change"
	}
	if w.action == "" {
		w.action = "nowarn"
	}
	switch {
	case !slices.Contains(actions, w.action):
		return w, hint.Wrap(fmt.Errorf("no action on white space is called %q", w.action),
			"give one of "+strings.Join(actions, ", ")+" as --whitespace, or as apply.whitespace of git's configuration")
	case w.byGit() && opts.Fuzz > 0:
		return w, hint.Wrap(errors.New("--fuzz and what git does to white space do not go together"), "git knows -C for --fuzz; --whitespace=nowarn leaves white space alone")
	}
	return w, nil
}

// byGit reports whether it takes git apply to do as w says.
func (w whitespace) byGit() bool { return w.ignore || w.action != "nowarn" }

func (w whitespace) args() []string {
	args := []string{"--whitespace=" + w.action}
	if w.ignore {
		args = append(args, "--ignore-whitespace")
	}
	return args
}

// gitArgs returns the options of git apply that s has, for merging also: those that git am takes.
func (s *session) gitArgs() []string {
	args := slices.Concat(s.white.args(), s.opts.naming().args())
	switch n := s.opts.Context; {
	case n > 0:
		args = append(args, fmt.Sprintf("-C%d", n))
	case n < 0:
		args = append(args, "-C0")
	}
	if s.opts.UnidiffZero {
		args = append(args, "--unidiff-zero")
	}
	for _, f := range s.opts.Filters {
		args = append(args, f.arg())
	}
	return args
}

// byGit lets git apply do p, and r have what comes of it: no conflict, those that r had already, or that
// white space is wrong.
func (s *session) byGit(ctx context.Context, p *patchset.Patch, changes []*change, r *patchRun, done *PatchResult) (*tree.Overlay, error) {
	var names []string
	for _, c := range changes {
		for _, name := range []string{c.oldName, c.newName} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	args := s.gitArgs()
	if s.opts.Reverse {
		args = append(args, "-R")
	}
	applied, err := land.ApplyWithGit(ctx, s.repo, s.files, names, p.Diff, args...)
	if err != nil {
		return nil, err
	}
	after := tree.NewOverlay(s.files)
	if applied.Refused != "" {
		if len(r.conflicts) == 0 {
			r.conflicts = []Conflict{whitespaceConflict(changes, applied.Refused)}
		}
		return after, nil
	}
	if len(r.conflicts) > 0 {
		done.Files = filesOf(changes)
	}
	r.conflicts, done.Warnings = nil, applied.Warnings
	return after, writeAll(after, applied.Changes)
}

// whitespaceConflict describes why git refuses a patch whose hunks fit.
func whitespaceConflict(changes []*change, said string) Conflict {
	bad := Conflict{Kind: KindWhitespace, Expected: "", Message: "the patch adds white space that is wrong"}
	if len(changes) == 1 {
		bad.File = changes[0].name()
	}
	lines := strings.Split(said, "\n")
	for _, line := range lines {
		// "<stdin>:12: trailing whitespace.", and the line itself on the next
		if where, what, ok := strings.Cut(strings.TrimPrefix(line, "<stdin>:"), ": "); ok && strings.HasPrefix(line, "<stdin>:") {
			bad.Message = fmt.Sprintf("line %s of the diff: %s", where, strings.TrimSuffix(what, "."))
			break
		}
	}
	bad.Hint = strings.TrimPrefix(lines[len(lines)-1], "error: ") + " --whitespace=fix mends them as git am does"
	return bad
}
