// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	patConfigEntry = lazyregexp.New(`^\+\s*(?:config|menuconfig|choice)\b`)
	patPrompt      = lazyregexp.New(`^\+\s*(?:bool|tristate|prompt)\s*["']`)
	patHelp        = lazyregexp.New(`^\+\s*help\s*$`)
	patEntryEnd    = lazyregexp.New(`^(?:config|menuconfig|choice|endchoice|if|endif|menu|endmenu|source)\b`)
)

// checkKconfig wants a new Kconfig entry that a user sees to have some lines of help.
func checkKconfig(c *checker, r *rule) {
	if !strings.Contains(c.line.file, "Kconfig") || !patConfigEntry.MatchString(c.line.text) {
		return
	}
	prompt, help, lines := false, false, 0
	for _, text := range c.src.text[c.line.nr:] {
		if strings.HasPrefix(text, "-") {
			continue
		}
		if text == "" || text[0] != '+' && text[0] != ' ' {
			break
		}
		if patPrompt.MatchString(text) {
			prompt = true
			continue
		}
		if patHelp.MatchString(text) {
			help = true
			continue
		}
		text, _, _ = strings.Cut(text[1:], "#")
		if text = trimLeft(text); text == "" {
			continue
		}
		if patEntryEnd.MatchString(text) {
			break
		}
		if help {
			lines++
		}
	}
	if prompt && lines < c.set.minDescription {
		r.fire(c, fmt.Sprintf("the entry has %d lines of help, and needs %d", lines, c.set.minDescription))
	}
}

// maintainersOrder is the order of the lines in an entry of MAINTAINERS.
const maintainersOrder = "MRLSWQBCPTFXNK"

var patEntryLine = lazyregexp.New(`^[+ ]([A-Z]):\s*(.*)`)

// checkMaintainers looks at the form and the order of the lines of an entry.
func checkMaintainers(c *checker, r *rule) {
	raw, prevRaw := c.line.raw, c.line.prevRaw
	if c.line.file != "MAINTAINERS" || !strings.HasPrefix(raw, "+") {
		return
	}
	now := patEntryLine.FindStringSubmatch(raw)
	if now == nil {
		return
	}
	if len(raw) < 5 || raw[3] != '\t' || isSpace(raw[4]) {
		if r.fire(c, "one tab belongs after the letter and colon") {
			c.fixLine(func(line string) string { return line[:3] + "\t" + trimLeft(line[3:]) })
		}
	}
	prev := patEntryLine.FindStringSubmatch(prevRaw)
	if prev == nil {
		return
	}
	place, prevPlace := strings.Index(maintainersOrder, now[1]), strings.Index(maintainersOrder, prev[1])
	switch {
	case place < 0:
		r.fire(c, fmt.Sprintf("there are no lines %s: in MAINTAINERS", now[1]))
	case prevPlace >= 0 && place < prevPlace:
		r.fire(c, fmt.Sprintf("%s: belongs before %s:", now[1], prev[1]))
	case now[1] == prev[1] && (now[1] == "F" || now[1] == "X") && prev[2] > now[2]:
		r.fire(c, "file patterns belong in alphabetic order")
	}
}

var (
	patCompatDTS = lazyregexp.New(`^\+\s*compatible\s*=\s*"`)
	patCompatC   = lazyregexp.New(`^\+.*\.compatible\s*=\s*"`)
	patCompat    = lazyregexp.New(`"([a-zA-Z0-9\-,.+_]+)"`)
	patBusCompat = lazyregexp.New(`^(?:pciclass,|pci[a-f0-9]{2,4},|usb(?:if)?[a-f0-9]{1,4},)`)
	patVendor    = lazyregexp.New(`^([a-zA-Z0-9\-]+),`)
)

