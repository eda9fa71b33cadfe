// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series"
)

// A Stack is an open stack. Close it after use.
type Stack struct {
	// Dir is its folder.
	Dir      string
	Manifest *Manifest
	// Lock is nil where nothing was locked yet.
	Lock *Lock

	// Read returns the versions of a series, the newest first, as series.Open does.
	Read func(ctx context.Context, names []string) ([]*patchset.Set, error)
	// All returns every series of a source, as series.All does; where it is nil, what stands beside an entry in its source is
	// not looked at.
	All func(ctx context.Context, names []string) iter.Seq2[*patchset.Set, error]
	// Progress gets lines about what goes on; it may be nil.
	Progress io.Writer

	// Fetched is the commit that was fetched as the base, where the tree may not have its name; "" for none.
	Fetched string

	guard *os.File
}

// ErrBusy is the error for a stack that another process is changing.
var ErrBusy = errors.New("another lsmpatch is at work on the stack")

// Open opens the stack in dir for changes: nobody else can until Close. Its files are read and hold together, or there is an
// error that names the place.
func Open(dir string) (*Stack, error) {
	s, err := View(dir)
	if err != nil {
		return nil, err
	}
	return s, s.take()
}

// View opens the stack in dir for reading.
func View(dir string) (*Stack, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	l, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	return &Stack{Dir: dir, Manifest: m, Lock: l}, nil
}

// take keeps others from changing the stack, by a lock on its manifest's folder.
func (s *Stack) take() error {
	f, err := os.Open(s.Dir)
	if err != nil {
		return err
	}
	free, err := git.Flock(f)
	if err == nil && !free {
		err = hint.Wrap(fmt.Errorf("%s: %w", s.Dir, ErrBusy), "wait for it to end")
	}
	if err != nil {
		f.Close()
		return err
	}
	s.guard = f
	return nil
}

// Close lets others change the stack.
func (s *Stack) Close() error {
	if s.guard == nil {
		return nil
	}
	return s.guard.Close()
}

// TreeDir returns the folder of the tree: the one given, or the manifest's.
func (s *Stack) TreeDir(given string) (string, error) {
	switch {
	case given != "":
		return given, nil
	case s.Manifest.Tree.Dir == "":
		return "", hint.Wrap(errors.New("no tree was named"), `give --tree DIR, or write dir = "…" below [tree] of `+ManifestName)
	}
	return s.Path(s.Manifest.Tree.Dir), nil
}

// Path returns a path of the manifest as it counts from where we are; "" and URLs stay what they are.
func (s *Stack) Path(name string) string {
	if name == "" || filepath.IsAbs(name) || strings.Contains(name, "://") {
		return name
	}
	return filepath.Join(s.Dir, name)
}

// Branch returns the branch that gets the commits.
func (s *Stack) Branch() string {
	if s.Manifest.Branch == "" {
		return "stack"
	}
	return s.Manifest.Branch
}

func (s *Stack) say(format string, args ...any) {
	if s.Progress != nil {
		fmt.Fprintf(s.Progress, format+"\n", args...)
	}
}

// save writes manifest and lock, the lock last, and takes away what they no longer name.
func (s *Stack) save(m *Manifest, l *Lock) error {
	if m != nil && m.text != s.Manifest.text {
		if err := writeFile(filepath.Join(s.Dir, ManifestName), []byte(m.text)); err != nil {
			return err
		}
		s.Manifest = m
	}
	text, err := l.text()
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.Dir, LockName), text); err != nil {
		return err
	}
	s.Lock = l
	return s.sweep()
}

