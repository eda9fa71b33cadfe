// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A landing is the time in which index, worktree and ref of a repository change. It holds
// index.lock, which keeps git out, and a note that tells how to complete or take back what a killed
// process left. The note is locked with flock(2), so a note that can be locked is one of the dead.
type landing struct {
	repo *git.Repo
	note *os.File // nil where nothing is written
	// index is the copy of the index that git works on.
	index string
	landingNote
}

type landingNote struct {
	Ref, Base, Head string
	Paths           []string
	// Visible is set before the first file of the worktree changes.
	Visible bool
	// Gone are the paths that the index had, and the worktree had not.
	Gone []string
	// Folders are those above new files that were there before.
	Folders []string
}

func lockPath(r *git.Repo) string { return filepath.Join(r.GitDir, "index.lock") }

func notePath(r *git.Repo) string { return r.Side("landing") }

// lockName is the first name of index.lock, by which everybody can tell whose it is.
func lockName(r *git.Repo) string { return r.Side("held") }

// oldIndex and newIndex are second names of the index as it was, and as it becomes.
func oldIndex(r *git.Repo) string { return r.Side("old-index") }
func newIndex(r *git.Repo) string { return r.Side("new-index") }

// workIndex is where git prepares the new index while index.lock is ours.
func workIndex(r *git.Repo) string { return r.Side("index") }

// stageDir holds new files on their way to the worktree.
func stageDir(r *git.Repo) string { return r.Side("stage") }

