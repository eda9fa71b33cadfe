// SPDX-License-Identifier: GPL-2.0-only

package thread

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// maxSeries is how large the mails of one series may be together, replies included.
const maxSeries = limit.SeriesBytes

func (g *group) size() int64 {
	var size int64
	for _, mails := range [][]*entry{g.members, g.replies} {
		for _, e := range mails {
			size += e.span.Size
		}
	}
	return size
}

// bases returns the versions that complete a partial reroll, the newest first, and whether there are more than are looked at.
func (g *group) bases() (bases []*group, more bool) {
	base := g.base
	for ; base != nil && len(bases) < limit.VersionsBack; base = base.base {
		bases = append(bases, base)
	}
	return bases, base != nil
}

// unreadVersions and unreadTrailers tell what limits left out.
var unreadVersions = fmt.Sprintf("patches and trailers of more than %d versions back", limit.VersionsBack)

func unreadTrailers(of string) string {
	return fmt.Sprintf("more than %d trailers that replies give %s", limit.Received, of)
}

// A tooLargeError is about a series beyond a limit.
type tooLargeError struct{ error }

// tooMany is the error for more mails than a series can have, or nil.
func (g *group) tooMany(mails int) error {
	if mails <= limit.SeriesMails {
		return nil
	}
	return hint.Wrap(tooLargeError{fmt.Errorf("%s: a series of %d mails; the limit is %d", g.members[0].in.Source(g.members[0].span.Line), mails, limit.SeriesMails)},
		"name some of the mails, or the Message-ID of one")
}

// set reads the mails of g and makes the set of them.
func (x *index) set(g *group) (*patchset.Set, error) {
	if size := g.size(); size > maxSeries {
		return nil, tooLargeError{fmt.Errorf("%s: a series of %d mails with %d MB; the limit is %d MB",
			g.members[0].in.Source(g.members[0].span.Line), len(g.members)+len(g.replies), size>>20, maxSeries>>20)}
	}
	if err := g.tooMany(len(g.members) + len(g.replies)); err != nil {
		return nil, err
	}
	set := &patchset.Set{Version: g.version, Family: g.family.number, Total: g.total, Pull: g.pull, Order: g.order}
	b := setBuilder{index: x, set: set, byEntry: map[*entry]*patchset.Patch{}, sent: map[sentAs]*patchset.Patch{}, again: map[*entry]bool{}, seed: maphash.MakeSeed()}
	for _, e := range g.members {
		if err := b.member(e); err != nil {
			return nil, err
		}
	}
	if err := b.carry(g); err != nil {
		return nil, err
	}
	set.Prefixes = g.members[0].subj.Words
	if len(set.Patches) > 0 && set.Patches[0].InReplyTo != "" {
		set.ParentHere = x.byID[x.hash(set.Patches[0].InReplyTo)] != nil
	}
	if err := b.replies(g); err != nil {
		return nil, err
	}
	b.base()
	b.needs()
	return set, b.twins(g)
}

type setBuilder struct {
	*index
	set     *patchset.Set
	byEntry map[*entry]*patchset.Patch
	// sent are the patches of the set by what they say, for those that are sent twice.
	sent map[sentAs]*patchset.Patch
	// again are the mails that say or replace what was sent before.
	again map[*entry]bool
	seed  maphash.Seed // of diff
}

// sentAs is the same for two mails of one patch.
type sentAs struct {
	index   int
	message string
	diff    uint64
}

// member adds a patch or the cover letter. A mail that came twice, by two lists, is left out.
func (b *setBuilder) member(e *entry) error {
	m, info, err := b.decode(e)
	if err != nil {
		return err
	}
	if e.kind != kindPatch {
		switch {
		case b.set.Cover == nil:
			b.set.Cover = m
		case b.set.Cover.MessageID != m.MessageID || b.set.Cover.Body != m.Body:
			b.set.Replies = append(b.set.Replies, m)
		}
		return nil
	}
	p, err := mail.NewPatch(m, info, &b.opts.Mail)
	if err != nil {
		return err
	}
	p.Index = max(e.subj.Index, 1)
	if first := b.byEntry[b.byID[e.id]]; first != nil && first.Index == p.Index && b.sameMail(e, first, p) {
		b.byEntry[e] = first
		return nil
	}
	diff := bytes.TrimRight(p.Diff, "\n") // the last mail of a mailbox has fewer
	as := sentAs{p.Index, p.Message, maphash.Bytes(b.seed, diff)}
	if same := b.sent[as]; same != nil && !e.in.Files && bytes.Equal(bytes.TrimRight(same.Diff, "\n"), diff) {
		b.byEntry[e], b.again[e] = same, true // sent twice
		return nil
	}
	b.sent[as] = p
	b.byEntry[e] = p
	if i := b.replaced(e, p); i >= 0 {
		p.Replaces = b.set.Patches[i].Source
		b.set.Patches[i], b.again[e] = p, true
		return nil
	}
	b.set.Patches = append(b.set.Patches, p)
	return nil
}

