// SPDX-License-Identifier: GPL-2.0-only

package pattern

import "math/bits"

// Words looks for many words in a text at once, and tells which lists of words have one there. It is
// the automaton of Aho and Corasick. A state stands for the longest end of what was read that starts a word; they are
// numbered by its length, and those that follow on one state stand side by side.
//
// A table of all states and bytes would be quicker to go through, but has hundreds of pages: on a small patch, to make them took
// longer than all else.
type Words struct {
	starts [256]uint16 // the state after a byte alone; 0, that of nothing, where no word starts with it
	states []wordState
	sets   []Bits
	always Bits
}

type wordState struct {
	mask  uint64 // of the bytes that lead on, each at its last six bits
	next  uint16 // the first state that follows; the others stand before the first of the next state
	fall  uint16 // the state for the longest shorter end
	found uint16 // an entry of sets, 0 for none
	b     byte   // which leads here
}

// Bits is a set of the numbers of lists.
type Bits []uint64

// Has reports whether i is in the set.
func (b Bits) Has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

// Next returns the first number from i on that is in the set, or -1.
func (b Bits) Next(i int) int {
	for word := i >> 6; word < len(b); word++ {
		if rest := b[word] >> (i & 63) << (i & 63); rest != 0 {
			return word<<6 + bits.TrailingZeros64(rest)
		}
		i = 0
	}
	return -1
}

func (b Bits) add(i int) { b[i>>6] |= 1 << (i & 63) }

func (b Bits) union(other Bits) {
	for i := range b {
		b[i] |= other[i]
	}
}

// NewWords makes an automaton for lists of words, which have fewer than 65,536 bytes. A list without words is found in any text.
func NewWords(lists [][]string) *Words {
	size := (len(lists) + 63) / 64
	w := &Words{sets: []Bits{nil}, always: make(Bits, size)}
	t := trie{nodes: make([]trieNode, 1), size: size}
	for i, list := range lists {
		if len(list) == 0 {
			w.always.add(i)
		}
		for _, word := range list {
			t.insert(word, i)
		}
	}
	t.number(w)
	return w
}

// Scan sets hits to the numbers of the lists that are found in s, reusing its memory.
func (w *Words) Scan(s string, hits Bits) Bits {
	hits = append(hits[:0], w.always...)
	state := uint16(0)
	for i := range len(s) {
		state = w.after(state, s[i])
		if f := w.states[state].found; f != 0 {
			hits.union(w.sets[f])
		}
	}
	return hits
}

// after returns the state that follows on state with b.
func (w *Words) after(state uint16, b byte) uint16 {
	for state != 0 {
		at := &w.states[state]
		if at.mask&(1<<(b&63)) != 0 {
			for k := at.next; k < w.states[state+1].next; k++ {
				if w.states[k].b == b {
					return k
				}
			}
		}
		state = at.fall
	}
	return w.starts[b]
}

// A trie is a Words in the making; its first node stands for nothing read.
type trie struct {
	nodes []trieNode
	size  int // of the sets, in words
}

type trieNode struct {
	lists          Bits   // that have a word which ends here; nil: none
	child, sibling uint16 // 0: none
	b              byte
}

func (t *trie) insert(word string, list int) {
	at := uint16(0)
	for _, b := range []byte(word) {
		child := t.nodes[at].child
		for child != 0 && t.nodes[child].b != b {
			child = t.nodes[child].sibling
		}
		if child == 0 {
			child = uint16(len(t.nodes))
			t.nodes = append(t.nodes, trieNode{b: b, sibling: t.nodes[at].child})
			t.nodes[at].child = child
		}
		at = child
	}
	if t.nodes[at].lists == nil {
		t.nodes[at].lists = make(Bits, t.size)
	}
	t.nodes[at].lists.add(list)
}

// number makes the states of w, the shorter before the longer, as what a state falls back to is shorter.
func (t *trie) number(w *Words) {
	w.states = make([]wordState, len(t.nodes)+1)
	nodes, parents := make([]uint16, 1, len(t.nodes)), make([]uint16, 1, len(t.nodes)) // by state
	for state := 0; state < len(nodes); state++ {
		at, node := &w.states[state], &t.nodes[nodes[state]]
		at.next, at.b = uint16(len(nodes)), node.b
		for child := node.child; child != 0; child = t.nodes[child].sibling {
			at.mask |= 1 << (t.nodes[child].b & 63)
			if state == 0 {
				w.starts[t.nodes[child].b] = uint16(len(nodes))
			}
			nodes, parents = append(nodes, child), append(parents, uint16(state))
		}
	}
	w.states[len(nodes)].next = uint16(len(nodes))
	for state, parent := range parents {
		at := &w.states[state]
		if parent != 0 {
			at.fall = w.after(w.states[parent].fall, at.b)
		}
		at.found = w.foundAt(t.nodes[nodes[state]].lists, w.states[at.fall].found)
	}
}

// foundAt returns the entry of sets for a state at which the words of lists end, and at a shorter end of which the entry shorter
// is found.
func (w *Words) foundAt(lists Bits, shorter uint16) uint16 {
	if lists == nil {
		return shorter
	}
	if shorter != 0 {
		lists.union(w.sets[shorter])
	}
	w.sets = append(w.sets, lists)
	return uint16(len(w.sets) - 1)
}

// Needs returns texts of which each match of p has at least one, or nil where there are none known.
func (p *Pattern) Needs() []string {
	needs, err := p.lib.needs(p.src)
	if err != nil {
		panic(err)
	}
	return needs
}

// needs parses src, and returns what it needs.
func (l *Library) needs(src string) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	tree, _, err := l.parse(src)
	if err != nil {
		return nil, err
	}
	return needs(tree), nil
}
