// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// A Query says which mails of an archive are looked for: those that fit any part of it.
type Query struct {
	// MessageID is that of a mail, and PatchIDs what git patch-id --stable says of patches.
	MessageID string
	PatchIDs  []string
	// ChangeID stands in the cover letters of all versions of a series that b4 keeps.
	ChangeID string
	// Title and Author, an address, are those of a patch or cover letter. Without an author it is anybody's.
	Title, Author string
}

// String names what is looked for.
func (q *Query) String() string {
	switch {
	case q.MessageID != "":
		return "the mail <" + q.MessageID + ">"
	case len(q.PatchIDs) > 0:
		return "a patch with the ID " + strings.Join(q.PatchIDs, " or ")
	case q.ChangeID != "":
		return "a series with the change-id " + q.ChangeID
	}
	if q.Author == "" {
		return fmt.Sprintf("a patch %q", q.Title)
	}
	return fmt.Sprintf("a patch %q by %s", q.Title, q.Author)
}

// isServer reports whether place is the URL of an archive's server.
func isServer(place string) bool {
	return strings.HasPrefix(place, "https://") || strings.HasPrefix(place, "http://")
}

// Find returns the threads of those mails of place that q looks for: of a local archive, inbox:DIR; of a
// public-inbox server, by its URL or "" for the default; of a mailbox or folder, all of its mails, whatever
// they are. Where an archive has none, the error wraps ErrNoPatches.
func Find(ctx context.Context, place string, q *Query, opts *Options) ([]*Input, error) {
	switch {
	case place == "" || isServer(place):
		if q.MessageID != "" {
			inputs, err := threadInput(ctx, place, q.MessageID, opts)
			var status *StatusError
			if errors.As(err, &status) && status.Code == http.StatusNotFound {
				err = fmt.Errorf("%w: the archive does not have %v", ErrNoPatches, q)
			}
			return inputs, err
		}
		return searchInput(ctx, place, q, opts)
	case strings.HasPrefix(place, inboxPrefix) && !isFolder(strings.TrimPrefix(place, inboxPrefix)+"/cur"):
		return findInInbox(ctx, strings.TrimPrefix(place, inboxPrefix), q, opts)
	}
	inputs, err := Resolve(ctx, []string{place}, opts)
	for _, in := range inputs {
		in.Wanted = ""
	}
	return inputs, err
}

// terms returns q in the language that public-inbox servers search by.
func (q *Query) terms() string {
	plain := func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '"' }), " ")
	}
	switch {
	case len(q.PatchIDs) > 0:
		return "patchid:" + strings.Join(q.PatchIDs, " OR patchid:")
	case q.ChangeID != "":
		return fmt.Sprintf(`nq:"change-id: %s"`, plain(q.ChangeID))
	}
	terms := fmt.Sprintf(`s:"%s"`, plain(q.Title))
	if q.Author != "" {
		terms += fmt.Sprintf(` AND f:"%s"`, plain(q.Author))
	}
	return terms
}

// searchInput asks a server for the threads of what it finds: POST ARCHIVE/?q=TERMS&x=m&t=1, as b4 does. It
// answers 404 where it finds nothing.
func searchInput(ctx context.Context, archive string, q *Query, opts *Options) ([]*Input, error) {
	archive = strings.TrimRight(cmp.Or(archive, opts.Archive, defaultArchive), "/")
	address := archive + "/?" + url.Values{"q": {q.terms()}, "x": {"m"}, "t": {"1"}}.Encode()
	f := newFetcher(opts)
	f.method = http.MethodPost
	in, err := f.get(ctx, address)
	var status *StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return nil, fmt.Errorf("%w: the archive does not have %v", ErrNoPatches, q)
	}
	if err != nil {
		return nil, err
	}
	in.Name, in.mbox, in.Mboxrd, in.Archive = address, true, true, true
	if empty, err := in.isEmpty(); err != nil || empty {
		in.close()
		return nil, errors.Join(err, fmt.Errorf("%w: the archive does not have %v", ErrNoPatches, q))
	}
	return []*Input{in}, nil
}

// findInInbox reads the threads of what fits q out of a public-inbox.
func findInInbox(ctx context.Context, dir string, q *Query, opts *Options) ([]*Input, error) {
	if opts.Progress != nil {
		fmt.Fprintf(opts.Progress, "looking in %s for %v\n", dir, q)
	}
	box, err := readInbox(ctx, dir, opts.Since, q.fits)
	if err != nil {
		return nil, err
	}
	roots, threads := map[int]bool{}, box.threads()
	for i, l := range box.letters {
		if l.found {
			roots[threads[i]] = true
		}
	}
	wanted := map[int]bool{}
	for i := range box.letters {
		if roots[threads[i]] {
			wanted[i] = true
		}
	}
	if len(wanted) == 0 {
		return nil, hint.Wrap(fmt.Errorf("%w: %s does not have %v", ErrNoPatches, dir, q), staleInbox)
	}
	in, err := box.mailbox(ctx, wanted)
	if err != nil {
		return nil, err
	}
	in.Name = inboxPrefix + dir
	in.mbox, in.Mboxrd, in.Archive = true, true, true
	return []*Input{in}, nil
}

// fits reports whether q looks for the mail l, whose text is raw.
func (q *Query) fits(l *letter, raw []byte) bool {
	switch {
	case q.MessageID != "":
		return l.id == q.MessageID
	case q.ChangeID != "":
		return bytes.Contains(raw, []byte("\nchange-id: "+q.ChangeID)) || bytes.Contains(raw, []byte("base64")) && decodedHas(raw, "\nchange-id: "+q.ChangeID)
	case len(q.PatchIDs) > 0:
		return l.patch && slices.Contains(q.PatchIDs, mail.PatchID(mail.Parse(mail.Unmail(raw, false, false), mail.Options{}).Patch))
	}
	return l.patch && (q.Author == "" || l.author == strings.ToLower(q.Author)) && l.title == q.Title
}

// decodedHas reports whether the text of a mail has s.
func decodedHas(raw []byte, s string) bool {
	m, _ := mail.Read(mail.Unmail(raw, false, false), new(mail.Options))
	return strings.Contains(m.Body, s)
}

// Places returns where the mails of names come from, as far as that is somewhere to look for others: local
// archives, mailboxes and folders, each as Find takes it, and whether a server was asked, by its URL or "".
func Places(names []string) (places []string, server string, asked bool) {
	for i, name := range names {
		name = pasted(name)
		switch {
		case strings.HasPrefix(name, inboxPrefix):
			dir, _, _ := Inbox(name)
			places = append(places, inboxPrefix+dir)
		case i > 0 && strings.HasPrefix(names[i-1], inboxPrefix) && mailOf(name) != "":
		case isServer(name):
			asked = true
			if u, err := url.Parse(name); err == nil && server == "" {
				server = archiveOf(u)
			}
		case reMessageName.MatchString(trimID(name)) && !exists(name):
			asked = true
		case name != "-" && !strings.HasPrefix(name, "builtin:") && exists(name):
			places = append(places, name)
		}
	}
	slices.Sort(places)
	return slices.Compact(places), server, asked
}
