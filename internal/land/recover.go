// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// Open is [Open] with what a killed landing left completed or taken back.
func Open(dir string) (*tree.Tree, error) {
	t, err := tree.Open(dir)
	if err != nil {
		return nil, err
	}
	if t.Repo == nil {
		return t, recoverPlain(t)
	}
	return t, recoverRepo(t.Repo)
}

// Recover ends a landing in dir whose process was killed. It waits for a git that the landing started and
// that is still at work, for landings of others, and for the dead process to let go of its locks, until ctx
// ends.
func Recover(ctx context.Context, dir string) error {
	for {
		t, err := Open(dir)
		if err != nil {
			return err
		}
		if err := t.Close(); err != nil || !isLanding(t) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// isLanding tells whether there is a note of a landing, or of a lock on a ref.
func isLanding(t *tree.Tree) bool {
	if t.Repo == nil {
		_, err := os.Lstat(plainNotePath(t.Dir()))
		return err == nil
	}
	if _, err := os.Lstat(notePath(t.Repo)); err == nil {
		return true
	}
	list, err := os.ReadDir(t.Repo.CommonSide())
	return err == nil && slices.ContainsFunc(list, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), git.RefNotePrefix) })
}

// recoverRepo ends a landing whose process was killed. Where another landing runs, nothing is done.
func recoverRepo(r *git.Repo) error {
	if err := r.RecoverRefs(); err != nil {
		return err
	}
	if _, err := os.Lstat(notePath(r)); err != nil {
		// Killed before the note was made, or after it went: the folder is empty, or in use.
		os.Remove(r.Side(""))
		return nil
	}
	note, err := lockNote(r, 0)
	var locked *git.LockedError
	if errors.As(err, &locked) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	l := &landing{repo: r, note: note}
	if err := l.readNote(); err == nil && l.Head != "" {
		if err := l.recover(); err != nil {
			return errors.Join(fmt.Errorf("ending a landing that was killed: %w", err), note.Close())
		}
	}
	return errors.Join(l.unlockIndex(), l.dropNote())
}

// recover brings the touched paths, in index and worktree, to the commit that the ref points at.
// A file that is neither as before nor as after the landing is somebody's work, and stays.
func (l *landing) recover() error {
	r, ctx := l.repo, context.Background()
	now, err := r.RefValue(l.Ref)
	if err != nil && !(errors.Is(err, fs.ErrNotExist) && l.Base == "") {
		return err
	}
	target, other := l.Base, l.Head
	if string(now) == l.Head {
		target, other = l.Head, l.Base
	}
	if err := l.unlockIndex(); err != nil {
		return err
	}
	if !l.Visible || !r.Store.Has(odb.Hash(l.Head).Raw()) || string(now) != l.Base && string(now) != l.Head {
		// Killed before anything changed, or git has since moved the ref on.
		return nil
	}
	return l.restore(ctx, target, other)
}

// restore brings index and worktree to the commit target, from where a landing between it and the commit other
// has left them.
func (l *landing) restore(ctx context.Context, target, other string) error {
	want, err := l.entries(target)
	if err != nil {
		return err
	}
	not, err := l.entries(other)
	if err != nil {
		return err
	}
	if err := l.restoreIndex(ctx, target, want); err != nil {
		return err
	}
	cut := not
	if target == l.Head {
		cut = nil // all files were written before the ref moved
	} else {
		for _, name := range l.Gone {
			delete(want, name) // it was not there either
		}
	}
	if err := l.removeNew(ctx, want, not, cut); err != nil {
		return err
	}
	var checkout []string
	for _, name := range l.Paths {
		if want[name] == "" {
			continue
		}
		lies, err := l.lies(ctx, name, cut[name])
		if err != nil {
			return err
		}
		if lies != want[name] && (lies == not[name] || lies == "") {
			checkout = append(checkout, name)
		}
	}
	return l.checkout(ctx, checkout)
}

// removeNew removes the files that are not wanted. They go first, since a file may have to go before another one
// can stand in its place.
func (l *landing) removeNew(ctx context.Context, want, not, cut map[string]string) error {
	for _, name := range l.Paths {
		if want[name] != "" {
			continue
		}
		if lies, err := l.lies(ctx, name, cut[name]); err != nil {
			return err
		} else if lies == "other" && strings.HasPrefix(not[name], "160000 ") && !slices.Contains(l.Folders, name) {
			_ = syscall.Rmdir(l.full(name)) // the folder of a submodule, unless somebody put something there
		} else if lies != "" && lies != not[name] {
			continue
		} else if lies != "" {
			if err := os.Remove(l.full(name)); err != nil {
				return err
			}
		}
		l.pruneMade(name)
	}
	return nil
}

