// SPDX-License-Identifier: GPL-2.0-only

package pattern

// Words looks for many words in a text at once, and tells which lists of words have one there. It is
// the automaton of Aho and Corasick; each byte of the text costs one step.
type Words struct {
	classes [256]uint8 // of the bytes; 0 is for all that no word has
	width   int        // the number of classes
	next    []uint32   // by state and class; the state is multiplied by width already
	found   []uint32   // by state: an entry of sets, 0 for none
	sets    []Bits
	always  Bits
}

// Bits is a set of the numbers of lists.
type Bits []uint64

// Has reports whether i is in the set.
func (b Bits) Has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

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
	state := uint32(0)
	for i := range len(s) {
		state = w.next[state+uint32(w.classes[s[i]])]
		if f := w.found[state/uint32(w.width)]; f != 0 {
			hits.union(w.sets[f])
		}
	}
	return hits
}

// Found reports whether s has a word of any list.
func (w *Words) Found(s string) bool {
	state := uint32(0)
	for i := range len(s) {
		state = w.next[state+uint32(w.classes[s[i]])]
		if w.found[state/uint32(w.width)] != 0 {
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

// grow adds a state without successors.
func (t *trie) grow() int {
	t.ends = append(t.ends, nil)
	t.w.next = append(t.w.next, make([]uint32, t.w.width)...)
	return len(t.ends) - 1
}

func (t *trie) insert(word string, list int) {
	state := 0
	for _, b := range []byte(word) {
		at := state*t.w.width + int(t.w.classes[b])
		if t.w.next[at] == 0 {
			t.w.next[at] = uint32(t.grow())
		}
		state = int(t.w.next[at])
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
	w.found = make([]uint32, len(t.ends))
	w.sets = []Bits{nil}
	fall := make([]int, len(t.ends)) // by state, the state of the longest such end
	for queue := []int{0}; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		t.collect(state, fall[state])
		for class := range w.width {
			beyond := 0
			if state != 0 {
				beyond = int(w.next[fall[state]*w.width+class])
			}
			at := state*w.width + class
			if child := int(w.next[at]); child != 0 {
				fall[child] = beyond
				queue = append(queue, child)
			} else {
				w.next[at] = uint32(beyond)
			}
		}
	}
	for i := range w.next {
		w.next[i] *= uint32(w.width)
	}
}

// collect adds to what is found at state what is found at shorter, the state of a shorter end.
func (t *trie) collect(state, shorter int) {
	w := t.w
	w.found[state] = w.found[shorter]
	if t.ends[state] == nil {
		return
	}
	if f := w.found[shorter]; f != 0 {
		t.ends[state].union(w.sets[f])
	}
	w.found[state] = uint32(len(w.sets))
	w.sets = append(w.sets, t.ends[state])
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
