// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

func skipSpaceBytes(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// leadingWords counts the words that a line or a statement starts with, behind its marker, and tells where they end;
// stars and the signs that glue words may be between.
func leadingWords(s string) (words, end int) {
	for i := 1; i < len(s); {
		switch b := s[i]; {
		case isWordByte(b):
			words++
			i = wordEnd(s, i)
		case isSpace(b) || b == '*' || b == '#':
			i++
		default:
			return words, i
		}
	}
	return words, len(s)
}

func containsOne(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// containsWord reports whether word is in s with a boundary on both sides.
func containsWord(s, word string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if boundary(s, i) && boundary(s, i+len(word)) {
			return true
		}
		from = i + 1
	}
}

// lastWord returns where word stands last in s, with no word character beside it, or -1.
func lastWord(s, word string) int {
	for end := len(s); ; {
		i := strings.LastIndex(s[:end], word)
		if i < 0 || boundary(s, i) && boundary(s, i+len(word)) {
			return i
		}
		end = i + len(word) - 1
	}
}

// wordThenQuote reports whether a string touches a word before it.
func wordThenQuote(text string) bool {
	for i := 1; i < len(text); i++ {
		if text[i] == '"' && isWordByte(text[i-1]) {
			rest := strings.TrimLeft(text[i+1:], "X\t")
			if strings.HasPrefix(rest, `"`) {
				return true
			}
		}
	}
	return false
}

// cutFold cuts prefix off s, whatever its case.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// firstField returns the first word of s.
func firstField(s string) string {
	i := skipSpace(s, 0)
	j := i
	for j < len(s) && !isSpace(s[j]) {
		j++
	}
	return s[i:j]
}

// cutNumber cuts a number from the front of s. Numbers too large for any file are cut down.
func cutNumber(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		n = min(n*10+int(s[i]-'0'), 1<<40)
	}
	return n, s[i:], i > 0
}

func bytesOf(list string) (table [256]bool) {
	for i := range len(list) {
		table[list[i]] = true
	}
	return table
}

func firstWord(s string) string { return s[:wordEnd(s, 0)] }

func isSpaceRune(r rune) bool { return r < 0x80 && isSpace(byte(r)) }

// wordEnd returns the end of the word characters from i on.
func wordEnd(s string, i int) int {
	for i < len(s) && isWordByte(s[i]) {
		i++
	}
	return i
}

// wordStartBefore returns where the word that ends at end starts.
func wordStartBefore(s string, end int) int {
	for end > 0 && isWordByte(s[end-1]) {
		end--
	}
	return end
}

func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

func trimLeft(s string) string { return s[skipSpace(s, 0):] }

func trimRight(s string) string {
	end := len(s)
	for end > 0 && isSpace(s[end-1]) {
		end--
	}
	return s[:end]
}

func trimSpace(s string) string { return trimRight(trimLeft(s)) }

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// identEnd returns the end of the identifier at the start of s, which may be glued from several with ##.
func identEnd(s string) int {
	end := wordEnd(s, 0)
	for {
		next, ok := strings.CutPrefix(s[skipSpace(s, end):], "##")
		if !ok {
			return end
		}
		start := len(s) - len(next) + skipSpace(next, 0)
		if start == len(s) || !isWordByte(s[start]) || isDigit(s[start]) {
			return end
		}
		end = wordEnd(s, start)
	}
}

// boundary reports whether a word starts or ends at i.
func boundary(s string, i int) bool {
	before := i > 0 && isWordByte(s[i-1])
	after := i < len(s) && isWordByte(s[i])
	return before != after
}
