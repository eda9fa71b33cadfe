// SPDX-License-Identifier: GPL-2.0-only

package pattern

import "math/bits"

// A byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s *byteSet) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *byteSet) remove(c byte)   { s[c>>6] &^= 1 << (c & 63) }

func (s *byteSet) addRange(low, high byte) {
	for c := int(low); c <= int(high); c++ {
		s.add(byte(c))
	}
}

func (s *byteSet) union(t *byteSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *byteSet) invert() {
	for i := range s {
		s[i] = ^s[i]
	}
}

func (s *byteSet) foldCase() {
	for c := byte('a'); c <= 'z'; c++ {
		upper := c - 'a' + 'A'
		if s.has(c) || s.has(upper) {
			s.add(c)
			s.add(upper)
		}
	}
}

// single returns the only byte of s, if there is only one.
func (s *byteSet) single() (byte, bool) {
	found, n := 0, 0
	for i, word := range s {
		if word != 0 {
			found = i<<6 + bits.TrailingZeros64(word)
			n += bits.OnesCount64(word)
		}
	}
	return byte(found), n == 1
}

// strings returns the bytes of s as strings, or nil where there are more than limit, or none.
func (s *byteSet) strings(limit int) []string {
	var all []string
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			if len(all) == limit {
				return nil
			}
			all = append(all, string([]byte{byte(i<<6 + bits.TrailingZeros64(word))}))
		}
	}
	return all
}

// within reports whether all bytes of s are in t.
func (s *byteSet) within(t *byteSet) bool {
	for i := range s {
		if s[i]&^t[i] != 0 {
			return false
		}
	}
	return true
}

// A table is a byteSet for matching: quick to ask, large to keep.
type table [256]bool

func (s *byteSet) table() *table {
	t := new(table)
	for c := range t {
		t[c] = s.has(byte(c))
	}
	return t
}

// classEscape returns the set of \s, \w, \d and their opposites, or nil.
func classEscape(c byte) *byteSet {
	set := new(byteSet)
	switch c {
	case 's', 'S':
		for _, c := range []byte(" \t\n\r\f\v") {
			set.add(c)
		}
	case 'w', 'W':
		set.addRange('a', 'z')
		set.addRange('A', 'Z')
		set.addRange('0', '9')
		set.add('_')
	case 'd', 'D':
		set.addRange('0', '9')
	default:
		return nil
	}
	if c < 'a' {
		set.invert()
	}
	return set
}
