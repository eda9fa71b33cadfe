// SPDX-License-Identifier: GPL-2.0-only

package pattern

import (
	"bytes"
	"sync/atomic"
)

type op uint8

const (
	opAccept op = iota
	opByte
	opLiteral
	opSet
	opStar // bytes of a set, lo to hi times
	opAlt
	opOption // sub, which leads to next as well, or next
	opBranch // the same, where the byte that follows tells which
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
	b      byte // of opByte and opAssert
	mode   mode
	negate bool
	behind bool
	once   bool  // of native: there is one match at most
	index  int32 // of captures, arguments and loops
	lo, hi int32 // of loops; hi < 0 is no limit
	next   *node
	first  *table // the bytes with which the text can go on here; nil: any, or none
	set    *table
	sub    *node
	alts   *alternatives
	lit    string
	native func(m *Matcher, s string, i, nth int) int

	starts *byteSet // as first
}

// can reports whether n can match at i, as far as the next byte tells.
func (n *node) can(s string, i int) bool { return n.first == nil || i < len(s) && n.first[s[i]] }

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

// A compiler compiles one pattern: all of it but its alternatives, each of which is compiled when a text first starts as it
// does. Of the types of C, of which there are dozens, most patterns never meet but a few. It is used under the lock of lib.
type compiler struct {
	lib   *Library
	loops int
}

// alternatives are those of an opAlt.
type alternatives struct {
	c      *compiler
	pieces []*piece
	next   *node
	made   []atomic.Pointer[node] // nil where it is not compiled yet
	firsts *altIndex              // nil where they are too many
}

// node returns the first node of the kth.
func (a *alternatives) node(k int) *node {
	if n := a.made[k].Load(); n != nil {
		return n
	}
	a.c.lib.mu.Lock()
	defer a.c.lib.mu.Unlock()
	if n := a.made[k].Load(); n != nil {
		return n
	}
	n := a.c.compile(a.pieces[k], a.next)
	a.made[k].Store(n)
	return n
}

// compile returns the first node of p, followed by next.
func (c *compiler) compile(p *piece, next *node) *node {
	switch p.kind {
	case kSet:
		if b, ok := p.set.single(); ok {
			return c.literal(b, p.set, next)
		}
		return c.starting(&node{op: opSet, set: c.lib.table(p.set), next: next}, p.set)
	case kSeq:
		for end := len(p.subs); end > 0; {
			from := end
			for from > 0 && p.subs[from-1].isByte() {
				from--
			}
			if end-from > 1 {
				next = c.literals(p.subs[from:end], next)
			} else {
				from = end - 1
				next = c.compile(p.subs[from], next)
			}
			end = from
		}
		return next
	case kAlt:
		n := &node{op: opAlt, next: next}
		n.alts = &alternatives{c: c, pieces: p.subs, next: next, made: make([]atomic.Pointer[node], len(p.subs)), firsts: indexAlts(p)}
		return c.starting(n, orNext(p, next, false))
	case kRepeat:
		return c.repeat(p, next)
	case kCapture:
		end := c.before(&node{op: opSave, index: 2*p.index + 1, next: next})
		return c.before(&node{op: opSave, index: 2 * p.index, next: c.compile(p.subs[0], end)})
	case kLook:
		return c.before(&node{op: opLook, negate: p.negate, behind: p.behind, next: next,
			sub: c.compile(p.subs[0], &node{op: opAccept})})
	case kAtomic:
		return c.atomic(p.subs[0], next)
	case kAssert:
		return c.before(&node{op: opAssert, b: p.assert, next: next})
	case kBackref:
		return &node{op: opBackref, index: p.index, next: next}
	case kArg:
		return &node{op: opArg, index: p.index, next: next}
	case kNative:
		set, _ := firstOf(p)
		return c.starting(&node{op: opNative, native: p.native.Match, once: p.native.Once, next: next}, set)
	}
	return next
}

// starting completes n, which can match where one of set stands; nil is anything.
func (c *compiler) starting(n *node, set *byteSet) *node {
	n.starts, n.first = set, c.lib.table(set)
	return n
}

// before completes n, which takes no byte, so that the text goes on with what follows.
func (c *compiler) before(n *node) *node { return c.starting(n, n.next.starts) }

// unionOf returns what one of nodes can start with.
func unionOf(nodes ...*node) *byteSet {
	set := new(byteSet)
	for _, n := range nodes {
		if n.starts == nil {
			return nil
		}
		set.union(n.starts)
	}
	return set
}

