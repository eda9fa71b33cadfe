// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// TestNoFileOfARepositoryIsWaitedFor: a FIFO, or a link to a device that never ends, in the place of a file of git's had every verb wait
// until it was killed.
func TestNoFileOfARepositoryIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"HEAD", "config", "index", "packed-refs", "shallow", "ORIG_HEAD", "info/exclude", "info/attributes", "refs/heads/main", "refs/heads/a/b",
		"logs/HEAD", "objects/info/alternates", "objects/pack/pack-1.idx", "worktrees/w/HEAD"} {
		for how, put := range map[string]func(name string) error{
			"FIFO":   func(name string) error { return syscall.Mkfifo(name, 0o600) },
			"device": func(name string) error { return os.Symlink("/dev/zero", name) },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				dir := gittest.BaseRepo(t)
				file := filepath.Join(dir, ".git", name)
				gittest.Must(t, os.MkdirAll(filepath.Dir(file), 0o777))
				gittest.Must(t, os.RemoveAll(file))
				gittest.Must(t, put(file))
				_, err := Find(dir)
				if !errors.Is(err, odb.ErrSpecial) || !strings.Contains(err.Error(), name) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}
