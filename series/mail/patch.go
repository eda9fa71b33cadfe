// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/ident"
	"github.com/lsmpatch/lsmpatch/internal/share"
	"github.com/lsmpatch/lsmpatch/patchset"
)

var (
	// ErrNoAuthor is why git am refuses a mail that says nowhere who wrote the patch, as a patch of quilt may.
	ErrNoAuthor   = errors.New("no author: neither the mail nor its text has a usable From line")
	errNULMessage = errors.New("a NUL byte in the commit message")
)

// Read takes mail, as git mailsplit leaves it, apart. Raw, Source and Restored are the caller's to fill in.
func Read(mail []byte, opts *Options) (*patchset.Mail, *Info) {
	info := Parse(mail, *opts)
	info.mail = mail
	h := ParseHeaders(mail)
	m := &patchset.Mail{
		MessageID:  FirstID(h.Get("Message-ID")),
		InReplyTo:  FirstID(h.Get("In-Reply-To")),
		References: MessageIDs(h.Get("References")),
		From:       object.Signature{Name: info.fromName, Email: info.fromEmail},
		To:         addresses(h.all("To")),
		Cc:         addresses(h.all("Cc")),
		Subject:    info.headerSubject,
		Body:       withoutCR(info.body()),
		Flowed:     info.flowed,
		QuotedCR:   info.quotedCR && !opts.StripQuotedCR,
		DecodeErr:  info.Problem,
	}
	if t, err := ParseDate(info.headerDate); err == nil {
		m.From.When = t
	}
	return m, info
}

// body returns the text of a mail: what is plain in it, and of one that has nothing of that, what its HTML says.
func (info *Info) body() []byte {
	if len(info.html) > 0 && len(bytes.TrimSpace(info.text)) == 0 {
		return plainOf(info.html)
	}
	return info.text
}

// withoutCR returns text with LF at its line ends. It may be text itself.
func withoutCR(text []byte) string {
	if bytes.Contains(text, []byte("\r\n")) {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	return share.String(text)
}

// newPatch makes a patch of a decoded mail.
func newPatch(m *patchset.Mail, info *Info) *patchset.Patch {
	p := &patchset.Patch{
		Mail:    *m,
		Author:  object.Signature{Name: ident.Clean(info.Author), Email: ident.Clean(info.Email)},
		Message: commitMessage(info.Subject, info.Message),
		Gap:     endsEmpty(info.Message),
		Diff:    info.Patch,
	}
	p.Title, _, _ = strings.Cut(p.Message, "\n")
	when, err := ParseDate(info.date)
	p.Author.When = when
	if err != nil {
		p.BadDate = info.date
	}
	if p.DecodeErr == nil {
		p.DecodeErr = refusal(p, info.date, err)
	}
	p.Trailers = ParseTrailers(p.Message)
	p.Comment = comment(p.Diff)
	p.Files, p.DiffErr = parseDiff(p.Diff)
	return p
}

// refusal returns why git am does not commit a patch that git mailinfo can read, or nil.
func refusal(p *patchset.Patch, date string, dateErr error) error {
	switch {
	case p.Author.Name == "":
		return ErrNoAuthor
	case dateErr != nil && date != "":
		return fmt.Errorf("date %q: %w", date, dateErr)
	case strings.IndexByte(p.Message, 0) >= 0:
		return errNULMessage
	}
	return nil
}
