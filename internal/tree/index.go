// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sys/unix"
)

// An indexStat is what the index remembers of a file, to tell without reading whether it changed.
// All are the low 32 bits.
type indexStat struct {
	ctime, ctimeNsec, mtime, mtimeNsec, dev, ino, uid, gid, size uint32
}

func statOf(info fs.FileInfo) indexStat {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return indexStat{}
	}
	return indexStat{
		ctime: uint32(s.Ctim.Sec), ctimeNsec: uint32(s.Ctim.Nsec),
		mtime: uint32(s.Mtim.Sec), mtimeNsec: uint32(s.Mtim.Nsec),
		dev: uint32(s.Dev), ino: uint32(s.Ino), uid: s.Uid, gid: s.Gid, size: uint32(s.Size),
	}
}

func statOfUnix(s *unix.Stat_t) indexStat {
	return indexStat{
		ctime: uint32(s.Ctim.Sec), ctimeNsec: uint32(s.Ctim.Nsec),
		mtime: uint32(s.Mtim.Sec), mtimeNsec: uint32(s.Mtim.Nsec),
		dev: uint32(s.Dev), ino: uint32(s.Ino), uid: s.Uid, gid: s.Gid, size: uint32(s.Size),
	}
}

// An indexEntry is one file of the index.
type indexEntry struct {
	name string
	mode filemode.FileMode
	id   []byte
	stat indexStat
}

// nameLimit is the largest length that fits the flags; longer names count as this.
const nameLimit = 0xfff

// appendEntry appends an entry as versions 2 and 3 write it.
func appendEntry(b []byte, e *indexEntry) []byte {
	start := len(b)
	s := &e.stat
	for _, n := range [...]uint32{s.ctime, s.ctimeNsec, s.mtime, s.mtimeNsec, s.dev, s.ino, uint32(e.mode), s.uid, s.gid, s.size} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(b, e.id...)
	b = binary.BigEndian.AppendUint16(b, uint16(min(len(e.name), nameLimit)))
	b = append(b, e.name...)
	// One to eight NUL bytes, up to a multiple of eight.
	return append(b, make([]byte, 8-(len(b)-start)%8)...)
}

// A cachedTree is one folder of the index's TREE extension.
type cachedTree struct {
	name     string
	entries  int // files at and below it, -1 where the tree is not known
	subtrees int
	id       []byte
}

func appendTrees(b []byte, trees []cachedTree) []byte {
	for i := range trees {
		t := &trees[i]
		b = fmt.Appendf(b, "%s\x00%d %d\n", t.name, t.entries, t.subtrees)
		if t.entries >= 0 {
			b = append(b, t.id...)
		}
	}
	return b
}

// An indexWriter writes a whole index of version 2.
type indexWriter struct {
	format objectFormat
	buf    bytes.Buffer
	count  uint32
}

func newIndexWriter(f objectFormat) *indexWriter {
	w := &indexWriter{format: f}
	w.buf.WriteString("DIRC\x00\x00\x00\x02\x00\x00\x00\x00")
	return w
}

// add appends an entry; they must come sorted by name.
func (w *indexWriter) add(e *indexEntry) {
	w.buf.Write(appendEntry(w.buf.AvailableBuffer(), e))
	w.count++
}

// finish returns the index with its TREE extension and checksum.
func (w *indexWriter) finish(trees []cachedTree) []byte {
	ext := appendTrees(nil, trees)
	w.buf.WriteString("TREE")
	w.buf.Write(binary.BigEndian.AppendUint32(nil, uint32(len(ext))))
	w.buf.Write(ext)
	data := w.buf.Bytes()
	binary.BigEndian.PutUint32(data[8:], w.count)
	h := w.format.new()
	h.Write(data)
	return h.Sum(data)
}
