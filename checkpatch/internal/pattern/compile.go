// SPDX-License-Identifier: GPL-2.0-only

package pattern

type op uint8

const (
	opAccept op = iota
	opByte
	opLiteral
	opSet
	opStar // bytes of a set, lo to hi times
	opAlt
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
	set    *byteSet
	lit    string
	alts   []*node
	firsts []*byteSet // of alts; nil: anything
	// byFirst, of large sets of alternatives, leads from a byte of the text, or 256 at its end, to the
	// alternatives that can start there, an entry of starts.
	byFirst *[257]uint8
	starts  [][]*node
	sub     *node
	native  func(ctx any, s string, i, nth int) int
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

type compiler struct{ loops int }

// compile returns the first node of p, followed by next.
func (c *compiler) compile(p *piece, next *node) *node {
	switch p.kind {
	case kSet:
		if b, ok := p.set.single(); ok {
			return literal(b, next)
		}
		return &node{op: opSet, set: p.set, next: next}
	case kSeq:
		for i := len(p.subs) - 1; i >= 0; i-- {
			next = c.compile(p.subs[i], next)
		}
		return next
	case kAlt:
		n := &node{op: opAlt}
		for _, sub := range p.subs {
			n.addAlt(c.compile(sub, next), sub)
		}
		n.indexAlts()
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

// addAlt adds an alternative that starts with p; what cannot start at a byte is not tried there.
func (n *node) addAlt(alt *node, p *piece) {
	var first *byteSet
	if p != nil {
		if set, nullable := firstOf(p); !nullable {
			first = set
		}
	}
	n.alts = append(n.alts, alt)
	n.firsts = append(n.firsts, first)
}

// minIndexed is how many alternatives are worth an index by first byte.
const minIndexed = 4

// indexAlts fills byFirst and starts.
func (n *node) indexAlts() {
	if len(n.alts) < minIndexed {
		return
	}
	n.byFirst = new([257]uint8)
	known := map[string]uint8{}
	key := make([]byte, len(n.alts))
	for b := range n.byFirst {
		var list []*node
		for k, first := range n.firsts {
			key[k] = '0'
			if first == nil || b < 256 && first.has(byte(b)) {
				key[k] = '1'
				list = append(list, n.alts[k])
			}
		}
		class, ok := known[string(key)]
		if !ok {
			if len(n.starts) > 255 {
				n.byFirst, n.starts = nil, nil
				return
			}
			class = uint8(len(n.starts))
			known[string(key)] = class
			n.starts = append(n.starts, list)
		}
		n.byFirst[b] = class
	}
}

func (c *compiler) repeat(p *piece, next *node) *node {
	sub := p.subs[0]
	if sub.kind == kSet {
		return &node{op: opStar, set: sub.set, lo: p.min, hi: p.max, mode: p.mode(), next: next}
	}
	if p.mode() == possessive {
		inner := *p
		inner.greedy = true
		return &node{op: opAtomic, next: next, sub: c.compile(&inner, &node{op: opAccept})}
	}
	if p.min == 0 && p.max == 1 {
		n := &node{op: opAlt}
		if p.lazy {
			n.addAlt(next, nil)
		}
		n.addAlt(c.compile(sub, next), sub)
		if !p.lazy {
			n.addAlt(next, nil)
		}
		return n
	}
	loop := &node{op: opLoop, index: c.loops, lo: p.min, hi: p.max, mode: p.mode(), next: next}
	c.loops++
	loop.sub = c.compile(sub, loop)
	if set, nullable := firstOf(sub); !nullable {
		loop.set = set
	}
	return &node{op: opLoopStart, index: loop.index, next: loop}
}
