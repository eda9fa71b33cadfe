// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// maxBoundaries is how many multipart boundaries git mailinfo nests, plus one.
const maxBoundaries = 5

var (
	errEmptyMail      = errors.New("the mail is empty")
	errManyBoundaries = errors.New("too many nested multipart boundaries")
)

// Options are the options of git mailinfo that change what a mail becomes.
type Options struct {
	Scissors     bool // cut at a scissors line
	MessageID    bool // add a Message-ID line to the message
	IgnoreInBody bool // leave in-body headers in the message
	KeepSubject  bool // keep the subject as it is
	KeepNonPatch bool // keep subject brackets that do not say PATCH
	// Quotes ends a flowed paragraph where the depth of quoting changes, as mail programs do and git
	// does not: a line of a reply's own does not become part of what it quotes.
	Quotes bool

	StripQuotedCR bool // drop CR at line ends that the transfer encoding hid

	// Encoding is what git am would commit in, "" for UTF-8; noRecode leaves the bytes of mails as they are.
	// Where either is set, mailinfo takes patches apart as git mailinfo does with these arguments.
	Encoding string
	NoRecode bool
	Mailinfo func(mail []byte, encoding string, args []string) (info, message, patch []byte, err error)
}

// The headers that mailinfo reports, in its order.
const (
	hdrFrom = iota
	hdrSubject
	hdrDate
	numHeaders
)

var headerNames = [numHeaders]string{"From", "Subject", "Date"}

// A field is the value of a header that may be absent.
type field struct {
	value   []byte
	present bool
}

// Info is one mail as git mailinfo takes it apart.
type Info struct {
	mail                         []byte // as it was read
	Author, Email, Subject, date string
	// has tells which of From, Subject and Date the mail has.
	has [numHeaders]bool
	// Message is the text before the patch, Patch all from the patch on; it may lie in the mail itself.
	Message, Patch []byte
	// text is the whole body without its HTML, message and patch and what was cut from them, in UTF-8.
	text     []byte
	html     []byte // what of it is in parts of HTML, which are not in text
	flowed   bool   // the text came as format=flowed
	quotedCR bool   // the transfer encoding hid CRs at line ends

	// What the headers say, whatever stands in the body.
	fromName, fromEmail, headerSubject, headerDate string

	// Problem is what makes git mailinfo refuse the mail; the fields then hold the best reading.
	Problem error
}

type transferEncoding int

const (
	encodingNone transferEncoding = iota
	encodingQP
	encodingBase64
)

// A mailReader walks through one mail, line by line, and fills a mailInfo.
type mailReader struct {
	opts Options
	all  []byte // the mail
	in   []byte // the end of it, which was not read yet
	line []byte // the current line
	info *Info

	folded []byte // the header that was unfolded last

	primary, inBody [numHeaders]field
	messageID       field

	boundaries []string // "--" and the boundary, innermost last
	encoding   transferEncoding
	charset    string
	asciiIn    string // the last charset of which it is known that ASCII is itself in it
	flowed     bool
	delSp      bool
	html       bool // the part is HTML

	inBodyStage bool   // in-body headers may still come
	accum       []byte // the in-body header being unfolded
	inPatch     bool   // all that comes is patch
	prev        []byte // a partial line that waits for its rest
}

// Parse takes mail, one message as git mailsplit leaves it, apart as git mailinfo does.
func Parse(mail []byte, opts Options) *Info {
	r := &mailReader{opts: opts, all: mail, in: mail, info: new(Info), inBodyStage: true}
	r.read()
	return r.info
}

func (r *mailReader) read() {
	r.in = bytes.TrimLeft(r.in, GitSpace)
	if len(r.in) == 0 {
		r.info.Problem = errEmptyMail
		return
	}
	for r.readHeaderLine() {
		r.header(r.line, &r.primary, true)
	}
	r.body()
	r.finish()
}

// fail notes the first reason for which git mailinfo refuses the mail.
func (r *mailReader) fail(err error) {
	if r.info.Problem == nil {
		r.info.Problem = err
	}
}

// nextLine reads a line with its LF; it returns false at the end of the mail.
func (r *mailReader) nextLine() bool {
	if len(r.in) == 0 {
		r.line = nil
		return false
	}
	end := bytes.IndexByte(r.in, '\n') + 1
	if end == 0 {
		end = len(r.in)
	}
	r.line, r.in = r.in[:end], r.in[end:]
	return true
}

