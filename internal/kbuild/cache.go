// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A Cache holds what builds leave for later ones, in entries that are made once and never changed: the
// sources of a tree (kind "source"), its build in one configuration ("base"), what a series
// adds to that ("series"), a layer over its base, and selftests ("tests"). An entry's key names all that went into it.
//
// An entry is a folder. Whoever uses it holds a shared lock of the folder, whoever makes or removes it
// an exclusive one, which ends with the process; the file info.json is written when all else is
// done. So a maker that was killed leaves an entry that counts for nothing.
type Cache struct{ dir string }

// DefaultCacheLimit is what the cache may hold when a build ends, in bytes.
const DefaultCacheLimit = 20 << 30

// OpenCache returns the cache in dir, or where that is "" below the user's cache folder.
func OpenCache(dir string) (*Cache, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, hint.Wrap(err, "name a folder for builds with --out")
		}
		dir = filepath.Join(user, "lsmpatch", "builds")
	}
	dir, err := filepath.Abs(dir)
	return &Cache{dir}, err
}

// An Entry describes one entry of a cache.
type Entry struct {
	Kind string `json:"kind"` // "source", "base", "series" or "tests"
	Key  string `json:"key"`
	// Title says in words what it is.
	Title string    `json:"title"`
	Bytes int64     `json:"bytes"`
	Made  time.Time `json:"made"`
	Used  time.Time `json:"used"`
	// Nonce tells this making of the entry from others of the same key, and Below is that of the entry
	// that this one is a layer over.
	Nonce string `json:"nonce"`
	Below string `json:"below,omitempty"`
	// Commands is how many commands its making took.
	Commands int `json:"commands,omitempty"`
	// Memory is what the build complained about.
	Memory memory `json:"complaints,omitempty"`
	// Outcome is what a series came to.
	Outcome *outcome `json:"outcome,omitempty"`

	dir  string
	lock *os.File
}

// keyOf returns a key for all that went into an entry.
func keyOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %s\n", len(p), p)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// get returns the entry, locked against removal until its release is called, and makes it where it is not
// there: fill gets an empty folder. below is the nonce of the entry that it is a layer over, or "".
func (c *Cache) get(ctx context.Context, want Entry, say func(string), fill func(e *Entry) error) (*Entry, error) {
	dir := filepath.Join(c.dir, want.Kind+"-"+want.Key)
	for waited := false; ; {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, hint.Wrap(err, "name a folder for builds with --out")
		}
		lock, err := os.Open(dir)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue // somebody removed it meanwhile
			}
			return nil, err
		}
		e, err := readEntry(dir)
		done := err == nil && e.Below == want.Below
		how := syscall.LOCK_EX
		if done {
			how = syscall.LOCK_SH
		}
		switch err := syscall.Flock(int(lock.Fd()), how|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EWOULDBLOCK):
			lock.Close()
			if !waited {
				waited = true
				say("waiting for another build of " + want.Title)
			}
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(200 * time.Millisecond):
			}
			continue
		case err != nil:
			lock.Close()
			return nil, fmt.Errorf("locking %s: %w", dir, err)
		}
		if !sameFolder(lock, dir) {
			lock.Close()
			continue
		}
		if done {
			e.lock = lock
			now := time.Now()
			// Where that fails the entry only looks older than it is.
			_ = os.Chtimes(filepath.Join(dir, infoFile), now, now)
			return e, nil
		}
		// Somebody may have made it before we had the lock.
		if e, err := readEntry(dir); err != nil || e.Below != want.Below {
			if err := make1(dir, want, fill); err != nil {
				os.RemoveAll(dir)
				lock.Close()
				return nil, err
			}
		}
		lock.Close()
	}
}

