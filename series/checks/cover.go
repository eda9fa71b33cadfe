// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/compare"
	"github.com/lsmpatch/lsmpatch/series/cover"
)

var coverRules = []*check.Check{
	{
		ID: "series/diffstat-files", Severity: report.Error, Run: rule(checkStatFiles),
		What: "the cover letter's diffstat lists other files than the patches change",
		Why:  "the patches are not those that the cover letter was written for",
	},
	{
		ID: "series/diffstat-count", Severity: report.Error, Run: rule(checkStatCounts),
		What: "the diffstat gives another number of changed lines for a file than the patches change",
		Why:  "the patches are not those that the cover letter was written for",
	},
	{
		ID: "series/diffstat-total", Severity: report.Error, Run: rule(checkStatTotals),
		What: "the totals of the diffstat are not those of the patches",
		Why:  "the patches are not those that the cover letter was written for",
	},
	{
		ID: "series/diffstat-summary", Severity: report.Error, Run: rule(checkStatSummary),
		What: "a create, delete or rename line below the diffstat is not true, or one is missing",
		Why:  "the patches are not those that the cover letter was written for",
	},
	{
		ID: "series/shortlog", Severity: report.Error, Run: rule(checkShortlog),
		What: "the cover letter's shortlog names other patches than there are",
		Why:  "the patches are not those that the cover letter was written for",
	},
	{
		ID: "series/shortlog-author", Severity: report.Warning, Run: rule(checkShortlogAuthor),
		What: "the shortlog gives a patch to another author than its mail does",
		Why:  "the commit would get the wrong author",
	},
	{
		ID: "series/announced-count", Severity: report.Warning, Run: rule(checkAnnounced),
		What: "the cover letter speaks of another number of patches than the subjects",
		Why:  "the text is of another version, or a patch was lost",
	},
	{
		ID: "series/cover-diff", Severity: report.Warning, Run: rule(checkCoverDiff),
		What: "the cover letter is a patch: it is signed off and holds a diff",
		Why:  "it is not applied with the others; git am of all mails applies it",
	},
	{
		ID: "series/no-changelog", Severity: report.Warning, Run: rule(checkChangelog),
		What: "version 2 or later does not say what changed",
		Why:  "whoever reviewed the version before would have to read all of it again",
	},
	{
		ID: "series/false-no-changes", Severity: report.Error, Run: rule(checkNoChanges),
		What: "the cover letter says that the code did not change, and it did",
		Why:  "reviewers skip what they believe to be unchanged",
	},
}

// statFiles returns for each line of the cover letter's diffstat the net file that it is about, or nil.
func (x *exam) statFiles() []*compare.NetFile {
	if x.statCache == nil {
		x.statCache = statFiles(x.cover.Stats, x.net())
	}
	return x.statCache
}

// statFiles returns for each line of a diffstat the one of files that it is about, or nil.
func statFiles(stats []cover.StatLine, files []*compare.NetFile) []*compare.NetFile {
	lines := make([]cover.StatLine, len(files))
	for i, nf := range files {
		lines[i] = cover.StatLine{Path: nf.Path, Old: nf.RenamedOld(), Changes: nf.Added + nf.Deleted}
	}
	found := make([]*compare.NetFile, len(stats))
	for i, at := range cover.Pair(stats, lines) {
		if at >= 0 {
			found[i] = files[at]
		}
	}
	return found
}

// judgeable reports whether there is a diffstat and all that it speaks about. One that was made without
// looking for renames lists both names of a file; its counts are other ones than those of the patches.
func (x *exam) judgeable() bool {
	return x.cover.Totals != nil && x.complete() && !x.withoutRenames() && !x.coverIsPatch()
}

// coverIsPatch reports whether the cover letter is signed off above a diff. What changed since the version before, which git format-patch
// --interdiff writes there, is no patch.
func (x *exam) coverIsPatch() bool {
	if x.set.Cover == nil {
		return false
	}
	message, rest, ok := strings.Cut(x.set.Cover.Body, "\n---\n")
	return ok && strings.Contains(rest, "\ndiff --git ") && strings.Contains(message, "\nSigned-off-by: ")
}

