// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Fix is a commit or a mail that says in a Fixes: trailer that it mends a patch of an entry. Its JSON names are a contract.
type Fix struct {
	// Index is the number of the patch within its entry, from 1.
	Index int `json:"index"`
	// Commit is set of a commit, MessageID of a mail.
	Commit    string `json:"commit,omitempty"`
	MessageID string `json:"message_id,omitempty"`
	Title     string `json:"subject"`
	Author    string `json:"author"`
}

// fixesLine takes a Fixes: trailer apart: the commit, and the title where one is given. What a reply quotes does not count.
var fixesLine = lazyregexp.New(`(?mi)^Fixes:[ \t]*([0-9a-f]{7,64})\b[ \t]*(?:\("(.*)"\))?`)

// originLine finds the commit that a backport says it is of, as stable trees and git cherry-pick -x write it.
var originLine = lazyregexp.New(`(?mi)(?:^\[? *(?:upstream )?commit ([0-9a-f]{12,64})(?: upstream)?\.? *\]?\s*$|^\(cherry picked from commit ([0-9a-f]{12,64})\))`)

// fixers finds the patches of an entry that a message says it fixes, in the order of the patches.
type fixers struct {
	entry *Locked
	// commits are the names under which each patch is a commit somewhere, and titles its titles.
	commits, titles [][]string
}

// fixersOf knows the patches of a locked entry by their titles and by each commit that they are or were: ours at any base, the
// upstream one, and the one that a backport's message names. Messages are those of the patches.
func fixersOf(e *Locked, patches []*placed) *fixers {
	f := &fixers{entry: e}
	for _, at := range patches {
		if at.entry != e {
			continue
		}
		commits := []string{at.patch.Commit}
		if at.patch.How != ByHand {
			commits = append(commits, at.patch.Upstream)
		}
		for _, past := range at.patch.History {
			commits = append(commits, past.Commit)
		}
		for _, m := range originLine.FindAllStringSubmatch(at.sent.Message, -1) {
			commits = append(commits, strings.ToLower(m[1]+m[2]))
		}
		f.commits = append(f.commits, commits)
		f.titles = append(f.titles, []string{at.patch.Title, at.sent.Title})
	}
	return f
}

// named returns the numbers of the patches, from 1, that the Fixes: trailers of message name: by their commit, or by a title that
// is theirs.
func (f *fixers) named(message string) []int {
	var list []int
	for _, m := range fixesLine.FindAllStringSubmatch(message, -1) {
		id, title := strings.ToLower(m[1]), strings.TrimSpace(m[2])
		for i := range f.commits {
			byCommit := slices.ContainsFunc(f.commits[i], func(c string) bool { return strings.HasPrefix(c, id) })
			if byCommit || title != "" && slices.Contains(f.titles[i], title) {
				list = append(list, i+1)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// inHistory returns the commits of a history that fix patches of the entry, the oldest first, but for those that are patches of
// the entry themselves.
func (f *fixers) inHistory(h *history) []Fix {
	var list []Fix
	for _, c := range slices.Backward(h.commits) {
		if slices.ContainsFunc(f.commits, func(ids []string) bool { return slices.Contains(ids, string(c.id)) }) {
			continue
		}
		for _, n := range f.named(c.fixes) {
			list = append(list, Fix{Index: n, Commit: string(c.id), Title: c.title, Author: c.name})
		}
	}
	return list
}

// inMails returns what in the sources of the entry fixes a patch of it: replies, and patches of other series.
func (f *fixers) inMails(sets []*patchset.Set) []Fix {
	var list []Fix
	seen := map[Fix]bool{}
	add := func(m *patchset.Mail, title, author, message string) {
		for _, n := range f.named(message) {
			fix := Fix{Index: n, MessageID: m.MessageID, Title: title, Author: author}
			if !seen[fix] && !f.has(m.MessageID) {
				seen[fix] = true
				list = append(list, fix)
			}
		}
	}
	for _, set := range sets {
		for _, m := range set.Replies {
			add(m, m.Subject, m.From.Name, m.Body)
		}
		for _, p := range set.Patches {
			add(&p.Mail, p.Title, p.Author.Name, p.Message)
		}
	}
	return list
}

// has reports whether a mail is one of the entry's own.
func (f *fixers) has(id string) bool {
	return id != "" && slices.ContainsFunc(f.entry.Patches, func(p *LockedPatch) bool { return p.MessageID == id })
}

// around returns the other series that the source of an entry holds, such as patches that answer it: only those are kept
// that have a Fixes: trailer.
func (s *Stack) around(ctx context.Context, names []string) ([]*patchset.Set, error) {
	if s.All == nil {
		return nil, nil
	}
	var list []*patchset.Set
	for set, err := range s.All(ctx, names) {
		if err != nil {
			return list, err
		}
		kept := &patchset.Set{}
		for _, p := range set.Patches {
			if fixesLine.MatchString(p.Message) {
				kept.Patches = append(kept.Patches, p)
			}
		}
		if len(kept.Patches) > 0 {
			list = append(list, kept)
		}
	}
	return list, nil
}
