// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// kindRules say what the mails are, where they are no series for the tree. What is no submission gets
// none of the other checks: it was not written for them.
var kindRules = []*check.Check{
	{
		ID: "series/not-a-submission", Severity: report.Warning, Run: always(checkSubmission),
		What: "the mail is a notice with a patch in it: of the stable maintainers, of AUTOSEL, of robots; or it asks to pull",
		Why:  "its sender does not ask for a merge, so the rules of submissions do not hold; it is not judged by them",
	},
	{
		ID: "series/other-project", Severity: report.Warning, Run: rule(checkProject),
		What: "none of the files, and none of their folders, is in the tree",
		Why:  "lists of the kernel get patches for xfstests, man-pages and other projects as well; what the tree says of commits, bases and maintainers does not hold for them",
	},
	{
		ID: "series/parent-not-here", Severity: report.Note, Run: rule(tellParent),
		What: "the patches answer a mail that is not among these",
		Why:  "it is the cover letter, most often; what it says could not be looked at",
	},
}

// always is rule for checks that are made of what is no submission as well.
func always(look func(x *exam, tell func(report.Finding))) func(*check.View, func(report.Finding)) error {
	return func(v *check.View, tell func(report.Finding)) error {
		look(examOf(v), tell)
		return nil
	}
}

// A notice is a kind of mail that holds a patch and asks nobody to merge it.
type notice struct {
	subject, from, body *lazyregexp.Regexp // each may be nil
	says                string             // is in each text that body fits
	header              string             // "NAME: VALUE"
	what                string
}

var notices = []notice{
	{subject: lazyregexp.New(`(?i)^FAILED: patch\b`), what: "tells that a patch does not apply to a stable tree"},
	{subject: lazyregexp.New(`(?i)\[[^\]]*\bAUTOSEL\b`), what: "proposes a commit of mainline for a stable tree (AUTOSEL)"},
	{body: lazyregexp.New(`(?m)^\d+\.\d+-stable review patch\.`), says: "-stable review patch.", what: "is a stable release under review"},
	{header: "X-stable: review", what: "is a stable release under review"},
	{subject: lazyregexp.New(`(?i)\[PATCH \d+\.\d+ 0+/\d+\] \d+\.\d+\.\d+-rc\d+ review`), what: "is a stable release under review"},
	{subject: lazyregexp.New(`(?i)has been added to the \S+-stable tree`), what: "tells that a patch went into a stable tree"},
	{subject: lazyregexp.New(`^\[tip: [^\]]+\]`), from: lazyregexp.New(`^tip-bot2? `), what: "tells that a patch went into a branch of tip"},
	{subject: lazyregexp.New(`\.patch (?:added to|removed from) (?:-mm tree|mm-\S+ branch)$`), what: "tells that a patch came into or left the -mm tree"},
	{subject: lazyregexp.New(`(?i)^(?:patch|applied) ".*" (?:added to|to the) \S+`), what: "tells that a patch was applied"},
	{body: lazyregexp.New(`(?m)^#syz test\b`), says: "#syz test", subject: lazyregexp.New(`^[^\[]*$|\[syzbot\]|^(?i:Re:)`), what: "asks syzbot to test a diff"},
	{subject: lazyregexp.New(`(?i)^(?:please )?(?:apply|backport|pick|queue|revert)\b.{0,60}\b[0-9a-f]{12,40}\b`), what: "asks the stable maintainers for a commit of mainline"},
	{subject: lazyregexp.New(`(?i)^\[[^\]]*\]\s*please (?:apply|backport|cherry-pick|pick|queue)\b.{0,60}\b[0-9a-f]{12,40}\b`), what: "asks the stable maintainers for a commit of mainline"},
	{body: lazyregexp.New(`(?mi)^please (?:apply|backport|cherry-pick|pick up|queue)(?: up)? (?:the )?(?:following )?(?:upstream )?commits?\b`), says: "commit", subject: lazyregexp.New(`^[^\[]*$`), what: "asks the stable maintainers for a commit of mainline"},
	{subject: lazyregexp.New(`^\[Bug \d+\]`), from: lazyregexp.New(`(?i)\bbugzilla`), what: "is a message of a bug tracker"},
	{from: lazyregexp.New(`(?i)\bsyzbot`), what: "is a report or a test of syzbot"},
	{from: lazyregexp.New(`(?i)^kernel test robot\b|\blkp@intel\.com$`), what: "is a report of the kernel test robot"},
}

// notice says what the first mail of the series does, where it is no submission; else "".
func (x *exam) notice() string {
	if x.set.Pull {
		return "asks to pull a branch"
	}
	for _, m := range x.mails()[:min(1, len(x.mails()))] {
		for _, n := range notices {
			if (n.subject == nil || n.subject.MatchString(m.Subject)) && (n.from == nil || n.from.MatchString(m.From.Name+" "+m.From.Email)) &&
				(n.header == "" || hasHeader(m, n.header)) && (n.body == nil || strings.Contains(m.Body, n.says) && n.body.MatchString(m.Body)) {
				return n.what
			}
		}
	}
	if x.talk() {
		return "has a diff in its text, and nothing says that it is a patch"
	}
	return ""
}

