// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// logRules look at every line, whether it belongs to the mail or to a diff, in this order. One that
// returns true ends the line.
var logRules = []func(*checker) bool{
	checkDescription, checkDiffInMessage, checkPermissions, noteAuthor, noteSignoff, checkSeparator,
	noteMaintainers, checkSignature, noteFixReasons, checkFixesTag, checkSubject, checkChangeID, checkStackDump,
	checkMessageLength, checkLinkTags, checkCommentSymbol, checkPlaceholder, checkCommitReference,
	checkArchive, checkFilePaths, checkCorruption, checkUTF8, startMessage, checkCharset,
	checkAbsolutePaths, checkSpelling, checkCommitID, checkRepeatedWords,
}

// checkDescription wants a commit message of more than a sign-off.
func checkDescription(c *checker) bool {
	if c.log.message {
		if trimSpace(c.line.text) != "" {
			c.log.lines++
		}
	} else if c.log.had && c.log.lines < 2 {
		c.report("COMMIT_MESSAGE", warnLevel, "")
		c.log.lines = 2
	}
	return false
}

var (
	patDiffNames = lazyregexp.New(`^\s+diff\b.*a/([\w/]+)`)
	patDiffMark  = lazyregexp.New(`^\s*(?:---\s+a/|\+\+\+\s+b/)|^\s*@@ -\d+,\d+ \+\d+,\d+ @@`)
)

// checkDiffInMessage finds what patch(1) would take for the start of the diff.
func checkDiffInMessage(c *checker) bool {
	if !c.log.message || c.log.diff {
		return false
	}
	text := c.line.text
	found := strings.ContainsAny(text, "-+@") && patDiffMark.MatchString(text)
	if !found && strings.Contains(text, "diff") {
		if m := patDiffNames.FindStringSubmatch(text); m != nil {
			pair := regexp.MustCompile(`^\s+diff\b.*a/[\w/]+\s+b/` + regexp.QuoteMeta(m[1]) + `\b`)
			found = pair.MatchString(text)
		}
	}
	if found {
		c.report("DIFF_IN_COMMIT_MSG", errorLevel, "")
		c.log.diff = true
	}
	return false
}

var patNewMode = lazyregexp.New(`^new (file )?mode.*[7531]\d{0,2}$`)