// make1 makes an entry in the folder dir, whose lock the caller has.
func make1(dir string, e Entry, fill func(e *Entry) error) error {
	old, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.RemoveAll(filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	e.dir, e.Made = dir, time.Now().UTC()
	e.Nonce = fmt.Sprintf("%x", e.Made.UnixNano())
	if err := fill(&e); err != nil {
		return err
	}
	e.Bytes = bytesBelow(dir)
	return writeEntry(&e)
}

const infoFile = "info.json"

func writeEntry(e *Entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	name := filepath.Join(e.dir, infoFile)
	if err := os.WriteFile(name+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// readEntry returns the entry of a folder, an error where it was not finished.
func readEntry(dir string) (*Entry, error) {
	name := filepath.Join(dir, infoFile)
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	e := &Entry{dir: dir}
	if err := json.Unmarshal(data, e); err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	e.Used = info.ModTime().UTC()
	return e, nil
}

// sameFolder reports whether dir still is the folder that was opened.
func sameFolder(opened *os.File, dir string) bool {
	a, err := opened.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(dir)
	return err == nil && os.SameFile(a, b)
}

// release lets others remove the entry.
func (e *Entry) release() {
	if e != nil && e.lock != nil {
		e.lock.Close()
	}
}

// path returns a path within the entry.
func (e *Entry) path(name string) string { return filepath.Join(e.dir, name) }

// List returns the entries, the one that was used last first. Entries that were never finished have no
// title.
func (c *Cache) List() ([]Entry, error) {
	folders, err := os.ReadDir(c.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries := []Entry{}
	for _, f := range folders {
		kind, key, ok := strings.Cut(f.Name(), "-")
		if !ok || !slices.Contains([]string{"source", "base", "series", "tests", "scratch"}, kind) {
			continue
		}
		dir := filepath.Join(c.dir, f.Name())
		e, err := readEntry(dir)
		if err != nil {
			e = &Entry{dir: dir, Bytes: bytesBelow(dir)}
			if info, err := f.Info(); err == nil {
				e.Used = info.ModTime().UTC()
			}
		}
		e.Kind, e.Key, e.Memory, e.Outcome = kind, key, nil, nil
		entries = append(entries, *e)
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(b.Used.Compare(a.Used), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return entries, nil
}

// Prune removes what was never finished, and then the entries that were used longest ago until the rest
// has at most limit bytes. What a running build uses stays. It returns what it removed.
func (c *Cache) Prune(limit int64) ([]Entry, error) {
	entries, err := c.List()
	if err != nil {
		return nil, err
	}
	var sum int64
	for _, e := range entries {
		sum += e.Bytes
	}
	removed := []Entry{}
	if err := c.prunePlans(limit); err != nil {
		return nil, err
	}
	for _, e := range slices.Backward(entries) {
		if e.Title != "" && sum <= limit {
			continue
		}
		gone, err := e.remove()
		if err != nil {
			return removed, err
		}
		if gone {
			sum -= e.Bytes
			removed = append(removed, e)
		}
	}
	return removed, nil
}

// planAge is how long a plan stays that nobody asks for.
const planAge = 30 * 24 * time.Hour

// prunePlans removes old plans, and all where nothing may stay.
func (c *Cache) prunePlans(limit int64) error {
	names, err := filepath.Glob(filepath.Join(c.dir, "plan-*"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && (limit == 0 || time.Since(info.ModTime()) > planAge) {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// commands returns about how many commands the build of a base takes: as many as the last one of the same kernel
// took, 0 where there was none.
func (c *Cache) commands(title string) int {
	entries, err := c.List()
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if e.Kind == "base" && e.Title == title && e.Commands > 0 {
			return e.Commands
		}
	}
	return 0
}

// remove removes the entry unless somebody uses it.
func (e *Entry) remove() (bool, error) {
	lock, err := os.Open(e.dir)
	if err != nil {
		return false, err
	}
	defer lock.Close()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return false, nil
	}
	// First what says that it is whole.
	if err := os.Remove(e.path(infoFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, os.RemoveAll(e.dir)
}

// bytesBelow returns what a folder takes on disk. What vanishes meanwhile is not counted.
func bytesBelow(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if stat := info.Sys().(*syscall.Stat_t); stat.Nlink <= 1 || d.IsDir() {
				sum += stat.Blocks * 512
			}
		}
		return nil
	})
	return sum
}
