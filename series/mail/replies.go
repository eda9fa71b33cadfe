// SPDX-License-Identifier: GPL-2.0-only

package mail

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// ReceivedTrailers returns the trailers that a reply gives: lines of their own, not quoted, before the
// signature. Below a diff only what stands at the start of a line counts, and a Signed-off-by in a reply with
// a diff belongs to that. A mail that Outlook quotes has no mark before its lines: they begin with its headers. Trailers of persons are
// "Something-by: Name <address>". Others, such as Fixes and Closes, are what the reviewer asks for; Offered marks them.
func ReceivedTrailers(m *patchset.Mail) []patchset.ReceivedTrailer {
	var out []patchset.ReceivedTrailer
	lines := strings.Split(m.Body, "\n")
	withDiff := strings.Contains(m.Body, "\ndiff --git ")
	shown := false // whether the lines are what git log says of a commit, whose trailers are indented
	inDiff := false
	for i, line := range lines {
		if line == "-- " || quotesBelow(lines[i:]) {
			break
		}
		inDiff = inDiff || isPatchStart([]byte(line+"\n")) && strings.TrimRight(line, " \t\r") != "---"
		shown = inShownCommit(shown, line)
		indented := strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")
		if inDiff && line != "" && isGitSpace(line[0]) {
			continue
		}
		line = plainHyphens(strings.Trim(strings.TrimSpace(line), invisible))
		if shown && indented {
			continue
		}
		next := ""
		if i+1 < len(lines) {
			next = strings.TrimSpace(lines[i+1])
		}
		for second := ""; line != "" && len(out) <= limit.Received; line = second { // one more than is taken shows that there are more
			line, second = handmade(line)
			if t := received(m, line, next); t.Value != "" && !(withDiff && EqualFold(t.Key, "Signed-off-by")) {
				out = append(out, t)
			}
		}
	}
	return out
}

// maxTrailer is how long the line of a trailer may be. Looking at one of megabytes takes seconds.
const maxTrailer = 2000

// received reads the trailer that a line of m is, which next may go on; where it is none, its value is "".
func received(m *patchset.Mail, line, next string) patchset.ReceivedTrailer {
	if len(line) > maxTrailer {
		return patchset.ReceivedTrailer{}
	}
	sep := trailerSeparator(line)
	if sep < 1 {
		return patchset.ReceivedTrailer{}
	}
	t := patchset.ReceivedTrailer{
		Trailer:   patchset.Trailer{Key: tidyKey(strings.TrimSpace(line[:sep]))},
		From:      patchset.Person{Name: m.From.Name, Email: m.From.Email},
		MessageID: m.MessageID,
	}
	value := strings.TrimSpace(line[sep+1:])
	switch {
	case !personTrailer(t.Key):
		t.Value, t.Offered = offeredValue(t.Key, value, next), true
	case strings.Contains(value, " ") && !strings.Contains(value+next, "@") && m.From.Email != "" && SameName(value, m.From.Name): // the address was forgotten
		t.Value, t.BySender = value+" <"+m.From.Email+">", true
	default:
		t.Value = personValue(value, next)
		t.BySender = givenBy(t.Value, m.From.Name, m.From.Email)
	}
	return t
}

// invisible are a byte order mark and spaces of no width, which some programs put before a line.
const invisible = "\ufeff\u200b\u200c\u200d\u2060"

var (
	reQuoteMark = lazyregexp.New(`^(?:-{2,} ?(?:Original|Forwarded|Ursprüngliche|原始)\S* ?\S* ?-{2,}|_{20,})\s*$`)
	reQuoteHead = lazyregexp.New(`^\*?(?:From|Sent|Date|To|Subject|Von|Gesendet|De|发件人)\s?[:：]`)
)

// quotesBelow reports whether lines begin a mail that is quoted whole, with its headers and without a mark before its lines.
func quotesBelow(lines []string) bool {
	first := strings.TrimSpace(lines[0])
	if !strings.HasPrefix(first, "--") && !strings.HasPrefix(first, "__") || !reQuoteMark.MatchString(first) {
		return strings.HasPrefix(first, "From:") && len(lines) > 1 && strings.HasPrefix(strings.TrimSpace(lines[1]), "Sent:")
	}
	heads := 0
	for _, line := range lines[1:min(len(lines), 8)] {
		if reQuoteHead.MatchString(strings.TrimSpace(line)) {
			heads++
		}
	}
	return heads >= 2 || heads == 1 && lines[0][0] == '-'
}

