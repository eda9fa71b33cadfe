// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

var trailerRules = []*check.Check{
	{
		ID: "series/malformed-trailer", Severity: report.Warning, Run: rule(checkMalformed),
		What: `a trailer that names a person is not "Name <address>"`,
		Why:  "scripts that give credit or send copies cannot read it",
	},
	{
		ID: "series/misspelt-trailer", Severity: report.Warning, Run: rule(checkMisspelt),
		What: "the key of a trailer is almost one that the kernel uses",
		Why:  "scripts do not find it, so a sign-off or a review does not count",
	},
	{
		ID: "series/unknown-trailer", Severity: report.Note, Run: rule(checkUnknown),
		What: "a trailer ends in -by and is none that the kernel uses",
		Why:  "Documentation/process/submitting-patches.rst asks for the established ones",
	},
	{
		ID: "series/duplicate-trailer", Severity: report.Warning, Run: rule(checkDuplicateTrailer),
		What: "the same trailer stands twice in a row of trailers",
		Why:  "one of the two is left over from an edit",
	},
	{
		ID: "series/trailer-below-dashes", Severity: report.Warning, Run: rule(checkBelowDashes),
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

func checkMalformed(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range p.Trailers {
			key := canonicalKey(t.Key, personTrailers)
			if key == "" {
				continue
			}
			who, _, ok := mail.ParsePerson(t.Value)
			// A Cc may be a bare address; who certifies something gives a name.
			if ok && (who.Name != "" || key == "Cc" || key == "Reported-by" || strings.Contains(strings.ToLower(who.Email), "bot")) {
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
// Cc is left alone: CC and cc are as common. So is Nacked-by, which means what it says, and Message-Id, as git wrote it.
func misspelt(key string) string {
	known := slices.Concat(personTrailers, otherTrailers)
	if slices.Contains(known, key) || strings.EqualFold(key, "Cc") || strings.EqualFold(key, "Nacked-by") || strings.EqualFold(key, "Message-ID") {
		return ""
	}
	if same := canonicalKey(key, known); same != "" {
		return same
	}
	if len(key) > 40 || !strings.HasSuffix(strings.ToLower(key), "by") {
		return ""
	}
	for _, k := range known {
		if len(k) > 7 && likeness.Distance(strings.ToLower(key), strings.ToLower(k)) <= 2 {
			return k
		}
	}
	return ""
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

var reBelowDashes = lazyregexp.New(`(?m)^(Signed-off-by|Co-developed-by|Acked-by|Reviewed-by|Tested-by|Reported-by|Suggested-by|Fixes|Closes): \S.*$`)

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
