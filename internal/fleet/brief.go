// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/apply"
)

// What a queue is told of a series is a message, which has a limit. A mail may have a subject, a name, a Message-ID or a line of
// its text that are beyond it: then nothing could be told, and a list would stop there.
const (
	briefRunes     = 300
	briefID        = 998 // a line of a mail
	briefBytes     = 1000
	briefConflicts = 10
	// BriefTrailers is how many trailers of replies are told of a series.
	BriefTrailers = 500
)

// Brief cuts a text of people after 300 characters.
func Brief(text string) string {
	n := 0
	for at := range text {
		if n++; n > briefRunes {
			return text[:at] + "…"
		}
	}
	return text
}

// namedID returns a Message-ID, or what stands for one that is longer than mails may have it.
func namedID(id string) string {
	if len(id) <= briefID {
		return id
	}
	return hashOf([]byte(id))[:32] + "@long-message-id.invalid"
}

// inBrief returns the first of conflicts, with as much of their texts as people read, and without whole files.
func inBrief(conflicts []apply.Conflict) []apply.Conflict {
	short := slices.Clone(conflicts[:min(len(conflicts), briefConflicts)])
	for i := range short {
		c := &short[i]
		c.Merged, c.Message, c.Hint, c.File = "", Brief(c.Message), Brief(c.Hint), Brief(c.File)
		c.Expected, c.Found = head(c.Expected), head(c.Found)
	}
	return short
}

// head returns the first lines of a text, or where the first is too long the beginning of that.
func head(text string) string {
	if len(text) <= briefBytes {
		return text
	}
	cut := text[:briefBytes]
	at := cmp.Or(strings.LastIndexByte(cut, '\n')+1, len(cut))
	return strings.ToValidUTF8(cut[:at], "")
}
