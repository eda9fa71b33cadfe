// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"strings"
)

// straight applies hunks that all stand just where they say, in order, which is what most do. It
// needs no table of the file's lines. It reports false where a hunk does not, or where lines lack
// their ends within the file: then place has to look.
func (p *placer) straight(data []byte, hunks []*hunk) (after []byte, places []placement, ok bool) {
	s := strip{data: data, after: make([]byte, 0, len(data)+len(data)/32)}
	for _, h := range hunks {
		pos := max(h.position()-1, 0)
		if p.atStart(h) && pos > 0 || !s.skipTo(pos-s.grown) {
			return nil, nil, false
		}
		if !s.replace(h) || p.atEnd(h) && s.offset < len(data) {
			return nil, nil, false
		}
		places = append(places, placement{at: pos})
	}
	return append(s.after, data[s.offset:]...), places, true
}

// atStart reports whether h must stand at the beginning of the file: it says so, by line 0 or 1.
func (p *placer) atStart(h *hunk) bool { return h.oldPos == 0 || h.oldPos == 1 && !p.unidiffZero }

// atEnd reports whether h must stand at the end of the file: it has no context after the change.
func (p *placer) atEnd(h *hunk) bool { return !p.unidiffZero && h.trailing == 0 }

// A strip is a file that is gone through once, from its beginning to its end.
type strip struct {
	data  []byte
	after []byte // what has become of data[:offset]
	// offset and line are where we are in the old file, and grown is by how many lines the new one is
	// ahead.
	offset, line, grown int
}

// skipBlock is how many bytes are looked through at once for line ends.
const skipBlock = 4096

// skipTo goes on to a line of the old file, counted from 0. It reports false where that lies behind,
// or beyond the end.
func (s *strip) skipTo(line int) bool {
	from := s.offset
	// A block at a time, as long as the line lies beyond it.
	for len(s.data)-s.offset >= skipBlock {
		n := bytes.Count(s.data[s.offset:s.offset+skipBlock], []byte("\n"))
		if s.line+n >= line {
			break
		}
		s.offset += skipBlock
		s.line += n
	}
	for s.line < line {
		n := bytes.IndexByte(s.data[s.offset:], '\n') + 1
		if n == 0 {
			return false
		}
		s.offset += n
		s.line++
	}
	s.after = append(s.after, s.data[from:s.offset]...)
	return s.line == line
}

// replace puts the new side of h in the place of its old side, which must stand here.
func (s *strip) replace(h *hunk) bool {
	for _, l := range h.lines {
		if l.op != '+' {
			rest := s.data[s.offset:]
			if l.text == "" || len(rest) < len(l.text) || string(rest[:len(l.text)]) != l.text {
				return false
			}
			s.offset += len(l.text)
			s.line++
			s.grown--
			if !strings.HasSuffix(l.text, "\n") && s.offset < len(s.data) {
				return false
			}
		}
		if l.op != '-' {
			if len(s.after) > 0 && s.after[len(s.after)-1] != '\n' {
				return false
			}
			s.after = append(s.after, l.text...)
			s.grown++
		}
	}
	return s.offset == len(s.data) || len(s.after) == 0 || s.after[len(s.after)-1] == '\n'
}
