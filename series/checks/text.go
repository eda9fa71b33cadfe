// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// maxWidth is what Documentation/process/submitting-patches.rst gives lines and subjects.
const maxWidth = 75

var textRules = []*check.Check{
	{
		ID: "series/empty-message", Severity: report.Warning, Run: rule(checkEmptyMessage),
		What: "a patch has a subject and trailers, but no word of description",
		Why:  "the reason for a change is not in the diff",
	},
	{
		ID: "series/subject-length", Severity: report.Warning, Run: rule(checkSubjectLength),
		What: "the subject of a patch is longer than 75 characters",
		Why:  "git log --oneline and mail readers cut it off",
	},
	{
		ID: "series/subject-form", Severity: report.Warning, Run: rule(checkSubjectForm),
		What: `the subject has no "subsystem: " at its start, or ends with a full stop`,
		Why:  "maintainers sort their mail by it",
	},
	{
		ID: "series/nested-brackets", Severity: report.Warning, Run: rule(checkBrackets),
		What: "the subject has a bracket within a bracket",
		Why:  "git am takes the first that closes for the end, and the rest stays in the commit's title",
	},
	{
		ID: "series/long-line", Severity: report.Warning, Run: rule(checkLongLines),
		What: "a line of the message is longer than 75 characters, and no URL, log, table or trailer",
		Why:  "git log indents messages by four and a terminal has 80 columns",
	},
	{
		ID: "series/placeholder", Severity: report.Error, Run: rule(checkPlaceholder),
		What: "the text of a template was not replaced: *** SUBJECT HERE ***, EDITME",
		Why:  "the mail was sent before it was written",
	},
	{
		ID: "series/fixup", Severity: report.Error, Run: rule(checkFixup),
		What: "the subject starts with fixup!, squash! or amend!",
		Why:  "the patch was to be folded into another before sending",
	},
	{
		ID: "series/leftover", Severity: report.Warning, Run: rule(checkLeftover),
		What: "the message holds what tools left: Change-Id, scissors, git's comments, an inline PGP signature",
		Why:  "it would stay in the history and means nothing there",
	},
	{
		ID: "series/conflict-marker", Severity: report.Error, Run: rule(checkConflictMarker),
		What: "the patch adds a conflict marker",
		Why:  "a merge was not finished",
	},
	{
		ID: "series/mangled-from", Severity: report.Error, Run: rule(checkMangledFrom),
		What: "the author is a mailing list: a list server replaced the From",
		Why:  "the commit would get the list as its author",
	},
}

// body returns the message without title and trailers.
func body(p *patchset.Patch) string {
	start, _ := mail.TrailerBlock(p.Message)
	_, text, _ := strings.Cut(p.Message[:start], "\n")
	return text
}

// firstParagraph returns what follows the title up to the first empty line. Where text and sign-off are
// one paragraph, all of it is trailers for git.
func firstParagraph(p *patchset.Patch) string {
	_, rest, _ := strings.Cut(p.Message, "\n\n")
	first, _, _ := strings.Cut(rest, "\n\n")
	var text []string
	for line := range strings.SplitSeq(first, "\n") {
		if key, _, ok := strings.Cut(line, ": "); !ok || strings.Contains(key, " ") {
			text = append(text, line)
		}
	}
	return strings.Join(text, "\n")
}

func checkEmptyMessage(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if strings.TrimSpace(body(p)) == "" && spoiled(p) == "" && strings.TrimSpace(firstParagraph(p)) == "" {
			tell(report.Finding{Patch: p.Index, Message: "the patch has no description",
				Hint: "say what is wrong today and why this is the way to mend it"})
		}
	}
}

func checkSubjectLength(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if n := utf8.RuneCountInString(mail.ReadTitle(p)); n > maxWidth {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the subject has %d characters, %d more than fit", n, n-maxWidth), Detail: p.Title})
		}
	}
}

var (
	reSubsystem = lazyregexp.New(`^[^\s:][^:]{0,60}: ?\S`)
	reRevert    = lazyregexp.New(`^(?i:revert|reapply) "`)
)

func checkSubjectForm(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		switch {
		case p.Title == "":
			tell(report.Finding{Patch: p.Index, Message: "the patch has no subject"})
		case x.elsewhere: // other projects have no subsystems
		case !reSubsystem.MatchString(mail.ReadTitle(p)) && !reRevert.MatchString(mail.ReadTitle(p)):
			tell(report.Finding{Patch: p.Index,
				Message: fmt.Sprintf("the subject %q does not start with a subsystem", p.Title),
				Hint:    "git log --oneline FILE shows what others write"})
		case strings.HasSuffix(p.Title, ".") && !strings.HasSuffix(p.Title, "..."):
			tell(report.Finding{Patch: p.Index, Message: "the subject ends with a full stop"})
		}
	}
}

