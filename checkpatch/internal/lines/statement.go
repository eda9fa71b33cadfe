// SPDX-License-Identifier: GPL-2.0-only

package lines

import "github.com/lsmpatch/lsmpatch/internal/limit"

import "strings"

// A Cursor is a place from which to read a statement: an offset in line nr, with left lines of
// the hunk to read at most, that line included.
type Cursor struct{ Nr, Left, Off int }

// A statement is what stands between two statement boundaries: up to a semicolon, or to the brace that closes its
// block. Line markers are in it.
type statement struct {
	// Text is the whole; cond its head, up to the parenthesis that closes the condition, or "else".
	Text, Cond string
	// Next is where the next statement starts.
	Next Cursor
	// level is how many brackets were still open where the lines ended.
	level int
	// From is where text starts in source.joined.
	From int
}

// nesting is what the reader of statements is in: the innermost kind of bracket ('(', '{', '#' for a
// macro, 0), and how many of them.
type nesting struct {
	kind  byte
	level int
}

// statementReader walks over source.joined.
type statementReader struct {
	src   *Source
	base  int // where the first line stands
	end   int // of the lines read so far
	line  int // the next line to read, from 0
	left  int
	lastL int // where the last line read starts, relative to base
	at    nesting
	stack []nesting // at each #if
}

// Statements are read to their end, however far, until the bytes that were read for an input are scanBudget and
// scanTimes its size; from then on to shortLines lines. Sources are read some ten times, as blocks are in blocks.
const (
	scanBudget = limit.StatementBytes
	scanTimes  = 50
	shortLines = 50
)

// limit returns how many of left lines may be read.
func (s *Source) limit(left int) int {
	if s.Shortened() {
		return min(left, shortLines)
	}
	return left
}

// Shortened reports whether so much was read for statements that from then on they were cut.
func (s *Source) Shortened() bool { return s.scanned > scanBudget+scanTimes*len(s.joined) }

// ReadStatement reads the statement at c.
//
// It is a guess by brackets alone, as good as a patch allows: the first lines of a hunk may stand in the
// middle of anything. #if and #else put back the brackets that were open before them.
func (s *Source) ReadStatement(c Cursor) statement {
	r := &s.reader
	*r = statementReader{src: s, line: c.Nr - 1, left: s.limit(c.Left), base: -1, stack: append(r.stack[:0], nesting{})}
	off, cond, condSet := c.Off, c.Off-1, false
	for {
		if len(r.stack) == 0 {
			r.stack = append(r.stack, nesting{})
		}
		if r.base+off >= r.end || r.base < 0 {
			if !r.more() || r.base+off >= r.end {
				break
			}
			if r.at.level == 0 && startsDefine(r.rest(off)) {
				r.at = nesting{'#', r.at.level + 1}
			}
		}
		if off += r.plain(off); r.base+off >= r.end {
			continue
		}
		b := s.joined[r.base+off]
		if b == '#' {
			r.directive(off)
		}
		if r.at.level == 0 && b == ';' {
			break
		}
		if b == 'e' && r.at.level == 0 && !condSet && r.bareElse(off, c.Off) {
			cond, condSet = off+len("else")-1, true
		}
		switch b {
		case '(':
			r.open('(')
		case ')':
			if r.close('(') && r.at.level == 0 && cond < c.Off {
				cond, condSet = off, true
			}
		case '{':
			r.open('{')
		case '}':
			if r.close('{') && r.at.level == 0 {
				if r.peek(off+1) == ';' {
					off++
				}
				return r.finish(c, off, cond)
			}
		case '\n':
			if r.at.kind == '#' && r.peek(off-1) != '\\' {
				r.at = nesting{0, r.at.level - 1}
				return r.finish(c, off+1, cond)
			}
		}
		off++
	}
	return r.finish(c, off, cond)
}

// The bytes that readStatement looks at, outside of brackets and within.
var outsideBytes, insideBytes = BytesOf("#;(){}\ne"), BytesOf("#(){}\n")

