// SPDX-License-Identifier: GPL-2.0-only

package files

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	patShebang     = lazyregexp.New(`^[ +]\s*#!\s*/`)
	patAnyLicense  = lazyregexp.New(`SPDX-License-Identifier: .*`)
	patDualBinding = lazyregexp.New(`GPL-2\.0(?:-only)? OR BSD-2-Clause`)
	patDualLoosely = lazyregexp.New(`GPL-2\.0.*BSD-2-Clause`)
	patDualHeader  = lazyregexp.New(`GPL-2\.0(?:-only)? OR \S+`)
)

// licenseComments returns how a comment with the licence may start in the file at hand; none: as it likes.
func licenseComments(c *engine.Checker) []string {
	name := c.Line.File
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
		if c.Settings.CxxLicense {
			return []string{"/*", "//"}
		}
		return []string{"/*"}
	case ends(".c", ".rs", ".dts", ".dtsi"):
		return []string{"//"}
	case c.Line.LicenseNr == 2 || ends(".sh", ".pl", ".py", ".awk", ".tc", ".yaml"):
		return []string{"#"}
	case ends(".rst"):
		return []string{".."}
	}
	return nil
}

// CheckLicenseLine wants the licence in the first line of a new file, or the second, after #!.
func CheckLicenseLine(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if l.FileNr != l.LicenseNr {
		return
	}
	if patShebang.MatchString(l.Raw) {
		l.LicenseNr = 2
		return
	}
	if !strings.HasPrefix(l.Raw, "+") {
		return
	}
	const tag = "SPDX-License-Identifier:"
	starts := licenseComments(c)
	cLike := c.Kind([]string{".c", ".h", ".s", ".S"})
	if cLike && strings.Contains(l.Raw, tag) && !lines.HasAnyPrefix(lines.TrimLeft(l.Raw[1:]), starts...) {
		r.Fire(c, fmt.Sprintf("the licence of %s belongs in a comment with %s", l.File, strings.Join(starts, " or ")))
	}
	head, _, tagged := strings.Cut(l.Raw[1:], " "+tag+" ")
	if len(starts) > 0 && !(tagged && slices.Contains(starts, head)) {
		r.Fire(c, fmt.Sprintf("line %d should hold the SPDX-License-Identifier", l.LicenseNr))
	} else if expr := patAnyLicense.FindString(l.Raw); expr != "" {
		checkLicense(c, r, expr)
	}
}

// checkLicense looks at the expression in a licence tag.
func checkLicense(c *engine.Checker, r *engine.Rule, tag string) {
	if !c.Tree.ValidLicense(tag) {
		r.Fire(c, fmt.Sprintf("the tree's LICENSES do not have %q", tag))
	}
	dual := patDualBinding
	if !c.Has(edition.DualBindings) {
		dual = patDualLoosely
	}
	if strings.HasPrefix(c.Line.File, "Documentation/devicetree/bindings/") && !dual.MatchString(tag) {
		if c.Report(r.Typ, c.WarnUnlessFile(), "bindings are licensed (GPL-2.0-only OR BSD-2-Clause)") {
			c.FixLine(func(line string) string {
				return patAnyLicense.ReplaceAllLiteralString(line, "SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)")
			})
		}
	}
	if c.Has(edition.DualHeaders) && strings.HasPrefix(c.Line.File, "include/dt-bindings/") && !patDualHeader.MatchString(tag) {
		r.Fire(c, "headers of bindings are licensed (GPL-2.0-only OR another licence)")
	}
}

var (
	patLicenseWord = lazyregexp.New(`\bSPDX-License-Identifier:`)
	patOtherSPDX   = lazyregexp.New(`\bSPDX-.*:`)
	patCopyright   = lazyregexp.New(`\bSPDX-FileCopyrightText:`)
)

// CheckLicenseTags finds licence tags that stand elsewhere, and other tags of SPDX.
func CheckLicenseTags(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	loc := patLicenseWord.FindStringIndex(l.Raw)
	inComment := loc != nil && strings.Trim(l.Text[min(loc[0], len(l.Text)):min(loc[1], len(l.Text))], string([]byte{lines.Comment})) == ""
	if loc != nil && l.FileNr != l.LicenseNr && (inComment || !c.Settings.Corrected) {
		r.Fire(c, fmt.Sprintf("the licence tag belongs in line %d", l.LicenseNr))
	}
	if c.Has(edition.OtherSPDX) && loc == nil && patOtherSPDX.MatchString(l.Raw) && !patCopyright.MatchString(l.Raw) {
		r.Fire(c, "the kernel does not use this tag of SPDX")
	}
}
