// SPDX-License-Identifier: GPL-2.0-only

// Package message has the rules about the mail: its text, tags, addresses, references to commits, and the spelling of
// everything. [LogRules] look at each line, [CheckEnd] at the input as a whole.
package message

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// LogRules look at every line, whether it belongs to the mail or to a diff, in this order. One that
// returns true ends the line.
var LogRules = []func(*engine.Checker) bool{
	checkDescription, checkDiffInMessage, checkPermissions, noteAuthor, noteSignoff, checkSeparator,
	noteMaintainers, checkSignature, noteFixReasons, checkFixesTag, checkSubject, checkChangeID, checkStackDump,
	checkMessageLength, checkLinkTags, checkCommentSymbol, checkPlaceholder, checkCommitReference,
	checkArchive, checkFilePaths, checkCorruption, checkUTF8, startMessage, checkCharset,
	checkAbsolutePaths, checkSpelling, checkCommitID, checkRepeatedWords,
}

// checkDescription wants a commit message of more than a sign-off.
func checkDescription(c *engine.Checker) bool {
	if c.Log.Message {
		if lines.TrimSpace(c.Line.Text) != "" {
			c.Log.Lines++
		}
	} else if c.Log.Had && c.Log.Lines < 2 {
		c.Report("COMMIT_MESSAGE", engine.Warn, "")
		c.Log.Lines = 2
	}
	return false
}

var (
	patDiffNames = lazyregexp.New(`^\s+diff\b.*a/([\w/]+)`)
	patDiffMark  = lazyregexp.New(`^\s*(?:---\s+a/|\+\+\+\s+b/)|^\s*@@ -\d+,\d+ \+\d+,\d+ @@`)
)

// checkDiffInMessage finds what patch(1) would take for the start of the diff.
func checkDiffInMessage(c *engine.Checker) bool {
	if !c.Log.Message || c.Log.Diff {
		return false
	}
	text := c.Line.Text
	found := strings.ContainsAny(text, "-+@") && patDiffMark.MatchString(text)
	if !found && strings.Contains(text, "diff") {
		if m := patDiffNames.FindStringSubmatch(text); m != nil {
			pair := regexp.MustCompile(`^\s+diff\b.*a/[\w/]+\s+b/` + regexp.QuoteMeta(m[1]) + `\b`)
			found = pair.MatchString(text)
		}
	}
	if found {
		c.Report("DIFF_IN_COMMIT_MSG", engine.Error, "")
		c.Log.Diff = true
	}
	return false
}

var patNewMode = lazyregexp.New(`^new (file )?mode.*[7531]\d{0,2}$`)

