// SPDX-License-Identifier: GPL-2.0-only

// Package check is what a check of a patch series is: a value that anybody can write, and that
// any driver runs.
//
// To write one, fill in a [Check]. To run some, call [Run] with a [View] of the series and of the
// two trees, before and after it. The checks of lsmpatch itself are such values: those of package
// series, of checkpatch, and of the LSM hooks.
//
// A check reads its view and changes nothing. What is wrong with the series is a finding; an
// error means that the check itself could not do its work.
package check

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Check is one thing that is looked for in a series.
type Check struct {
	// ID is stable, a room and a name: "series/missing-patch". Users switch checks off by it.
	ID string `json:"id"`
	// Severity is that of the findings, where the check or the user's configuration says nothing else.
	Severity report.Severity `json:"severity"`
	// What says what the check looks for, and Why why it matters, a line each.
	What string `json:"what"`
	Why  string `json:"why"`

	// Run tells each finding, in any order. Where a finding names no Check, [Run] fills in the ID
	// and Severity. A check that needs what the view does not have tells nothing and returns nil.
	Run func(v *View, tell func(report.Finding)) error `json:"-"`
}

// A View is what a check may look at. Only Set is always there.
type View struct {
	Set *patchset.Set
	// Before holds the files of the tree that the series is for, After those with the series
	// applied. Each is nil where there is no tree, or where the series does not apply to it.
	Before, After fs.FS
	// Commits knows the commits of that tree, Bases where a series applies; nil where nobody does.
	Commits Commits
	Bases   Bases
	// Previous is the version before, or nil.
	Previous *patchset.Set
	// LookupTXT returns the TXT records of a domain, as net.LookupTXT does, or is nil.
	LookupTXT func(domain string) ([]string, error)
	// Keyring holds developers' public keys, as b4 keeps them: ALGORITHM/DOMAIN/LOCAL/SELECTOR. It is nil
	// where signatures of developers are not to be verified.
	Keyring fs.FS
	// AsSubmission judges the mails as a submission whatever they say of themselves, and whatever project their files are of.
	AsSubmission bool

	memo map[any]any
}

// Commits looks up commits by name.
type Commits interface {
	// Commit returns the subject of the commit that rev names in full or in part, and whether
	// it is an ancestor of the commit that the series is for.
	//
	// The error is [ErrNoCommit] where the repository has no such commit. It is [ErrShallow]
	// where the history is cut off (a shallow clone, an imported archive), so that the commit may
	// exist all the same or, with a subject returned, may be an ancestor all the same.
	Commit(rev string) (subject string, ancestor bool, err error)
}

// Releases is what [Commits] may be as well: it knows the releases of a tree.
type Releases interface {
	// Released returns the newest release in the history of the commit that the series is for, and whether it
	// has the commit that rev names. Where the history has no release, or ends before one, newest is "".
	Released(rev string) (newest string, has bool, err error)
}

// Bases finds out what a series was made for.
type Bases interface {
	// Applies reports whether set applies to the commit base, and if not, why.
	Applies(set *patchset.Set, base string) (ok bool, why string, err error)
	// Candidates returns the commits that hold all, or most, of the blobs that the index lines
	// of set start from, best first, each with what a person calls it.
	Candidates(set *patchset.Set) ([]Base, error)
	// HasPatchID reports whether a commit of the history has that stable patch ID. The error is
	// [ErrShallow] where the history is cut off before one was found.
	HasPatchID(id string) (bool, error)
}

// A Base is a commit that a series may have been made for.
type Base struct {
	Commit string // full object name
	Name   string // tag, branch or subject
	// Matching of Total files are, before the series, what its index lines say.
	Matching, Total int
}

// Errors of [Commits] and [Bases].
var (
	ErrNoCommit = errors.New("no such commit")
	ErrShallow  = errors.New("the history is cut off")
)

// Memo returns what work returned for key the first time that any check of this view asked, so
// that checks can share what is costly to work out. As with the keys of a context, key should be of an
// unexported type of the caller's.
func Memo[T any](v *View, key any, work func() T) T {
	if have, ok := v.memo[key]; ok {
		return have.(T)
	}
	made := work()
	if v.memo == nil {
		v.memo = map[any]any{}
	}
	v.memo[key] = made
	return made
}

// Run makes the checks in their order and returns what they found, sorted and never nil. It stops
// at the first check that could not do its work, and returns what the others found before.
func Run(v *View, checks []*Check) ([]report.Finding, error) {
	findings := []report.Finding{}
	var failed error
	for _, c := range checks {
		err := c.Run(v, func(f report.Finding) {
			if f.Check == "" {
				f.Check, f.Severity = c.ID, c.Severity
			}
			findings = append(findings, f)
		})
		if err != nil {
			failed = fmt.Errorf("%s: %w", c.ID, err)
			break
		}
	}
	report.Sort(findings)
	return findings, failed
}