// plainHyphens makes those of a key, "Reviewed‑by", ASCII.
func plainHyphens(line string) string {
	key, value, ok := strings.Cut(line, ":")
	if !ok || !strings.ContainsAny(key, "\u2010\u2011") {
		return line
	}
	return strings.NewReplacer("\u2010", "-", "\u2011", "-").Replace(key) + ":" + value
}

// tidyKey writes the key of a trailer as git's own are: "Reviewed-by", where it is in small or large letters alone.
func tidyKey(key string) string {
	if lower := strings.ToLower(key); key != "" && (key == lower || key == strings.ToUpper(key)) {
		return strings.ToUpper(key[:1]) + lower[1:]
	}
	return key
}

var (
	reShownCommit = lazyregexp.New(`^commit [0-9a-f]{12,64}\b`)
	reShownHead   = lazyregexp.New(`^(?:Author|Commit|Merge|Date|AuthorDate|CommitDate):\s`)
)

// inShownCommit reports whether line is one of a commit as git log shows it, where the line before was, or not.
func inShownCommit(before bool, line string) bool {
	if strings.HasPrefix(line, "commit ") && reShownCommit.MatchString(line) {
		return true
	}
	plain := line != "" && line[0] != ' ' && line[0] != '\t'
	return before && (!plain || reShownHead.MatchString(line))
}

// personTrailer reports whether key is a trailer that names a person: Reviewed-by, Acked-by …
func personTrailer(key string) bool {
	return len(key) > 3 && EqualFold(key[len(key)-3:], "-by") && isAlpha(key[0]) && !strings.Contains(key, " ") // "-Acked-by" is of a diff
}

// personValue returns the value of a person's trailer, or "" where it names no address. A mail program
// may have wrapped it into the next line.
func personValue(value, next string) string {
	value = strings.TrimSpace(strings.ReplaceAll(value, "\u00a0", " "))
	if !strings.Contains(value, "@") && strings.Contains(next, "@") && trailerSeparator(next) < 1 {
		value += " " + next
	}
	if strings.Contains(value, "=?") {
		value = string(DecodeLoosely(value))
	}
	value = mendBrackets(tidyAddress(value))
	if _, _, ok := ParsePerson(value); !ok {
		return ""
	}
	if reScope.MatchString(next) {
		value += " " + next
	}
	return value
}

// reScope is a line below a trailer that says what it is for: "[for the x86 part]".
var reScope = lazyregexp.New(`^\[[^\[\]]{1,60}\s[^\[\]]{1,60}\]$`)

var (
	reEntities  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&")
	reMarkdown  = lazyregexp.New(`(?i)<?\[([^<>\[\]\s]+@[^<>\[\]\s]+)\]\(mailto:[^<>()\s]+\)>?`)
	reMailto    = lazyregexp.New(`(?i)<?\[?mailto:([^<>\[\]\s]+@[^<>\[\]\s]+?)[\]>]+`)
	reFullStop  = lazyregexp.New(`>[.,;!]+$`)
	reLinked    = lazyregexp.New(`<([^<>\s]+@[^<>\s]+)\s?<(?:https?|mailto):[^<>]*>>`)
	reRepeated  = lazyregexp.New(`<([^<>\s]+@[^<>\s]+)>\s*<([^<>\s]+@[^<>\s]+)>`)
	reNoSpace   = lazyregexp.New(`([^<>\s"])<([^<>\s]+@[^<>\s]+)>`)
	reUnclosed  = lazyregexp.New(`^([^<>@()\[\]]+?)(?:\s+|\s*[<(\[])([^\s<>()\[\]",:@]+@[^\s<>()\[\]",:@]+\.[a-zA-Z]+)[>)\]]?$`)
	reTwice     = lazyregexp.New(`<*<\s*([^<>\s]+@[^<>\s]+)\s*>+`)
	reBothForms = lazyregexp.New(`([^<>\s]+@[^<>\s]+?)\s*<([^<>\s]+@[^<>\s]+)>`)
)

// tidyAddress takes out what mail programs make of "Name <address>": entities of HTML, mailto:, links, doubled
// brackets, and the address within the address; and the full stop of a sentence behind it.
func tidyAddress(value string) string {
	value = reLinked.ReplaceAllString(reEntities.Replace(value), "<$1>")
	value = reMailto.ReplaceAllString(reMarkdown.ReplaceAllString(value, "<$1>"), "<$1>")
	if m := reBothForms.FindStringSubmatch(value); m != nil && strings.EqualFold(m[1], m[2]) {
		value = reBothForms.ReplaceAllString(value, "<$2>")
	}
	if m := reRepeated.FindStringSubmatch(value); m != nil && strings.EqualFold(m[1], m[2]) {
		value = reRepeated.ReplaceAllString(value, "<$1>")
	}
	return reFullStop.ReplaceAllString(strings.TrimSpace(reTwice.ReplaceAllString(value, "<$1>")), ">")
}

