// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestSharedRepository: what a landing makes in a repository of several users has the rights that git am gives it. Others could
// write neither refs nor folders of objects.
func TestSharedRepository(t *testing.T) {
	t.Parallel()
	source := gittest.SeriesRepo(t)
	mbox := filepath.Join(t.TempDir(), "mbox")
	gittest.Write(t, mbox, gittest.Git(t, source, "format-patch", "--stdout", "--binary", "base..series~1")+"\n\n")
	steps := stepsOf(t, source, "base", "series~1")
	for _, value := range []string{"group", "all", "0640", "umask"} {
		rights := func(dir string) map[string]fs.FileMode {
			of := map[string]fs.FileMode{}
			gittest.Must(t, filepath.WalkDir(filepath.Join(dir, ".git"), func(name string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := d.Info()
				name, _ = filepath.Rel(dir, name)
				of[name] = info.Mode()
				return err
			}))
			return of
		}
		theirs, ours := gittest.BaseRepo(t), gittest.BaseRepo(t)
		for _, dir := range []string{theirs, ours} {
			gittest.Git(t, dir, "config", "core.sharedRepository", value)
			gittest.Git(t, dir, "checkout", "-q", "-b", "their/own/topic")
		}
		gittest.Git(t, theirs, "am", "-q", "--committer-date-is-author-date", mbox)
		gittest.Git(t, theirs, "branch", "new/of/them")
		tr := open(t, ours)
		base, err := tr.Resolve("HEAD")
		gittest.Must(t, err)
		_, err = land(tr, base, steps, nil)
		gittest.Must(t, err)
		_, err = land(tr, base, steps, &Options{Branch: "new/of/them"})
		gittest.Must(t, err)
		want := rights(theirs)
		for name, got := range rights(ours) {
			if mode, ok := want[name]; ok && mode != got {
				t.Errorf("%s: %s has %v, git am gives it %v", value, name, got, mode)
			}
		}
	}
}
