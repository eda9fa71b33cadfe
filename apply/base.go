// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Base is a commit on which a whole series applies.
type Base struct {
	Commit odb.Hash `json:"commit"`
	// Name is what people call it: a branch or tag that is there, else the abbreviated commit.
	Name string `json:"name"`
	// Why says how it was found, after "it": "is the base-commit that the series names".
	Why string `json:"why"`
	// Behind is how many commits of HEAD it lacks, and Ahead how many it has that HEAD lacks.
	Ahead  int `json:"ahead"`
	Behind int `json:"behind"`
}

// A NoBaseError says that a series applies nowhere in a repository.
type NoBaseError struct {
	// Fit of Total patches apply on the best commit that was found, which Name calls; "" where none takes any.
	Name       string
	Fit, Total int
	// Tried is on how many commits the series was tried.
	Tried int
	// Unknown is the base-commit of the series, where the repository does not have it; Shallow that its history is cut off.
	Unknown string
	Shallow bool
	// Missing is one file, as NAME (BLOB), whose content the repository does not have at any commit that was looked at.
	Missing string
	// Late is set where the time for the search was over before all of history was looked through.
	Late bool
}

// Error says by how many patches the best commit is off, and what the repository lacks.
func (e *NoBaseError) Error() string {
	msg := fmt.Sprintf("no base found: on none of %d commits does the series apply", e.Tried)
	if e.Name != "" {
		msg += fmt.Sprintf("; on %s %d of %d patches do, which is off by %d", e.Name, e.Fit, e.Total, e.Total-e.Fit)
	}
	if e.Unknown != "" {
		msg += fmt.Sprintf("; its base-commit %.12s is not in the repository", e.Unknown)
	}
	if e.Missing != "" {
		msg += "; no commit that was looked at has " + e.Missing
	}
	if e.Late {
		msg += fmt.Sprintf("; not all of the history was looked through, which is given %v", searchTime)
	}
	if e.Shallow {
		msg += "; the history is shallow"
	}
	return msg
}

const (
	// maxTips bounds the branches and tags that are looked at: all of Linux with some trees of maintainers.
	maxTips = 3000
	// maxTries bounds the commits on which a series is tried.
	maxTries = 40
	// maxWhole bounds those tries of one step that have all files: what they refuse, others will.
	maxWhole = 10
	// maxVersions bounds how many commits are looked at that changed the files of a series, searchTime for how long.
	maxVersions = 20000
	searchTime  = 20 * time.Second
	day         = 24 * time.Hour
)

// recent is how much older than a series what it changes may be to be found before all of history is walked through: mostly a
// file or two were changed in the season before.
var recent = []time.Duration{90 * day, 400 * day}

// FindBase looks for a commit of t on which all of set applies: the one that it names, HEAD, the tips of the refs that
// prefer begins (such as "refs/remotes/lsm/"), and then branches, tags and commits that have the files which the index
// lines name. Where there is none, the error is a [*NoBaseError].
func FindBase(ctx context.Context, t *tree.Tree, set *patchset.Set, opts *Options, prefer []string) (*Base, error) {
	if !t.IsGit() {
		return nil, hint.Wrap(fmt.Errorf("%s is not a git repository", t.Dir()), "a plain directory has no base")
	}
	asked := ctx
	ctx, cancel := context.WithTimeout(ctx, 2*searchTime)
	defer cancel()
	s := &baseSearch{t: t, set: set, opts: opts, wanted: Preimages(set, opts), tried: map[odb.Hash]bool{}, weighed: map[odb.Hash]bool{}, had: map[string]bool{}}
	s.none.Total, s.none.Shallow = len(set.Patches), t.IsShallow()
	for _, step := range []func(context.Context) error{s.named, s.head, func(ctx context.Context) error { return s.tips(ctx, prefer) }, s.history, s.rest} {
		s.whole = 0
		if err := step(ctx); err != nil && (ctx.Err() == nil || asked.Err() != nil) {
			return nil, err // else the time for the search is over
		}
		if s.found != nil {
			s.found.Ahead, s.found.Behind, _ = t.Apart(ctx, string(s.found.Commit), "HEAD") // unborn: 0
			return s.found, nil
		}
	}
	s.none.Tried = len(s.tried)
	return nil, &s.none
}

