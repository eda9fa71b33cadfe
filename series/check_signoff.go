// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/report"
	"github.com/lsmpatch/lsmpatch/patchset"
)

var signoffRules = []Rule{
	{
		ID: "series/missing-signoff", Severity: report.Error, run: checkSignoff,
		What: "a patch has no Signed-off-by at all",
		Why:  "without the Developer's Certificate of Origin nobody may take the patch",
	},
	{
		ID: "series/author-signoff", Severity: report.Error, run: checkAuthorSignoff,
		What: "others signed the patch off, but not its author",
		Why:  "the Developer's Certificate of Origin has to come from who wrote the patch",
	},
	{
		ID: "series/author-mismatch", Severity: report.Warning, run: checkAuthorMismatch,
		What: "the author signed off with another name or address than the patch is from",
		Why:  "the commit shows two identities for one person, and mailmaps miss one of them",
	},
	{
		ID: "series/signoff-order", Severity: report.Warning, run: checkSignoffOrder,
		What: "the chain of sign-offs does not start with the authors and end with the sender",
		Why:  "its order tells the way that the patch took, hand to hand",
	},
	{
		ID: "series/codeveloper-signoff", Severity: report.Error, run: checkCodeveloperSignoff,
		What: "a Co-developed-by has no Signed-off-by of the same person",
		Why:  "a co-author is an author: the Developer's Certificate of Origin needs the name",
	},
	{
		ID: "series/codeveloper-order", Severity: report.Warning, run: checkCodeveloperOrder,
		What: "a Co-developed-by is not followed at once by its Signed-off-by, or names the author",
		Why:  "Documentation/process/submitting-patches.rst wants the two as a pair",
	},
	{
		ID: "series/malformed-trailer", Severity: report.Warning, run: checkMalformed,
		What: `a trailer that names a person is not "Name <address>"`,
		Why:  "scripts that give credit or send copies cannot read it",
	},
	{
		ID: "series/misspelt-trailer", Severity: report.Warning, run: checkMisspelt,
		What: "the key of a trailer is almost one that the kernel uses",
		Why:  "scripts do not find it, so a sign-off or a review does not count",
	},
	{
		ID: "series/unknown-trailer", Severity: report.Note, run: checkUnknown,
		What: "a trailer ends in -by and is none that the kernel uses",
		Why:  "Documentation/process/submitting-patches.rst asks for the established ones",
	},
	{
		ID: "series/duplicate-trailer", Severity: report.Warning, run: checkDuplicateTrailer,
		What: "the same trailer stands twice in a row of trailers",
		Why:  "one of the two is left over from an edit",
	},
	{
		ID: "series/self-review", Severity: report.Warning, run: checkSelfReview,
		What: "the author reviewed their own patch",
		Why:  "a review is what another pair of eyes gives",
	},
	{
		ID: "series/trailer-below-dashes", Severity: report.Warning, run: checkBelowDashes,
		What: `a trailer stands below the "---" line`,
		Why:  "git am drops what stands there, and so the trailer",
	},
}

// personTrailers are the keys whose values name a person, as the kernel spells them.
var personTrailers = []string{
	"Signed-off-by", "Co-developed-by", "Acked-by", "Reviewed-by", "Tested-by", "Reported-by",
	"Suggested-by", "Reported-and-tested-by", "Reviewed-and-tested-by", "Tested-and-reviewed-by",
	"Acked-and-tested-by", "Debugged-by", "Analyzed-by", "Bisected-by", "Diagnosed-by",
	"Requested-by", "Originally-by", "Pointed-out-by", "Noticed-by", "Proposed-by",
	"Inspired-by", "Co-authored-by", "Based-on-patch-by", "Original-patch-by", "Cc",
}

// otherTrailers are further keys that the kernel uses, for telling a misspelling.
var otherTrailers = []string{"Fixes", "Link", "Closes", "Assisted-by", "Message-ID", "Depends-on"}

// trailersOf yields the trailers of p with that key, whatever its case.
func trailersOf(p *patchset.Patch, key string) []patchset.Trailer {
	var found []patchset.Trailer
	for _, t := range p.Trailers {
		if strings.EqualFold(t.Key, key) {
			found = append(found, t)
		}
	}
	return found
}

