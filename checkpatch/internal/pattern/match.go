// SPDX-License-Identifier: GPL-2.0-only

package pattern

import "strings"

// run reports whether the pattern from n on matches at i, and leaves the end in m.end.
func (m *Matcher) run(n *node, i int) bool {
	if m.depth++; m.depth > maxDepth {
		m.steps = maxSteps + 1
	}
	ok := m.walk(n, i)
	m.depth--
	return ok
}

// walk takes the steps from n on, until they fail or are done.
func (m *Matcher) walk(n *node, i int) bool {
	s := m.s
	for {
		if m.steps++; m.steps > maxSteps {
			return false
		}
		switch n.op {
		case opAccept:
			m.end = i
			return true
		case opByte:
			if i >= len(s) || s[i] != n.b {
				return false
			}
			i++
		case opLiteral:
			if !strings.HasPrefix(s[i:], n.lit) {
				return false
			}
			i += len(n.lit)
		case opSet:
			if i >= len(s) || !n.set[s[i]] {
				return false
			}
			i++
		case opAssert:
			if !assert(n.b, s, i) {
				return false
			}
		case opNative:
			if !n.once {
				return m.tryNative(n, i)
			}
			if !n.can(s, i) {
				return false
			}
			if i = n.native(m, s, i, 0); i < 0 {
				return false
			}
		case opArg, opBackref:
			text, ok := m.known(n)
			if !ok || !strings.HasPrefix(s[i:], text) {
				return false
			}
			i += len(text)
		case opLook:
			if m.look(n, i) == n.negate {
				return false
			}
		case opAtomic:
			if !m.run(n.sub, i) {
				return false
			}
			i = m.end
		case opStar:
			j, done, ok := m.star(n, i)
			if done {
				return ok
			}
			i = j
		case opAlt:
			if n = m.choose(n, i); n == nil {
				return false
			}
			if n == matched {
				return true
			}
			continue
		case opOption:
			first, second := n.sub, n.next
			if n.mode == lazy {
				first, second = second, first
			}
			if first.can(s, i) && m.run(first, i) {
				return true
			}
			n = second
			continue
		case opBranch:
			if n.sub.can(s, i) {
				n = n.sub
			} else {
				n = n.next
			}
			continue
		case opSave:
			if !n.can(s, i) {
				return false
			}
			if m.depth == 1 { // nothing else is tried if this fails
				m.caps[n.index] = i
				break
			}
			old := m.caps[n.index]
			m.caps[n.index] = i
			if m.run(n.next, i) {
				return true
			}
			m.caps[n.index] = old
			return false
		case opLoopStart:
			if !n.can(s, i) {
				return false
			}
			m.counts(int(n.index) + 1)
			count, last := m.count[n.index], m.last[n.index]
			m.count[n.index], m.last[n.index] = 0, -1
			if m.run(n.next, i) {
				return true
			}
			m.count[n.index], m.last[n.index] = count, last
			return false
		case opLoop:
			return m.loop(n, i)
		}
		n = n.next
	}
}

// matched stands for a match that is complete.
var matched = &node{}

// choose tries the alternatives of n that can start at i, but for the last, which it returns to be gone on with. It
// returns matched where one led to a match, and nil where none can start.
func (m *Matcher) choose(n *node, i int) *node {
	var last *node
	alts := n.alts
	if alts.firsts == nil {
		for k := range alts.made {
			if alt := alts.node(k); alt.can(m.s, i) {
				if last != nil && m.run(last, i) {
					return matched
				}
				last = alt
			}
		}
		return last
	}
	first := 256
	if i < len(m.s) {
		first = int(m.s[i])
	}
	for _, k := range alts.firsts.lists[alts.firsts.class[first]] {
		if alt := alts.node(int(k)); alt.can(m.s, i) {
			if last != nil && m.run(last, i) {
				return matched
			}
			last = alt
		}
	}
	return last
}

// tryNative tries what follows after each end that the matcher in Go offers.
func (m *Matcher) tryNative(n *node, i int) bool {
	if !n.can(m.s, i) {
		return false
	}
	for nth := 0; ; nth++ {
		end := n.native(m, m.s, i, nth)
		if end < 0 {
			return false
		}
		if n.next.can(m.s, end) && m.run(n.next, end) {
			return true
		}
	}
}

// known returns the text that an argument or a back reference stands for.
func (m *Matcher) known(n *node) (string, bool) {
	if n.op == opArg {
		if int(n.index) >= len(m.args) {
			return "", false
		}
		return m.args[n.index], true
	}
	from, to := m.caps[2*n.index], m.caps[2*n.index+1]
	if from < 0 || to < from {
		return "", false
	}
	return m.s[from:to], true
}

// look reports whether n's inner pattern matches at i, or, for a look-behind, the byte before i.
func (m *Matcher) look(n *node, i int) bool {
	end := m.end
	defer func() { m.end = end }()
	if n.behind {
		return i > 0 && m.run(n.sub, i-1) && m.end == i
	}
	return m.run(n.sub, i)
}

// star matches bytes of a set. Where only one count is possible it returns the offset after them;
// else it tries what follows for each count, and says that it is done.
func (m *Matcher) star(n *node, i int) (after int, done, ok bool) {
	s, most := m.s, i
	limit := len(s)
	if n.hi >= 0 {
		limit = min(limit, i+int(n.hi))
	}
	for most < limit && n.set[s[most]] {
		most++
	}
	least := i + int(n.lo)
	if most < least {
		return 0, true, false
	}
	m.steps += (most - i) / 8
	switch {
	case n.mode == possessive || most == least:
		return most, false, true
	case n.mode == lazy:
		for j := least; j <= most; j++ {
			if m.follow(n.next, j) {
				return 0, true, true
			}
		}
		return 0, true, false
	}
	for j := most; j > least; j-- {
		if m.follow(n.next, j) {
			return 0, true, true
		}
	}
	return least, false, true
}

// follow is run, without the call where the next byte already rules it out.
func (m *Matcher) follow(n *node, i int) bool {
	if !n.can(m.s, i) {
		m.steps++
		return false
	}
	return m.run(n, i)
}

// loop decides between one more round and what follows.
func (m *Matcher) loop(n *node, i int) bool {
	count := m.count[n.index]
	if count < int(n.lo) {
		return m.again(n, i)
	}
	if n.mode == lazy {
		return m.follow(n.next, i) || m.again(n, i)
	}
	return m.again(n, i) || m.follow(n.next, i)
}

// again tries one more round of the loop n.
func (m *Matcher) again(n *node, i int) bool {
	count, last := m.count[n.index], m.last[n.index]
	if n.hi >= 0 && count >= int(n.hi) || count >= int(n.lo) && i == last || !n.sub.can(m.s, i) {
		return false
	}
	m.count[n.index], m.last[n.index] = count+1, i
	if m.run(n.sub, i) {
		return true
	}
	m.count[n.index], m.last[n.index] = count, last
	return false
}

// assert reports whether an anchor or boundary holds at i.
func assert(what byte, s string, i int) bool {
	switch what {
	case '^':
		return i == 0
	case '$':
		return i == len(s) || i == len(s)-1 && s[i] == '\n'
	case 'z':
		return i == len(s)
	}
	before := i > 0 && isWord(s[i-1])
	after := i < len(s) && isWord(s[i])
	return (before != after) == (what == 'b')
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
