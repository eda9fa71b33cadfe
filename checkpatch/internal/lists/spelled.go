// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"slices"
	"strings"
	"sync"
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

// A spelling knows how words and phrases are misspelled. Most lines have no word of any entry, so that the entries are
// looked up in a filter, and put in order when one may be there.
type spelling struct {
	lists  []spellingList
	filter wordFilter // knows the entries, and the first words of those with more than one

	once    sync.Once
	fixes   map[string]string   // by entry, in lower case
	phrases map[string][]string // the entries with more than one word, by their first
}

// A spellingList has lines "mistake||correction", or codespell's "mistake->correction, …".
type spellingList struct {
	text []byte
	sep  string
}

// add adds a list, before the first question.
func (s *spelling) add(text []byte, sep string) {
	list := spellingList{text, sep}
	for typo := range list.entries {
		s.filter.add(typo)
		if word, _, _ := NextSpelled(typo, 0, false); word != typo && word != "" {
			s.filter.add(word)
		}
	}
	s.lists = append(s.lists, list)
}

// entries yields the mistakes of the list, in lower case, and the corrections.
func (l spellingList) entries(yield func(typo, fix string) bool) {
	for line := range DataLines(l.text) {
		if l.sep == "->" {
			if strings.Contains(strings.ToLower(line), ", disabled") {
				continue
			}
			line, _, _ = strings.Cut(line, ",")
		}
		typo, fix, _ := strings.Cut(line, l.sep)
		fix, _, _ = strings.Cut(fix, l.sep)
		if !yield(strings.ToLower(typo), fix) {
			return
		}
	}
}

// MayHave reports whether word, in any case, may be an entry or the first word of one.
func (s *spelling) MayHave(word string) bool { return s.filter.Has(word) }

// Fix returns the correction of an entry in lower case.
func (s *spelling) Fix(typo string) (fix string, ok bool) {
	s.once.Do(s.index)
	fix, ok = s.fixes[typo]
	return fix, ok
}

// Phrases returns the entries of several words that start with word, which is in lower case.
func (s *spelling) Phrases(word string) []string {
	s.once.Do(s.index)
	return s.phrases[word]
}

func (s *spelling) index() {
	s.fixes, s.phrases = map[string]string{}, map[string][]string{}
	for _, list := range s.lists {
		for typo, fix := range list.entries {
			if word, _, _ := NextSpelled(typo, 0, false); word != typo && word != "" && !slices.Contains(s.phrases[word], typo) {
				s.phrases[word] = append(s.phrases[word], typo)
			}
			s.fixes[typo] = fix
		}
	}
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
