// SPDX-License-Identifier: GPL-2.0-only

package message

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
)

// noteAuthor remembers who a From: line names.
func noteAuthor(c *engine.Checker) bool {
	text := c.Line.Text
	if !strings.HasPrefix(text, "From:") && !strings.HasPrefix(text, "=?") {
		return false
	}
	author, ok := strings.CutPrefix(decodeWords(text), "From:")
	if !ok {
		return false
	}
	// The script compares letters of other charsets with the bytes of UTF-8, so that such a name is nobody's.
	c.Log.AuthorForeign = !encodedUTF8.MatchString(text) && strings.Contains(text, "=?") && beyondASCII(author)
	author = lines.TrimLeft(author)
	for nr := c.Line.Nr + 1; ; nr++ {
		more := c.Src.RawLine(nr)
		if more == "" || more[0] != ' ' && more[0] != '\t' {
			break
		}
		author += lines.TrimLeft(more)
	}
	c.Log.Author = parseAddress(strings.ReplaceAll(author, `"`, "")).format()
	return false
}

// beyondASCII reports whether s has letters beyond ASCII.
func beyondASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0
}

var encodedUTF8 = lazyregexp.New(`(?i)=\?utf-8\?`)

var patSignoff = lazyregexp.New(`(?i)^\s*signed-off-by:\s*(.*)`)

// noteSignoff compares a Signed-off-by line with the author, until one is the author's own.
func noteSignoff(c *engine.Checker) bool {
	if strings.HasPrefix(c.Line.Text, "+") {
		return false
	}
	m := patSignoff.FindStringSubmatch(c.Line.Text)
	if m == nil {
		return false
	}
	c.Log.Signoffs++
	c.Log.Message = false
	if c.Log.Author == "" || c.Log.AuthorSign == engine.SignSame {
		return false
	}
	match := compareSigner(m[1], c.Log.Author)
	if c.Log.AuthorForeign && (match == engine.SignSame || match == engine.SignComment) {
		match = engine.SignName
	}
	if match != engine.SignMissing {
		c.Log.AuthorSign = match
		c.Log.AuthorLine = m[1]
	}
	return false
}

var subaddress = lazyregexp.New(`(\S+)\+\S+(@.*)`)

func compareSigner(signer, author string) engine.SignMatch {
	s, a := parseAddress(signer), parseAddress(author)
	sameAddr := strings.EqualFold(s.addr, a.addr)
	switch {
	case s == a:
		return engine.SignSame
	case sameAddr && s.name == a.name:
		return engine.SignComment
	case sameAddr:
		return engine.SignName
	case s.name != a.name:
		return engine.SignMissing
	case withoutDetail(s.addr) == withoutDetail(a.addr):
		return engine.SignSubaddress
	}
	return engine.SignAddress
}

// withoutDetail returns the address without the +detail of its local part.
func withoutDetail(addr string) string {
	if m := subaddress.FindStringSubmatch(addr); m != nil {
		return m[1] + m[2]
	}
	return addr
}

var patTag = lazyregexp.New(`(?i)^(\s*)([a-z0-9_-]+by:)(\s*)(.*)`)

// checkSignature looks at the form of each tag that names a person.
func checkSignature(c *engine.Checker) bool {
	if c.Log.Header || strings.HasPrefix(c.Line.Text, "+") || strings.IndexByte(c.Line.Text, ':') < 0 {
		return false
	}
	before, tag, after, value, ok := splitTag(c, c.Line.Text)
	if !ok {
		return false
	}
	preferred := capitalised(tag)
	if !c.Tree.TagAtStart(tag) && !c.Tree.TagWithin(tag) {
		unknownTag(c, tag)
	}
	complain := func(message string) {
		if c.Report("BAD_SIGN_OFF", engine.Warn, message) {
			c.FixLine(func(string) string { return preferred + " " + value })
		}
	}
	if before != "" {
		complain("no space belongs before " + preferred)
	}
	if strings.HasSuffix(strings.ToLower(tag), "-by:") && tag != preferred {
		complain("write the tag as " + preferred)
	}
	if after != " " {
		complain("one space belongs after " + preferred)
	}
	if c.Tree.Assisted != lists.AssistedEmail && strings.HasPrefix(strings.ToLower(tag), "assisted-by:") {
		checkAssisted(c, value)
		return true
	}
	checkAddress(c, value)
	key := strings.ToLower(strings.Join(strings.FieldsFunc(c.Line.Text, lines.IsSpaceRune), ""))
	if c.Log.Signatures[key] {
		c.Report("BAD_SIGN_OFF", engine.Warn, "this line is there twice")
	}
	c.Log.Signatures[key] = true
	checkNeighbours(c, tag, value)
	return false
}

