// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// AmOptions says how [Am] writes a series.
type AmOptions struct {
	// AllTrailers takes the trailers as well that name somebody else than the sender of the
	// reply.
	AllTrailers bool
	// Offered takes what reviewers ask for as well: Fixes, Closes, Link, Cc to the stable list.
	Offered bool
	// Link adds a Link: to each mail, MessageID a Message-ID: with its ID. SignOff is who signs off, as
	// "Name <address>", or "".
	Link, MessageID bool
	SignOff         string
	// Trailers are added to each message that does not have them.
	Trailers []patchset.Trailer
	// NoTrailers leaves the patches as they were posted.
	NoTrailers bool
	// KeepSubject writes titles without a prefix of their own, for git am --keep.
	KeepSubject bool
}

// An AmPatch says what [Am] did to one patch.
type AmPatch struct {
	Index int    `json:"index"`
	Title string `json:"subject"`
	// Added are the trailers that were added to the message.
	Added []patchset.ReceivedTrailer `json:"added,omitempty"`
	// Skipped are those that were left out: they do not name the sender of the reply, or are offered.
	Skipped []patchset.ReceivedTrailer `json:"skipped,omitempty"`
}

// Am writes the patches of set to w as a mailbox that git am takes, in order, each with the
// trailers that it received in replies. Apart from these, the commits are those that the
// posted mails give. It returns what it did, patch by patch; the error is that of w.
func Am(w io.Writer, set *patchset.Set, opts *AmOptions) ([]AmPatch, error) {
	if opts == nil {
		opts = new(AmOptions)
	}
	out := bufio.NewWriter(w)
	done := []AmPatch{}
	for _, p := range set.Patches {
		d := AmPatch{Index: p.Index, Title: p.Title}
		message := p.Message
		if !opts.NoTrailers {
			d.Added, d.Skipped = chooseTrailers(set, p, opts)
			message = addTrailers(message, d.Added)
		}
		message = addTrailers(message, opts.own(p))
		writeMail(out, set, p, message, opts)
		done = append(done, d)
	}
	return done, out.Flush()
}

// AmName returns a file name for the mailbox of set, without a folder:
// "v2_20260311_rust_lsm_introduce_safe.mbx".
func AmName(set *patchset.Set) string {
	title, when := "series", ""
	first := set.Cover
	if first == nil && len(set.Patches) > 0 {
		first = &set.Patches[0].Mail
		title = set.Patches[0].Title // a patch of Mercurial has no Subject
	}
	if first != nil {
		title = cmp.Or(mail.ParseSubject(first.Subject).Title, title)
		if !first.From.When.IsZero() {
			when = first.From.When.UTC().Format("20060102") + "_"
		}
	}
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9') })
	name := strings.Join(words[:min(len(words), 8)], "_")
	return fmt.Sprintf("v%d_%s%.60s.mbx", set.Version, when, name)
}

// own returns the trailers that the caller adds to p, as far as they are not there.
func (o *AmOptions) own(p *patchset.Patch) []patchset.ReceivedTrailer {
	var add []patchset.Trailer
	if o.Link && p.MessageID != "" {
		add = append(add, patchset.Trailer{Key: "Link", Value: "https://patch.msgid.link/" + url.PathEscape(p.MessageID)})
	}
	if o.MessageID && p.MessageID != "" {
		add = append(add, patchset.Trailer{Key: "Message-ID", Value: "<" + p.MessageID + ">"})
	}
	if o.SignOff != "" {
		add = append(add, patchset.Trailer{Key: "Signed-off-by", Value: o.SignOff})
	}
	add = append(add, o.Trailers...)
	var out []patchset.ReceivedTrailer
	for _, t := range add {
		if !hasLine(p.Message, t) {
			out = append(out, patchset.ReceivedTrailer{Trailer: t})
		}
	}
	return out
}

// hasLine reports whether a line of message says what t says; it need not stand among the trailers.
func hasLine(message string, t patchset.Trailer) bool {
	for line := range strings.Lines(message) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && mail.SameTrailer(patchset.Trailer{Key: key, Value: strings.TrimSpace(value)}, t) {
			return true
		}
	}
	return false
}

// chooseTrailers sorts the trailers that p received, directly or with the whole series, into
// those to add and those left out. What the message has already is in neither.
func chooseTrailers(set *patchset.Set, p *patchset.Patch, opts *AmOptions) (added, skipped []patchset.ReceivedTrailer) {
	have := map[string]bool{}
	for _, t := range p.Trailers {
		have[mail.TrailerKey(t)] = true
	}
	for _, received := range [][]patchset.ReceivedTrailer{p.Received, set.Received} {
		for _, t := range received {
			key := mail.TrailerKey(t.Trailer)
			switch {
			case have[key]:
			case t.Offered && opts.Offered, !t.Offered && (t.BySender || opts.AllTrailers):
				have[key] = true
				added = append(added, t)
			default:
				skipped = append(skipped, t)
			}
		}
	}
	return added, skipped
}

// addTrailers appends trailers to the trailers of message.
func addTrailers(message string, trailers []patchset.ReceivedTrailer) string {
	if len(trailers) == 0 {
		return message
	}
	if start, end := mail.TrailerBlock(message); start == end {
		message = strings.TrimRight(message, "\n") + "\n\n"
	}
	var out strings.Builder
	out.WriteString(message)
	for _, t := range trailers {
		out.WriteString(t.Key + ": " + t.Value + "\n")
	}
	return out.String()
}

// subjectPrefix returns "[PATCH RFC v2 1/5] ".
func subjectPrefix(set *patchset.Set, p *patchset.Patch) string {
	words := append([]string{"PATCH"}, set.Prefixes...)
	if set.Version > 1 {
		words = append(words, fmt.Sprintf("v%d", set.Version))
	}
	return fmt.Sprintf("[%s %d/%d] ", strings.Join(words, " "), p.Index, set.Total)
}

// writeMail writes p as a mail, with message for its message. Errors stay in out.
func writeMail(out *bufio.Writer, set *patchset.Set, p *patchset.Patch, message string, opts *AmOptions) {
	fmt.Fprintf(out, "From %s Mon Sep 17 00:00:00 2001\n", strings.Repeat("0", 40))
	fmt.Fprintf(out, "From: %s\n", mail.FormatAddress(p.Author.Name, p.Author.Email))
	switch {
	case p.BadDate != "":
		fmt.Fprintf(out, "Date: %s\n", strings.Join(strings.Fields(p.BadDate), " ")) // for git am to refuse
	case !p.Author.When.IsZero():
		fmt.Fprintf(out, "Date: %s\n", p.Author.When.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	}
	title, body, _ := strings.Cut(message, "\n")
	prefix := ""
	if !opts.KeepSubject {
		prefix = subjectPrefix(set, p)
	}
	fmt.Fprintf(out, "Subject: %s%s\n", prefix, mail.EncodeWords(title))
	if p.MessageID != "" {
		fmt.Fprintf(out, "Message-ID: <%s>\n", p.MessageID)
	}
	body = strings.TrimLeft(body, "\n")
	if mail.StartsInBody(body) { // a header of our own, so that the text stays text
		body = "From: " + mail.FormatAddress(p.Author.Name, p.Author.Email) + "\n\n" + body
	}
	text := append([]byte(body), p.Diff...)
	encoding := "8bit"
	if mail.NeedsEncoding(text) {
		encoding = "quoted-printable"
		text = mail.EncodeQP(text)
	}
	fmt.Fprintf(out, "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: %s\n\n", encoding)
	out.Write(text)
	if !bytes.HasSuffix(text, []byte("\n")) {
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
}
