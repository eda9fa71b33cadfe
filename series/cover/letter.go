// SPDX-License-Identifier: GPL-2.0-only

package cover

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Letter is what a cover letter says about its patches in a form that can be measured.
// Each part may be absent.
type Letter struct {
	// Stats are the lines of the diffstat, and Totals its last line, nil where there is none.
	Stats  []StatLine
	Totals *StatTotals
	// Created and Deleted are the paths of the lines "create mode" and "delete mode" below the
	// diffstat; Renamed those of "rename" as old path and new path.
	Created, Deleted []string
	Renamed          [][2]string
	// Shortlog holds the titles by author, in order, those of several shortlogs too. See FittingShortlog.
	Shortlog []ShortlogAuthor
	// Announced are the numbers of patches that the text names, with the words it does so in.
	Announced []Announcement
	// Changelog reports whether the text tells what changed since an earlier version.
	Changelog bool
	// NoChanges are the claims that the code is that of an earlier version.
	NoChanges []NoChangeClaim
}

// A StatLine is one line of a diffstat: " path | 12 +++---".
type StatLine struct {
	// Path is the path after the patch, and Old the one before where the line shows a rename.
	// Both may be cut: ".../net/core.c".
	Path, Old string
	// Changes is the number behind the bar; Binary stands for "Bin".
	Changes int
	Binary  bool
	// Plus and Minus are the signs drawn, which are scaled down where they do not sum up to
	// Changes.
	Plus, Minus int
}

// StatTotals is the last line of a diffstat.
type StatTotals struct {
	Files, Insertions, Deletions int
}

func (t *StatTotals) String() string {
	return fmt.Sprintf("%s, %s and %s", report.Plural(t.Files, "file"), report.Plural(t.Insertions, "insertion"), report.Plural(t.Deletions, "deletion"))
}

// A ShortlogAuthor is one block of a shortlog.
type ShortlogAuthor struct {
	Name   string
	Count  int // the number in brackets
	Titles []string
	// Log counts the shortlogs of the text, from 0: one that is quoted may stand before the cover letter's own.
	Log int
}

// An Announcement is a place in the text that says how many patches there are.
type Announcement struct {
	Count int
	Words string
}

// A NoChangeClaim is a sentence like "No code changes from v1". Version is the one it speaks
// about, 0 where it does not say.
type NoChangeClaim struct {
	Version int
	Words   string
}

// Parse reads the body of a cover letter. It takes what it recognises, and never fails. A text that is longer than
// any cover letter claims nothing: half of a diffstat would be wrong.
func Parse(body string) *Letter {
	if len(body) > limit.CoverBytes {
		return &Letter{Changelog: true}
	}
	lines := strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
	c := &Letter{}
	c.readDiffstat(lines)
	c.readShortlog(lines)
	c.readClaims(lines)
	return c
}

var (
	reStatLine   = lazyregexp.New(`^ ?(\S.*?) +\| +(?:(\d{1,9})(?: (\+*)(-*))?|(Bin)(?: .*)?|Unmerged)\s*$`)
	reStatTotals = lazyregexp.New(`^ ?(\d{1,9}) files? changed(?:, (\d{1,9}) insertions?\(\+\))?(?:, (\d{1,9}) deletions?\(-\))?\s*$`)
	reStatMode   = lazyregexp.New(`^ ?(create|delete) mode \d{6} (.+?)\s*$`)
	reStatRename = lazyregexp.New(`^ ?rename (.+) \(\d{1,3}%\)\s*$`)
	reStatOther  = lazyregexp.New(`^ ?(?:copy .+ \(\d{1,3}%\)|mode change \d{6} => \d{6} .+|rewrite .+ \(\d{1,3}%\))\s*$`)
)

// readDiffstat takes the last diffstat of the text: earlier ones are quoted from elsewhere.
func (c *Letter) readDiffstat(lines []string) {
	for i := len(lines) - 1; i > 0; i-- {
		totals := reStatTotals.FindStringSubmatch(lines[i])
		if totals == nil || !reStatLine.MatchString(lines[i-1]) {
			continue
		}
		c.Totals = &StatTotals{Atoi(totals[1]), Atoi(totals[2]), Atoi(totals[3])}
		first := i
		for first > 0 && reStatLine.MatchString(lines[first-1]) {
			first--
		}
		for _, line := range lines[first:i] {
			c.Stats = append(c.Stats, parseStatLine(line))
		}
		c.readSummary(lines[i+1:])
		return
	}
}

func parseStatLine(line string) StatLine {
	m := reStatLine.FindStringSubmatch(line)
	old, now := splitRename(m[1])
	s := StatLine{Path: now, Changes: Atoi(m[2]), Plus: len(m[3]), Minus: len(m[4]), Binary: m[5] != ""}
	if old != now {
		s.Old = old
	}
	return s
}

// readSummary reads the lines that follow the totals of a diffstat.
func (c *Letter) readSummary(lines []string) {
	for _, line := range lines {
		if m := reStatMode.FindStringSubmatch(line); m != nil {
			if m[1] == "create" {
				c.Created = append(c.Created, unquotePath(m[2]))
			} else {
				c.Deleted = append(c.Deleted, unquotePath(m[2]))
			}
		} else if m := reStatRename.FindStringSubmatch(line); m != nil {
			old, now := splitRename(m[1])
			c.Renamed = append(c.Renamed, [2]string{old, now})
		} else if !reStatOther.MatchString(line) {
			return
		}
	}
}

// splitRename takes apart how git abbreviates a rename: "a => b", or "dir/{a => b}/file".
func splitRename(s string) (old, now string) {
	before, after, ok := strings.Cut(s, " => ")
	if !ok && strings.HasPrefix(s, "...") && strings.Contains(s, "}") {
		s = strings.Replace(s, "}", "", 1) // the same, from the arrow on
	}
	if !ok {
		p := unquotePath(s)
		return p, p
	}
	open, end := strings.LastIndexByte(before, '{'), strings.IndexByte(after, '}')
	switch {
	case open < 0 && end >= 0: // git cut the front off: "...x.c => y.c}"
		return "..." + strings.TrimPrefix(before, "...") + after[end+1:], "..." + after[:end] + after[end+1:]
	case open < 0 || end < 0:
		return unquotePath(before), unquotePath(after)
	}
	head, tail := before[:open], after[end+1:]
	return path.Clean(head + before[open+1:] + tail), path.Clean(head + after[:end] + tail)
}

// unquotePath undoes the quotes that git puts around a path with unusual bytes.
func unquotePath(s string) string {
	if strings.HasPrefix(s, `"`) {
		if plain, err := strconv.Unquote(s); err == nil {
			return plain
		}
	}
	return s
}

// indent returns the width of the white space that line begins with; 0 for an empty line.
func indent(line string) int {
	rest := strings.TrimLeft(line, " \t")
	if rest == "" {
		return 0
	}
	return len(line) - len(rest)
}

// Atoi reads the digits that a pattern has matched; "" is 0.
func Atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
