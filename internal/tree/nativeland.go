// SPDX-License-Identifier: GPL-2.0-only

package tree

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
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sync/errgroup"
)

// A netChange is what a whole series means for one path.
type netChange struct {
	indexUpdate
	old  *Entry // before the series; nil: there was none
	mode filemode.FileMode
	data []byte
}

// A nativeLanding brings index and worktree to a new commit without git. It does so only where it
// is sure: where a file looks changed, the index has a form that it does not know, or attributes
// convert files, its error matches errForeign, nothing was changed, and git does it instead, or
// says what is wrong.
type nativeLanding struct {
	*landing
	chain   *Chain
	index   *indexFile
	edit    *indexEdit
	changes []*netChange
	trees   treeDelta
}

// runNative is run without git. Before its errors match errForeign, nothing was changed.
func (l *landing) runNative(ctx context.Context, c *Chain, opts *LandOptions) error {
	n := &nativeLanding{landing: l, chain: c}
	defer n.close()
	if err := n.prepare(ctx); err != nil {
		return err
	}
	out := &Landed{Ref: l.Ref, Base: Hash(l.Base), Head: Hash(l.Head)}
	ref, err := l.repo.lockRef(out.Ref, Hash(l.Base), out.Head)
	if err != nil {
		return err
	}
	defer ref.release()
	if err := n.stage(ctx, ref); err != nil {
		return err
	}
	if err := n.switchFiles(); err != nil {
		return err
	}
	if err := n.switchIndex(); err != nil {
		return err
	}
	return ref.commit(c.reflogLine(Hash(l.Base), opts))
}

func (n *nativeLanding) close() {
	if n.index != nil {
		n.index.close()
	}
}

// prepare makes sure that all is as git would want it, and lays the new index out.
func (n *nativeLanding) prepare(ctx context.Context) error {
	r := n.repo
	if n.Base == "" {
		return errForeign // the index has nothing to build on
	}
	if err := r.plainSettings(); err != nil {
		return err
	}
	if err := n.foldChanges(); err != nil {
		return err
	}
	if err := r.convertsNothing(n.Paths); err != nil {
		return err
	}
	var err error
	if n.index, err = openIndex(r.indexPath(), r.format); err != nil {
		return errors.Join(errForeign, err)
	}
	if n.index.data == nil {
		return errForeign
	}
	indexed, err := os.Lstat(r.indexPath())
	if err != nil {
		return err
	}
	updates := make([]*indexUpdate, len(n.changes))
	for i, c := range n.changes {
		updates[i] = &c.indexUpdate
	}
	met := 0
	n.edit, err = n.index.edit(updates, func(u *indexUpdate, w *indexWalk) error {
		met++
		return n.checkMet(u, w, indexed)
	})
	if err != nil {
		return errors.Join(errForeign, err)
	}
	base, err := r.commit(Hash(n.Base))
	if err != nil {
		return err
	}
	if err := n.indexIs(ctx, base.Tree.raw()); err != nil {
		return err
	}
	if err := n.checkNew(met); err != nil {
		return err
	}
	trees, err := rewriteTrees(n.index.extension("TREE"), r.format.size, n.trees)
	if err != nil {
		return errors.Join(errForeign, err)
	}
	n.edit.extend(trees)
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
		old, err := before.find(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil && old.mode == filemode.Dir {
			old, err = nil, fs.ErrNotExist
		}
		if c.Mode == filemode.Submodule || err == nil && old.mode == filemode.Submodule {
			return errForeign
		}
		net := &netChange{indexUpdate: indexUpdate{name: name}, mode: c.Mode, data: c.Data}
		if err == nil {
			net.old = &Entry{old.mode, hashOf(old.id)}
			grown[name]--
		}
		if !c.Deleted() {
			id := c.blobID(n.repo.format)
			if err == nil && old.mode == c.Mode && bytes.Equal(old.id, id) {
				continue
			}
			net.entry = &indexEntry{name: name, mode: c.Mode, id: id, stat: indexStat{size: uint32(len(c.Data))}}
			grown[name]++
		} else if err != nil {
			continue
		}
		n.changes = append(n.changes, net)
	}
	return n.foldTrees(grown)
}

func (n *nativeLanding) snapshot(commit string) (*gitFS, error) {
	c, err := n.repo.commit(Hash(commit))
	if err != nil {
		return nil, err
	}
	return newGitFS(n.repo.store, c.Tree)
}

// foldTrees finds the new tree of each folder that has changes.
func (n *nativeLanding) foldTrees(grown map[string]int) error {
	n.trees = treeDelta{"": {}}
	for _, c := range n.changes {
		for dir := folderOf(c.name); ; dir = folderOf(dir) {
			n.trees.folder(dir).grown += grown[c.name]
			if dir == "" {
				break
			}
		}
	}
	return n.nameTrees("", n.chain.root)
}

