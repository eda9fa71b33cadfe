// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A headerField is one header of a mail, unfolded but not decoded.
type headerField struct {
	Name, Value string
}

// Headers are the fields of a mail by their names, in the order of the mail.
type Headers []headerField

// ParseHeaders reads the headers at the start of mail.
func ParseHeaders(mail []byte) Headers {
	r := mailReader{in: bytes.TrimLeft(mail, GitSpace)}
	var fields Headers
	for r.readHeaderLine() {
		name, value, ok := bytes.Cut(r.line, []byte(":"))
		if ok && !bytes.HasPrefix(r.line, []byte("From ")) {
			fields = append(fields, headerField{string(name), string(bytes.Trim(value, GitSpace))})
		}
	}
	return fields
}

// Get returns the value of the last header of that name, which is the one that git takes.
func (h Headers) Get(name string) string {
	for i := len(h) - 1; i >= 0; i-- {
		if EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// all returns the values of all headers of that name, joined by commas.
func (h Headers) all(name string) string {
	var values []string
	for _, f := range h {
		if EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ", ")
}

// DecodeHeader decodes the encoded words of a header value, where they can be decoded.
func DecodeHeader(v string) []byte {
	out, err := decodeRFC2047([]byte(v))
	if err != nil {
		return []byte(v)
	}
	return out
}

// addresses splits a list of addresses and decodes each: "Name <address>" or the address alone.
func addresses(list string) []string {
	var out []string
	for _, a := range splitAddresses(list) {
		name, email := ParseFrom(SqueezeSpace(DecodeHeader(a)))
		switch {
		case email == "":
		case name == "" || name == email:
			out = append(out, email)
		default:
			out = append(out, name+" <"+email+">")
		}
	}
	return out
}

// splitAddresses splits at the commas outside of quotes, comments and angle brackets.
func splitAddresses(list string) []string {
	var out []string
	quoted, depth, start := false, 0, 0
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '<':
			depth++
		case (c == ')' || c == '>') && depth > 0:
			depth--
		case c == ',' && depth == 0:
			out = append(out, list[start:i])
			start = i + 1
		}
	}
	return append(out, list[min(start, len(list)):])
}

// FirstID returns the first message ID of a header value, without its brackets.
func FirstID(v string) string {
	if ids := MessageIDs(v); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// MessageIDs returns the message IDs in a header value, without their brackets.
func MessageIDs(v string) []string {
	var ids []string
	for {
		_, rest, ok := strings.Cut(v, "<")
		if !ok {
			break
		}
		id, after, ok := strings.Cut(rest, ">")
		if !ok {
			break
		}
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, id)
		}
		v = after
	}
	if v = strings.TrimSpace(v); ids == nil && v != "" && !strings.ContainsAny(v, " \t") {
		return []string{v} // some programs forget the brackets
	}
	return ids
}

// DecodeLoosely decodes the encoded words of a header value, each as well as can be: of one in an
// unknown charset the ASCII characters are right, and what a subject counts by is ASCII.
func DecodeLoosely(v string) []byte {
	if out, err := decodeRFC2047([]byte(v)); err == nil {
		return out
	}
	return []byte(reEncodedWord.ReplaceAllStringFunc(v, func(word string) string {
		if out, err := decodeRFC2047([]byte(word)); err == nil {
			return string(out)
		}
		m := reEncodedWord.FindStringSubmatch(word)
		if asciiLower(m[1][0]) == 'b' {
			return string(decodeBase64(nil, []byte(m[2])))
		}
		return string(decodeQP(nil, []byte(m[2]), true))
	}))
}

var reEncodedWord = lazyregexp.New(`=\?[^?\s]*\?([bBqQ])\?([^?]*)\?=`)
