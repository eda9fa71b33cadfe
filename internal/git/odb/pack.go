// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/klauspost/compress/zlib"

	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// maxObject bounds the memory that one object may take. The largest file of Linux has 20 MB.
const maxObject = 1 << 30

// maxChain bounds what all deltas that lead to an object, and what they make on the way, may take: git stacks
// 50 of them.
const maxChain = 8 << 30

var errPack = errors.New("damaged pack")

// A pack is a .pack file with its index, each opened at the first use.
type pack struct {
	path     string // without the suffix
	hashSize int

	indexOnce sync.Once
	index     *packIndex
	indexErr  error

	fileOnce sync.Once
	file     *os.File
	size     int64
	fileErr  error
}

func (p *pack) openIndex() error {
	p.indexOnce.Do(func() { p.index, p.indexErr = openPackIndex(p.path+".idx", p.hashSize) })
	return p.indexErr
}

func (p *pack) openFile() error {
	p.fileOnce.Do(func() {
		if p.file, p.fileErr = os.Open(p.path + ".pack"); p.fileErr != nil {
			return
		}
		var info os.FileInfo
		if info, p.fileErr = p.file.Stat(); p.fileErr == nil {
			p.size = info.Size()
		}
	})
	return p.fileErr
}

func (p *pack) close() error {
	p.indexOnce.Do(func() {})
	p.fileOnce.Do(func() {})
	var errs []error
	if p.index != nil {
		errs = append(errs, mmap.Unmap(p.index.data))
	}
	if p.file != nil {
		errs = append(errs, p.file.Close())
	}
	p.index, p.indexErr = nil, os.ErrClosed
	p.file, p.fileErr = nil, os.ErrClosed
	return errors.Join(errs...)
}

// An objectHeader is what stands before the compressed bytes of an object in a pack.
type objectHeader struct {
	typ  plumbing.ObjectType
	size int64  // of what is compressed: the object, or the delta
	base int64  // OFSDeltaObject: where the base begins
	ref  []byte // REFDeltaObject: the base's name
	data int64  // where the compressed bytes begin
}

func (h *objectHeader) isDelta() bool {
	return h.typ == plumbing.OFSDeltaObject || h.typ == plumbing.REFDeltaObject
}

func (p *pack) header(offset int64) (h objectHeader, err error) {
	if err := p.openFile(); err != nil {
		return h, err
	}
	buf := make([]byte, 64)
	if offset < 12 || offset >= p.size {
		return h, errPack
	}
	n, err := p.file.ReadAt(buf, offset)
	if err != nil && err != io.EOF {
		return h, err
	}
	buf = buf[:n]
	at, shift := 0, 4
	next := func() (byte, bool) {
		if at >= len(buf) {
			return 0, false
		}
		at++
		return buf[at-1], true
	}
	c, ok := next()
	h.typ, h.size = plumbing.ObjectType(c>>4&7), int64(c&15)
	for ok && c&0x80 != 0 && shift < 60 {
		c, ok = next()
		h.size |= int64(c&0x7f) << shift
		shift += 7
	}
	switch h.typ {
	case plumbing.OFSDeltaObject:
		c, ok = next()
		back := int64(c & 0x7f)
		for ok && c&0x80 != 0 && back < 1<<50 {
			c, ok = next()
			back = (back+1)<<7 | int64(c&0x7f)
		}
		h.base = offset - back
		ok = ok && back > 0 && h.base >= 12
	case plumbing.REFDeltaObject:
		ok = ok && at+p.hashSize <= len(buf)
		if ok {
			h.ref = buf[at : at+p.hashSize]
			at += p.hashSize
		}
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	default:
		ok = false
	}
	if !ok {
		return h, fmt.Errorf("%s.pack: %w at offset %d", p.path, errPack, offset)
	}
	h.data = offset + int64(at)
	return h, nil
}

// base returns where the object lies that an object with header h is a delta on.
func (p *pack) base(h *objectHeader) (int64, error) {
	if h.typ == plumbing.OFSDeltaObject {
		return h.base, nil
	}
	if err := p.openIndex(); err != nil {
		return 0, err
	}
	i := p.index.find(h.ref)
	if i < 0 {
		return 0, fmt.Errorf("%s.pack: %w: no base %x", p.path, errPack, h.ref)
	}
	return p.index.offset(i)
}

// inflate returns what is compressed at an offset, and how many bytes it takes up there. It must make size
// bytes, and have the right checksum.
func (p *pack) inflate(at, size int64) (data []byte, stored int64, err error) {
	if err := p.fits(at, size); err != nil {
		return nil, 0, err
	}
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	if n := min(likelyStored(size), p.size-at); n <= maxRead {
		data, stored, err = z.wholeOf(p.file, at, int(n), size)
		if err == nil || !errors.Is(err, io.ErrUnexpectedEOF) || n == p.size-at {
			return data, stored, p.damagedIf(at, err)
		}
	}
	in := io.NewSectionReader(p.file, at, p.size-at)
	if err := z.reset(in); err != nil {
		return nil, 0, p.damaged(at, err)
	}
	if data, err = z.whole(size); err != nil {
		return nil, 0, p.damaged(at, err)
	}
	read, err := in.Seek(0, io.SeekCurrent)
	return data, read - int64(z.in.Buffered()), err
}

// maxRead is how much of a pack is read at once at most.
const maxRead = 1 << 20

