// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// FormatAddress writes "Name <address>" so that a From header gives both back.
func FormatAddress(name, email string) string {
	if name == email {
		return "<" + email + ">"
	}
	if strings.ContainsAny(name, `"\(),:;[]`) {
		name = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return EncodeWords(name) + " <" + email + ">"
}

// EncodeWords encodes s as words of RFC 2047 where it must be.
func EncodeWords(s string) string {
	if isASCII([]byte(s)) && !strings.Contains(s, "=?") {
		return s
	}
	const start, end, most = "=?UTF-8?q?", "?=", 75
	var out, word strings.Builder
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		var enc strings.Builder
		for _, c := range []byte(s[i : i+size]) {
			switch {
			case c == ' ':
				enc.WriteByte('_')
			case isAlpha(c) || IsDigit(c) || strings.IndexByte("!*+-/.,:", c) >= 0:
				enc.WriteByte(c)
			default:
				fmt.Fprintf(&enc, "=%02X", c)
			}
		}
		if len(start)+word.Len()+enc.Len()+len(end) > most {
			out.WriteString(start + word.String() + end + "\n ")
			word.Reset()
		}
		word.WriteString(enc.String())
		i += size
	}
	return out.String() + start + word.String() + end
}

// NeedsEncoding reports whether text would not survive a mailbox as it is: git mailsplit ends a
// mail at a "From " line, and takes CRs off line ends.
func NeedsEncoding(text []byte) bool {
	if bytes.Contains(text, []byte("\r\n")) || bytes.IndexByte(text, 0) >= 0 {
		return true
	}
	for line := range bytes.Lines(text) {
		if isFromLine(line) {
			return true
		}
	}
	return false
}

// EncodeQP writes text as quoted-printable, with lines of at most 76 characters.
func EncodeQP(text []byte) []byte {
	var out []byte
	column := 0
	for i, c := range text {
		last := i+1 == len(text) || text[i+1] == '\n'
		plain := c >= ' ' && c <= '~' && c != '=' || c == '\t'
		if (c == ' ' || c == '\t') && last || c == 'F' && column == 0 {
			plain = false
		}
		switch {
		case c == '\n':
			out = append(out, c)
			column = 0
			continue
		case column > 72:
			out = append(out, "=\n"...)
			column = 0
		}
		if plain {
			out = append(out, c)
			column++
			continue
		}
		out = fmt.Appendf(out, "=%02X", c)
		column += 3
	}
	return out
}