// A person is a name and an address, as trailers and headers write them.
type person struct{ name, email string }

// rePerson takes "Name <address>", a bare address, and what may stand behind: "# v5.10+", "(DT)".
var rePerson = regexp.MustCompile(`^\s*(?:"?([^"<>]*?)"?\s*<([^<>\s]+@[^<>\s]+)>|([^\s<>()",]+@[^\s<>()",]+))\s*(.*)$`)

// parsePerson reads the value of a trailer. rest is what follows the address.
func parsePerson(value string) (p person, rest string, ok bool) {
	m := rePerson.FindStringSubmatch(value)
	if m == nil {
		return person{}, "", false
	}
	return person{strings.TrimSpace(m[1]), m[2] + m[3]}, m[4], true
}

// is reports whether two identities are one, in name and address.
func (p person) is(other person) bool {
	return strings.EqualFold(p.email, other.email) && sameName(p.name, other.name)
}

// resembles reports whether one of name and address is the same.
func (p person) resembles(other person) bool {
	return strings.EqualFold(p.email, other.email) || p.name != "" && sameName(p.name, other.name)
}

var reNameNote = regexp.MustCompile(`\([^()]*\)`)

// sameName compares names without notes like "(Intel)".
func sameName(a, b string) bool {
	plain := func(s string) string {
		return strings.Join(strings.Fields(reNameNote.ReplaceAllString(s, "")), " ")
	}
	return a == b || plain(a) == plain(b)
}

func (p person) String() string {
	if p.name == "" {
		return p.email
	}
	return fmt.Sprintf("%s <%s>", p.name, p.email)
}

func authorOf(p *patchset.Patch) person { return person{p.Author.Name, p.Author.Email} }

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
func (x *exam) signers(p *patchset.Patch) []person {
	people, ok := x.signedBy[p]
	if ok {
		return people
	}
	for _, value := range signoffsOf(p) {
		if who, _, ok := parsePerson(value); ok {
			people = append(people, who)
		}
	}
	x.signedBy[p] = people
	return people
}

func checkSignoff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if len(signoffsOf(p)) > 0 {
			continue
		}
		hint := "the author adds it with git commit --amend --signoff"
		if reBelowDashes.MatchString(p.Comment) && strings.Contains(strings.ToLower(p.Comment), "signed-off-by:") {
			hint = `it stands below the "---" line: move it above`
		}
		tell(report.Finding{
			Patch:   p.Index,
			Message: fmt.Sprintf("the patch has no Signed-off-by of %s", authorOf(p)),
			Hint:    hint,
		})
	}
}

func checkAuthorSignoff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		people := x.signers(p)
		if len(people) > 0 && !slices.ContainsFunc(people, authorOf(p).resembles) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the author, %s, did not sign off; %s did", authorOf(p), people[0])})
		}
	}
}

func checkAuthorMismatch(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		people := x.signers(p)
		i := slices.IndexFunc(people, authorOf(p).resembles)
		if i < 0 || slices.ContainsFunc(people, authorOf(p).is) {
			continue
		}
		tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
			"the patch is from %s and signed off by %s", authorOf(p), people[i])})
	}
}

func checkSignoffOrder(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		people := x.signers(p)
		if len(people) < 2 {
			continue
		}
		var coauthors []person
		for _, t := range trailersOf(p, "Co-developed-by") {
			who, _, _ := parsePerson(t.Value)
			coauthors = append(coauthors, who)
		}
		author := slices.IndexFunc(people, authorOf(p).resembles)
		for _, who := range people[:max(author, 0)] {
			if !slices.ContainsFunc(coauthors, who.resembles) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s signed off before the author, %s", who, authorOf(p))})
				break
			}
		}
		// Where the sender is the author, the mail may be a commit that others handled, exported.
		sender := person{p.From.Name, p.From.Email}
		last := people[len(people)-1]
		if !sender.resembles(authorOf(p)) && !mangled(sender) && !last.resembles(sender) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"%s sent the patch, but the last sign-off is of %s", sender, last)})
		}
	}
}