func checkCoverDiff(x *exam, tell func(report.Finding)) {
	if x.coverIsPatch() {
		tell(report.Finding{Message: fmt.Sprintf("%q counts as the cover letter, and holds a patch, which is not applied", x.set.Cover.Subject),
			Hint: "name the files in their order to apply it as well; number patches from 1"})
	}
}

// withoutRenames reports whether the diffstat lists the old name of a file that a patch renames as a file
// of its own, or shows as a rename what the patches delete and create.
func (x *exam) withoutRenames() bool {
	for _, nf := range x.net() {
		old := nf.RenamedOld()
		if old != "" && slices.ContainsFunc(x.cover.Stats, func(s cover.StatLine) bool { return s.Old == "" && cover.SamePath(s.Path, old) }) {
			return true
		}
	}
	return false
}

// renamedFrom reports whether the diffstat shows path as the source of a rename: git finds renames
// in the sum of the patches that no single one shows.
func (x *exam) renamedFrom(path string) bool {
	return slices.ContainsFunc(x.cover.Stats, func(s cover.StatLine) bool { return s.Old != "" && cover.SamePath(s.Old, path) })
}

func checkStatFiles(x *exam, tell func(report.Finding)) {
	if !x.judgeable() {
		return
	}
	seen := map[*compare.NetFile]bool{}
	for i, nf := range x.statFiles() {
		if nf == nil {
			tell(report.Finding{Message: fmt.Sprintf("the diffstat lists %s, which no patch changes", x.cover.Stats[i].Path)})
		}
		seen[nf] = true
	}
	for _, nf := range x.net() {
		if !seen[nf] && !nf.Vanishes() && !(nf.Gone && x.renamedFrom(nf.Path)) {
			tell(report.Finding{File: nf.Path, Message: fmt.Sprintf(
				"the patches change %s, which the diffstat does not list", nf.Path)})
		}
	}
}

func checkStatCounts(x *exam, tell func(report.Finding)) {
	if !x.judgeable() {
		return
	}
	// Some programs draw "1 +-": each sign once, whatever the number.
	drawn := !slices.ContainsFunc(x.cover.Stats, func(s cover.StatLine) bool { return s.Plus+s.Minus > s.Changes })
	for i, s := range x.cover.Stats {
		nf := x.statFiles()[i]
		if nf == nil || nf.Binary || s.Binary || nf.Copied || s.Old != nf.RenamedOld() {
			continue
		}
		switch {
		case !nf.Fits(s.Changes):
			f := report.Finding{File: nf.Path, Message: fmt.Sprintf(
				"the diffstat counts %s in %s, the patches change %d", report.Plural(s.Changes, "changed line"), nf.Path, nf.Added+nf.Deleted)}
			if nf.Longer(s.Changes) && x.balanced() {
				f.Check, f.Severity, f.Hint = "series/diffstat-count", report.Note, longerDiff
			}
			tell(f)
		case drawn && nf.Least == nf.Most && s.Plus+s.Minus == s.Changes && (s.Plus != nf.Added || s.Minus != nf.Deleted):
			tell(report.Finding{File: nf.Path, Message: fmt.Sprintf(
				"the diffstat draws %d insertions and %d deletions in %s, the patches have %d and %d",
				s.Plus, s.Minus, nf.Path, nf.Added, nf.Deleted)})
		}
	}
}

// longerDiff is the hint where a diffstat counts more than the patches change, and as many more lines come as go.
const longerDiff = "the diff of the whole may be longer than the patches are together, where git pairs lines otherwise"

// balanced reports whether by the totals of the diffstat the tree grows by as many lines as by the patches: that does
// not depend on how lines are paired.
func (x *exam) balanced() bool {
	grows := 0
	for _, nf := range x.net() {
		if !nf.Binary {
			grows += nf.Added - nf.Deleted
		}
	}
	return x.cover.Totals.Insertions-x.cover.Totals.Deletions == grows
}

