// SPDX-License-Identifier: GPL-2.0-only

package index

import (
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// A TreeDelta is what an edit means for the cached trees: of each folder that has changes at or below
// it ("" is the top), its new tree, and by how many files it grew.
type TreeDelta map[string]*folderDelta

type folderDelta struct {
	ID      []byte // nil: the folder is gone
	Grown   int
	Folders []string // names of those folders in it that are in the treeDelta
}

// Folder returns the entry of a folder, which it makes, with those above, where there is none.
func (t TreeDelta) Folder(dir string) *folderDelta {
	d := t[dir]
	if d == nil {
		d = &folderDelta{}
		t[dir] = d
		up := t.Folder(odb.FolderOf(dir))
		up.Folders = append(up.Folders, path.Base(dir))
	}
	return d
}

// RewriteTrees returns the TREE extension after an edit. Parts that have no changes are copied as
// they are, valid or not.
func RewriteTrees(old []byte, hashSize int, delta TreeDelta) ([]byte, error) {
	r := &treeRewriter{in: old, hashSize: hashSize, delta: delta, out: make([]byte, 0, len(old)+1024)}
	if err := r.folder(""); err != nil {
		return nil, err
	}
	return r.out, nil
}

type treeRewriter struct {
	in, out  []byte
	hashSize int
	delta    TreeDelta
}

// A treeHead is what stands before the subtrees of a folder.
type treeHead struct {
	name              string
	entries, subtrees int
	id                []byte
}

// head reads one, and drops it from the input.
func (r *treeRewriter) head() (h treeHead, err error) {
	name, rest, ok := cutByte(r.in, 0)
	numbers, rest, ok2 := cutByte(rest, '\n')
	count, subtrees, ok3 := strings.Cut(string(numbers), " ")
	n, err1 := parseSmall(count)
	m, err2 := parseSmall(subtrees)
	if !ok || !ok2 || !ok3 || err1 != nil || err2 != nil || m < 0 {
		return h, errDamaged
	}
	h = treeHead{name: string(name), entries: n, subtrees: m}
	if n >= 0 {
		if len(rest) < r.hashSize {
			return h, errDamaged
		}
		h.id, rest = rest[:r.hashSize], rest[r.hashSize:]
	}
	r.in = rest
	return h, nil
}

// skip drops the subtrees of a folder from the input.
func (r *treeRewriter) skip(subtrees int) error {
	for ; subtrees > 0; subtrees-- {
		h, err := r.head()
		if err != nil {
			return err
		}
		subtrees += h.subtrees
	}
	return nil
}

// folder rewrites the folder that the input begins with, whose path is dir.
func (r *treeRewriter) folder(dir string) error {
	start := r.in
	h, err := r.head()
	if err != nil {
		return err
	}
	d := r.delta[dir]
	if d == nil || d.ID == nil {
		if err := r.skip(h.subtrees); err != nil {
			return err
		}
		if d == nil {
			r.out = append(r.out, start[:len(start)-len(r.in)]...)
		}
		return nil
	}
	// The number of subtrees is known at the end only, so the head is written then.
	before := r.out
	r.out = make([]byte, 0, len(r.in))
	fresh := map[string]bool{}
	for _, name := range d.Folders {
		fresh[name] = true
	}
	kept := 0
	for range h.subtrees {
		name, _, _ := cutByte(r.in, 0)
		sub := joinPath(dir, string(name))
		size := len(r.out)
		if err := r.folder(sub); err != nil {
			return err
		}
		if len(r.out) > size {
			kept++
		}
		delete(fresh, string(name))
	}
	for _, name := range d.Folders {
		if sub := r.delta[joinPath(dir, name)]; fresh[name] && sub.ID != nil {
			r.newFolder(joinPath(dir, name), name)
			kept++
		}
	}
	entries := h.entries
	if entries >= 0 {
		entries += d.Grown
	}
	body := r.out
	r.out = appendTrees(before, []CachedTree{{Name: h.name, Entries: entries, Subtrees: kept, ID: d.ID}})
	r.out = append(r.out, body...)
	return nil
}

// newFolder writes a folder that was not there before.
func (r *treeRewriter) newFolder(dir, name string) {
	d := r.delta[dir]
	subtrees := 0
	for _, sub := range d.Folders {
		if r.delta[joinPath(dir, sub)].ID != nil {
			subtrees++
		}
	}
	r.out = appendTrees(r.out, []CachedTree{{Name: name, Entries: d.Grown, Subtrees: subtrees, ID: d.ID}})
	for _, sub := range d.Folders {
		if r.delta[joinPath(dir, sub)].ID != nil {
			r.newFolder(joinPath(dir, sub), sub)
		}
	}
}

func joinPath(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// RootTree returns what the TREE extension says of the top: how many entries, -1 where that is not known, and its
// tree.
func (x *File) RootTree() (entries int, id []byte, err error) {
	r := treeRewriter{in: x.Extension("TREE"), hashSize: x.format.Size}
	h, err := r.head()
	return h.entries, h.id, err
}
