// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"os"
	"path/filepath"
)

// unfinished are the things that git may be in the midst of, by the files that it keeps until they are done
// (wt-status.c), the one that an other may be part of first.
var unfinished = []struct{ name, file string }{
	{"am", "rebase-apply/applying"},
	{"rebase --apply", "rebase-apply"},
	{"rebase", "rebase-merge"},
	{"merge", "MERGE_HEAD"},
	{"cherry-pick", "CHERRY_PICK_HEAD"},
	{"revert", "REVERT_HEAD"},
	{"cherry-pick or revert", "sequencer"},
	{"bisect", "BISECT_LOG"},
}

// InProgress returns what git is in the midst of in this worktree: "am", "rebase", "merge", …; "" for nothing.
func (r *Repo) InProgress() string {
	for _, state := range unfinished {
		if _, err := os.Lstat(filepath.Join(r.GitDir, filepath.FromSlash(state.file))); err == nil {
			return state.name
		}
	}
	return ""
}

// Unfinished tells whether git is in the midst of what InProgress calls so.
func (r *Repo) Unfinished(name string) bool { return r.InProgress() == name }

// HasStrayAm tells whether an am or rebase --apply was cut before it wrote where it stands. Git sees an unfinished rebase in that, but
// only git am --abort ends it.
func (r *Repo) HasStrayAm() bool {
	there := func(name string) bool {
		_, err := os.Lstat(filepath.Join(r.GitDir, "rebase-apply", name))
		return err == nil
	}
	return there("") && !(there("next") && there("last"))
}
