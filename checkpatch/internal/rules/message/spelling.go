// SPDX-License-Identifier: GPL-2.0-only

package message

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// checkUTF8 finds bytes that are no UTF-8, in the message and in added lines.
func checkUTF8(c *engine.Checker) bool {
	if c.Line.File != "" && !c.Added() {
		return false
	}
	for i := 0; i < len(c.Line.Raw); {
		if b := c.Line.Raw[i]; b >= 0x20 && b < 0x7f || b == '\t' {
			i++
			continue
		}
		size := utf8Size(c.Line.Raw[i:])
		if size == 0 {
			if c.Line.Raw[i] == '\n' {
				return false
			}
			if c.ReportAt("INVALID_UTF8", engine.Check, i+1, "") {
				c.Point(1)
			}
			return false
		}
		i += size
	}
	return false
}

// utf8Size returns the size of the character at the start of s, or 0 where there is none of text: control characters
// other than tab, newline and carriage return are none.
func utf8Size(s string) int {
	if b := s[0]; b < 0x80 {
		if b >= 0x20 && b < 0x7f || b == '\t' || b == '\r' || b == '\n' {
			return 1
		}
		return 0
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size <= 1 {
		return 0
	}
	return size
}

// hasUTF8 reports whether s has a character of more than one byte.
func hasUTF8(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			if size := utf8Size(s[i:]); size > 1 {
				return true
			}
		}
	}
	return false
}

// checkSpelling finds the mistakes that the tree's list names.
func checkSpelling(c *engine.Checker) bool {
	l := &c.Line
	if !c.Log.Message && !c.Added() && !hasSubject(l.Text) {
		return false
	}
	// What separates a mistake from the next word belongs to it, so that of two in a row the first alone is found.
	letters := c.Has(edition.LetterSpelling)
	for start, taken := 0, 0; start < len(l.Raw); {
		word, at, end := lists.NextSpelled(l.Raw, start, !letters)
		if word == "" {
			break
		}
		start = end
		if at > 0 && at <= taken || !c.Tree.Spelling.MayHave(word) {
			continue
		}
		typo, fix := misspelled(c, word)
		if typo == "" {
			typo, fix = badPhrase(c, word, l.Raw[at:])
		}
		if typo == "" {
			continue
		}
		_, separator := utf8.DecodeRuneInString(l.Raw[at+len(typo):])
		taken = at + len(typo) + separator
		if c.ReportAt("TYPO_SPELLING", c.WarnUnlessFile(), at+1, fmt.Sprintf("%q may be a mistake for %q", typo, fix)) {
			c.Point(utf8.RuneCountInString(typo))
			c.FixLine(func(line string) string { return replaceWord(line, typo, fix) })
		}
	}
	return false
}

func hasSubject(text string) bool {
	_, has := lines.CutFold(text, "subject:")
	return has
}

