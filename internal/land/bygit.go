// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// runByGit does with git what runNative leaves alone. All that git could refuse, and each filter that could
// fail, has its turn before the first file changes.
func (l *landing) runByGit(ctx context.Context, c *Chain) error {
	r := l.repo
	changes, err := l.netChanges(c)
	if err != nil {
		return err
	}
	if err := l.prepareByGit(ctx, changes); err != nil {
		return err
	}
	sync, err := r.Fsync(ctx)
	if err != nil {
		return err
	}
	if err := writeObjects(r, c.made, sync); err != nil {
		return err
	}
	// Whoever else moves the branch is kept out, or found, before anything shows.
	out := &Landed{Ref: l.Ref, Base: odb.Hash(l.Base), Head: odb.Hash(l.Head)}
	ref, err := r.LockRef(out.Ref, out.Base, out.Head)
	if err != nil && !errors.Is(err, git.ErrForeign) {
		return err
	}
	if ref != nil {
		defer ref.Release()
	}
	if err := l.switchByGit(ctx, changes, sync); err != nil {
		return err
	}
	if err := os.Link(l.index, newIndex(r)); err != nil {
		return err
	}
	r.At("index")
	if err := os.Rename(l.index, r.IndexPath()); err != nil {
		return err
	}
	if ref == nil {
		return errors.Join(updateRef(r, ctx, out, out.Base, c, l.note), l.noteOrigin(ctx, c))
	}
	if err := syncRef(ref, sync); err != nil {
		return err
	}
	return errors.Join(l.noteOrigin(ctx, c), ref.Commit(c.reflogLines(out.Base)))
}

// A gitChange is what a whole series means for one path, in a landing by git.
type gitChange struct {
	path     string
	old, new filemode.FileMode // filemode.Empty where there is no file
}

// netChanges returns the paths that are not after the series what they were before.
func (l *landing) netChanges(c *Chain) ([]gitChange, error) {
	before, err := l.entries(l.Base)
	if err != nil {
		return nil, err
	}
	var list []gitChange
	for _, name := range l.Paths {
		change := c.last[name]
		g := gitChange{path: name, new: change.Mode}
		after := ""
		if old := before[name]; old != "" {
			if _, err := fmt.Sscanf(old, "%o", (*uint32)(&g.old)); err != nil {
				return nil, err
			}
		}
		if !change.Deleted() {
			id := change.Hash
			if change.Mode != filemode.Submodule {
				id = odb.HashOf(change.BlobID(l.repo.Format))
			}
			after = fmt.Sprintf("%o %s", uint32(change.Mode), id)
		}
		if after != before[name] {
			list = append(list, g)
		}
	}
	return list, nil
}

// prepareByGit copies the index and checks that nothing is in the way.
func (l *landing) prepareByGit(ctx context.Context, changes []gitChange) error {
	r := l.repo
	if err := copyFile(r.IndexPath(), l.index); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := l.git(ctx, "update-index", "-q", "--refresh"); err != nil && !git.Exited(err, 1) {
		return err
	}
	staged, err := l.git(ctx, "diff-index", "--cached", "--name-only", "-z", "--no-renames", l.baseTree(), "--")
	if err != nil {
		return err
	}
	if len(staged) > 0 {
		return &git.DirtyError{Paths: git.SplitZero(staged), Index: true}
	}
	dirty, err := l.dirty(ctx, changes)
	if err != nil {
		return err
	}
	if len(dirty) == 0 {
		dirty = l.inTheWay(changes)
	}
	if len(dirty) > 0 {
		return &git.DirtyError{Paths: dirty}
	}
	return nil
}

// dirty returns the touched paths that differ from the index. A file that is not there does not: git apply
// checks it out first. One whose index entry says that nobody should look is looked at, as git apply does.
func (l *landing) dirty(ctx context.Context, changes []gitChange) ([]string, error) {
	changed, err := l.git(ctx, "diff-files", "--diff-filter=d", "--name-only", "-z", "--ignore-submodules=dirty")
	if err != nil {
		return nil, err
	}
	var dirty []string
	for _, name := range git.SplitZero(changed) {
		if l.touches(name) {
			dirty = append(dirty, name)
		}
	}
	before, err := l.entries(l.Base)
	if err != nil {
		return nil, err
	}
	unseen, err := l.unseen(ctx, changes)
	if err != nil {
		return nil, err
	}
	for _, name := range unseen {
		lies, err := l.worktreeHash(ctx, name)
		if err != nil {
			return nil, err
		}
		if lies != "" && lies != before[name] {
			dirty = append(dirty, name)
		}
	}
	return dirty, nil
}

