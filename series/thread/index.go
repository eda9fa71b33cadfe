// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"math"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lane"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// An entry is what the index keeps of one mail: enough to find out which series it belongs to,
// and where to read it again. Message IDs and addresses are kept as hashes, so that an entry
// has about the same small size however long they are.
type entry struct {
	in   *source.Input
	span mail.Span // without its head
	seq  int       // position among all mails

	id     uint64   // of its Message-ID, 0 where it has none
	parent uint64   // of its In-Reply-To
	refs   []uint64 // of its References, oldest first
	author uint64   // of its sender's address
	subj   mail.Subject
	kind   mailKind
	diff   bool // it holds a diff
	pull   bool // it asks to pull, and has no mark that says so

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
	opts    Options
	seed    maphash.Seed
	entries []*entry
	byID    map[uint64]*entry
	later   map[uint64][]*entry // those whose Message-ID an earlier one has

	// The input that was read last stays open: mails of a series lie side by side.
	current *source.Input
	reader  source.ReadAtCloser
}

// Options says how the mails of an index are read.
type Options struct {
	Mail   mail.Options
	KeepCR bool // keep CRs at line ends
	// Threads sorts the mails by threads, also where they look like those that a user wants
	// applied as they lie.
	Threads bool
	// PatchFormat is that of the stream that Read reads, one of source.PatchFormats, or "".
	PatchFormat string
	// PassOver is told of each mail and each series that is too large, which is left out then; where it is nil that is an
	// error. It is called by any goroutine.
	PassOver func(error)
}

func newIndex(opts Options) *index {
	return &index{opts: opts, seed: maphash.MakeSeed(), byID: map[uint64]*entry{}, later: map[uint64][]*entry{}}
}

// add reads the headers of all mails of in. While it looks at some, the next ones are found.
func (x *index) add(in *source.Input) error {
	r, err := in.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	for entries, err := range lane.Map(spans(in, r, x.opts.PassOver), readers, func(found []mail.Span) ([]*entry, error) {
		own := index{opts: x.opts, seed: x.seed} // with a mailbox of its own open; x gets entries meanwhile
		defer own.close()
		return own.look(in, found)
	}) {
		if err != nil {
			return err
		}
		for _, e := range entries {
			x.append(e)
		}
	}
	return nil
}

// atOnce is how many mails are looked at in one go.
const atOnce = 64

// spans yields the mails of in, which r reads, some at once. Those that are too large are an error, unless passOver takes it.
func spans(in *source.Input, r io.ReaderAt, passOver func(error)) iter.Seq2[[]mail.Span, error] {
	return func(yield func([]mail.Span, error) bool) {
		var found []mail.Span
		stopped := errors.New("stopped")
		err := mail.Split(io.NewSectionReader(r, 0, math.MaxInt64), func(span mail.Span) error {
			switch {
			case span.Beyond != nil && (passOver == nil || in.IsForeign()):
				return span.Beyond
			case span.Beyond != nil:
				passOver(fmt.Errorf("%s:%w", in.Name, span.Beyond))
				return nil
			case len(found) > 0 && in.Single:
				return nil // git reads one mail of each file in a maildir
			case len(found) > 0 && in.IsForeign(): // one mail, whatever its text looks like
				found[0].Size = span.Offset + span.Size - found[0].Offset
				return nil
			case len(found) == atOnce:
				if !yield(found, nil) {
					return stopped
				}
				found = nil
			}
			span.Head = bytes.Clone(span.Head)
			found = append(found, span)
			return nil
		})
		switch {
		case errors.Is(err, stopped):
		case err != nil:
			yield(nil, fmt.Errorf("%s:%w", in.Name, err))
		default:
			yield(found, nil)
		}
	}
}

// look makes entries of the mails that were found in an input.
func (x *index) look(in *source.Input, found []mail.Span) ([]*entry, error) {
	entries := make([]*entry, len(found))
	for i, span := range found {
		e := &entry{in: in, span: mail.Span{Offset: span.Offset, Size: span.Size, Line: span.Line}}
		h := mail.ParseHeaders(mail.Unmail(span.Head, false, false))
		e.id = x.hash(mail.FirstID(h.Get("Message-ID")))
		e.parent = x.hash(mail.FirstID(h.Get("In-Reply-To")))
		for _, id := range mail.MessageIDs(h.Get("References")) {
			e.refs = append(e.refs, x.hash(id))
		}
		if e.parent == 0 && len(e.refs) > 0 {
			e.parent = e.refs[len(e.refs)-1]
		}
		_, email := mail.ParseFrom(mail.SqueezeSpace(mail.DecodeHeader(h.Get("From"))))
		e.author = x.hash(strings.ToLower(email))
		e.subj = mail.ParseSubject(string(mail.DecodeLoosely(h.Get("Subject"))))
		if err := x.classify(e, span.Diff, isEncoded(h)); err != nil {
			return nil, err
		}
		entries[i] = e
	}
	return entries, nil
}