// checkPermissions finds sources that are made executable.
func checkPermissions(c *checker) bool {
	if !strings.HasPrefix(c.line.text, "new ") || !patNewMode.MatchString(c.line.text) {
		return false
	}
	name := c.line.file
	for _, suffix := range []string{".py", ".pl", ".awk", ".sh"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	if !strings.Contains(name, "scripts/") {
		c.report("EXECUTE_PERMISSIONS", errorLevel, "")
	}
	return false
}

// checkSeparator follows the line "---", and finds lines that only look like it.
func checkSeparator(c *checker) bool {
	text := c.line.text
	if !strings.HasPrefix(text, "---") {
		return false
	}
	if c.log.message && len(text) > 3 {
		if c.report("BAD_COMMIT_SEPARATOR", errorLevel, "") {
			c.fixLine(func(line string) string { return strings.ReplaceAll(line, "-", "=") })
		}
	}
	if text == "---" {
		c.log.separator = true
		c.log.message = false
	}
	return false
}

var patMaintainersStat = lazyregexp.New(`^\s*MAINTAINERS\s*\|`)

func noteMaintainers(c *checker) bool {
	if !c.log.maintainers && strings.Contains(c.line.text, "MAINTAINERS") && patMaintainersStat.MatchString(c.line.text) {
		c.log.maintainers = true
	}
	return false
}

var patTools = lazyregexp.New(`(?i)^Subject:.*\b(?:checkpatch|sparse|smatch)\b[^:]`)

// checkSubject wants the subject to name the change, not the tool that asked for it.
func checkSubject(c *checker) bool {
	if c.log.header && patTools.MatchString(c.line.text) {
		c.report("EMAIL_SUBJECT", warnLevel, "")
	}
	return false
}

var patChangeID = lazyregexp.New(`(?i)^\s*change-id:`)

func checkChangeID(c *checker) bool {
	if c.line.file == "" && !c.log.separator && !strings.HasPrefix(c.line.text, "+") && patChangeID.MatchString(c.line.text) {
		if c.report("GERRIT_CHANGE_ID", errorLevel, "") {
			c.fixes.remove(c.line.nr)
		}
	}
	return false
}

var patDump = lazyregexp.New(`^\s*(?:WARNING:|BUG:)|^\s*\[\s*\d+\.\d{6,6}\s*\]|^\s*\[<[0-9a-fA-F]{8,}>\]`)
var patDumpAlways = lazyregexp.New(`^(?:\s+\w+:\s+[0-9a-fA-F]+){3}|^\s*#\d+\s*\[[0-9a-fA-F]+\]\s*\w+ at [0-9a-fA-F]+`)

// checkStackDump follows stack dumps in the message, whose lines may be long.
func checkStackDump(c *checker) bool {
	text := c.line.text
	if c.log.message && !c.log.dump && patDump.MatchString(text) || text != "" && (isSpace(text[0]) || text[0] == '#') && patDumpAlways.MatchString(text) {
		c.log.dump = true
	}
	return false
}

var patLongAllowed = lazyregexp.New(`^\s*[a-zA-Z0-9_/.]+\s+\|\s+\d+|(?i:^\s*(?:Fixes:|https?:|(?:Link:|Closes:)))`)
var patLongPath = pat(`^\s*(?:[\w.\-+]*/)++[\w.\-+]+:`)

const messageWidth = 75

// checkMessageLength complains once of a long line in the message. It also ends a stack dump at an empty line.
func checkMessageLength(c *checker) bool {
	text := c.line.text
	if !c.log.message {
		return false
	}
	if !c.log.longLine && len(text) > messageWidth && !c.log.dump && !patLongAllowed.MatchString(text) &&
		!c.m.Match(patLongPath, text) && !c.data.tagAtStart(trimLeft(text)) {
		c.report("COMMIT_LOG_LONG_LINE", warnLevel, "")
		c.log.longLine = true
	}
	if c.log.dump && trimSpace(text) == "" {
		c.log.dump = false
	}
	return false
}

var (
	patTagURL   = lazyregexp.New(`^\s*(\w+:)\s*http`)
	patTagValue = lazyregexp.New(`^\s*(\w+:)\s*(\S+)`)
	patVersion  = lazyregexp.New(`(?i)^v(?:ersion)?\d+`)
)

// checkLinkTags looks at the tag before a URL, and at what follows the tags that want one.
func checkLinkTags(c *checker) bool {
	text := c.line.text
	if !c.log.message || strings.IndexByte(text, ':') < 0 {
		return false
	}
	if m := patTagURL.FindStringSubmatch(text); m != nil && !c.data.linkTags[m[1]] {
		if patVersion.MatchString(m[1]) {
			c.report("COMMIT_LOG_VERSIONING", warnLevel, "")
		} else {
			c.report("COMMIT_LOG_USE_LINK", warnLevel, fmt.Sprintf("unknown tag %q before a URL", m[1]))
		}
	}
	m := patTagValue.FindStringSubmatch(text)
	if m != nil && c.data.linkTags[m[1]] && !hasAnyPrefix(m[2], "http://", "https://") {
		c.report("COMMIT_LOG_WRONG_LINK", warnLevel, "")
	}
	return false
}

func checkCommentSymbol(c *checker) bool {
	if c.log.message && strings.HasPrefix(c.line.text, "#") {
		if c.report("COMMIT_COMMENT_SYMBOL", warnLevel, "") {
			c.fixLine(func(line string) string { return " " + line })
		}
	}
	return false
}

func checkPlaceholder(c *checker) bool {
	if (c.log.message || c.log.header) &&
		(strings.Contains(c.line.raw, "SUBJECT HERE") || strings.Contains(c.line.raw, "BLURB HERE")) {
		c.report("PLACEHOLDER_USE", errorLevel, "")
	}
	return false
}

var patArchive = lazyregexp.New(`http.*\b(?i:freedesktop\.org/archives/dri-devel|lists\.infradead\.org|lkml\.org|mail-archive\.com|` +
	`mailman\.alsa-project\.org/pipermail|marc\.info|ozlabs\.org/pipermail|spinics\.net)`)

func checkArchive(c *checker) bool {
	if strings.Contains(c.line.raw, "http") && patArchive.MatchString(c.line.raw) {
		c.report("PREFER_LORE_ARCHIVE", warnLevel, "")
	}
	return false
}

var (
	patFileMode   = lazyregexp.New(`^(?:new|deleted) file mode\s*\d+\s*$`)
	patRenamePath = lazyregexp.New(`^rename (?:from|to) [\w/.\-]+\s*$`)
	patRenameStat = lazyregexp.New(`\{\s*([\w/.\-]*)\s*=>\s*([\w/.\-]*)\s*\}`)
)

// checkFilePaths asks once whether files that come, go or move need a word in MAINTAINERS.
func checkFilePaths(c *checker) bool {
	text := c.line.text
	if c.log.message {
		return false
	}
	if !c.log.maintainers && (hasAnyPrefix(text, "new", "deleted", "rename") &&
		(patFileMode.MatchString(text) || patRenamePath.MatchString(text)) ||
		strings.Contains(text, "=>") && patRenameStat.MatchString(text)) {
		c.isPatch = true
		c.log.maintainers = true
		c.report("FILE_PATH_CHANGES", warnLevel, "")
	}
	if strings.HasPrefix(text, "new file mode") && patFileMode.MatchString(text) &&
		strings.HasPrefix(c.line.file, "Documentation/devicetree/bindings/") && strings.HasSuffix(c.line.file, ".txt") {
		c.report("DT_SCHEMA_BINDING_PATCH", warnLevel, "")
	}
	return false
}

// checkCorruption finds lines within a hunk that cannot be there.
func checkCorruption(c *checker) bool {
	text := c.line.text
	if c.line.left == 0 || text == "" || strings.IndexByte("+- ", text[0]) >= 0 ||
		strings.HasPrefix(text, `\ No newline`) || c.corrupted {
		return false
	}
	c.corrupted = true
	c.report("CORRUPTED_PATCH", errorLevel, "")
	return false
}

var patHeaderLine = lazyregexp.New(`(?i)^(?:commit\b|from\b|[\w-]+:)|^\s+(?:\S|$)`)

// startMessage notices the first line that cannot belong to the header.
func startMessage(c *checker) bool {
	if c.log.header && c.line.file == "" && !patHeaderLine.MatchString(c.line.raw) {
		c.log.header = false
		c.log.message = true
		c.log.had = true
	}
	return false
}

var patCharset = lazyregexp.New(`^Content-Type:.+charset="(.+)".*$`)

// checkCharset finds UTF-8 in a message whose header declares another charset.
func checkCharset(c *checker) bool {
	raw := c.line.raw
	if c.log.header {
		m := patCharset.FindStringSubmatch(raw)
		if m != nil && !strings.Contains(strings.ToLower(m[1]), "utf-8") {
			c.log.otherCharset = true
		}
	}
	if c.log.message && c.log.otherCharset && c.line.file == "" && hasUTF8(raw) {
		c.report("UTF8_BEFORE_PATCH", warnLevel, "")
	}
	return false
}

var patPathWord = lazyregexp.New(`(?:^|\s)(/\S*)`)
var patPathLine = lazyregexp.New(`^(.*?)(?::\d+)+:?$`)

// checkAbsolutePaths finds paths of the author's machine to files of the tree.
func checkAbsolutePaths(c *checker) bool {
	if !c.log.message || !c.data.real || strings.IndexByte(c.line.text, '/') < 0 {
		return false
	}
	for _, m := range patPathWord.FindAllStringSubmatch(c.line.text, -1) {
		if place := patPathLine.FindStringSubmatch(m[1]); place != nil {
			c.absolutePath(place[1])
		}
		c.absolutePath(m[1])
	}
	return false
}

func (c *checker) absolutePath(path string) {
	rest := path
	for {
		_, after, ok := strings.Cut(rest, "/")
		if !ok {
			return
		}
		rest = after
		if c.data.isFile(rest) {
			break
		}
	}
	if strings.TrimSuffix(path, rest) != ".../" {
		c.report("USE_RELATIVE_PATH", warnLevel, "")
	}
}
