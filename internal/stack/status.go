// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// An EntryStatus is how an entry stands. Its JSON names are a contract.
type EntryStatus struct {
	Entry   string `json:"entry"`
	Title   string `json:"subject"`
	Version int    `json:"version"`
	Patches int    `json:"patches"`
	// Counts says how many patches became what on the base.
	Counts map[string]int `json:"became"`
	// Unlocked is set where the manifest's entry is not locked as it stands.
	Unlocked bool `json:"unlocked,omitempty"`
	// Newer is the newest version that its source has, where that is newer.
	Newer int `json:"newer,omitempty"`
	// Changed is set where its source has that version with other patches, as of a branch that was rebased or a folder that was edited,
	// or, where the entry takes them, with other trailers: what `stack update` would take.
	Changed bool `json:"changed,omitempty"`
	// Replies is how many mails answer it in its source, and Objections are those of them that speak against it: a NACK.
	Replies    int      `json:"replies,omitempty"`
	Objections []string `json:"objections,omitempty"`
	// Fixes are commits of a revision, and mails of its source, that say they mend a patch of it.
	Fixes []Fix `json:"fixes,omitempty"`
	// Upstream are the patches that a revision has already.
	Upstream []PatchOutcome `json:"upstream,omitempty"`
	Why      string         `json:"why,omitempty"`
	Owner    string         `json:"owner,omitempty"`
	// Unread says why the source could not be read.
	Unread string `json:"unread,omitempty"`
}

// A Status is how a stack stands. Its JSON names are a contract.
type Status struct {
	Rev    string `json:"rev"`
	Base   string `json:"base"`
	Branch string `json:"branch"`
	// Applied is set where the branch is at the lock's head.
	Applied bool           `json:"applied"`
	Against string         `json:"against,omitempty"`
	Entries []*EntryStatus `json:"entries"`
	// Resolving is the patch that somebody is resolving.
	Resolving *Resolution `json:"resolving,omitempty"`
}

// StatusOptions say what to look at.
type StatusOptions struct {
	// Sources reads each entry's source for newer versions, replies, and patches that fix it.
	Sources bool
	// Against is a revision that may have patches of the stack already, or fixes of them; "" for none.
	Against string
}

