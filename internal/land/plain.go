// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A plainLanding changes the files of a plain directory. New files are staged in the side folder, old
// ones stay there under a second name until all is done, and a note tells which is which. The
// landing is done when the note is gone; where it is still there, the old files come back.
type plainLanding struct {
	dir  string
	note *os.File
	plainNote
	// step, which only tests set, is called before each change that a kill could come between.
	step func(name string)
}

type plainNote struct {
	Files []plainFile
	// Folders are those above new files that were there before.
	Folders []string
}

type plainFile struct {
	Path string
	// Old tells that there was a file before, which the side folder keeps.
	Old bool
	// New tells that there is one afterwards.
	New bool
}

func (l *plainLanding) side(name string) string { return filepath.Join(l.dir, tree.SideFolder, name) }

func (l *plainLanding) notePath() string { return plainNotePath(l.dir) }

func (l *plainLanding) oldPath(i int) string { return l.side("old-" + strconv.Itoa(i)) }

func (l *plainLanding) newPath(i int) string { return l.side("new-" + strconv.Itoa(i)) }

func plainNotePath(dir string) string { return filepath.Join(dir, tree.SideFolder, "note") }

func (l *plainLanding) full(name string) string {
	return filepath.Join(l.dir, filepath.FromSlash(name))
}

func (l *plainLanding) at(name string) {
	if l.step != nil {
		l.step(name)
	}
}

// landPlain makes the changes of all steps to the files.
func landPlain(ctx context.Context, t *tree.Tree, c *Chain, opts *Options) (*Landed, error) {
	if opts.Branch != "" {
		return nil, hint.Wrap(fmt.Errorf("branch %q: %s: %w", opts.Branch, t.Dir(), git.ErrPlain), "leave the branch out")
	}
	l := &plainLanding{dir: t.Dir(), step: t.Step}
	if err := l.plan(c.last); err != nil {
		return nil, err
	}
	if opts.DryRun || len(l.Files) == 0 {
		return &Landed{}, nil
	}
	if err := l.begin(); err != nil {
		return nil, err
	}
	err := l.stage(ctx, c.last)
	if err == nil {
		err = l.switchOver()
	}
	if err != nil {
		if undo := l.rollBack(); undo != nil {
			return nil, errors.Join(err, fmt.Errorf("bringing the old files back: %w", undo), l.note.Close())
		}
	}
	l.at("done")
	if err := errors.Join(err, l.end()); err != nil {
		return nil, err
	}
	return &Landed{}, nil
}

// plan finds out what there is, and refuses to write through symlinks and over folders.
func (l *plainLanding) plan(changes map[string]tree.Change) error {
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		c := changes[name]
		if err := l.checkAbove(name, changes); err != nil {
			return err
		}
		info, err := os.Lstat(l.full(name))
		absent := errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
		if err != nil && !absent {
			return err
		}
		f := plainFile{Path: name, Old: !absent && !info.IsDir(), New: !c.Deleted()}
		if c.Mode == filemode.Submodule || !absent && info.IsDir() && f.New {
			// Of a submodule there is nothing to write; a folder that is left empty makes way.
			f.New = f.New && c.Mode != filemode.Submodule
		}
		if f.Old || f.New {
			l.Files = append(l.Files, f)
		}
		if f.New && !f.Old {
			odb.Above(name, l.noteFolder)
		}
	}
	return nil
}

// noteFolder notes a folder that is there.
func (l *plainLanding) noteFolder(dir string) bool {
	if slices.Contains(l.Folders, dir) {
		return false
	}
	if info, err := os.Lstat(l.full(dir)); err == nil && info.IsDir() {
		l.Folders = append(l.Folders, dir)
	}
	return true
}

// checkAbove makes sure that each folder above name is one, or will be out of the way.
func (l *plainLanding) checkAbove(name string, changes map[string]tree.Change) (err error) {
	odb.Above(name, func(dir string) bool {
		info, statErr := os.Lstat(l.full(dir))
		if statErr != nil || info.IsDir() {
			return true
		}
		if c, ok := changes[dir]; ok && c.Deleted() {
			return true
		}
		err = fmt.Errorf("%w: %q: %s is a file or symlink", tree.ErrPath, name, dir)
		return false
	})
	return err
}

