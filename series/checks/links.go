// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

var linkRules = []*check.Check{
	{
		ID: "series/link-form", Severity: report.Warning, Run: rule(checkLinks),
		What: "a Link: or Closes: holds no URL, or a list archive's URL without a Message-ID",
		Why:  "the link leads nowhere, now or once the archive moves",
	},
	{
		ID: "series/reported-by-closes", Severity: report.Note, Run: rule(checkReportedBy),
		What: "a Reported-by is not followed by a Closes: or Link: to the report",
		Why:  "Documentation/process/5.Posting.rst asks for the report itself",
	},
	{
		ID: "series/message-id-form", Severity: report.Warning, Run: rule(checkMessageID),
		What: "a Message-ID: trailer is not of the form <id@host>",
		Why:  "the archives find a mail only by the whole of it",
	},
	{
		ID: "series/stable-form", Severity: report.Warning, Run: rule(checkStable),
		What: "a Cc to the stable list is misspelt or has a note in another form than '# v6.1+'",
		Why:  "the stable maintainers find by it what to back-port",
	},
}

// archives are the hosts whose paths name a mail by its Message-ID.
var archives = map[string]bool{"lore.kernel.org": true, "patch.msgid.link": true, "lkml.kernel.org": true}

var reLinkTail = lazyregexp.New(`^(?:\[\d+\]|#.*|\(.*\))?$`)

func checkLinks(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range p.Trailers {
			if !strings.EqualFold(t.Key, "Link") && !strings.EqualFold(t.Key, "Closes") {
				continue
			}
			if wrong := wrongLink(t.Value); wrong != "" {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(`"%s: %s" %s`, t.Key, t.Value, wrong)})
			}
		}
	}
}

// wrongLink says what is wrong with the value of a Link, or "".
func wrongLink(value string) string {
	target, tail, _ := strings.Cut(value, " ")
	u, err := url.Parse(strings.Trim(target, "<>"))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "is no URL"
	case !reLinkTail.MatchString(strings.TrimSpace(tail)):
		return "has more than a URL"
	case archives[u.Host] && strings.Trim(u.Path, "/") != "" && !strings.Contains(u.Path, "@") && !archivePage(u):
		return "names no Message-ID"
	}
	return ""
}

// archivePage reports whether the path is a short one of an archive, not of a mail: the list itself,
// or one of the redirections that go by a date or a hash.
func archivePage(u *url.URL) bool {
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	return u.Host == "lore.kernel.org" && len(parts) == 1 && parts[0] != "r" || u.Host == "lkml.kernel.org" && parts[0] != "r"
}

func checkReportedBy(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for i, t := range p.Trailers {
			if !strings.EqualFold(t.Key, "Reported-by") && !strings.EqualFold(t.Key, "Reported-and-tested-by") {
				continue
			}
			next := i + 1
			for next < len(p.Trailers) && strings.HasPrefix(strings.ToLower(p.Trailers[next].Key), "reported-") {
				next++ // several people reported one bug
			}
			if next < len(p.Trailers) {
				key := strings.ToLower(p.Trailers[next].Key)
				if key == "closes" || key == "link" {
					continue
				}
			}
			tell(report.Finding{Patch: p.Index,
				Message: fmt.Sprintf(`"%s: %s" is not followed by a Closes: or Link:`, t.Key, t.Value),
				Hint:    "add Closes: with the URL of the report, where there is one"})
		}
	}
}

var reMessageID = lazyregexp.New(`^<[^<>\s@]+@[^<>\s@]+>$`)

func checkMessageID(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range trailersOf(p, "Message-ID") {
			if !reMessageID.MatchString(t.Value) {
				tell(report.Finding{Patch: p.Index, Message: fmt.Sprintf(`"%s: %s" is not of the form <id@host>`, t.Key, t.Value)})
			}
		}
	}
}

var (
	reStableLike = lazyregexp.New(`(?i)\bstable(?:@|\s+at\s+)[\w.-]*`)
	reStableNote = lazyregexp.New(`^(?:#.*)?$`)
)

// stableLists are the addresses by which the stable maintainers are reached. The second is for
// trees that must not send mail by themselves.
var stableLists = []string{"stable@vger.kernel.org", "stable@kernel.org"}

func checkStable(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		for _, t := range p.Trailers {
			told := func(what string) {
				tell(report.Finding{Patch: p.Index,
					Message: fmt.Sprintf(`"%s: %s" %s`, t.Key, t.Value, what),
					Hint:    "write Cc: stable@vger.kernel.org # v6.1+"})
			}
			switch {
			case strings.EqualFold(t.Key, "stable"):
				told("is no trailer that the stable maintainers look for")
			case !strings.EqualFold(t.Key, "Cc") || !reStableLike.MatchString(t.Value):
			default:
				who, note, ok := mail.ParsePerson(t.Value)
				switch {
				case !ok || !isStable(who.Email):
					told("is not the address of the stable list")
				case !reStableNote.MatchString(strings.TrimSpace(note)):
					told("has a note that does not start with #")
				}
			}
		}
	}
}

func isStable(email string) bool {
	for _, list := range stableLists {
		if strings.EqualFold(email, list) {
			return true
		}
	}
	return false
}
