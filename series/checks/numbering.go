// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// maxMissing is how many missing patches are told of one by one, and maxGaps bounds the findings
// where more are missing.
const (
	maxMissing = 10
	maxGaps    = 100
)

var numberingRules = []*check.Check{
	{
		ID: "series/empty", Severity: report.Error, Run: rule(checkEmpty),
		What: "the series has no patch at all",
		Why:  "there is nothing to apply",
	},
	{
		ID: "series/missing-patch", Severity: report.Error, Run: rule(checkMissing),
		What: "a patch that the numbers in the subjects announce is not there",
		Why:  "the rest applies wrongly or not at all without it",
	},
	{
		ID: "series/duplicate-patch", Severity: report.Error, Run: rule(checkDuplicate),
		What: "two mails bear the same number",
		Why:  "nobody can know which of the two is meant",
	},
	{
		ID: "series/wrong-total", Severity: report.Error, Run: rule(checkTotal),
		What: "the subjects disagree on how many patches there are, or a number exceeds the total",
		Why:  "either a patch is missing or mails of two series are mixed",
	},
	{
		ID: "series/mixed-versions", Severity: report.Warning, Run: rule(checkVersions),
		What: "some patches of the series are of another version than the rest",
		Why:  "a reader has to put it together from several mails, and may take the wrong ones",
	},
	{
		ID: "series/others-left-out", Severity: report.Warning, Run: always(checkLeftOut),
		What: "the mails hold other series as well, which were left out",
		Why:  "what was not looked at is not clean",
	},
	{
		ID: "series/newer-version", Severity: report.Warning, Run: rule(checkNewer),
		What: "the mails hold a newer version of the series",
		Why:  "judging an old version is work for nobody",
	},
	{
		ID: "series/mail-order", Severity: report.Warning, Run: rule(checkOrder),
		What: "the patches are taken in the order of files or mails, and the subjects say another",
		Why:  "git am takes them so; a reader of the subjects expects something else",
	},
	{
		ID: "series/message-id-twice", Severity: report.Warning, Run: always(checkTwins),
		What: "two mails that differ have one Message-ID",
		Why:  "what answers or names the one may mean the other",
	},
	{
		ID: "series/subset", Severity: report.Note, Run: rule(tellSubset),
		What: "the user took some of the patches only",
		Why:  "the others, and what the cover letter says of all, were not looked at",
	},
	{
		ID: "series/no-cover-letter", Severity: report.Warning, Run: rule(checkNoCover),
		What: "several patches come without a cover letter",
		Why:  "reviewers are to learn what the whole is for, and need a mail to answer to",
	},
	{
		ID: "series/broken-thread", Severity: report.Warning, Run: rule(checkThread),
		What: "a patch does not answer the cover letter or the first patch",
		Why:  "mail readers and the tools of maintainers find a series by its thread",
	},
}

func checkEmpty(x *exam, tell func(report.Finding)) {
	if len(x.set.Patches) > 0 {
		return
	}
	message := "the series has no patches"
	if x.set.Cover != nil {
		message += fmt.Sprintf(": %q came alone", x.set.Cover.Subject)
	}
	tell(report.Finding{Message: message, Hint: "give the mails of the patches as well"})
}

// checkMissing tells of each missing patch by itself, and where many are missing of each gap.
func checkMissing(x *exam, tell func(report.Finding)) {
	gaps, missing := x.gaps()
	for _, gap := range gaps[:min(len(gaps), maxGaps)] {
		if missing > maxMissing {
			tellMissing(tell, gap[0], gap[1], x.set.Total)
			continue
		}
		for i := gap[0]; i <= gap[1]; i++ {
			tellMissing(tell, i, i, x.set.Total)
		}
	}
}

