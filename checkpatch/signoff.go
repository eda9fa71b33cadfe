// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/likeness"
)

// noteAuthor remembers who a From: line names.
func noteAuthor(c *checker) bool {
	text := c.line.text
	if !strings.HasPrefix(text, "From:") && !strings.HasPrefix(text, "=?") {
		return false
	}
	author, ok := strings.CutPrefix(decodeWords(text), "From:")
	if !ok {
		return false
	}
	author = trimLeft(author)
	for nr := c.line.nr + 1; ; nr++ {
		more := c.src.rawLine(nr)
		if more == "" || more[0] != ' ' && more[0] != '\t' {
			break
		}
		author += trimLeft(more)
	}
	c.log.author = parseAddress(strings.ReplaceAll(author, `"`, "")).format()
	return false
}

var patSignoff = lazyregexp.New(`(?i)^\s*signed-off-by:\s*(.*)`)

// noteSignoff compares a Signed-off-by line with the author, until one is the author's own.
func noteSignoff(c *checker) bool {
	if strings.HasPrefix(c.line.text, "+") {
		return false
	}
	m := patSignoff.FindStringSubmatch(c.line.text)
	if m == nil {
		return false
	}
	c.log.signoffs++
	c.log.message = false
	if c.log.author == "" || c.log.authorSign == signSame {
		return false
	}
	if match := compareSigner(m[1], c.log.author); match != signMissing {
		c.log.authorSign = match
		c.log.authorLine = m[1]
	}
	return false
}

var subaddress = lazyregexp.New(`(\S+)\+\S+(@.*)`)

