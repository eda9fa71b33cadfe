// SPDX-License-Identifier: GPL-2.0-only

package tree

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

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A landing is the time in which index, worktree and ref of a repository change. It holds
// index.lock, which keeps git out, and a note that tells how to complete or take back what a killed
// process left. The note is locked with flock(2), so a note that can be locked is one of the dead.
type landing struct {
	repo *repo
	note *os.File
	landingNote
}

type landingNote struct {
	Ref, Base, Head string
	Paths           []string
	// Lock is the inode of index.lock where it is ours.
	Lock uint64
	// Visible is set before the first file of the worktree changes.
	Visible bool
}

const noteName = "lsmpatch-landing"

func (r *repo) notePath() string  { return filepath.Join(r.gitDir, noteName) }
func (r *repo) indexPath() string { return filepath.Join(r.gitDir, "index") }

// workIndex is where git prepares the new index while index.lock is ours.
func (r *repo) workIndex() string { return filepath.Join(r.gitDir, "lsmpatch-index") }

// lockNote opens and locks the note, making it where it is missing. It returns nil where another
// process holds it.
func (r *repo) lockNote(flag int) (*os.File, error) {
	for {
		f, err := os.OpenFile(r.notePath(), os.O_RDWR|flag, 0o666)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return nil, errors.Join(f.Close(), &LockedError{File: r.notePath()})
		}
		// The one before us may have removed the file that we have opened.
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if now, err := os.Stat(r.notePath()); err == nil && os.SameFile(mine, now) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

func (r *repo) beginLanding(out *Landed, paths []string) (*landing, error) {
	note, err := r.lockNote(os.O_CREATE)
	if err != nil {
		return nil, err
	}
	l := &landing{repo: r, note: note}
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

func (l *landing) dropNote() error {
	return errors.Join(os.Remove(l.repo.notePath()), l.note.Close())
}

func (r *repo) lockPath() string { return r.indexPath() + ".lock" }

// lockIndex makes index.lock. The note names its inode first, so that after a kill nobody need
// guess whose it is.
func (l *landing) lockIndex() error {
	f, err := os.CreateTemp(l.repo.gitDir, "lsmpatch-lock-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	l.Lock = inode(info)
	l.repo.at("note")
	if err := l.writeNote(); err != nil {
		return err
	}
	l.repo.at("lock")
	err = os.Link(f.Name(), l.repo.lockPath())
	if errors.Is(err, fs.ErrExist) {
		return hint.Wrap(&LockedError{File: l.repo.lockPath()},
			"wait for the other git process; where none runs, remove the file")
	}
	return err
}

func inode(info os.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

// unlockIndex removes index.lock where it is ours.
func (l *landing) unlockIndex() error {
	info, err := os.Lstat(l.repo.lockPath())
	if errors.Is(err, fs.ErrNotExist) || err == nil && inode(info) != l.Lock {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(l.repo.lockPath())
}

// run does the work between begin and finish.
func (l *landing) run(ctx context.Context, made *newObjects, steps []Step, opts *LandOptions) error {
	r := l.repo
	if err := l.prepareByGit(ctx); err != nil {
		return err
	}
	if opts.DryRun {
		return nil
	}
	if err := r.writeObjects(made); err != nil {
		return err
	}
	if err := l.switchByGit(ctx); err != nil {
		return err
	}
	r.at("index")
	if err := os.Rename(r.workIndex(), r.indexPath()); err != nil {
		return err
	}
	return r.updateRef(ctx, &Landed{Ref: l.Ref, Base: Hash(l.Base), Head: Hash(l.Head)}, Hash(l.Base), steps, opts)
}

// finish ends the landing; where it failed, everything is brought back.
func (l *landing) finish(err error) error {
	if err != nil {
		if undo := l.recover(); undo != nil {
			return errors.Join(err, fmt.Errorf("bringing the old state back: %w", undo), l.note.Close())
		}
	}
	l.repo.at("unlock")
	return errors.Join(err, l.unlockIndex(), l.dropNote())
}

// prepareByGit copies the index and checks that nothing is in the way.
func (l *landing) prepareByGit(ctx context.Context) error {
	r := l.repo
	if err := copyFile(r.indexPath(), r.workIndex()); err != nil {
		return err
	}
	if _, err := l.git(ctx, "update-index", "-q", "--refresh"); err != nil && !exited(err, 1) {
		return err
	}
	staged, err := l.git(ctx, "diff-index", "--cached", "--name-only", "-z", "--no-renames", l.Base, "--")
	if err != nil {
		return err
	}
	if len(staged) > 0 {
		return &DirtyError{Paths: splitZero(staged), Index: true}
	}
	changed, err := l.git(ctx, "diff-files", "--name-only", "-z", "--ignore-submodules=dirty")
	if err != nil {
		return err
	}
	var dirty []string
	for _, name := range splitZero(changed) {
		if l.touches(name) {
			dirty = append(dirty, name)
		}
	}
	if len(dirty) > 0 {
		return &DirtyError{Paths: dirty}
	}
	return nil
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

// switchByGit brings the worktree and the copy of the index to the new commit.
func (l *landing) switchByGit(ctx context.Context) error {
	l.Visible = true
	if err := l.writeNote(); err != nil {
		return err
	}
	if err := l.note.Sync(); err != nil {
		return err
	}
	l.repo.at("worktree")
	_, err := l.git(ctx, "read-tree", "-m", "-u", l.Base, l.Head)
	var failed *run.Error
	if errors.As(err, &failed) && ctx.Err() == nil {
		if paths := overwritten(string(failed.Output)); len(paths) > 0 {
			return &DirtyError{Paths: paths}
		}
	}
	return err
}

// overwritten reads which paths git read-tree would not write over.
func overwritten(output string) []string {
	var paths []string
	for line := range strings.Lines(output) {
		for _, form := range [][2]string{
			{"error: Untracked working tree file '", "' would be "},
			{"error: Entry '", "' not uptodate. "},
			{"error: Updating '", "' would lose untracked files"},
		} {
			rest, ok := strings.CutPrefix(line, form[0])
			if name, _, found := strings.Cut(rest, form[1]); ok && found {
				paths = append(paths, name)
			}
		}
	}
	return paths
}

// git runs git on the copy of the index.
func (l *landing) git(ctx context.Context, args ...string) ([]byte, error) {
	return l.repo.gitWith(ctx, run.Cmd{Args: args, Env: []string{"GIT_INDEX_FILE=" + l.repo.workIndex()}})
}

func exited(err error, code int) bool {
	var failed *run.Error
	return errors.As(err, &failed) && failed.ExitCode == code
}

func splitZero(data []byte) []string {
	s := strings.TrimSuffix(string(data), "\x00")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\x00")
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
