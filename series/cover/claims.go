// SPDX-License-Identifier: GPL-2.0-only

package cover

import (
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var numerals = []string{
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	"eleven", "twelve", "thirteen", "fourteen", "fifteen",
}

const reNumber = `(\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen)`

var (
	reAnnounce = []*lazyregexp.Regexp{
		lazyregexp.New(`(?i)\b(?:this|the) (?:patch[- ]?)?(?:series|set) (?:of|has|contains|consists of|comprises) (?:the following )?` + reNumber + ` patch(?:es)?\b`),
		lazyregexp.New(`(?i)\b(?:this|a|in) ` + reNumber + `[- ]patch (?:series|set)\b`),
		lazyregexp.New(`(?i)\bthese ` + reNumber + ` patches\b`),
	}
	// rePart ends what stands before patches that are some of the series: "we could combine these two patches".
	rePart     = lazyregexp.New(`(?i)\b(?:combine|squash|merge|fold|join|split|swap|reorder)(?:d|ed|ing)? $`)
	reOverview = lazyregexp.New(`^\s*\[(\d{1,4})/(\d{1,4})\]`)

	reChangelog = lazyregexp.New(`(?i)^[\s*#=\[-]*(?:change ?log\b|changes?\b.*\bv?\d|changes? (?:since|from|in|to)\b|(?:patch ?set )?v\d+\b|(?:since|from|in|differences from) (?:rfc|v\d)|(?:revision|version|patch) history|link to v\d|rfc(?: v\d+)? ?(?:->|=>|→|to) ?v?\d)`)

	reSection   = lazyregexp.New(`(?i)^[\s*#=\[-]*(?:changes?\b|patch ?set|since|from|in)?[^.]{0,20}?\bv(\d{1,4})(?:\s*(?:->|=>|→|to)\s*v?(\d{1,4}))?\b[\])]?\s*(?::|$)`)
	reSince     = lazyregexp.New(`(?i)\b(?:since|from)\b`)
	reNoChanges = lazyregexp.New(`(?i)\bno (?:code changes?|changes? (?:in|to) (?:the )?code)\b(?: (?:from|since|relative to|compared (?:to|with)|against|vs\.?) v(\d{1,4}))?|\bno changes? (?:from|since|relative to|compared (?:to|with)|against|vs\.?) v(\d{1,4})`)
)

// HasChangelog reports whether a line of text starts a list of changes.
func HasChangelog(text string) bool {
	for line := range strings.Lines(text) {
		if startsChangelog(line) {
			return true
		}
	}
	return false
}

// startsChangelog reports whether line is the first of a list of changes. Most lines are not, by their first letter,
// which is much cheaper to see than by the pattern.
func startsChangelog(line string) bool {
	first := strings.TrimLeft(line, " \t*#=[-")
	return first != "" && strings.IndexByte("cpvsfidrl", first[0]|0x20) >= 0 && reChangelog.MatchString(line)
}

// readClaims reads the running text: numbers of patches, the changelog, and "no code changes".
func (c *Letter) readClaims(lines []string) {
	section := 0 // the version that the lines under a changelog's heading are about
	for _, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "[") {
			if m := reOverview.FindStringSubmatch(line); m != nil {
				c.Announced = append(c.Announced, Announcement{Atoi(m[2]), strings.TrimSpace(line)})
			}
		}
		if startsChangelog(line) {
			c.Changelog = true
		}
		if strings.ContainsAny(line, "vV") { // which the slower pattern needs
			if m := reSection.FindStringSubmatch(line); m != nil {
				section = sectionVersion(m, line)
			}
		}
		if !strings.Contains(line, "change") {
			continue
		}
		if m := reNoChanges.FindStringSubmatch(line); m != nil {
			claim := NoChangeClaim{Version: section, Words: strings.TrimSpace(line)}
			if since := Atoi(m[1] + m[2]); since > 0 {
				claim.Version = since + 1
			}
			c.NoChanges = append(c.NoChanges, claim)
		}
	}
	c.readAnnouncements(strings.Join(strings.Fields(strings.Join(lines, " ")), " "))
}

// readAnnouncements looks around each "patch" of the text.
func (c *Letter) readAnnouncements(text string) {
	const before, after = 60, 20
	for at := 0; ; {
		i := strings.Index(text[at:], "patch")
		if i < 0 {
			return
		}
		at += i
		around := text[max(at-before, 0):min(at+after, len(text))]
		for _, re := range reAnnounce {
			for _, m := range re.FindAllStringSubmatch(around, 2) {
				before, _, _ := strings.Cut(around, m[0])
				if rePart.MatchString(before) {
					continue
				}
				if a := (Announcement{number(m[1]), m[0]}); !slices.Contains(c.Announced, a) {
					c.Announced = append(c.Announced, a)
				}
			}
		}
		at += len("patch")
	}
}

// sectionVersion returns the version that a heading of a changelog is about: "v1 -> v2" is about
// 2, and so is "Changes since v1".
func sectionVersion(m []string, line string) int {
	switch {
	case m[2] != "":
		return max(Atoi(m[1]), Atoi(m[2]))
	case reSince.MatchString(line):
		return Atoi(m[1]) + 1
	}
	return Atoi(m[1])
}

func number(word string) int {
	if i := slices.Index(numerals, strings.ToLower(word)); i >= 0 {
		return i
	}
	return Atoi(word)
}