// A baseSearch is one call of FindBase.
type baseSearch struct {
	t      *tree.Tree
	set    *patchset.Set
	opts   *Options
	wanted map[string]string
	tried  map[odb.Hash]bool
	// whole is on how many commits of a step with all wanted files the series was tried.
	whole int
	// weighed are the commits whose files were looked at, had the wanted files that one of them has.
	weighed map[odb.Hash]bool
	had     map[string]bool
	// later are commits that have some of the wanted files, for the end.
	later []candidate
	found *Base
	none  NoBaseError
}

// A candidate is a commit, and how many of the wanted files it has.
type candidate struct {
	git.Tip
	matching int
}

// try applies the series to a commit in memory.
func (s *baseSearch) try(ctx context.Context, tip git.Tip, why string) error {
	if s.found != nil || s.tried[tip.Commit] || len(s.tried) >= maxTries {
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	s.tried[tip.Commit] = true
	before, err := s.t.Snapshot(string(tip.Commit))
	if err != nil {
		return err
	}
	opts := *s.opts
	opts.Base, opts.Branch, opts.KeepGoing = "", "", false
	_, result, err := Overlay(before, s.set, &opts)
	if err != nil {
		return err
	}
	if len(result.Conflicts) == 0 {
		s.found = &Base{Commit: tip.Commit, Name: tip.Name, Why: why}
	} else if n := len(result.Patches); n > s.none.Fit {
		s.none.Fit, s.none.Name = n, tip.Name
	}
	return nil
}

// named tries the base-commit of the series.
func (s *baseSearch) named(ctx context.Context) error {
	name := s.set.BaseCommit
	if !odb.IsHex(name) || name == "" {
		return nil
	}
	commit, err := s.t.Resolve(name)
	if errors.Is(err, git.ErrNoRevision) {
		s.none.Unknown = name
		return nil
	}
	if err != nil {
		return err
	}
	return s.try(ctx, git.Tip{Name: commit.Short(), Commit: commit}, "is the base-commit that the series names")
}

func (s *baseSearch) head(ctx context.Context) error {
	commit, err := s.t.Resolve("")
	if errors.Is(err, git.ErrNoRevision) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.try(ctx, git.Tip{Name: "HEAD", Commit: commit}, "is what is checked out")
}

// tips tries the preferred refs, and then the branches and tags that have all files which the series was made for.
func (s *baseSearch) tips(ctx context.Context, prefer []string) error {
	tips, err := s.t.Tips(ctx, maxTips)
	if err != nil {
		return err
	}
	for _, tip := range tips {
		if slices.ContainsFunc(prefer, func(p string) bool { return strings.HasPrefix("refs/remotes/"+tip.Name, p) }) {
			if err := s.try(ctx, tip, "is of the tree that MAINTAINERS names"); err != nil {
				return err
			}
		}
	}
	for _, tip := range tips {
		if s.found != nil {
			break
		}
		if err := s.weigh(ctx, tip); err != nil {
			return err
		}
	}
	return nil
}

// weigh tries a commit that has all wanted files, and keeps one that has some for later.
func (s *baseSearch) weigh(ctx context.Context, tip git.Tip) error {
	if s.weighed[tip.Commit] {
		return nil
	}
	s.weighed[tip.Commit] = true
	n, err := s.matching(tip.Commit)
	switch {
	case err != nil:
		return err
	case n == len(s.wanted) && n > 0 && s.whole < maxWhole:
		s.whole++
		return s.try(ctx, tip, fmt.Sprintf("has %s as the index lines name them", filesCounted(n)))
	case n > 0 || len(s.wanted) == 0:
		s.later = append(s.later, candidate{tip, n})
	}
	return nil
}

// filesCounted returns "the one file" or "all 7 files".
func filesCounted(n int) string {
	if n == 1 {
		return "the one file"
	}
	return fmt.Sprintf("all %d files", n)
}

// matching counts the wanted files that a commit has.
func (s *baseSearch) matching(commit odb.Hash) (n int, err error) {
	snapshot, err := s.t.Snapshot(string(commit))
	if err != nil {
		return 0, err
	}
	for name, prefix := range s.wanted {
		if e, err := tree.Lookup(snapshot, name); err == nil && strings.HasPrefix(string(e.Hash), prefix) {
			s.had[name] = true
			n++
		}
	}
	return n, nil
}

// history tries the commits after which the wanted files were what the index lines name.
func (s *baseSearch) history(ctx context.Context) error {
	if len(s.wanted) == 0 {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	var made map[string][]odb.Hash
	for _, since := range periods(s.set) {
		some := made
		var err error
		if made, err = s.t.Versions(short, s.wanted, since, maxVersions); err != nil {
			return err
		}
		if maps.EqualFunc(some, made, slices.Equal) {
			continue // an earlier time has nothing more
		}
		if err := s.makers(ctx, made, since); err != nil || s.found != nil {
			return err
		}
		if len(made) == len(s.wanted) {
			break
		}
	}
	s.none.Late = short.Err() != nil && ctx.Err() == nil
	for _, name := range slices.Sorted(maps.Keys(s.wanted)) {
		if len(made[name]) == 0 && s.none.Missing == "" {
			s.none.Missing = fmt.Sprintf("%s (%.12s)", name, s.wanted[name])
		}
	}
	return nil
}

// periods returns since when history is looked through, one time after the other; the zero time is the beginning. A series is mostly
// for what was new when it was written: a walk through all of history takes long, and longer each year.
func periods(set *patchset.Set) []time.Time {
	var all []time.Time
	if written := oldest(set); !written.IsZero() {
		for _, age := range recent {
			all = append(all, written.Add(-age))
		}
	}
	return append(all, time.Time{})
}

// makers tries the commits that made wanted files since a time, and the merges that bring these together.
func (s *baseSearch) makers(ctx context.Context, made map[string][]odb.Hash, since time.Time) error {
	var all []odb.Hash
	for _, some := range made {
		all = append(all, some...)
	}
	slices.Sort(all)
	for _, commit := range slices.Compact(all) {
		if s.found != nil || ctx.Err() != nil {
			break
		}
		if err := s.weigh(ctx, git.Tip{Name: commit.Short(), Commit: commit}); err != nil {
			return err
		}
	}
	if s.found != nil {
		return nil
	}
	return s.joined(ctx, made, since)
}

// joined looks for a merge that brings the wanted files together: each came by a branch of its own, or is as it was for long.
func (s *baseSearch) joined(ctx context.Context, made map[string][]odb.Hash, since time.Time) error {
	for name := range s.wanted {
		if len(made[name]) == 0 && !s.had[name] {
			return nil
		}
	}
	if len(made) < 2 {
		return nil
	}
	var makers []odb.Hash
	for _, name := range slices.Sorted(maps.Keys(made)) {
		makers = append(makers, made[name]...)
	}
	merges, err := s.t.MergesAfter(ctx, makers, since, maxTips)
	if err != nil {
		return err
	}
	for _, commit := range merges {
		if s.found != nil || ctx.Err() != nil {
			break
		}
		if err := s.weigh(ctx, git.Tip{Name: commit.Short(), Commit: commit}); err != nil {
			return err
		}
	}
	return nil
}

// rest tries what has some of the wanted files, or, where no index line names any, the newest branches and tags.
func (s *baseSearch) rest(ctx context.Context) error {
	slices.SortStableFunc(s.later, func(a, b candidate) int { return cmp.Compare(b.matching, a.matching) })
	for _, c := range s.later {
		why := "takes it"
		if c.matching > 0 {
			why = fmt.Sprintf("takes it, and has %d of %d files as the index lines name them", c.matching, len(s.wanted))
		}
		if err := s.try(ctx, c.Tip, why); err != nil {
			return err
		}
	}
	return nil
}

// oldest returns when the first patch of a series was written; the zero time where one does not say.
func oldest(set *patchset.Set) (when time.Time) {
	for i, p := range set.Patches {
		if i == 0 || p.Author.When.Before(when) {
			when = p.Author.When
		}
	}
	return when
}

// Preimages returns for each file that a series finds in its base the blob, abbreviated, that the first index line
// about it names.
func Preimages(set *patchset.Set, opts *Options) map[string]string {
	const shortest = 7
	if opts == nil {
		opts = &Options{}
	}
	blobs, made := map[string]string{}, map[string]bool{}
	for _, p := range set.Patches {
		for _, c := range changesOf(p, opts.naming()) {
			if !wanted(opts.Filters, c.name()) {
				continue
			}
			_, known := blobs[c.oldName]
			if c.oldName != "" && c.isNew != yes && !known && !made[c.oldName] && len(c.oldOID) >= shortest && !odb.Hash(c.oldOID).IsZero() {
				blobs[c.oldName] = strings.ToLower(c.oldOID)
			}
			made[c.oldName], made[c.newName] = true, true
		}
	}
	return blobs
}