func (x *index) append(e *entry) {
	e.seq = len(x.entries)
	x.entries = append(x.entries, e)
	switch {
	case e.id == 0:
	case x.byID[e.id] == nil:
		x.byID[e.id] = e
	default:
		x.later[e.id] = append(x.later[e.id], e)
	}
}

func (x *index) hash(s string) uint64 {
	if s == "" {
		return 0
	}
	return maphash.String(x.seed, s) | 1
}

// classify finds out what kind of mail e is, as far as it tells by itself. Where the subject does
// not, it is a patch if it has a diff, and answers no other mail or is signed off. One that says PATCH, has no diff and quotes one is a reply.
func (x *index) classify(e *entry, rawDiff, encoded bool) error {
	s := &e.subj
	e.diff = rawDiff
	signed, quotes := false, false
	unmarked := !s.Patch && !s.Reply && !s.Pull && !e.in.IsForeign()
	bare := s.Patch && !s.Reply && !rawDiff && e.parent != 0 && !(s.Numbered && s.Index == 0) && !e.in.IsForeign()
	if rawDiff && !s.Patch || encoded || unmarked || bare {
		raw, err := x.read(e)
		if err != nil {
			return err
		}
		info := mail.Parse(mail.Unmail(raw, false, false), mail.Options{})
		// Git am stops at what nobody can read, and it may be a patch.
		e.diff = mail.HasDiff(info.Patch) || info.Unreadable() && (s.Patch || e.in.Ordered) && !s.Reply && !(s.Numbered && s.Index == 0)
		signed = bytes.Contains(info.Message, []byte("\nSigned-off-by: "))
		quotes = bare && !e.diff && !signed && quotesDiff(info.Message)
		if e.pull = unmarked && mail.AsksToPull(s.Title, info.Message); e.pull {
			e.diff = false // git request-pull -p shows one
		}
	}
	if e.diff {
		*s = s.OfPatch()
	}
	switch {
	case e.in.IsForeign():
		e.kind, e.diff = kindPatch, true
	case s.Reply, quotes:
		e.kind = kindReply
	case s.Pull:
		e.kind = kindPull
	case s.Patch && s.Numbered && s.Index == 0, s.Patch && s.Sets && !e.diff:
		e.kind = kindCover
	case s.Patch:
		e.kind = kindPatch
	case !e.diff || e.parent != 0 && !signed: // signed and no "Re:": sent as a patch, though its subject does not say so
		e.kind = kindReply
	}
	return nil
}

// quotesDiff reports whether a text has a diff of somebody else's: a reply, though its subject lacks "Re:" and what it answers is not here.
func quotesDiff(text []byte) bool {
	return bytes.Contains(text, []byte("\n> diff --git ")) || bytes.Contains(text, []byte("\n> @@ -"))
}

// read returns the mail of e as it lies in its mailbox.
func (x *index) read(e *entry) ([]byte, error) {
	if x.current != e.in {
		x.close()
		r, err := e.in.Open()
		if err != nil {
			return nil, err
		}
		x.current, x.reader = e.in, r
	}
	raw := make([]byte, e.span.Size)
	if _, err := x.reader.ReadAt(raw, e.span.Offset); err != nil {
		return nil, fmt.Errorf("%s:%d: reading the mail: %w", e.in.Name, e.span.Line, err)
	}
	return raw, nil
}

func (x *index) close() {
	if x.reader != nil {
		x.reader.Close()
		x.current, x.reader = nil, nil
	}
}

// isEncoded reports whether the text of a mail cannot be read before it is decoded.
func isEncoded(h mail.Headers) bool {
	kind := strings.ToLower(h.Get("Content-Type"))
	return strings.Contains(strings.ToLower(h.Get("Content-Transfer-Encoding")), "base64") || strings.Contains(kind, "multipart/") ||
		strings.Contains(kind, "charset=") && !mail.ReadsAsASCII(kind)
}
