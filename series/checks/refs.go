// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// shortestHash is how many hex digits name a commit of Linux for good.
const shortestHash = 12

// maxReferences bounds how many commits of one message count, and maxLookups how many the tree is
// asked for.
const (
	maxReferences = limit.References
	maxLookups    = limit.Lookups
)

var referenceRules = []*check.Check{
	{
		ID: "series/fixes-form", Severity: report.Warning, Run: rule(checkFixesForm),
		What: `a Fixes: is not of the form 'hash ("subject")'`,
		Why:  "the stable maintainers' scripts find by it what to back-port",
	},
	{
		ID: "series/fixes-floating", Severity: report.Warning, Run: rule(checkFloatingFixes),
		What: "a Fixes: stands above the last paragraph of the message",
		Why:  "git interpret-trailers, and the scripts that use it, do not see it",
	},
	{
		ID: "series/short-hash", Severity: report.Warning, Run: rule(checkShortHash),
		What: "a commit is named by fewer than 12 hex digits",
		Why:  "a short hash becomes ambiguous as the repository grows",
	},
	{
		ID: "series/fixes-unknown", Severity: report.Error, Run: rule(checkFixesUnknown),
		What: "a Fixes: names a commit that the tree does not have",
		Why:  "the hash is mistyped, or of a tree that was rebased since",
	},
	{
		ID: "series/fixes-not-ancestor", Severity: report.Error, Run: rule(checkFixesAncestor),
		What: "a Fixes: names a commit that is not in the history of the tree",
		Why:  "what is not there cannot be broken there",
	},
	{
		ID: "series/fixes-unreleased", Severity: report.Note, Run: rule(checkFixesReleased),
		What: "a Fixes: names a commit that is in no release yet, candidates included",
		Why:  "its hash changes where the tree that has it is rebased, and no stable kernel needs the fix",
	},
	{
		ID: "series/fixes-subject", Severity: report.Error, Run: rule(checkFixesSubject),
		What: "the subject quoted in a Fixes: is not that of the commit",
		Why:  "hash or subject is of another commit, and nobody can know which",
	},
	{
		ID: "series/commit-form", Severity: report.Warning, Run: rule(checkCommitForm),
		What: `a commit is mentioned in another form than 'commit hash ("subject")'`,
		Why:  "a reader without the repository learns nothing from a hash",
	},
	{
		ID: "series/commit-unknown", Severity: report.Warning, Run: rule(checkCommitUnknown),
		What: "the message mentions a commit that the tree does not have",
		Why:  "the hash is mistyped, or of a tree that was rebased since",
	},
	{
		ID: "series/commit-not-ancestor", Severity: report.Note, Run: rule(checkCommitAncestor),
		What: "the message mentions a commit that is not in the history of the tree",
		Why:  "the series may depend on what is not there",
	},
	{
		ID: "series/commit-subject", Severity: report.Warning, Run: rule(checkCommitSubject),
		What: "the subject quoted with a commit is not that of the commit",
		Why:  "hash or subject is of another commit, and nobody can know which",
	},
	{
		ID: "series/not-checked", Severity: report.Note, Run: rule(checkNotChecked),
		What: "something could not be checked: the tree's history is cut off, a file of it unreadable, or a limit was met",
		Why:  "silence would read as a pass",
	},
}

// A reference is a place in a message that names a commit.
type reference struct {
	patch   int
	kind    referenceKind
	words   string // as it stands there
	hash    string // "" where the trailer names none
	subject string // as quoted
	formOK  bool

	// What the tree says. err is nil, check.ErrNoCommit, check.ErrShallow or a failure; checked is false
	// where nobody was asked.
	checked  bool
	found    string // the commit's subject
	ancestor bool
	err      error
}

type referenceKind int

const (
	refMention referenceKind = iota // in running text
	refFixes                        // a Fixes: trailer
	refBase                         // the base-commit
	refBeyond                       // the first of those that are not looked at, since the message names too many
)

