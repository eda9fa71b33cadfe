// SPDX-License-Identifier: GPL-2.0-only

package index

import (
	"encoding/binary"
	"io"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// An Update is what becomes of one path of the index.
type Update struct {
	Name string
	// entry is the new entry; nil removes. Its stat data is filled in later.
	Entry *Entry
	// slot is where the new entry's bytes are, once the edit is made.
	slot []byte
}

// An Edit is an index with updates, as a list of pieces: most of them long stretches of the old
// file, the others new entries. So an index of 10 MB is neither decoded nor copied.
type Edit struct {
	x      *File
	pieces []fragment
	size   int
	count  int

	copied int    // up to where the old file has been taken over
	last   []byte // version 4: the name before the next entry
	moved  bool   // version 4: that is not the name that it was in the old file

	blocks   map[int]bool // starts of the blocks of the IEOT extension
	newBlock bool         // the next entry begins a block
	table    []block
}

type block struct{ offset, count int }

// An fragment is a part of the new index, and where it stands in the old file, or -1 where it is new.
type fragment struct {
	data   []byte
	offset int
}

// Edit applies updates, which must be sorted by name. Met is called for each entry that has
// an update, with the entry that was there.
func (x *File) Edit(updates []*Update, met func(*Update, *Walk) error) (*Edit, error) {
	e := &Edit{x: x, copied: headerSize, blocks: x.blockStarts()}
	e.push(make([]byte, headerSize))
	w := x.Walk()
	for w.next() {
		e.newBlock = e.newBlock || e.blocks[w.start]
		for len(updates) > 0 && updates[0].Name < string(w.name) {
			e.insert(updates[0], w.start)
			updates = updates[1:]
		}
		if len(updates) > 0 && updates[0].Name == string(w.name) {
			if err := met(updates[0], w); err != nil {
				return nil, err
			}
			e.replace(updates[0], w)
			updates = updates[1:]
			continue
		}
		e.keep(w)
	}
	if w.err != nil {
		return nil, w.err
	}
	if err := x.ended(w.end); err != nil {
		return nil, err
	}
	for _, u := range updates {
		e.insert(u, x.end)
	}
	e.take(x.end)
	header := e.pieces[0].data
	copy(header, x.Data[:8])
	binary.BigEndian.PutUint32(header[8:], uint32(e.count))
	return e, nil
}

func (e *Edit) push(piece []byte) { e.pushFrom(piece, -1) }

func (e *Edit) pushFrom(piece []byte, offset int) {
	if len(piece) > 0 {
		e.pieces = append(e.pieces, fragment{piece, offset})
		e.size += len(piece)
	}
}

// take takes the old file over up to an offset.
func (e *Edit) take(end int) {
	e.pushFrom(e.x.Data[e.copied:end], e.copied)
	e.copied = end
}

// begun counts an entry that starts at an offset of the new file.
func (e *Edit) begun(offset int) {
	e.count++
	if e.newBlock {
		e.table = append(e.table, block{offset: offset})
		e.newBlock = false
	}
	if n := len(e.table); n > 0 {
		e.table[n-1].count++
	}
}

func (e *Edit) keep(w *Walk) {
	if e.x.version == 4 && e.moved {
		e.take(w.start)
		first := e.newBlock
		e.begun(e.size)
		head := 40 + e.x.format.Size + 2
		if w.Flags&flagExtended != 0 {
			head += 2
		}
		piece := append([]byte(nil), e.x.Data[w.start:w.start+head]...)
		e.push(e.appendName(piece, string(w.name), first))
		e.copied, e.moved = w.end, false
	} else {
		e.begun(e.size + w.start - e.copied)
	}
	if e.x.version == 4 {
		e.last = append(e.last[:0], w.name...)
	}
}

func (e *Edit) insert(u *Update, at int) {
	if u.Entry == nil {
		return
	}
	e.take(at)
	e.emit(u)
	e.moved = true
}

func (e *Edit) replace(u *Update, w *Walk) {
	e.take(w.start)
	if u.Entry != nil {
		e.emit(u)
	}
	e.moved = u.Entry == nil
	e.copied = w.end
}

// emit writes a new entry.
func (e *Edit) emit(u *Update) {
	first := e.newBlock
	e.begun(e.size)
	if e.x.version < 4 {
		u.slot = appendEntry(nil, u.Entry)
		e.push(u.slot)
		return
	}
	full := appendEntry(nil, u.Entry)
	u.slot = e.appendName(full[:40+e.x.format.Size+2], u.Name, first)
	e.push(u.slot)
	e.last = append(e.last[:0], u.Name...)
}

// appendName writes a name of version 4. The first of a block shares nothing with the one before.
func (e *Edit) appendName(b []byte, name string, first bool) []byte {
	shared := 0
	if !first {
		for shared < len(e.last) && shared < len(name) && e.last[shared] == name[shared] {
			shared++
		}
	}
	b = odb.AppendOffsetVarint(b, len(e.last)-shared)
	return append(append(b, name[shared:]...), 0)
}

// SetStat fills in what became known after the entry was laid out.
func (u *Update) SetStat(s Stat) {
	for i, n := range [...]uint32{s.ctime, s.ctimeNsec, s.Mtime, s.MtimeNsec, s.dev, s.ino} {
		binary.BigEndian.PutUint32(u.slot[4*i:], n)
	}
	for i, n := range [...]uint32{s.uid, s.gid, s.Size} {
		binary.BigEndian.PutUint32(u.slot[28+4*i:], n)
	}
}

// blockStarts reads the table that lets git read the entries in several threads.
func (x *File) blockStarts() map[int]bool {
	table := x.Extension("IEOT")
	if len(table) < 4 || binary.BigEndian.Uint32(table) != 1 {
		return nil
	}
	starts := map[int]bool{}
	for table = table[4:]; len(table) >= 8; table = table[8:] {
		starts[int(binary.BigEndian.Uint32(table))] = true
	}
	return starts
}

// Extend appends the extensions, with a new TREE in place of the old one.
func (e *Edit) Extend(trees []byte) {
	entriesEnd := e.size
	sums := e.x.format.New()
	for _, ext := range e.x.extensions {
		data := ext.data
		switch ext.name {
		case "TREE":
			data = trees
		case "IEOT":
			data = e.blockTable()
		case "EOIE":
			data = binary.BigEndian.AppendUint32(nil, uint32(entriesEnd))
			data = sums.Sum(data)
		}
		head := binary.BigEndian.AppendUint32([]byte(ext.name), uint32(len(data)))
		sums.Write(head)
		e.push(head)
		e.push(data)
	}
}

func (e *Edit) blockTable() []byte {
	b := []byte{0, 0, 0, 1}
	for _, block := range e.table {
		b = binary.BigEndian.AppendUint32(b, uint32(block.offset))
		b = binary.BigEndian.AppendUint32(b, uint32(block.count))
	}
	return b
}

// Write writes the new index with its checksum. Writing and hashing go on side by side, a stretch at
// a time, and what was copied of the old file is dropped from memory.
func (e *Edit) Write(out io.Writer) error {
	sum := e.x.format.New()
	for _, p := range e.pieces {
		for at := 0; at < len(p.data); at += mmap.DropSize {
			end := min(at+mmap.DropSize, len(p.data))
			part := p.data[at:end]
			if p.offset >= 0 {
				mmap.Need(e.x.Data, p.offset+at, p.offset+end)
			}
			hashed := make(chan struct{})
			go func() {
				defer close(hashed)
				if !e.x.noHash {
					sum.Write(part)
				}
			}()
			_, err := out.Write(part)
			<-hashed
			if err != nil {
				return err
			}
			if p.offset >= 0 && len(part) == mmap.DropSize {
				mmap.Drop(e.x.Data, p.offset+at, p.offset+end)
			}
		}
	}
	trailer := e.x.format.Null()
	if !e.x.noHash {
		trailer = sum.Sum(nil)
	}
	_, err := out.Write(trailer)
	return err
}
