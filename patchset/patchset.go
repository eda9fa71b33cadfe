// SPDX-License-Identifier: GPL-2.0-only

// Package patchset is the model of a patch series, and holds the series that the binary carries.
//
// For most uses, take a [Set] from series.Read, or one of those in this package with [Builtin].
//
// A Set holds one version of one series: its cover letter, its patches in order, and what the
// mails around them say. It is data; nothing here reads mail, touches a tree or judges.
package patchset

import (
	"time"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// A Set is one version of a patch series.
type Set struct {
	// Version is the N of "[PATCH vN]"; 1 where the subjects carry none.
	Version int
	// Family is the same number for all versions of a series that were read together; it
	// counts the series of a mailbox from 0.
	Family int
	// Total is the M of "[PATCH N/M]": how many patches the subjects announce. It is 1 for a
	// lone patch without numbers, and may differ from len(Patches) where mails are missing.
	Total int
	// Prefixes are the other words in the subject brackets, in order: "RFC", "net-next".
	Prefixes []string
	// Cover is the cover letter (patch 0), or nil.
	Cover *Mail
	// Patches are sorted by Index. Duplicates of an index stand side by side.
	Patches []*Patch
	// Replies are the mails of the thread that are neither cover letter nor patch.
	Replies []*Mail
	// Received are the trailers that replies gave to the cover letter, and so to every patch.
	Received []ReceivedTrailer
	// Pull is set where the mail asks to pull a branch ("[GIT PULL]"): Cover is that mail, and
	// there are no patches.
	Pull bool
	// Named is set where the user named a mail of just this version, by its Message-ID or URL.
	Named bool
	// Others is how many other series the mails held. LeftOut names them, up to a limit.
	Others  int
	LeftOut []string
	// Newer names the newest version of this series that the mails held, where this is not it.
	Newer string
	// Twins are mails that were read under one Message-ID, and differ.
	Twins []Twin
	// ParentHere is set where the mail that the first patch answers is among those that were read, be it of another version or of another series.
	ParentHere bool
	// Unread says what of the mails was left out since a limit was met, a sentence each.
	Unread []string
	// Order says how the order of the patches, which is that of the mails as they lie, differs from
	// what their subjects say; "" where both agree.
	Order string
	// Picked is set where the user took some of the patches only.
	Picked bool
	// BaseCommit is the object name in the "base-commit:" line, or "".
	BaseCommit string
	// Prerequisites are the patch IDs in "prerequisite-patch-id:" lines, in order.
	Prerequisites []string
	// Needs are the series and patches that the mails say have to be applied first, as written, and, where
	// somebody looked for them, those that these need in turn.
	Needs []Need
}

// A Twin is a mail that has the Message-ID of another one, which is taken for it.
type Twin struct{ Taken, Other *Mail }

// A Need is a series or a patch that has to be applied before another.
type Need struct {
	// Key and Value are the line that says so: "Based-on", "<id@example.org>".
	Key   string `json:"key"`
	Value string `json:"value"`
	// Patch is the number of the patch whose mail says so, 0 for the cover letter.
	Patch int `json:"patch,omitempty"`
	// Of names the prerequisite that needs it, where it is not this series.
	Of string `json:"of,omitempty"`
	// State says what became of it where somebody looked, and is "" where nobody did. What names the mails
	// that were found, or says why there are none.
	State NeedState `json:"state,omitempty"`
	What  string    `json:"what,omitempty"`
	// Newer names a newer version of what stands below.
	Newer string `json:"newer,omitempty"`
}

// A NeedState says what became of a prerequisite that was looked for.
type NeedState string

// The states of a prerequisite.
const (
	NeedStacked NeedState = "stacked" // its patches stand below the series
	NeedInTree  NeedState = "in-tree" // the tree has them all
	NeedMissing NeedState = "missing" // they were not found
	NeedOwn     NeedState = "own"     // the series itself has them
	NeedCycle   NeedState = "cycle"   // it needs, in the end, what needs it
)

// Own returns s without the prerequisites that were stacked below it, the patches by their own numbers.
func (s *Set) Own() *Set {
	own, below := *s, 0
	own.Patches = nil
	for _, p := range s.Patches {
		if p.Prerequisite {
			below++
			continue
		}
		if below > 0 {
			copied := *p
			copied.Index -= below
			p = &copied
		}
		own.Patches = append(own.Patches, p)
	}
	own.Total -= below
	return &own
}

// A Mail is one message, decoded.
type Mail struct {
	MessageID  string   // without the angle brackets; "" where there is none
	InReplyTo  string   // likewise
	References []string // likewise, oldest first
	// From is the sender as the header names it, and the date of the header.
	From object.Signature
	// To and Cc are the recipients, as "Name <address>" or an address alone.
	To, Cc []string
	// Subject is the decoded subject with its prefix: "[PATCH v2 1/5] rust: …".
	Subject string
	// Body is the decoded text, in UTF-8, with LF line ends.
	Body string
	// Raw is the mail as it was read, headers included, without the mbox "From " line; nil for replies.
	Raw []byte
	// Source says where the mail was read: a file name, or "file:line" within an mbox.
	Source string
	// Restored is set where the archive wrote addresses as "name at host", and they were put
	// together again.
	Restored bool
	// Flowed is set where the text came as format=flowed, which loses space at line ends.
	Flowed bool
	// QuotedCR is set where the transfer encoding hid CRs at line ends, which git am keeps.
	QuotedCR bool
	// DecodeErr is why git am would refuse to read the mail (a charset that does not fit, a
	// broken header), or nil. The other fields then hold the best reading.
	DecodeErr error
}

// A Patch is a mail that carries a patch, taken apart as git am does.
type Patch struct {
	Mail
	// Index is the N of "[PATCH N/M]", from 1; 1 for a lone patch without numbers.
	Index int
	// Encoding is what Author, Message and Diff are in, as series.Options.Encoding asks; "" is UTF-8, as all
	// else is.
	Encoding string
	// Author is the author of the commit, with the author date: from the first in-body
	// "From:" and "Date:", else from the header.
	Author object.Signature
	// BadDate is what the mail says where that is no date to git am, which refuses the mail then; Author has none.
	BadDate string
	// Title is the first line of the commit message: the subject without its prefix.
	Title string
	// Message is the commit message as git am commits it: title, empty line, body, trailers,
	// with a final newline.
	Message string
	// Gap is set where an empty line ended the text of the mail. Message has none there, but git am --message-id writes behind it.
	Gap bool
	// Trailers are those of the commit message, in order.
	Trailers []Trailer
	// Comment is the text between the "---" line and the diff: diffstat and notes.
	Comment string
	// Diff is the patch as git mailinfo leaves it for git apply: all from the "---" line on,
	// Comment included.
	Diff []byte
	// Files are the files of the diff, in order. Where the diff does not parse they are those
	// before the damage, and DiffErr says what is wrong.
	Files   []*gitdiff.File
	DiffErr error
	// Received are the trailers that replies to this patch gave, in the order of the mails.
	Received []ReceivedTrailer
	// CarriedFrom is the version that this patch was posted in, where a later version sent
	// only some patches anew and the set was completed with this one; else 0.
	CarriedFrom int
	// Replaces is the source of an earlier mail with this number, which this one answers: its sender sent the patch anew. It is
	// "" where there is none.
	Replaces string
	// Prerequisite is set for a patch of another series that was stacked below this one.
	Prerequisite bool
}

// A Trailer is one "Key: value" line at the end of a commit message.
type Trailer struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// A ReceivedTrailer is a trailer that somebody gave in a reply.
type ReceivedTrailer struct {
	Trailer
	// From is the sender of the reply, and MessageID its ID.
	From      Person `json:"from"`
	MessageID string `json:"message_id"`
	// BySender is set where the trailer names the sender of the reply, so that it is theirs to
	// give.
	BySender bool `json:"by_sender"`
	// Offered is set for a trailer that names no person, which the reviewer asks for: Fixes, Closes,
	// Link, Cc to the stable list.
	Offered bool `json:"offered,omitempty"`
	// FromVersion is the earlier version whose patch, the same as this one, was given the trailer.
	FromVersion int `json:"from_version,omitempty"`
}

// Path returns the name that f has after the patch, or the old one where it is deleted.
func Path(f *gitdiff.File) string {
	if f.NewName != "" && !f.IsDelete {
		return f.NewName
	}
	return f.OldName
}

// Paths returns the names of a file whose maintainers a change concerns: that of [Path], and, where the file is
// renamed, the one that it had.
func Paths(f *gitdiff.File) []string {
	if f.IsRename && f.OldName != Path(f) {
		return []string{Path(f), f.OldName}
	}
	return []string{Path(f)}
}

// Count returns how many lines f adds and deletes.
func Count(f *gitdiff.File) (added, deleted int) {
	for _, frag := range f.TextFragments {
		added += int(frag.LinesAdded)
		deleted += int(frag.LinesDeleted)
	}
	return added, deleted
}

// Summary is the JSON form of a [Set]; its names are a contract with scripts.
type Summary struct {
	Version       int            `json:"version"`
	Total         int            `json:"total"`
	Prefixes      []string       `json:"prefixes,omitempty"`
	BaseCommit    string         `json:"base_commit"`
	Prerequisites []string       `json:"prerequisites,omitempty"`
	Cover         *MailSummary   `json:"cover"`
	Patches       []PatchSummary `json:"patches"`
	Replies       []MailSummary  `json:"replies,omitempty"`
	// Received are the trailers that replies gave to the whole series.
	Received []ReceivedTrailer `json:"received,omitempty"`
	// Pull is set for a request to pull a branch, which has no patches.
	Pull bool `json:"pull,omitempty"`
	// LeftOut names the other series that the mails held, up to a limit, and Newer the newest
	// version of this one, where it is another.
	LeftOut []string `json:"left_out,omitempty"`
	Newer   string   `json:"newer,omitempty"`
	// Needs are what has to be applied first.
	Needs []Need `json:"needs,omitempty"`
}

// MailSummary is the JSON form of a [Mail].
type MailSummary struct {
	MessageID  string   `json:"message_id"`
	InReplyTo  string   `json:"in_reply_to,omitempty"`
	References []string `json:"references,omitempty"`
	// Sender is who sent the mail, where that is not the author.
	Sender *Person  `json:"sender,omitempty"`
	To     []string `json:"to,omitempty"`
	Cc     []string `json:"cc,omitempty"`
	// Source says where the mail was read.
	Source string `json:"source,omitempty"`

	Author  Person    `json:"author"`
	Date    time.Time `json:"date"`
	Subject string    `json:"subject"`
	Message string    `json:"message"`
	// Restored tells that an archive had mangled the addresses.
	Restored bool `json:"restored,omitempty"`
	// DecodeError is why git am would refuse to read the mail.
	DecodeError string `json:"decode_error,omitempty"`
}

// PatchSummary is the JSON form of a [Patch].
type PatchSummary struct {
	Index int `json:"index"`
	MailSummary
	Trailers []Trailer     `json:"trailers"`
	Files    []FileSummary `json:"files"`
	// Comment is the text below the "---" line.
	Comment  string            `json:"comment,omitempty"`
	Received []ReceivedTrailer `json:"received,omitempty"`
	// DiffError says what is wrong with the diff.
	DiffError string `json:"diff_error,omitempty"`
	// CarriedFrom is the earlier version that the patch was posted in, where it was.
	CarriedFrom int `json:"carried_from,omitempty"`
	// Prerequisite is set for a patch of another series that was stacked below this one.
	Prerequisite bool `json:"prerequisite,omitempty"`
}

// Person is the JSON form of a name and an address.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// FileSummary is the JSON form of one file of a patch.
type FileSummary struct {
	Path string `json:"path"`
	// Status is added, deleted, modified, renamed or copied.
	Status  string `json:"status"`
	Added   int    `json:"added"`
	Deleted int    `json:"deleted"`
}

// Summarize returns the JSON form of s.
func Summarize(s *Set) Summary {
	sum := Summary{
		Version: s.Version, Total: s.Total, Prefixes: s.Prefixes,
		BaseCommit: s.BaseCommit, Prerequisites: s.Prerequisites,
		Patches: []PatchSummary{}, Received: s.Received, Pull: s.Pull, LeftOut: s.LeftOut, Newer: s.Newer, Needs: s.Needs,
	}
	if s.Cover != nil {
		cover := summarizeMail(s.Cover)
		sum.Cover = &cover
	}
	for _, p := range s.Patches {
		sum.Patches = append(sum.Patches, summarizePatch(p))
	}
	for _, m := range s.Replies {
		sum.Replies = append(sum.Replies, summarizeMail(m))
	}
	return sum
}

func summarizeMail(m *Mail) MailSummary {
	return MailSummary{
		MessageID: m.MessageID, InReplyTo: m.InReplyTo, References: m.References,
		To: m.To, Cc: m.Cc, Source: m.Source,
		Author: Person{m.From.Name, m.From.Email}, Date: m.From.When,
		Subject: m.Subject, Message: m.Body,
		Restored: m.Restored, DecodeError: errorText(m.DecodeErr),
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func summarizePatch(p *Patch) PatchSummary {
	sum := PatchSummary{
		Index: p.Index, MailSummary: summarizeMail(&p.Mail),
		Trailers: append([]Trailer{}, p.Trailers...),
		Files:    []FileSummary{},
		Comment:  p.Comment, Received: p.Received,
		DiffError: errorText(p.DiffErr), CarriedFrom: p.CarriedFrom, Prerequisite: p.Prerequisite,
	}
	if author := (Person{p.Author.Name, p.Author.Email}); author != sum.Author {
		sender := sum.Author
		sum.Author, sum.Sender = author, &sender
	}
	sum.Date, sum.Subject, sum.Message = p.Author.When, p.Title, p.Message
	for _, f := range p.Files {
		added, deleted := Count(f)
		sum.Files = append(sum.Files, FileSummary{Path(f), Status(f), added, deleted})
	}
	return sum
}

// Status names what f does to its file: added, deleted, modified, renamed or copied.
func Status(f *gitdiff.File) string {
	switch {
	case f.IsNew:
		return "added"
	case f.IsDelete:
		return "deleted"
	case f.IsRename:
		return "renamed"
	case f.IsCopy:
		return "copied"
	}
	return "modified"
}
