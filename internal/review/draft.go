// SPDX-License-Identifier: GPL-2.0-only

package review

import (
	"bytes"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// around is how many lines above a note are quoted.
const around = 6

// draft writes a reply to m with the notes below the lines that they are about, and Reviewed-by where the mail is
// accepted. It is a mail that git send-email sends.
func draft(m *patchset.Mail, from string, notes []note, accepted bool) []byte {
	var b bytes.Buffer
	header := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, value)
		}
	}
	sender := (&mail.Address{Name: m.From.Name, Address: m.From.Email}).String()
	header("From", addresses([]string{from}))
	header("To", addresses([]string{sender}))
	header("Cc", addresses(slices.Concat(m.To, m.Cc)))
	subject := m.Subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	header("Subject", mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(subject), " ")))
	if id := messageID(m.MessageID); id != "" {
		header("In-Reply-To", id)
		var thread []string
		for _, ref := range append(slices.Clone(m.References), m.MessageID) {
			if ref = messageID(ref); ref != "" && !slices.Contains(thread, ref) {
				thread = append(thread, ref)
			}
		}
		header("References", strings.Join(thread, "\n "))
	}
	b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n")
	fmt.Fprintf(&b, "On %s, %s wrote:\n", m.From.When.Format("Mon, 2 Jan 2006 15:04:05 -0700"), strings.Join(strings.Fields(m.From.Name), " "))
	quoted := writeNotes(&b, bodyLines(m), notes)
	if accepted {
		if quoted {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "Reviewed-by: %s\n", from)
	}
	return b.Bytes()
}

// writeNotes quotes the lines above each note, and writes it below them.
func writeNotes(b *bytes.Buffer, lines []string, notes []note) bool {
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

// addresses writes those of a list that are addresses, as a header has them; a hostile one cannot begin a header.
func addresses(list []string) string {
	var good []string
	for _, text := range list {
		if a, err := mail.ParseAddress(text); err == nil && !strings.ContainsAny(a.Address, "\r\n") {
			if text := a.String(); !slices.Contains(good, text) {
				good = append(good, text)
			}
		}
	}
	return strings.Join(good, ",\n ")
}

// messageID writes an ID as a header has it, "" where it cannot be one.
func messageID(id string) string {
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
		return ""
	}
	return "<" + id + ">"
}
