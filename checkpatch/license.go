// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

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
