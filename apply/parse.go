// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// parse.go, header.go and names.go read a diff with the eyes of git apply, whose verdict on a patch
// begins with what it takes for one. The files of patchset.Patch, parsed by go-gitdiff, serve those
// who describe a patch; they do not settle what may be applied: go-gitdiff strips an absolute
// path where git refuses it, takes "@@ -+1 +1 @@" where git does not, and does not know the file of a
// plain diff that may be new or changed.

// A parseError says why git would not take a diff. Line counts from 1.
type parseError struct {
	kind string
	line int
	msg  string
}

func (e *parseError) Error() string { return fmt.Sprintf("line %d of the diff: %s", e.line, e.msg) }

// errNoPatch is the error of a text without any diff.
var errNoPatch = errors.New("the mail has no patch in it")

// A parser reads a diff. It stands at the start of a line, except after an error.
type parser struct {
	text string
	pos  int
	line int
	// strip is how many leading folders are taken off names; git guesses it once, from the first
	// diff without git's own header.
	strip      int
	stripKnown bool
	// below is put before each name.
	below string
	// expanded counts the bytes that the binary patches so far expand to.
	expanded int64
}

// naming says how names are read.
type naming struct {
	// strip is how many leading folders are taken off; nil takes one, or none where the names of the
	// first diff without git's own header have no folder.
	strip *int
	// below is the folder that names are relative to.
	below string
}

// naming returns how o wants names to be read.
func (o *Options) naming() naming {
	var n naming
	if dir := path.Clean(o.Directory); dir != "." { // as the newest versions of git do; old ones squash slashes only
		n.below = dir
	}
	if o.Strip != 0 {
		strip := max(o.Strip, 0)
		n.strip = &strip
	}
	return n
}

// args returns what tells git apply the same.
func (n naming) args() []string {
	var args []string
	if n.strip != nil {
		args = append(args, fmt.Sprintf("-p%d", *n.strip))
	}
	if n.below != "" {
		args = append(args, "--directory="+n.below)
	}
	return args
}

// parseDiff returns the changes of a diff. Text between them is skipped.
func parseDiff(diff []byte, names naming) ([]*change, error) {
	p := &parser{text: string(diff), line: 1, strip: 1, below: names.below}
	if names.strip != nil {
		p.strip, p.stripKnown = *names.strip, true
	}
	if lines, files := bytes.Count(diff, []byte("\n")), bytes.Count(diff, []byte("\ndiff --git ")); lines > limit.PatchLines || files >= limit.PatchFiles {
		return nil, p.errorf(KindBomb, "more than %d lines or %d files in a patch", limit.PatchLines, limit.PatchFiles)
	}
	var changes []*change
	for {
		c, err := p.change()
		if err != nil {
			return changes, err
		}
		if c == nil {
			break
		}
		changes = append(changes, c)
	}
	if len(changes) == 0 {
		return nil, errNoPatch
	}
	return changes, nil
}

func (p *parser) errorf(kind, format string, args ...any) error {
	return &parseError{kind: kind, line: p.line, msg: fmt.Sprintf(format, args...)}
}

func (p *parser) rest() string { return p.text[p.pos:] }

// peek returns the line at the position with its end, "" at the end of the text.
func (p *parser) peek() string { return firstLine(p.rest()) }

// firstLine returns the first line of s with its end.
func firstLine(s string) string { return s[:lineLen(s)] }

func lineLen(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}

// skip moves over a line that peek returned.
func (p *parser) skip(line string) {
	p.pos += len(line)
	p.line++
}

// change reads the next change, or returns nil where there is none.
func (p *parser) change() (*change, error) {
	c := &draft{}
	found, err := p.findHeader(c)
	if err != nil || !found {
		return nil, err
	}
	if err := p.hunks(c); err != nil {
		return nil, err
	}
	if len(c.hunks) == 0 {
		if err := p.binaryPart(c); err != nil {
			return nil, err
		}
		if !c.binary && !c.changesMetadata() {
			return nil, p.errorf(KindCorrupt, "a patch with only garbage")
		}
	}
	for _, name := range []*string{&c.oldName, &c.newName} {
		*name = strings.Clone(*name) // results have it, and would have the whole diff with it
		if p.below != "" && *name != "" {
			*name = strings.TrimSuffix(p.below, "/") + "/" + *name
		}
	}
	return &c.change, nil
}

// maxHunks bounds the hunks of one file. The most that a file of Linux ever got in one patch is some
// thousands.
const maxHunks = limit.FileHunks

