// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
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
