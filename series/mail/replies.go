// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// ReceivedTrailers returns the trailers that a reply gives: lines of their own, not quoted, of
// the form "Something-by: Name <address>", before the signature and before any diff. In a reply
// with a diff a Signed-off-by belongs to that diff.
func ReceivedTrailers(m *patchset.Mail) []patchset.ReceivedTrailer {
	var out []patchset.ReceivedTrailer
	lines := strings.Split(m.Body, "\n")
	withDiff := strings.Contains(m.Body, "\ndiff --git ")
	for i, line := range lines {
		if line == "-- " || isPatchStart([]byte(line+"\n")) && strings.TrimRight(line, " \t\r") != "---" {
			break
		}
		line = strings.TrimSpace(line)
		sep := trailerSeparator(line)
		if sep < 1 || !personTrailer(line[:sep]) || withDiff && EqualFold(line[:sep], "Signed-off-by") {
			continue
		}
		value := strings.TrimSpace(line[sep+1:])
		if i+1 < len(lines) && !strings.Contains(value, "@") && strings.HasPrefix(strings.TrimSpace(lines[i+1]), "<") {
			value = strings.TrimSpace(value + " " + strings.TrimSpace(lines[i+1])) // wrapped by the mailer
		}
		if !strings.Contains(value, "@") {
			continue
		}
		out = append(out, patchset.ReceivedTrailer{
			Trailer:   patchset.Trailer{Key: strings.TrimSpace(line[:sep]), Value: value},
			From:      patchset.Person{Name: m.From.Name, Email: m.From.Email},
			MessageID: m.MessageID,
			BySender:  givenBy(value, m.From.Name, m.From.Email),
		})
	}
	return out
}

// personTrailer reports whether key is a trailer that names a person: Reviewed-by, Acked-by …
func personTrailer(key string) bool {
	key = strings.TrimSpace(key)
	return len(key) > 3 && EqualFold(key[len(key)-3:], "-by") && !strings.Contains(key, " ")
}

// givenBy reports whether the value of a trailer names the sender of a mail: by address, or,
// since people review from more than one, by the same full name.
func givenBy(value, name, email string) bool {
	who, address := ParseFrom(value)
	if EqualFold(stripTag(address), stripTag(email)) {
		return true
	}
	return strings.Contains(who, " ") && strings.EqualFold(who, name)
}

// stripTag drops the "+tag" of an address.
func stripTag(address string) string {
	local, host, ok := strings.Cut(address, "@")
	if !ok {
		return address
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + host
}
