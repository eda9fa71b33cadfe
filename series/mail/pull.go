// SPDX-License-Identifier: GPL-2.0-only

package mail

import "github.com/lsmpatch/lsmpatch/internal/lazyregexp"

var (
	// git request-pull writes both, and people who write the text by hand the second.
	rePullSince = lazyregexp.New(`(?m)^\s{0,4}The following changes since commit [0-9a-f]{7,64}\b`)
	rePullWhere = lazyregexp.New(`(?mi)^\s{0,4}(?:are )?available in the (?:git )?repository at:?(?:\s|$)`)
	// An older way is a subject that asks, and an address below it.
	rePullTitle   = lazyregexp.New(`(?i)^\s*(?:(?:please|pls|plz),? (?:git[ -])?pull\b|(?:git[ -])?pull[ -]request\b|git[ -]pull\b)`)
	rePullAddress = lazyregexp.New(`(?m)^\s*(?:git pull )?(?:git|https?|ssh)://\S+`)
)

// AsksToPull reports whether a mail that nothing marks as a request to pull is one: git request-pull made its text, or its subject
// asks and its text has an address. What it quotes of others, behind "> ", does not count.
func AsksToPull(subject string, text []byte) bool {
	if rePullSince.Match(text) && rePullWhere.Match(text) {
		return true
	}
	return rePullTitle.MatchString(subject) && (rePullWhere.Match(text) || rePullAddress.Match(text))
}