func compareSigner(signer, author string) signMatch {
	s, a := parseAddress(signer), parseAddress(author)
	sameAddr := strings.EqualFold(s.addr, a.addr)
	switch {
	case s == a:
		return signSame
	case sameAddr && s.name == a.name:
		return signComment
	case sameAddr:
		return signName
	case s.name != a.name:
		return signMissing
	case withoutDetail(s.addr) == withoutDetail(a.addr):
		return signSubaddress
	}
	return signAddress
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
func checkSignature(c *checker) bool {
	if c.log.header || strings.HasPrefix(c.line.text, "+") || strings.IndexByte(c.line.text, ':') < 0 {
		return false
	}
	before, tag, after, value, ok := c.splitTag(c.line.text)
	if !ok {
		return false
	}
	preferred := capitalised(tag)
	if !c.data.tagAtStart(tag) && !c.data.tagWithin(tag) {
		c.unknownTag(tag)
	}
	complain := func(message string) {
		if c.report("BAD_SIGN_OFF", warnLevel, message) {
			c.fixLine(func(string) string { return preferred + " " + value })
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
	if c.data.assisted != assistedEmail && strings.HasPrefix(strings.ToLower(tag), "assisted-by:") {
		c.checkAssisted(value)
		return true
	}
	c.checkAddress(value)
	key := strings.ToLower(strings.Join(strings.FieldsFunc(c.line.text, isSpaceRune), ""))
	if c.log.signatures[key] {
		c.report("BAD_SIGN_OFF", warnLevel, "this line is there twice")
	}
	c.log.signatures[key] = true
	c.checkNeighbours(tag, value)
	return false
}

// splitTag takes a line apart that starts with a tag.
func (c *checker) splitTag(text string) (before, tag, after, value string, ok bool) {
	if m := patTag.FindStringSubmatch(text); m != nil {
		return m[1], m[2], m[3], m[4], true
	}
	start := skipSpace(text, 0)
	size := c.data.tagLength(text[start:])
	if size == 0 {
		return "", "", "", "", false
	}
	end := start + size
	valueAt := skipSpace(text, end)
	return text[:start], text[start:end], text[end:valueAt], text[valueAt:], true
}

func capitalised(tag string) string {
	tag = strings.ToLower(tag)
	return strings.ToUpper(tag[:1]) + tag[1:]
}

// unknownTag complains of a tag that the tree does not know, with the standard one that it may stand for.
func (c *checker) unknownTag(tag string) {
	plain := strings.ReplaceAll(strings.ToLower(tag), "-", "")
	for _, known := range c.data.standardTags {
		if likeness.Distance(plain, strings.ReplaceAll(strings.ToLower(known), "-", "")) <= 2 {
			if c.report("BAD_SIGN_OFF", warnLevel, fmt.Sprintf("%s is no standard tag: is it %s?", tag, known)) {
				c.fixLine(func(line string) string { return strings.Replace(line, tag, known, 1) })
			}
			return
		}
	}
	c.report("BAD_SIGN_OFF", warnLevel, tag+" is no standard tag")
}

var patAgent = lazyregexp.New(`^\S+:\S+`)

// checkAssisted wants the value of an Assisted-by tag in the form that the tree's script knows.
func (c *checker) checkAssisted(value string) {
	switch {
	case c.data.assisted == assistedAgent && !patAgent.MatchString(value):
		c.report("BAD_SIGN_OFF", warnLevel, "Assisted-by takes AGENT_NAME:MODEL_VERSION, then the tools")
	case c.data.assisted == assistedFree && trimSpace(value) == "":
		c.report("BAD_SIGN_OFF", warnLevel, "Assisted-by needs a value")
	}
}

var (
	addrComment   = lazyregexp.New(`\([^()]*\)`)
	nameComments  = lazyregexp.New(`\([^)]+\)`)
	stableAddress = lazyregexp.New(`(?i)^.*stable@(?:vger\.)?kernel\.org`)
	commentForm   = lazyregexp.New(`^(?:#.+|\(.+\))$`)
)

// checkAddress looks at the address in a tag.
func (c *checker) checkAddress(value string) {
	a := parseAddress(value)
	better := a.format()
	if better == "" {
		c.report("BAD_SIGN_OFF", errorLevel, fmt.Sprintf("%q holds no e-mail address", value))
		return
	}
	replace := func(old, with string) {
		c.fixLine(func(line string) string { return strings.Replace(line, old, with, 1) })
	}
	if parseAddress(better) != a {
		if c.report("BAD_SIGN_OFF", warnLevel, fmt.Sprintf("the address %q is better written %q", value, better)) {
			replace(value, better)
		}
	}
	if stripped := addrComment.ReplaceAllString(a.addr, ""); stripped != a.addr {
		if c.report("BAD_SIGN_OFF", warnLevel, "the address itself holds a comment: "+a.addr) {
			replace(a.addr, stripped)
		}
	}
	if len(nameComments.FindAllString(a.nameComment, 2)) > 1 {
		c.report("BAD_SIGN_OFF", warnLevel, "the name has more than one comment")
	}
	if stableAddress.MatchString(value) {
		if a.comment != "" && !(strings.HasPrefix(a.comment, "#") && len(a.comment) > 1) || a.name != "" {
			if c.report("BAD_STABLE_ADDRESS_STYLE", warnLevel, "") {
				replace(value, stableForm(a))
			}
		}
		return
	}
	if a.comment != "" && !commentForm.MatchString(a.comment) {
		if c.report("BAD_SIGN_OFF", warnLevel, fmt.Sprintf("%q stands after the address", a.comment)) {
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
		if r < 0x80 && (isSpace(byte(r)) || r == '-' || r == '"' || isWordByte(byte(r)) && !isDigit(byte(r)) && r != '_') {
			return -1
		}
		return r
	}, a.name)
	text = trimSpace(strings.TrimLeft(text, " \t#"))
	if name != text {
		text = trimSpace(text + " " + name)
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
	if text = trimSpace(text); len(text) == 1 && !isWordByte(text[0]) {
		text = ""
	}
	if text != "" {
		text = "(" + text + ")"
	}
	return text
}

var (
	patCoSigned  = lazyregexp.New(`(?i)^signed-off-by:\s*(.*)`)
	patReported  = lazyregexp.New(`(?i)^reported(?:|-and-tested)-by:$`)
	patReportURL = lazyregexp.New(`(?i)^(closes|link):\s*`)
)

// checkNeighbours looks at the line after the tags that want a certain one to follow.
func (c *checker) checkNeighbours(tag, value string) {
	_, more := c.next()
	following := c.src.rawLine(c.line.nr + 1)
	if strings.EqualFold(tag, "co-developed-by:") {
		if value == c.log.author {
			c.report("BAD_SIGN_OFF", warnLevel, "Co-developed-by names the author of the patch")
		}
		m := patCoSigned.FindStringSubmatch(following)
		if !more || m == nil {
			c.report("BAD_SIGN_OFF", warnLevel, "a Signed-off-by must follow Co-developed-by at once")
		} else if m[1] != value {
			c.report("BAD_SIGN_OFF", warnLevel, "the Signed-off-by after Co-developed-by names someone else")
		}
	}
	if patReported.MatchString(tag) && !patReportURL.MatchString(following) {
		c.report("BAD_REPORTED_BY_LINK", warnLevel, "")
	}
}

// checkSigned judges at the end whether the author signed off.
func checkSigned(c *checker) {
	if c.log.signoffs == 0 {
		c.report("MISSING_SIGN_OFF", errorLevel, "")
		return
	}
	differs := func(what string) string {
		return fmt.Sprintf("the author %q and the Signed-off-by %q differ in %s", c.log.author, c.log.authorLine, what)
	}
	switch c.log.authorSign {
	case signMissing:
		c.report("NO_AUTHOR_SIGN_OFF", errorLevel, fmt.Sprintf("the author %q did not sign off", c.log.author))
	case signComment:
		c.report("FROM_SIGN_OFF_MISMATCH", checkLevel, differs("their comments"))
	case signName:
		c.report("FROM_SIGN_OFF_MISMATCH", warnLevel, differs("the name"))
	case signAddress:
		c.report("FROM_SIGN_OFF_MISMATCH", warnLevel, differs("the address"))
	case signSubaddress:
		c.report("FROM_SIGN_OFF_MISMATCH", warnLevel, differs("the detail of the address"))
	}
}

// checkEnd judges the input as a whole.
func checkEnd(c *checker) {
	if !c.isPatch && !strings.HasSuffix(c.name, "cover-letter.patch") {
		c.report("NOT_UNIFIED_DIFF", errorLevel, "")
	}
	if !c.isPatch || !c.log.had || c.fileMode {
		return
	}
	if !c.set.noFixesTag && c.log.needsFixes != "" && !c.log.revert && !c.log.fixes {
		c.report("MISSING_FIXES_TAG", warnLevel, fmt.Sprintf("the message mentions %q: does it need a Fixes: tag?", c.log.needsFixes))
	}
	if !c.set.noSignoff {
		checkSigned(c)
	}
}
