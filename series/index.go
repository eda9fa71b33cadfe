// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"strings"
)

// An entry is what the index keeps of one mail: enough to find out which series it belongs to,
// and where to read it again. Message IDs and addresses are kept as hashes, so that an entry
// has about the same small size however long they are.
type entry struct {
	in   *input
	span mailSpan // without its head
	seq  int      // position among all mails

	id     uint64   // of its Message-ID, 0 where it has none
	parent uint64   // of its In-Reply-To
	refs   []uint64 // of its References, oldest first
	author uint64   // of its sender's address
	subj   subjectInfo
	kind   mailKind

	group    *group
	target   *entry // of a reply: the patch or cover letter that it answers, or nil
	resolved bool   // target was looked for
}

type mailKind uint8

const (
	kindPatch mailKind = iota
	kindCover
	kindReply
	kindPull
)

// An index knows all mails of some inputs by their headers.
type index struct {
	opts    indexOptions
	seed    maphash.Seed
	entries []*entry
	byID    map[uint64]*entry

	// The input that was read last stays open: mails of a series lie side by side.
	current *input
	reader  readAtCloser
}

// indexOptions says how the mails of an index are read.
type indexOptions struct {
	mail   mailOptions
	keepCR bool // keep CRs at line ends
}

func newIndex(opts indexOptions) *index {
	return &index{opts: opts, seed: maphash.MakeSeed(), byID: map[uint64]*entry{}}
}

// add reads the headers of all mails of in.
func (x *index) add(in *input) error {
	r, err := in.open()
	if err != nil {
		return err
	}
	defer r.Close()
	err = splitMbox(io.NewSectionReader(r, 0, math.MaxInt64), func(span mailSpan) error {
		last := x.last()
		switch {
		case last == nil || last.in != in:
		case in.single:
			return nil // git reads one mail of each file in a maildir
		case in.isForeign(): // one mail, whatever its text looks like
			last.span.size = span.offset + span.size - last.span.offset
			return nil
		}
		return x.addMail(in, span)
	})
	if err != nil {
		return fmt.Errorf("%s:%w", in.name, err)
	}
	return nil
}

func (x *index) last() *entry {
	if len(x.entries) == 0 {
		return nil
	}
	return x.entries[len(x.entries)-1]
}

func (x *index) addMail(in *input, span mailSpan) error {
	e := &entry{in: in, seq: len(x.entries)}
	e.span = mailSpan{offset: span.offset, size: span.size, line: span.line}
	h := parseHeaders(unmail(span.head, false, false))
	e.id = x.hash(firstID(h.get("Message-ID")))
	e.parent = x.hash(firstID(h.get("In-Reply-To")))
	for _, id := range messageIDs(h.get("References")) {
		e.refs = append(e.refs, x.hash(id))
	}
	if e.parent == 0 && len(e.refs) > 0 {
		e.parent = e.refs[len(e.refs)-1]
	}
	_, email := parseFrom(squeezeSpace(decodeHeader(h.get("From"))))
	e.author = x.hash(strings.ToLower(email))
	e.subj = parseSubject(string(decodeHeader(h.get("Subject"))))
	if err := x.classify(e); err != nil {
		return err
	}
	x.entries = append(x.entries, e)
	if e.id != 0 && x.byID[e.id] == nil {
		x.byID[e.id] = e
	}
	return nil
}

func (x *index) hash(s string) uint64 {
	if s == "" {
		return 0
	}
	return maphash.String(x.seed, s) | 1
}

// classify finds out what kind of mail e is. Where the subject does not tell, it is a patch if
// it answers no other mail and has a diff.
func (x *index) classify(e *entry) error {
	s := &e.subj
	switch {
	case e.in.isForeign():
		e.kind = kindPatch
	case s.reply:
		e.kind = kindReply
	case s.pull:
		e.kind = kindPull
	case s.patch && s.numbered && s.index == 0:
		e.kind = kindCover
	case s.patch:
		e.kind = kindPatch
	case e.parent != 0:
		e.kind = kindReply
	default:
		raw, err := x.read(e)
		if err != nil {
			return err
		}
		e.kind = kindReply
		if hasDiff(parseMail(unmail(raw, false, false), mailOptions{}).patch) {
			e.kind = kindPatch
		}
	}
	return nil
}

// read returns the mail of e as it lies in its mailbox.
func (x *index) read(e *entry) ([]byte, error) {
	if x.current != e.in {
		x.close()
		r, err := e.in.open()
		if err != nil {
			return nil, err
		}
		x.current, x.reader = e.in, r
	}
	raw := make([]byte, e.span.size)
	if _, err := x.reader.ReadAt(raw, e.span.offset); err != nil {
		return nil, fmt.Errorf("%s:%d: reading the mail: %w", e.in.name, e.span.line, err)
	}
	return raw, nil
}

func (x *index) close() {
	if x.reader != nil {
		x.reader.Close()
		x.current, x.reader = nil, nil
	}
}

// hasDiff reports whether patch, as mailinfo cuts it off, has more than a "---" line.
func hasDiff(patch []byte) bool {
	for line := range bytes.Lines(patch) {
		if bytes.HasPrefix(line, []byte("diff -")) || bytes.HasPrefix(line, []byte("Index: ")) || bytes.HasPrefix(line, []byte("@@ -")) {
			return true
		}
	}
	return false
}
