// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"fmt"
)

// decodeRFC2047 decodes the encoded words ("=?utf-8?q?J=C3=B6rg?=") of a header value into
// UTF-8. Space between two words goes. On an error the value cannot be decoded as a whole, and
// git mailinfo keeps it as it is.
func decodeRFC2047(v []byte) ([]byte, error) {
	next := bytes.Index(v, []byte("=?"))
	if next < 0 {
		return v, nil
	}
	var out []byte
	rest, first := v, true
	for ; next >= 0; next = bytes.Index(rest, []byte("=?")) {
		if before := rest[:next]; first || len(bytes.Trim(before, GitSpace)) > 0 {
			out = append(out, before...)
		}
		word, size, err := decodeWord(rest[next:])
		if err != nil {
			return nil, err
		}
		out = append(out, word...)
		rest, first = rest[next+size:], false
	}
	return append(out, CString(rest)...), nil
}

// decodeWord decodes the encoded word at the start of v, and returns its size.
func decodeWord(v []byte) (word []byte, size int, err error) {
	broken := func() ([]byte, int, error) {
		return nil, 0, fmt.Errorf("broken encoded word in header: %.60q", v)
	}
	// =? charset ? encoding ? text ?=
	charsetEnd := bytes.IndexByte(v[2:], '?') + 2
	if charsetEnd < 2 || len(v) < charsetEnd+3 || v[charsetEnd+2] != '?' {
		return broken()
	}
	text := v[charsetEnd+3:]
	textEnd := bytes.Index(text, []byte("?="))
	if textEnd < 0 {
		return broken()
	}
	switch asciiLower(v[charsetEnd+1]) {
	case 'b':
		word = decodeBase64(nil, text[:textEnd])
	case 'q':
		word = decodeQP(nil, text[:textEnd], true)
	default:
		return broken()
	}
	word, err = toUTF8(word, string(v[2:charsetEnd]))
	return word, charsetEnd + 3 + textEnd + 2, err
}
