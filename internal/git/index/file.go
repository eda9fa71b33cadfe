// SPDX-License-Identifier: GPL-2.0-only

package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// errForm is the error of an index that only git can edit, or had better edit.
var errForm = errors.New("an index that only git edits")

var errDamaged = errors.New("damaged index")

const headerSize = 12

// maxName bounds a name that is put together of others. No system has longer paths than 4 KB.
const maxName = 1 << 16

// Flags of an index entry.
const (
	FlagAssumeValid = 0x8000
	flagExtended    = 0x4000 // more flags follow, that only git minds
	FlagStage       = 0x3000
)

// An File is a memory-mapped index of version 2, 3 or 4 whose extensions we can all keep right.
// Of it, nothing is decoded but what an edit touches.
type File struct {
	format  odb.Format
	Data    []byte
	version uint32
	Count   int
	end     int // of the entries; 0 where only a walk can tell
	// extensions after the entries, in their order; the values are within data.
	extensions []extension
	noHash     bool // the trailing checksum is null, by index.skipHash
}

type extension struct {
	name string
	data []byte
}

// Open maps an index. The error matches errForm where it has a form or extension that
// editing could not keep right: split and sparse index, untracked cache, fsmonitor, and all that
// we do not know.
func Open(name string, f odb.Format) (*File, error) {
	data, err := mmap.File(name)
	if err != nil {
		return nil, err
	}
	x := &File{format: f, Data: data}
	if err := x.parse(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), mmap.Unmap(data))
	}
	return x, nil
}

// Close unmaps the file.
func (x *File) Close() error { return mmap.Unmap(x.Data) }

func (x *File) parse() error {
	if len(x.Data) < headerSize+x.format.Size || !bytes.HasPrefix(x.Data, []byte("DIRC")) {
		return errDamaged
	}
	x.version = binary.BigEndian.Uint32(x.Data[4:])
	x.Count = int(binary.BigEndian.Uint32(x.Data[8:]))
	if x.version < 2 || x.version > 4 {
		return fmt.Errorf("%w: index version %d", errForm, x.version)
	}
	x.noHash = bytes.Equal(x.Data[len(x.Data)-x.format.Size:], x.format.Null())
	if x.end = x.storedEnd(); x.end > 0 {
		return x.parseExtensions()
	}
	return nil
}

// storedEnd reads where the entries end from the EOIE extension, which is the last one.
func (x *File) storedEnd() int {
	size := 4 + x.format.Size
	at := len(x.Data) - x.format.Size - size - 8
	if at < headerSize || !bytes.HasPrefix(x.Data[at:], []byte("EOIE")) || int(binary.BigEndian.Uint32(x.Data[at+4:])) != size {
		return 0
	}
	end := int(binary.BigEndian.Uint32(x.Data[at+8:]))
	if end < headerSize || end > at {
		return 0
	}
	return end
}

// ended is called after a walk, with the end of the last entry.
func (x *File) ended(end int) error {
	if x.end > 0 {
		if x.end != end {
			return errDamaged
		}
		return nil
	}
	x.end = end
	if err := x.parseExtensions(); err != nil {
		return err
	}
	if x.Extension("IEOT") != nil {
		return fmt.Errorf("%w: a table of blocks that was not found before", errForm)
	}
	return nil
}

func (x *File) parseExtensions() error {
	rest := x.Data[x.end : len(x.Data)-x.format.Size]
	for len(rest) > 0 {
		if len(rest) < 8 {
			return errDamaged
		}
		name, size := string(rest[:4]), int(binary.BigEndian.Uint32(rest[4:]))
		if size > len(rest)-8 {
			return errDamaged
		}
		switch name {
		case "TREE", "REUC", "EOIE", "IEOT":
			x.extensions = append(x.extensions, extension{name, rest[8 : 8+size]})
		default:
			return fmt.Errorf("%w: index extension %q", errForm, name)
		}
		rest = rest[8+size:]
	}
	return nil
}