// hasHeader reports whether a mail has a header, "NAME: VALUE".
func hasHeader(m *patchset.Mail, header string) bool {
	name, value, _ := strings.Cut(header, ": ")
	return mail.ParseHeaders(m.Raw).Get(name) == value
}

var (
	reStatBelow = lazyregexp.New(`\n---\n\s*[^\n]+ \| +\d`)
	reSignedOff = lazyregexp.New(`(?m)^Signed-off-by:`)
)

// talk reports whether the only mail is one of a discussion that shows a diff: it was sent to somebody, and has
// neither PATCH in its subject, nor a sign-off, nor the line "---" and a diffstat below it, as git format-patch writes them.
func (x *exam) talk() bool {
	if x.set.Cover != nil || len(x.set.Patches) != 1 {
		return false
	}
	p := x.set.Patches[0]
	return p.MessageID != "" && len(p.To)+len(p.Cc) > 0 && !mail.ParseSubject(p.Subject).Patch &&
		!reStatBelow.MatchString(p.Body) && !reSignedOff.MatchString(p.Body)
}

// NotSubmission says why the mails of v are no submission for its tree, in words that follow "not judged: ", or returns "". It reads
// the mails, and asks v.Before, where that is set, for the files.
func NotSubmission(v *check.View) string {
	switch x := examOf(v); {
	case x.notSubmission != "":
		return "the mail " + x.notSubmission
	case x.foreign:
		return "the series is for another project"
	}
	return ""
}

// outside reports whether none of the files lies below a folder at the top of the tree, or half of those that are changed do not: no series that is
// to be applied first makes them be there.
func (x *exam) outside() bool {
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			if top, _, below := strings.Cut(patchset.Path(f), "/"); below && x.inTree(top) {
				return x.mostlyElsewhere()
			}
		}
	}
	return true
}

func checkSubmission(x *exam, tell func(report.Finding)) {
	if x.notSubmission != "" {
		f := report.Finding{
			Message: fmt.Sprintf("the mail %s; it is no submission, and is not judged as one", x.notSubmission),
			Hint:    "--as-submission judges it nevertheless",
		}
		if x.set.Pull {
			f.Hint = "lsmpatch premerge examines it"
		}
		tell(f)
	}
}

func checkProject(x *exam, tell func(report.Finding)) {
	if x.elsewhere {
		tell(report.Finding{Message: fmt.Sprintf("the tree has none of the files and none of their folders (%s): the series is for another project", x.net()[0].Path),
			Hint: "--as-submission judges it nevertheless"})
	}
}

// rootOfAll are files that any project may have at its top.
var rootOfAll = []string{".gitignore", "Makefile", "README", "README.md", "COPYING"}

// forOtherProject looks for any file, or folder of a new file, that the tree has. The root is in every
// tree, and so says nothing; nor do the files that most projects have there, beside others.
func (x *exam) forOtherProject() bool {
	if x.view.Before == nil || len(x.net()) == 0 {
		return false
	}
	names, added := false, true // added: new files, below folders that the tree has at its top, are all that there is
	if x.mostlyElsewhere() {
		return true
	}
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			if slices.Contains(rootOfAll, patchset.Path(f)) {
				continue
			}
			names = true
			dir := path.Dir(patchset.Path(f)) // of a file that is taken away too: it may be gone already
			if f.OldName != "" && x.inTree(f.OldName) || f.NewName != "" && x.inTree(f.NewName) || strings.Contains(dir, "/") && x.inTree(dir) {
				return false
			}
			top, _, _ := strings.Cut(dir, "/")
			added = added && f.OldName == "" && (dir == "." || x.inTree(top))
		}
	}
	return names && !added
}

// mostlyElsewhere reports whether at least half of the files that the series changes lie below folders that the tree does not have at its top, as
// src/ and tests/ of a program that has a copy of a header of this tree too.
func (x *exam) mostlyElsewhere() bool {
	changed, foreign := 0, 0
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			if f.OldName == "" || slices.Contains(rootOfAll, f.OldName) {
				continue
			}
			changed++
			if top, _, below := strings.Cut(f.OldName, "/"); below && !x.inTree(top) {
				foreign++
			}
		}
	}
	return foreign > 0 && 2*foreign >= changed
}

// inTree reports whether the tree has a file or folder below its root.
func (x *exam) inTree(name string) bool {
	if !fs.ValidPath(name) || name == "." {
		return false
	}
	_, err := fs.Stat(x.view.Before, name)
	return !errors.Is(err, fs.ErrNotExist) // what cannot be read may be there
}

