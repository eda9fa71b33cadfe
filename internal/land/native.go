// SPDX-License-Identifier: GPL-2.0-only

package land

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/index"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A netChange is what a whole series means for one path.
type netChange struct {
	index.Update
	old  *tree.Entry // before the series; nil: there was none
	mode filemode.FileMode
	data []byte
}

// A nativeLanding brings index and worktree to a new commit without git. It does so only where it
// is sure: where a file looks changed, the index has a form that it does not know, or attributes
// convert files, its error matches [git.ErrForeign], nothing was changed, and git does it instead, or
// says what is wrong.
type nativeLanding struct {
	*landing
	chain   *Chain
	index   *index.File
	edit    *index.Edit
	changes []*netChange
	trees   index.TreeDelta
	met     map[string]bool // the paths that the index has
}

// runNative is run without git. Before its errors match [git.ErrForeign], nothing was changed.
func (l *landing) runNative(ctx context.Context, c *Chain) error {
	n := &nativeLanding{landing: l, chain: c}
	defer n.close()
	if err := n.prepare(ctx); err != nil {
		return err
	}
	out := &Landed{Ref: l.Ref, Base: odb.Hash(l.Base), Head: odb.Hash(l.Head)}
	ref, err := l.repo.LockRef(out.Ref, odb.Hash(l.Base), out.Head)
	if err != nil {
		return err
	}
	defer ref.Release()
	if err := n.stage(ctx, ref); err != nil {
		return err
	}
	if err := n.switchFiles(); err != nil {
		return err
	}
	if err := n.switchIndex(); err != nil {
		return err
	}
	if err := l.noteOrigin(ctx, c); err != nil {
		return err
	}
	return ref.Commit(c.reflogLines(odb.Hash(l.Base)))
}

func (n *nativeLanding) close() {
	if n.index != nil {
		n.index.Close()
	}
}

// prepare makes sure that all is as git would want it, and lays the new index out.
func (n *nativeLanding) prepare(ctx context.Context) error {
	r := n.repo
	if n.Base == "" {
		return git.ErrForeign // the index has nothing to build on
	}
	if err := r.PlainSettings(); err != nil {
		return err
	}
	if err := n.foldChanges(); err != nil {
		return err
	}
	if err := r.ConvertsNothing(n.Paths); err != nil {
		return err
	}
	var err error
	if n.index, err = index.Open(r.IndexPath(), r.Format); err != nil {
		return errors.Join(git.ErrForeign, err)
	}
	if n.index.Data == nil {
		return git.ErrForeign
	}
	indexed, err := os.Lstat(r.IndexPath())
	if err != nil {
		return err
	}
	updates := make([]*index.Update, len(n.changes))
	for i, c := range n.changes {
		updates[i] = &c.Update
	}
	n.met = map[string]bool{}
	n.edit, err = n.index.Edit(updates, func(u *index.Update, w *index.Walk) error {
		n.met[u.Name] = true
		return n.checkMet(u, w, indexed)
	})
	if err != nil {
		return errors.Join(git.ErrForeign, err)
	}
	base, err := r.ReadCommit(odb.Hash(n.Base))
	if err != nil {
		return err
	}
	if err := n.indexIs(ctx, base.Tree.Raw()); err != nil {
		return err
	}
	if err := n.checkNew(); err != nil {
		return err
	}
	trees, err := index.RewriteTrees(n.index.Extension("TREE"), r.Format.Size, n.trees)
	if err != nil {
		return errors.Join(git.ErrForeign, err)
	}
	n.edit.Extend(trees)
	return nil
}

