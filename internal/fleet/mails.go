// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// Mailbox returns the cover letter and the patches of set as an mboxrd mailbox. Replies are left out, so that what is
// said about a series does not make another job of it.
func Mailbox(set *patchset.Set) []byte {
	var out bytes.Buffer
	if set.Cover != nil {
		out.Write(mail.Mboxrd(set.Cover.Raw))
	}
	for _, p := range set.Patches {
		out.Write(mail.Mboxrd(p.Raw))
	}
	return out.Bytes()
}

// ErrNoPatch is matched by the error for a series that has nothing to be applied.
var ErrNoPatch = errors.New("has no patch to work on")

// describe returns set as a job names it, and its mailbox. The error is that set has no patch.
func describe(set *patchset.Set, list string) (Series, []byte, error) {
	if len(set.Patches) == 0 {
		return Series{}, nil, fmt.Errorf("%q %w", titleOf(set), ErrNoPatch)
	}
	box := Mailbox(set)
	first := FirstMail(set)
	s := Series{ID: SeriesID(set), First: FirstID(set), Title: Brief(titleOf(set)), Author: Brief(first.From.Name), Version: set.Version, Patches: len(set.Patches),
		Posted: first.From.When.UTC(), List: list, Mails: hashOf(box), PatchIDs: []string{}}
	s.Family = hashOf([]byte(strings.ToLower(first.From.Email) + "\n" + mail.PlainTitle(titleOf(set))))[:16]
	text := sha256.New()
	if set.Cover != nil {
		writeText(text, set.Cover)
	}
	for _, p := range set.Patches {
		s.PatchIDs = append(s.PatchIDs, mail.PatchID(p.Diff))
		writeText(text, &p.Mail)
	}
	s.Text = hex.EncodeToString(text.Sum(nil))
	return s, box, nil
}

// writeText writes what m says, each part with its length before it.
func writeText(w io.Writer, m *patchset.Mail) {
	for _, part := range []string{m.MessageID, m.From.Name, m.From.Email, m.Subject, strings.Join(m.To, ", "), strings.Join(m.Cc, ", "), m.Body} {
		fmt.Fprintf(w, "%d\n%s\n", len(part), part)
	}
}

// FirstMail returns the cover letter of set, else its first patch, whose Message-ID names the series in jobs. Without either
// it is empty.
func FirstMail(set *patchset.Set) *patchset.Mail {
	switch {
	case set.Cover != nil:
		return set.Cover
	case len(set.Patches) > 0:
		return &set.Patches[0].Mail
	}
	return new(patchset.Mail)
}

// SeriesID returns what names set in jobs: the Message-ID of its first mail. Where that has none it is made of what it says, so that
// two such series are not taken for one.
func SeriesID(set *patchset.Set) string {
	first := FirstMail(set)
	if first.MessageID != "" {
		return namedID(first.MessageID)
	}
	text := sha256.New()
	writeText(text, first)
	return hex.EncodeToString(text.Sum(nil))[:32] + "@no-message-id.invalid"
}

// FirstID returns the Message-ID of the first patch of set, as jobs have it.
func FirstID(set *patchset.Set) string { return namedID(set.Patches[0].MessageID) }

// titleOf returns the title of a series without what stands in brackets before it.
func titleOf(set *patchset.Set) string {
	subject := FirstMail(set).Subject
	return cmp.Or(mail.ParseSubject(subject).Title, subject)
}

func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
