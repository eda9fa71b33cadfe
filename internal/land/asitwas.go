// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// AsItWas remembers what git am leaves changed behind git am --abort: a line in the reflogs, ORIG_HEAD, the flags and
// times in the index, and, of the files that it wrote, the times, and line ends that are not as git would write them.
type AsItWas struct {
	repo  *git.Repo
	files map[string][]byte // the content, nil of a file that was not there
	logs  map[string][]byte
	kept  string            // a folder of second names for files of the worktree
	names map[string]string // these names, by path
}

// Remember reads the state of r, which nothing may be in the midst of, and keeps the files of the worktree at paths.
// [AsItWas.Forget] ends that.
func Remember(r *git.Repo, paths []string) (*AsItWas, error) {
	w := &AsItWas{repo: r, files: map[string][]byte{}, logs: map[string][]byte{}, names: map[string]string{}}
	logs := []string{filepath.Join(r.GitDir, "logs", "HEAD"), filepath.Join(r.GitDir, "logs", "ORIG_HEAD")}
	if target, err := r.HeadTarget(); err == nil && target != "" {
		logs = append(logs, filepath.Join(r.CommonDir, "logs", filepath.FromSlash(target)))
	}
	read := func(into map[string][]byte, names ...string) error {
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			into[name] = data
		}
		return nil
	}
	if err := errors.Join(read(w.files, r.IndexPath(), filepath.Join(r.GitDir, "ORIG_HEAD")), read(w.logs, logs...)); err != nil {
		return nil, err
	}
	return w, w.keep(paths)
}

// keep gives the files at paths second names.
func (w *AsItWas) keep(paths []string) (err error) {
	if w.kept, err = os.MkdirTemp(w.repo.GitDir, "lsmpatch-kept-"); err != nil {
		return err
	}
	for i, path := range paths {
		full := filepath.Join(w.repo.Worktree, filepath.FromSlash(path))
		if info, err := os.Lstat(full); err != nil || info.IsDir() {
			continue
		}
		w.names[path] = filepath.Join(w.kept, strconv.Itoa(i))
		if err := keepOld(full, w.names[path]); err != nil {
			return errors.Join(err, w.Forget())
		}
	}
	return nil
}

// Forget takes the second names away.
func (w *AsItWas) Forget() error { return os.RemoveAll(w.kept) }

// Restore brings that state back, once HEAD is where it was. What somebody else wrote into a reflog meanwhile stays, with what
// git am wrote before it. A folder of git am's own, of a run that ended before it was one, goes.
func (w *AsItWas) Restore(ctx context.Context) error {
	if err := w.restoreWorktree(ctx); err != nil {
		return err
	}
	for name, was := range w.logs {
		now, err := os.ReadFile(name)
		switch {
		case err != nil || len(now) <= len(was) || !bytes.HasPrefix(now, was) || !onlyAm(now[len(was):]):
			continue
		case was == nil:
			err = os.Remove(name)
		default:
			err = os.Truncate(name, int64(len(was)))
		}
		if err != nil {
			return err
		}
	}
	for name, was := range w.files {
		if err := putBack(name, was); err != nil {
			return err
		}
	}
	if w.repo.Unfinished("rebase --apply") {
		return os.RemoveAll(filepath.Join(w.repo.GitDir, "rebase-apply"))
	}
	return nil
}

// restoreWorktree brings the files back that git wrote anew, and nobody changed since.
func (w *AsItWas) restoreWorktree(ctx context.Context) error {
	changed, err := w.repo.GitAsUser(ctx, run.Cmd{Args: []string{"diff-files", "--name-only", "-z"}})
	if err != nil {
		return err
	}
	mine := git.SplitZero(changed)
	for path, kept := range w.names {
		full := filepath.Join(w.repo.Worktree, filepath.FromSlash(path))
		if _, err := os.Lstat(full); err != nil || slices.Contains(mine, path) {
			continue
		}
		err := os.Rename(kept, full)
		if isOtherDevice(err) {
			err = copyOver(kept, full)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// onlyAm reports whether all lines of a reflog are of git am.
func onlyAm(lines []byte) bool {
	for line := range bytes.Lines(lines) {
		if _, text, _ := bytes.Cut(line, []byte("\t")); !bytes.HasPrefix(text, []byte("am")) {
			return false
		}
	}
	return true
}

// putBack makes the file at name what it was, as git writes it: by way of a lock.
func putBack(name string, was []byte) error {
	now, err := os.ReadFile(name)
	if err == nil && was != nil && bytes.Equal(now, was) || errors.Is(err, fs.ErrNotExist) && was == nil {
		return nil
	}
	if was == nil {
		return os.Remove(name)
	}
	lock, err := os.OpenFile(name+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = lock.Write(was)
	if err = errors.Join(err, lock.Close()); err == nil {
		err = os.Rename(lock.Name(), name)
	}
	if err != nil {
		_ = os.Remove(lock.Name())
	}
	return err
}