// plain returns how many bytes from off on tell nothing.
func (r *statementReader) plain(off int) int {
	looked := &outsideBytes
	if r.at.level > 0 {
		looked = &insideBytes
	}
	text := r.src.joined[r.base+off : r.end]
	for i := range len(text) {
		if looked[text[i]] {
			return i
		}
	}
	return len(text)
}

// more reads one more line that is not deleted.
func (r *statementReader) more() bool {
	for r.left > 0 && r.line < len(r.src.Raw) {
		if r.src.deleted(r.line) {
			r.line++
			continue
		}
		if r.base < 0 {
			r.base = int(r.src.start[r.line])
			r.end = r.base
		}
		r.left--
		r.lastL = r.end - r.base
		r.line++
		r.end = int(r.src.start[r.line])
		return true
	}
	if r.base < 0 {
		r.base = int(r.src.start[min(r.line, len(r.src.Raw))])
		r.end = r.base
	}
	return false
}

// rest is what has been read, from off on.
func (r *statementReader) rest(off int) string { return r.src.joined[r.base+off : r.end] }

// peek returns the byte at off, or 0 outside of what has been read.
func (r *statementReader) peek(off int) byte {
	if i := r.base + off; i >= r.base && i < r.end {
		return r.src.joined[i]
	}
	return 0
}

func (r *statementReader) open(kind byte) {
	if r.at.kind == 0 || r.at.kind == kind {
		r.at = nesting{kind, r.at.level + 1}
	}
}

// close closes one bracket, and reports whether it was of the kind that counts.
func (r *statementReader) close(kind byte) bool {
	if r.at.kind != kind {
		return false
	}
	if r.at.level--; r.at.level == 0 {
		r.at.kind = 0
	}
	return true
}

// directive follows #if, #else and #endif.
func (r *statementReader) directive(off int) {
	rest := r.rest(off)
	i := SkipSpace(rest, 1)
	end := WordEnd(rest, i)
	switch rest[i:end] {
	case "if", "ifdef", "ifndef":
		if end < len(rest) && IsSpace(rest[end]) {
			r.stack = append(r.stack, r.at)
		}
	case "else", "elif":
		r.at = r.stack[max(len(r.stack)-2, 0)]
	case "endif":
		r.at = r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
	}
}

// bareElse reports whether an else that no if follows stands at off.
func (r *statementReader) bareElse(off, first int) bool {
	if before := r.peek(off - 1); off > first && !IsSpace(before) && before != '}' && before != '+' {
		return false
	}
	rest, ok := strings.CutPrefix(r.rest(off), "else")
	if !ok || rest == "" || !IsSpace(rest[0]) && rest[0] != '{' {
		return false
	}
	i := SkipSpace(rest, 0)
	return rest[i:WordEnd(rest, i)] != "if" || i == 0
}

// startsDefine reports whether text, a line with its marker, is a #define.
func startsDefine(text string) bool {
	if text == "" || text[0] == '\n' {
		return false
	}
	i := SkipSpace(text, 1)
	if i >= len(text) || text[i] != '#' {
		return false
	}
	return strings.HasPrefix(text[SkipSpace(text, i+1):], "define")
}

// finish makes the statement that ends at off.
func (r *statementReader) finish(c Cursor, off, cond int) statement {
	size := r.end - r.base
	r.src.scanned += size
	last := r.lastL
	if off == size {
		last = size + 1
		r.line++
		r.left--
	}
	cut := func(to int) string {
		from, to := min(c.Off, size), min(to+1, size)
		if to <= from {
			return ""
		}
		return r.src.joined[r.base+from : r.base+to]
	}
	return statement{
		Text: cut(off), Cond: cut(cond), level: r.at.level, From: r.base + min(c.Off, size),
		Next: Cursor{r.line, r.left + 1, off - last + 1},
	}
}

// SpacedText returns the statement with its own line marker, but a space for those of the lines
// after.
func (s *Source) SpacedText(from int, text string) string {
	if strings.IndexByte(text, '\n') < 0 || text == "" {
		return text
	}
	return text[:1] + s.spaced[from+1:from+len(text)]
}