// unseen returns the touched paths whose index entries are marked assume-unchanged or skip-worktree.
func (l *landing) unseen(ctx context.Context, changes []gitChange) ([]string, error) {
	out, err := l.git(ctx, "ls-files", "-v", "-z")
	if err != nil {
		return nil, err
	}
	marked := map[string]bool{}
	for _, entry := range git.SplitZero(out) {
		// "H name": in lower case where it is assume-unchanged, S where it is skip-worktree.
		if tag, name, ok := strings.Cut(entry, " "); ok && (tag == "S" || tag != strings.ToUpper(tag)) {
			marked[name] = true
		}
	}
	var list []string
	for _, c := range changes {
		if marked[c.path] {
			list = append(list, c.path)
		}
	}
	return list, nil
}

// inTheWay returns what stands untracked where the series makes a file, ignored or not: git apply refuses to
// write over it, other than git read-tree.
func (l *landing) inTheWay(changes []gitChange) (paths []string) {
	known := map[string]bool{} // what stands there is in the index, and goes or is written over
	for _, c := range changes {
		known[c.path] = c.old != filemode.Empty
	}
	for _, c := range changes {
		if c.old != filemode.Empty || c.new == filemode.Empty {
			continue
		}
		if at := l.obstacle(c.path, known); at != "" && !slices.Contains(paths, at) {
			paths = append(paths, at)
		}
	}
	return paths
}

