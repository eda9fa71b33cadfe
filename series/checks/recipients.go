// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/maintainers"
)

var recipientRules = []*check.Check{
	{
		ID: "series/maintainer-not-copied", Severity: report.Warning, Run: rule(tellUncopied("maintainer")),
		What: "a maintainer of a file that a patch changes is neither in To nor in Cc of its mail",
		Why:  "who is to take the patch does not see it",
	},
	{
		ID: "series/reviewer-not-copied", Severity: report.Warning, Run: rule(tellUncopied("reviewer")),
		What: "a reviewer whom MAINTAINERS names for a file is neither in To nor in Cc",
		Why:  "they asked to see such patches",
	},
	{
		ID: "series/list-not-copied", Severity: report.Warning, Run: rule(tellUncopied("list")),
		What: "a mailing list that MAINTAINERS names for a file is neither in To nor in Cc",
		Why:  "the subsystem's reviewers and its patchwork do not see the patch",
	},
	{
		ID: "series/keyword-not-copied", Severity: report.Note, Run: rule(tellKeywords),
		What: "an entry of MAINTAINERS has a K: pattern that fits a patch, and none of its people or lists gets it",
		Why:  "they want to see what touches their subject, wherever it is",
	},
	{
		ID: "series/unmaintained", Severity: report.Note, Run: rule(tellUnmaintained),
		What: "a patch changes files whose entry in MAINTAINERS is Orphan or Obsolete",
		Why:  "nobody answers for them; the patch has to find its way by the next entry",
	},
	{
		ID: "series/no-recipients", Severity: report.Note, Run: rule(tellRecipients),
		What: "the mails have neither To nor Cc; these people and lists should get them",
		Why:  "the series was not sent yet, or the headers were lost",
	},
	{
		ID: "series/uncovered-file", Severity: report.Warning, Run: rule(checkUncovered),
		What: "a patch adds a file that no entry of MAINTAINERS covers, but THE REST",
		Why:  "nobody would look after it",
	},
}

// maintainers reads MAINTAINERS once. Without a tree, or where it cannot be read, it is nil.
func (x *exam) maintainers() *maintainers.File {
	if x.view.Before != nil && x.maintainersFile == nil && x.maintainersErr == nil {
		x.maintainersFile, x.maintainersErr = maintainers.Read(x.view.Before)
	}
	return x.maintainersFile
}

// A duty is somebody who should get some of the patches.
type duty struct {
	maintainers.Recipient
	role    maintainers.Role
	file    string
	patches []int // those whose mail they are to get and do not
}

// kind returns the kind of rule that d is for.
func (d *duty) kind() string {
	if d.List {
		return "list"
	}
	return d.role.Kind
}

// duties returns who should get which patches and does not, in the order of MAINTAINERS. Entries
// that match by a keyword alone, and those that cover everything, are left out: they are interested,
// not responsible.
func (x *exam) duties() []*duty {
	m := x.maintainers()
	if m == nil || x.dutyList != nil {
		return x.dutyList
	}
	x.dutyList = []*duty{}
	known := map[string]*duty{}
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			recipients, err := m.Recipients(patchset.Paths(f), "")
			if err != nil {
				continue
			}
			for _, r := range recipients {
				i := slices.IndexFunc(r.Roles, func(role maintainers.Role) bool { return role.Section != maintainers.TheRest && role.Kind != "in file" })
				if i < 0 || maintainers.Copied(&p.Mail, r) || r.Is(mail.AuthorOf(p)) {
					continue
				}
				d := known[strings.ToLower(r.Email)]
				if d == nil {
					d = &duty{Recipient: r, role: r.Roles[i], file: patchset.Path(f)}
					known[strings.ToLower(r.Email)] = d
					x.dutyList = append(x.dutyList, d)
				}
				if !slices.Contains(d.patches, p.Index) {
					d.patches = append(d.patches, p.Index)
				}
			}
		}
	}
	return x.dutyList
}

// sent reports whether any mail names a recipient.
func (x *exam) sent() bool {
	return slices.ContainsFunc(x.mails(), func(m *patchset.Mail) bool { return len(m.To)+len(m.Cc) > 0 })
}

