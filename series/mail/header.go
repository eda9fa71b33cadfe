// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"strings"
)

// GitSpace is what git takes for white space; unlike C and Go it knows no \v and \f.
const GitSpace = " \t\n\r"

func isGitSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// CString returns b up to its first NUL, where git's string functions stop.
func CString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// SqueezeSpace makes each run of white space one space.
func SqueezeSpace[S string | []byte](b S) string {
	out := make([]byte, 0, len(b))
	for i := range len(b) {
		switch c := b[i]; {
		case !isGitSpace(c):
			out = append(out, c)
		case i == 0 || !isGitSpace(b[i-1]):
			out = append(out, ' ')
		}
	}
	return string(out)
}

// readHeaderLine reads one header with its continuation lines, unfolded. At a line that is no
// header it returns false, with that line, trimmed, in r.line: it belongs to the body. So does,
// for git, the last header of a mail that ends without a body.
func (r *mailReader) readHeaderLine() bool {
	if len(r.in) == 0 {
		return false
	}
	r.nextLine()
	line := trimRight(r.line)
	if !isHeaderLine(line) {
		r.line = append(bytes.Clone(line), '\n')
		return false
	}
	r.line = r.unfold(line)
	return true
}

// atContinuation reports whether the next line goes on with a header.
func (r *mailReader) atContinuation() bool {
	return len(r.in) > 0 && (r.in[0] == ' ' || r.in[0] == '\t')
}

// unfold joins line and the continuation lines that follow. Most headers of a mail are long and of no
// interest, so that all are joined in one buffer: the result is valid until the next one.
func (r *mailReader) unfold(line []byte) []byte {
	if !r.atContinuation() {
		return line
	}
	r.folded = append(r.folded[:0], line...)
	for r.atContinuation() {
		r.nextLine()
		if rest := trimRight(r.line[1:]); len(rest) > 0 {
			r.folded = append(append(r.folded, ' '), rest...)
		}
	}
	return r.folded
}

// trimRight returns b without the white space at its end.
func trimRight(b []byte) []byte {
	for len(b) > 0 && isGitSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// isHeaderLine reports whether line starts as a header does; mbox "From " lines count.
func isHeaderLine(line []byte) bool {
	if bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From ")) {
		return true
	}
	for _, c := range line {
		if c == ':' {
			return true
		}
		if c < 33 || c > 126 {
			return false
		}
	}
	return false
}

// headerValue returns the value of line where it is the header name.
func headerValue(line []byte, name string) ([]byte, bool) {
	n := len(name)
	if len(line) <= n || line[n] != ':' || !EqualFold(line[:n], name) {
		return nil, false
	}
	return bytes.TrimLeft(CString(line[n+1:]), GitSpace), true
}

// header takes one header line. A From, Subject or Date goes to fields, where it replaces an
// earlier one only if overwrite is set. It reports whether the header was one of interest.
func (r *mailReader) header(line []byte, fields *[numHeaders]field, overwrite bool) bool {
	for i, name := range headerNames {
		if fields[i].present && !overwrite {
			continue
		}
		if v, ok := headerValue(line, name); ok {
			fields[i] = field{r.decodeWords(v), true}
			return true
		}
	}
	if v, ok := headerValue(line, "Content-Type"); ok {
		r.contentType(string(r.decodeWords(v)))
		return true
	}
	if v, ok := headerValue(line, "Content-Transfer-Encoding"); ok {
		r.transferEncoding(string(r.decodeWords(v)))
		return true
	}
	if v, ok := headerValue(line, "Message-ID"); ok {
		r.messageID = field{r.decodeWords(v), true}
		return true
	}
	return false
}

// decodeWords decodes the RFC 2047 words of a header; a broken one leaves the header as it is. The result
// is a copy, which outlives the line.
func (r *mailReader) decodeWords(v []byte) []byte {
	out, err := decodeRFC2047(v)
	if err != nil {
		r.fail(err)
		out = v
	}
	return bytes.Clone(out)
}

func (r *mailReader) contentType(v string) {
	format, _ := attribute(v, "format=")
	r.flowed = strings.EqualFold(format, "flowed")
	delSp, _ := attribute(v, "delsp=")
	r.delSp = strings.EqualFold(delSp, "yes")
	if b, ok := attribute(v, "boundary="); ok {
		if len(r.boundaries) == maxBoundaries-1 {
			r.fail(errManyBoundaries)
			return
		}
		r.boundaries = append(r.boundaries, "--"+b)
	}
	r.charset, _ = attribute(v, "charset=")
	kind, _, _ := strings.Cut(v, ";")
	r.html = strings.EqualFold(strings.TrimSpace(kind), "text/html")
}

func (r *mailReader) transferEncoding(v string) {
	v = strings.ToLower(v)
	switch {
	case strings.Contains(v, "base64"):
		r.encoding = encodingBase64
	case strings.Contains(v, "quoted-printable"):
		r.encoding = encodingQP
	default:
		r.encoding = encodingNone
	}
}

// attribute returns what follows name ("charset=") in a header value, without its quotes.
func attribute(v, name string) (string, bool) {
	i := indexFold(v, name)
	if i < 0 {
		return "", false
	}
	v = v[i+len(name):]
	ends := "; \t"
	if strings.HasPrefix(v, `"`) {
		v, ends = v[1:], `"`
	}
	if end := strings.IndexAny(v, ends); end >= 0 {
		v = v[:end]
	}
	return v, true
}

// indexFold is strings.Index for an ASCII substr, without regard to case.
func indexFold(s, substr string) int {
	for i := 0; i+len(substr) <= len(s); i++ {
		if EqualFold(s[i:i+len(substr)], substr) {
			return i
		}
	}
	return -1
}

// EqualFold compares without regard to the case of ASCII letters.
func EqualFold[S string | []byte](a S, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if asciiLower(a[i]) != asciiLower(b[i]) {
			return false
		}
	}
	return true
}

func asciiLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