var (
	reFixes      = lazyregexp.New(`^([0-9a-fA-F]{6,40}) \("(.*)"\)$`)
	reFixesLoose = lazyregexp.New(`(?i)^(?:commit\s+)?([0-9a-f]{6,40})\b(?:\W*(.*?)\W*)?$`)
	reCommit     = lazyregexp.New(`(?i)(?:(\bupstream|\breverts|\breapplies|\bfrom|\[)\s*)?\bcommit\s+([0-9a-f]{7,40})\b`)
	reQuote      = lazyregexp.New(`^\s?\(\s?"`)
	reQuoteEnd   = lazyregexp.New(`"\s?\)`)
	reLogCommit  = lazyregexp.New(`^\s*commit [0-9a-f]{40}(?: \([^\x22]*\))?$`)
	reParagraphs = lazyregexp.New(`\n\s*\n`)
)

// references finds the commits that the messages of the series name, and asks the tree once for
// each.
func (x *exam) references() []*reference {
	if x.refs != nil {
		return x.refs
	}
	refs := []*reference{}
	if hash := x.set.BaseCommit; reFullHash.MatchString(hash) {
		refs = append(refs, &reference{kind: refBase, words: "base-commit: " + hash, hash: hash})
	}
	for _, p := range x.set.Patches {
		mine := fixesOf(p)
		mine = append(mine, commitsOf(p, mine)...)
		for _, beyond := range mine[min(len(mine), maxReferences):] {
			beyond.kind, beyond.err = refBeyond, errManyInMessage
		}
		refs = append(refs, mine[:min(len(mine), maxReferences+1)]...)
	}
	if x.view.Commits != nil {
		lookUp(refs, x.view.Commits)
	}
	x.refs = refs
	return refs
}

// errNoHistory is told of a tree without commits.
var errNoHistory = errors.New("the tree is no git repository")

// errManyInMessage is told of the commits of a message beyond maxReferences.
var errManyInMessage = fmt.Errorf("one message names more than %d commits, and the others are not looked at", maxReferences)

// errTooMany is told of commits beyond maxLookups.
var errTooMany = errors.New("the series names too many commits")

// lookUp asks once for each commit.
func lookUp(refs []*reference, commits check.Commits) {
	asked := map[string]*reference{}
	for _, ref := range refs {
		if ref.hash == "" || ref.kind == refBeyond {
			continue
		}
		ref.checked = true
		hash := strings.ToLower(ref.hash)
		if same := asked[hash]; same != nil {
			ref.found, ref.ancestor, ref.err = same.found, same.ancestor, same.err
			continue
		}
		asked[hash] = ref
		if len(asked) > maxLookups {
			ref.err = errTooMany
			continue
		}
		ref.found, ref.ancestor, ref.err = commits.Commit(hash)
	}
}

// allFixes returns the Fixes of a message, those above its trailers too: the scripts for stable kernels look at all lines.
func allFixes(p *patchset.Patch) []patchset.Trailer {
	all := trailersOf(p, "Fixes")
	for _, value := range floatingFixes(p) {
		all = append(all, patchset.Trailer{Key: "Fixes", Value: value})
	}
	return all
}

func fixesOf(p *patchset.Patch) []*reference {
	var refs []*reference
	for _, t := range allFixes(p) {
		ref := &reference{patch: p.Index, kind: refFixes, words: t.Key + ": " + t.Value}
		if m := reFixes.FindStringSubmatch(t.Value); m != nil {
			ref.hash, ref.subject, ref.formOK = m[1], m[2], true
		} else if m := reFixesLoose.FindStringSubmatch(t.Value); m != nil {
			ref.hash = m[1]
		}
		refs = append(refs, ref)
	}
	return refs
}

// commitsOf finds what running text says of commits. A commit that is quoted with its subject once
// may be named by its hash alone elsewhere.
func commitsOf(p *patchset.Patch, known []*reference) []*reference {
	var refs []*reference
	quoted := map[string]bool{}
	start, _ := mail.TrailerBlock(p.Message)
	text := p.Message[:start]
	if !strings.Contains(text, "ommit") {
		return nil
	}
	for _, ref := range known {
		quoted[ref.hash] = ref.formOK
	}
	for _, paragraph := range reParagraphs.Split(text, -1) {
		if !strings.Contains(paragraph, "ommit") {
			continue
		}
		var lines []string
		for _, line := range strings.Split(paragraph, "\n") {
			if !reLogCommit.MatchString(line) && !strings.HasPrefix(line, ">") {
				lines = append(lines, line)
			}
		}
		joined := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
		for _, at := range reCommit.FindAllStringSubmatchIndex(joined, maxReferences+1) {
			ref := &reference{patch: p.Index, words: joined[at[0]:at[1]], hash: joined[at[4]:at[5]]}
			after := joined[at[1]:]
			ref.subject = quotedSubject(after)
			if ref.subject == "" && (!strings.ContainsAny(ref.hash, "0123456789") || strings.Trim(ref.hash, "0123456789") == "") {
				continue // a word or a number, more likely
			}
			whole := len(ref.hash) == 40 && (at[2] >= 0 || strings.HasPrefix(after, " upstream"))
			ref.formOK = ref.subject != "" || whole
			quoted[ref.hash] = quoted[ref.hash] || ref.formOK
			refs = append(refs, ref)
		}
	}
	for _, ref := range refs {
		ref.formOK = ref.formOK || quoted[ref.hash]
	}
	return refs
}