// sweep removes mails that the lock does not name, and what killed runs left. What was resolved stays: it may be of use
// again.
func (s *Stack) sweep() error {
	used := map[string]bool{}
	for _, e := range s.Lock.Entries {
		used[e.Mails] = true
	}
	for _, dir := range []string{mailsDir, resolvedDir, "."} {
		files, err := os.ReadDir(filepath.Join(s.Dir, dir))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, f := range files {
			left := strings.HasPrefix(f.Name(), ".lsmpatch-")
			if left || dir == mailsDir && strings.HasSuffix(f.Name(), ".mbox") && !used[f.Name()] {
				if err := os.Remove(filepath.Join(s.Dir, dir, f.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
					return err
				}
			}
		}
	}
	return nil
}

// parsePerson takes "Name <address>" apart; the time is that of each patch.
func parsePerson(text string) (object.Signature, error) {
	name, rest, ok := strings.Cut(text, " <")
	mail, end, closed := strings.Cut(rest, ">")
	if !ok || !closed || end != "" || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(name) == "" || mail == "" {
		return object.Signature{}, hint.Wrap(fmt.Errorf("%q is no person", text), `write "Name <address>"`)
	}
	return object.Signature{Name: strings.TrimSpace(name), Email: mail}, nil
}

// newLock begins a lock for the manifest's base, or goes on with the one that is there.
func (s *Stack) newLock(ctx context.Context, t *tree.Tree) (*Lock, error) {
	rev := s.Manifest.Tree.Rev()
	if s.Lock != nil {
		if s.Lock.Rev != rev {
			return nil, hint.Wrap(fmt.Errorf("%s names the base %s, and %s was made for %s", ManifestName, rev, LockName, s.Lock.Rev),
				"`lsmpatch stack rebase --onto "+rev+"` takes the stack there")
		}
		l := s.Lock.clone()
		if s.Manifest.Committer != "" {
			l.Committer = s.Manifest.Committer
		}
		if _, err := t.Resolve(l.Base); err != nil {
			return nil, s.fetchHint(err)
		}
		return l, nil
	}
	base := s.Fetched
	if base == "" {
		id, err := t.Resolve(rev)
		if err != nil {
			return nil, s.fetchHint(err)
		}
		base = string(id)
	}
	l := &Lock{Format: lockFormat, Rev: rev, Base: base, Committer: s.Manifest.Committer}
	if l.Committer == "" {
		who, err := t.Identity(ctx)
		if err != nil {
			return nil, hint.Wrap(err, `write committer = "Name <address>" in `+ManifestName)
		}
		l.Committer = fmt.Sprintf("%s <%s>", who.Name, who.Email)
	}
	_, err := parsePerson(l.Committer)
	return l, err
}

// LockedBase returns the commit that the stack stands on, "" where none is locked.
func (s *Stack) LockedBase() string {
	if s.Lock == nil {
		return ""
	}
	return s.Lock.Base
}

// movedBase tells where the tree's idea of the base is another than the lock's: a tag or branch that somebody moved.
func (s *Stack) movedBase(t *tree.Tree, l *Lock) string {
	now, err := t.Resolve(l.Rev)
	if err != nil || string(now) == l.Base {
		return ""
	}
	return fmt.Sprintf("%s is %.12s now; the stack stays on %.12s (`lsmpatch stack rebase --onto %s` moves it)", l.Rev, string(now), l.Base, l.Rev)
}

// FetchError says of a base that its remote did not give what can be done.
func (s *Stack) FetchError(err error) error {
	if !errors.Is(err, git.ErrNoRevision) || s.Lock == nil {
		return err
	}
	rev := s.Lock.Rev
	return hint.Wrap(fmt.Errorf("%.12s, which %s names as %s, is no longer to be had: %w", s.Lock.Base, LockName, rev, err),
		fmt.Sprintf("the remote's %s was moved by force; take the commit from a repository that has it, or fetch and `lsmpatch stack rebase --onto %s`", rev, rev))
}

func (s *Stack) fetchHint(err error) error {
	if s.Manifest.Tree.Remote == "" {
		return hint.Wrap(err, `the tree does not have the base; fetch it, or write remote = "URL" below [tree]`)
	}
	return hint.Wrap(err, fmt.Sprintf("`lsmpatch fetch --tree DIR --remote %s --commit %s` gets the base", s.Manifest.Tree.Remote, s.Manifest.Tree.Commit))
}

// lockEntries locks what of the manifest is not locked, or was changed since, brings the lock's entries into the manifest's
// order, and drops those that are gone. It tells which names were locked anew.
func (s *Stack) lockEntries(ctx context.Context, l *Lock) (anew []string, err error) {
	var entries []*Locked
	for _, e := range s.Manifest.Entries {
		locked := l.entry(e.Name)
		if locked == nil || locked.Key != e.key() {
			set, err := s.read(ctx, e)
			if err != nil {
				return nil, err
			}
			if locked, err = s.freeze(e, set, time.Now()); err != nil {
				return nil, err
			}
			anew = append(anew, e.Name)
		}
		entries = append(entries, locked)
	}
	l.Entries = entries
	return anew, nil
}

// Sources returns the series of an entry, with paths made to count from where we are.
func (s *Stack) Sources(e *Entry) []string {
	names := slices.Clone(e.Series)
	for i, name := range names {
		names[i] = series.Repath(name, func(path string) string {
			here := filepath.Join(s.Dir, path)
			if _, err := os.Stat(here); path == "" || filepath.IsAbs(path) || err != nil {
				return path
			}
			return here
		})
	}
	return names
}
