// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/compare"
	"github.com/lsmpatch/lsmpatch/series/cover"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

// A Rule is one check of [Check]: what `lsmpatch series checks` lists.
type Rule struct {
	// ID is stable: "series/missing-patch".
	ID string `json:"id"`
	// Severity is that of the rule's findings, where the configuration does not change it.
	Severity report.Severity `json:"severity"`
	// What says what the rule looks for, and Why why it matters, a line each.
	What string `json:"what"`
	Why  string `json:"why"`

	// run tells each finding. Check fills in its ID and severity.
	run func(x *exam, tell func(report.Finding))
}

// CheckOptions says what [Check] may compare a series with. Without one of these the checks that
// need it are not made.
type CheckOptions struct {
	// Tree holds the files of the tree that the series is for; its MAINTAINERS is read.
	Tree fs.FS
	// Commits knows the commits of that tree.
	Commits Commits
	// Bases knows where a series applies.
	Bases Bases
	// Previous is the version before, which claims like "no code changes" are measured by.
	Previous *patchset.Set
	// LookupTXT returns the TXT records of a domain, as net.LookupTXT does. It serves the keys
	// of DKIM signatures; [ReadKeys] makes one that needs no network.
	LookupTXT func(domain string) ([]string, error)
}

// Commits looks up commits by name.
type Commits interface {
	// Commit returns the subject of the commit that rev names in full or in part, and whether
	// it is an ancestor of the commit that the series is for.
	//
	// The error is [ErrNoCommit] where the repository has no such commit. It is [ErrShallow]
	// where the history is cut off (a shallow clone, an imported archive), so that the commit may exist all the same or, with a
	// subject returned, may be an ancestor all the same.
	Commit(rev string) (subject string, ancestor bool, err error)
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

// Errors of [Commits].
var (
	ErrNoCommit = errors.New("no such commit")
	ErrShallow  = errors.New("the history is cut off")
)

// Checks returns the table of checks, in the order in which they run.
func Checks() []Rule {
	return slices.Concat(numberingRules, mailRules, coverRules, signoffRules, trailerRules,
		referenceRules, linkRules, textRules, unicodeRules, baseRules, recipientRules, attestationRules)
}

// Check examines set as the reviewers of a mailing list would, and returns what they would say,
// sorted. A nil opts compares with nothing: the series is judged by its mails alone.
func Check(set *patchset.Set, opts *CheckOptions) []report.Finding {
	if opts == nil {
		opts = &CheckOptions{}
	}
	x := newExam(set, opts)
	findings := []report.Finding{}
	for _, rule := range Checks() {
		rule.run(x, func(f report.Finding) {
			f.Check, f.Severity = rule.ID, rule.Severity
			findings = append(findings, f)
		})
	}
	report.Sort(findings)
	return findings
}

// An exam is a series under examination, with what several rules ask about it.
type exam struct {
	set  *patchset.Set
	opts *CheckOptions
	// cover is what the cover letter claims; without a cover letter it claims nothing.
	cover *cover.Letter
	// netCache is what the whole series does to each file, once somebody asked.
	netCache []*compare.NetFile
	// signedBy are those who signed a patch off, for the patches that somebody asked about.
	signedBy map[*patchset.Patch][]mail.Person
	// refs are the commits that messages name, once somebody asked.
	refs []*reference
	// needed are the prerequisites, once somebody asked.
	needed []prerequisite
	// attested says what the signatures of the mails prove, once somebody asked.
	attested []mailAttestation
	// maintainersFile is the tree's MAINTAINERS, once somebody asked, and dutyList who it says
	// should get a patch and does not.
	maintainersFile *maintainers.File
	maintainersErr  error
	dutyList        []*duty
}

func newExam(set *patchset.Set, opts *CheckOptions) *exam {
	x := &exam{set: set, opts: opts, cover: &cover.Letter{}, signedBy: map[*patchset.Patch][]mail.Person{}}
	if set.Cover != nil {
		x.cover = cover.Parse(set.Cover.Body)
	}
	return x
}

// net returns what the whole series does to each file.
func (x *exam) net() []*compare.NetFile {
	if x.netCache == nil {
		x.netCache = compare.NetFiles(x.set.Patches)
	}
	return x.netCache
}

// complete reports whether each announced patch is there once and its diff is readable, so that
// claims about the whole can be judged.
func (x *exam) complete() bool {
	for i, p := range x.set.Patches {
		if p.Index != i+1 || p.DiffErr != nil {
			return false
		}
	}
	return len(x.set.Patches) > 0 && len(x.set.Patches) == x.set.Total
}

// mails returns the cover letter, where there is one, and the patches' mails.
func (x *exam) mails() []*patchset.Mail {
	var mails []*patchset.Mail
	if x.set.Cover != nil {
		mails = append(mails, x.set.Cover)
	}
	for _, p := range x.set.Patches {
		mails = append(mails, &p.Mail)
	}
	return mails
}
