// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/internal/git"
)

// AsItWas remembers what git am leaves changed behind git am --abort: a line in the reflogs, ORIG_HEAD, and the flags and
// times in the index.
type AsItWas struct {
	repo  *git.Repo
	files map[string][]byte // the content, nil of a file that was not there
	logs  map[string][]byte
}

// Remember reads the state of r, which nothing may be in the midst of.
func Remember(r *git.Repo) (*AsItWas, error) {
	w := &AsItWas{repo: r, files: map[string][]byte{}, logs: map[string][]byte{}}
	logs := []string{filepath.Join(r.GitDir, "logs", "HEAD")}
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
	return w, nil
}

// Restore brings that state back, once HEAD is where it was. What somebody else wrote into a reflog meanwhile stays, with what
// git am wrote before it. A folder of git am's own, of a run that ended before it was one, goes.
func (w *AsItWas) Restore() error {
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