func checkCodeveloperSignoff(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range trailersOf(p, "Co-developed-by") {
			who, _, ok := parsePerson(t.Value)
			if ok && !slices.ContainsFunc(x.signers(p), who.resembles) {
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
			who, _, ok := parsePerson(t.Value)
			if !ok {
				continue
			}
			if who.resembles(authorOf(p)) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s is named as co-developer, and is the author", who)})
				continue
			}
			var next patchset.Trailer
			if i+1 < len(p.Trailers) {
				next = p.Trailers[i+1]
			}
			signer, _, _ := parsePerson(next.Value)
			if strings.EqualFold(next.Key, "Signed-off-by") && signer.resembles(who) ||
				!slices.ContainsFunc(x.signers(p), who.resembles) {
				continue // in order, or the business of checkCodeveloperSignoff
			}
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the Co-developed-by of %s is not followed at once by the Signed-off-by", who)})
		}
	}
}

func checkMalformed(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range p.Trailers {
			key := canonicalKey(t.Key, personTrailers)
			if key == "" {
				continue
			}
			who, _, ok := parsePerson(t.Value)
			// A Cc may be a bare address; who certifies something gives a name.
			if ok && (who.name != "" || key == "Cc" || key == "Reported-by") {
				continue
			}
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				`"%s: %s" is not of the form "Name <address>"`, t.Key, t.Value)})
		}
	}
}

// canonicalKey returns the key of keys that key is, whatever its case, or "".
func canonicalKey(key string, keys []string) string {
	if i := slices.IndexFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }); i >= 0 {
		return keys[i]
	}
	return ""
}

func checkMisspelt(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range p.Trailers {
			if meant := misspelt(t.Key); meant != "" {
				tell(report.Finding{
					Patch:   p.Index,
					Message: fmt.Sprintf("%q is not the spelling of %q", t.Key, meant),
					Hint:    fmt.Sprintf("write \"%s: %s\"", meant, t.Value),
				})
			}
		}
	}
}

// misspelt returns what key was probably meant to be, or "" where it is right or something else.
// Cc is left alone: CC and cc are as common.
func misspelt(key string) string {
	known := slices.Concat(personTrailers, otherTrailers)
	if slices.Contains(known, key) || strings.EqualFold(key, "Cc") {
		return ""
	}
	if same := canonicalKey(key, known); same != "" {
		return same
	}
	if len(key) > 40 || !strings.HasSuffix(strings.ToLower(key), "by") {
		return ""
	}
	for _, k := range known {
		if len(k) > 7 && distance(strings.ToLower(key), strings.ToLower(k)) <= 2 {
			return k
		}
	}
	return ""
}

// distance is the number of letters to insert, delete or replace that make a out of b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func checkUnknown(x *exam, tell func(report.Finding)) {
	known := slices.Concat(personTrailers, otherTrailers)
	for _, p := range x.set.Patches {
		for _, t := range p.Trailers {
			if strings.HasSuffix(strings.ToLower(t.Key), "-by") && canonicalKey(t.Key, known) == "" && misspelt(t.Key) == "" {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("%q is no trailer that the kernel uses", t.Key)})
			}
		}
	}
}

func checkDuplicateTrailer(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		seen := map[patchset.Trailer]bool{}
		for _, t := range p.Trailers {
			t.Key = strings.ToLower(t.Key)
			if seen[t] {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					`"%s: %s" stands there twice`, t.Key, t.Value)})
			}
			seen[t] = true
		}
	}
}

func checkSelfReview(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range trailersOf(p, "Reviewed-by") {
			if who, _, ok := parsePerson(t.Value); ok && who.resembles(authorOf(p)) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
					"%s reviewed a patch of their own", who)})
			}
		}
	}
}

var reBelowDashes = regexp.MustCompile(`(?m)^(Signed-off-by|Co-developed-by|Acked-by|Reviewed-by|Tested-by|Reported-by|Suggested-by|Fixes|Closes): \S.*$`)

func checkBelowDashes(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if !strings.Contains(p.Comment, ": ") {
			continue
		}
		for _, line := range reBelowDashes.FindAllString(p.Comment, 10) {
			tell(report.Finding{
				Patch:   p.Index,
				Message: fmt.Sprintf(`%q stands below the "---" line`, line),
				Hint:    `move it above the first "---"`,
			})
		}
	}
}