// maxSubject is how long a quoted subject may be.
const maxSubject = 500

// quotedSubject returns what stands in ("…") at the start of text, or "".
func quotedSubject(text string) string {
	text = text[:min(len(text), maxSubject)]
	start := reQuote.FindStringIndex(text)
	if start == nil {
		return ""
	}
	end := reQuoteEnd.FindStringIndex(text[start[1]:])
	if end == nil {
		return ""
	}
	return text[start[1] : start[1]+end[0]]
}

// tellReferences tells about those references that a rule picks.
func tellReferences(x *exam, kind referenceKind, tell func(report.Finding), pick func(*reference) (message, hint string)) {
	told := map[string]bool{}
	for _, ref := range x.references() {
		if ref.kind != kind {
			continue
		}
		message, hint := pick(ref)
		if key := fmt.Sprint(ref.patch, message); message != "" && !told[key] {
			told[key] = true
			tell(report.Finding{Patch: ref.patch, Message: message, Hint: hint})
		}
	}
}

func checkFixesForm(x *exam, tell func(report.Finding)) {
	tellReferences(x, refFixes, tell, func(ref *reference) (string, string) {
		if ref.formOK {
			return "", ""
		}
		return fmt.Sprintf(`%q is not of the form 'Fixes: hash ("subject")'`, ref.words),
			`git log -1 --abbrev=12 --format='Fixes: %h ("%s")' COMMIT`
	})
}

func checkShortHash(x *exam, tell func(report.Finding)) {
	short := func(ref *reference) (string, string) {
		if ref.hash == "" || len(ref.hash) >= shortestHash {
			return "", ""
		}
		return fmt.Sprintf("%q names a commit by %d hex digits", ref.words, len(ref.hash)),
			fmt.Sprintf("use at least %d", shortestHash)
	}
	tellReferences(x, refFixes, tell, short)
	tellReferences(x, refMention, tell, short)
}

func pickUnknown(ref *reference) (string, string) {
	switch {
	case !ref.checked || ref.err == nil || errors.Is(ref.err, check.ErrShallow):
		return "", ""
	case errors.Is(ref.err, check.ErrNoCommit):
		return fmt.Sprintf("the tree has no commit %s (%q)", ref.hash, ref.words), ""
	}
	return "", "" // told by checkNotChecked
}

func pickNotAncestor(ref *reference) (string, string) {
	if !ref.checked || ref.err != nil || ref.ancestor {
		return "", ""
	}
	return fmt.Sprintf("commit %s (%q) is not in the history of the tree", ref.hash, ref.found), ""
}

func pickSubject(ref *reference) (string, string) {
	known := ref.err == nil || errors.Is(ref.err, check.ErrShallow) && ref.found != ""
	if !ref.checked || !known || !ref.formOK || ref.subject == "" || sameSubject(ref.subject, ref.found) {
		return "", ""
	}
	return fmt.Sprintf("commit %s is %q, not %q", ref.hash, ref.found, ref.subject), ""
}

// sameSubject compares a quoted subject, which may be wrapped or end in dots, with the real one.
func sameSubject(quoted, real string) bool {
	quoted, real = strings.Join(strings.Fields(quoted), " "), strings.Join(strings.Fields(real), " ")
	if head, cut := strings.CutSuffix(quoted, "..."); cut && len(head) >= 20 {
		return strings.HasPrefix(real, strings.TrimSpace(head))
	}
	return quoted == real
}

func checkFixesUnknown(x *exam, tell func(report.Finding)) {
	tellReferences(x, refFixes, tell, pickUnknown)
}