// Status says how the stack stands. It changes nothing.
func (s *Stack) Status(ctx context.Context, t *tree.Tree, opts *StatusOptions) (*Status, error) {
	if s.Lock == nil {
		return nil, errUnlocked
	}
	st := &Status{Rev: s.Lock.Rev, Base: s.Lock.Base, Branch: s.Branch()}
	tip, err := t.Resolve("refs/heads/" + st.Branch)
	if err != nil && !errors.Is(err, git.ErrNoRevision) {
		return nil, err
	}
	st.Applied = string(tip) == s.Lock.Head && tip != ""
	if st.Resolving, err = s.Resolving(); err != nil {
		return nil, err
	}
	upstream, fixes := map[string][]PatchOutcome{}, map[string][]Fix{}
	if opts.Against != "" {
		r, err := s.rebase(ctx, t, opts.Against)
		if err != nil {
			return nil, err
		}
		st.Against = r.lock.Base
		for _, p := range r.out.Patches {
			if p.Became == Upstream {
				upstream[p.Entry] = append(upstream[p.Entry], p)
			}
		}
		for _, e := range r.lock.Entries {
			fixes[e.Name] = fixersOf(e, r.plan.patches).inHistory(r.past)
		}
	}
	outcomes, err := s.outcomes(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, e := range s.Manifest.Entries {
		es := &EntryStatus{Entry: e.Name, Why: e.Why, Owner: e.Owner, Counts: map[string]int{}, Upstream: upstream[e.Name], Fixes: fixes[e.Name]}
		locked := s.Lock.entry(e.Name)
		if locked == nil || locked.Key != e.key() {
			es.Unlocked = true
		}
		if locked != nil {
			es.Title, es.Version, es.Patches = locked.Title, locked.Version, len(locked.Patches)
			for _, p := range outcomes {
				if p.Entry == e.Name {
					es.Counts[p.Became]++
				}
			}
			if opts.Sources {
				s.readStatus(ctx, e, locked, es)
			}
		}
		st.Entries = append(st.Entries, es)
	}
	return st, nil
}

// outcomes says what became of each locked patch on the base: by the lock's history where the lock was applied, else by
// trying.
func (s *Stack) outcomes(ctx context.Context, t *tree.Tree) ([]PatchOutcome, error) {
	var list []PatchOutcome
	for _, e := range s.Lock.Entries {
		for i, p := range e.Patches {
			n := len(p.History)
			if n == 0 || p.History[n-1].Base != s.Lock.Base {
				return s.tryLocked(ctx, t)
			}
			list = append(list, PatchOutcome{Entry: e.Name, Index: i + 1, Title: p.Title, Became: p.History[n-1].Became})
		}
	}
	return list, nil
}

func (s *Stack) tryLocked(ctx context.Context, t *tree.Tree) ([]PatchOutcome, error) {
	p, err := s.plan(ctx, s.Manifest, s.Lock)
	if err != nil {
		return nil, err
	}
	opts, err := s.Lock.landing(trialBranch)
	if err != nil {
		return nil, err
	}
	opts.Check, opts.KeepGoing = true, true
	result, err := apply.Parts(ctx, t, p.parts(inStack, false), opts)
	if err != nil {
		return nil, err
	}
	return p.outcomes(result), nil
}

// readStatus asks an entry's source for newer versions, replies, objections and fixes.
func (s *Stack) readStatus(ctx context.Context, e *Entry, locked *Locked, es *EntryStatus) {
	sets, err := s.Read(ctx, s.Sources(e))
	if err != nil {
		es.Unread = err.Error()
		return
	}
	newest := slices.MaxFunc(sets, func(a, b *patchset.Set) int { return a.Version - b.Version })
	switch set := chosen(sets); {
	case newest.Version > locked.Version:
		es.Newer = newest.Version
	case es.Unlocked:
	case set.Version != locked.Version:
		es.Unread = fmt.Sprintf("v%d is no longer there, only v%d", locked.Version, set.Version)
	default:
		now, err := e.mailsOf(set, locked.Dated)
		es.Changed = err != nil || now.locked.Mails != locked.Mails
	}
	for _, set := range sets {
		if set.Version != locked.Version {
			continue
		}
		es.Replies = len(set.Replies)
		for _, reply := range set.Replies {
			if line := objection(reply.Body); line != "" {
				es.Objections = append(es.Objections, fmt.Sprintf("%s%s: %s", reply.From.Name, answered(set, reply), line))
			}
		}
	}
	if sets[0].Others > 0 {
		others, err := s.around(ctx, s.Sources(e))
		if err != nil {
			es.Unread = err.Error()
			return
		}
		sets = append(sets, others...)
	}
	p, err := s.plan(ctx, s.Manifest, &Lock{Entries: []*Locked{locked}})
	if err != nil {
		es.Unread = err.Error()
		return
	}
	es.Fixes = append(es.Fixes, fixersOf(locked, p.patches).inMails(sets)...)
}

// answered says which patch of the set a reply answers: " of patch 2", or "" for the cover letter or another reply.
func answered(set *patchset.Set, reply *patchset.Mail) string {
	for _, p := range set.Patches {
		if p.MessageID != "" && p.MessageID == reply.InReplyTo {
			return fmt.Sprintf(" of patch %d", p.Index)
		}
	}
	return ""
}

// objection returns the line in which a reply refuses a patch: a Nacked-by, or NACK or NAK as a word of its own at the
// beginning of a line. What is quoted does not count.
func objection(body string) string {
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, ">") {
			continue
		}
		lower := strings.ToLower(line)
		if strings.HasPrefix(lower, "nacked-by:") || strings.HasPrefix(lower, "nak-by:") {
			return line
		}
		first, _, _ := strings.Cut(strings.TrimRight(line, ".!,"), " ")
		if first = strings.TrimRight(first, ".!,:;"); first == "NACK" || first == "NAK" {
			return line
		}
	}
	return ""
}