func (r *mailReader) boundary() string {
	if len(r.boundaries) == 0 {
		return ""
	}
	return r.boundaries[len(r.boundaries)-1]
}

// atBoundary reports whether the line starts with the innermost boundary.
func (r *mailReader) atBoundary() bool {
	b := r.boundary()
	return b != "" && len(r.line) >= len(b) && string(r.line[:len(b)]) == b
}

// body reads all after the headers; the line is the one that ended them.
func (r *mailReader) body() {
	if r.boundary() != "" {
		if !r.findBoundary() {
			return
		}
	} else if string(r.line) == "\n" && !r.nextLine() {
		return
	}
	r.reserve()
	for {
		if r.atBoundary() {
			r.flushPrev()
			if !r.nextPart() {
				return
			}
		}
		r.bodyLine()
		if r.inPatch && len(r.boundaries) == 0 && r.encoding == encodingNone && !r.flowed && !r.html && !r.opts.StripQuotedCR {
			r.restIsPatch()
			break
		}
		if !r.nextLine() {
			break
		}
	}
	r.flushPrev()
	r.flushInBody()
}

// restIsPatch takes all that is left, which needs no decoding, in one step.
func (r *mailReader) restIsPatch() {
	r.info.quotedCR = r.info.quotedCR || bytes.Contains(r.in, []byte("\r\n"))
	if r.charset == "" || isUTF8Name(r.charset) {
		r.info.text = append(r.info.text, r.in...)
	} else {
		for line := range bytes.Lines(r.in) {
			r.keepText(line)
		}
	}
	// The line that begins the patch lies right before, as a rule: then the patch is where it lies, and no copy.
	start := len(r.all) - len(r.in) - len(r.info.Patch)
	if end := len(r.all); start >= 0 && bytes.Equal(r.all[start:end-len(r.in)], r.info.Patch) {
		r.info.Patch = r.all[start:end:end]
	} else {
		r.info.Patch = append(r.info.Patch, r.in...)
	}
	r.in = nil
}

func (r *mailReader) flushPrev() {
	if len(r.prev) > 0 {
		prev := r.prev
		r.prev = nil
		r.text(prev)
	}
}

// bodyLine undoes the transfer encoding of the line.
func (r *mailReader) bodyLine() {
	var decoded []byte
	open := len(r.prev) // what decoded begins with and has no line end: not to be looked through with each line again
	switch r.encoding {
	case encodingQP:
		decoded = decodeQP(r.prev, r.line, false)
	case encodingBase64:
		decoded = decodeBase64(r.prev, r.line)
	default:
		r.unflow(r.line)
		return
	}
	r.prev = nil
	// One line of base64 may hold many lines of text, and end within one.
	for len(decoded) > 0 {
		end := bytes.IndexByte(decoded[open:], '\n') + 1
		switch {
		case end == 0 && len(r.prev) == 0:
			r.prev = decoded
			return
		case end == 0:
			r.prev = append(r.prev, decoded...)
			return
		}
		end += open
		r.unflow(decoded[:end:end])
		decoded, open = decoded[end:], 0
	}
}

// unflow joins the lines that format=flowed broke, and looks for quoted CRs elsewhere.
func (r *mailReader) unflow(line []byte) {
	if !r.flowed {
		if bytes.HasSuffix(line, []byte("\r\n")) {
			r.info.quotedCR = true
			if r.opts.StripQuotedCR {
				line = append(bytes.Clone(line[:len(line)-2]), '\n')
			}
		}
		r.text(line)
		return
	}
	if len(line) == 0 {
		r.text(line)
		return
	}
	n := len(line)
	if line[n-1] == '\n' {
		n--
		if n > 0 && line[n-1] == '\r' {
			n--
		}
	}
	if string(line[:n]) == "-- " { // the signature separator is no flowed line
		r.flushPrev()
		r.text(line)
		return
	}
	if r.opts.Quotes && len(r.prev) > 0 && quoteDepth(r.prev) != quoteDepth(line) {
		r.prev = append(bytes.TrimRight(r.prev, " "), '\n')
		r.flushPrev()
	}
	if n > 0 && line[0] == ' ' {
		line, n = line[1:], n-1
	}
	if n > 0 && line[n-1] == ' ' {
		if r.delSp {
			n--
		}
		r.prev = append(r.prev, line[:n]...)
		return
	}
	if len(r.prev) > 0 {
		line = append(r.prev, line...)
		r.prev = nil
	}
	r.text(line)
}