// Extension returns the value of an extension; nil where the index has none of that name. Extensions stand behind the entries:
// they are known at once where the index has the extension EOIE, which tells where those end, and else after [File.Edit], which goes
// through all of them.
func (x *File) Extension(name string) []byte {
	for _, e := range x.extensions {
		if e.name == name {
			return e.data
		}
	}
	return nil
}

// An Walk goes through the entries. What it says of one is valid until next is called.
type Walk struct {
	x          *File
	left       int
	start, end int // of the entry in the file
	name       []byte
	Flags      uint16
	Extended   uint16
	err        error
	mapped     int // up to where the file was mapped
	dropped    int // up to where its memory was given back

	buf []byte // version 4: the name
}

// Walk begins to go through the entries.
func (x *File) Walk() *Walk { return &Walk{x: x, left: x.Count, end: headerSize} }

func (w *Walk) next() bool {
	if w.left == 0 || w.err != nil {
		return false
	}
	w.left--
	data := w.x.Data[:len(w.x.Data)-w.x.format.Size]
	w.start = w.end
	if w.start >= w.mapped {
		mmap.Drop(w.x.Data, w.dropped, w.start)
		w.dropped, w.mapped = w.start, w.start+mmap.DropSize
		mmap.Need(w.x.Data, w.start, w.mapped)
	}
	at := w.start + 40 + w.x.format.Size
	if at+2 > len(data) {
		return w.fail()
	}
	w.Flags, w.Extended = binary.BigEndian.Uint16(data[at:]), 0
	at += 2
	if w.Flags&flagExtended != 0 {
		if at+2 > len(data) {
			return w.fail()
		}
		w.Extended = binary.BigEndian.Uint16(data[at:])
		at += 2
	}
	if w.x.version == 4 {
		return w.nextName(data, at)
	}
	size := int(w.Flags & nameLimit)
	if size == nameLimit {
		size = bytes.IndexByte(data[at:], 0)
	}
	w.end = w.start + (at+size-w.start+8)&^7
	if size < 0 || w.end > len(data) {
		return w.fail()
	}
	w.name = data[at : at+size]
	return true
}

// nextName reads a name of version 4: how many bytes of the one before to drop, and what follows.
func (w *Walk) nextName(data []byte, at int) bool {
	drop, n := odb.ReadOffsetVarint(data[at:])
	at += n
	if n == 0 || drop > len(w.buf) {
		return w.fail()
	}
	size := bytes.IndexByte(data[at:], 0)
	if size < 0 || len(w.buf)-drop+size > maxName {
		return w.fail()
	}
	w.buf = append(w.buf[:len(w.buf)-drop], data[at:at+size]...)
	w.name, w.end = w.buf, at+size+1
	return true
}

func (w *Walk) fail() bool {
	w.err = errDamaged
	return false
}

// Mode returns the mode of the entry, as git writes it.
func (w *Walk) Mode() uint32 { return binary.BigEndian.Uint32(w.x.Data[w.start+24:]) }

// ID returns the name of the blob.
func (w *Walk) ID() []byte { return w.x.Data[w.start+40:][:w.x.format.Size] }

// Stat returns what the index remembers of the file.
func (w *Walk) Stat() Stat {
	var n [10]uint32
	for i := range n {
		n[i] = binary.BigEndian.Uint32(w.x.Data[w.start+4*i:])
	}
	return Stat{ctime: n[0], ctimeNsec: n[1], Mtime: n[2], MtimeNsec: n[3], dev: n[4], ino: n[5], uid: n[7], gid: n[8], Size: n[9]}
}

func cutByte(b []byte, sep byte) (before, after []byte, ok bool) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:], true
	}
	return nil, nil, false
}

// parseSmall reads a number that is at least -1.
func parseSmall(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < -1 || n > 1<<30 {
		return 0, errDamaged
	}
	return n, nil
}
