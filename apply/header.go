// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"strconv"
	"strings"
)

// A draft is a change while its header is read.
type draft struct {
	change
	// both is the name that stands on both sides of the "diff --git" line.
	both string
}

func (d *draft) changesMetadata() bool {
	return d.isRename || d.isCopy || d.isNew == yes || d.isDelete != no ||
		d.oldMode != 0 && d.newMode != 0 && d.oldMode != d.newMode
}

// findHeader looks for the next header of a change, reads it into c, and leaves the parser at what
// follows it.
func (p *parser) findHeader(c *draft) (bool, error) {
	c.isNew, c.isDelete = maybe, maybe
	for p.rest() != "" {
		line := p.peek()
		if len(line) < 6 {
			p.skip(line)
			continue
		}
		if strings.HasPrefix(line, "@@ -") {
			if _, err := parseHunkHeader(line); err == nil {
				return false, p.errorf(KindCorrupt, "a hunk without a header before it")
			}
			p.skip(line)
			continue
		}
		if len(p.rest()) < len(line)+6 {
			return false, nil
		}
		if strings.HasPrefix(line, "diff --git ") {
			start := p.pos
			if err := p.gitHeader(c); err != nil {
				return false, err
			}
			if p.pos > start+len(line) {
				return true, nil
			}
			continue
		}
		if ok, err := p.plainHeader(c); ok || err != nil {
			return ok, err
		}
		p.skip(line)
	}
	return false, nil
}

// plainHeader reads "--- a" and "+++ b" without git's header, where a hunk follows.
func (p *parser) plainHeader(c *draft) (bool, error) {
	first := p.peek()
	next := p.rest()[len(first):]
	second := firstLine(next)
	if !strings.HasPrefix(first, "--- ") || !strings.HasPrefix(second, "+++ ") ||
		len(p.rest()) < len(second)+len("@@ -0,0 +1 @@\n") || !strings.HasPrefix(next[len(second):], "@@ -") {
		return false, nil
	}
	old, new := first[4:], second[4:]
	p.guessStrip(new)
	name := ""
	switch {
	case isDevNull(old):
		c.isNew, c.isDelete = yes, no
		name = plainName(new, "", p.strip)
		c.newName = name
	case isDevNull(new):
		c.isNew, c.isDelete = no, yes
		name = plainName(old, "", p.strip)
		c.oldName = name
	default:
		name = plainName(new, plainName(old, "", p.strip), p.strip)
		switch {
		case isEpoch(old):
			c.isNew, c.isDelete = yes, no
			c.newName = name
		case isEpoch(new):
			c.isNew, c.isDelete = no, yes
			c.oldName = name
		default:
			c.oldName, c.newName = name, name
		}
	}
	if name == "" {
		return false, p.errorf(KindCorrupt, "no file name")
	}
	p.skip(first)
	p.skip(second)
	return true, nil
}

// guessStrip finds out whether names carry "a/" and "b/": not where the new one has no folder. With
// --directory git counts that as a folder of it, and so takes it to carry one.
func (p *parser) guessStrip(new string) {
	if p.stripKnown || p.below != "" {
		return
	}
	if name := plainName(new, "", 0); name != "" && !strings.Contains(name, "/") {
		p.strip, p.stripKnown = 0, true
	}
}

// A headerLine is a kind of line that may follow "diff --git".
type headerLine struct {
	prefix string
	read   func(p *parser, c *draft, value string) error
}