// splitTag takes a line apart that starts with a tag.
func splitTag(c *engine.Checker, text string) (before, tag, after, value string, ok bool) {
	if m := patTag.FindStringSubmatch(text); m != nil {
		return m[1], m[2], m[3], m[4], true
	}
	start := lines.SkipSpace(text, 0)
	size := c.Tree.TagLength(text[start:])
	if size == 0 {
		return "", "", "", "", false
	}
	end := start + size
	valueAt := lines.SkipSpace(text, end)
	return text[:start], text[start:end], text[end:valueAt], text[valueAt:], true
}

func capitalised(tag string) string {
	tag = strings.ToLower(tag)
	return strings.ToUpper(tag[:1]) + tag[1:]
}

// unknownTag complains of a tag that the tree does not know, with the standard one that it may stand for.
func unknownTag(c *engine.Checker, tag string) {
	plain := strings.ReplaceAll(strings.ToLower(tag), "-", "")
	for _, known := range c.Tree.StandardTags {
		if likeness.Distance(plain, strings.ReplaceAll(strings.ToLower(known), "-", "")) <= 2 {
			if c.Report("BAD_SIGN_OFF", engine.Warn, fmt.Sprintf("%s is no standard tag: is it %s?", tag, known)) {
				c.FixLine(func(line string) string { return strings.Replace(line, tag, known, 1) })
			}
			return
		}
	}
	c.Report("BAD_SIGN_OFF", engine.Warn, tag+" is no standard tag")
}

var patAgent = lazyregexp.New(`^\S+:\S+`)

// checkAssisted wants the value of an Assisted-by tag in the form that the tree's script knows.
func checkAssisted(c *engine.Checker, value string) {
	switch {
	case c.Tree.Assisted == lists.AssistedAgent && !patAgent.MatchString(value):
		c.Report("BAD_SIGN_OFF", engine.Warn, "Assisted-by takes AGENT_NAME:MODEL_VERSION, then the tools")
	case c.Tree.Assisted == lists.AssistedFree && lines.TrimSpace(value) == "":
		c.Report("BAD_SIGN_OFF", engine.Warn, "Assisted-by needs a value")
	}
}

var (
	addrComment   = lazyregexp.New(`\([^()]*\)`)
	nameComments  = lazyregexp.New(`\([^)]+\)`)
	stableAddress = lazyregexp.New(`(?i)^.*stable@(?:vger\.)?kernel\.org`)
	commentForm   = lazyregexp.New(`^(?:#.+|\(.+\))$`)
)

// checkAddress looks at the address in a tag.
func checkAddress(c *engine.Checker, value string) {
	a := parseAddress(value)
	better := a.format()
	if better == "" {
		c.Report("BAD_SIGN_OFF", engine.Error, fmt.Sprintf("%q holds no e-mail address", value))
		return
	}
	replace := func(old, with string) {
		c.FixLine(func(line string) string { return strings.Replace(line, old, with, 1) })
	}
	if parseAddress(better) != a {
		if c.Report("BAD_SIGN_OFF", engine.Warn, fmt.Sprintf("the address %q is better written %q", value, better)) {
			replace(value, better)
		}
	}
	if stripped := addrComment.ReplaceAllString(a.addr, ""); stripped != a.addr {
		if c.Report("BAD_SIGN_OFF", engine.Warn, "the address itself holds a comment: "+a.addr) {
			replace(a.addr, stripped)
		}
	}
	if len(nameComments.FindAllString(a.nameComment, 2)) > 1 {
		c.Report("BAD_SIGN_OFF", engine.Warn, "the name has more than one comment")
	}
	if stableAddress.MatchString(value) {
		if a.comment != "" && !(strings.HasPrefix(a.comment, "#") && len(a.comment) > 1) || a.name != "" {
			if c.Report("BAD_STABLE_ADDRESS_STYLE", engine.Warn, "") {
				replace(value, stableForm(a))
			}
		}
		return
	}
	if a.comment != "" && !commentForm.MatchString(a.comment) {
		if c.Report("BAD_SIGN_OFF", engine.Warn, fmt.Sprintf("%q stands after the address", a.comment)) {
			replace(value, address{a.name, a.nameComment, a.addr, bracketed(a.comment)}.format())
		}
	}
}