// checkCompatible wants compatible strings and their vendors in the devicetree bindings of the tree.
func checkCompatible(c *checker, r *rule) {
	text := c.line.text
	dts := strings.HasSuffix(c.line.file, ".dts") || strings.HasSuffix(c.line.file, ".dtsi")
	if !c.data.real || !(dts && patCompatDTS.MatchString(text) || c.kind(cSuffixes) && patCompatC.MatchString(text)) {
		return
	}
	for _, m := range patCompat.FindAllStringSubmatch(c.line.raw, -1) {
		if patBusCompat.MatchString(m[1]) {
			continue
		}
		if !c.data.hasBinding(m[1]) {
			r.fire(c, fmt.Sprintf("no binding of the tree documents the compatible string %q", m[1]))
		}
		if v := patVendor.FindStringSubmatch(m[1]); v != nil && !c.data.hasVendor(v[1]) {
			r.fire(c, fmt.Sprintf("vendor-prefixes.yaml of the tree does not have the vendor %q", v[1]))
		}
	}
}

var (
	patPhyMode = lazyregexp.New(`^\+\s*(phy-mode|phy-connection-type)\s*=\s*"`)
	patRGMII   = lazyregexp.New(`^"rgmii(?:|-rxid|-txid)"$`)
)

// checkRGMII wants a word about delays that are not in the PHY.
func checkRGMII(c *checker, r *rule) {
	name := c.line.file
	if !strings.HasSuffix(name, ".dts") && !strings.HasSuffix(name, ".dtsi") && !strings.HasSuffix(name, ".dtso") {
		return
	}
	if patPhyMode.MatchString(c.line.text) && patRGMII.MatchString(c.quoted(c.line.nr)) && !c.hasComment(c.line.nr) {
		r.fire(c, "")
	}
}

var patString = pat(`{string}`)

// quoted returns the first string of line nr, with its quotation marks, or "".
func (c *checker) quoted(nr int) string {
	text, ok := c.src.line(nr)
	if !ok {
		return ""
	}
	loc := c.m.Find(patString, text)
	if loc == nil {
		return ""
	}
	raw := c.src.rawLine(nr)
	return raw[min(loc[0], len(raw)):min(loc[1], len(raw))]
}

var (
	patC99Around  = lazyregexp.New(`^[+ ].*//`)
	patC99Here    = lazyregexp.New(`^\+.*//`)
	patCommentEnd = lazyregexp.New(`/\*.*\*/\s*(?:\\\s*)?$`)
)

// hasComment reports whether a comment belongs to line nr: on it, next to it as a // comment, or as a block that
// ends right before it in the hunk.
func (c *checker) hasComment(nr int) bool {
	raw := c.src.rawLine(nr)
	if patC99Here.MatchString(raw) || patC99Around.MatchString(c.src.rawLine(nr-1)) || patC99Around.MatchString(c.src.rawLine(nr+1)) ||
		patCommentEnd.MatchString(raw) {
		return true
	}
	return c.comments.before(c.src, c.line.first, nr)
}

// A commentTracker follows comments through the raw lines of a hunk.
type commentTracker struct {
	first, next     int // the hunk's first line, and the next to look at
	inside, current bool
}

// before reports whether the line before nr has a comment, or is within one, in the hunk that starts at first.
func (t *commentTracker) before(src *source, first, nr int) bool {
	if t.first != first || t.next > nr || t.next == 0 {
		*t = commentTracker{first: first, next: first}
	}
	for ; t.next < nr; t.next++ {
		line := src.rawLine(t.next)
		if t.next == first && len(line) > 1 && strings.HasPrefix(trimLeft(line[1:]), "*") || strings.Contains(line, "/*") {
			t.inside = true
		}
		t.current = t.inside
		if strings.Contains(line, "*/") {
			t.inside = false
		}
	}
	return t.current
}

var (
	patShebang     = lazyregexp.New(`^[ +]\s*#!\s*/`)
	patAnyLicense  = lazyregexp.New(`SPDX-License-Identifier: .*`)
	patDualBinding = lazyregexp.New(`GPL-2\.0(?:-only)? OR BSD-2-Clause`)
	patDualHeader  = lazyregexp.New(`GPL-2\.0(?:-only)? OR \S+`)
)

