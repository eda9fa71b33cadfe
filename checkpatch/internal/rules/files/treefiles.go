// SPDX-License-Identifier: GPL-2.0-only

// Package files has the rules about files that are no sources: entries of Kconfig and MAINTAINERS, compatible strings and
// bindings, and the licence line, which every file has. The tables of package format name them.
package files

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

var (
	patConfigEntry = lazyregexp.New(`^\+\s*(?:config|menuconfig|choice)\b`)
	patPrompt      = lazyregexp.New(`^\+\s*(?:bool|tristate|prompt)\s*["']`)
	patHelp        = lazyregexp.New(`^\+\s*help\s*$`)
	patEntryEnd    = lazyregexp.New(`^(?:config|menuconfig|choice|endchoice|if|endif|menu|endmenu|source)\b`)
)

// CheckKconfig wants a new Kconfig entry that a user sees to have some lines of help.
func CheckKconfig(c *engine.Checker, r *engine.Rule) {
	if !strings.Contains(c.Line.File, "Kconfig") || !patConfigEntry.MatchString(c.Line.Text) {
		return
	}
	prompt, help, count := false, false, 0
	for i := c.Line.Nr; i < len(c.Src.Raw); i++ {
		text := c.Src.Blanked(i)
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
		if text = lines.TrimLeft(text); text == "" {
			continue
		}
		if patEntryEnd.MatchString(text) {
			break
		}
		if help {
			count++
		}
	}
	if prompt && count < c.Settings.MinDescription {
		r.Fire(c, fmt.Sprintf("the entry has %d lines of help, and needs %d", count, c.Settings.MinDescription))
	}
}

var patOldFlags = lazyregexp.New(`\+(EXTRA_[A-Z]+FLAGS)`)

// oldFlags are the variables of makefiles that are gone.
var oldFlags = map[string]string{"EXTRA_AFLAGS": "asflags-y", "EXTRA_CFLAGS": "ccflags-y", "EXTRA_CPPFLAGS": "cppflags-y", "EXTRA_LDFLAGS": "ldflags-y"}

// CheckMakefile finds variables that older kernels want replaced; the newest have no one left who takes them.
func CheckMakefile(c *engine.Checker, r *engine.Rule) {
	if !strings.Contains(c.Line.File, "Makefile") && !strings.Contains(c.Line.File, "Kbuild") {
		return
	}
	if m := patOldFlags.FindStringSubmatch(c.Line.Text); m != nil && oldFlags[m[1]] != "" {
		r.Fire(c, fmt.Sprintf("write %s for %s", oldFlags[m[1]], m[1]))
	}
}

// maintainersOrder is the order of the lines in an entry of MAINTAINERS.
const maintainersOrder = "MRLSWQBCPTFXNK"

var patEntryLine = lazyregexp.New(`^[+ ]([A-Z]):\s*(.*)`)

// CheckMaintainers looks at the form and the order of the lines of an entry.
func CheckMaintainers(c *engine.Checker, r *engine.Rule) {
	raw, prevRaw := c.Line.Raw, c.Line.PrevRaw
	if c.Line.File != "MAINTAINERS" || !strings.HasPrefix(raw, "+") {
		return
	}
	now := patEntryLine.FindStringSubmatch(raw)
	if now == nil {
		return
	}
	if len(raw) < 5 || raw[3] != '\t' || lines.IsSpace(raw[4]) {
		if r.Fire(c, "one tab belongs after the letter and colon") {
			c.FixLine(func(line string) string { return line[:3] + "\t" + lines.TrimLeft(line[3:]) })
		}
	}
	prev := patEntryLine.FindStringSubmatch(prevRaw)
	if prev == nil {
		return
	}
	place, prevPlace := strings.Index(maintainersOrder, now[1]), strings.Index(maintainersOrder, prev[1])
	switch {
	case place < 0:
		r.Fire(c, fmt.Sprintf("there are no lines %s: in MAINTAINERS", now[1]))
	case prevPlace >= 0 && place < prevPlace:
		r.Fire(c, fmt.Sprintf("%s: belongs before %s:", now[1], prev[1]))
	case now[1] == prev[1] && (now[1] == "F" || now[1] == "X") && prev[2] > now[2]:
		r.Fire(c, "file patterns belong in alphabetic order")
	}
}

var (
	patCompatDTS = lazyregexp.New(`^\+\s*compatible\s*=\s*"`)
	patCompatC   = lazyregexp.New(`^\+.*\.compatible\s*=\s*"`)
	patCompat    = lazyregexp.New(`"([a-zA-Z0-9\-,.+_]+)"`)
	patBusCompat = lazyregexp.New(`^(?:pciclass,|pci[a-f0-9]{2,4},|usb(?:if)?[a-f0-9]{1,4},)`)
	patVendor    = lazyregexp.New(`^([a-zA-Z0-9\-]+),`)
)

// CheckCompatible wants compatible strings and their vendors in the devicetree bindings of the tree.
func CheckCompatible(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	dts := strings.HasSuffix(c.Line.File, ".dts") || strings.HasSuffix(c.Line.File, ".dtsi")
	if !c.Tree.Real || !(dts && patCompatDTS.MatchString(text) || c.Kind(engine.CSuffixes) && patCompatC.MatchString(text)) {
		return
	}
	for _, m := range patCompat.FindAllStringSubmatch(c.Line.Raw, -1) {
		if patBusCompat.MatchString(m[1]) && c.Has(edition.BusCompatibles) {
			continue
		}
		if !c.Tree.HasBinding(m[1]) {
			r.Fire(c, fmt.Sprintf("no binding of the tree documents the compatible string %q", m[1]))
		}
		if v := patVendor.FindStringSubmatch(m[1]); v != nil && !c.Tree.HasVendor(v[1]) {
			r.Fire(c, fmt.Sprintf("vendor-prefixes.yaml of the tree does not have the vendor %q", v[1]))
		}
	}
}

var (
	patPhyMode = lazyregexp.New(`^\+\s*(phy-mode|phy-connection-type)\s*=\s*"`)
	patRGMII   = lazyregexp.New(`^"rgmii(?:|-rxid|-txid)"$`)
)

// CheckRGMII wants a word about delays that are not in the PHY.
func CheckRGMII(c *engine.Checker, r *engine.Rule) {
	name := c.Line.File
	if !strings.HasSuffix(name, ".dts") && !strings.HasSuffix(name, ".dtsi") && !strings.HasSuffix(name, ".dtso") {
		return
	}
	if patPhyMode.MatchString(c.Line.Text) && patRGMII.MatchString(c.Quoted(c.Line.Nr)) && !c.HasComment(c.Line.Nr) {
		r.Fire(c, "")
	}
}
