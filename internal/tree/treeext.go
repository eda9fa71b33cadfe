// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"path"
	"strings"
)

// A treeDelta is what an edit means for the cached trees: of each folder that has changes at or below
// it ("" is the top), its new tree, and by how many files it grew.
type treeDelta map[string]*folderDelta

type folderDelta struct {
	id      []byte // nil: the folder is gone
	grown   int
	folders []string // names of those folders in it that are in the treeDelta
}

// folder returns the entry of a folder, which it makes, with those above, where there is none.
func (t treeDelta) folder(dir string) *folderDelta {
	d := t[dir]
	if d == nil {
		d = &folderDelta{}
		t[dir] = d
		up := t.folder(folderOf(dir))
		up.folders = append(up.folders, path.Base(dir))
	}
	return d
}

// rewriteTrees returns the TREE extension after an edit. Parts that have no changes are copied as
// they are, valid or not.
func rewriteTrees(old []byte, hashSize int, delta treeDelta) ([]byte, error) {
	r := &treeRewriter{in: old, hashSize: hashSize, delta: delta, out: make([]byte, 0, len(old)+1024)}
	if err := r.folder(""); err != nil {
		return nil, err
	}
	return r.out, nil
}

type treeRewriter struct {
	in, out  []byte
	hashSize int
	delta    treeDelta
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
		return h, errIndexFile
	}
	h = treeHead{name: string(name), entries: n, subtrees: m}
	if n >= 0 {
		if len(rest) < r.hashSize {
			return h, errIndexFile
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
	if d == nil || d.id == nil {
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
	for _, name := range d.folders {
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
	for _, name := range d.folders {
		if sub := r.delta[joinPath(dir, name)]; fresh[name] && sub.id != nil {
			r.newFolder(joinPath(dir, name), name)
			kept++
		}
	}
	entries := h.entries
	if entries >= 0 {
		entries += d.grown
	}
	body := r.out
	r.out = appendTrees(before, []cachedTree{{name: h.name, entries: entries, subtrees: kept, id: d.id}})
	r.out = append(r.out, body...)
	return nil
}

// newFolder writes a folder that was not there before.
func (r *treeRewriter) newFolder(dir, name string) {
	d := r.delta[dir]
	subtrees := 0
	for _, sub := range d.folders {
		if r.delta[joinPath(dir, sub)].id != nil {
			subtrees++
		}
	}
	r.out = appendTrees(r.out, []cachedTree{{name: name, entries: d.grown, subtrees: subtrees, id: d.id}})
	for _, sub := range d.folders {
		if r.delta[joinPath(dir, sub)].id != nil {
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

// rootTree returns what the TREE extension says of the top: how many entries, -1 where that is not known, and its
// tree.
func (x *indexFile) rootTree() (entries int, id []byte, err error) {
	r := treeRewriter{in: x.extension("TREE"), hashSize: x.format.size}
	h, err := r.head()
	return h.entries, h.id, err
}
