// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

var signoffRules = []*check.Check{
	{
		ID: "series/missing-signoff", Severity: report.Error, Run: rule(checkSignoff),
		What: "a patch has no Signed-off-by at all",
		Why:  "without the Developer's Certificate of Origin nobody may take the patch",
	},
	{
		ID: "series/author-signoff", Severity: report.Error, Run: rule(checkAuthorSignoff),
		What: "others signed the patch off, but not its author",
		Why:  "the Developer's Certificate of Origin has to come from who wrote the patch",
	},
	{
		ID: "series/author-mismatch", Severity: report.Warning, Run: rule(checkAuthorMismatch),
		What: "the author signed off with another name or address than the patch is from",
		Why:  "the commit shows two identities for one person, and mailmaps miss one of them",
	},
	{
		ID: "series/signoff-order", Severity: report.Warning, Run: rule(checkSignoffOrder),
		What: "the chain of sign-offs does not start with the authors and end with the sender",
		Why:  "its order tells the way that the patch took, hand to hand",
	},
	{
		ID: "series/codeveloper-signoff", Severity: report.Error, Run: rule(checkCodeveloperSignoff),
		What: "a Co-developed-by has no Signed-off-by of the same person",
		Why:  "a co-author is an author: the Developer's Certificate of Origin needs the name",
	},
	{
		ID: "series/codeveloper-order", Severity: report.Warning, Run: rule(checkCodeveloperOrder),
		What: "a Co-developed-by is not followed at once by its Signed-off-by, or names the author",
		Why:  "Documentation/process/submitting-patches.rst wants the two as a pair",
	},
	{
		ID: "series/self-review", Severity: report.Warning, Run: rule(checkSelfReview),
		What: "the author reviewed their own patch",
		Why:  "a review is what another pair of eyes gives",
	},
}

// signoffsOf returns the values of the sign-offs in the whole message: notes of those who passed
// the patch on may stand between them, and git then sees no trailers.
func signoffsOf(p *patchset.Patch) []string {
	const key = "signed-off-by:"
	var values []string
	for line := range strings.Lines(p.Message) {
		if len(line) > len(key) && strings.EqualFold(line[:len(key)], key) {
			values = append(values, strings.TrimSpace(line[len(key):]))
		}
	}
	return values
}

// signers returns who signed p off, in order; values that name nobody are left out.
func (x *exam) signers(p *patchset.Patch) []mail.Person {
	people, ok := x.signedBy[p]
	if ok {
		return people
	}
	for _, value := range signoffsOf(p) {
		if who, _, ok := mail.ParsePerson(value); ok {
			people = append(people, who)
		}
	}
	x.signedBy[p] = people
	return people
}

// checkSignoff only notes that nobody signed a series for another project off: some, as BlueZ, want no sign-offs.
func checkSignoff(x *exam, tell func(report.Finding)) {
	severity := report.Error
	if x.elsewhere && !slices.ContainsFunc(x.set.Patches, func(p *patchset.Patch) bool { return len(signoffsOf(p)) > 0 }) {
		severity = report.Note
	}
	for _, p := range x.set.Patches {
		if len(signoffsOf(p)) > 0 || spoiled(p) != "" {
			continue
		}
		hint := "the author adds it with git commit --amend --signoff"
		if reBelowDashes.MatchString(p.Comment) && strings.Contains(strings.ToLower(p.Comment), "signed-off-by:") {
			hint = `it stands below the "---" line: move it above`
		}
		tell(report.Finding{
			Check: "series/missing-signoff", Severity: severity, Patch: p.Index,
			Message: fmt.Sprintf("the patch has no Signed-off-by of %s", mail.AuthorOf(p)),
			Hint:    hint,
		})
	}
}

func checkAuthorSignoff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		people := x.signers(p)
		if len(people) > 0 && mail.AuthorOf(p).Email != "" && !mangled(mail.AuthorOf(p)) && !slices.ContainsFunc(people, mail.AuthorOf(p).Resembles) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the author, %s, did not sign off; %s did", mail.AuthorOf(p), people[0])})
		}
	}
}

func checkAuthorMismatch(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		people := x.signers(p)
		i := slices.IndexFunc(people, mail.AuthorOf(p).Resembles)
		if i < 0 || slices.ContainsFunc(people, mail.AuthorOf(p).Is) {
			continue
		}
		tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
			"the patch is from %s and signed off by %s", mail.AuthorOf(p), people[i])})
	}
}

func checkSignoffOrder(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		people := x.signers(p)
		if len(people) < 2 {
			continue
		}
		var coauthors []mail.Person
		for _, t := range trailersOf(p, "Co-developed-by") {
			who, _, _ := mail.ParsePerson(t.Value)
			coauthors = append(coauthors, who)
		}
		author := slices.IndexFunc(people, mail.AuthorOf(p).Resembles)
		for _, who := range people[:max(author, 0)] {
			if !slices.ContainsFunc(coauthors, who.Resembles) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s signed off before the author, %s", who, mail.AuthorOf(p))})
				break
			}
		}
		// Where the sender is the author, the mail may be a commit that others handled, exported.
		sender := mail.Person{Name: p.From.Name, Email: p.From.Email}
		last := people[len(people)-1]
		if !sender.Resembles(mail.AuthorOf(p)) && !mangled(sender) && !last.Resembles(sender) && !nameless(sender, last) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"%s sent the patch, but the last sign-off is of %s", sender, last)})
		}
	}
}

// nameless reports whether sender gives no name, and has the local part of other's address at another host, digits aside.
func nameless(sender, other mail.Person) bool {
	letters := func(email string) string {
		local, _, _ := strings.Cut(strings.ToLower(email), "@")
		return strings.TrimRight(strings.ReplaceAll(local, ".", ""), "0123456789")
	}
	return (sender.Name == "" || sender.Name == sender.Email) && len(letters(sender.Email)) > 3 && letters(sender.Email) == letters(other.Email)
}

func checkCodeveloperSignoff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range trailersOf(p, "Co-developed-by") {
			who, _, ok := mail.ParsePerson(t.Value)
			if ok && !slices.ContainsFunc(x.signers(p), who.Resembles) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s is co-developer and did not sign off", who)})
			}
		}
	}
}

func checkCodeveloperOrder(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for i, t := range p.Trailers {
			if !strings.EqualFold(t.Key, "Co-developed-by") {
				continue
			}
			who, _, ok := mail.ParsePerson(t.Value)
			if !ok {
				continue
			}
			if who.Resembles(mail.AuthorOf(p)) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s is named as co-developer, and is the author", who)})
				continue
			}
			var next patchset.Trailer
			if i+1 < len(p.Trailers) {
				next = p.Trailers[i+1]
			}
			signer, _, _ := mail.ParsePerson(next.Value)
			if strings.EqualFold(next.Key, "Signed-off-by") && signer.Resembles(who) ||
				!slices.ContainsFunc(x.signers(p), who.Resembles) {
				continue // in order, or the business of checkCodeveloperSignoff
			}
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the Co-developed-by of %s is not followed at once by the Signed-off-by", who)})
		}
	}
}

func checkSelfReview(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range trailersOf(p, "Reviewed-by") {
			if who, _, ok := mail.ParsePerson(t.Value); ok && who.Resembles(mail.AuthorOf(p)) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s reviewed a patch of their own", who)})
			}
		}
	}
}
