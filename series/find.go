// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/source"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// A Query says which series of an archive are looked for.
type Query = source.Query

// Places returns where else to look for series, given the names that one was read by: the local archives,
// mailboxes and folders among them, and the server that was asked, where one was.
func Places(names []string, opts *Options) []string {
	places, server, asked := source.Places(names)
	if asked {
		places = append(places, cmp.Or(server, opts.Archive))
	}
	return places
}

// Repath returns the name of a series with its path put through f: that of a file or folder, or of the archive of "inbox:DIR MESSAGE-ID".
func Repath(name string, f func(path string) string) string {
	dir, id, ok := source.Inbox(name)
	if !ok {
		return f(name)
	}
	if to := f(dir); to != dir {
		return strings.TrimRight("inbox:"+to+" "+id, " ")
	}
	return name
}

// Find returns the series of a place that q looks for, each version for itself, in the order of the archive. A
// place is inbox:DIR, a mailbox or folder, or the URL of a public-inbox server, "" for the default one. Where there
// is none, the error is or wraps [ErrNoPatches].
func Find(ctx context.Context, place string, q *Query, opts *Options) ([]*patchset.Set, error) {
	if opts == nil {
		opts = new(Options)
	}
	inputs, err := source.Find(ctx, place, q, opts.forSource())
	if err != nil {
		source.CloseAll(inputs)
		return nil, err
	}
	threads := opts.forIndex()
	threads.Threads = true
	var found []*patchset.Set
	for set, err := range thread.Sets(inputs, threads) {
		if err != nil {
			return nil, err
		}
		if fits(set, q) {
			found = append(found, set)
		}
	}
	if len(found) == 0 {
		return nil, ErrNoPatches
	}
	return found, nil
}

// fits reports whether set has a mail that q looks for.
func fits(set *patchset.Set, q *Query) bool {
	if set.Pull {
		return false
	}
	same := func(m *patchset.Mail) bool {
		switch {
		case q.MessageID != "":
			return m.MessageID == q.MessageID
		case q.ChangeID != "":
			return changeID(m) == q.ChangeID
		}
		return q.Title != "" && mail.ParseSubject(m.Subject).Title == q.Title && (q.Author == "" || strings.EqualFold(m.From.Email, q.Author))
	}
	if set.Cover != nil && same(set.Cover) {
		return true
	}
	return slices.ContainsFunc(set.Patches, func(p *patchset.Patch) bool {
		return same(&p.Mail) || len(q.PatchIDs) > 0 && slices.Contains(q.PatchIDs, mail.PatchID(p.Diff))
	})
}

// changeID returns what a mail says after "change-id:", which b4 gives to a series for all its versions, or "".
func changeID(m *patchset.Mail) string {
	_, rest, ok := strings.Cut("\n"+m.Body, "\nchange-id:")
	if !ok {
		return ""
	}
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}

// Newest looks in places for later versions of set, of the same sender and with a title or the change-id in
// common, or, where the cover letter has another title, half of the patches, and notes the newest in set.Newer. An error of a place is returned once all were asked.
func Newest(ctx context.Context, set *patchset.Set, places []string, opts *Options) error {
	first := firstMail(set)
	if first == nil {
		return nil
	}
	queries := []*Query{{Title: mail.ParseSubject(first.Subject).Title, Author: first.From.Email}}
	if id := changeID(first); id != "" {
		queries = append(queries, &Query{ChangeID: id})
	}
	newest := set
	var failed []error
	look := func(place string, q *Query, of func(*patchset.Set) bool) {
		found, err := Find(ctx, place, q, opts)
		if err != nil && !errors.Is(err, ErrNoPatches) {
			if !slices.ContainsFunc(failed, func(e error) bool { return e.Error() == err.Error() }) {
				failed = append(failed, err)
			}
		}
		for _, f := range found {
			if isNewer(f, newest) && of(f) {
				newest = f
			}
		}
	}
	for _, place := range places {
		for _, q := range queries {
			look(place, q, func(*patchset.Set) bool { return true })
		}
		if newest == set && set.Cover != nil && len(set.Patches) > 0 { // its cover letter may have another title now
			p := set.Patches[0]
			look(place, &Query{Title: mail.ParseSubject(p.Subject).Title, Author: p.From.Email}, func(f *patchset.Set) bool { return alike(set, f) })
		}
	}
	if newest != set {
		set.Newer = thread.Describe(newest)
	}
	return errors.Join(failed...)
}

// alike reports whether at least half of the patches of the shorter one of two sets have a title in common with the other.
func alike(a, b *patchset.Set) bool {
	titles := map[string]bool{}
	for _, p := range a.Patches {
		titles[mail.ParseSubject(p.Subject).Title] = true
	}
	common := 0
	for _, p := range b.Patches {
		if titles[mail.ParseSubject(p.Subject).Title] {
			common++
		}
	}
	return 2*common >= min(len(a.Patches), len(b.Patches))
}

// isNewer reports whether a is a later version than b: by its number, or, with the same one, as what follows a
// request for comments.
func isNewer(a, b *patchset.Set) bool {
	if a.Version != b.Version {
		return a.Version > b.Version
	}
	rfc := func(s *patchset.Set) bool {
		return slices.ContainsFunc(s.Prefixes, func(w string) bool { return strings.EqualFold(w, "RFC") })
	}
	return rfc(b) && !rfc(a) && firstMail(a).From.When.After(firstMail(b).From.When)
}

// firstMail returns the cover letter, else the first patch, else nil.
func firstMail(set *patchset.Set) *patchset.Mail {
	switch {
	case set.Cover != nil:
		return set.Cover
	case len(set.Patches) > 0:
		return &set.Patches[0].Mail
	}
	return nil
}