// longer reports whether what the totals have too much is what files have that the diffstat shows longer.
func (x *exam) longer() bool {
	if !x.balanced() {
		return false
	}
	for i, nf := range x.statFiles() {
		if nf != nil && nf.Longer(x.cover.Stats[i].Changes) {
			return true
		}
	}
	return false
}

func checkStatTotals(x *exam, tell func(report.Finding)) {
	if !x.judgeable() {
		return
	}
	var sum cover.StatTotals
	least, most := 0, 0 // of the insertions
	for _, nf := range x.net() {
		if nf.Copied || nf.Gone && x.renamedFrom(nf.Path) {
			return // what git made of it cannot be told from the patches
		}
		if nf.Vanishes() && !slices.ContainsFunc(x.cover.Stats, func(s cover.StatLine) bool { return cover.SamePath(s.Path, nf.Path) }) {
			continue
		}
		sum.Files++
		if !nf.Binary {
			sum.Insertions += nf.Added
			sum.Deletions += nf.Deleted
			least, most = least+nf.Least, most+nf.Most
		}
	}
	t := x.cover.Totals
	if t.Files != sum.Files || t.Insertions < least || t.Insertions > most ||
		t.Insertions-t.Deletions != sum.Insertions-sum.Deletions {
		f := report.Finding{Message: fmt.Sprintf("the diffstat sums up to %s, the patches to %s", t, &sum),
			Hint: "write the cover letter anew with git format-patch --cover-letter"}
		if t.Files == sum.Files && t.Insertions > most && x.longer() {
			f.Check, f.Severity, f.Hint = "series/diffstat-total", report.Note, longerDiff
		}
		tell(f)
	}
}

// checkStatSummary judges the lines below the diffstat, where there are any: git diff --stat
// without --summary writes none.
func checkStatSummary(x *exam, tell func(report.Finding)) {
	c := x.cover
	if !x.judgeable() || len(c.Created)+len(c.Deleted)+len(c.Renamed) == 0 {
		return
	}
	claimed := map[string]bool{}
	for _, p := range c.Created {
		claimed["creates "+p] = true
	}
	for _, p := range c.Deleted {
		claimed["deletes "+p] = true
	}
	for _, r := range c.Renamed {
		claimed["renames "+r[0]+" to "+r[1]] = true
	}
	real := map[string]bool{}
	for _, nf := range x.net() {
		switch {
		case nf.Gone && x.renamedFrom(nf.Path), nf.Copied:
		case nf.Gone:
			real["deletes "+nf.Path] = true
		case nf.Old == "" && slices.ContainsFunc(c.Renamed, func(r [2]string) bool { return r[1] == nf.Path }):
			delete(claimed, "renames "+renamedTo(c.Renamed, nf.Path)+" to "+nf.Path)
		case nf.Old == "":
			real["creates "+nf.Path] = true
		case nf.Old != nf.Path:
			real["renames "+nf.Old+" to "+nf.Path] = true
		}
	}
	tellDifference(claimed, real, func(what string, isClaimed bool) {
		if isClaimed {
			tell(report.Finding{Message: fmt.Sprintf("the diffstat says that the series %s, which it does not", what)})
		} else {
			tell(report.Finding{Message: fmt.Sprintf("the series %s, which the lines below the diffstat do not say", what)})
		}
	})
}

// renamedTo returns the old path of the rename to path.
func renamedTo(renames [][2]string, path string) string {
	i := slices.IndexFunc(renames, func(r [2]string) bool { return r[1] == path })
	return renames[i][0]
}

// tellDifference tells what only one of both sets has, in order.
func tellDifference(claimed, real map[string]bool, tell func(what string, isClaimed bool)) {
	var all []string
	for what := range claimed {
		if !real[what] {
			all = append(all, what)
		}
	}
	for what := range real {
		if !claimed[what] {
			all = append(all, what)
		}
	}
	slices.Sort(all)
	for _, what := range all {
		tell(what, claimed[what])
	}
}

