// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// place follows where in the mail and in which file the line stands. It reports whether the line is
// only such a mark.
func (c *checker) place() bool {
	l := &c.line
	if !c.log.message && hasAnyPrefix(l.text, "diff", " mode", "rename") && (c.m.Match(patModeChange, l.text) ||
		c.m.Match(patRename, l.text) || c.m.Match(patDiffGit, l.text)) {
		c.isPatch = true
	}
	if !c.log.message {
		if h, ok := parseHunk(l.text); ok {
			c.startHunk(h)
			return true
		}
	}
	switch {
	case l.text == "" || l.text[0] == ' ' || l.text[0] == '+':
		l.fileNr++
		l.left = max(l.left-1, 0)
		l.length, l.indent = c.set.measure(l.raw)
		l.prev, l.stash = l.stash, l.text
		l.prevIndent, l.stashIndent = l.stashIndent, l.indent
		l.prevRaw, l.stashRaw = l.stashRaw, l.raw
	case l.left == 1:
		l.left = 0
	}
	if name, ok := c.namesFile(); ok {
		c.startFile(name)
		return true
	}
	return false
}

func (c *checker) startHunk(h hunk) {
	l := &c.line
	c.isPatch = true
	l.first = l.nr + 1
	l.fileNr = h.start - 1
	l.left = h.count + 1
	c.tracker = newValueTracker()
	c.stmt = stmtState{before: valEnd}
	l.function = ""
	if m := c.m.Groups(patHunkFunction, h.context); m != nil {
		l.function = m[1]
	}
}

var (
	patDiffGit      = pat(`^diff --git a/[\w/._\-]+ b/\S+\s*$`)
	patModeChange   = pat(`^ mode change [0-7]+ => [0-7]+ \S+\s*$`)
	patRename       = pat(`^rename (?:from|to) \S+\s*$`)
	patHunkFunction = pat(`\b(\w+)\s*\(`)
	patDiffLine     = pat(`^diff --git.*?(\S+)$`)
)

// namesFile returns the file that the line names, if it starts the diff of one.
func (c *checker) namesFile() (string, bool) {
	l := &c.line
	if !strings.HasPrefix(l.text, "diff") && !strings.HasPrefix(l.text, "+++") {
		return "", false
	}
	name := ""
	if m := c.m.Groups(patDiffLine, l.text); m != nil {
		name = m[1]
	} else if n, ok := newName(l.text); ok {
		name = n
		prefix, rest, cut := strings.Cut(n, "/")
		c.log.message = false
		if c.fileMode || !cut {
			prefix = n
		} else {
			name = rest
		}
		c.newFile(prefix, name)
		return name, true
	} else {
		return "", false
	}
	if _, rest, ok := strings.Cut(name, "/"); ok && !c.fileMode {
		name = rest
	}
	c.log.message = false
	return name, true
}

// newFile looks at the name in a "+++" line, whose first part is prefix.
func (c *checker) newFile(prefix, name string) {
	c.line.file = name
	// The script places these two at the line before, since it has not moved on yet.
	c.line.nr--
	defer func() { c.line.nr++ }()
	if !c.fileMode && c.data.exists(prefix) {
		c.report("PATCH_PREFIX", warnLevel, "the prefix "+prefix+" is a name in the tree: this looks like a patch for patch -p0")
	}
	if strings.HasPrefix(name, "include/asm/") {
		c.report("MODIFIED_INCLUDE_ASM", errorLevel, "")
	}
}

// startFile begins with file name.
func (c *checker) startFile(name string) {
	l := &c.line
	l.file = name
	if c.data.obsolete(name) {
		c.report("OBSOLETE", warnLevel, name+" is marked obsolete in MAINTAINERS: change it only where you must")
	}
	c.strict = c.set.strict || hasAnyPrefix(name, "drivers/net/", "net/", "drivers/staging/")
	l.licenseNr = 1
	if hasAnyPrefix(name, "MAINTAINERS", "dev/null") {
		return
	}
	last := l.bindings
	l.bindings = 0
	if hasAnyPrefix(name, "Documentation/devicetree/", "include/dt-bindings/") {
		l.bindings = 1
	}
	if last >= 0 && last != l.bindings {
		c.report("DT_SPLIT_BINDING_PATCH", warnLevel, "")
	}
}