func checkFixesAncestor(x *exam, tell func(report.Finding)) {
	tellReferences(x, refFixes, tell, pickNotAncestor)
}

// checkFixesReleased asks for those commits alone that are in the history, of which nothing else is told.
func checkFixesReleased(x *exam, tell func(report.Finding)) {
	releases, ok := x.view.Commits.(check.Releases)
	if !ok {
		return
	}
	tellReferences(x, refFixes, tell, func(ref *reference) (string, string) {
		if !ref.checked || ref.err != nil || !ref.ancestor {
			return "", ""
		}
		newest, has, err := releases.Released(ref.hash)
		if err != nil || newest == "" || has {
			return "", "" // as far as it can be told
		}
		return fmt.Sprintf("commit %s (%q) is in no release: %s does not have it", ref.hash, ref.found, newest),
			"fold the fix into it where its tree is still rebased; else name the tree that the fix is for"
	})
}

func checkFixesSubject(x *exam, tell func(report.Finding)) {
	tellReferences(x, refFixes, tell, pickSubject)
}

func checkCommitForm(x *exam, tell func(report.Finding)) {
	tellReferences(x, refMention, tell, func(ref *reference) (string, string) {
		if ref.formOK {
			return "", ""
		}
		return fmt.Sprintf("%q does not quote the commit's subject", ref.words),
			`git log -1 --abbrev=12 --format='commit %h ("%s")' COMMIT`
	})
}

func checkCommitUnknown(x *exam, tell func(report.Finding)) {
	tellReferences(x, refMention, tell, pickUnknown)
}

func checkCommitAncestor(x *exam, tell func(report.Finding)) {
	tellReferences(x, refMention, tell, pickNotAncestor)
}

func checkCommitSubject(x *exam, tell func(report.Finding)) {
	tellReferences(x, refMention, tell, pickSubject)
}

// unread says what limits left out of the mails.
func (x *exam) unread() []string {
	unread := slices.Clone(x.set.Unread)
	if c := x.set.Cover; c != nil && len(c.Body) > limit.CoverBytes {
		unread = append(unread, fmt.Sprintf("the claims of a cover letter of more than %d MiB", limit.CoverBytes>>20))
	}
	for _, p := range x.set.Patches {
		if len(p.Comment) > limit.CoverBytes {
			unread = append(unread, fmt.Sprintf("the claims below the message of patch %d, which are more than %d MiB,", p.Index, limit.CoverBytes>>20))
		}
	}
	if x.longLines(); x.longUnread > 0 {
		unread = append(unread, fmt.Sprintf("the long lines of messages from patch %d on, which are more than %d MiB,", x.longUnread, limit.LongBytes>>20))
	}
	return unread
}

// checkNotChecked names the commits for which the tree had no answer, in one finding for each
// reason.
func checkNotChecked(x *exam, tell func(report.Finding)) {
	var reasons []string
	hashes := map[string][]string{}
	add := func(hash string, err error) {
		reason := err.Error()
		if errors.Is(err, check.ErrShallow) {
			reason = check.ErrShallow.Error()
		}
		if hashes[reason] == nil {
			reasons = append(reasons, reason)
		}
		if !slices.Contains(hashes[reason], hash) {
			hashes[reason] = append(hashes[reason], hash)
		}
	}
	for _, ref := range x.references() {
		switch {
		case ref.err != nil && !errors.Is(ref.err, check.ErrNoCommit):
			add(ref.hash, ref.err)
		case ref.hash != "" && !ref.checked && x.view.Before != nil:
			add(ref.hash, errNoHistory)
		}
	}
	for _, p := range x.prerequisites() {
		if p.err != nil {
			add(p.id, p.err)
		}
	}
	for _, reason := range reasons {
		f := report.Finding{Message: fmt.Sprintf(
			"whether the tree's history has %s could not be checked: %s", strings.Join(hashes[reason], ", "), reason)}
		if reason == check.ErrShallow.Error() {
			f.Hint = "git fetch --unshallow gets the rest of a shallow clone"
		}
		tell(f)
	}
	for _, what := range x.unread() {
		tell(report.Finding{Message: what + " are not looked at"})
	}
	if x.maintainers(); x.maintainersErr != nil {
		tell(report.Finding{Message: fmt.Sprintf("who should get the patches could not be checked: %v", x.maintainersErr)})
	}
}
