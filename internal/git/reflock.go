// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/mmap"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A RefLock holds the lock files of git around the change of one ref: that of the ref, and, where
// HEAD leads to it, that of HEAD, so that nobody switches branches meanwhile.
//
// Each lock file is a second name of a file in the repository's lsmpatch folder, which is locked with
// flock(2). After a kill that lock is free, and tells that the lock file may go: see recoverRefs.
type RefLock struct {
	repo     *Repo
	ref      string
	old, new odb.Hash
	target   string // where HEAD leads to
	head     bool   // HEAD leads to the ref, or is it
	held     []*heldLock
}

type heldLock struct {
	file *os.File // below the lsmpatch folder
	want string   // the lock file
	lock string   // the same, once it is there
}

// RefNotePrefix starts the names of the notes that say which locks of refs are ours, in the side folder of a repository.
const RefNotePrefix = "ref-"

// LockRef locks a ref to change its value, "" where it does not exist yet. The error matches [ErrForeign]
// where refs are not kept in files, where a new one is in conflict with others, and where a hook guards them.
func (r *Repo) LockRef(ref string, old, to odb.Hash) (*RefLock, error) {
	l, err := r.PrepareRef(ref, old, to)
	if err != nil {
		return nil, err
	}
	if err := l.Take(); err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

// PrepareRef is lockRef without the lock, which take gets.
func (r *Repo) PrepareRef(ref string, old, to odb.Hash) (_ *RefLock, err error) {
	if r.RefFormat != "files" || old == "" && !r.isFree(ref) || r.guardsRefs() {
		return nil, ErrForeign
	}
	target, err := r.HeadTarget()
	if err != nil {
		return nil, err
	}
	l := &RefLock{repo: r, ref: ref, old: old, new: to, target: target, head: target == ref || ref == "HEAD"}
	defer func() {
		if err != nil {
			l.Release()
		}
	}()
	if err := l.hold(ref, string(to)+"\n"); err != nil {
		return nil, err
	}
	if l.head && ref != "HEAD" {
		if err := l.hold("HEAD", "ref: "+ref+"\n"); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Take makes the lock files, and looks whether all is still as it was.
func (l *RefLock) Take() error {
	r := l.repo
	for _, h := range l.held {
		if err := r.makeFolder(filepath.Dir(h.want)); err != nil {
			return err
		}
		r.At("ref.lock")
		if err := os.Link(h.file.Name(), h.want); errors.Is(err, fs.ErrExist) {
			return busyRef(h.want)
		} else if err != nil {
			return err
		}
		h.lock = h.want
	}
	now, symbolic, err := r.readRef(l.ref)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if symbolic != "" && l.ref != "HEAD" {
		return ErrForeign
	}
	if again, err := r.HeadTarget(); err != nil || again != l.target {
		return errors.Join(err, &MovedError{Ref: "HEAD", Want: l.old, Got: now})
	}
	if now != l.old {
		return &MovedError{Ref: l.ref, Want: l.old, Got: now}
	}
	return nil
}

func busyRef(lock string) error {
	return hint.Wrap(&LockedError{File: lock}, "wait for the other process; where none runs, remove the file")
}

// isFree tells whether a new ref could be made: none stands above or below it.
func (r *Repo) isFree(ref string) bool {
	if info, err := os.Lstat(r.refPath(ref)); err == nil && info.IsDir() {
		return false
	}
	free := true
	odb.Above(ref, func(above string) bool {
		_, _, err := r.readRef(above)
		free = free && errors.Is(err, fs.ErrNotExist)
		return free
	})
	packed, err := mmap.File(filepath.Join(r.CommonDir, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return free
	}
	defer mmap.Unmap(packed)
	return free && err == nil && !bytes.Contains(packed, []byte(" "+ref+"/"))
}

// hold makes the first name of a lock file, with a content.
func (l *RefLock) hold(ref, content string) error {
	lock := l.repo.refPath(ref) + ".lock"
	f, err := l.repo.newRefNote(lock)
	if err != nil {
		return err
	}
	if f == nil {
		return busyRef(lock)
	}
	l.held = append(l.held, &heldLock{file: f, want: lock})
	_, err = f.WriteString(content)
	return errors.Join(err, l.repo.Share(f.Name()))
}

// newRefNote makes the first name of a lock file, flocked; nil where another process has it. It is
// always a new file: an old one may be a second name of the ref itself.
func (r *Repo) newRefNote(lock string) (*os.File, error) {
	name := r.refNote(lock)
	for range 3 {
		if err := os.MkdirAll(r.CommonSide(), 0o777); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			if err := r.recoverRef(name, lock); err != nil {
				return nil, err
			}
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if mine, err := Flock(f); err != nil || !mine {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
	return nil, nil
}

// Flock locks a file, unless another process has, or has removed it meanwhile. The error says why the file cannot be locked by
// anybody, as on a file system without locks: who waited for another process then would wait for good.
func Flock(f *os.File) (bool, error) {
	var err error = syscall.EINTR
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	if err != nil {
		return false, &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
	}
	mine, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(f.Name())
	return err == nil && os.SameFile(mine, now), nil
}

// refNote returns the first name of a lock file.
func (r *Repo) refNote(lock string) string {
	rel, err := filepath.Rel(r.CommonDir, lock)
	if err != nil {
		rel = lock
	}
	return filepath.Join(r.CommonSide(), RefNotePrefix+url.PathEscape(rel))
}

// Sync makes the new value durable, before the ref gets it.
func (l *RefLock) Sync() error { return l.held[0].file.Sync() }

// Commit writes the reflogs and gives the ref its new value, in this order, as git does.
func (l *RefLock) Commit(line string) error {
	r := l.repo
	if err := r.AppendReflog(l.ref, line); err != nil {
		return err
	}
	if l.head && l.ref != "HEAD" {
		if err := r.AppendReflog("HEAD", line); err != nil {
			return err
		}
	}
	r.At("ref")
	if err := os.Rename(l.held[0].lock, r.refPath(l.ref)); err != nil {
		return err
	}
	l.held[0].lock = ""
	r.At("ref done")
	return nil
}

// Release removes the lock files that are still there.
func (l *RefLock) Release() {
	for _, h := range l.held {
		if h.lock != "" {
			os.Remove(h.lock)
		}
		os.Remove(h.file.Name())
		h.file.Close()
	}
	l.held = nil
	os.Remove(l.repo.CommonSide())
}

// RecoverRefs removes the lock files of refs that a killed process left.
func (r *Repo) RecoverRefs() error {
	list, err := os.ReadDir(r.CommonSide())
	if err != nil {
		return nil
	}
	for _, e := range list {
		escaped, ok := strings.CutPrefix(e.Name(), RefNotePrefix)
		rel, err := url.PathUnescape(escaped)
		if !ok || err != nil {
			continue
		}
		if err := r.recoverRef(filepath.Join(r.CommonSide(), e.Name()), filepath.Join(r.CommonDir, rel)); err != nil {
			return fmt.Errorf("removing the stale lock %s: %w", rel, err)
		}
	}
	os.Remove(r.CommonSide())
	return nil
}

func (r *Repo) recoverRef(note, lock string) error {
	f, err := os.Open(note)
	if err != nil {
		return nil
	}
	defer f.Close()
	if free, err := Flock(f); err != nil || !free {
		return err
	}
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	if left, err := os.Lstat(lock); err == nil && os.SameFile(mine, left) {
		if err := os.Remove(lock); err != nil {
			return err
		}
	}
	return os.Remove(note)
}

// AppendReflog writes a line to a ref's log, where git would keep one.
func (r *Repo) AppendReflog(ref, line string) error {
	name := filepath.Join(r.CommonDir, "logs", ref)
	if !strings.HasPrefix(ref, "refs/") { // each worktree has its own
		name = filepath.Join(r.GitDir, "logs", ref)
	}
	flag := os.O_WRONLY | os.O_APPEND
	if r.keepsReflog(ref) {
		flag |= os.O_CREATE
	}
	f, err := os.OpenFile(name, flag, 0o666)
	if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
		if err := r.makeFolder(filepath.Dir(name)); err != nil {
			return err
		}
		f, err = os.OpenFile(name, flag, 0o666)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	r.At("reflog")
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close(), r.Share(name))
}

func (r *Repo) keepsReflog(ref string) bool {
	core := r.Config.Section("core")
	switch v := strings.ToLower(core.Option("logAllRefUpdates")); {
	case v == "always":
		return true
	case core.HasOption("logAllRefUpdates") && !IsTrue(v):
		return false
	case !core.HasOption("logAllRefUpdates") && r.Worktree == "":
		return false
	}
	return ref == "HEAD" || strings.HasPrefix(ref, "refs/heads/") || strings.HasPrefix(ref, "refs/remotes/") || strings.HasPrefix(ref, "refs/notes/")
}

// guardsRefs tells whether a hook has a say in each change of a ref.
func (r *Repo) guardsRefs() bool {
	hook, err := r.Hook(context.Background(), "reference-transaction")
	return err != nil || hook != ""
}

// UpdateRef runs git update-ref, which asks the hook reference-transaction where there is one.
func (r *Repo) UpdateRef(ctx context.Context, c run.Cmd) ([]byte, error) {
	if !r.guardsRefs() {
		return r.GitWith(ctx, c)
	}
	own := c.Env
	c = r.AsUser(c)
	c.Env = append(ownGitEnv(), own...)
	return run.Output(ctx, c)
}