// foldChanges finds what the series as a whole does to each path.
func (n *nativeLanding) foldChanges() error {
	before, err := n.snapshot(n.Base)
	if err != nil {
		return err
	}
	grown := map[string]int{}
	for _, name := range n.Paths {
		c := n.chain.last[name]
		old, err := before.Find(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil && old.Mode == filemode.Dir {
			old, err = nil, fs.ErrNotExist
		}
		if c.Mode == filemode.Submodule || err == nil && old.Mode == filemode.Submodule {
			return git.ErrForeign
		}
		net := &netChange{Update: index.Update{Name: name}, mode: c.Mode, data: c.Data}
		if err == nil {
			net.old = &tree.Entry{Mode: old.Mode, Hash: odb.HashOf(old.ID)}
			grown[name]--
		}
		if !c.Deleted() {
			id := c.BlobID(n.repo.Format)
			if err == nil && old.Mode == c.Mode && bytes.Equal(old.ID, id) {
				continue
			}
			net.Entry = &index.Entry{Name: name, Mode: c.Mode, ID: id, Stat: index.Stat{Size: uint32(len(c.Data))}}
			grown[name]++
		} else if err != nil {
			continue
		}
		n.changes = append(n.changes, net)
	}
	return n.foldTrees(grown)
}

func (n *nativeLanding) snapshot(commit string) (*tree.GitFS, error) {
	c, err := n.repo.ReadCommit(odb.Hash(commit))
	if err != nil {
		return nil, err
	}
	return tree.NewGitFS(n.repo.Store, c.Tree)
}

// foldTrees finds the new tree of each folder that has changes.
func (n *nativeLanding) foldTrees(grown map[string]int) error {
	n.trees = index.TreeDelta{"": {}}
	for _, c := range n.changes {
		for dir := odb.FolderOf(c.Name); ; dir = odb.FolderOf(dir) {
			n.trees.Folder(dir).Grown += grown[c.Name]
			if dir == "" {
				break
			}
		}
	}
	return n.nameTrees("", n.chain.root)
}

func (n *nativeLanding) nameTrees(dir string, id []byte) error {
	d := n.trees[dir]
	if d.ID = id; id == nil || len(d.Folders) == 0 {
		return nil
	}
	entries, err := n.chain.made.Tree(id)
	if err != nil {
		return err
	}
	for _, name := range d.Folders {
		var sub []byte
		if i := entryAt(entries, name); i >= 0 && entries[i].Mode == filemode.Dir {
			sub = entries[i].ID
		}
		if err := n.nameTrees(path.Join(dir, name), sub); err != nil {
			return err
		}
	}
	return nil
}

// indexIs makes sure that nothing is staged: the index caches the very tree of the commit. Where it
// does not know its tree, since files were added one by one, git has to compare.
func (n *nativeLanding) indexIs(ctx context.Context, root []byte) error {
	entries, id, err := n.index.RootTree()
	switch {
	case err != nil:
		return git.ErrForeign
	case entries < 0:
		if _, err := n.repo.Git(ctx, "diff-index", "--cached", "--quiet", n.Base, "--"); err != nil {
			return git.ErrForeign
		}
		return nil
	case entries != n.index.Count || !bytes.Equal(id, root):
		return git.ErrForeign
	}
	return nil
}

// checkMet makes sure that a file which changes lies in the worktree as the index knows it.
func (n *nativeLanding) checkMet(u *index.Update, w *index.Walk, indexed fs.FileInfo) error {
	if w.Flags&(index.FlagStage|index.FlagAssumeValid) != 0 || w.Extended != 0 {
		return git.ErrForeign
	}
	info, err := os.Lstat(n.full(u.Name))
	if err != nil || info.IsDir() {
		return git.ErrForeign
	}
	mode, err := tree.GitMode(info.Mode())
	if err != nil || uint32(mode) != w.Mode() {
		return git.ErrForeign
	}
	// A file that is no older than the index may have changed unseen since.
	stat := w.Stat()
	if stat == index.StatOf(info) && int64(stat.Mtime) < indexed.ModTime().Unix() {
		return nil
	}
	data, err := tree.NewDirFS(n.repo.Worktree).ReadEntry(u.Name, mode)
	if err != nil || !bytes.Equal(n.repo.Format.Sum(plumbing.BlobObject, data), w.ID()) {
		return git.ErrForeign
	}
	return nil
}

// checkNew makes sure that nothing is in the way of new files, and that all others were met.
func (n *nativeLanding) checkNew() error {
	met := len(n.met)
	removed := map[string]bool{}
	for _, c := range n.changes {
		removed[c.Name] = c.Entry == nil
		if c.old != nil {
			met--
		}
	}
	if met != 0 {
		return git.ErrForeign
	}
	for _, c := range n.changes {
		var err error
		odb.Above(c.Name, func(dir string) bool {
			info, statErr := os.Lstat(n.full(dir))
			if statErr == nil && !info.IsDir() && !removed[dir] {
				err = git.ErrForeign
			}
			return statErr != nil || !info.IsDir()
		})
		if err != nil {
			return err
		}
		if c.old != nil {
			continue
		}
		if info, err := os.Lstat(n.full(c.Name)); err == nil && !info.IsDir() && !n.met[c.Name] {
			return &git.DirtyError{Paths: []string{c.Name}}
		} else if !absent(err) {
			return git.ErrForeign
		}
	}
	return nil
}

func (n *nativeLanding) stagePath(i int) string {
	return filepath.Join(stageDir(n.repo), strconv.Itoa(i))
}

// stage writes all that can be written before anything shows: objects, new files, the ref. What has
// to be on disk before the ref moves is synced side by side, since each sync waits for the disk.
func (n *nativeLanding) stage(ctx context.Context, ref *git.RefLock) error {
	if err := os.Mkdir(stageDir(n.repo), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	sync, err := n.repo.Fsync(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return writeObjects(n.repo, n.chain.made, sync) })
	group.Go(func() error { return syncRef(ref, sync) })
	n.remember(n.moves())
	n.Visible = true
	if err := os.Link(n.repo.IndexPath(), oldIndex(n.repo)); err != nil {
		return errors.Join(err, group.Wait())
	}
	if err := n.writeNote(); err != nil {
		return errors.Join(err, group.Wait())
	}
	group.Go(func() error { return n.syncNote(sync) })
	for i, c := range n.changes {
		if c.Entry == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(err, group.Wait())
		}
		n.repo.At("stage")
		if _, err := tree.WriteEntry(n.stagePath(i), c.mode, c.data); err != nil {
			return errors.Join(err, group.Wait())
		}
	}
	return group.Wait()
}

