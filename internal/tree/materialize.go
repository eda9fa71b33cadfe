// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// Materialize makes dir hold the files of a snapshot, for a build: it writes what differs from what the
// last Materialize left there, removes what is no more, and leaves all else with its times, so
// that make rebuilds only what changed. A file that was changed by hand since is written again;
// files that a build made beside them stay. Progress, which may be nil, gets a line from time to
// time. After an error, or where ctx ended, dir is half done; the next call completes it.
//
// What was laid out is noted in dir/.lsmpatch-files.
func Materialize(ctx context.Context, snapshot fs.FS, dir string, progress io.Writer) error {
	m := &materializer{snapshot: snapshot, dir: dir, progress: progress}
	return m.run(ctx)
}

type materializer struct {
	snapshot fs.FS
	dir      string
	progress io.Writer
	done     atomic.Int64
	total    int
	// entries is what the snapshot has, in its order.
	entries []laidOut
}

// A laidOut is a file as it was written: what it is, and how it looked on disk then.
type laidOut struct {
	path  string
	mode  filemode.FileMode
	hash  odb.Hash
	size  int64
	mtime int64 // nanoseconds
}

func (m *materializer) run(ctx context.Context) error {
	if err := os.MkdirAll(m.dir, 0o777); err != nil {
		return err
	}
	before, err := m.readNote()
	if err != nil {
		return err
	}
	if err := m.list("."); err != nil {
		return err
	}
	m.total = len(m.entries)
	there := make(map[string]bool, m.total)
	for i := range m.entries {
		there[m.entries[i].path] = true
	}
	for name := range before {
		if !there[name] {
			if err := m.remove(name); err != nil {
				return err
			}
		}
	}
	err = m.writeAll(ctx, before)
	return errors.Join(err, m.writeNote(before))
}

// list gathers the entries of the snapshot.
func (m *materializer) list(dir string) error {
	entries, err := fs.ReadDir(m.snapshot, dir)
	if err != nil {
		return err
	}
	for _, d := range entries {
		name := path.Join(dir, d.Name())
		e, err := Lookup(m.snapshot, name)
		if err != nil {
			return err
		}
		switch e.Mode {
		case filemode.Dir:
			err = m.list(name)
		case filemode.Submodule:
		default:
			if err = CheckPath(name); len(m.entries) >= MaxFiles {
				err = fmt.Errorf("more than %d files: too large", MaxFiles)
			}
			m.entries = append(m.entries, laidOut{path: name, mode: e.Mode, hash: e.Hash})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *materializer) full(name string) string {
	return filepath.Join(m.dir, filepath.FromSlash(name))
}

func (m *materializer) remove(name string) error {
	err := os.Remove(m.full(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	PruneAbove(m.dir, name)
	return nil
}

// writeAll writes in parallel, each goroutine a stretch of neighbours.
func (m *materializer) writeAll(ctx context.Context, before map[string]laidOut) error {
	const stretch = 256
	group, part := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	last := time.Now()
	for from := 0; from < len(m.entries) && part.Err() == nil; from += stretch {
		entries := m.entries[from:min(from+stretch, len(m.entries))]
		group.Go(func() error {
			made := ""
			for i := range entries {
				if err := part.Err(); err != nil {
					return err
				}
				if err := m.writeOne(&entries[i], before, &made); err != nil {
					return err
				}
				m.done.Add(1)
			}
			return nil
		})
		if m.progress != nil && time.Since(last) > time.Second {
			last = time.Now()
			fmt.Fprintf(m.progress, "laying out files: %d of %d\n", m.done.Load(), m.total)
		}
	}
	err := group.Wait()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && m.progress != nil {
		fmt.Fprintf(m.progress, "laid out %d files in %s\n", m.total, m.dir)
	}
	return err
}

// writeOne brings one file up to date. Made is the folder that was last made sure of.
func (m *materializer) writeOne(e *laidOut, before map[string]laidOut, made *string) error {
	full := m.full(e.path)
	old, known := before[e.path]
	if known && old.mode == e.mode && old.hash == e.hash {
		if info, err := os.Lstat(full); err == nil && info.Size() == old.size && info.ModTime().UnixNano() == old.mtime {
			e.size, e.mtime = old.size, old.mtime
			return nil
		}
	}
	data, err := readBlobOf(m.snapshot, e)
	if err != nil {
		return err
	}
	if dir := path.Dir(e.path); dir != *made {
		if err := m.makeDir(dir); err != nil {
			return err
		}
		*made = dir
	}
	stat, err := WriteEntry(full, e.mode, data)
	if errors.Is(err, syscall.ENOTEMPTY) {
		// A folder made way for a file, and a build has left something in it.
		if err := os.RemoveAll(full); err != nil {
			return err
		}
		stat, err = WriteEntry(full, e.mode, data)
	}
	e.size, e.mtime = int64(len(data)), int64(stat.Mtime)*1e9+int64(stat.MtimeNsec)
	return err
}

// makeDir makes a folder and those above it. What stands in its way is not followed but removed,
// where it is a symlink or file: nothing may be written outside of dir.
func (m *materializer) makeDir(dir string) error {
	at := m.dir
	for part := range strings.SplitSeq(dir, "/") {
		at = filepath.Join(at, part)
		if dir == "." {
			break
		}
		info, err := os.Lstat(at)
		if err == nil && info.IsDir() {
			continue
		}
		if err == nil {
			if err := os.Remove(at); err != nil {
				return err
			}
		}
		if err := os.Mkdir(at, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// readBlobOf reads what an entry of a snapshot holds, whose mode is known.
func readBlobOf(snapshot fs.FS, e *laidOut) ([]byte, error) {
	if b, ok := snapshot.(interface {
		readBlob(name string) ([]byte, error)
	}); ok && e.mode != filemode.Symlink {
		return b.readBlob(e.path)
	}
	return ReadEntry(snapshot, e.path)
}

func (m *materializer) notePath() string { return filepath.Join(m.dir, filesNote) }

func (m *materializer) readNote() (map[string]laidOut, error) {
	data, err := os.ReadFile(m.notePath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	before := map[string]laidOut{}
	for line := range bytes.SplitSeq(data, []byte{0}) {
		fields := strings.SplitN(string(line), " ", 5)
		if len(fields) != 5 {
			continue
		}
		mode, err1 := strconv.ParseUint(fields[0], 8, 32)
		size, err2 := strconv.ParseInt(fields[2], 10, 64)
		mtime, err3 := strconv.ParseInt(fields[3], 10, 64)
		if errors.Join(err1, err2, err3, CheckPath(fields[4])) != nil {
			// A note that was cut short or tampered with only makes us write more.
			continue
		}
		before[fields[4]] = laidOut{fields[4], filemode.FileMode(mode), odb.Hash(fields[1]), size, mtime}
	}
	return before, nil
}

// writeNote notes what lies there now: of the files that were not reached, what lay there before.
func (m *materializer) writeNote(before map[string]laidOut) error {
	f, err := os.CreateTemp(m.dir, filesNote+"-")
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	for i := range m.entries {
		e, known := m.entries[i], true
		if e.mtime == 0 {
			e, known = before[e.path], before[e.path].mtime != 0
		}
		if known {
			fmt.Fprintf(w, "%o %s %d %d %s\x00", uint32(e.mode), e.hash, e.size, e.mtime, e.path)
		}
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), m.notePath())
}

// maxFiles bounds how many files a tree may have; Linux has 96,000.
const MaxFiles = limit.TreeFiles