// hunks reads the "@@" parts of c.
func (p *parser) hunks(c *draft) error {
	oldLines, newLines := int64(0), int64(0)
	for len(p.rest()) > 4 && strings.HasPrefix(p.rest(), "@@ -") {
		h, err := p.hunk(len(c.hunks) + 1)
		if err != nil {
			return err
		}
		if len(c.hunks) == maxHunks {
			return p.errorf(KindBomb, "more than %d hunks for one file", maxHunks)
		}
		c.hunks = append(c.hunks, h)
		oldLines += h.oldLines
		newLines += h.newLines
	}
	many := len(c.hunks) > 1
	if c.isNew == maybe && (oldLines > 0 || many) {
		c.isNew = no
	}
	if c.isDelete == maybe && (newLines > 0 || many) {
		c.isDelete = no
	}
	if c.isNew == yes && oldLines > 0 {
		return p.errorf(KindCorrupt, "the new file %s depends on old contents", c.newName)
	}
	if c.isDelete == yes && newLines > 0 {
		return p.errorf(KindCorrupt, "the deleted file %s still has contents", c.oldName)
	}
	return nil
}

// hunk reads one hunk. Its line counts say where it ends.
func (p *parser) hunk(number int) (*hunk, error) {
	head := p.peek()
	h, err := parseHunkHeader(head)
	if err != nil {
		kind := KindCorrupt
		if errors.Is(err, errNumber) {
			kind = KindOverflow
		}
		return nil, p.errorf(kind, "corrupt patch: %v", err)
	}
	h.number = number
	p.skip(head)
	if err := p.hunkLines(h); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(h.lines, func(l hunkLine) bool { return l.op != ' ' }) {
		return nil, p.errorf(KindCorrupt, "corrupt patch: the hunk changes nothing")
	}
	if marksEnd(p.rest()) {
		p.skip(p.peek())
	}
	return h, nil
}

// hunkLines reads as many lines as the header of h says.
func (p *parser) hunkLines(h *hunk) error {
	old, new := h.oldLines, h.newLines
	changed := false
	for old > 0 || new > 0 {
		line := p.peek()
		if !strings.HasSuffix(line, "\n") {
			return p.errorf(KindCorrupt, "corrupt patch: the hunk ends early")
		}
		switch line[0] {
		case '\n', ' ':
			old--
			new--
			if !changed {
				h.leading++
			}
			h.trailing++
		case '-':
			old--
			changed, h.trailing = true, 0
		case '+':
			new--
			changed, h.trailing = true, 0
		case '\\':
			if !isNoNewline(line) {
				return p.errorf(KindCorrupt, "corrupt patch")
			}
		default:
			return p.errorf(KindCorrupt, "corrupt patch: no line of a hunk begins like this")
		}
		if old < 0 || new < 0 {
			return p.errorf(KindCorrupt, "corrupt patch: more lines than the hunk's header says")
		}
		p.skip(line)
		next := p.rest()
		if old == 0 && new == 0 && !marksEnd(next) {
			next = "" // not of this hunk
		}
		h.add(line, next)
	}
	return nil
}

// marksEnd reports whether rest, behind the last line that a hunk counts, begins by saying that this line has no end. Git wants more than
// twelve bytes of whatever there, so that a patch that was cut off within those words keeps the line's end.
func marksEnd(rest string) bool { return len(rest) > 12 && strings.HasPrefix(rest, `\ `) }

// isNoNewline reports whether line says that the line before has no end. Git looks at no more, since
// diff says it in the user's language.
func isNoNewline(line string) bool { return len(line) >= 12 && strings.HasPrefix(line, `\ `) }

// add adds a line of the patch to h; what follows may take away its end.
func (h *hunk) add(line, next string) {
	incomplete := strings.HasPrefix(next, `\`)
	switch {
	case line[0] == '\\':
		return
	case line == "\n" && incomplete:
		return // git drops such a line
	case line == "\n":
		line = " \n"
	case incomplete:
		line = line[:len(line)-1]
	}
	h.lines = append(h.lines, hunkLine{op: line[0], text: line[1:]})
}

var errNumber = errors.New("a line number beyond all files")

// parseHunkHeader reads "@@ -1,2 +3,4 @@".
func parseHunkHeader(line string) (*hunk, error) {
	bad := errors.New("not a hunk header")
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok || !strings.HasSuffix(line, "\n") {
		return nil, bad
	}
	h := &hunk{}
	for _, side := range []struct {
		pos, lines *int64
		end        string
	}{{&h.oldPos, &h.oldLines, " +"}, {&h.newPos, &h.newLines, " @@"}} {
		var err error
		if *side.pos, rest, err = parseNumber(rest); err != nil {
			return nil, err
		}
		*side.lines = 1
		if after, ok := strings.CutPrefix(rest, ","); ok {
			if *side.lines, rest, err = parseNumber(after); err != nil {
				return nil, err
			}
		}
		if rest, ok = strings.CutPrefix(rest, side.end); !ok {
			return nil, bad
		}
	}
	return h, nil
}

// parseNumber reads digits alone. Where git wraps around at 32 bits, errNumber is returned.
func parseNumber(s string) (n int64, rest string, err error) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n = min(n*10+int64(s[i]-'0'), math.MaxInt32+1)
	}
	switch {
	case i == 0:
		return 0, s, errors.New("not a hunk header")
	case n > math.MaxInt32:
		return 0, s, errNumber
	}
	return n, s[i:], nil
}
