// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/klauspost/compress/zlib"
)

// newObjects are objects that are made but not yet written. One that comes in place of another new one,
// as a folder does from step to step, is kept as a delta on it: that costs next to nothing to hold, to
// compress and to write. To this end the first large one in place of an old one brings the old one along,
// as its pack has it, since a pack must hold the bases of its deltas: git completes thin packs in the same
// way. To copy and check it takes a sixth of the time that it takes to compress the new one.
type newObjects struct {
	store *store
	list  []*newObject
	index map[string]int
	// whole has the content of those objects that are deltas, until something takes their place.
	whole map[string][]byte
	// folders has the entries of trees that were made, by name, so that the next step need not parse
	// them. Who takes one may change it, and so takes it out.
	folders map[string][]treeEntry

	// Objects are compressed while the next ones are made.
	compress lane
	deflater *zlib.Writer
}

type newObject struct {
	id    []byte
	typ   plumbing.ObjectType
	data  []byte // the content, or a delta on the object at base
	base  int    // in the list, -1 for none
	depth int    // how many deltas stand on each other
	// stored is where a pack has the object already.
	stored place
	// packed is data as it stands in a pack, once newObjects.compress has done it.
	packed []byte
}

func makeObjects(s *store) *newObjects {
	return &newObjects{store: s, index: map[string]int{}, whole: map[string][]byte{}, folders: map[string][]treeEntry{}, compress: lane{length: 100}}
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
	i, ok := n.index[string(old)]
	if !ok && old != nil && len(data) >= minCopied {
		i, ok = n.copyRoot(old, typ)
	}
	if ok && n.list[i].depth < maxDepth {
		before, err := n.content(i)
		if err != nil {
			return err
		}
		o.data, o.base, o.depth = makeDelta(before, data), i, n.list[i].depth+1
		n.whole[string(id)] = data
		delete(n.whole, string(old))
	}
	n.append(o)
	return nil
}

// minCopied is the size in bytes from which on an old object is copied as a base.
const minCopied = 64 << 10

// copyRoot adds the object at the end of the deltas by which a pack has an old object, and returns its
// position in the list.
func (n *newObjects) copyRoot(old []byte, typ plumbing.ObjectType) (int, bool) {
	root, id, ok := n.store.takeRoot(old)
	if !ok || root.typ != typ {
		return 0, false
	}
	if id == nil {
		id = n.store.format.sum(typ, root.data)
	}
	if i, ok := n.index[string(id)]; ok {
		return i, true
	}
	n.append(&newObject{id: id, typ: typ, data: root.data, base: -1, stored: root.stored})
	return len(n.list) - 1, true
}

func (n *newObjects) append(o *newObject) {
	n.index[string(o.id)] = len(n.list)
	n.list = append(n.list, o)
	n.compress.do(func() error { return n.pack(o) })
}

// pack sets o.packed.
func (n *newObjects) pack(o *newObject) (err error) {
	if o.stored.pack != nil {
		o.packed, err = n.copyStored(o)
		return err
	}
	if n.deflater == nil {
		if n.deflater, err = newDeflater(); err != nil {
			return err
		}
	}
	o.packed, err = deflateAfter(make([]byte, 0, len(o.data)/3), o.data, n.deflater)
	return err
}

// copyStored returns what a pack has of o. Damage is not passed on.
func (n *newObjects) copyStored(o *newObject) ([]byte, error) {
	if !bytes.Equal(n.store.format.sum(o.typ, o.data), o.id) {
		return nil, fmt.Errorf("%s.pack: the object %x is damaged", o.stored.pack.path, o.id)
	}
	return o.stored.read()
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
	i, ok := n.index[string(id)]
	if !ok {
		entries, err := n.store.folder(id)
		return slices.Clone(entries), err
	}
	data, err := n.content(i)
	if err != nil {
		return nil, err
	}
	return parseTree(data, n.store.format.size)
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
	if err := n.compress.wait(); err != nil {
		return err
	}
	offsets := make([]int64, len(n.list))
	for i, o := range n.list {
		offsets[i] = w.written
		var start []byte
		if o.base < 0 {
			start = objectStart(nil, o.typ, len(o.data))
		} else {
			start = objectStart(nil, plumbing.OFSDeltaObject, len(o.data))
			start = appendOffsetVarint(start, int(w.written-offsets[o.base]))
		}
		if err := w.add(o.id, start, o.packed); err != nil {
			return err
		}
	}
	return nil
}

// close ends what is still going on in the background.
func (n *newObjects) close() error { return n.compress.drop() }