// checkPermissions finds sources that are made executable.
func checkPermissions(c *engine.Checker) bool {
	if !strings.HasPrefix(c.Line.Text, "new ") || !patNewMode.MatchString(c.Line.Text) {
		return false
	}
	name := c.Line.File
	for _, suffix := range []string{".py", ".pl", ".awk", ".sh"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	if !strings.Contains(name, "scripts/") {
		c.Report("EXECUTE_PERMISSIONS", engine.Error, "")
	}
	return false
}

// checkSeparator follows the line "---", and finds lines that only look like it.
func checkSeparator(c *engine.Checker) bool {
	text := c.Line.Text
	if !strings.HasPrefix(text, "---") {
		return false
	}
	if c.Log.Message && len(text) > 3 {
		if c.Report("BAD_COMMIT_SEPARATOR", engine.Error, "") {
			c.FixLine(func(line string) string { return strings.ReplaceAll(line, "-", "=") })
		}
	}
	if text == "---" {
		c.Log.Separator = true
		c.Log.Message = false
	}
	return false
}

var patMaintainersStat = lazyregexp.New(`^\s*MAINTAINERS\s*\|`)

func noteMaintainers(c *engine.Checker) bool {
	if !c.Log.Maintainers && strings.Contains(c.Line.Text, "MAINTAINERS") && patMaintainersStat.MatchString(c.Line.Text) {
		c.Log.Maintainers = true
	}
	return false
}

var patTools = lazyregexp.New(`(?i)^Subject:.*\b(?:checkpatch|sparse|smatch)\b[^:]`)

// checkSubject wants the subject to name the change, not the tool that asked for it.
func checkSubject(c *engine.Checker) bool {
	if c.Log.Header && patTools.MatchString(c.Line.Text) {
		c.Report("EMAIL_SUBJECT", engine.Warn, "")
	}
	return false
}

var patChangeID = lazyregexp.New(`(?i)^\s*change-id:`)

func checkChangeID(c *engine.Checker) bool {
	if c.Line.File == "" && !c.Log.Separator && !strings.HasPrefix(c.Line.Text, "+") && patChangeID.MatchString(c.Line.Text) {
		if c.Report("GERRIT_CHANGE_ID", engine.Error, "") {
			c.Fixes.Remove(c.Line.Nr)
		}
	}
	return false
}

var patDump = lazyregexp.New(`^\s*(?:WARNING:|BUG:)|^\s*\[\s*\d+\.\d{6,6}\s*\]|^\s*\[<[0-9a-fA-F]{8,}>\]`)
var patDumpAlways = lazyregexp.New(`^(?:\s+\w+:\s+[0-9a-fA-F]+){3}|^\s*#\d+\s*\[[0-9a-fA-F]+\]\s*\w+ at [0-9a-fA-F]+`)

// checkStackDump follows stack dumps in the message, whose lines may be long.
func checkStackDump(c *engine.Checker) bool {
	text := c.Line.Text
	if c.Log.Message && !c.Log.Dump && patDump.MatchString(text) || text != "" && (lines.IsSpace(text[0]) || text[0] == '#') && patDumpAlways.MatchString(text) {
		c.Log.Dump = true
	}
	return false
}

var patLongAllowed = lazyregexp.New(`^\s*[a-zA-Z0-9_/.]+\s+\|\s+\d+|(?i:^\s*(?:Fixes:|(https?:)|Link:|(Closes:)))`)
var patLongPath = syntax.Compile(`^\s*(?:[\w.\-+]*/)++[\w.\-+]+:`)

const messageWidth = 75

// longAllowed reports whether a line of the message starts with what may make it long.
func longAllowed(c *engine.Checker, text string) bool {
	m := patLongAllowed.FindStringSubmatch(text)
	// With the tags for links came what wants them, and their name is among those of the lines that may be long.
	return m != nil && (m[1] == "" || c.Has(edition.LongURLs)) && (m[2] == "" || c.Has(edition.ParsedFixes))
}

// checkMessageLength complains once of a long line in the message. It also ends a stack dump at an empty line.
func checkMessageLength(c *engine.Checker) bool {
	text := c.Line.Text
	if !c.Log.Message {
		return false
	}
	if !c.Log.LongLine && len(text) > messageWidth && !c.Log.Dump && !longAllowed(c, text) &&
		!c.M.Match(patLongPath, text) && !c.Tree.TagAtStart(lines.TrimLeft(text)) {
		c.Report("COMMIT_LOG_LONG_LINE", engine.Warn, "")
		c.Log.LongLine = true
	}
	if c.Log.Dump && lines.TrimSpace(text) == "" {
		c.Log.Dump = false
	}
	return false
}

var (
	patTagURL   = lazyregexp.New(`^\s*(\w+:)\s*http`)
	patTagValue = lazyregexp.New(`^\s*(\w+:)\s*(\S+)`)
	patVersion  = lazyregexp.New(`(?i)^v(?:ersion)?\d+`)
)

// checkLinkTags looks at the tag before a URL, and at what follows the tags that want one.
func checkLinkTags(c *engine.Checker) bool {
	text := c.Line.Text
	if !c.Log.Message || strings.IndexByte(text, ':') < 0 {
		return false
	}
	if m := patTagURL.FindStringSubmatch(text); m != nil && !c.Tree.LinkTags[m[1]] {
		if patVersion.MatchString(m[1]) {
			c.Report("COMMIT_LOG_VERSIONING", engine.Warn, "")
		} else {
			c.Report("COMMIT_LOG_USE_LINK", engine.Warn, fmt.Sprintf("unknown tag %q before a URL", m[1]))
		}
	}
	m := patTagValue.FindStringSubmatch(text)
	if m != nil && c.Tree.LinkTags[m[1]] && !lines.HasAnyPrefix(m[2], "http://", "https://") {
		c.Report("COMMIT_LOG_WRONG_LINK", engine.Warn, "")
	}
	return false
}

func checkCommentSymbol(c *engine.Checker) bool {
	if c.Log.Message && strings.HasPrefix(c.Line.Text, "#") {
		if c.Report("COMMIT_COMMENT_SYMBOL", engine.Warn, "") {
			c.FixLine(func(line string) string { return " " + line })
		}
	}
	return false
}

func checkPlaceholder(c *engine.Checker) bool {
	if (c.Log.Message || c.Log.Header) &&
		(strings.Contains(c.Line.Raw, "SUBJECT HERE") || strings.Contains(c.Line.Raw, "BLURB HERE")) {
		c.Report("PLACEHOLDER_USE", engine.Error, "")
	}
	return false
}

var patArchive = lazyregexp.New(`http.*\b(?i:freedesktop\.org/archives/dri-devel|lists\.infradead\.org|lkml\.org|mail-archive\.com|` +
	`mailman\.alsa-project\.org/pipermail|marc\.info|ozlabs\.org/pipermail|spinics\.net)`)

func checkArchive(c *engine.Checker) bool {
	if strings.Contains(c.Line.Raw, "http") && patArchive.MatchString(c.Line.Raw) {
		c.Report("PREFER_LORE_ARCHIVE", engine.Warn, "")
	}
	return false
}

var (
	patFileMode   = lazyregexp.New(`^(?:new|deleted) file mode\s*\d+\s*$`)
	patRenamePath = lazyregexp.New(`^rename (?:from|to) [\w/.\-]+\s*$`)
	patRenameStat = lazyregexp.New(`\{\s*([\w/.\-]*)\s*=>\s*([\w/.\-]*)\s*\}`)
)

// checkFilePaths asks once whether files that come, go or move need a word in MAINTAINERS.
func checkFilePaths(c *engine.Checker) bool {
	text := c.Line.Text
	if c.Log.Message {
		return false
	}
	if !c.Log.Maintainers && (lines.HasAnyPrefix(text, "new", "deleted", "rename") &&
		(patFileMode.MatchString(text) || patRenamePath.MatchString(text)) ||
		strings.Contains(text, "=>") && patRenameStat.MatchString(text)) {
		c.IsPatch = true
		c.Log.Maintainers = true
		c.Report("FILE_PATH_CHANGES", engine.Warn, "")
	}
	if strings.HasPrefix(text, "new file mode") && patFileMode.MatchString(text) &&
		strings.HasPrefix(c.Line.File, "Documentation/devicetree/bindings/") && strings.HasSuffix(c.Line.File, ".txt") {
		c.Report("DT_SCHEMA_BINDING_PATCH", engine.Warn, "")
	}
	return false
}

// checkCorruption finds lines within a hunk that cannot be there.
func checkCorruption(c *engine.Checker) bool {
	text := c.Line.Text
	if c.Line.Left == 0 || text == "" || strings.IndexByte("+- ", text[0]) >= 0 ||
		strings.HasPrefix(text, `\ No newline`) || c.Corrupted {
		return false
	}
	c.Corrupted = true
	c.Report("CORRUPTED_PATCH", engine.Error, "")
	return false
}

var patHeaderLine = lazyregexp.New(`(?i)^(?:commit\b|from\b|[\w-]+:)|^\s+(?:\S|$)`)

// startMessage notices the first line that cannot belong to the header.
func startMessage(c *engine.Checker) bool {
	if c.Log.Header && c.Line.File == "" && !patHeaderLine.MatchString(c.Line.Raw) {
		c.Log.Header = false
		c.Log.Message = true
		c.Log.Had = true
	}
	return false
}

var patCharset = lazyregexp.New(`^Content-Type:.+charset="(.+)".*$`)

// checkCharset finds UTF-8 in a message whose header declares another charset.
func checkCharset(c *engine.Checker) bool {
	raw := c.Line.Raw
	if c.Log.Header {
		m := patCharset.FindStringSubmatch(raw)
		if m != nil && !strings.Contains(strings.ToLower(m[1]), "utf-8") {
			c.Log.OtherCharset = true
		}
	}
	if c.Log.Message && c.Log.OtherCharset && c.Line.File == "" && hasUTF8(raw) {
		c.Report("UTF8_BEFORE_PATCH", engine.Warn, "")
	}
	return false
}

var patPathWord = lazyregexp.New(`(?:^|\s)(/\S*)`)
var patPathLine = lazyregexp.New(`^(.*?)(?::\d+)+:?$`)

// checkAbsolutePaths finds paths of the author's machine to files of the tree.
func checkAbsolutePaths(c *engine.Checker) bool {
	if !c.Log.Message || !c.Tree.Real || strings.IndexByte(c.Line.Text, '/') < 0 {
		return false
	}
	for _, m := range patPathWord.FindAllStringSubmatch(c.Line.Text, -1) {
		if place := patPathLine.FindStringSubmatch(m[1]); place != nil {
			absolutePath(c, place[1])
		}
		absolutePath(c, m[1])
	}
	return false
}

func absolutePath(c *engine.Checker, path string) {
	rest := path
	for {
		_, after, ok := strings.Cut(rest, "/")
		if !ok {
			return
		}
		rest = after
		if c.Tree.IsFile(rest) {
			break
		}
	}
	if strings.TrimSuffix(path, rest) != ".../" {
		c.Report("USE_RELATIVE_PATH", engine.Warn, "")
	}
}
