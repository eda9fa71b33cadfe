// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/klauspost/compress/zlib"
	"golang.org/x/sync/errgroup"
)

// A PackWriter writes a pack and its index into an objects folder. Both have temporary names,
// which git's gc knows, until finish.
type PackWriter struct {
	// Durable says what Finish waits for. New writers wait for pack and index.
	Durable

	format  Format
	folder  string
	file    *os.File
	out     *bufio.Writer
	sum     hash.Hash
	written int64
	objects []packedObject
}

type packedObject struct {
	id     []byte
	offset int64
	crc    uint32
}

// NewPackWriter begins a pack below an objects folder. It ends with Finish or Discard.
func NewPackWriter(objects string, f Format) (*PackWriter, error) {
	folder := filepath.Join(objects, "pack")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(folder, "tmp_pack_")
	if err != nil {
		return nil, err
	}
	w := &PackWriter{Durable: Durable{Pack: true, PackIndex: true}, format: f, folder: folder, file: file, sum: f.New()}
	w.out = bufio.NewWriterSize(file, 64<<10)
	// The count of objects is filled in by finish.
	_, err = w.out.Write([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"))
	w.written = 12
	return w, err
}

// DeflateObject returns an object as it stands in a pack.
func DeflateObject(typ plumbing.ObjectType, data []byte, z *zlib.Writer) ([]byte, error) {
	return DeflateAfter(ObjectStart(nil, typ, len(data)), data, z)
}

// ObjectStart appends type and size as they stand before an object in a pack.
func ObjectStart(b []byte, typ plumbing.ObjectType, size int) []byte {
	c := byte(typ)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		b = append(b, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(b, c)
}

// DeflateAfter appends data to start, compressed.
func DeflateAfter(start, data []byte, z *zlib.Writer) ([]byte, error) {
	b := bytes.NewBuffer(start)
	z.Reset(b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Add appends an object, in parts: as [deflateObject] makes it, or what stands before the compressed data,
// and these.
func (w *PackWriter) Add(id []byte, parts ...[]byte) error {
	o := packedObject{id: id, offset: w.written}
	for _, part := range parts {
		o.crc = crc32.Update(o.crc, crc32.IEEETable, part)
		w.written += int64(len(part))
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	w.objects = append(w.objects, o)
	return nil
}

// Discard removes the temporary file.
func (w *PackWriter) Discard() error {
	return errors.Join(w.file.Close(), os.Remove(w.file.Name()))
}

// Finish completes pack and index, waits for what is to be durable, and gives them their names.
func (w *PackWriter) Finish() (err error) {
	var index string
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Discard())
			if index != "" {
				os.Remove(index)
			}
		}
	}()
	if err := w.out.Flush(); err != nil {
		return err
	}
	sum, err := w.seal()
	if err != nil {
		return err
	}
	var pack errgroup.Group
	pack.Go(func() error {
		err := w.file.Chmod(0o444)
		if w.Pack {
			err = errors.Join(err, w.file.Sync())
		}
		return err
	})
	index, err = w.writeIndex(sum)
	if err := errors.Join(err, pack.Wait()); err != nil {
		return err
	}
	name := filepath.Join(w.folder, "pack-"+hex.EncodeToString(sum))
	// The index last, since git takes a pack with an index for whole.
	if err := os.Rename(w.file.Name(), name+".pack"); err != nil {
		return err
	}
	if err := os.Rename(index, name+".idx"); err != nil {
		return err
	}
	return w.file.Close()
}

// seal fills in the count and appends the checksum.
func (w *PackWriter) seal() ([]byte, error) {
	var count [4]byte
	binary.BigEndian.PutUint32(count[:], uint32(len(w.objects)))
	if _, err := w.file.WriteAt(count[:], 8); err != nil {
		return nil, err
	}
	if _, err := io.Copy(w.sum, io.NewSectionReader(w.file, 0, w.written)); err != nil {
		return nil, err
	}
	sum := w.sum.Sum(nil)
	_, err := w.file.WriteAt(sum, w.written)
	return sum, err
}

// writeIndex writes an index of version 2 to a temporary file.
func (w *PackWriter) writeIndex(packSum []byte) (string, error) {
	slices.SortFunc(w.objects, func(a, b packedObject) int { return bytes.Compare(a.id, b.id) })
	var b, large bytes.Buffer
	b.WriteString("\377tOc\x00\x00\x00\x02")
	put := func(to *bytes.Buffer, n uint32) { to.Write(binary.BigEndian.AppendUint32(nil, n)) }
	at := 0
	for first := range 256 {
		for at < len(w.objects) && int(w.objects[at].id[0]) <= first {
			at++
		}
		put(&b, uint32(at))
	}
	for _, o := range w.objects {
		b.Write(o.id)
	}
	for _, o := range w.objects {
		put(&b, o.crc)
	}
	for _, o := range w.objects {
		if o.offset < 1<<31 {
			put(&b, uint32(o.offset))
			continue
		}
		put(&b, 1<<31|uint32(large.Len()/8))
		large.Write(binary.BigEndian.AppendUint64(nil, uint64(o.offset)))
	}
	b.Write(large.Bytes())
	b.Write(packSum)
	h := w.format.New()
	h.Write(b.Bytes())
	b.Write(h.Sum(nil))
	f, err := os.CreateTemp(w.folder, "tmp_idx_")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b.Bytes())
	if w.PackIndex {
		err = errors.Join(err, f.Sync())
	}
	return f.Name(), errors.Join(err, f.Chmod(0o444), f.Close())
}

// SyncDir makes the names in a folder durable.
func SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// NewDeflater returns what compresses objects: fast, since Linux is large.
func NewDeflater() (*zlib.Writer, error) { return zlib.NewWriterLevel(nil, zlib.BestSpeed) }
