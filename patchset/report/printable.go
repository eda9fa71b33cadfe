// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden are the characters that a terminal or a browser obeys, or does not show, so that what people see is
// not what is there.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00, Hi: 0x1f, Stride: 1},     // C0
		{Lo: 0x7f, Hi: 0x9f, Stride: 1},     // delete, C1
		{Lo: 0xad, Hi: 0xad, Stride: 1},     // soft hyphen
		{Lo: 0x34f, Hi: 0x34f, Stride: 1},   // grapheme joiner
		{Lo: 0x61c, Hi: 0x61c, Stride: 1},   // Arabic letter mark
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // fillers of Hangul: letters that are not seen
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // vowels of Khmer that are not seen
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian selectors of variants, and a vowel separator
		{Lo: 0x200b, Hi: 0x200f, Stride: 1}, // zero width space, joiners, marks of direction
		{Lo: 0x2028, Hi: 0x202e, Stride: 1}, // line and paragraph separators, embeddings and overrides
		{Lo: 0x2060, Hi: 0x206f, Stride: 1}, // joiners, isolates
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // selectors of variants, which can carry any text unseen
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, // byte order mark
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // halfwidth Hangul filler
		{Lo: 0xfff0, Hi: 0xfffb, Stride: 1}, // annotations, and what is reserved to be ignored
	},
	R32: []unicode.Range32{
		{Lo: 0x1bca0, Hi: 0x1bca3, Stride: 1}, // controls of shorthand
		{Lo: 0x1d173, Hi: 0x1d17a, Stride: 1}, // controls of musical notes
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, // tags, selectors of variants
	},
	LatinOffset: 3,
}

// isHidden reports whether r, of size bytes in UTF-8, is to be written as an escape. A byte that is no UTF-8
// is a C1 control to many a terminal.
func isHidden(r rune, size int) bool {
	return r == utf8.RuneError && size == 1 || unicode.Is(hidden, r)
}

// escape returns what is written in the place of a hidden character.
func escape(r rune, raw string) string {
	switch {
	case r == utf8.RuneError:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Printable returns s on one line, with what a mail may hold and a terminal would obey, or not show, written
// as escapes: control characters, marks of direction, tags, bytes that are no UTF-8. A tab stays.
func Printable(s string) string { return printable(s, "\t") }

// PrintableText is [Printable] for text of several lines.
func PrintableText(s string) string { return printable(s, "\t\n") }

func printable(s, stays string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		if isHidden(r, size) && (r >= utf8.RuneSelf || strings.IndexByte(stays, byte(r)) < 0) {
			b.WriteString(s[done:i] + escape(r, s[i:]))
			done = i + size
		}
		i += size
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// colors are the escapes that this module writes itself.
var colors = []string{bold, red, green, yellow, "\x1b[34m", cyan, faint, reset}

// A Screen is the one way on which text goes to a terminal, or to a file that may be shown on one. Whatever a
// renderer has let through, no control character but the newline and the tab comes out of it; see
// [PrintableText]. The colours of this module pass where Color is set.
//
// Close writes what is left of a character that was cut.
type Screen struct {
	W     io.Writer
	Color bool

	cut []byte // the beginning of a character, or of a colour
}

// Write writes text.
func (s *Screen) Write(text []byte) (int, error) {
	all := text
	if len(s.cut) > 0 {
		all = slices.Concat(s.cut, text)
	}
	whole := len(all) - s.unfinished(all)
	s.cut = slices.Clone(all[whole:])
	if _, err := io.WriteString(s.W, s.clean(string(all[:whole]))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close writes what was held back. It does not close W.
func (s *Screen) Close() error {
	rest := PrintableText(string(s.cut))
	s.cut = nil
	_, err := io.WriteString(s.W, rest)
	return err
}

// unfinished returns how many bytes at the end of text are the beginning of something that is not whole yet.
func (s *Screen) unfinished(text []byte) int {
	for n := 1; n <= min(len(text), len(reset)); n++ {
		rest := text[len(text)-n:]
		if n < utf8.UTFMax && utf8.RuneStart(rest[0]) && !utf8.FullRune(rest) || s.Color && isColor(string(rest), true) {
			return n
		}
	}
	return 0
}

// isColor reports whether text begins with a colour or, with cut, is the beginning of one.
func isColor(text string, cut bool) bool {
	return slices.ContainsFunc(colors, func(c string) bool {
		if cut {
			return len(text) < len(c) && strings.HasPrefix(c, text)
		}
		return strings.HasPrefix(text, c)
	})
}

func (s *Screen) clean(text string) string {
	if !s.Color {
		return PrintableText(text)
	}
	var b strings.Builder
	for {
		at := strings.IndexByte(text, 0x1b)
		if at < 0 {
			b.WriteString(PrintableText(text))
			return b.String()
		}
		b.WriteString(PrintableText(text[:at]))
		end := at + 1
		if isColor(text[at:], false) {
			end = at + strings.IndexByte(text[at:], 'm') + 1
			b.WriteString(text[at:end])
		} else {
			b.WriteString(escape(0x1b, ""))
		}
		text = text[end:]
	}
}