func tellUncopied(kind string) func(*exam, func(report.Finding)) {
	return func(x *exam, tell func(report.Finding)) {
		if !x.sent() {
			return
		}
		for _, d := range x.duties() {
			if d.kind() != kind {
				continue
			}
			tell(report.Finding{
				Patch: d.patches[0],
				File:  d.file,
				Message: fmt.Sprintf("%s (%s of %q) is neither in To nor in Cc of %s",
					d.Recipient, d.role.Kind, d.role.Section, patchNumbers(d.patches)),
			})
		}
	}
}

// tellKeywords tells of entries that are interested in a patch by a keyword, where nobody of them gets
// it.
func tellKeywords(x *exam, tell func(report.Finding)) {
	m := x.maintainers()
	if m == nil || !x.sent() {
		return
	}
	told := map[*maintainers.Section]bool{}
	for _, p := range x.set.Patches {
		for _, k := range m.Keywords("Subject: " + p.Subject + "\n\n" + p.Body) {
			if told[k.Section] || k.Served(&p.Mail) {
				continue
			}
			told[k.Section] = true
			tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(
				"the patch has what %q looks for (K: %s), and goes to none of its people and lists", k.Name, k.Pattern)})
		}
	}
}

func tellUnmaintained(x *exam, tell func(report.Finding)) {
	m := x.maintainers()
	if m == nil {
		return
	}
	told := map[string]bool{}
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			matches := m.Match(patchset.Path(f))
			if len(matches) == 0 || told[matches[0].Name] || !matches[0].Unmaintained() {
				continue
			}
			told[matches[0].Name] = true
			tell(report.Finding{Patch: p.Index, File: patchset.Path(f), Message: fmt.Sprintf(
				"the entry %q of MAINTAINERS has the status %s", matches[0].Name, matches[0].Status)})
		}
	}
}

// patchNumbers writes "patch 3" or "patches 1, 2, 5".
func patchNumbers(numbers []int) string {
	if len(numbers) == 1 {
		return fmt.Sprintf("patch %d", numbers[0])
	}
	return "patches " + strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}

func tellRecipients(x *exam, tell func(report.Finding)) {
	if x.sent() || len(x.duties()) == 0 {
		return
	}
	var lines []string
	for _, d := range x.duties() {
		lines = append(lines, fmt.Sprintf("%s (%s of %q)", d.Recipient, d.role.Kind, d.role.Section))
	}
	tell(report.Finding{Detail: strings.Join(lines, "\n"), Message: fmt.Sprintf(
		"the mails name no recipients; MAINTAINERS names %d", len(lines))})
}

// checkUncovered looks at each new file with the MAINTAINERS that the series leaves behind: a patch
// often brings the entry for its files.
func checkUncovered(x *exam, tell func(report.Finding)) {
	m := x.maintainers()
	if m == nil {
		return
	}
	added := x.addedSections(m)
	for _, p := range x.set.Patches {
		if x.astray(p) {
			continue
		}
		for _, f := range p.Files {
			if !f.IsNew || covered(m, f.NewName) || covered(added, f.NewName) {
				continue
			}
			tell(report.Finding{Patch: p.Index, File: f.NewName,
				Message: fmt.Sprintf("no entry of MAINTAINERS covers the new file %s", f.NewName),
				Hint:    "add an F: line to an entry, or an entry"})
		}
	}
}

func covered(m *maintainers.File, file string) bool {
	return slices.ContainsFunc(m.Match(file), func(s maintainers.SectionMatch) bool { return s.Name != maintainers.TheRest })
}

// addedSections returns the entries, as far as their lines show, that the series adds to
// MAINTAINERS or adds lines to.
func (x *exam) addedSections(m *maintainers.File) *maintainers.File {
	var text strings.Builder
	for _, p := range x.set.Patches {
		for _, f := range p.Files {
			if patchset.Path(f) != "MAINTAINERS" {
				continue
			}
			for _, frag := range f.TextFragments {
				text.WriteString("entry\n")
				for _, line := range frag.Lines {
					if line.Op == gitdiff.OpAdd {
						text.WriteString(cmp.Or(line.Line, "\n"))
					}
				}
			}
		}
	}
	return m.ParseMore(text.String())
}
