// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// MaxHead is the size of the largest headers that a mail may have. Servers refuse a tenth of it.
const MaxHead = limit.HeadBytes

// MaxMail is the size of the largest mail that is read. The largest patches on the kernel's
// lists have some megabytes.
const MaxMail = limit.MailBytes

// A Span says where a mail lies within its mailbox. The "From " line belongs to it.
type Span struct {
	Offset, Size int64
	Line         int    // of its first line, from 1
	Head         []byte // its headers; valid until the next mail
	// Diff is set where a line starts as one of a diff does. A transfer encoding may hide it.
	Diff bool
	// Beyond is set for a mail that is larger than [MaxMail], or has more headers than [MaxHead], which is told as soon as that is met.
	// Such a mail is not to be read.
	Beyond error
}

// Split finds the mails of an mbox, as git mailsplit -b does, and calls emit for each, in
// order. It reads r once and keeps no more than the headers of one mail. Errors, and those of a mail, start
// with the number of the line.
//
// A mailbox whose first line is no dated "From " line is one mail. Other than git, a mailbox
// that starts with an undated "From " line is split at each "From " line that follows an empty
// line and precedes a header.
func Split(r io.Reader, emit func(Span) error) error {
	s := mboxScanner{r: bufio.NewReaderSize(r, 64<<10), emit: emit}
	return s.run()
}

type mboxScanner struct {
	r    *bufio.Reader
	emit func(Span) error

	offset int64 // of the next byte
	line   int   // of the next line
	mail   Span
	inHead bool
	open   bool // mail has started
}

func (s *mboxScanner) run() error {
	if err := s.skipSpace(); err != nil {
		return fmt.Errorf("1: %w", err)
	}
	var dated, undated, afterBlank, afterCut bool
	for first := true; ; first = false {
		start, err := s.r.ReadSlice('\n')
		if len(start) == 0 && err == io.EOF {
			break
		}
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("%d: %w", s.line, err)
		}
		isFrom := !afterCut && bytes.HasPrefix(start, []byte("From "))
		if first {
			dated = isFromLine(start)
			undated = !dated && isFrom
		}
		if first || isFrom && (dated && isFromLine(start) || undated && afterBlank && s.headerFollows()) {
			if err := s.finish(); err != nil {
				return err
			}
			s.mail = Span{Offset: s.offset, Line: s.line, Head: s.mail.Head[:0]}
			s.open, s.inHead = true, true
		}
		if !afterCut && !s.mail.Diff {
			s.mail.Diff = isDiffLine(start)
		}
		afterBlank = len(bytes.TrimRight(start, "\r\n")) == 0 && !afterCut
		s.take(start)
		if s.inHead && len(s.mail.Head) > MaxHead {
			if isHeaderLine(s.mail.Head) { // of which it looks at the first
				if err := s.giveUp(fmt.Errorf("%d: a mail with more than %d MB of headers", s.mail.Line, MaxHead>>20)); err != nil {
					return err
				}
			}
			s.inHead = false // a bare diff, all of one paragraph
		}
		if s.open && s.mail.Size > MaxMail {
			if err := s.giveUp(fmt.Errorf("%d: a mail of more than %d MB", s.mail.Line, MaxMail>>20)); err != nil {
				return err
			}
		}
		afterCut = start[len(start)-1] != '\n'
		if !afterCut {
			s.line++
		}
		if err == io.EOF {
			break
		}
	}
	return s.finish()
}

// skipSpace skips white space at the start of the mailbox.
func (s *mboxScanner) skipSpace() error {
	s.line = 1
	for {
		c, err := s.r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !isGitSpace(c) {
			return s.r.UnreadByte()
		}
		if c == '\n' {
			s.line++
		}
		s.offset++
	}
}

