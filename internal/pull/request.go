// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/series/cover"
)

// A Request is what a mail of git request-pull asks for.
type Request struct {
	// Base and Head are the commits that it names, in full; Base is what the requester started from.
	Base string `json:"base"`
	Head string `json:"head"`
	// URL and Ref say where it is: "tags/lsm-pr-20260311", or a branch.
	URL string `json:"url"`
	Ref string `json:"ref"`

	letter *cover.Letter
}

var (
	reSince = lazyregexp.New(`(?m)^\s*The following changes since commit ([0-9a-f]{7,64})\s*:?`)
	reUpTo  = lazyregexp.New(`(?m)^\s*for you to fetch changes up to ([0-9a-f]{7,64})\s*:?`)
	// Older versions of git, and people, write "in the git repository at:" in several ways.
	reWhere = lazyregexp.New(`(?mi)^\s*(?:are )?available in the (?:Git )?repository at:?\s+(?:git pull )?(\S+)(?:[ \t]+(\S+))?`)
)

// Parse reads the text of a mail. What it does not say is "".
func Parse(body string) *Request {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	r := &Request{letter: cover.Parse(body)}
	if m := reSince.FindStringSubmatch(body); m != nil {
		r.Base = m[1]
	}
	if m := reUpTo.FindStringSubmatch(body); m != nil {
		r.Head = m[1]
	}
	if m := reWhere.FindStringSubmatch(body); m != nil {
		r.URL, r.Ref = m[1], m[2]
	}
	return r
}