// headerLines returns the lines that git knows, in the order in which it tries them.
func headerLines() []headerLine {
	return []headerLine{
		{"--- ", (*parser).oldNameLine},
		{"+++ ", (*parser).newNameLine},
		{"old mode ", func(p *parser, c *draft, v string) error { return p.mode(&c.oldMode, v) }},
		{"new mode ", func(p *parser, c *draft, v string) error { return p.mode(&c.newMode, v) }},
		{"deleted file mode ", func(p *parser, c *draft, v string) error {
			c.isDelete, c.oldName = yes, c.both
			return p.mode(&c.oldMode, v)
		}},
		{"new file mode ", func(p *parser, c *draft, v string) error {
			c.isNew, c.newName = yes, c.both
			return p.mode(&c.newMode, v)
		}},
		{"copy from ", func(p *parser, c *draft, v string) error { return p.move(&c.isCopy, &c.oldName, v) }},
		{"copy to ", func(p *parser, c *draft, v string) error { return p.move(&c.isCopy, &c.newName, v) }},
		{"rename old ", func(p *parser, c *draft, v string) error { return p.move(&c.isRename, &c.oldName, v) }},
		{"rename new ", func(p *parser, c *draft, v string) error { return p.move(&c.isRename, &c.newName, v) }},
		{"rename from ", func(p *parser, c *draft, v string) error { return p.move(&c.isRename, &c.oldName, v) }},
		{"rename to ", func(p *parser, c *draft, v string) error { return p.move(&c.isRename, &c.newName, v) }},
		{"similarity index ", func(*parser, *draft, string) error { return nil }},
		{"dissimilarity index ", func(*parser, *draft, string) error { return nil }},
		{"index ", (*parser).indexLine},
	}
}

// gitHeader reads "diff --git" and the lines that belong to it.
func (p *parser) gitHeader(c *draft) error {
	first := p.peek()
	c.isNew, c.isDelete = no, no
	c.both = bothName(strings.TrimPrefix(first, "diff --git "), p.strip)
	p.skip(first)
	known := headerLines()
	for {
		line := p.peek()
		if !strings.HasSuffix(line, "\n") {
			break
		}
		i := 0
		for i < len(known) && !strings.HasPrefix(line, known[i].prefix) {
			i++
		}
		if i < len(known) {
			if err := known[i].read(p, c, line[len(known[i].prefix):]); err != nil {
				return err
			}
		}
		if n := count(c.isDelete == yes, c.isNew == yes, c.isRename, c.isCopy); n > 1 {
			return p.errorf(KindCorrupt, "inconsistent header lines")
		}
		if i == len(known) {
			break
		}
		p.skip(line)
	}
	if c.oldName == "" && c.newName == "" {
		c.oldName, c.newName = c.both, c.both
	}
	if c.newName == "" && c.isDelete != yes || c.oldName == "" && c.isNew != yes {
		return p.errorf(KindCorrupt, "the header of a change lacks a file name")
	}
	return nil
}

func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func (p *parser) oldNameLine(c *draft, value string) error {
	return p.verifyName(&c.oldName, value, c.isNew == yes, "old")
}

func (p *parser) newNameLine(c *draft, value string) error {
	return p.verifyName(&c.newName, value, c.isDelete == yes, "new")
}

// verifyName sets *name to the name on a "---" or "+++" line, or compares the two.
func (p *parser) verifyName(name *string, value string, absent bool, side string) error {
	switch {
	case *name == "" && !absent:
		*name = findName(value, "", p.strip, '\t')
	case *name != "" && absent:
		return p.errorf(KindCorrupt, "expected /dev/null, got %s", *name)
	case *name != "":
		if findName(value, "", p.strip, '\t') != *name {
			return p.errorf(KindCorrupt, "inconsistent %s filename", side)
		}
	case !isDevNull(value):
		return p.errorf(KindCorrupt, "expected /dev/null")
	}
	return nil
}

// move reads the name of a rename or copy, which has no "a/" or "b/".
func (p *parser) move(flag *bool, name *string, value string) error {
	*flag = true
	*name = findName(value, "", max(p.strip-1, 0), 0)
	return nil
}

// mode reads a mode in octal digits, after which white space must stand.
func (p *parser) mode(mode *uint32, value string) error {
	digits := strings.TrimLeft(value, " \t")
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '7' {
		end++
	}
	n, err := strconv.ParseUint(digits[:end], 8, 32)
	if err != nil || end == len(digits) || !isSpace(digits[end]) {
		return p.errorf(KindCorrupt, "invalid mode")
	}
	*mode = canonMode(uint32(n))
	return nil
}

// indexLine reads "1234..5678 100644". What does not look like it is no error.
func (p *parser) indexLine(c *draft, value string) error {
	const longest = 64
	old, rest, ok := strings.Cut(value, "..")
	if !ok || len(old) > longest || strings.Contains(old, ".") {
		return nil
	}
	c.oldOID = old
	new, mode, ok := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	if len(new) > longest {
		return nil
	}
	c.newOID = new
	if ok {
		return p.mode(&c.oldMode, mode+"\n")
	}
	return nil
}
