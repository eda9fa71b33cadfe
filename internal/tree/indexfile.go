// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// errForm is the error of an index that only git can edit, or had better edit.
var errForm = errors.New("an index that only git edits")

var errIndexFile = errors.New("damaged index")

const indexHeader = 12

// maxName bounds a name that is put together of others. No system has longer paths than 4 KB.
const maxName = 1 << 16

// Flags of an index entry.
const (
	flagAssumeValid = 0x8000
	flagExtended    = 0x4000 // more flags follow, that only git minds
	flagStage       = 0x3000
)

// An indexFile is a memory-mapped index of version 2, 3 or 4 whose extensions we can all keep right.
// Of it, nothing is decoded but what an edit touches.
type indexFile struct {
	format  objectFormat
	data    []byte
	version uint32
	count   int
	end     int // of the entries; 0 where only a walk can tell
	// extensions after the entries, in their order; the values are within data.
	extensions []indexExtension
	noHash     bool // the trailing checksum is null, by index.skipHash
}

type indexExtension struct {
	name string
	data []byte
}

// openIndex maps an index. The error matches errForm where it has a form or extension that
// editing could not keep right: split and sparse index, untracked cache, fsmonitor, and all that
// we do not know.
func openIndex(name string, f objectFormat) (*indexFile, error) {
	data, err := mapFile(name)
	if err != nil {
		return nil, err
	}
	x := &indexFile{format: f, data: data}
	if err := x.parse(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), unmap(data))
	}
	return x, nil
}

func (x *indexFile) close() error { return unmap(x.data) }

func (x *indexFile) parse() error {
	if len(x.data) < indexHeader+x.format.size || !bytes.HasPrefix(x.data, []byte("DIRC")) {
		return errIndexFile
	}
	x.version = binary.BigEndian.Uint32(x.data[4:])
	x.count = int(binary.BigEndian.Uint32(x.data[8:]))
	if x.version < 2 || x.version > 4 {
		return fmt.Errorf("%w: index version %d", errForm, x.version)
	}
	x.noHash = bytes.Equal(x.data[len(x.data)-x.format.size:], x.format.null())
	if x.end = x.storedEnd(); x.end > 0 {
		return x.parseExtensions()
	}
	return nil
}

// storedEnd reads where the entries end from the EOIE extension, which is the last one.
func (x *indexFile) storedEnd() int {
	size := 4 + x.format.size
	at := len(x.data) - x.format.size - size - 8
	if at < indexHeader || !bytes.HasPrefix(x.data[at:], []byte("EOIE")) || int(binary.BigEndian.Uint32(x.data[at+4:])) != size {
		return 0
	}
	end := int(binary.BigEndian.Uint32(x.data[at+8:]))
	if end < indexHeader || end > at {
		return 0
	}
	return end
}

// ended is called after a walk, with the end of the last entry.
func (x *indexFile) ended(end int) error {
	if x.end > 0 {
		if x.end != end {
			return errIndexFile
		}
		return nil
	}
	x.end = end
	if err := x.parseExtensions(); err != nil {
		return err
	}
	if x.extension("IEOT") != nil {
		return fmt.Errorf("%w: a table of blocks that was not found before", errForm)
	}
	return nil
}

func (x *indexFile) parseExtensions() error {
	rest := x.data[x.end : len(x.data)-x.format.size]
	for len(rest) > 0 {
		if len(rest) < 8 {
			return errIndexFile
		}
		name, size := string(rest[:4]), int(binary.BigEndian.Uint32(rest[4:]))
		if size > len(rest)-8 {
			return errIndexFile
		}
		switch name {
		case "TREE", "REUC", "EOIE", "IEOT":
			x.extensions = append(x.extensions, indexExtension{name, rest[8 : 8+size]})
		default:
			return fmt.Errorf("%w: index extension %q", errForm, name)
		}
		rest = rest[8+size:]
	}
	return nil
}

func (x *indexFile) extension(name string) []byte {
	for _, e := range x.extensions {
		if e.name == name {
			return e.data
		}
	}
	return nil
}

// An indexWalk goes through the entries. What it says of one is valid until next is called.
type indexWalk struct {
	x          *indexFile
	left       int
	start, end int // of the entry in the file
	name       []byte
	flags      uint16
	extended   uint16
	err        error
	mapped     int // up to where the file was mapped
	dropped    int // up to where its memory was given back

	buf []byte // version 4: the name
}

func (x *indexFile) walk() *indexWalk { return &indexWalk{x: x, left: x.count, end: indexHeader} }

func (w *indexWalk) next() bool {
	if w.left == 0 || w.err != nil {
		return false
	}
	w.left--
	data := w.x.data[:len(w.x.data)-w.x.format.size]
	w.start = w.end
	if w.start >= w.mapped {
		drop(w.x.data, w.dropped, w.start)
		w.dropped, w.mapped = w.start, w.start+dropSize
		need(w.x.data, w.start, w.mapped)
	}
	at := w.start + 40 + w.x.format.size
	if at+2 > len(data) {
		return w.fail()
	}
	w.flags, w.extended = binary.BigEndian.Uint16(data[at:]), 0
	at += 2
	if w.flags&flagExtended != 0 {
		if at+2 > len(data) {
			return w.fail()
		}
		w.extended = binary.BigEndian.Uint16(data[at:])
		at += 2
	}
	if w.x.version == 4 {
		return w.nextName(data, at)
	}
	size := int(w.flags & nameLimit)
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
func (w *indexWalk) nextName(data []byte, at int) bool {
	drop, n := readOffsetVarint(data[at:])
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

func (w *indexWalk) fail() bool {
	w.err = errIndexFile
	return false
}

func (w *indexWalk) mode() uint32 { return binary.BigEndian.Uint32(w.x.data[w.start+24:]) }
func (w *indexWalk) id() []byte   { return w.x.data[w.start+40:][:w.x.format.size] }

func (w *indexWalk) stat() indexStat {
	var n [10]uint32
	for i := range n {
		n[i] = binary.BigEndian.Uint32(w.x.data[w.start+4*i:])
	}
	return indexStat{ctime: n[0], ctimeNsec: n[1], mtime: n[2], mtimeNsec: n[3], dev: n[4], ino: n[5], uid: n[7], gid: n[8], size: n[9]}
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
		return 0, errIndexFile
	}
	return n, nil
}
