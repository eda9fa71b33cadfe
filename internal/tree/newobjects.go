// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"golang.org/x/sync/errgroup"
)

// newObjects are objects that are made but not yet written. One that comes in place of another new one,
// as a folder does from step to step, is kept as a delta on it: that costs next to nothing to hold, to
// compress and to write.
type newObjects struct {
	store *store
	list  []*newObject
	index map[string]int
	// whole has the content of those objects that are deltas, until something takes their place.
	whole map[string][]byte
	// folders has the entries of trees that were made, by name, so that the next step need not parse
	// them. Who takes one may change it, and so takes it out.
	folders map[string][]treeEntry

	// Large objects are compressed while the next ones are made, one at a time.
	compress errgroup.Group
}

type newObject struct {
	id    []byte
	typ   plumbing.ObjectType
	data  []byte // the content, or a delta on the object at base
	base  int    // in the list, -1 for none
	depth int    // how many deltas stand on each other
	// packed is a large object as it stands in a pack, once newObjects.compress is done.
	packed []byte
}

// largeObject is the size from which on an object is compressed by the way.
const largeObject = 64 << 10

func makeObjects(s *store) *newObjects {
	n := &newObjects{store: s, index: map[string]int{}, whole: map[string][]byte{}, folders: map[string][]treeEntry{}}
	n.compress.SetLimit(1)
	return n
}

// add makes an object and returns its name. Old, which may be nil, names the object that it comes in
// place of, and resembles.
func (n *newObjects) add(typ plumbing.ObjectType, data, old []byte) ([]byte, error) {
	id := n.store.format.sum(typ, data)
	return id, n.addNamed(id, typ, data, old)
}

// addNamed is add where the name is known. What the store has already is not made again.
func (n *newObjects) addNamed(id []byte, typ plumbing.ObjectType, data, old []byte) error {
	if _, ok := n.index[string(id)]; ok || n.store.has(id) {
		return nil
	}
	o := &newObject{id: id, typ: typ, data: data, base: -1}
	if i, ok := n.index[string(old)]; ok && n.list[i].depth < maxDepth {
		before, err := n.content(i)
		if err != nil {
			return err
		}
		o.data, o.base, o.depth = makeDelta(before, data), i, n.list[i].depth+1
		n.whole[string(id)] = data
		delete(n.whole, string(old))
	}
	if o.base < 0 && len(data) >= largeObject {
		n.compress.TryGo(o.pack)
	}
	n.index[string(id)] = len(n.list)
	n.list = append(n.list, o)
	return nil
}

// pack compresses an object that is no delta.
func (o *newObject) pack() error {
	z, err := newDeflater()
	if err == nil {
		o.packed, err = deflateObject(o.typ, o.data, z)
	}
	return err
}

// content returns what the object at position i of the list holds.
func (n *newObjects) content(i int) ([]byte, error) {
	o := n.list[i]
	if o.base < 0 {
		return o.data, nil
	}
	if data, ok := n.whole[string(o.id)]; ok {
		return data, nil
	}
	before, err := n.content(o.base)
	if err != nil {
		return nil, err
	}
	return patchDelta(before, o.data)
}

// addTree makes a tree object in place of an old one.
func (n *newObjects) addTree(entries []treeEntry, old []byte) ([]byte, error) {
	id, err := n.add(plumbing.TreeObject, encodeTree(entries), old)
	n.folders[string(id)] = entries
	return id, err
}

// tree returns the entries of a tree, new or old, for the caller to change; a nil name is the
// empty tree.
func (n *newObjects) tree(id []byte) ([]treeEntry, error) {
	if id == nil {
		return nil, nil
	}
	if entries, ok := n.folders[string(id)]; ok {
		delete(n.folders, string(id))
		return entries, nil
	}
	var data []byte
	var err error
	if i, ok := n.index[string(id)]; ok {
		data, err = n.content(i)
	} else {
		data, err = n.store.readType(id, plumbing.TreeObject)
	}
	if err != nil {
		return nil, err
	}
	return parseTree(data, n.store.format.size)
}

// commit makes the objects of one step on a tree and a parent, either of which may be nil.
func (n *newObjects) commit(root, parent []byte, s *Step) (newRoot, id []byte, err error) {
	if newRoot, err = n.editTree(root, s.Changes); err != nil {
		return nil, nil, err
	}
	if newRoot == nil {
		if newRoot, err = n.add(plumbing.TreeObject, nil, nil); err != nil {
			return nil, nil, err
		}
	}
	data, err := encodeCommit(newRoot, parent, s)
	if err != nil {
		return nil, nil, err
	}
	id, err = n.add(plumbing.CommitObject, data, nil)
	return newRoot, id, err
}

// maxDepth is how many deltas may stand on each other; git's own limit when it packs.
const maxDepth = 50

// write puts the objects into one pack, durably.
func (n *newObjects) write(objects string) error {
	if len(n.list) == 0 {
		return nil
	}
	w, err := newPackWriter(objects, n.store.format)
	if err != nil {
		return err
	}
	if err := n.writeAll(w); err != nil {
		return errors.Join(fmt.Errorf("writing a pack: %w", err), w.discard())
	}
	defer n.store.refresh()
	return w.finish()
}

func (n *newObjects) writeAll(w *packWriter) error {
	if err := n.compress.Wait(); err != nil {
		return err
	}
	z, err := newDeflater()
	if err != nil {
		return err
	}
	var buf []byte
	offsets := make([]int64, len(n.list))
	for i, o := range n.list {
		offsets[i] = w.written
		packed := o.packed
		if packed == nil {
			if o.base < 0 {
				buf = objectStart(buf[:0], o.typ, len(o.data))
			} else {
				buf = objectStart(buf[:0], plumbing.OFSDeltaObject, len(o.data))
				buf = appendOffsetVarint(buf, int(w.written-offsets[o.base]))
			}
			if buf, err = deflateAfter(buf, o.data, z); err != nil {
				return err
			}
			packed = buf
		}
		if err := w.add(o.id, packed); err != nil {
			return err
		}
	}
	return nil
}