// orNext returns the bytes that p, or next where p may be empty, can start with.
func orNext(p *piece, next *node, optional bool) *byteSet {
	set, nullable := firstOf(p)
	switch {
	case !nullable && !optional:
		return set
	case set == nil || next.starts == nil:
		return nil
	}
	both := *set
	both.union(next.starts)
	return &both
}

// literal puts b, the only byte of set, before next, as one node with the bytes that follow.
func (c *compiler) literal(b byte, set *byteSet, next *node) *node {
	n := &node{op: opByte, b: b, next: next}
	switch next.op {
	case opByte:
		n = &node{op: opLiteral, lit: string([]byte{b, next.b}), next: next.next}
	case opLiteral:
		n = &node{op: opLiteral, lit: string([]byte{b}) + next.lit, next: next.next}
	}
	return c.starting(n, set)
}

// isByte reports whether p is one certain byte.
func (p *piece) isByte() bool {
	if p.kind != kSet {
		return false
	}
	_, ok := p.set.single()
	return ok
}

// literals is literal for several bytes at once: one after the other would make as many strings of a word as it has letters.
func (c *compiler) literals(pieces []*piece, next *node) *node {
	text := bytesOf(pieces)
	switch next.op {
	case opByte:
		text, next = append(text, next.b), next.next
	case opLiteral:
		text, next = append(text, next.lit...), next.next
	}
	return c.starting(&node{op: opLiteral, lit: string(text), next: next}, pieces[0].set)
}

// bytesOf returns the bytes that pieces, each a single one, stand for.
func bytesOf(pieces []*piece) []byte {
	text := make([]byte, 0, len(pieces))
	for _, p := range pieces {
		b, _ := p.set.single()
		text = append(text, b)
	}
	return text
}

func (c *compiler) atomic(p *piece, next *node) *node {
	n := &node{op: opAtomic, next: next, sub: c.compile(p, &node{op: opAccept})}
	return c.starting(n, orNext(p, next, false))
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
	sets, nullables := make([]*byteSet, len(alts)), make([]bool, len(alts))
	for k, alt := range alts {
		sets[k], nullables[k] = firstOf(alt)
	}
	for b := range index.class {
		list = list[:0]
		for k := range alts {
			if nullables[k] || b < 256 && sets[k].has(byte(b)) {
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
		n := &node{op: opStar, set: c.lib.table(sub.set), lo: p.min, hi: p.max, mode: p.mode(), next: next}
		if disjoint(sub.set, next.starts) {
			n.mode = possessive // no other count can lead on
		}
		return c.starting(n, orNext(sub, next, p.min == 0))
	}
	if p.mode() == possessive {
		inner := *p
		inner.greedy = true
		return c.atomic(&inner, next)
	}
	_, nullable := firstOf(sub)
	switch {
	case p.min == 0 && p.max == 1:
		n := &node{op: opOption, mode: p.mode(), next: next, sub: c.compile(sub, next)}
		return c.branching(n, unionOf(n.sub, next))
	case p.min <= 1 && p.max < 0 && !nullable:
		// Rounds need not be counted.
		n := &node{op: opOption, mode: p.mode(), next: next}
		c.starting(n, orNext(sub, next, true)) // which sub leads to as well
		n.sub = c.compile(sub, n)
		c.branching(n, n.starts)
		if p.min == 0 {
			return n
		}
		return c.compile(sub, n)
	}
	loop := &node{op: opLoop, index: int32(c.loops), lo: p.min, hi: p.max, mode: p.mode(), next: next}
	c.loops++
	c.starting(loop, orNext(sub, next, true)) // which sub leads to as well
	loop.sub = c.compile(sub, loop)
	return c.before(&node{op: opLoopStart, index: loop.index, next: loop})
}

// branching completes n, a choice between sub and next, which starts with one of set.
func (c *compiler) branching(n *node, set *byteSet) *node {
	if disjoint(n.sub.starts, n.next.starts) {
		n.op = opBranch
	}
	return c.starting(n, set)
}

// disjoint reports whether no byte is in both sets; nil is anything.
func disjoint(a, b *byteSet) bool {
	return a != nil && b != nil && a[0]&b[0]|a[1]&b[1]|a[2]&b[2]|a[3]&b[3] == 0
}