// misspelled returns the entry of the list that word is, as it is written there, and its correction in the same
// case; or "".
func misspelled(c *engine.Checker, word string) (typo, fix string) {
	fix, ok := c.Tree.Spelling.Fix(strings.ToLower(word))
	if !ok {
		return "", ""
	}
	if 'A' <= word[0] && word[0] <= 'Z' {
		fix = strings.ToUpper(fix[:min(1, len(fix))]) + fix[min(1, len(fix)):]
	}
	if strings.IndexFunc(word, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0 {
		fix = strings.ToUpper(fix)
	}
	return word, fix
}

// badPhrase returns the phrase of the list with which text starts, whose first word is word, and its correction.
func badPhrase(c *engine.Checker, word, text string) (typo, fix string) {
	for _, p := range c.Tree.Spelling.Phrases(strings.ToLower(word)) {
		if len(text) < len(p) || !strings.EqualFold(text[:len(p)], p) {
			continue
		}
		if r, size := utf8.DecodeRuneInString(text[len(p):]); size > 0 && lists.Joins(r) {
			continue
		}
		fix, _ = c.Tree.Spelling.Fix(p)
		return text[:len(p)], fix
	}
	return "", ""
}

// replaceWord replaces the first occurrence of word that no letter touches.
func replaceWord(line, word, with string) string {
	for from := 0; ; {
		i := strings.Index(line[from:], word)
		if i < 0 {
			return line
		}
		i += from
		end := i + len(word)
		if (i == 0 || !isLetterOrAt(line[i-1])) && (end == len(line) || !isLetterOrAt(line[end])) {
			return line[:i] + with + line[end:]
		}
		from = i + 1
	}
}

func isLetterOrAt(b byte) bool {
	return b == '@' || lines.IsWordByte(b) && !lines.IsDigit(b) && b != '_'
}

var (
	patListing   = lazyregexp.New(`[bcCdDlMnpPs?-][rwxsStT-]{9}`)
	patTwoWords  = syntax.Compile(`({word}) (?=({word}))`)
	patLastWord  = syntax.Compile(`^{word}$`)
	patHexWord   = lazyregexp.New(`(?i)\b[0-9a-f]{2,}\b`)
	patAggregate = lazyregexp.New(`struct|union|enum`)
)

// hexWords are words that look like hexadecimal numbers, and still count as words.
var hexWords = map[string]bool{"add": true, "added": true, "bad": true, "be": true}

// checkRepeatedWords finds a word that is there twice in a row, in a line or over the end of one.
func checkRepeatedWords(c *engine.Checker) bool {
	l := &c.Line
	if !strings.HasPrefix(l.Raw, "+") && !c.Log.Message {
		return false
	}
	from := 1
	if c.Log.Message {
		from = 0
	}
	over := wordOverLines(c)
	if over == "" && !mayRepeat(l.Raw, from) || patListing.MatchString(l.Raw) {
		return false
	}
	for pos := from; mayRepeat(l.Raw, pos); {
		loc := c.M.FindFrom(patTwoWords, l.Raw, pos)
		if loc == nil {
			break
		}
		first, second := l.Raw[loc[2]:loc[3]], l.Raw[loc[4]:loc[5]]
		pos = loc[1]
		if patAggregate.MatchString(first) {
			// As the script does, which goes on from the start of the pair's length.
			pos = loc[1] + len(first) + len(second) + 1
			if pos > len(l.Raw) {
				break
			}
			continue
		}
		if isRepeated(c, first, second, loc[2], loc[5], from) && c.Report("REPEATED_WORD", engine.Warn, fmt.Sprintf("the word %q is there twice", first)) {
			c.FixLine(func(line string) string { return strings.Replace(line, first+" "+second, first, 1) })
		}
	}
	if over != "" && c.Report("REPEATED_WORD", engine.Warn, fmt.Sprintf("the word %q is there twice", over)) {
		c.FixLine(func(line string) string { return strings.Replace(line, over+" ", "", 1) })
	}
	return false
}

// mayRepeat reports whether some word from pos on is followed by itself.
func mayRepeat(s string, pos int) bool {
	wordAt := -1
	for i := pos; i < len(s); i++ {
		if lines.IsWordByte(s[i]) {
			if wordAt < 0 {
				wordAt = i
			}
			continue
		}
		if s[i] == ' ' && wordAt >= 0 && i+1 < len(s) && s[i+1]|0x20 == s[wordAt]|0x20 &&
			strings.EqualFold(s[i+1:lines.WordEnd(s, i+1)], s[wordAt:i]) {
			return true
		}
		wordAt = -1
	}
	return false
}

// isRepeated decides whether the words at start and up to end are one word twice.
func isRepeated(c *engine.Checker, first, second string, start, end, from int) bool {
	raw := c.Line.Raw
	if !strings.EqualFold(first, second) || first == "long" {
		return false
	}
	if start > from && !lines.IsSpace(raw[start-1]) {
		return false
	}
	if end < len(raw) && strings.IndexByte(" \t.,;?!", raw[end]) < 0 {
		return false
	}
	return !patHexWord.MatchString(first) || hexWords[strings.ToLower(first)]
}

// wordOverLines returns a word at the end of a line of a comment that is there again at the start of the next, or "".
func wordOverLines(c *engine.Checker) string {
	l := &c.Line
	if !strings.HasPrefix(l.Raw, "+") {
		return ""
	}
	star := lines.SkipSpace(l.Raw, 1)
	if star >= len(l.Raw) || l.Raw[star] != '*' {
		return ""
	}
	prev := lines.TrimRight(l.Prev)
	if prev == "" || prev[len(prev)-1] != lines.Comment {
		return ""
	}
	tail := lines.TrimRight(l.PrevRaw)
	word := tail[lines.WordStartBefore(tail, len(tail)):]
	if rest, ok := strings.CutPrefix(lines.TrimLeft(l.Raw[star+1:]), word); !ok || !strings.HasPrefix(rest, " ") || !c.M.Match(patLastWord, word) {
		return ""
	}
	return word
}
