// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"slices"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/compare"
	"github.com/lsmpatch/lsmpatch/series/cover"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

// All returns the table of checks, in the order in which they run.
func All() []*check.Check {
	return slices.Concat(kindRules, needRules, numberingRules, mailRules, coverRules, signoffRules, trailerRules,
		referenceRules, linkRules, textRules, unicodeRules, baseRules, recipientRules, profileRules, attestationRules)
}

// rule makes a check of a look at an exam. It is not made of what is no submission.
func rule(look func(x *exam, tell func(report.Finding))) func(*check.View, func(report.Finding)) error {
	return func(v *check.View, tell func(report.Finding)) error {
		if x := examOf(v); x.notSubmission == "" {
			look(x, tell)
		}
		return nil
	}
}

// examOf returns the exam that all checks of v share.
func examOf(v *check.View) *exam {
	return check.Memo(v, examKey{}, func() *exam { return newExam(v) })
}

// examKey is what the exam of a view is remembered by.
type examKey struct{}

// An exam is a series under examination, with what several rules ask about it.
type exam struct {
	set  *patchset.Set
	view *check.View
	// notSubmission says what the mails are where they are no submission, or "".
	notSubmission string
	// elsewhere reports that the series is for another project than the tree, foreign that nothing speaks against it.
	elsewhere, foreign bool
	// cover is what the cover letter claims; without a cover letter it claims nothing.
	cover *cover.Letter
	// netCache is what the whole series does to each file, once somebody asked.
	netCache []*compare.NetFile
	// statCache are the files that the lines of the diffstat are about, once somebody asked.
	statCache []*compare.NetFile
	// signedBy are those who signed a patch off, for the patches that somebody asked about.
	signedBy map[*patchset.Patch][]mail.Person
	// refs are the commits that messages name, once somebody asked.
	refs []*reference
	// long are the lines of messages that are too long, once somebody asked, and longUnread is the patch in which they became too many.
	long       map[*patchset.Patch][]string
	longUnread int
	// needed are the prerequisites, once somebody asked.
	needed []prerequisite
	// attested says what the signatures of the mails prove, once somebody asked.
	attested []mailAttestation
	// developed says what the developers' signatures prove, once somebody asked.
	developed []mailAttestation
	// maintainersFile is the tree's MAINTAINERS, once somebody asked, and dutyList who it says
	// should get a patch and does not.
	maintainersFile *maintainers.File
	maintainersErr  error
	dutyList        []*duty
	// profiled are the documents whose rules hold for the series, once somebody asked.
	profiled []*profile
}

func newExam(v *check.View) *exam {
	x := &exam{set: v.Set, view: v, cover: &cover.Letter{}, signedBy: map[*patchset.Patch][]mail.Person{}}
	if v.Set.Cover != nil {
		x.cover = cover.Parse(v.Set.Cover.Body)
	}
	if v.AsSubmission {
		return x
	}
	x.notSubmission = x.notice()
	if x.notSubmission == "" && x.forOtherProject() {
		x.elsewhere = true // the tree has no say about it
		x.foreign = len(v.Set.Needs) == 0 && x.outside()
		x.view = &check.View{Set: v.Set, Previous: v.Previous, LookupTXT: v.LookupTXT, Keyring: v.Keyring}
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
	return !x.set.Picked && len(x.set.Patches) > 0 && len(x.set.Patches) == x.set.Total
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