// lockNote opens and locks the note, making it where it is missing and flag is os.O_CREATE.
func lockNote(r *git.Repo, flag int) (*os.File, error) {
	for range 3 {
		if flag&os.O_CREATE != 0 {
			if err := os.MkdirAll(r.Side(""), 0o777); err != nil {
				return nil, err
			}
		}
		f, err := os.OpenFile(notePath(r), os.O_RDWR|flag, 0o666)
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		mine, err := git.Flock(f)
		if mine {
			return f, nil
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return nil, hint.Wrap(&git.LockedError{File: notePath(r)}, "wait for the other lsmpatch")
}

func beginLanding(r *git.Repo, out *Landed, paths []string) (*landing, error) {
	note, err := lockNote(r, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	l := &landing{repo: r, note: note, index: workIndex(r)}
	if l.readNote() == nil && l.Head != "" {
		// Somebody was killed after our Open.
		if err := l.recover(); err != nil {
			return nil, errors.Join(err, note.Close())
		}
	}
	l.landingNote = landingNote{Ref: out.Ref, Base: string(out.Base), Head: string(out.Head), Paths: paths}
	if err := l.lockIndex(); err != nil {
		return nil, errors.Join(err, l.dropNote())
	}
	return l, nil
}

func (l *landing) readNote() error {
	data, err := io.ReadAll(io.NewSectionReader(l.note, 0, 64<<20))
	if err != nil {
		return err
	}
	if len(data) == 0 {
		l.landingNote = landingNote{}
		return nil
	}
	return json.Unmarshal(data, &l.landingNote)
}

func (l *landing) writeNote() error {
	data, err := json.Marshal(&l.landingNote)
	if err != nil {
		return err
	}
	if err := l.note.Truncate(0); err != nil {
		return err
	}
	_, err = l.note.WriteAt(data, 0)
	return err
}

// dropNote removes the note, with which the landing is over. The note goes last: what else lies
// there belongs to whoever holds it.
func (l *landing) dropNote() error {
	if err := os.RemoveAll(stageDir(l.repo)); err != nil {
		return err
	}
	for _, name := range []string{workIndex(l.repo), workIndex(l.repo) + ".lock", oldIndex(l.repo), newIndex(l.repo), l.repo.Side("orig-head"), lockName(l.repo), notePath(l.repo)} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err := l.note.Close()
	// Of the folder, the last one out takes care.
	os.Remove(l.repo.Side(""))
	return err
}

// lockIndex makes index.lock.
func (l *landing) lockIndex() error {
	r := l.repo
	// Never an old file: it may be a second name of the index itself.
	if err := os.Remove(lockName(r)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(lockName(r), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := l.writeNote(); err != nil {
		return err
	}
	r.At("lock")
	err = os.Link(lockName(r), lockPath(r))
	if errors.Is(err, fs.ErrExist) {
		return hint.Wrap(&git.LockedError{File: lockPath(r)}, "wait for the other git process; where none runs, remove the file")
	}
	return err
}

// unlockIndex removes index.lock where it is ours.
func (l *landing) unlockIndex() error {
	lock, err := os.Lstat(lockPath(l.repo))
	if err != nil {
		return nil
	}
	if ours, err := os.Lstat(lockName(l.repo)); err != nil || !os.SameFile(ours, lock) {
		return nil
	}
	return os.Remove(lockPath(l.repo))
}

// run does the work between begin and finish: natively where that is sure to be right, else by git.
func (l *landing) run(ctx context.Context, c *Chain) error {
	if err := l.runNative(ctx, c); !errors.Is(err, git.ErrForeign) {
		return err
	}
	return l.runByGit(ctx, c)
}

// finish ends the landing; where it failed, everything is brought back.
func (l *landing) finish(err error) error {
	if err != nil {
		if undo := l.recover(); undo != nil {
			return errors.Join(err, fmt.Errorf("bringing the old state back: %w", undo), l.note.Close())
		}
	}
	l.repo.At("unlock")
	if err == nil {
		err = l.dropRebaseHead()
	}
	return errors.Join(err, l.unlockIndex(), l.dropNote())
}

// dropRebaseHead deletes REBASE_HEAD, as git am does once a patch has landed.
func (l *landing) dropRebaseHead() error {
	if l.repo.RefFormat != "files" {
		_, err := l.repo.Git(context.Background(), "update-ref", "-d", "REBASE_HEAD")
		return err
	}
	for _, name := range []string{"REBASE_HEAD", "logs/REBASE_HEAD"} {
		if err := os.Remove(filepath.Join(l.repo.GitDir, name)); err != nil && !absent(err) {
			return err
		}
	}
	return nil
}

// baseTree names the commit before the landing to git, or the empty tree where there is none.
func (l *landing) baseTree() string {
	if l.Base == "" {
		return string(odb.HashOf(l.repo.Format.Sum(plumbing.TreeObject, nil)))
	}
	return l.Base
}

// touches tells whether a step changes name, or something below or above it.
func (l *landing) touches(name string) bool {
	for _, p := range l.Paths {
		if p == name || strings.HasPrefix(p, name+"/") || strings.HasPrefix(name, p+"/") {
			return true
		}
	}
	return false
}

// git runs git, with the user's configuration, on the copy of the index. It holds the lock on the note, so that
// where we are killed nobody brings anything back while it is at work.
func (l *landing) git(ctx context.Context, args ...string) ([]byte, error) {
	return l.gitWith(ctx, run.Cmd{Args: args})
}

// gitWith is git with an input.
func (l *landing) gitWith(ctx context.Context, c run.Cmd) ([]byte, error) {
	c = l.repo.AsUser(c)
	c.Env = append(c.Env, "GIT_INDEX_FILE="+l.index)
	if l.note != nil {
		c.Inherit = []*os.File{l.note}
	}
	return run.Output(ctx, c)
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// copyOver copies a file with its times, or a symlink, to a name on another file system, in one step for those who look.
func copyOver(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(to), ".lsmpatch-"+filepath.Base(from))
	if info.Mode()&fs.ModeSymlink != 0 {
		var target string
		if target, err = os.Readlink(from); err == nil {
			err = os.Symlink(target, part)
		}
	} else if err = copyFile(from, part); err == nil {
		err = errors.Join(os.Chmod(part, info.Mode().Perm()), os.Chtimes(part, info.ModTime(), info.ModTime()))
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		os.Remove(part)
	}
	return err
}

func isOtherDevice(err error) bool { return errors.Is(err, syscall.EXDEV) }

// absent tells whether err says that there is no file, or no folder for it.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

func (l *landing) full(name string) string {
	return filepath.Join(l.repo.Worktree, filepath.FromSlash(name))
}

// noteOrigin makes ORIG_HEAD what HEAD was, as git am does.
func (l *landing) noteOrigin(ctx context.Context, c *Chain) error {
	r := l.repo
	if r.RefFormat != "files" {
		_, err := r.Git(ctx, "update-ref", "-m", "am", "ORIG_HEAD", l.Base)
		return err
	}
	name := filepath.Join(r.GitDir, "ORIG_HEAD")
	if l.Base == "" {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	was, err := r.RefValue("ORIG_HEAD")
	switch {
	case err != nil:
		was = odb.HashOf(r.Format.Null())
	case was == odb.Hash(l.Base):
		return nil
	}
	part := r.Side("orig-head")
	if err := os.WriteFile(part, []byte(l.Base+"\n"), 0o666); err != nil {
		return err
	}
	if len(c.said) > 0 {
		if err := r.AppendReflog("ORIG_HEAD", fmt.Sprintf("%s %s %s\tam\n", was, l.Base, c.said[0].who)); err != nil {
			return err
		}
	}
	return errors.Join(os.Rename(part, name), r.Share(name))
}
