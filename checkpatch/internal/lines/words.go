// SPDX-License-Identifier: GPL-2.0-only

package lines

import (
	"strconv"
	"strings"
)

// Itoa writes n in decimal digits.
func Itoa(n int) string { return strconv.Itoa(n) }

func skipSpaceBytes(b []byte, i int) int {
	for i < len(b) && IsSpace(b[i]) {
		i++
	}
	return i
}

// HasAnyPrefix reports whether s starts with one of prefixes.
func HasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// LeadingWords counts the words that a line or a statement starts with, behind its marker, and tells where they end;
// stars and the signs that glue words may be between.
func LeadingWords(s string) (words, end int) {
	for i := 1; i < len(s); {
		switch b := s[i]; {
		case IsWordByte(b):
			words++
			i = WordEnd(s, i)
		case IsSpace(b) || b == '*' || b == '#':
			i++
		default:
			return words, i
		}
	}
	return words, len(s)
}

// ContainsOne reports whether one of words is in s, as a word or a part of one.
func ContainsOne(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// ContainsWord reports whether word is in s with a boundary on both sides.
func ContainsWord(s, word string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if Boundary(s, i) && Boundary(s, i+len(word)) {
			return true
		}
		from = i + 1
	}
}

// LastWord returns where word stands last in s, with no word character beside it, or -1.
func LastWord(s, word string) int {
	for end := len(s); ; {
		i := strings.LastIndex(s[:end], word)
		if i < 0 || Boundary(s, i) && Boundary(s, i+len(word)) {
			return i
		}
		end = i + len(word) - 1
	}
}

// WordThenQuote reports whether a string touches a word before it.
func WordThenQuote(text string) bool {
	for i := 1; i < len(text); i++ {
		if text[i] == '"' && IsWordByte(text[i-1]) {
			rest := strings.TrimLeft(text[i+1:], "X\t")
			if strings.HasPrefix(rest, `"`) {
				return true
			}
		}
	}
	return false
}

// CutFold cuts prefix off s, whatever its case.
func CutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// FirstField returns the first word of s.
func FirstField(s string) string {
	i := SkipSpace(s, 0)
	j := i
	for j < len(s) && !IsSpace(s[j]) {
		j++
	}
	return s[i:j]
}

// CutNumber cuts a number from the front of s. Numbers too large for any file are cut down.
func CutNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && IsDigit(s[i]); i++ {
		n = min(n*10+int(s[i]-'0'), 1<<40)
	}
	return n, s[i:], i > 0
}

// BytesOf makes a table of the bytes in list.
func BytesOf(list string) (table [256]bool) {
	for i := range len(list) {
		table[list[i]] = true
	}
	return table
}

// FirstWord returns the letters, digits and underscores that s starts with.
func FirstWord(s string) string { return s[:WordEnd(s, 0)] }

// IsSpaceRune is IsSpace for a rune.
func IsSpaceRune(r rune) bool { return r < 0x80 && IsSpace(byte(r)) }

// WordEnd returns the end of the word characters from i on.
func WordEnd(s string, i int) int {
	for i < len(s) && IsWordByte(s[i]) {
		i++
	}
	return i
}

// WordStartBefore returns where the word that ends at end starts.
func WordStartBefore(s string, end int) int {
	for end > 0 && IsWordByte(s[end-1]) {
		end--
	}
	return end
}

// SkipSpace returns the index of the first byte of s from i on that is no white space; len(s) where there is none.
func SkipSpace(s string, i int) int {
	for i < len(s) && IsSpace(s[i]) {
		i++
	}
	return i
}

// TrimLeft returns s without the white space that it starts with, as \s* of Perl takes it off.
func TrimLeft(s string) string { return s[SkipSpace(s, 0):] }

// TrimRight returns s without the white space at its end.
func TrimRight(s string) string {
	end := len(s)
	for end > 0 && IsSpace(s[end-1]) {
		end--
	}
	return s[:end]
}

// TrimSpace returns s without the white space at both ends.
func TrimSpace(s string) string { return TrimRight(TrimLeft(s)) }

// IsWordByte reports whether c is one of \w: a letter, a digit, an underscore.
func IsWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// IsSpace reports whether c is one of \s of Perl.
func IsSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// IsDigit reports whether c is one of \d.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// IdentEnd returns the end of the identifier at the start of s, which may be glued from several with ##.
func IdentEnd(s string) int {
	end := WordEnd(s, 0)
	for {
		next, ok := strings.CutPrefix(s[SkipSpace(s, end):], "##")
		if !ok {
			return end
		}
		start := len(s) - len(next) + SkipSpace(next, 0)
		if start == len(s) || !IsWordByte(s[start]) || IsDigit(s[start]) {
			return end
		}
		end = WordEnd(s, start)
	}
}

// Boundary reports whether a word starts or ends at i.
func Boundary(s string, i int) bool {
	before := i > 0 && IsWordByte(s[i-1])
	after := i < len(s) && IsWordByte(s[i])
	return before != after
}