// likelyStored is how many bytes size bytes of a kernel are likely to take when they are compressed, at most:
// what is short hardly shrinks, and text shrinks to a quarter. The compressed bytes are in memory then, where
// inflating them takes two thirds of the time.
func likelyStored(size int64) int64 {
	if size <= 16<<10 {
		return size + size/8 + 64
	}
	return size / 2
}

// inflateHead returns the first size bytes of what is compressed at an offset.
func (p *pack) inflateHead(at, size int64) ([]byte, error) {
	if err := p.fits(at, size); err != nil {
		return nil, err
	}
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	if err := z.reset(io.NewSectionReader(p.file, at, p.size-at)); err != nil {
		return nil, p.damaged(at, err)
	}
	data, err := z.head(size)
	return data, p.damagedIf(at, err)
}

// fits returns an error where what is compressed at an offset cannot make size bytes. Deflate makes at most
// 1032 bytes of one, so a size that the file cannot hold takes no memory.
func (p *pack) fits(at, size int64) error {
	if size > maxObject || size/1032 > p.size-at {
		return fmt.Errorf("%s.pack: an object of %d bytes at offset %d is too large", p.path, size, at)
	}
	return nil
}

func (p *pack) damagedIf(at int64, err error) error {
	if err == nil {
		return nil
	}
	return p.damaged(at, err)
}

func (p *pack) damaged(at int64, err error) error {
	return fmt.Errorf("%s.pack: %w at offset %d: %w", p.path, errPack, at, err)
}

// An inflater is a zlib reader with its input buffer, kept for the next object.
type inflater struct {
	in  *bufio.Reader
	out io.ReadCloser
	// mem reads what was read of a pack at once, in buf.
	mem bytes.Reader
	buf []byte
}

var inflaters = sync.Pool{New: func() any { return &inflater{in: bufio.NewReaderSize(nil, 8<<10)} }}

func (z *inflater) reset(r io.Reader) error {
	z.in.Reset(r)
	return z.begin(z.in)
}

// begin is reset for a reader that needs no buffer.
func (z *inflater) begin(r io.Reader) error {
	if z.out == nil {
		out, err := zlib.NewReader(r)
		z.out = out
		return err
	}
	return z.out.(zlib.Resetter).Reset(r, nil)
}

// wholeOf is whole for what lies in the n bytes of r at an offset, and says how many of them it takes. Where
// they do not suffice that is an [io.ErrUnexpectedEOF].
func (z *inflater) wholeOf(r io.ReaderAt, at int64, n int, size int64) (data []byte, stored int64, err error) {
	z.buf = slices.Grow(z.buf[:0], n)[:n]
	if _, err := r.ReadAt(z.buf, at); err != nil {
		return nil, 0, err
	}
	z.mem.Reset(z.buf)
	if err := z.begin(&z.mem); err != nil {
		return nil, 0, err
	}
	data, err = z.whole(size)
	return data, int64(n - z.mem.Len()), err
}

// head returns the next size bytes.
func (z *inflater) head(size int64) ([]byte, error) {
	out := make([]byte, size)
	_, err := io.ReadFull(z.out, out)
	return out, err
}

// whole returns the next size bytes, which must be the last ones and have the right checksum.
func (z *inflater) whole(size int64) ([]byte, error) {
	data, err := z.head(size)
	if err != nil {
		return nil, err
	}
	switch _, err := io.ReadFull(z.out, make([]byte, 1)); err {
	case io.EOF:
		return data, nil
	case nil:
		return nil, errors.New("more than its size says")
	default:
		return nil, err
	}
}

// deltaSizes returns the sizes of base and result that a delta begins with, and the rest of it.
func deltaSizes(delta []byte) (base, result int64, rest []byte, err error) {
	for _, n := range []*int64{&base, &result} {
		for shift := 0; ; shift += 7 {
			if len(delta) == 0 || shift > 56 {
				return 0, 0, nil, errPack
			}
			c := delta[0]
			delta = delta[1:]
			*n |= int64(c&0x7f) << shift
			if c&0x80 == 0 {
				break
			}
		}
	}
	return base, result, delta, nil
}

// patchDelta applies a delta of git's pack format.
func patchDelta(base, delta []byte) ([]byte, error) {
	from, to, delta, err := deltaSizes(delta)
	// An instruction of at least four bytes copies at most 16 MB.
	if err != nil || from != int64(len(base)) || to > maxObject || to>>24 > int64(len(delta)) {
		return nil, errPack
	}
	out := make([]byte, 0, to)
	for len(delta) > 0 {
		op := delta[0]
		delta = delta[1:]
		if op&0x80 == 0 {
			n := int(op)
			if n == 0 || n > len(delta) || len(out)+n > int(to) {
				return nil, errPack
			}
			out, delta = append(out, delta[:n]...), delta[n:]
			continue
		}
		var at, n int
		for i := range 7 {
			if op&(1<<i) == 0 {
				continue
			}
			if len(delta) == 0 {
				return nil, errPack
			}
			if i < 4 {
				at |= int(delta[0]) << (8 * i)
			} else {
				n |= int(delta[0]) << (8 * (i - 4))
			}
			delta = delta[1:]
		}
		if n == 0 {
			n = 0x10000
		}
		if at+n > len(base) || len(out)+n > int(to) {
			return nil, errPack
		}
		out = append(out, base[at:at+n]...)
	}
	if len(out) != int(to) {
		return nil, errPack
	}
	return out, nil
}
