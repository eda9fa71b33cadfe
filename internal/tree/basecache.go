// SPDX-License-Identifier: GPL-2.0-only

package tree

import "github.com/go-git/go-git/v5/plumbing"

// A baseCache keeps the bases of deltas, which the next object often needs too.
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
}

func (s *store) cached(p *pack, offset int64) (plumbing.ObjectType, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.bases.objects[baseKey{p, offset}]
	return o.typ, o.data, ok
}

func (s *store) remember(p *pack, offset int64, typ plumbing.ObjectType, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.bases
	key := baseKey{p, offset}
	if _, ok := c.objects[key]; ok || len(data) > c.limit/4 {
		return
	}
	if c.objects == nil || c.size+len(data) > c.limit {
		// All at once: what is still needed comes back at once as well.
		c.objects, c.size = map[baseKey]baseObject{}, 0
	}
	c.objects[key] = baseObject{typ, data}
	c.size += len(data)
}
