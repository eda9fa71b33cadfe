// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// Headers are the fields of a mail in their order. They say where in the mail each is, and copy nothing
// before they are asked: a list's mail has some fifty, of which few are ever of interest. They are valid as
// long as the mail is.
type Headers struct {
	mail   []byte
	fields []fieldBounds
}

// A fieldBounds says where a header starts, where its value does, and where its last continuation line ends.
type fieldBounds struct{ start, value, end uint32 }

// ParseHeaders reads the headers at the start of mail.
func ParseHeaders(mail []byte) Headers {
	r := mailReader{in: bytes.TrimLeft(mail, GitSpace)}
	h := Headers{mail: r.in, fields: make([]fieldBounds, 0, 48)}
	for len(r.in) > 0 {
		start := len(h.mail) - len(r.in)
		r.nextLine()
		line := trimRight(r.line)
		if !isHeaderLine(line) {
			break
		}
		for r.atContinuation() {
			r.nextLine()
		}
		colon := bytes.IndexByte(line, ':')
		if colon >= 0 && !bytes.HasPrefix(line, []byte("From ")) {
			h.fields = append(h.fields, fieldBounds{uint32(start), uint32(start + colon + 1), uint32(len(h.mail) - len(r.in))})
		}
	}
	return h
}

// is reports whether f is the header name.
func (h Headers) is(f fieldBounds, name string) bool {
	return EqualFold(h.mail[f.start:f.value-1], name)
}

// value returns the value of f, unfolded but not decoded.
func (h Headers) value(f fieldBounds) string {
	r := mailReader{in: h.mail[f.value:f.end]}
	r.nextLine()
	return string(bytes.Trim(r.unfold(trimRight(r.line)), GitSpace))
}

// Get returns the value of the last header of that name, which is the one that git takes.
func (h Headers) Get(name string) string {
	for _, f := range slices.Backward(h.fields) {
		if h.is(f, name) {
			return h.value(f)
		}
	}
	return ""
}

// Each yields the values of the headers of that name in their order.
func (h Headers) Each(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range h.fields {
			if h.is(f, name) && !yield(h.value(f)) {
				return
			}
		}
	}
}

// all returns the values of all headers of that name, joined by commas.
func (h Headers) all(name string) string { return strings.Join(slices.Collect(h.Each(name)), ", ") }

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
		if a, ok := plainAddress(a); ok {
			out = append(out, a)
			continue
		}
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

// plainAddress returns an address that needs no decoding, as most do not: "Name <local@host>" and nothing else.
func plainAddress(a string) (string, bool) {
	a = strings.Trim(a, GitSpace)
	name, email, ok := strings.Cut(a, " <")
	if !ok || name == "" || len(name) > 60 || !plainName(name) {
		return "", false
	}
	address, ok := strings.CutSuffix(email, ">")
	local, host, at := strings.Cut(address, "@")
	return a, ok && at && local != "" && host != "" && !strings.ContainsAny(address, " \t\r\n\v\f<>()\"=\x00")
}

// plainName reports whether name is words with one space between them, without quotes, comments and codes.
func plainName(name string) bool {
	return !strings.ContainsAny(name, "\"()@<>=\\\t\r\n\x00") && !strings.Contains(name, "  ") && !strings.HasSuffix(name, " ")
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

var reEncodedWord = lazyregexp.New(`=\?[^?\s]*\?([bBqQ])\?([^?]*)(?:\?=|\??$)`)
