// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/klauspost/compress/zlib"

	"github.com/lsmpatch/lsmpatch/internal/lane"
)

// Pending are objects that are made but not yet written. One that comes in place of another new one,
// as a folder does from step to step, is kept as a delta on it: that costs next to nothing to hold, to
// compress and to write. To this end the first large one in place of an old one brings the old one along,
// as its pack has it, since a pack must hold the bases of its deltas: git completes thin packs in the same
// way. To copy and check it takes a sixth of the time that it takes to compress the new one.
type Pending struct {
	Store *Store
	list  []*newObject
	index map[string]int
	// whole has the content of those objects that are deltas, until something takes their place.
	whole map[string][]byte
	// folders has the entries of trees that were made, by name, so that the next step need not parse
	// them. Who takes one may change it, and so takes it out.
	folders map[string][]TreeEntry

	// Objects are compressed while the next ones are made.
	compress lane.Lane
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
	// packed is data as it stands in a pack, once Pending.compress has done it.
	packed []byte
}

// Files returns the files below an objects folder that may hold the objects, loose or in packs, and their folders.
func (n *Pending) Files(objects string) []string {
	files, _ := filepath.Glob(filepath.Join(objects, "pack", "pack-*"))
	files = append(files, filepath.Join(objects, "pack"))
	for _, o := range n.list {
		name := hex.EncodeToString(o.id)
		files = append(files, filepath.Join(objects, name[:2]), filepath.Join(objects, name[:2], name[2:]))
	}
	return files
}

// NewPending begins a list of new objects for a store.
func NewPending(s *Store) *Pending {
	return &Pending{Store: s, index: map[string]int{}, whole: map[string][]byte{}, folders: map[string][]TreeEntry{}, compress: lane.Lane{Length: 100}}
}

// Add makes an object and returns its name. Old, which may be nil, names the object that it comes in
// place of, and resembles.
func (n *Pending) Add(typ plumbing.ObjectType, data, old []byte) ([]byte, error) {
	id := n.Store.Format.Sum(typ, data)
	return id, n.AddNamed(id, typ, data, old)
}

// AddNamed is [Pending.Add] where the name is known. What the store has already is not made again.
func (n *Pending) AddNamed(id []byte, typ plumbing.ObjectType, data, old []byte) error {
	if _, ok := n.index[string(id)]; ok || n.Store.Has(id) {
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
func (n *Pending) copyRoot(old []byte, typ plumbing.ObjectType) (int, bool) {
	root, id, ok := n.Store.takeRoot(old)
	if !ok || root.typ != typ {
		return 0, false
	}
	if id == nil {
		id = n.Store.Format.Sum(typ, root.data)
	}
	if i, ok := n.index[string(id)]; ok {
		return i, true
	}
	n.append(&newObject{id: id, typ: typ, data: root.data, base: -1, stored: root.stored})
	return len(n.list) - 1, true
}

func (n *Pending) append(o *newObject) {
	n.index[string(o.id)] = len(n.list)
	n.list = append(n.list, o)
	n.compress.Do(func() error { return n.pack(o) })
}

// pack sets o.packed.
func (n *Pending) pack(o *newObject) (err error) {
	if o.stored.pack != nil {
		o.packed, err = n.copyStored(o)
		return err
	}
	if n.deflater == nil {
		if n.deflater, err = NewDeflater(); err != nil {
			return err
		}
	}
	o.packed, err = DeflateAfter(make([]byte, 0, len(o.data)/3), o.data, n.deflater)
	return err
}

// copyStored returns what a pack has of o. Damage is not passed on.
func (n *Pending) copyStored(o *newObject) ([]byte, error) {
	if !bytes.Equal(n.Store.Format.Sum(o.typ, o.data), o.id) {
		return nil, fmt.Errorf("%s.pack: the object %x is damaged", o.stored.pack.path, o.id)
	}
	return o.stored.read()
}

// content returns what the object at position i of the list holds.
func (n *Pending) content(i int) ([]byte, error) {
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

// AddTree makes a tree object in place of an old one.
func (n *Pending) AddTree(entries []TreeEntry, old []byte) ([]byte, error) {
	id, err := n.Add(plumbing.TreeObject, EncodeTree(entries), old)
	n.folders[string(id)] = entries
	return id, err
}

// Tree returns the entries of a tree, new or old, for the caller to change; a nil name is the
// empty tree.
func (n *Pending) Tree(id []byte) ([]TreeEntry, error) {
	if id == nil {
		return nil, nil
	}
	if entries, ok := n.folders[string(id)]; ok {
		delete(n.folders, string(id))
		return entries, nil
	}
	i, ok := n.index[string(id)]
	if !ok {
		entries, err := n.Store.Folder(id)
		return slices.Clone(entries), err
	}
	data, err := n.content(i)
	if err != nil {
		return nil, err
	}
	return parseTree(data, n.Store.Format.Size)
}

// maxDepth is how many deltas may stand on each other; git's own limit when it packs.
const maxDepth = 50

// Write puts the objects into one pack, or few of them into files of their own.
func (n *Pending) Write(objects string, d Durable) error {
	if len(n.list) == 0 {
		return nil
	}
	if n.isFew() {
		if err := n.compress.Wait(); err != nil {
			return err
		}
		defer n.Store.Refresh()
		return n.writeLoose(objects, d)
	}
	w, err := NewPackWriter(objects, n.Store.Format)
	if err != nil {
		return err
	}
	if err := n.writeAll(w); err != nil {
		return errors.Join(fmt.Errorf("writing a pack: %w", err), w.Discard())
	}
	defer n.Store.Refresh()
	w.Durable = d
	return w.Finish()
}

func (n *Pending) writeAll(w *PackWriter) error {
	if err := n.compress.Wait(); err != nil {
		return err
	}
	offsets := make([]int64, len(n.list))
	for i, o := range n.list {
		offsets[i] = w.written
		var start []byte
		if o.base < 0 {
			start = ObjectStart(nil, o.typ, len(o.data))
		} else {
			start = ObjectStart(nil, plumbing.OFSDeltaObject, len(o.data))
			start = AppendOffsetVarint(start, int(w.written-offsets[o.base]))
		}
		if err := w.Add(o.id, start, o.packed); err != nil {
			return err
		}
	}
	return nil
}

// Close ends what is still going on in the background.
func (n *Pending) Close() error { return n.compress.Drop() }
