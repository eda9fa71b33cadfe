// SPDX-License-Identifier: GPL-2.0-only

package pattern

// A Bloom is the set of pairs of bytes in a text, hashed to a few words: it tells at once of most words that they
// are not in the text.
type Bloom [4]uint64

// Add adds the pairs of bytes in s.
func (b *Bloom) Add(s string) {
	for i := 1; i < len(s); i++ {
		h := uint(s[i-1])*37 + uint(s[i])
		b[h>>6&3] |= 1 << (h & 63)
	}
}

// BloomOf returns the set of s.
func BloomOf(s string) Bloom {
	var b Bloom
	b.Add(s)
	return b
}

// MayHold reports whether a text with the set b may contain one with the set word.
func (b *Bloom) MayHold(word *Bloom) bool {
	return word[0]&^b[0]|word[1]&^b[1]|word[2]&^b[2]|word[3]&^b[3] == 0
}

// Needs returns texts of which each match of p has at least one, or nil where there are none known.
func (p *Pattern) Needs() []string {
	p.ready()
	return p.needs
}
