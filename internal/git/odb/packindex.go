// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// errIndex is the error of a pack index that is cut short or garbled.
var errIndex = errors.New("damaged pack index")

// A nameTable is a sorted table of object names behind a fanout: the common part of pack
// indexes and multi-pack indexes. Nothing of it is decoded; a look-up touches a page or two.
type nameTable struct {
	fanout []byte // 256 big-endian counts
	names  []byte // the first name; the next one follows after stride bytes
	stride int
	size   int // bytes in a name
	count  int
}

func (t *nameTable) init() error {
	if len(t.fanout) < 256*4 {
		return errIndex
	}
	t.count = t.upTo(255)
	if t.count < 0 || t.count > len(t.names)/t.stride+1 || t.count > 0 && len(t.names) < (t.count-1)*t.stride+t.size {
		return errIndex
	}
	return nil
}

func (t *nameTable) upTo(first byte) int {
	return int(binary.BigEndian.Uint32(t.fanout[int(first)*4:]))
}

func (t *nameTable) name(i int) []byte { return t.names[i*t.stride:][:t.size] }

// search returns the position of the first name that is not below prefix.
func (t *nameTable) search(prefix []byte) int {
	lo, hi := 0, t.upTo(prefix[0])
	if prefix[0] > 0 {
		lo = t.upTo(prefix[0] - 1)
	}
	lo, hi = min(lo, t.count), min(hi, t.count)
	if hi < lo {
		return lo
	}
	lo, hi = t.narrow(prefix, lo, hi)
	return lo + sort.Search(hi-lo, func(i int) bool { return bytes.Compare(t.name(lo+i), prefix) >= 0 })
}

// narrow returns bounds within lo and hi, between which the first name that is not below prefix lies.
// Names are hashes, and so spread evenly: where one stands can be told to some hundred places. A
// binary search alone would touch a dozen pages of a large index, this one or two.
func (t *nameTable) narrow(prefix []byte, lo, hi int) (int, int) {
	var next [4]byte
	copy(next[:], prefix[1:])
	guess := lo + int(uint64(hi-lo)*uint64(binary.BigEndian.Uint32(next[:]))>>32)
	for step := 64; lo < hi; step *= 4 {
		from, to := max(guess-step, lo), min(guess+step, hi)
		switch {
		case from > lo && bytes.Compare(t.name(from-1), prefix) >= 0:
			hi = from
		case to < hi && bytes.Compare(t.name(to-1), prefix) < 0:
			lo = to
		default:
			return from, to
		}
		guess = min(max(guess, lo), hi)
	}
	return lo, hi
}

// find returns the position of name, or -1.
func (t *nameTable) find(name []byte) int {
	i := t.search(name)
	if i < t.count && bytes.Equal(t.name(i), name) {
		return i
	}
	return -1
}

// A packIndex is a memory-mapped .idx file of version 1 or 2.
type packIndex struct {
	nameTable
	data    []byte
	offsets []byte // version 2: 32-bit offsets
	large   []byte // version 2: 64-bit offsets
}

func openPackIndex(name string, hashSize int) (*packIndex, error) {
	data, err := mmap.File(name)
	if err != nil {
		return nil, err
	}
	x := &packIndex{data: data}
	if err := x.parse(hashSize); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), mmap.Unmap(data))
	}
	return x, nil
}

func (x *packIndex) parse(hashSize int) error {
	data := x.data
	if len(data) < 8+256*4+2*hashSize {
		return errIndex
	}
	if !bytes.HasPrefix(data, []byte("\377tOc")) {
		x.nameTable = nameTable{fanout: data, names: data[256*4+4:], stride: 4 + hashSize, size: hashSize}
		return x.init()
	}
	if binary.BigEndian.Uint32(data[4:]) != 2 {
		return errors.New("unknown version of a pack index")
	}
	x.nameTable = nameTable{fanout: data[8:], names: data[8+256*4:], stride: hashSize, size: hashSize}
	if err := x.init(); err != nil {
		return err
	}
	rest := x.names[x.count*hashSize:]
	if len(rest) < x.count*8 {
		return errIndex
	}
	x.offsets, x.large = rest[x.count*4:x.count*8], rest[x.count*8:]
	return nil
}

// offset returns where in the pack the object at position i begins.
func (x *packIndex) offset(i int) (int64, error) {
	if x.offsets == nil {
		return int64(binary.BigEndian.Uint32(x.data[256*4+i*x.stride:])), nil
	}
	off := binary.BigEndian.Uint32(x.offsets[i*4:])
	if off&(1<<31) == 0 {
		return int64(off), nil
	}
	return largeOffset(x.large, off)
}

func largeOffset(table []byte, off uint32) (int64, error) {
	at := int(off&^(1<<31)) * 8
	if at+8 > len(table) {
		return 0, errIndex
	}
	big := binary.BigEndian.Uint64(table[at:])
	if big>>62 != 0 {
		return 0, errIndex
	}
	return int64(big), nil
}

// A multiIndex is a memory-mapped multi-pack-index of version 1.
type multiIndex struct {
	nameTable
	data    []byte
	packs   []string // names of .idx files
	entries []byte   // pack number and offset of each name
	large   []byte
}

func openMultiIndex(name string, f Format) (*multiIndex, error) {
	data, err := mmap.File(name)
	if err != nil {
		return nil, err
	}
	x := &multiIndex{data: data}
	if err := x.parse(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), mmap.Unmap(data))
	}
	return x, nil
}

func (x *multiIndex) parse(f Format) error {
	if len(x.data) < 12 || !bytes.HasPrefix(x.data, []byte("MIDX\x01")) || x.data[7] != 0 {
		return errors.New("unknown version of a multi-pack index")
	}
	chunks, err := readChunks(x.data, 12, int(x.data[6]))
	if err != nil {
		return err
	}
	x.nameTable = nameTable{fanout: chunks["OIDF"], names: chunks["OIDL"], stride: f.Size, size: f.Size}
	if err := x.init(); err != nil {
		return err
	}
	x.entries, x.large = chunks["OOFF"], chunks["LOFF"]
	if len(x.entries) < x.count*8 {
		return errIndex
	}
	for name := range bytes.SplitSeq(chunks["PNAM"], []byte{0}) {
		if len(name) > 0 {
			x.packs = append(x.packs, string(name))
		}
	}
	return nil
}

// readChunks reads the table of contents that multi-pack indexes have: pairs of a name and an
// offset, up to an end mark.
func readChunks(data []byte, at, n int) (map[string][]byte, error) {
	if len(data) < at+(n+1)*12 {
		return nil, errIndex
	}
	chunks := map[string][]byte{}
	for i := range n {
		row := data[at+i*12:]
		from, to := binary.BigEndian.Uint64(row[4:]), binary.BigEndian.Uint64(row[16:])
		if from > to || to > uint64(len(data)) {
			return nil, errIndex
		}
		chunks[string(row[:4])] = data[from:to]
	}
	return chunks, nil
}

// locate returns the pack, by its number, and the offset of the object at position i.
func (x *multiIndex) locate(i int) (int, int64, error) {
	row := x.entries[i*8:]
	number, off := int(binary.BigEndian.Uint32(row)), binary.BigEndian.Uint32(row[4:])
	if number >= len(x.packs) {
		return 0, 0, errIndex
	}
	if off&(1<<31) == 0 || x.large == nil {
		return number, int64(off), nil
	}
	big, err := largeOffset(x.large, off)
	return number, big, err
}