func checkAnnounced(x *exam, tell func(report.Finding)) {
	told := map[int]bool{}
	for _, a := range x.cover.Announced {
		if a.Count == x.set.Total || a.Count == 0 || told[a.Count] {
			continue
		}
		told[a.Count] = true
		tell(report.Finding{Message: fmt.Sprintf(
			"the cover letter speaks of %s (%q), the subjects of %d", report.Plural(a.Count, "patch"), a.Words, x.set.Total)})
	}
}

var reThanks = lazyregexp.New(`(?i)\b(?:thanks?(?: you)?\b.{0,40}\b(?:feedback|reviews?|comments?|suggestions?)|(?:previous|last|earlier|this) (?:version|revision|iteration|posting|submission)\b|\brebased? (?:on|to|onto)\b|as (?:requested|suggested)\b|\bnothing (?:has |was |else )?changed\b|(?:addressed|incorporated) .{0,30}\b(?:feedback|reviews?|comments?))`)

// reSubmitted is of words that no commit message has about something else.
var reSubmitted = lazyregexp.New(`(?i)\b(?:previous|last|earlier|first)(?:ly)? (?:submitted|sent|posted) (?:patch|version|series)\b`)

var reNumberedVersion = lazyregexp.New(`(?i)\bversion (\d{1,2})\b`)

// thanks reports whether a cover letter, or the text below the "---" of a patch, speaks of a review, or of another version: what changed is told there in words.
func thanks(body string, isCover bool, version int) bool {
	below, _, _ := strings.Cut(body, "\ndiff --git ")
	if !isCover {
		_, below, _ = strings.Cut(below, "\n---\n")
	}
	below = strings.Join(strings.Fields(below), " ")
	return reThanks.MatchString(below) || slices.ContainsFunc(reNumberedVersion.FindAllStringSubmatch(below, -1), func(m []string) bool {
		return m[1] == strconv.Itoa(version) || m[1] == strconv.Itoa(version-1)
	})
}

// speaksOf reports whether text names the version, or the one before: "here is v3 with some fixes".
func speaksOf(text string, version int) bool {
	for _, v := range []int{version, version - 1} {
		word := fmt.Sprintf("v%d", v)
		for rest := strings.ToLower(text); ; {
			i := strings.Index(rest, word)
			if i < 0 {
				break
			}
			before, after := rest[:i], rest[i+len(word):]
			if (before == "" || !isWord(before[len(before)-1])) && (after == "" || !isWord(after[0]) && !(after[0] == '.' && len(after) > 1 && isWord(after[1]))) {
				return true
			}
			rest = after
		}
	}
	return false
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '/' || c == '-'
}

func checkChangelog(x *exam, tell func(report.Finding)) {
	if x.set.Version < 2 || x.cover.Changelog || x.absentParent() != "" {
		return
	}
	for _, m := range x.mails() {
		if cover.HasChangelog(m.Body) || speaksOf(m.Body, x.set.Version) || thanks(m.Body, m == x.set.Cover, x.set.Version) || reSubmitted.MatchString(m.Body) {
			return
		}
	}
	tell(report.Finding{
		Message: fmt.Sprintf("version %d does not say what changed since version %d", x.set.Version, x.set.Version-1),
		Hint:    `add a paragraph "Changes in vN" to the cover letter, or below the "---" of each patch`,
	})
}

func checkNoChanges(x *exam, tell func(report.Finding)) {
	old := x.view.Previous
	if old == nil {
		return
	}
	for _, claim := range x.cover.NoChanges {
		if claim.Version != 0 && claim.Version != x.set.Version || old.Version >= x.set.Version {
			continue
		}
		for _, pair := range compare.Compare(old, x.set).Pairs {
			if pair.Status.ChangesCode() {
				tell(report.Finding{Patch: pair.Index(), Detail: pair.Interdiff, Message: fmt.Sprintf(
					"the cover letter says %q, but against version %d this is %s: %s",
					claim.Words, old.Version, pair.Status, pair.Title)})
			}
		}
		return
	}
}
