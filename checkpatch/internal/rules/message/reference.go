// SPDX-License-Identifier: GPL-2.0-only

package message

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var patReasons = lazyregexp.New(`(?:BUG: K.|UB)SAN: |Call Trace:|stable@|syzkaller`)

// noteFixReasons remembers what hints at a fix.
func noteFixReasons(c *engine.Checker) bool {
	if c.Log.Header || c.IsPatch {
		return false
	}
	text := c.Line.Text
	if strings.HasPrefix(text, "This reverts commit") {
		c.Log.Revert = true
	}
	if strings.ContainsAny(text, ":@z") {
		if m := patReasons.FindString(text); m != "" {
			c.Log.NeedsFixes = m
		}
	}
	return false
}

var (
	patFixes      = syntax.Compile(`^\s*((?i:fixes:?))\s*(?:(?i:commit)\s*)?([0-9a-fA-F]{5,40})(?:\s*({parens}))?`)
	patFixesSpace = syntax.Compile(`^(?i:fixes):? [0-9a-fA-F]{5,40} {parens}`)
	patLongID     = lazyregexp.New(`(?i)^[0-9a-f]{12,40}$`)
	patShortID    = lazyregexp.New(`(?i)^[0-9a-f]{12}$`)
	// What scripts before Linux 6.12 look for.
	patFixesSeen = lazyregexp.New(`(?i)^\s*fixes:?\s*(?:commit\s*)?[0-9a-f]{5,}\b`)
	patFixesIn   = syntax.Compile(`(\s*(?i:fixes:?))\s+([0-9a-fA-F]{5,})\s+({parens})`)
	patFixesOld  = syntax.Compile(`^(?i:fixes:?) [0-9a-fA-F]{5,} {parens}`)
)

// sampleID stands for a commit where none can be looked up.
const sampleID = "0123456789ab"

// commitInfo looks up the commit that abbrev names. Without a repository it returns what it was given.
func commitInfo(c *engine.Checker, abbrev, id, subject string) (string, string, bool) {
	if c.Settings.Commits == nil {
		return id, subject, id != ""
	}
	full, title, known := c.Settings.Commits(abbrev)
	if !known {
		return "", subject, false
	}
	return full[:min(12, len(full))], title, true
}

// inParens returns the text within parentheses and, if it has them, quotes.
func inParens(s string) (text string, quoted bool) {
	s = s[1 : len(s)-1]
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' && strings.IndexByte(s, '\n') < 0 {
		return s[1 : len(s)-1], true
	}
	return s, false
}

// checkFixesTag wants Fixes: <12 digits> ("title").
func checkFixesTag(c *engine.Checker) bool {
	text := c.Line.Text
	if c.Log.Header || strings.HasPrefix(text, "+") {
		return false
	}
	if !c.Has(edition.ParsedFixes) {
		checkOldFixesTag(c)
		return false
	}
	m := c.M.Groups(patFixes, text)
	if m == nil {
		return false
	}
	c.Log.Fixes = true
	title, quoted := "commit title", false
	if m[3] != "" {
		title, quoted = inParens(m[3])
	}
	id, known, ok := commitInfo(c, m[2], sampleID, title)
	good := known == title && m[1] == "Fixes:" && c.M.Match(patFixesSpace, text) && goodFixesID(c, m[2]) && quoted
	if (ok || !c.Has(edition.KnownFixesOnly)) && !good {
		badFixesTag(c, id, known)
	}
	return false
}

// goodFixesID reports whether a Fixes: tag may abbreviate a commit so.
func goodFixesID(c *engine.Checker, id string) bool {
	form := patShortID
	if c.Has(edition.LongFixes) {
		form = patLongID
	}
	return form.MatchString(id) && !strings.ContainsAny(id, "ABCDEF")
}

func badFixesTag(c *engine.Checker, id, title string) {
	want := fmt.Sprintf("Fixes: %s (%q)", id, title)
	if c.Report("BAD_FIXES_TAG", engine.Warn, "write the tag as "+want) {
		c.FixLine(func(string) string { return want })
	}
}

// checkOldFixesTag is checkFixesTag as scripts before Linux 6.12 have it: any line that starts like the tag must hold a
// good one.
func checkOldFixesTag(c *engine.Checker) {
	text := c.Line.Text
	if !patFixesSeen.MatchString(text) {
		return
	}
	m := c.M.Groups(patFixesIn, text)
	if m == nil {
		id, title, _ := commitInfo(c, "", sampleID, "commit title")
		badFixesTag(c, id, title)
		return
	}
	title, quoted := inParens(m[3])
	id, known, _ := commitInfo(c, m[2], sampleID, title)
	if known != title || m[1] != "Fixes:" || !c.M.Match(patFixesOld, text) || !goodFixesID(c, m[2]) || !quoted {
		badFixesTag(c, id, known)
	}
}

