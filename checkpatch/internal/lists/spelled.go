// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"unicode"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
)

// NextSpelled returns the next run of letters, digits and joiners from start on, with its place. With ascii, letters beyond
// ASCII are none.
func NextSpelled(s string, start int, ascii bool) (word string, at, end int) {
	for start < len(s) && (ascii || s[start] < utf8.RuneSelf) && !joiners[s[start]] {
		start++
	}
	if ascii {
		for end = start; end < len(s) && joiners[s[end]]; end++ {
		}
		return s[start:end], start, end
	}
	for start < len(s) {
		r, size := utf8.DecodeRuneInString(s[start:])
		if Joins(r) {
			break
		}
		start += size
	}
	end = start
	for end < len(s) && s[end] < utf8.RuneSelf && joiners[s[end]] {
		end++
	}
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if !Joins(r) {
			break
		}
		end += size
	}
	return s[start:end], start, end
}

// A wordFilter tells of most words that they are not among those that were added to it, whatever their case.
type wordFilter [1 << 10]uint64

func (f *wordFilter) add(word string) {
	h := wordHash(word)
	f[h>>6] |= 1 << (h & 63)
}

func (f *wordFilter) Has(word string) bool {
	h := wordHash(word)
	return h == 0 || f[h>>6]&(1<<(h&63)) != 0
}

// wordHash is the same for a word in any case, and 0 for words with letters beyond ASCII, whose case it does not know.
func wordHash(word string) uint16 {
	h := uint32(0)
	for i := range len(word) {
		if word[i] >= utf8.RuneSelf {
			return 0
		}
		h = h*31 + uint32(word[i]|0x20)
	}
	return uint16(h ^ h>>16)
}

var joiners = lines.BytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'`")

// Joins reports whether r glues words together, so that neither is looked up alone.
func Joins(r rune) bool {
	if r < utf8.RuneSelf {
		return joiners[r]
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}