// begin makes the side folder and locks the note in it.
func (l *plainLanding) begin() error {
	if err := os.Mkdir(l.side(""), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	err := l.lock(os.O_CREATE)
	if err != nil {
		return err
	}
	var old plainLanding
	if data, err := io.ReadAll(l.note); err != nil || len(data) > 0 && json.Unmarshal(data, &old.plainNote) == nil {
		// Somebody was killed since our Open: what we planned with is not what there is.
		return errors.Join(err, l.note.Close(), hint.Wrap(&git.MovedError{Ref: l.dir}, "try again"))
	}
	return nil
}

func (l *plainLanding) lock(flag int) error {
	f, err := os.OpenFile(l.notePath(), os.O_RDWR|flag, 0o666)
	if err != nil {
		return err
	}
	mine, err := git.Flock(f)
	if err == nil && !mine {
		err = &git.LockedError{File: l.notePath()}
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.note = f
	return nil
}

// stage writes the new files and keeps the old ones, both in the side folder.
func (l *plainLanding) stage(ctx context.Context, changes map[string]tree.Change) error {
	for i, f := range l.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.at("stage")
		c := changes[f.Path]
		if f.New {
			if _, err := tree.WriteEntry(l.newPath(i), c.Mode, c.Data); err != nil {
				return err
			}
		}
		if f.Old {
			if err := keepOld(l.full(f.Path), l.oldPath(i)); err != nil {
				return err
			}
		}
	}
	data, err := json.Marshal(&l.plainNote)
	if err != nil {
		return err
	}
	l.at("note")
	if _, err := l.note.Write(data); err != nil {
		return err
	}
	return errors.Join(l.note.Sync(), odb.SyncDir(l.side("")))
}

// keepOld gives a file a second name, or makes a copy where the file system has no hard links.
func keepOld(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(from, to); err == nil {
		return nil
	}
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	if err := copyFile(from, to); err != nil {
		return err
	}
	return errors.Join(os.Chmod(to, info.Mode().Perm()), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

// switchOver brings the new files to their places: first those go that go, then those come that come.
func (l *plainLanding) switchOver() error {
	for _, f := range l.Files {
		if f.New {
			continue
		}
		l.at("remove")
		if err := os.Remove(l.full(f.Path)); err != nil {
			return err
		}
		tree.PruneAbove(l.dir, f.Path)
	}
	for i, f := range l.Files {
		if !f.New {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(l.full(f.Path)), 0o777); err != nil {
			return err
		}
		l.at("rename")
		if err := os.Rename(l.newPath(i), l.full(f.Path)); err != nil {
			return err
		}
	}
	return nil
}

// rollBack undoes what was done. It may be called again after it was itself cut short.
func (l *plainLanding) rollBack() error {
	for i, f := range l.Files {
		if f.Old || !f.New {
			continue
		}
		// Where the staged file is still there, what stands at its place is not ours.
		if _, err := os.Lstat(l.newPath(i)); err != nil {
			if err := os.Remove(l.full(f.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
				return err
			}
		}
		// Folders were perhaps made for it.
		odb.Above(f.Path, func(dir string) bool {
			if slices.Contains(l.Folders, dir) {
				return false
			}
			err := syscall.Rmdir(l.full(dir))
			return err == nil || errors.Is(err, fs.ErrNotExist)
		})
	}
	for i, f := range l.Files {
		if !f.Old {
			continue
		}
		if _, err := os.Lstat(l.oldPath(i)); err != nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(l.full(f.Path)), 0o777); err != nil {
			return err
		}
		if err := os.Rename(l.oldPath(i), l.full(f.Path)); err != nil {
			return err
		}
	}
	return nil
}

// end removes the note, with which the landing is over, and the side folder.
func (l *plainLanding) end() error {
	if err := os.Remove(l.notePath()); err != nil {
		return errors.Join(err, l.note.Close())
	}
	l.at("clean")
	return errors.Join(os.RemoveAll(l.side("")), l.note.Close())
}

// recoverPlain takes back a landing whose process was killed.
func recoverPlain(t *tree.Tree) error {
	l := &plainLanding{dir: t.Dir()}
	if _, err := os.Lstat(l.side("")); err != nil {
		return nil
	}
	err := l.lock(os.O_CREATE)
	var locked *git.LockedError
	if errors.As(err, &locked) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return nil
	}
	if err != nil {
		return err
	}
	data, err := io.ReadAll(l.note)
	// A note that is cut short was cut before anything changed.
	if err == nil && len(data) > 0 && json.Unmarshal(data, &l.plainNote) == nil {
		err = l.rollBack()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("taking back a landing that was killed: %w", err), l.note.Close())
	}
	return l.end()
}