// quoteDepth returns how many ">" line starts with.
func quoteDepth(line []byte) int {
	depth := 0
	for _, c := range line {
		switch c {
		case '>':
			depth++
		case ' ':
		default:
			return depth
		}
	}
	return depth
}

// reserve makes room for a body of the size of what was not read yet, and for a message up to what looks like the end of
// one, so that lines are not copied again and again.
func (r *mailReader) reserve() {
	if cap(r.info.text) > 0 {
		return
	}
	size := len(r.in) + len(r.line)
	r.info.text = make([]byte, 0, size)
	if end := bytes.Index(r.in, []byte("\n---")); end >= 0 {
		size = end + 1 + len(r.line)
	}
	r.info.Message = make([]byte, 0, size)
}

// toUTF8 converts a line of the body. Most are ASCII: what that is in the charset is asked for once.
func (r *mailReader) toUTF8(line []byte) ([]byte, error) {
	ascii := isASCII(line)
	if ascii && r.charset == r.asciiIn {
		return line, nil
	}
	out, err := toUTF8(line, r.charset)
	if ascii && err == nil && !sevenBitCharset(charsetName(r.charset)) {
		r.asciiIn = r.charset
	}
	return out, err
}

// keepText adds line to the whole text; a line that is not in its charset stays as it is.
func (r *mailReader) keepText(line []byte) {
	converted, err := r.toUTF8(line)
	if err != nil {
		converted = line
	}
	if r.html {
		r.info.html = append(r.info.html, converted...)
		return
	}
	r.info.text = append(r.info.text, converted...)
}

// text takes one decoded line of the body.
func (r *mailReader) text(line []byte) {
	r.keepText(line)
	if !r.inPatch && !r.messageLine(&line) {
		return
	}
	r.inPatch = true
	r.info.Patch = append(r.info.Patch, line...)
}

// findBoundary skips to the next line that starts with the innermost boundary.
func (r *mailReader) findBoundary() bool {
	for r.nextLine() {
		r.line = bytes.TrimSuffix(r.line, []byte("\n"))
		if r.atBoundary() {
			return true
		}
	}
	return false
}

// nextPart handles the boundary in the line: it reads the headers of the part that follows,
// and leaves its first line in the line. It returns false where no more text comes.
func (r *mailReader) nextPart() bool {
	// git ends the text of the first part alone with a newline, and those around it with a line that is empty.
	for end := "\n"; r.isEndBoundary(); end = "" {
		r.boundaries = r.boundaries[:len(r.boundaries)-1]
		r.text([]byte(end))
		if !r.findBoundary() {
			return false
		}
	}
	r.encoding = encodingNone
	r.charset = ""
	r.html = false
	for r.readHeaderLine() {
		r.header(r.line, &r.primary, false)
	}
	if !r.nextLine() {
		return false
	}
	if r.line[len(r.line)-1] != '\n' {
		r.line = append(bytes.Clone(r.line), '\n')
	}
	return true
}

func (r *mailReader) isEndBoundary() bool {
	b := r.boundary()
	return b != "" && len(r.line) >= len(b)+2 && string(r.line[len(b):len(b)+2]) == "--"
}

// finish turns the collected headers into author, subject and date. In-body headers count only
// where the mail has a patch.
func (r *mailReader) finish() {
	for i := range numHeaders {
		h := r.primary[i]
		if len(r.info.Patch) > 0 && r.inBody[i].present {
			h = r.inBody[i]
		}
		if !h.present {
			continue
		}
		r.info.has[i] = true
		if bytes.IndexByte(h.value, 0) >= 0 {
			r.fail(fmt.Errorf("a NUL byte in the %s header", headerNames[i]))
		}
		switch i {
		case hdrFrom:
			r.info.Author, r.info.Email = ParseFrom(SqueezeSpace(CString(h.value)))
		case hdrSubject:
			subject := string(CString(h.value))
			if !r.opts.KeepSubject {
				subject = SqueezeSpace(cleanSubject(subject, r.opts.KeepNonPatch))
			}
			r.info.Subject = subject
		case hdrDate:
			r.info.date = SqueezeSpace(CString(h.value))
		}
	}
	r.info.flowed = r.flowed
	r.info.fromName, r.info.fromEmail = ParseFrom(SqueezeSpace(CString(r.primary[hdrFrom].value)))
	r.info.headerSubject = strings.Trim(SqueezeSpace(r.primary[hdrSubject].value), " ")
	r.info.headerDate = string(r.primary[hdrDate].value)
}
