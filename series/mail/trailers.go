// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"net/url"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// ParseTrailers returns the trailers of a commit message, as git interpret-trailers --parse
// --no-divider does: those of the last paragraph, if all its lines are trailers, or if one in
// four is and one of them is a Signed-off-by or a "(cherry picked from commit" line. A folded
// value is joined by single spaces. Lines of the block that are no trailers are left out.
func ParseTrailers(message string) []patchset.Trailer {
	start, end := TrailerBlock(message)
	var trailers []patchset.Trailer
	last, valueStart := -1, 0 // the trailer that a continuation line goes on
	for at, next := start, 0; at < end; at = next {
		next = lineEnd(message[:end], at)
		line := strings.TrimSuffix(message[at:next], "\n")
		if last >= 0 && line != "" && isGitSpace(line[0]) {
			trailers[last].Value = strings.TrimSuffix(message[valueStart:next], "\n")
			continue
		}
		last = -1
		sep := trailerSeparator(line)
		if sep < 1 || line[0] == '#' {
			continue
		}
		last, valueStart = len(trailers), at+sep+1
		trailers = append(trailers, patchset.Trailer{
			Key:   strings.Trim(line[:sep], GitSpace),
			Value: line[sep+1:],
		})
	}
	for i := range trailers {
		trailers[i].Value = unfoldTrailer(trailers[i].Value)
	}
	return trailers
}

func unfoldTrailer(value string) string {
	value = strings.Trim(value, GitSpace)
	if !strings.Contains(value, "\n") {
		return value
	}
	var out strings.Builder
	for i, line := range strings.Split(value, "\n") {
		if i > 0 {
			line = strings.TrimLeft(line, GitSpace)
			out.WriteByte(' ')
		}
		out.WriteString(line)
	}
	return strings.Trim(out.String(), GitSpace)
}

// TrailerBlock returns where the trailers of message start and end; both are the end of the
// text where it has none.
func TrailerBlock(message string) (start, end int) {
	message = message[:messageEnd(message)]
	end = len(message)
	titleEnd := titleEnd(message)
	trailers, others, continuations := 0, 0, 0
	generated, onlyBlank := false, true
	for at := lastLine(message, end); at >= titleEnd; at = lastLine(message, at) {
		line := message[at:lineEnd(message, at)]
		blank := strings.Trim(line, GitSpace+"\v\f") == ""
		switch {
		case line != "" && line[0] == '#':
			others += continuations
			continuations = 0
			continue
		case blank && onlyBlank:
			continue
		case blank:
			others += continuations
			if generated && trailers*3 >= others || trailers > 0 && others == 0 {
				return lineEnd(message, at), end
			}
			return end, end
		}
		onlyBlank = false
		switch {
		case strings.HasPrefix(line, "Signed-off-by: "), strings.HasPrefix(line, "(cherry picked from commit "):
			trailers++
			continuations = 0
			generated = true
		case !isGitSpace(line[0]) && trailerSeparator(line) >= 1:
			trailers++
			continuations = 0
		case isGitSpace(line[0]):
			continuations++
		default:
			others += 1 + continuations
			continuations = 0
		}
	}
	return end, end
}

// titleEnd returns where the first paragraph ends: its lines are no trailers.
func titleEnd(message string) int {
	at := 0
	for at < len(message) {
		end := lineEnd(message, at)
		if message[at] != '#' && strings.Trim(message[at:end], GitSpace) == "" {
			break
		}
		at = end
	}
	return at
}

// messageEnd returns where comment and blank lines at the end of message start, and what git
// takes for such: the old "Conflicts:" block, and all below its scissors line.
func messageEnd(message string) int {
	const cut = "# ------------------------ >8 ------------------------\n"
	end := len(message)
	if strings.HasPrefix(message, cut) {
		end = 0
	} else if i := strings.Index(message, "\n"+cut); i >= 0 {
		end = i + 1
	}
	comments, conflicts := -1, false
	for at := 0; at < end; at = lineEnd(message, at) {
		switch c := message[at]; {
		case c == '#' || c == '\n':
			if comments <= 0 {
				comments = at
			}
		case strings.HasPrefix(message[at:], "Conflicts:\n"):
			conflicts = true
			if comments <= 0 {
				comments = at
			}
		case conflicts && c == '\t':
		case comments > 0:
			comments, conflicts = -1, false
		}
	}
	if comments > 0 {
		return comments
	}
	return end
}

// lastLine returns where the line that ends before end starts, or -1.
func lastLine(s string, end int) int {
	if end == 0 {
		return -1
	}
	return strings.LastIndexByte(s[:end-1], '\n') + 1
}

// lineEnd returns the end of the line at at, its LF included.
func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s)
}

// trailerSeparator returns where the colon of a trailer line is; 0 where the line starts with
// one, -1 where it is no trailer.
func trailerSeparator(line string) int {
	space := false
	for i := range len(line) {
		c := line[i]
		switch {
		case c == ':':
			return i
		case !space && (isAlpha(c) || IsDigit(c) || c == '-'):
		case i > 0 && (c == ' ' || c == '\t'):
			space = true
		default:
			return -1
		}
	}
	return -1
}

// SameTrailer reports whether two trailers say the same: by the address where they name a person, by the
// Message-ID where they link to a mail, in whatever archive.
func SameTrailer(a, b patchset.Trailer) bool {
	return strings.EqualFold(a.Key, b.Key) && TrailerKey(a) == TrailerKey(b)
}

// TrailerKey returns what is the same for trailers that say the same, as [SameTrailer] has it.
func TrailerKey(t patchset.Trailer) string {
	value := strings.ToLower(strings.TrimSpace(t.Value))
	if id := LinkedID(value); id != "" {
		value = id
	} else if who, _, ok := ParsePerson(value); ok {
		value = who.Email
	}
	return strings.ToLower(t.Key) + ":" + value
}

// NamesMail reports whether value is a Message-ID in angle brackets, or the URL of a mail.
func NamesMail(value string) bool {
	value = strings.TrimSpace(value)
	return LinkedID(value) != "" || strings.HasPrefix(value, "<") && strings.HasSuffix(value, ">") && strings.Contains(value, "@")
}

// LinkedID returns the Message-ID that the URL at the start of value ends in, or "".
func LinkedID(value string) string {
	target, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	u, err := url.Parse(strings.Trim(target, "<>"))
	if err != nil || u.Host == "" {
		return ""
	}
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if part, err := url.PathUnescape(part); err == nil && strings.Contains(part, "@") {
			return strings.Trim(part, "<>")
		}
	}
	return ""
}
