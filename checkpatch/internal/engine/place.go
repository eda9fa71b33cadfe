// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
)

// place follows where in the mail and in which file the line stands. It reports whether the line is
// only such a mark.
func (c *Checker) place() bool {
	l := &c.Line
	if !c.Log.Message && lines.HasAnyPrefix(l.Text, "diff", " mode", "rename") && (c.M.Match(patModeChange, l.Text) ||
		c.M.Match(patRename, l.Text) || c.M.Match(patDiffGit, l.Text)) {
		c.IsPatch = true
	}
	if !c.Log.Message {
		if h, ok := lines.ParseHunk(l.Text); ok {
			c.startHunk(h)
			return true
		}
	}
	switch {
	case l.Text == "" || l.Text[0] == ' ' || l.Text[0] == '+':
		l.FileNr++
		l.Left = max(l.Left-1, 0)
		l.Length, l.Indent = c.Settings.Measure(l.Raw)
		l.Prev, l.stash = l.stash, l.Text
		l.PrevIndent, l.stashIndent = l.stashIndent, l.Indent
		l.PrevRaw, l.stashRaw = l.stashRaw, l.Raw
	case l.Left == 1:
		l.Left = 0
	}
	if name, ok := c.namesFile(); ok {
		c.startFile(name)
		return true
	}
	return false
}

func (c *Checker) startHunk(h lines.Hunk) {
	l := &c.Line
	c.IsPatch = true
	l.first = l.Nr + 1
	l.FileNr = h.Start - 1
	l.Left = h.Count + 1
	c.tracker = newValueTracker()
	c.Stmt = stmtState{Before: valEnd}
	l.Function = ""
	if m := c.M.Groups(patHunkFunction, h.Context); m != nil {
		l.Function = m[1]
	}
}

var (
	patDiffGit      = syntax.Compile(`^diff --git a/[\w/._\-]+ b/\S+\s*$`)
	patModeChange   = syntax.Compile(`^ mode change [0-7]+ => [0-7]+ \S+\s*$`)
	patRename       = syntax.Compile(`^rename (?:from|to) \S+\s*$`)
	patHunkFunction = syntax.Compile(`\b(\w+)\s*\(`)
	patDiffLine     = syntax.Compile(`^diff --git.*?(\S+)$`)
)

// namesFile returns the file that the line names, if it starts the diff of one.
func (c *Checker) namesFile() (string, bool) {
	l := &c.Line
	if !strings.HasPrefix(l.Text, "diff") && !strings.HasPrefix(l.Text, "+++") {
		return "", false
	}
	name := ""
	if m := c.M.Groups(patDiffLine, l.Text); m != nil {
		name = m[1]
	} else if n, ok := lines.NewName(l.Text); ok {
		name = n
		prefix, rest, cut := strings.Cut(n, "/")
		c.Log.Message = false
		if c.FileMode || !cut {
			prefix = n
		} else {
			name = rest
		}
		c.newFile(prefix, name)
		return name, true
	} else {
		return "", false
	}
	if _, rest, ok := strings.Cut(name, "/"); ok && !c.FileMode {
		name = rest
	}
	c.Log.Message = false
	return name, true
}

// newFile looks at the name in a "+++" line, whose first part is prefix.
func (c *Checker) newFile(prefix, name string) {
	c.Line.File = name
	first := len(c.Found)
	if !c.FileMode && c.Tree.Exists(prefix) {
		c.Report("PATCH_PREFIX", Warn, "the prefix "+prefix+" is a name in the tree: this looks like a patch for patch -p0")
	}
	if strings.HasPrefix(name, "include/asm/") {
		c.Report("MODIFIED_INCLUDE_ASM", Error, "")
	}
	for i := range c.Found[first:] {
		c.Found[first+i].Early = true
	}
}

// startFile begins with file name.
func (c *Checker) startFile(name string) {
	l := &c.Line
	l.File = name
	if c.Tree.Obsolete(name) {
		c.Report("OBSOLETE", Warn, name+" is marked obsolete in MAINTAINERS: change it only where you must")
	}
	c.Strict = c.Settings.Strict || lines.HasAnyPrefix(name, "drivers/net/", "net/", "drivers/staging/")
	l.LicenseNr = 1
	if strings.HasPrefix(name, "MAINTAINERS") || strings.HasPrefix(name, "dev/null") && c.Has(edition.NoBindingNull) {
		return
	}
	last := l.bindings
	l.bindings = 0
	if lines.HasAnyPrefix(name, "Documentation/devicetree/", "include/dt-bindings/") {
		l.bindings = 1
	}
	if last >= 0 && last != l.bindings {
		c.Report("DT_SPLIT_BINDING_PATCH", Warn, "")
	}
}
