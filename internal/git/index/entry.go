// SPDX-License-Identifier: GPL-2.0-only

package index

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// An Stat is what the index remembers of a file, to tell without reading whether it changed.
// All are the low 32 bits.
type Stat struct {
	ctime, ctimeNsec, Mtime, MtimeNsec, dev, ino, uid, gid, Size uint32
}

// StatOf returns what the index remembers of a file that os.Lstat describes.
func StatOf(info fs.FileInfo) Stat {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Stat{}
	}
	return Stat{
		ctime: uint32(s.Ctim.Sec), ctimeNsec: uint32(s.Ctim.Nsec),
		Mtime: uint32(s.Mtim.Sec), MtimeNsec: uint32(s.Mtim.Nsec),
		dev: uint32(s.Dev), ino: uint32(s.Ino), uid: s.Uid, gid: s.Gid, Size: uint32(s.Size),
	}
}

// StatOfUnix is StatOf of what lstat(2) says.
func StatOfUnix(s *unix.Stat_t) Stat {
	return Stat{
		ctime: uint32(s.Ctim.Sec), ctimeNsec: uint32(s.Ctim.Nsec),
		Mtime: uint32(s.Mtim.Sec), MtimeNsec: uint32(s.Mtim.Nsec),
		dev: uint32(s.Dev), ino: uint32(s.Ino), uid: s.Uid, gid: s.Gid, Size: uint32(s.Size),
	}
}

// An Entry is one file of the index.
type Entry struct {
	Name string
	Mode filemode.FileMode
	ID   []byte
	Stat Stat
}

// nameLimit is the largest length that fits the flags; longer names count as this.
const nameLimit = 0xfff

// appendEntry appends an entry as versions 2 and 3 write it.
func appendEntry(b []byte, e *Entry) []byte {
	start := len(b)
	s := &e.Stat
	for _, n := range [...]uint32{s.ctime, s.ctimeNsec, s.Mtime, s.MtimeNsec, s.dev, s.ino, uint32(e.Mode), s.uid, s.gid, s.Size} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = append(b, e.ID...)
	b = binary.BigEndian.AppendUint16(b, uint16(min(len(e.Name), nameLimit)))
	b = append(b, e.Name...)
	// One to eight NUL bytes, up to a multiple of eight.
	return append(b, make([]byte, 8-(len(b)-start)%8)...)
}

// A CachedTree is one folder of the index's TREE extension.
type CachedTree struct {
	Name     string
	Entries  int // files at and below it, -1 where the tree is not known
	Subtrees int
	ID       []byte
}

func appendTrees(b []byte, trees []CachedTree) []byte {
	for i := range trees {
		t := &trees[i]
		b = fmt.Appendf(b, "%s\x00%d %d\n", t.Name, t.Entries, t.Subtrees)
		if t.Entries >= 0 {
			b = append(b, t.ID...)
		}
	}
	return b
}

// An Writer writes a whole index of version 2.
type Writer struct {
	format odb.Format
	buf    bytes.Buffer
	count  uint32
}

// NewWriter begins an index of version 2.
func NewWriter(f odb.Format) *Writer {
	w := &Writer{format: f}
	w.buf.WriteString("DIRC\x00\x00\x00\x02\x00\x00\x00\x00")
	return w
}

// Add appends an entry; they must come sorted by name.
func (w *Writer) Add(e *Entry) {
	w.buf.Write(appendEntry(w.buf.AvailableBuffer(), e))
	w.count++
}

// Finish returns the index with its TREE extension and checksum.
func (w *Writer) Finish(trees []CachedTree) []byte {
	ext := appendTrees(nil, trees)
	w.buf.WriteString("TREE")
	w.buf.Write(binary.BigEndian.AppendUint32(nil, uint32(len(ext))))
	w.buf.Write(ext)
	data := w.buf.Bytes()
	binary.BigEndian.PutUint32(data[8:], w.count)
	h := w.format.New()
	h.Write(data)
	return h.Sum(data)
}
