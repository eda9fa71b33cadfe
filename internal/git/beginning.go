// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// CheckBeginning returns an error where git am would stop for another reason than a patch that does not fit, and leave
// its state behind: a [*LockedError] where somebody holds the index, a [*DirtyError] where changes are staged, or where files
// at paths are not as HEAD has them, or are there and untracked, ignored or not.
func (r *Repo) CheckBeginning(ctx context.Context, paths []string) error {
	if lock := filepath.Join(r.GitDir, "index.lock"); exists(lock) {
		return &LockedError{File: lock}
	}
	staged, err := run.Output(ctx, r.quietly("diff-index", "--cached", "--name-only", "-z", "--no-renames", "HEAD", "--"))
	if err != nil {
		return err
	}
	if names := SplitZero(staged); len(names) > 0 {
		return &DirtyError{Paths: names, Index: true}
	}
	var differ []string
	for some := range slices.Chunk(paths, 500) { // the length of a command line is bounded
		out, err := run.Output(ctx, r.quietly(append([]string{"--literal-pathspecs", "status", "--porcelain", "-z", "--no-renames",
			"--untracked-files=all", "--ignored", "--"}, some...)...))
		if err != nil {
			return err
		}
		for _, entry := range SplitZero(out) {
			// "XY name"; a file that is gone from the worktree alone comes back, as git apply has it.
			if len(entry) > 3 && entry[:2] != " D" {
				differ = append(differ, strings.TrimSuffix(entry[3:], "/"))
			}
		}
	}
	if len(differ) > 0 {
		return &DirtyError{Paths: differ}
	}
	return nil
}

// quietly returns a git with the user's configuration that does not write what it learns into the index.
func (r *Repo) quietly(args ...string) run.Cmd {
	cmd := r.AsUser(run.Cmd{Args: args})
	cmd.Env = append(cmd.Env, "GIT_OPTIONAL_LOCKS=0")
	return cmd
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