// misplaced says why git leaves a part of the prefix in the title.
func misplaced(p *patchset.Patch) string {
	if before, _, ok := strings.Cut(p.Subject, "["); ok && strings.TrimSpace(before) == "" && strings.Contains(p.Title, "]") {
		return "the brackets of the subject nest"
	}
	return "the count does not stand in brackets at the start of the subject"
}

func checkBrackets(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if meant := mail.ReadTitle(p); meant != p.Title {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("git am calls the commit %q, since %s", p.Title, misplaced(p)),
				Hint: fmt.Sprintf("send it as [PATCH …] %s", meant)})
		}
	}
}

var rePlaceholder = lazyregexp.New(`\*\*\* (?:SUBJECT|BLURB) HERE \*\*\*|(?m:^EDITME\b.*$)`)

// rePlaceholderHash are values of Fixes that stand for a commit yet to be named.
var rePlaceholderHash = lazyregexp.New(`(?i)^(?:0{8,}|f{8,}|x{4,}|1234567[0-9a-f]*|(?:dead|cafe|babe|beef){2,}[0-9a-f]*|<[^>]*>|XXX+|TODO|TBD)\b`)

func checkPlaceholder(x *exam, tell func(report.Finding)) {
	if m := x.set.Cover; m != nil && hasAny(m.Subject+m.Body, "***", "EDITME") {
		for _, found := range rePlaceholder.FindAllString(mail.WithoutBrackets(m.Subject)+"\n"+m.Body, 2) {
			tell(report.Finding{Message: fmt.Sprintf("the cover letter still holds %q", found)})
		}
	}
	for _, p := range x.set.Patches {
		for _, f := range allFixes(p) {
			if rePlaceholderHash.MatchString(f.Value) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("the message still holds \"Fixes: %s\"", f.Value)})
			}
		}
		if !hasAny(p.Message, "***", "EDITME") {
			continue
		}
		if found := rePlaceholder.FindString(p.Message); found != "" {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("the message still holds %q", found)})
		}
	}
}

// hasAny reports whether one of words is in s. It spares the slower patterns most messages.
func hasAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(s, word) })
}

var reFixup = lazyregexp.New(`^(?:fixup|squash|amend)! `)

func checkFixup(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if reFixup.MatchString(p.Title) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("%q was to be folded into another patch", p.Title),
				Hint: "git rebase --interactive --autosquash"})
		}
	}
}

var reLeftover = lazyregexp.New(`(?m)^(?:-----BEGIN PGP SIGNED MESSAGE-----|Change-Id: I[0-9a-f]{8,}|Gerrit-.*|[-\s]*(?:>8|8<|>%|%<)[-\s]{3,}|# (?:Conflicts|Please enter the commit|------------------------ >8).*)$`)

func checkLeftover(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if !hasAny(p.Message, "Change-Id", "Gerrit", "-----BEGIN PGP", ">8", "8<", ">%", "%<", "# ") {
			continue
		}
		for _, found := range reLeftover.FindAllString(p.Message, 5) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("the message holds %q", strings.TrimSpace(found))})
		}
	}
}

func checkConflictMarker(x *exam, tell func(report.Finding)) {
	x.eachAdded(func(p *patchset.Patch, file string, line int, text string) {
		if strings.HasPrefix(text, "<<<<<<< ") || strings.HasPrefix(text, ">>>>>>> ") {
			tell(report.Finding{Patch: p.Index, File: file, Line: line,
				Message: fmt.Sprintf("the patch adds the conflict marker %q", strings.TrimSpace(text))})
		}
	})
}

var (
	reVia      = lazyregexp.New(`(?i)\S\s+via\s+\S|\(by way of\s`)
	reListHost = lazyregexp.New(`(?i)@(?:vger\.kernel\.org|lists?\..*|.*\.lists?\..*|googlegroups\.com|lists\.linux\.dev|.*\.dmarc\.(?:invalid|fail)|dmarc\..*)$|^devnull\+`)
)

func checkMangledFrom(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if mangled(mail.AuthorOf(p)) {
			tell(report.Finding{Patch: p.Index,
				Message: fmt.Sprintf("the author is %q, which a mailing list wrote there", mail.AuthorOf(p)),
				Hint:    realAuthor(p) + `the author puts "From: Name <address>" on the first line of the mail's text, or sends by another way`})
		}
	}
}

// realAuthor names who the mail is from by the headers that list servers move the sender to, or "".
func realAuthor(p *patchset.Patch) string {
	headers := mail.ParseHeaders(p.Raw)
	for _, name := range []string{"X-Original-From", "Reply-To"} {
		if who, _, ok := mail.ParsePerson(string(mail.DecodeLoosely(headers.Get(name)))); ok && !mangled(who) {
			return fmt.Sprintf("by its %s it is of %s; ", name, who)
		}
	}
	return ""
}

// mangled reports whether a list server or a relay put itself in the place of who.
func mangled(who mail.Person) bool {
	return reVia.MatchString(who.Name) || reListHost.MatchString(who.Email)
}
