// SPDX-License-Identifier: GPL-2.0-only

package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/patchset/report/reply"
)

// around is how many lines above a note are quoted.
const around = 6

// draft writes a reply to m with the notes below the lines that they are about, and Reviewed-by where the mail is
// accepted. It is a mail that git send-email sends.
func draft(m *patchset.Mail, from string, notes []note, accepted bool) []byte {
	var b strings.Builder
	reply.Headers(&b, from, report.Mail{MessageID: m.MessageID, References: m.References, From: m.From.Name + " <" + m.From.Email + ">",
		To: m.To, Cc: m.Cc, Subject: m.Subject})
	fmt.Fprintf(&b, "On %s, %s wrote:\n", m.From.When.Format("Mon, 2 Jan 2006 15:04:05 -0700"), strings.Join(strings.Fields(m.From.Name), " "))
	quoted := writeNotes(&b, bodyLines(m), notes)
	if accepted {
		if quoted {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "Reviewed-by: %s\n", from)
	}
	return []byte(b.String())
}

// writeNotes quotes the lines above each note, and writes it below them.
func writeNotes(b *strings.Builder, lines []string, notes []note) bool {
	notes = slices.Clone(notes)
	slices.SortStableFunc(notes, func(a, b note) int { return a.quote - b.quote })
	done := 0
	for _, n := range notes {
		first := max(done, n.quote-around)
		if first > done {
			b.WriteString("> [...]\n")
		}
		for _, line := range lines[first:max(first, min(n.quote, len(lines)))] {
			b.WriteString(strings.TrimRight("> "+strings.ToValidUTF8(line, "\ufffd"), " ") + "\n")
		}
		done = max(done, n.quote)
		fmt.Fprintf(b, "\n%s\n\n", n.text)
	}
	return len(notes) > 0
}