// pruneMade removes the folders above a path that are empty, and were not there before the landing.
func (l *landing) pruneMade(name string) {
	odb.Above(name, func(dir string) bool {
		if slices.Contains(l.Folders, dir) {
			return false
		}
		err := syscall.Rmdir(l.full(dir))
		return err == nil || errors.Is(err, fs.ErrNotExist)
	})
}

// entries returns "mode hash" of those touched paths that a commit has; "" has none.
func (l *landing) entries(commit string) (map[string]string, error) {
	if commit == "" {
		return nil, nil
	}
	root, err := l.repo.Peel(commit, "tree")
	if err != nil {
		return nil, err
	}
	snapshot, err := tree.NewGitFS(l.repo.Store, root)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, name := range l.Paths {
		e, err := snapshot.Entry(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && e.Mode == filemode.Dir {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[name] = fmt.Sprintf("%o %s", uint32(e.Mode), e.Hash)
	}
	return out, nil
}

// lies returns "mode hash" of a file of the worktree, "" where none is. A file that was cut short while
// it was written, as git leaves it when the disk is full, counts as the whole.
func (l *landing) lies(ctx context.Context, name, written string) (string, error) {
	found, err := l.worktreeHash(ctx, name)
	if err != nil || found == "" || found == written || written == "" {
		return found, err
	}
	_, id, _ := strings.Cut(written, " ")
	whole, err := l.repo.Store.ReadType(odb.Hash(id).Raw(), plumbing.BlobObject)
	if err != nil {
		return found, nil // a submodule link: there is no file to be cut short
	}
	data, err := os.ReadFile(filepath.Join(l.repo.Worktree, name))
	if err == nil && len(data) < len(whole) && bytes.HasPrefix(whole, data) {
		return written, nil
	}
	return found, nil
}

// worktreeHash returns "mode hash" that git would give to a file of the worktree, "" where none is.
func (l *landing) worktreeHash(ctx context.Context, name string) (string, error) {
	full := filepath.Join(l.repo.Worktree, name)
	info, err := os.Lstat(full)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	mode, err := tree.GitMode(info.Mode())
	if err != nil || info.IsDir() {
		return "other", nil
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(full)
		return fmt.Sprintf("%o %x", uint32(mode), l.repo.Format.Sum(plumbing.BlobObject, []byte(target))), err
	}
	out, err := l.repo.GitAsUser(ctx, run.Cmd{Args: []string{"hash-object", "--stdin-paths"}, Stdin: strings.NewReader(full + "\n")})
	return fmt.Sprintf("%o %s", uint32(mode), strings.TrimSpace(string(out))), err
}

// restoreIndex makes the index be as it was, where it is still the old one or already the new one of this landing,
// and else have the touched paths as they should be.
func (l *landing) restoreIndex(ctx context.Context, target string, want map[string]string) error {
	r := l.repo
	isNew := sameFile(r.IndexPath(), newIndex(r)) || sameFile(r.IndexPath(), lockName(r))
	switch {
	case target == l.Head && isNew, target == l.Base && sameFile(r.IndexPath(), oldIndex(r)):
		return nil
	case target == l.Base && isNew:
		err := os.Rename(oldIndex(r), r.IndexPath())
		if errors.Is(err, fs.ErrNotExist) {
			err = os.Remove(r.IndexPath()) // there was none
		}
		return err
	}
	var info strings.Builder
	for _, name := range l.Paths {
		if want[name] == "" {
			fmt.Fprintf(&info, "0 %x\t%s\x00", l.repo.Format.Null(), name)
		}
	}
	for _, name := range l.Paths {
		if want[name] != "" {
			fmt.Fprintf(&info, "%s\t%s\x00", want[name], name)
		}
	}
	_, err := r.GitAsUser(ctx, run.Cmd{Args: []string{"update-index", "-z", "--index-info"}, Stdin: strings.NewReader(info.String())})
	return err
}

// checkout writes files of the index into the worktree.
func (l *landing) checkout(ctx context.Context, names []string) error {
	r := l.repo
	if len(names) == 0 {
		return nil
	}
	_, err := r.GitAsUser(ctx, run.Cmd{
		Args:  []string{"checkout-index", "-q", "-f", "-z", "--stdin"},
		Stdin: strings.NewReader(strings.Join(names, "\x00")),
	})
	if err != nil {
		return err
	}
	if _, err := r.GitAsUser(ctx, run.Cmd{Args: []string{"update-index", "-q", "--refresh"}}); err != nil && !git.Exited(err, 1) {
		return err
	}
	return nil
}

// sameFile tells whether two names are of one file that is there.
func sameFile(a, b string) bool {
	first, err := os.Lstat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}