// gaps returns the first and last number of each run of missing patches, and how many there are.
func (x *exam) gaps() (gaps [][2]int, missing int) {
	if x.set.Picked {
		return nil, 0
	}
	next := 1
	for _, p := range x.set.Patches {
		if p.Index > next && next <= x.set.Total {
			gaps = append(gaps, [2]int{next, min(p.Index-1, x.set.Total)})
		}
		next = max(next, p.Index+1)
	}
	if next <= x.set.Total {
		gaps = append(gaps, [2]int{next, x.set.Total})
	}
	for _, gap := range gaps {
		missing += gap[1] - gap[0] + 1
	}
	return gaps, missing
}

func tellMissing(tell func(report.Finding), first, last, total int) {
	message := fmt.Sprintf("patch %d/%d is missing", first, total)
	if last > first {
		message = fmt.Sprintf("patches %d to %d of %d are missing", first, last, total)
	}
	tell(report.Finding{Patch: first, Message: message,
		Hint: "get the mails from the list's archive, or ask the author to send them again"})
}

func checkDuplicate(x *exam, tell func(report.Finding)) {
	patches := x.set.Patches
	for _, p := range patches {
		if p.Replaces != "" {
			tell(report.Finding{Check: "series/duplicate-patch", Severity: report.Note, Patch: p.Index, Detail: fmt.Sprintf("%s: %s", p.Source, p.Subject),
				Message: fmt.Sprintf("patch %d/%d was sent anew in its thread, and the later mail is taken; what was said of the one before does not count", p.Index, x.set.Total)})
		}
	}
	for i := 1; i < len(patches); i++ {
		p, before := patches[i], patches[i-1]
		if p.Index != before.Index {
			continue
		}
		how := "with another content"
		if string(p.Diff) == string(before.Diff) && p.Message == before.Message {
			how = "with the same content"
		}
		tell(report.Finding{
			Patch:   p.Index,
			Message: fmt.Sprintf("patch %d/%d is there more than once, %s", p.Index, x.set.Total, how),
			Detail:  fmt.Sprintf("%s: %s\n%s: %s", before.Source, before.Subject, p.Source, p.Subject),
			Hint:    "keep only one of these mails",
		})
	}
}

// checkTotal believes the subjects where one of them at least counts the patches as the set does, or that of the cover letter alone counts:
// a folder of patches may be in an order of its own.
func checkTotal(x *exam, tell func(report.Finding)) {
	total := x.set.Total
	counts := func(m *patchset.Mail) bool {
		n := x.subject(m)
		return n.Numbered && n.Total == total
	}
	numbered := func(p *patchset.Patch) bool { return x.subject(&p.Mail).Numbered }
	if !slices.ContainsFunc(x.mails(), counts) && slices.ContainsFunc(x.set.Patches, numbered) {
		return
	}
	for _, m := range x.mails() {
		n := x.subject(m)
		switch {
		case !n.Numbered:
			continue
		case n.Total != total && n.Index == 0:
			tell(report.Finding{Check: "series/wrong-total", Severity: report.Warning, Message: fmt.Sprintf(
				"%q counts %s, and %d came", m.Subject, report.Plural(n.Total, "patch"), total)})
		case n.Total != total:
			tell(report.Finding{Patch: n.Index, Message: fmt.Sprintf(
				"%q counts %s, other subjects of the series count %d", m.Subject, report.Plural(n.Total, "patch"), total)})
		case n.Index > n.Total:
			tell(report.Finding{Patch: n.Index, Message: fmt.Sprintf(
				"%q is beyond the last patch, %d", m.Subject, n.Total)})
		}
	}
}

// subject takes apart the subject of a mail of the series.
func (x *exam) subject(m *patchset.Mail) mail.Subject {
	n := mail.ParseSubject(m.Subject)
	if m != x.set.Cover {
		n = n.OfPatch()
	}
	return n
}

func checkVersions(x *exam, tell func(report.Finding)) {
	for _, m := range x.mails() {
		n := x.subject(m)
		if n.Numbered && n.Version != x.set.Version {
			tell(report.Finding{Patch: n.Index, Message: fmt.Sprintf(
				"%q is version %d in a series of version %d", m.Subject, n.Version, x.set.Version)})
		}
	}
}