// stableForm is the address of the stable list as it should stand in a tag.
func stableForm(a address) string {
	text := a.comment
	for _, pair := range []string{"()", "[]"} {
		if len(text) > 1 && text[0] == pair[0] && text[len(text)-1] == pair[1] {
			text = text[1 : len(text)-1]
		}
	}
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (lines.IsSpace(byte(r)) || r == '-' || r == '"' || lines.IsWordByte(byte(r)) && !lines.IsDigit(byte(r)) && r != '_') {
			return -1
		}
		return r
	}, a.name)
	text = lines.TrimSpace(strings.TrimLeft(text, " \t#"))
	if name != text {
		text = lines.TrimSpace(text + " " + name)
	}
	if text != "" {
		text = " # " + text
	}
	return a.addr + text
}

// bracketed returns a comment in parentheses.
func bracketed(text string) string {
	for _, pair := range [][2]string{{"[", "]"}, {"/*", "*/"}} {
		if len(text) >= len(pair[0])+len(pair[1]) && strings.HasPrefix(text, pair[0]) && strings.HasSuffix(text, pair[1]) {
			text = text[len(pair[0]) : len(text)-len(pair[1])]
		}
	}
	if text = lines.TrimSpace(text); len(text) == 1 && !lines.IsWordByte(text[0]) {
		text = ""
	}
	if text != "" {
		text = "(" + text + ")"
	}
	return text
}

var (
	patCoSigned  = lazyregexp.New(`(?i)^(\s*)signed-off-by:\s*(.*)`)
	patReported  = lazyregexp.New(`(?i)^reported(?:|-and-tested)-by:$`)
	patReportURL = lazyregexp.New(`(?i)^(?:closes|(link)):\s*`)
)

// checkNeighbours looks at the line after the tags that want a certain one to follow.
func checkNeighbours(c *engine.Checker, tag, value string) {
	_, more := c.Next()
	following := c.Src.RawLine(c.Line.Nr + 1)
	if strings.EqualFold(tag, "co-developed-by:") {
		if value == c.Log.Author {
			c.Report("BAD_SIGN_OFF", engine.Warn, "Co-developed-by names the author of the patch")
		}
		m := patCoSigned.FindStringSubmatch(following)
		if !more || m == nil || m[1] != "" && c.Has(edition.CosignerAtStart) {
			c.Report("BAD_SIGN_OFF", engine.Warn, "a Signed-off-by must follow Co-developed-by at once")
		} else if m[2] != value {
			c.Report("BAD_SIGN_OFF", engine.Warn, "the Signed-off-by after Co-developed-by names someone else")
		}
	}
	if patReported.MatchString(tag) {
		m := patReportURL.FindStringSubmatch(following)
		if m == nil || m[1] != "" && !c.Has(edition.LinkAfterReport) {
			c.Report("BAD_REPORTED_BY_LINK", engine.Warn, "")
		}
	}
}

// checkSigned judges at the end whether the author signed off.
func checkSigned(c *engine.Checker) {
	if c.Log.Signoffs == 0 {
		c.Report("MISSING_SIGN_OFF", engine.Error, "")
		return
	}
	differs := func(what string) string {
		return fmt.Sprintf("the author %q and the Signed-off-by %q differ in %s", c.Log.Author, c.Log.AuthorLine, what)
	}
	switch c.Log.AuthorSign {
	case engine.SignMissing:
		c.Report("NO_AUTHOR_SIGN_OFF", engine.Error, fmt.Sprintf("the author %q did not sign off", c.Log.Author))
	case engine.SignComment:
		c.Report("FROM_SIGN_OFF_MISMATCH", engine.Check, differs("their comments"))
	case engine.SignName:
		c.Report("FROM_SIGN_OFF_MISMATCH", engine.Warn, differs("the name"))
	case engine.SignAddress:
		c.Report("FROM_SIGN_OFF_MISMATCH", engine.Warn, differs("the address"))
	case engine.SignSubaddress:
		c.Report("FROM_SIGN_OFF_MISMATCH", engine.Warn, differs("the detail of the address"))
	}
}

// CheckEnd judges the input as a whole.
func CheckEnd(c *engine.Checker) {
	if !c.IsPatch && !strings.HasSuffix(c.Name, "cover-letter.patch") {
		c.Report("NOT_UNIFIED_DIFF", engine.Error, "")
	}
	if !c.IsPatch || !c.Log.Had || c.FileMode {
		return
	}
	if !c.Settings.NoFixesTag && c.Log.NeedsFixes != "" && !c.Log.Revert && !c.Log.Fixes {
		c.Report("MISSING_FIXES_TAG", engine.Warn, fmt.Sprintf("the message mentions %q: does it need a Fixes: tag?", c.Log.NeedsFixes))
	}
	if !c.Settings.NoSignoff {
		checkSigned(c)
	}
}