// sameMail reports whether p, read from e, is the mail of first by another way. A relay may have cut either short: the one that has the diff stays.
func (b *setBuilder) sameMail(e *entry, first, p *patchset.Patch) bool {
	if first.Message == p.Message && (bytes.Equal(first.Diff, p.Diff) || len(p.Files) > 0 && reflect.DeepEqual(first.Files, p.Files)) {
		return true // but perhaps for what a list adds below the signature
	}
	if e.in.Files || first.Title != p.Title || (len(first.Files) == 0) == (len(p.Files) == 0) {
		return false
	}
	if len(first.Files) == 0 {
		*first = *p
	}
	return true
}

// replaced returns the place of the patch that e answers and is sent anew by, as p: "[PATCH v1.1 4/33]" below "[PATCH 4/33]", or -1. What answers a
// patch that is sent anew is sent anew with it: "[PATCH RESEND 2/2]" below "[PATCH RESEND 1/2]".
func (b *setBuilder) replaced(e *entry, p *patchset.Patch) int {
	if e.in.Files {
		return -1
	}
	for _, up := range b.above(e) {
		if b.again[up] && up.author == e.author && e.subj.Numbered {
			return slices.IndexFunc(b.set.Patches, func(q *patchset.Patch) bool {
				return q.Index == p.Index && q.Title == p.Title && q.From.Email == p.From.Email
			})
		}
		if up.author != e.author || up.subj.Title != e.subj.Title || !e.subj.Numbered || !up.sameTarget(e) {
			continue
		}
		if old := b.byEntry[up]; old != nil && old.Index == p.Index {
			return slices.IndexFunc(b.set.Patches, func(q *patchset.Patch) bool {
				return q == old || q.Replaces != "" && q.Index == old.Index // which took its place
			})
		}
	}
	return -1
}

// carry completes a partial reroll with the patches of the versions before.
func (b *setBuilder) carry(g *group) error {
	have := map[int]bool{}
	for _, p := range b.set.Patches {
		have[p.Index] = true
	}
	bases, more := g.bases()
	if more {
		b.set.Unread = append(b.set.Unread, unreadVersions)
	}
	for _, base := range bases {
		for _, e := range base.members {
			if e.kind != kindPatch || have[e.subj.Index] {
				continue
			}
			m, info, err := b.decode(e)
			if err != nil {
				return err
			}
			p, err := mail.NewPatch(m, info, &b.opts.Mail)
			if err != nil {
				return err
			}
			p.Index, p.CarriedFrom = e.subj.Index, base.version
			b.set.Patches = append(b.set.Patches, p)
			b.byEntry[e] = p
			have[p.Index] = true
		}
	}
	slices.SortStableFunc(b.set.Patches, func(x, y *patchset.Patch) int { return x.Index - y.Index })
	return nil
}

// replies adds the replies and gives their trailers to the patches that they answer.
func (b *setBuilder) replies(g *group) error {
	entries := slices.Clone(g.replies)
	bases, _ := g.bases()
	for _, base := range bases {
		for _, e := range base.replies {
			if b.byEntry[e.target] != nil {
				entries = append(entries, e)
			}
		}
	}
	slices.SortStableFunc(entries, func(x, y *entry) int { return x.seq - y.seq })
	seen := map[uint64]bool{}
	for _, e := range entries {
		if e.id != 0 && seen[e.id] {
			continue
		}
		seen[e.id] = true
		m, _, err := b.decode(e)
		if err != nil {
			return err
		}
		b.set.Replies = append(b.set.Replies, m)
		if e.target == nil {
			continue
		}
		trailers := mail.ReceivedTrailers(m)
		to, of := &b.set.Received, "the series"
		if p := b.byEntry[e.target]; p != nil {
			to, of = &p.Received, fmt.Sprintf("patch %d", p.Index)
		}
		room := limit.Received - len(*to)
		if unread := unreadTrailers(of); len(trailers) > room && !slices.Contains(b.set.Unread, unread) {
			b.set.Unread = append(b.set.Unread, unread)
		}
		*to = append(*to, trailers[:min(len(trailers), room)]...)
	}
	return nil
}

// base reads the base-commit and prerequisite-patch-id lines that git format-patch --base
// writes at the end of the cover letter, or of the only patch.
func (b *setBuilder) base() {
	var mails []*patchset.Mail
	if b.set.Cover != nil {
		mails = append(mails, b.set.Cover)
	}
	for _, p := range b.set.Patches {
		mails = append(mails, &p.Mail)
	}
	for _, m := range mails {
		if b.set.BaseCommit == "" {
			b.set.BaseCommit = firstWord(lineAfter(m.Body, "base-commit:"))
		}
		if len(b.set.Prerequisites) > 0 {
			continue
		}
		for body := m.Body; ; {
			i := strings.Index(body, "\nprerequisite-patch-id:")
			if i < 0 {
				break
			}
			body = body[i+1:]
			if id := firstWord(lineAfter(body, "prerequisite-patch-id:")); id != "" {
				b.set.Prerequisites = append(b.set.Prerequisites, id)
			}
		}
	}
}

// lineAfter returns the rest of the first line of text that starts with prefix.
func lineAfter(text, prefix string) string {
	if !strings.HasPrefix(text, prefix) {
		i := strings.Index(text, "\n"+prefix)
		if i < 0 {
			return ""
		}
		text = text[i+1:]
	}
	line, _, _ := strings.Cut(text[len(prefix):], "\n")
	return line
}

func firstWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[0]
	}
	return ""
}