// obstacle returns what is in the way of a new file at name: something at its place, or a file where one of
// the folders above it has to be; "" for nothing.
func (l *landing) obstacle(name string, known map[string]bool) (found string) {
	above := true
	odb.Above(name, func(dir string) bool {
		info, err := os.Lstat(l.full(dir))
		if err != nil {
			above = false
			return true // something further up may be a file
		}
		if !info.IsDir() && !known[dir] {
			found = dir
		}
		above = above && info.IsDir()
		return !info.IsDir()
	})
	if found != "" || !above {
		return found
	}
	info, err := os.Lstat(l.full(name))
	if err != nil {
		return ""
	}
	if !info.IsDir() {
		return name
	}
	// A folder makes way where the series empties it. An empty one within it does not, to git.
	_ = filepath.WalkDir(l.full(name), func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if in, err := os.ReadDir(at); err != nil || len(in) > 0 || at == l.full(name) {
				return err
			}
		}
		if rel, err := filepath.Rel(l.repo.Worktree, at); err != nil || !known[filepath.ToSlash(rel)] {
			found = filepath.ToSlash(rel)
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// switchByGit brings the worktree and the copy of the index to the new commit. Files outside of a sparse checkout
// come into the worktree, as with git am.
func (l *landing) switchByGit(ctx context.Context, changes []gitChange, sync git.Fsync) error {
	// Without -u nothing is written but the index.
	if _, err := l.git(ctx, "read-tree", "-m", l.baseTree(), l.Head); err != nil {
		return dirtyOf(ctx, err)
	}
	moves, err := l.stageByGit(ctx, changes)
	if err != nil {
		return err
	}
	if err := l.show(moves, sync); err != nil {
		return err
	}
	if err := l.move(moves, nil); err != nil {
		return err
	}
	if _, err := l.git(ctx, "update-index", "-q", "--refresh"); err != nil && !git.Exited(err, 1) {
		return err
	}
	return nil
}

// dirtyOf makes a failure of git read-tree that is about local changes a [*git.DirtyError].
func dirtyOf(ctx context.Context, err error) error {
	var failed *run.Error
	if errors.As(err, &failed) && ctx.Err() == nil {
		if paths := overwritten(string(failed.Output)); len(paths) > 0 {
			return &git.DirtyError{Paths: paths}
		}
	}
	return err
}

// stageByGit has git write the new files, filtered as they are in the worktree, where nobody sees them.
func (l *landing) stageByGit(ctx context.Context, changes []gitChange) ([]move, error) {
	var moves []move
	var names strings.Builder
	for _, c := range changes {
		m := move{path: c.path, old: c.old, new: c.new}
		if c.new != filemode.Empty && c.new != filemode.Submodule {
			m.from = filepath.Join(stageDir(l.repo), filepath.FromSlash(c.path))
			names.WriteString(c.path + "\x00")
		}
		moves = append(moves, m)
	}
	if names.Len() == 0 {
		return moves, nil
	}
	if err := os.RemoveAll(stageDir(l.repo)); err != nil {
		return nil, err
	}
	// Git apply makes files outside of a sparse checkout as well, and then the index says so.
	_, err := l.gitWith(ctx, run.Cmd{
		Args: []string{"update-index", "--no-skip-worktree", "-z", "--stdin"}, Stdin: strings.NewReader(names.String()),
	})
	if err != nil {
		return nil, err
	}
	_, err = l.gitWith(ctx, run.Cmd{
		Args:  []string{"checkout-index", "-q", "--prefix=" + stageDir(l.repo) + "/", "-z", "--stdin"},
		Stdin: strings.NewReader(names.String()),
	})
	if err != nil {
		return nil, fmt.Errorf("writing the files of the series: %w", err)
	}
	return moves, nil
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

// A move is what happens to one path of the worktree when a series becomes visible.
type move struct {
	path     string
	from     string            // the staged file; "" where there is none to come
	old, new filemode.FileMode // filemode.Empty where there is no file
}

// remember notes what of the places of a series was there before, and what was not.
func (l *landing) remember(moves []move) {
	for _, m := range moves {
		if m.old != filemode.Empty {
			if _, err := os.Lstat(l.full(m.path)); absent(err) && m.old != filemode.Submodule {
				l.Gone = append(l.Gone, m.path)
			}
			continue
		}
		note := func(dir string) bool {
			if slices.Contains(l.Folders, dir) {
				return false
			}
			if info, err := os.Lstat(l.full(dir)); err == nil && info.IsDir() {
				l.Folders = append(l.Folders, dir)
			}
			return true
		}
		note(m.path)
		odb.Above(m.path, note)
	}
}

// show notes that files of the worktree are about to change.
func (l *landing) show(moves []move, sync git.Fsync) error {
	l.remember(moves)
	l.Visible = true
	if err := os.Link(l.repo.IndexPath(), oldIndex(l.repo)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := l.writeNote(); err != nil {
		return err
	}
	if err := l.syncNote(sync); err != nil {
		return err
	}
	l.repo.At("worktree")
	return nil
}

// syncNote has the note on the disk before the files change, where git would have the index there.
func (l *landing) syncNote(sync git.Fsync) error {
	if !sync.Index {
		return nil
	}
	return l.note.Sync()
}

// move brings staged files to their places: first those go that go, then those come that come. Placed, which may
// be nil, is told of each that came.
func (l *landing) move(moves []move, placed func(i int, info fs.FileInfo)) error {
	r := l.repo
	for _, m := range moves {
		if m.new != filemode.Empty {
			continue
		}
		r.At("remove")
		if err := os.Remove(l.full(m.path)); err != nil && !absent(err) && m.old != filemode.Submodule {
			return err
		}
		tree.PruneAbove(r.Worktree, m.path)
	}
	for i, m := range moves {
		switch {
		case m.new == filemode.Empty:
			continue
		case m.new == filemode.Submodule:
			if err := l.makeSubmodule(m); err != nil {
				return err
			}
			continue
		}
		r.At("rename")
		info, err := l.place(m)
		if err != nil {
			return err
		}
		if placed != nil {
			placed(i, info)
		}
	}
	return nil
}

// makeSubmodule makes the folder that stands for a submodule which nobody has fetched.
func (l *landing) makeSubmodule(m move) error {
	if m.old != filemode.Empty && m.old != filemode.Submodule {
		if err := os.Remove(l.full(m.path)); err != nil && !absent(err) {
			return err
		}
	}
	return os.MkdirAll(l.full(m.path), 0o777)
}

// place renames a staged file to its place. A worktree may be on another file system than the repository.
func (l *landing) place(m move) (fs.FileInfo, error) {
	full := l.full(m.path)
	err := os.Rename(m.from, full)
	switch {
	case absent(err):
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			return nil, err
		}
		err = os.Rename(m.from, full)
	case err != nil:
		// An empty folder makes way.
		if info, statErr := os.Lstat(full); statErr == nil && info.IsDir() && os.Remove(full) == nil {
			err = os.Rename(m.from, full)
		}
	}
	if isOtherDevice(err) {
		err = copyOver(m.from, full)
	}
	if err != nil {
		return nil, err
	}
	return os.Lstat(full)
}