// licenseComments returns how a comment with the licence may start in the file at hand; none: as it likes.
func (c *checker) licenseComments() []string {
	name := c.line.file
	ends := func(suffixes ...string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(name, s) {
				return true
			}
		}
		return false
	}
	switch {
	case ends(".h", ".s", ".S"):
		if c.set.cxxLicense {
			return []string{"/*", "//"}
		}
		return []string{"/*"}
	case ends(".c", ".rs", ".dts", ".dtsi"):
		return []string{"//"}
	case c.line.licenseNr == 2 || ends(".sh", ".pl", ".py", ".awk", ".tc", ".yaml"):
		return []string{"#"}
	case ends(".rst"):
		return []string{".."}
	}
	return nil
}

// checkLicenseLine wants the licence in the first line of a new file, or the second, after #!.
func checkLicenseLine(c *checker, r *rule) {
	l := &c.line
	if l.fileNr != l.licenseNr {
		return
	}
	if patShebang.MatchString(l.raw) {
		l.licenseNr = 2
		return
	}
	if !strings.HasPrefix(l.raw, "+") {
		return
	}
	const tag = "SPDX-License-Identifier:"
	starts := c.licenseComments()
	cLike := c.kind([]string{".c", ".h", ".s", ".S"})
	if cLike && strings.Contains(l.raw, tag) && !hasAnyPrefix(trimLeft(l.raw[1:]), starts...) {
		r.fire(c, fmt.Sprintf("the licence of %s belongs in a comment with %s", l.file, strings.Join(starts, " or ")))
	}
	head, _, tagged := strings.Cut(l.raw[1:], " "+tag+" ")
	if len(starts) > 0 && !(tagged && slices.Contains(starts, head)) {
		r.fire(c, fmt.Sprintf("line %d should hold the SPDX-License-Identifier", l.licenseNr))
	} else if expr := patAnyLicense.FindString(l.raw); expr != "" {
		c.checkLicense(r, expr)
	}
}

// checkLicense looks at the expression in a licence tag.
func (c *checker) checkLicense(r *rule, tag string) {
	if !c.data.validLicense(tag) {
		r.fire(c, fmt.Sprintf("the tree's LICENSES do not have %q", tag))
	}
	if strings.HasPrefix(c.line.file, "Documentation/devicetree/bindings/") && !patDualBinding.MatchString(tag) {
		if c.report(r.typ, c.warnUnlessFile(), "bindings are licensed (GPL-2.0-only OR BSD-2-Clause)") {
			c.fixLine(func(line string) string {
				return patAnyLicense.ReplaceAllLiteralString(line, "SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)")
			})
		}
	}
	if strings.HasPrefix(c.line.file, "include/dt-bindings/") && !patDualHeader.MatchString(tag) {
		r.fire(c, "headers of bindings are licensed (GPL-2.0-only OR another licence)")
	}
}

var (
	patLicenseWord = lazyregexp.New(`\bSPDX-License-Identifier:`)
	patOtherSPDX   = lazyregexp.New(`\bSPDX-.*:`)
	patCopyright   = lazyregexp.New(`\bSPDX-FileCopyrightText:`)
)

// checkLicenseTags finds licence tags that stand elsewhere, and other tags of SPDX.
func checkLicenseTags(c *checker, r *rule) {
	l := &c.line
	loc := patLicenseWord.FindStringIndex(l.raw)
	inComment := loc != nil && strings.Trim(l.text[min(loc[0], len(l.text)):min(loc[1], len(l.text))], string([]byte{comment})) == ""
	if loc != nil && l.fileNr != l.licenseNr && (inComment || !c.set.corrected) {
		r.fire(c, fmt.Sprintf("the licence tag belongs in line %d", l.licenseNr))
	}
	if loc == nil && patOtherSPDX.MatchString(l.raw) && !patCopyright.MatchString(l.raw) {
		r.fire(c, "the kernel does not use this tag of SPDX")
	}
}
