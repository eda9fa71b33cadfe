// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// A baseCache keeps the bases of deltas, which the next object often needs too, and large objects, which
// may become bases.
type baseCache struct {
	limit, size int
	objects     map[baseKey]baseObject
}

type baseKey struct {
	pack   *pack
	offset int64
}

type baseObject struct {
	typ  plumbing.ObjectType
	data []byte
	// stored is where a pack has the object whole; the zero value where it has a delta.
	stored place
}

// A place is the compressed bytes of an object in a pack.
type place struct {
	pack     *pack
	at, size int64
}

func (p *place) read() ([]byte, error) {
	b := make([]byte, p.size)
	if _, err := p.pack.file.ReadAt(b, p.at); err != nil {
		return nil, fmt.Errorf("%s.pack: %w", p.pack.path, err)
	}
	return b, nil
}

func (s *Store) cached(p *pack, offset int64) (baseObject, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.bases.objects[baseKey{p, offset}]
	return o, ok
}

func (s *Store) remember(p *pack, offset int64, o baseObject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.bases
	key := baseKey{p, offset}
	if _, ok := c.objects[key]; ok || len(o.data) > c.limit/4 {
		return
	}
	if c.objects == nil || c.size+len(o.data) > c.limit {
		// All at once: what is still needed comes back at once as well.
		c.objects, c.size = map[baseKey]baseObject{}, 0
	}
	c.objects[key] = o
	c.size += len(o.data)
}

// takeRoot returns the object at the end of the deltas by which a pack has the object id, which may be that
// object itself, if it is large and was read lately, and takes it out of the cache. Name is nil where it would
// have to be worked out.
func (s *Store) takeRoot(id []byte) (o baseObject, name []byte, ok bool) {
	p, offset, err := s.locate(id)
	if err != nil || p == nil {
		return o, nil, false
	}
	name = id
	for range maxDepth {
		if o, ok := s.takeWhole(baseKey{p, offset}); ok {
			return o, name, true
		}
		h, err := p.header(offset)
		if err != nil || !h.isDelta() {
			break
		}
		if offset, err = p.base(&h); err != nil {
			break
		}
		name = nil
	}
	return o, nil, false
}

// takeWhole takes a large object that its pack has whole out of the cache.
func (s *Store) takeWhole(key baseKey) (o baseObject, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok = s.bases.objects[key]
	if !ok || o.stored.pack == nil || len(o.data) < minCopied {
		return o, false
	}
	delete(s.bases.objects, key)
	s.bases.size -= len(o.data)
	return o, true
}