var (
	patNoReference  = lazyregexp.New(`(?i)^\s*(?:Link|Patchwork|http|https|BugLink|base-commit):`)
	patRevertLine   = lazyregexp.New(`^This reverts commit [0-9a-f]{7,40}`)
	patCommitWord   = lazyregexp.New(`(?i)\bcommit\s+[0-9a-f]{5,}\b`)
	patCommitStart  = lazyregexp.New(`(?i)\bcommit\s+[0-9a-f]{5,}|\bcommit\s*$`)
	patCommitAtEnd  = lazyregexp.New(`(?i)\bcommit\s*$`)
	patIDAtStart    = lazyregexp.New(`(?i)^\s*[0-9a-f]{5,}\b`)
	patBareID       = lazyregexp.New(`(?i)(?:\s|^)[0-9a-f]{12,40}(?:[\s"'(\[]|$)`)
	patBracketedID  = lazyregexp.New(`(?i)[<\[][0-9a-f]{12,40}[>\]]`)
	patFixesID      = lazyregexp.New(`(?i)\bfixes:\s*[0-9a-f]{12,40}`)
	patCommitTitled = syntax.Compile(`\b(?i:commit)\s+[0-9a-fA-F]{5,}\s*({parens})`)
	patCommitID     = lazyregexp.New(`(?i)\b(c)ommit\s+([0-9a-f]{5,})\b`)
	patIDLong12     = lazyregexp.New(`(?i)\bcommit\s+[0-9a-f]{12,40}`)
	patIDTooLong    = lazyregexp.New(`(?i)\bcommit\s+[0-9a-f]{41,}`)
	patIDOneSpace   = lazyregexp.New(`(?i)\bcommit [0-9a-f]`)
	patIDLower      = lazyregexp.New(`\b[Cc]ommit\s+[0-9a-f]{5,40}[^A-F]`)
	patAnyID        = lazyregexp.New(`(?i)\b([0-9a-f]{12,40})\b`)
)

// mayMention reports whether text has a word "commit" or "fixes", or 12 hexadecimal digits in a row. Few lines have, and a message
// may have a million of them.
func mayMention(text string) bool {
	digits := 0
	for i := range len(text) {
		switch c := text[i] | ' '; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
			if digits++; digits == 12 {
				return true
			}
			if c != 'c' && c != 'f' {
				continue
			}
			_, isCommit := lines.CutFold(text[i:], "commit")
			_, isFixes := lines.CutFold(text[i:], "fixes")
			if isCommit || isFixes {
				return true
			}
		default:
			digits = 0
		}
	}
	return false
}

// mentionsCommit reports whether the line names a commit.
func mentionsCommit(c *engine.Checker) bool {
	text := c.Line.Text
	if patCommitWord.MatchString(text) {
		return true
	}
	if c.Line.Nr < len(c.Src.Raw) && patCommitAtEnd.MatchString(text) && patIDAtStart.MatchString(c.Src.Raw[c.Line.Nr]) {
		return true
	}
	return patBareID.MatchString(text) && !patBracketedID.MatchString(text) && !patFixesID.MatchString(text)
}

// checkCommitReference wants commit <12 digits> ("title") where the message names a commit; the reference
// may go on over the next two lines.
func checkCommitReference(c *engine.Checker) bool {
	text := c.Line.Text
	if !c.Log.Message || c.Log.Dump || !mayMention(text) || patNoReference.MatchString(text) || patRevertLine.MatchString(text) || !mentionsCommit(c) {
		return false
	}
	input, title, quoted := text, "commit description", false
	if patCommitStart.MatchString(text) {
		for n := range 2 {
			if m := c.M.Groups(patCommitTitled, input); m != nil {
				title, quoted = inParens(m[1])
				break
			}
			if c.Line.Nr+n >= len(c.Src.Raw) {
				break
			}
			input += " " + lines.TrimSpace(c.Src.Raw[c.Line.Nr+n])
		}
	}
	abbrev, plain := "", true
	if m := patCommitID.FindStringSubmatch(input); m != nil {
		abbrev = strings.ToLower(m[2])
		plain = !patIDLong12.MatchString(input) || patIDTooLong.MatchString(input) ||
			!patIDOneSpace.MatchString(input) || !patIDLower.MatchString(input)
	} else if m := patAnyID.FindStringSubmatch(input); m != nil {
		abbrev = strings.ToLower(m[1])
	}
	id, known, ok := commitInfo(c, abbrev, sampleID, title)
	if ok && (plain || known != title || !quoted) && c.Log.LastCommit != c.Line.Nr-1 {
		c.Report("GIT_COMMIT_ID", engine.Error, fmt.Sprintf("name the commit as commit %s (%q)", id, known))
	}
	if patCommitAtEnd.MatchString(text) {
		c.Log.LastCommit = c.Line.Nr
	}
	return false
}

var patKnownCommit = lazyregexp.New(`(?i)(?:^fixes:|\bcommit)\s+([0-9a-f]{6,40})\b`)

// checkCommitID finds commits that the repository does not have.
func checkCommitID(c *engine.Checker) bool {
	if !c.Log.Message || !mayMention(c.Line.Text) {
		return false
	}
	if m := patKnownCommit.FindStringSubmatch(c.Line.Text); m != nil {
		if _, _, ok := commitInfo(c, m[1], "", ""); !ok {
			c.Report("UNKNOWN_COMMIT_ID", engine.Warn, fmt.Sprintf("the tree has no commit %s", m[1]))
		}
	}
	return false
}
