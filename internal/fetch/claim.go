// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A claim says that a fetch of ours is at work in a repository. It is a file that is locked with flock(2) by us and by
// the git that we start: a file that can be locked is one of the dead, and the locks of git that are as young as it
// are what they have left.
type claim struct {
	repo *git.Repo
	note *os.File
	// fresh says that there was nothing in the worktree when the first fetch into it began.
	fresh bool
	// before are the locks that were there when this one began.
	before map[string]bool
}

// patience is how long a git whose lsmpatch was killed may take to notice.
const orphanPatience = 20 * time.Second

// freshNote is what the file says of a worktree that is being filled.
const freshNote = "fresh\n"

// claimRepo waits until no other fetch is at work, and removes what one that was killed has left.
func claimRepo(ctx context.Context, r *git.Repo) (*claim, error) {
	name := filepath.Join(r.CommonSide(), "fetch")
	for end := time.Now().Add(orphanPatience); ; {
		if err := os.MkdirAll(r.CommonSide(), 0o777); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if mine, err := git.Flock(f); err != nil || mine {
			c := &claim{repo: r, note: f}
			return c, errors.Join(err, c.begin())
		}
		f.Close()
		if time.Now().After(end) {
			return nil, hint.Wrap(&git.LockedError{File: name}, "wait for the other lsmpatch")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// begin clears up after a fetch that was killed, and notes this one.
func (c *claim) begin() error {
	info, err := c.note.Stat()
	if err != nil {
		return err
	}
	if info.Size() > 0 {
		was := make([]byte, len(freshNote))
		n, _ := c.note.ReadAt(was, 0)
		c.fresh = string(was[:n]) == freshNote
		for _, lock := range c.locks() {
			if left, err := os.Lstat(lock); err == nil && !left.ModTime().Before(info.ModTime()) {
				if err := os.Remove(lock); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
	} else {
		c.fresh = isUnfilled(c.repo)
	}
	c.before = map[string]bool{}
	for _, lock := range c.locks() {
		c.before[lock] = true
	}
	text := "fetch\n"
	if c.fresh {
		text = freshNote
	}
	if err := c.note.Truncate(0); err != nil {
		return err
	}
	_, err = c.note.WriteAt([]byte(text), 0)
	return err
}

// isUnfilled tells whether nothing is checked out, and nothing lies in the worktree.
func isUnfilled(r *git.Repo) bool {
	if r.Worktree == "" {
		return false
	}
	if _, err := r.RefValue("HEAD"); err == nil {
		return false
	}
	list, err := os.ReadDir(r.Worktree)
	return err == nil && len(list) == 1
}

// locks returns the lock files that git makes when it fetches and checks out, and packs that it did not finish.
func (c *claim) locks() []string {
	r := c.repo
	held, _ := os.Lstat(r.Side("held")) // a landing's own
	var found []string
	for _, name := range []string{
		filepath.Join(r.CommonDir, "shallow.lock"), filepath.Join(r.CommonDir, "config.lock"), filepath.Join(r.CommonDir, "packed-refs.lock"),
		filepath.Join(r.CommonDir, fetchedRef+".lock"), filepath.Join(r.GitDir, "index.lock"), filepath.Join(r.GitDir, "HEAD.lock"),
	} {
		if info, err := os.Lstat(name); err == nil && (held == nil || !os.SameFile(info, held)) {
			found = append(found, name)
		}
	}
	packs := filepath.Join(r.CommonDir, "objects", "pack")
	list, _ := os.ReadDir(packs) // what cannot be listed is not left behind
	for _, e := range list {
		if strings.HasPrefix(e.Name(), "tmp_") {
			found = append(found, filepath.Join(packs, e.Name()))
		}
	}
	return found
}

// end lets go of the repository. Where the fetch failed, its git has been ended, and what that left goes as well.
func (c *claim) end(failed error) error {
	var errs []error
	if failed != nil {
		for _, lock := range c.locks() {
			if !c.before[lock] {
				errs = append(errs, os.Remove(lock))
			}
		}
	}
	if failed == nil || !c.fresh {
		errs = append(errs, os.Remove(c.note.Name()))
	}
	errs = append(errs, c.note.Close())
	os.Remove(c.repo.CommonSide())
	return errors.Join(errs...)
}
