// SPDX-License-Identifier: GPL-2.0-only

package pattern

import "math/bits"

// Words looks for many words in a text at once, and tells which lists of words have one there. It is
// the automaton of Aho and Corasick; each byte of the text costs one step.
type Words struct {
	classes [256]uint8 // of the bytes; 0 is for all that no word has
	width   int        // of a row: the number of classes, and one
	// rows tell of each state, by class, which comes next, as the place of its row. What a row ends with is what was
	// found there: an entry of sets, 0 for none.
	rows   []uint32
	sets   []Bits
	always Bits
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

// NewWords makes an automaton for lists of words. A list without words is found in any text.
func NewWords(lists [][]string) *Words {
	w := &Words{width: 1}
	for _, list := range lists {
		for _, word := range list {
			for _, b := range []byte(word) {
				if w.classes[b] == 0 {
					w.classes[b] = uint8(w.width)
					w.width++
				}
			}
		}
	}
	w.width++
	size := (len(lists) + 63) / 64
	w.always = make(Bits, size)
	t := trie{w: w, size: size}
	t.grow()
	for i, list := range lists {
		if len(list) == 0 {
			w.always.add(i)
		}
		for _, word := range list {
			t.insert(word, i)
		}
	}
	t.link()
	return w
}

// Scan sets hits to the numbers of the lists that are found in s, reusing its memory.
func (w *Words) Scan(s string, hits Bits) Bits {
	hits = append(hits[:0], w.always...)
	state, end := uint32(0), uint32(w.width-1)
	for i := range len(s) {
		state = w.rows[state+uint32(w.classes[s[i]])]
		if f := w.rows[state+end]; f != 0 {
			hits.union(w.sets[f])
		}
	}
	return hits
}

// Found reports whether s has a word of any list.
func (w *Words) Found(s string) bool {
	state, end := uint32(0), uint32(w.width-1)
	for i := range len(s) {
		state = w.rows[state+uint32(w.classes[s[i]])]
		if w.rows[state+end] != 0 {
			return true
		}
	}
	return false
}

// A trie is a Words in the making.
type trie struct {
	w    *Words
	size int    // of the sets, in words
	ends []Bits // by state; nil: no word ends there
}

// grow adds a state without successors. Rows hold the numbers of states until they are linked.
func (t *trie) grow() int {
	t.ends = append(t.ends, nil)
	t.w.rows = append(t.w.rows, make([]uint32, t.w.width)...)
	return len(t.ends) - 1
}

func (t *trie) insert(word string, list int) {
	state := 0
	for _, b := range []byte(word) {
		at := state*t.w.width + int(t.w.classes[b])
		if t.w.rows[at] == 0 {
			t.w.rows[at] = uint32(t.grow())
		}
		state = int(t.w.rows[at])
	}
	if t.ends[state] == nil {
		t.ends[state] = make(Bits, t.size)
	}
	t.ends[state].add(list)
}

// link turns the trie into an automaton: where no word goes on, the longest end of what was read that starts a word
// does.
func (t *trie) link() {
	w := t.w
	w.sets = []Bits{nil}
	found := make([]uint32, len(t.ends))
	fall := make([]int, len(t.ends)) // by state, the state of the longest such end
	for queue := []int{0}; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		found[state] = t.collect(state, found[fall[state]])
		for class := range w.width - 1 {
			beyond := 0
			if state != 0 {
				beyond = int(w.rows[fall[state]*w.width+class])
			}
			at := state*w.width + class
			if child := int(w.rows[at]); child != 0 {
				fall[child] = beyond
				queue = append(queue, child)
			} else {
				w.rows[at] = uint32(beyond)
			}
		}
	}
	for i := range w.rows {
		w.rows[i] *= uint32(w.width)
	}
	for state, f := range found {
		w.rows[(state+1)*w.width-1] = f
	}
}

// collect returns the entry of sets for state, at a shorter end of which the entry shorter is found.
func (t *trie) collect(state int, shorter uint32) uint32 {
	w := t.w
	if t.ends[state] == nil {
		return shorter
	}
	if shorter != 0 {
		t.ends[state].union(w.sets[shorter])
	}
	w.sets = append(w.sets, t.ends[state])
	return uint32(len(w.sets) - 1)
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
