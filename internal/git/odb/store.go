// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// ErrNoObject is the error of an object that the store does not hold.
var ErrNoObject = errors.New("object not found")

// A Store reads the objects of a repository and its alternates. Nothing is opened before it is
// asked for, and of a pack index only the pages on the way to a name are read, so that it takes the
// same time whether there are a thousand objects or ten million. It may be used from several
// goroutines.
type Store struct {
	Format Format
	dirs   []*objectDir
	// missing, where it is not nil, gets an object that a partial clone left out.
	Missing func(id Hash) (plumbing.ObjectType, []byte, error)

	// Replaced has the names of objects that others are read in place of, by their raw names; see git-replace(1).
	Replaced map[string][]byte

	mu    sync.Mutex
	bases baseCache

	folders folderCache

	// background is what still reads while closing is not set.
	background sync.WaitGroup
	closing    atomic.Bool
}

// An objectDir is one objects folder.
type objectDir struct {
	path string

	mu     sync.Mutex
	listed bool
	multi  *multiIndex
	packs  []*pack // those outside of multi, newest first
	inside []*pack // those of multi, by number
}

// OpenStore opens an objects folder and, recursively, its alternates.
func OpenStore(path string, f Format) (*Store, error) {
	s := &Store{Format: f, bases: baseCache{limit: 16 << 20}}
	if err := s.addDir(path, 0); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) addDir(path string, depth int) error {
	if slices.ContainsFunc(s.dirs, func(d *objectDir) bool { return d.path == path }) || depth > 5 {
		return nil
	}
	for _, dir := range []string{"info", "pack"} {
		if err := CheckPlain(filepath.Join(path, dir), true); err != nil {
			return err
		}
	}
	s.dirs = append(s.dirs, &objectDir{path: path})
	list, err := os.ReadFile(filepath.Join(path, "info", "alternates"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(list)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '"' {
			if plain, err := strconv.Unquote(line); err == nil {
				line = plain
			}
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(path, line)
		}
		if err := s.addDir(filepath.Clean(line), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// Close lets go of the memory-mapped files, once what reads in the background has ended.
func (s *Store) Close() error {
	s.closing.Store(true)
	s.background.Wait()
	var errs []error
	for _, d := range s.dirs {
		errs = append(errs, d.forget())
	}
	return errors.Join(errs...)
}

// Refresh makes the store see packs that came after it was opened.
func (s *Store) Refresh() {
	for _, d := range s.dirs {
		d.mu.Lock()
		d.listed = false
		d.mu.Unlock()
	}
}

func (d *objectDir) forget() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, p := range slices.Concat(d.packs, d.inside) {
		errs = append(errs, p.close())
	}
	if d.multi != nil {
		errs = append(errs, mmap.Unmap(d.multi.data))
	}
	d.packs, d.inside, d.multi, d.listed = nil, nil, nil, false
	return errors.Join(errs...)
}

// list finds the packs of the folder, once: the multi-pack index, the packs outside of it, and
// those inside, by their number.
func (d *objectDir) list(f Format) (multi *multiIndex, packs, inside []*pack, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.listed {
		err = d.scan(f)
	}
	return d.multi, d.packs, d.inside, err
}

func (d *objectDir) scan(f Format) error {
	folder := filepath.Join(d.path, "pack")
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known := map[string]*pack{}
	for _, p := range slices.Concat(d.packs, d.inside) {
		known[p.path] = p
	}
	get := func(name string) *pack {
		path := filepath.Join(folder, strings.TrimSuffix(name, ".idx"))
		if known[path] == nil {
			known[path] = &pack{path: path, hashSize: f.Size}
		}
		return known[path]
	}
	inMulti := map[string]bool{}
	if d.multi == nil {
		// A multi-pack index that cannot be read is no loss: each pack has its own.
		if multi, err := openMultiIndex(filepath.Join(folder, "multi-pack-index"), f); err == nil {
			d.multi = multi
		}
	}
	if d.multi != nil {
		d.inside = nil
		for _, name := range d.multi.packs {
			d.inside = append(d.inside, get(name))
			inMulti[name] = true
		}
	}
	d.packs = nil
	for _, file := range files {
		if name := file.Name(); strings.HasSuffix(name, ".idx") && !inMulti[name] {
			d.packs = append(d.packs, get(name))
		}
	}
	d.listed = true
	return nil
}

// find returns the pack and offset of an object, or a nil pack.
func (d *objectDir) find(id []byte, f Format) (*pack, int64, error) {
	multi, packs, inside, err := d.list(f)
	if err != nil {
		return nil, 0, err
	}
	if multi != nil {
		if i := multi.find(id); i >= 0 {
			number, offset, err := multi.locate(i)
			if err != nil {
				return nil, 0, err
			}
			// The pack may be gone after a repack that left the multi-pack index alone.
			if p := inside[number]; p.openFile() == nil {
				return p, offset, nil
			}
		}
	}
	for _, p := range packs {
		if err := p.openIndex(); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, 0, err
		}
		if i := p.index.find(id); i >= 0 {
			offset, err := p.index.offset(i)
			return p, offset, err
		}
	}
	return nil, 0, nil
}

func (d *objectDir) loosePath(id []byte) string {
	name := hex.EncodeToString(id)
	return filepath.Join(d.path, name[:2], name[2:])
}

// Has tells whether the object is there, without reading it.
func (s *Store) Has(id []byte) bool {
	for _, d := range s.dirs {
		if p, _, err := d.find(id, s.Format); err == nil && p != nil {
			return true
		}
		if _, err := os.Lstat(d.loosePath(id)); err == nil {
			return true
		}
	}
	return false
}

// Read returns type and content of an object. The content is shared: do not change it.
func (s *Store) Read(id []byte) (plumbing.ObjectType, []byte, error) {
	if len(id) != s.Format.Size {
		return 0, nil, fmt.Errorf("%w: %x", ErrNoObject, id)
	}
	if other := s.Replaced[string(id)]; other != nil {
		id = other
	}
	typ, data, err := s.readLocal(id)
	if errors.Is(err, ErrNoObject) {
		// Another process may have repacked.
		s.Refresh()
		typ, data, err = s.readLocal(id)
	}
	if errors.Is(err, ErrNoObject) && s.Missing != nil {
		return s.Missing(HashOf(id))
	}
	return typ, data, err
}

// locate returns the pack and offset of an object, or a nil pack.
func (s *Store) locate(id []byte) (*pack, int64, error) {
	for _, d := range s.dirs {
		if p, offset, err := d.find(id, s.Format); err != nil || p != nil {
			return p, offset, err
		}
	}
	return nil, 0, nil
}

func (s *Store) readLocal(id []byte) (plumbing.ObjectType, []byte, error) {
	p, offset, err := s.locate(id)
	if err != nil {
		return 0, nil, err
	}
	if p != nil {
		return s.unpack(p, offset)
	}
	for _, d := range s.dirs {
		typ, data, err := readLoose(d.loosePath(id))
		if !errors.Is(err, fs.ErrNotExist) {
			return typ, data, err
		}
	}
	return 0, nil, fmt.Errorf("%w: %x", ErrNoObject, id)
}

// ReadType is read, where the object must be of one type.
func (s *Store) ReadType(id []byte, want plumbing.ObjectType) ([]byte, error) {
	typ, data, err := s.Read(id)
	if err == nil && typ != want {
		err = fmt.Errorf("object %x is a %s, not a %s", id, typ, want)
	}
	return data, err
}

// unpack reads the object at an offset, and the bases of its deltas.
func (s *Store) unpack(p *pack, offset int64) (plumbing.ObjectType, []byte, error) {
	type delta struct {
		at   int64
		data []byte
	}
	var deltas []delta
	budget := int64(maxChain)
	var typ plumbing.ObjectType
	var data []byte
	for {
		if o, ok := s.cached(p, offset); ok {
			typ, data = o.typ, o.data
			break
		}
		h, err := p.header(offset)
		if err != nil {
			return 0, nil, err
		}
		var stored int64
		if data, stored, err = p.inflate(h.data, h.size); err != nil {
			return 0, nil, err
		}
		if !h.isDelta() {
			typ = h.typ
			if len(deltas) > 0 || h.size >= minCopied {
				s.remember(p, offset, baseObject{typ, data, place{p, h.data, stored}})
			}
			break
		}
		deltas = append(deltas, delta{offset, data})
		if budget -= int64(len(data)); len(deltas) > 5000 || budget < 0 {
			return 0, nil, fmt.Errorf("%s.pack: %w: a chain of over 5000 deltas, or %d bytes", p.path, errPack, int64(maxChain))
		}
		if offset, err = p.base(&h); err != nil {
			return 0, nil, err
		}
	}
	for i := len(deltas) - 1; i >= 0; i-- {
		var err error
		if data, err = patchDelta(data, deltas[i].data); err != nil {
			return 0, nil, fmt.Errorf("%s.pack: %w at offset %d", p.path, err, deltas[i].at)
		}
		if budget -= int64(len(data)); budget < 0 {
			return 0, nil, fmt.Errorf("%s.pack: %w: deltas that make over %d bytes", p.path, errPack, int64(maxChain))
		}
		if i > 0 {
			s.remember(p, deltas[i].at, baseObject{typ: typ, data: data})
		}
	}
	return typ, data, nil
}

// Header returns type and size of an object; of its content only what tells the size is read.
func (s *Store) Header(id []byte) (plumbing.ObjectType, int64, error) {
	p, offset, err := s.locate(id)
	if err != nil {
		return 0, 0, err
	}
	if p == nil {
		typ, data, err := s.Read(id)
		return typ, int64(len(data)), err
	}
	h, err := p.header(offset)
	if err != nil || !h.isDelta() {
		return h.typ, h.size, err
	}
	head, err := p.inflateHead(h.data, min(h.size, 32))
	if err != nil {
		return 0, 0, err
	}
	_, size, _, err := deltaSizes(head)
	// What a delta makes has its base's type, which none of our callers asks of a blob.
	return plumbing.BlobObject, size, err
}

// InBackground has work done that reads from the store. The store is closed when it is done; it should end once
// closing says so.
func (s *Store) InBackground(work func(closing func() bool)) {
	s.background.Go(func() { work(s.closing.Load) })
}