// moves returns what happens to the files of the worktree.
func (n *nativeLanding) moves() []move {
	moves := make([]move, len(n.changes))
	for i, c := range n.changes {
		moves[i] = move{path: c.Name, new: c.mode}
		if c.old != nil {
			moves[i].old = c.old.Mode
		}
		if c.Entry != nil {
			moves[i].from = n.stagePath(i)
		}
	}
	return moves
}

// switchFiles brings the staged files to their places, and notes in the index how they look.
func (n *nativeLanding) switchFiles() error {
	return n.move(n.moves(), func(i int, info fs.FileInfo) { n.changes[i].SetStat(index.StatOf(info)) })
}

// switchIndex writes the new index into index.lock, which is ours, and gives it its name.
//
// The new index keeps the time of the old one. Git takes an entry for unsure, and reads the file,
// where the file is no older than the index. So entries that were unsure stay so, and the new ones
// are: nothing that changed in the same second is overlooked.
func (n *nativeLanding) switchIndex() error {
	r := n.repo
	old, err := os.Stat(r.IndexPath())
	if err != nil {
		return err
	}
	r.At("index.lock")
	f, err := os.OpenFile(lockPath(r), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	err = n.edit.Write(f)
	if err := errors.Join(err, f.Chmod(old.Mode().Perm()), f.Close()); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	if err := os.Chtimes(lockPath(r), old.ModTime(), old.ModTime()); err != nil {
		return err
	}
	r.At("index")
	return os.Rename(lockPath(r), r.IndexPath())
}