func (n *nativeLanding) nameTrees(dir string, id []byte) error {
	d := n.trees[dir]
	if d.id = id; id == nil || len(d.folders) == 0 {
		return nil
	}
	entries, err := n.chain.made.tree(id)
	if err != nil {
		return err
	}
	for _, name := range d.folders {
		var sub []byte
		if i := entryAt(entries, name); i >= 0 && entries[i].mode == filemode.Dir {
			sub = entries[i].id
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
	entries, id, err := n.index.rootTree()
	switch {
	case err != nil:
		return errForeign
	case entries < 0:
		if _, err := n.repo.git(ctx, "diff-index", "--cached", "--quiet", n.Base, "--"); err != nil {
			return errForeign
		}
		return nil
	case entries != n.index.count || !bytes.Equal(id, root):
		return errForeign
	}
	return nil
}

// checkMet makes sure that a file which changes lies in the worktree as the index knows it.
func (n *nativeLanding) checkMet(u *indexUpdate, w *indexWalk, indexed fs.FileInfo) error {
	if w.flags&(flagStage|flagAssumeValid) != 0 || w.extended != 0 {
		return errForeign
	}
	info, err := os.Lstat(n.full(u.name))
	if err != nil || info.IsDir() {
		return errForeign
	}
	mode, err := gitMode(info.Mode())
	if err != nil || uint32(mode) != w.mode() {
		return errForeign
	}
	// A file that is no older than the index may have changed unseen since.
	stat := w.stat()
	if stat == statOf(info) && int64(stat.mtime) < indexed.ModTime().Unix() {
		return nil
	}
	data, err := newDirFS(n.repo.worktree).readEntry(u.name, mode)
	if err != nil || !bytes.Equal(n.repo.format.sum(plumbing.BlobObject, data), w.id()) {
		return errForeign
	}
	return nil
}

func (n *nativeLanding) full(name string) string {
	return filepath.Join(n.repo.worktree, filepath.FromSlash(name))
}

// checkNew makes sure that nothing is in the way of new files, and that all others were met.
func (n *nativeLanding) checkNew(met int) error {
	removed := map[string]bool{}
	for _, c := range n.changes {
		removed[c.name] = c.entry == nil
		if c.old != nil {
			met--
		}
	}
	if met != 0 {
		return errForeign
	}
	for _, c := range n.changes {
		var err error
		parents(c.name, func(dir string) bool {
			info, statErr := os.Lstat(n.full(dir))
			if statErr == nil && !info.IsDir() && !removed[dir] {
				err = errForeign
			}
			return statErr != nil || !info.IsDir()
		})
		if err != nil {
			return err
		}
		if c.old != nil {
			continue
		}
		if _, err := os.Lstat(n.full(c.name)); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return errForeign
		}
	}
	return nil
}

func (n *nativeLanding) stagePath(i int) string {
	return filepath.Join(n.repo.stageDir(), strconv.Itoa(i))
}

// stage writes all that can be written before anything shows: objects, new files, the ref. What has
// to be on disk before the ref moves is synced side by side, since each sync waits for the disk.
func (n *nativeLanding) stage(ctx context.Context, ref *refLock) error {
	if err := os.Mkdir(n.repo.stageDir(), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.repo.writeObjects(n.chain.made) })
	group.Go(ref.sync)
	n.Visible = true
	if err := n.writeNote(); err != nil {
		return errors.Join(err, group.Wait())
	}
	group.Go(n.note.Sync)
	for i, c := range n.changes {
		if c.entry == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(err, group.Wait())
		}
		n.repo.at("stage")
		if _, err := writeEntry(n.stagePath(i), c.mode, c.data); err != nil {
			return errors.Join(err, group.Wait())
		}
	}
	return group.Wait()
}

// switchFiles brings the staged files to their places: first those go that go, then those come
// that come.
func (n *nativeLanding) switchFiles() error {
	r := n.repo
	for _, c := range n.changes {
		if c.entry != nil {
			continue
		}
		r.at("remove")
		if err := os.Remove(n.full(c.name)); err != nil {
			return err
		}
		pruneAbove(r.worktree, c.name)
	}
	for i, c := range n.changes {
		if c.entry == nil {
			continue
		}
		if c.old == nil {
			if err := os.MkdirAll(filepath.Dir(n.full(c.name)), 0o777); err != nil {
				return err
			}
		}
		r.at("rename")
		if err := os.Rename(n.stagePath(i), n.full(c.name)); err != nil {
			return err
		}
		info, err := os.Lstat(n.full(c.name))
		if err != nil {
			return err
		}
		c.setStat(statOf(info))
	}
	return nil
}

// switchIndex writes the new index into index.lock, which is ours, and gives it its name.
//
// The new index keeps the time of the old one. Git takes an entry for unsure, and reads the file,
// where the file is no older than the index. So entries that were unsure stay so, and the new ones
// are: nothing that changed in the same second is overlooked.
func (n *nativeLanding) switchIndex() error {
	r := n.repo
	old, err := os.Stat(r.indexPath())
	if err != nil {
		return err
	}
	r.at("index.lock")
	f, err := os.OpenFile(r.lockPath(), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	err = n.edit.writeTo(f)
	if err := errors.Join(err, f.Chmod(old.Mode().Perm()), f.Close()); err != nil {
		return fmt.Errorf("writing the index: %w", err)
	}
	if err := os.Chtimes(r.lockPath(), old.ModTime(), old.ModTime()); err != nil {
		return err
	}
	r.at("index")
	return os.Rename(r.lockPath(), r.indexPath())
}
