// SPDX-License-Identifier: GPL-2.0-only

package pattern

import "bytes"

type op uint8

const (
	opAccept op = iota
	opByte
	opLiteral
	opSet
	opStar // bytes of a set, lo to hi times
	opAlt
	opOption // sub, which leads to next as well, or next
	opSave
	opLoopStart
	opLoop
	opLook
	opAtomic
	opAssert
	opBackref
	opArg
	opNative
)

// A node is a step of a compiled pattern; next is what follows it.
type node struct {
	op     op
	next   *node
	b      byte // of opByte and opAssert
	mode   mode
	negate bool
	behind bool
	index  int // of captures, arguments and loops
	lo, hi int // of loops; hi < 0 is no limit
	set    *table
	lit    string
	alts   []*node
	firsts *altIndex // of alts
	sub    *node
	native func(m *Matcher, s string, i, nth int) int
}

// mode is how much a loop takes.
type mode uint8

const (
	greedy mode = iota
	lazy
	possessive
)

func (p *piece) mode() mode {
	switch {
	case p.lazy:
		return lazy
	case p.greedy:
		return greedy
	}
	return possessive
}

type compiler struct {
	lib   *Library
	loops int
}

// compile returns the first node of p, followed by next.
func (c *compiler) compile(p *piece, next *node) *node {
	switch p.kind {
	case kSet:
		if b, ok := p.set.single(); ok {
			return literal(b, next)
		}
		return &node{op: opSet, set: c.lib.table(p.set), next: next}
	case kSeq:
		for i := len(p.subs) - 1; i >= 0; i-- {
			next = c.compile(p.subs[i], next)
		}
		return next
	case kAlt:
		n := &node{op: opAlt, firsts: indexAlts(p)}
		for _, sub := range p.subs {
			n.alts = append(n.alts, c.compile(sub, next))
		}
		return n
	case kRepeat:
		return c.repeat(p, next)
	case kCapture:
		end := &node{op: opSave, index: 2*p.index + 1, next: next}
		return &node{op: opSave, index: 2 * p.index, next: c.compile(p.subs[0], end)}
	case kLook:
		return &node{op: opLook, negate: p.negate, behind: p.behind, next: next,
			sub: c.compile(p.subs[0], &node{op: opAccept})}
	case kAtomic:
		return &node{op: opAtomic, next: next, sub: c.compile(p.subs[0], &node{op: opAccept})}
	case kAssert:
		return &node{op: opAssert, b: p.assert, next: next}
	case kBackref:
		return &node{op: opBackref, index: p.index, next: next}
	case kArg:
		return &node{op: opArg, index: p.index, next: next}
	case kNative:
		return &node{op: opNative, native: p.native.Match, next: next}
	}
	return next
}

// literal puts b before next, as one node with the bytes that follow.
func literal(b byte, next *node) *node {
	switch next.op {
	case opByte:
		return &node{op: opLiteral, lit: string([]byte{b, next.b}), next: next.next}
	case opLiteral:
		return &node{op: opLiteral, lit: string([]byte{b}) + next.lit, next: next.next}
	}
	return &node{op: opByte, b: b, next: next}
}

// An altIndex tells which alternatives can start with a byte.
type altIndex struct {
	// class leads from a byte of the text, or 256 at its end, to an entry of lists: the numbers of the
	// alternatives, in order.
	class [257]uint16
	lists [][]uint8
}

// maxAlts is how many alternatives a number in an altIndex can tell apart.
const maxAlts = 256

// indexAlts returns the index of p's alternatives, or nil where there are too many.
func indexAlts(p *piece) *altIndex {
	if p.alts == nil && len(p.subs) <= maxAlts {
		p.alts = newAltIndex(p.subs)
	}
	return p.alts
}

func newAltIndex(alts []*piece) *altIndex {
	index := new(altIndex)
	known := map[string]uint16{}
	list := make([]uint8, 0, len(alts))
	for b := range index.class {
		list = list[:0]
		for k, alt := range alts {
			if set, nullable := firstOf(alt); nullable || b < 256 && set.has(byte(b)) {
				list = append(list, uint8(k))
			}
		}
		class, ok := known[string(list)]
		if !ok {
			class = uint16(len(index.lists))
			known[string(list)] = class
			index.lists = append(index.lists, bytes.Clone(list))
		}
		index.class[b] = class
	}
	return index
}

func (c *compiler) repeat(p *piece, next *node) *node {
	sub := p.subs[0]
	if sub.kind == kSet {
		return &node{op: opStar, set: c.lib.table(sub.set), lo: p.min, hi: p.max, mode: p.mode(), next: next}
	}
	if p.mode() == possessive {
		inner := *p
		inner.greedy = true
		return &node{op: opAtomic, next: next, sub: c.compile(&inner, &node{op: opAccept})}
	}
	if p.min == 0 && p.max == 1 {
		n := &node{op: opOption, mode: p.mode(), next: next, sub: c.compile(sub, next)}
		if set, nullable := firstOf(sub); !nullable {
			n.set = c.lib.table(set)
		}
		return n
	}
	loop := &node{op: opLoop, index: c.loops, lo: p.min, hi: p.max, mode: p.mode(), next: next}
	c.loops++
	loop.sub = c.compile(sub, loop)
	if set, nullable := firstOf(sub); !nullable {
		loop.set = c.lib.table(set)
	}
	return &node{op: opLoopStart, index: loop.index, next: loop}
}