// astray reports whether a patch is for another project than the rest: the tree has none of the folders at the top in which its files lie.
func (x *exam) astray(p *patchset.Patch) bool {
	return len(p.Files) > 0 && !slices.ContainsFunc(p.Files, func(f *gitdiff.File) bool {
		top, _, below := strings.Cut(patchset.Path(f), "/")
		return x.inTree(top) && (below || !slices.Contains(rootOfAll, top)) || !below && !slices.Contains(rootOfAll, top)
	})
}

// absentParent returns the ID of the mail that the patches answer and that is not here, or "".
func (x *exam) absentParent() string {
	if x.set.ParentHere {
		return ""
	}
	return x.outsideParent()
}

// outsideParent returns the ID of the mail that the patches answer and that is not of this version, or "".
func (x *exam) outsideParent() string {
	if x.set.Cover != nil || len(x.set.Patches) == 0 || x.mixed() || x.set.Picked {
		return ""
	}
	parent := x.set.Patches[0].InReplyTo
	if parent == "" || slices.ContainsFunc(x.set.Replies, func(m *patchset.Mail) bool { return m.MessageID == parent }) ||
		slices.ContainsFunc(x.set.Patches, func(p *patchset.Patch) bool { return p.MessageID == parent }) {
		return ""
	}
	return parent
}

func tellParent(x *exam, tell func(report.Finding)) {
	if id := x.absentParent(); id != "" {
		tell(report.Finding{Message: fmt.Sprintf("the patches answer the mail <%s>, which is not among these", id),
			Hint: "name its Message-ID to fetch the whole thread"})
	}
}

// spoiled says why git am does not find in a mail what its sender wrote, or "". What it does not find
// is then no fault of its own.
func spoiled(p *patchset.Patch) string {
	head := p.Raw[:min(len(p.Raw), 64<<10)]
	if hasFold(head, "content-type: text/html") && !hasFold(head, "content-type: text/plain") {
		return "the mail has only HTML, in which git am finds no patch"
	}
	first, rest, _ := bytes.Cut(p.Diff, []byte("\n"))
	if string(bytes.TrimSpace(first)) == "---" {
		return ""
	}
	switch {
	case bytes.HasPrefix(first, []byte("--- ")) && !bytes.HasPrefix(rest, []byte("+++ ")):
		return fmt.Sprintf("git am ends the message at the line %q", first)
	case bytes.HasPrefix(first, []byte("--- ")) || bytes.HasPrefix(first, []byte("diff -")) || bytes.HasPrefix(first, []byte("Index: ")):
		if i := bytes.Index(rest, []byte("\n---\n")); i >= 0 && bytes.Contains(rest[i:], []byte("\ndiff -")) {
			if !bytes.Contains(rest[:i], []byte("\n@@ ")) {
				return fmt.Sprintf("git am ends the message at the line %q", first)
			}
			return "the message holds a diff, which git am applies too, and ends there"
		}
	}
	return ""
}

// hasFold reports whether text has the header, "name: a/b", in any case.
func hasFold(text []byte, header string) bool {
	slash := strings.IndexByte(header, '/')
	for at := 0; ; at++ {
		i := bytes.IndexByte(text[at:], '/')
		if i < 0 {
			return false
		}
		at += i
		if start := at - slash; start >= 0 && start+len(header) <= len(text) && mail.EqualFold(text[start:start+len(header)], header) {
			return true
		}
	}
}

func checkSpoiled(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if why := spoiled(p); why != "" {
			tell(report.Finding{Patch: p.Index, Message: why, Hint: "indent what is quoted in a message, and send plain text"})
		}
	}
}

// reFloatingFixes needs a hash, so that no text is taken for one.
var reFloatingFixes = lazyregexp.New(`(?m)^Fixes:[ \t]+((?:[Cc]ommit )?[0-9a-fA-F]{6,40}\b(?:[ \t].*)?)$`)

// maxFloating is how many of the Fixes above the trailers of one message are looked at.
const maxFloating = 5

// floatingFixes returns the values of the Fixes that stand above the trailers.
func floatingFixes(p *patchset.Patch) []string {
	start, _ := mail.TrailerBlock(p.Message)
	if !strings.Contains(p.Message[:start], "Fixes:") {
		return nil // the expression takes its time with a long message
	}
	var values []string
	for _, m := range reFloatingFixes.FindAllStringSubmatch(p.Message[:start], maxFloating) {
		values = append(values, strings.TrimSpace(m[1]))
	}
	return values
}

func checkFloatingFixes(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, value := range floatingFixes(p) {
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf("%q stands above the last paragraph, where git does not see it", "Fixes: "+value),
				Hint: "put all trailers into the last paragraph, without an empty line between"})
		}
	}
}

var reBodyFrom = lazyregexp.New(`^\s*From: .*@`)

func checkBodyFrom(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if reBodyFrom.MatchString(body(p)) {
			tell(report.Finding{Patch: p.Index, Message: "the message begins with a From: line, which git am leaves there",
				Hint: "the author's From: stands on the first line of the mail's text, once"})
		}
	}
}