// mixed reports whether patches of several versions make up the series: the cover letter and the
// top of the thread are then those of the older version.
func (x *exam) mixed() bool {
	return slices.ContainsFunc(x.mails(), func(m *patchset.Mail) bool {
		n := x.subject(m)
		return n.Numbered && n.Version != x.set.Version
	})
}

func checkNoCover(x *exam, tell func(report.Finding)) {
	if n := len(x.set.Patches); n > 1 && x.set.Cover == nil && !x.mixed() && x.absentParent() == "" {
		tell(report.Finding{
			Message: fmt.Sprintf("%d patches come without a cover letter", n),
			Hint:    "git format-patch --cover-letter",
		})
	}
}

// checkThread wants each mail to hang on the first, directly or by way of another. Mails without
// Message-ID were never sent, so they form no thread.
func checkThread(x *exam, tell func(report.Finding)) {
	mails := x.mails()
	if slices.ContainsFunc(mails, func(m *patchset.Mail) bool { return m.MessageID == "" }) || len(mails) < 2 || x.mixed() || x.set.Picked {
		return
	}
	inSeries := map[string]bool{}
	for _, m := range mails {
		inSeries[m.MessageID] = true
	}
	if id := x.outsideParent(); id != "" {
		inSeries[id] = true // they may hang on it all the same
	}
	for i, m := range mails[1:] {
		if hangsOn(m, inSeries) {
			continue
		}
		tell(report.Finding{
			Patch:   cmp.Or(x.subject(m).Index, i+1),
			Message: fmt.Sprintf("%q does not answer %q", m.Subject, mails[0].Subject),
			Hint:    "git format-patch --thread=shallow, or git send-email --thread",
		})
	}
}

func hangsOn(m *patchset.Mail, ids map[string]bool) bool {
	return ids[m.InReplyTo] && m.InReplyTo != m.MessageID ||
		slices.ContainsFunc(m.References, func(ref string) bool { return ids[ref] && ref != m.MessageID })
}

func checkLeftOut(x *exam, tell func(report.Finding)) {
	if x.set.Others == 0 {
		return
	}
	names := strings.Join(x.set.LeftOut, "; ")
	if more := x.set.Others - len(x.set.LeftOut); more > 0 {
		names += fmt.Sprintf("; and %d more", more)
	}
	tell(report.Finding{
		Message: fmt.Sprintf("the source holds %d series, of which one is taken; left out: %s", x.set.Others+1, names),
		Hint:    "name the Message-ID of the one that is meant, or use series check --all"})
}

func checkTwins(x *exam, tell func(report.Finding)) {
	for _, t := range x.set.Twins {
		tell(report.Finding{
			Message: fmt.Sprintf("two mails have the Message-ID <%s>, and differ; the first is taken for it: %q", t.Taken.MessageID, t.Taken.Subject),
			Detail:  fmt.Sprintf("%s: %s\n%s: %s", t.Taken.Source, t.Taken.Subject, t.Other.Source, t.Other.Subject)})
	}
}

func tellSubset(x *exam, tell func(report.Finding)) {
	if x.set.Picked {
		tell(report.Finding{Message: fmt.Sprintf("%d of %s were looked at, the others were not", len(x.set.Patches), report.Plural(x.set.Total, "patch"))})
	}
}

func checkNewer(x *exam, tell func(report.Finding)) {
	if x.set.Newer != "" {
		tell(report.Finding{Message: fmt.Sprintf("there is a newer version: %s", x.set.Newer)})
	}
}

func checkOrder(x *exam, tell func(report.Finding)) {
	if x.set.Order != "" {
		tell(report.Finding{Message: fmt.Sprintf("all mails are taken in their order, as git am takes them; by the subjects, %s", x.set.Order),
			Hint: fmt.Sprintf("where the subjects are right, --use-version %d has them taken by their thread", max(1, x.set.Version))})
	}
}