// take counts one line, or a part of a long one, to the mail.
func (s *mboxScanner) take(line []byte) {
	s.offset += int64(len(line))
	s.mail.Size += int64(len(line))
	if !s.inHead {
		return
	}
	if len(bytes.TrimRight(line, "\r\n")) == 0 {
		s.inHead = false
		return
	}
	s.mail.Head = append(s.mail.Head, line...)
}

// giveUp emits a mail that is beyond a limit, of which the rest is passed over.
func (s *mboxScanner) giveUp(why error) error {
	s.open, s.mail.Beyond = false, why
	return s.emit(s.mail)
}

func (s *mboxScanner) finish() error {
	if !s.open {
		return nil
	}
	return s.emit(s.mail)
}

// isDiffLine reports whether line starts a file or a hunk of a diff.
func isDiffLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("diff -")) || bytes.HasPrefix(line, []byte("Index: ")) || bytes.HasPrefix(line, []byte("@@ -"))
}

// HasDiff reports whether patch, as [Parse] cuts it off, has more than a "---" line.
func HasDiff(patch []byte) bool {
	for line := range bytes.Lines(patch) {
		if isDiffLine(line) {
			return true
		}
	}
	return false
}

// headerFollows reports whether the next line looks like a mail header.
func (s *mboxScanner) headerFollows() bool {
	next, _ := s.r.Peek(80)
	if i := bytes.IndexByte(next, '\n'); i >= 0 {
		next = next[:i]
	}
	colon := bytes.IndexByte(next, ':')
	return colon > 0 && isHeaderLine(next) && !bytes.HasPrefix(next, []byte("From "))
}

// isFromLine reports whether line starts a mail in an mbox: "From ", and at its end something
// like the time and year of a date, "05:09:01 2026".
func isFromLine(line []byte) bool {
	if len(line) < 20 || !bytes.HasPrefix(line, []byte("From ")) {
		return false
	}
	colon := bytes.LastIndexByte(line[:len(line)-2], ':')
	if colon < 4 {
		return false
	}
	for _, i := range [...]int{-4, -2, -1, 1, 2} {
		if !IsDigit(line[colon+i]) {
			return false
		}
	}
	year := bytes.TrimLeft(line[colon+3:], " \t\n\v\f\r")
	if len(year) > 0 && year[0] == '+' {
		year = year[1:]
	}
	n, _ := LeadingNumber(string(year))
	return n > 90
}

// Unmail returns raw, a mail as it lies in its mailbox, as git mailsplit writes it: without the
// CRs at line ends, and with mboxrd without one ">" of each quoted "From " line.
func Unmail(raw []byte, keepCR, mboxrd bool) []byte {
	if !keepCR && bytes.Contains(raw, []byte("\r\n")) {
		raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	}
	if !mboxrd || !bytes.Contains(raw, []byte(">From ")) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for line := range bytes.Lines(raw) {
		if quoted := bytes.TrimLeft(line, ">"); len(quoted) < len(line) && bytes.HasPrefix(quoted, []byte("From ")) {
			line = line[1:]
		}
		out = append(out, line...)
	}
	return out
}

// CutFromLine returns mail without the "From " line of its mbox.
func CutFromLine(mail []byte) []byte {
	if bytes.HasPrefix(mail, []byte("From ")) {
		if i := bytes.IndexByte(mail, '\n'); i >= 0 {
			return mail[i+1:]
		}
	}
	return mail
}

// Mboxrd returns a mail as an mboxrd mailbox holds it: after a line of its own, with one ">" more before each "From " that begins a
// line, and an empty line at the end. [Unmail] takes back what it does.
func Mboxrd(raw []byte) []byte {
	out := append(make([]byte, 0, len(raw)+len(raw)/64+64), "From mboxrd@z Thu Jan  1 00:00:00 1970\n"...)
	for line := range bytes.Lines(raw) {
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			out = append(out, '>')
		}
		out = append(out, line...)
	}
	return append(bytes.TrimRight(out, "\n"), "\n\n"...)
}
