// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/compare"
	"github.com/lsmpatch/lsmpatch/series/cover"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

var mailRules = []*check.Check{
	{
		ID: "series/unreadable-mail", Severity: report.Error, Run: rule(checkReadable),
		What: "git am would refuse the mail: no author, no date, a charset that does not fit",
		Why:  "the mail was damaged on its way, or by hand",
	},
	{
		ID: "series/damaged-diff", Severity: report.Error, Run: rule(checkDiff),
		What: "the diff breaks off or its hunks do not have the lines that they announce",
		Why:  "a mail program wrapped or cut it; it cannot be applied",
	},
	{
		ID: "series/cut-message", Severity: report.Error, Run: rule(checkSpoiled),
		What: `git am ends the message early: at a diff within it, at a line "--- text"; or the mail is HTML alone`,
		Why:  "the commit has half a message, no sign-off, and maybe changes that were only quoted",
	},
	{
		ID: "series/from-in-message", Severity: report.Warning, Run: rule(checkBodyFrom),
		What: "the commit message begins with a From: line",
		Why:  "it was to name the author, and stays in the message",
	},
	{
		ID: "series/format-flowed", Severity: report.Warning, Run: rule(checkFlowed),
		What: "a patch was sent as format=flowed",
		Why:  "space at line ends and long lines do not survive it",
	},
	{
		ID: "series/quoted-cr", Severity: report.Warning, Run: rule(checkQuotedCR),
		What: "the transfer encoding of a patch hides carriage returns at line ends",
		Why:  "git am keeps these, and the patch does not apply to files without them",
	},
	{
		ID: "series/no-diff", Severity: report.Error, Run: rule(checkNoDiff),
		What: "a mail that says PATCH holds no diff",
		Why:  "git am ends there",
	},
	{
		ID: "series/patch-diffstat", Severity: report.Warning, Run: rule(checkPatchStat),
		What: `the diffstat below the "---" of a patch is not that of its diff`,
		Why:  "the diff was cut off between two files, or edited by hand",
	},
	{
		ID: "series/offered-trailer", Severity: report.Note, Run: rule(tellOffered),
		What: "a reviewer asks for a Fixes, Closes, Link or Cc to stable that the patch does not have",
		Why:  "what a reviewer found out is lost where nobody takes it",
	},
	{
		ID: "series/foreign-trailer", Severity: report.Warning, Run: rule(checkForeignTrailer),
		What: "a reply gives a Reviewed-by, Acked-by or Tested-by of somebody else",
		Why:  "only the person can vouch for it",
	},
	{
		ID: "series/restored-address", Severity: report.Note, Run: rule(checkRestored),
		What: `addresses stood there as "name at host" and were put together again`,
		Why:  "archives on the web write them so; what stands in the text may still be in that form",
	},
}

func checkReadable(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if p.DecodeErr != nil {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("git am would refuse the mail: %v", p.DecodeErr)})
		}
	}
}

func checkDiff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if p.DiffErr != nil && spoiled(p) == "" {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("the diff is damaged: %v", p.DiffErr),
				Hint: "get the mail from another archive, or ask the author to send it again"})
		}
	}
}

func checkFlowed(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if p.Flowed {
			tell(report.Finding{Patch: p.Index, Message: "the patch was sent as format=flowed; space at line ends may be lost",
				Hint: "send with git send-email, or turn format=flowed off in the mail program"})
		}
	}
}

func checkQuotedCR(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if p.QuotedCR {
			tell(report.Finding{Patch: p.Index, Message: "the lines of the mail end in CR LF within its transfer encoding",
				Hint: "git am --quoted-cr=strip drops the CRs"})
		}
	}
}

func checkNoDiff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if len(p.Files) == 0 && p.DiffErr == nil && spoiled(p) == "" {
			tell(report.Finding{Patch: p.Index, Message: "the mail holds no diff"})
		}
	}
}

func checkPatchStat(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		stat := cover.Parse(p.Comment)
		if stat.Totals == nil || p.DiffErr != nil {
			continue
		}
		if wrong := wrongStat(stat, compare.NetFiles([]*patchset.Patch{p})); wrong != "" {
			tell(report.Finding{Patch: p.Index, Message: wrong})
		}
	}
}

// wrongStat says where the diffstat of a patch differs from its files, or "".
func wrongStat(stat *cover.Letter, files []*compare.NetFile) string {
	for i, nf := range statFiles(stat.Stats, files) {
		s := stat.Stats[i]
		if nf == nil && strings.HasSuffix(s.Path, `"`) {
			continue // a quoted path whose front is cut off
		}
		if nf == nil {
			return fmt.Sprintf("the diffstat lists %s, which the diff does not change", s.Path)
		}
		if changes := nf.Added + nf.Deleted; !s.Binary && !nf.Binary && s.Changes != changes {
			return fmt.Sprintf("the diffstat counts %d changed lines in %s, the diff has %d", s.Changes, nf.Path, changes)
		}
	}
	if len(files) > stat.Totals.Files {
		return fmt.Sprintf("the diffstat counts %s, the diff has %d", report.Plural(stat.Totals.Files, "file"), len(files))
	}
	return ""
}

// vouching are the trailers that only the person can give. A reply passes others on.
var vouching = []string{"Reviewed-by", "Acked-by", "Tested-by"}

func checkForeignTrailer(x *exam, tell func(report.Finding)) {
	check := func(index int, received []patchset.ReceivedTrailer, patches []*patchset.Patch) {
		for _, r := range received {
			if !r.BySender && !haveAll(patches, r.Trailer) && canonicalKey(r.Key, vouching) != "" {
				tell(report.Finding{Patch: index, Message: fmt.Sprintf(
					"%s gives the trailer \"%s: %s\" of somebody else", mail.Person{Name: r.From.Name, Email: r.From.Email}, r.Key, r.Value)})
			}
		}
	}
	check(0, x.set.Received, x.set.Patches)
	for _, p := range x.set.Patches {
		check(p.Index, p.Received, []*patchset.Patch{p})
	}
}

// haveAll reports whether each of patches has a trailer that says the same as t: replies often repeat what is there.
func haveAll(patches []*patchset.Patch, t patchset.Trailer) bool {
	same := func(own patchset.Trailer) bool { return mail.SameTrailer(own, t) }
	for _, p := range patches {
		if !slices.ContainsFunc(p.Trailers, same) {
			return false
		}
	}
	return true
}

// tellOffered tells of trailers that reviewers ask for and the patch has not.
func tellOffered(x *exam, tell func(report.Finding)) {
	each := func(index int, received []patchset.ReceivedTrailer, patches []*patchset.Patch) {
		for _, r := range received {
			if r.Offered && !haveAll(patches, r.Trailer) {
				tell(report.Finding{Patch: index, Message: fmt.Sprintf("%s asks for the trailer \"%s: %s\"", r.From.Name, r.Key, r.Value),
					Hint: "series am --offered takes it"})
			}
		}
	}
	each(0, x.set.Received, x.set.Patches)
	for _, p := range x.set.Patches {
		each(p.Index, p.Received, []*patchset.Patch{p})
	}
}

func checkRestored(x *exam, tell func(report.Finding)) {
	var where []string
	for _, m := range x.mails() {
		if m.Restored {
			where = append(where, m.Source)
		}
	}
	if len(where) > 0 {
		tell(report.Finding{Message: fmt.Sprintf("addresses were restored in %s of an archive on the web", report.Plural(len(where), "mail")),
			Detail: strings.Join(where, "\n")})
	}
}