// mendBrackets gives the address of "Name address", "Name (address)" and "Name <address" its brackets, and the space before them.
func mendBrackets(value string) string {
	isWhole := strings.Contains(value, "<") && strings.HasSuffix(value, ">")
	if m := reUnclosed.FindStringSubmatch(value); m != nil && !isWhole {
		return m[1] + " <" + m[2] + ">"
	}
	return reNoSpace.ReplaceAllString(value, "$1 <$2>")
}

var reOfferedURL = lazyregexp.New(`^<?https?://\S+(?:\s+#?\s*\S{1,20})?$`)

// reOffered are the trailers that a reviewer may ask for, each with the form of its value.
var reOffered = map[string]*lazyregexp.Regexp{
	"fixes":   lazyregexp.New(`^(?:commit )?[0-9a-fA-F]{7,40} \(.*\)[.,]?(?:\s*[#\[].*)?$|^[0-9a-f]{12,40} [^("'].*$`),
	"closes":  reOfferedURL,
	"link":    reOfferedURL,
	"buglink": reOfferedURL,
	"cc":      lazyregexp.New(`(?i)^(?:"?stable"?\s+)?<?stable@(?:vger\.)?kernel\.org>?(?:\s*[#\[(].*)?$`),
}

// offeredValue returns the value of a trailer that a reviewer asks for, or "" where it is none.
func offeredValue(key, value, next string) string {
	re := reOffered[strings.ToLower(key)]
	if re == nil {
		return ""
	}
	value = strings.TrimSpace(value)
	if !re.MatchString(value) && EqualFold(key, "Fixes") {
		value += " " + next
	}
	if !re.MatchString(value) {
		return ""
	}
	return value
}

// longName is how many letters a name without a space has that is likely that of one person: NeilBrown.
const longName = 8

// givenBy reports whether the value of a trailer names the sender of a mail: by address, or,
// since people review from more than one, by the same full name.
func givenBy(value, name, email string) bool {
	who, rest, _ := ParsePerson(value)
	if reSecondPerson.MatchString(rest) {
		return false // for the other nobody can vouch
	}
	if EqualFold(stripTag(who.Email), stripTag(email)) {
		return true
	}
	if first, _, more := strings.Cut(strings.ToLower(who.Name), " "); more && len(first) > 2 && (name == "" || name == email) &&
		strings.HasPrefix(strings.ToLower(email), first) {
		return true // a mail program that does not give the name
	}
	if name == "" || name == email { // the local part alone, at another host
		local, _, _ := strings.Cut(email, "@")
		theirs, _, _ := strings.Cut(who.Email, "@")
		return len(local) >= 4 && EqualFold(local, theirs)
	}
	return (strings.Contains(who.Name, " ") || len(who.Name) >= longName) && SameName(strings.ToLower(who.Name), strings.ToLower(name)) || sameWords(who.Name, name) ||
		len(joined(name)) >= longName && joined(who.Name) == joined(name)
}

// reSecondPerson is what follows the address where a trailer names two people.
var reSecondPerson = lazyregexp.New(`^(?:[,;&]|and\b).*@`)

// joined returns the letters of a name in one word: "rob.reviewer" is "Rob Reviewer".
func joined(name string) string {
	return strings.NewReplacer(".", "", "_", "", "-", "").Replace(strings.Join(plainWords(name), ""))
}

// sameWords reports whether all words of one name are among those of the other, two at least, in any order and without accents: "Uthor, Ä" is
// "A Uthor", and so is "A Uthor Else".
func sameWords(a, b string) bool {
	x, y := plainWords(a), plainWords(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	return len(x) >= 2 && !slices.ContainsFunc(x, func(w string) bool {
		i := slices.Index(y, w)
		if i >= 0 {
			y = slices.Delete(y, i, i+1) // "Li Li" is not "Li Na"
		}
		return i < 0
	})
}

// plainWords returns the words of a name in small letters, without accents, quotes and commas.
func plainWords(name string) []string {
	return strings.Fields(strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r == ',':
			return ' '
		case unicode.Is(unicode.Mn, r):
			return -1
		}
		return r
	}, norm.NFD.String(nameQuotes.Replace(name)))))
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
