// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// A cursor is a place from which to read a statement: an offset in line nr, with left lines of
// the hunk to read at most, that line included.
type cursor struct{ nr, left, off int }

// A statement is what stands between two statement boundaries: up to a semicolon, or to the brace that closes its
// block. Line markers are in it.
type statement struct {
	// text is the whole; cond its head, up to the parenthesis that closes the condition, or "else".
	text, cond string
	// next is where the next statement starts.
	next cursor
	// level is how many brackets were still open where the lines ended.
	level int
	// from is where text starts in source.joined.
	from int
}

// nesting is what the reader of statements is in: the innermost kind of bracket ('(', '{', '#' for a
// macro, 0), and how many of them.
type nesting struct {
	kind  byte
	level int
}

// statementReader walks over source.joined.
type statementReader struct {
	src   *source
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
	scanBudget = 10_000_000
	scanTimes  = 50
	shortLines = 50
)

// limit returns how many of left lines may be read.
func (s *source) limit(left int) int {
	if s.scanned > scanBudget+scanTimes*len(s.joined) {
		return min(left, shortLines)
	}
	return left
}

// readStatement reads the statement at c.
//
// It is a guess by brackets alone, as good as a patch allows: the first lines of a hunk may stand in the
// middle of anything. #if and #else put back the brackets that were open before them.
func (s *source) readStatement(c cursor) statement {
	r := &s.reader
	*r = statementReader{src: s, line: c.nr - 1, left: s.limit(c.left), base: -1, stack: append(r.stack[:0], nesting{})}
	off, cond, condSet := c.off, c.off-1, false
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
		if b == 'e' && r.at.level == 0 && !condSet && r.bareElse(off, c.off) {
			cond, condSet = off+len("else")-1, true
		}
		switch b {
		case '(':
			r.open('(')
		case ')':
			if r.close('(') && r.at.level == 0 && cond < c.off {
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
var outsideBytes, insideBytes = bytesOf("#;(){}\ne"), bytesOf("#(){}\n")

func bytesOf(list string) (table [256]bool) {
	for i := range len(list) {
		table[list[i]] = true
	}
	return table
}

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
	for r.left > 0 && r.line < len(r.src.text) {
		if strings.HasPrefix(r.src.text[r.line], "-") {
			r.line++
			continue
		}
		if r.base < 0 {
			r.base = r.src.start[r.line]
			r.end = r.base
		}
		r.left--
		r.lastL = r.end - r.base
		r.line++
		r.end = r.src.start[r.line]
		return true
	}
	if r.base < 0 {
		r.base = r.src.start[min(r.line, len(r.src.text))]
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
	i := skipSpace(rest, 1)
	end := wordEnd(rest, i)
	switch rest[i:end] {
	case "if", "ifdef", "ifndef":
		if end < len(rest) && isSpace(rest[end]) {
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
	if before := r.peek(off - 1); off > first && !isSpace(before) && before != '}' && before != '+' {
		return false
	}
	rest, ok := strings.CutPrefix(r.rest(off), "else")
	if !ok || rest == "" || !isSpace(rest[0]) && rest[0] != '{' {
		return false
	}
	i := skipSpace(rest, 0)
	return rest[i:wordEnd(rest, i)] != "if" || i == 0
}

// startsDefine reports whether text, a line with its marker, is a #define.
func startsDefine(text string) bool {
	if text == "" || text[0] == '\n' {
		return false
	}
	i := skipSpace(text, 1)
	if i >= len(text) || text[i] != '#' {
		return false
	}
	return strings.HasPrefix(text[skipSpace(text, i+1):], "define")
}

// finish makes the statement that ends at off.
func (r *statementReader) finish(c cursor, off, cond int) statement {
	size := r.end - r.base
	r.src.scanned += size
	last := r.lastL
	if off == size {
		last = size + 1
		r.line++
		r.left--
	}
	cut := func(to int) string {
		from, to := min(c.off, size), min(to+1, size)
		if to <= from {
			return ""
		}
		return r.src.joined[r.base+from : r.base+to]
	}
	return statement{
		text: cut(off), cond: cut(cond), level: r.at.level, from: r.base + min(c.off, size),
		next: cursor{r.line, r.left + 1, off - last + 1},
	}
}

// spacedText returns the statement with its own line marker, but a space for those of the lines
// after.
func (s *source) spacedText(from int, text string) string {
	if strings.IndexByte(text, '\n') < 0 || text == "" {
		return text
	}
	return text[:1] + s.spaced[from+1:from+len(text)]
}

// A chunk is one arm of an if: its condition and all of it.
type chunk struct{ cond, text string }

// readChain reads an if with its else arms, or a do with its while.
func (s *source) readChain(c cursor) (level int, chunks []chunk) {
	st := s.readStatement(c)
	chunks = append(chunks, chunk{st.cond, st.text})
	if st.next.left <= 0 || !startsChain(st.cond) {
		return st.level, chunks
	}
	for {
		st = s.readStatement(st.next)
		if st.next.left <= 0 || !continuesChain(st.cond) {
			return st.level, chunks
		}
		chunks = append(chunks, chunk{st.cond, st.text})
	}
}

// startsChain reports whether a condition starts with if, else or do, perhaps a line further on.
func startsChain(cond string) bool {
	i := skipSpace(cond, 0)
	switch firstWord(cond[i:]) {
	case "if", "else", "do":
		return true
	}
	// White space may hold a line marker once.
	nl := strings.LastIndexByte(cond[:i], '\n')
	if nl >= 0 && nl+1 < len(cond) && (cond[nl+1] == '+') {
		switch firstWord(cond[skipSpace(cond, nl+2):]) {
		case "if", "else", "do":
			return true
		}
	}
	return false
}

// continuesChain is startsChain for else and do, any number of lines further on.
func continuesChain(cond string) bool {
	word := firstWord(cond[leadingLines(cond):])
	return word == "else" || word == "do"
}

func firstWord(s string) string { return s[:wordEnd(s, 0)] }

// leadingLines returns the length of the white space that text starts with, line markers included.
func leadingLines(text string) int {
	i := 0
	for {
		j := skipSpace(text, i)
		if j > i && text[j-1] == '\n' && j < len(text) && text[j] == '+' {
			i = j + 1
			continue
		}
		return j
	}
}

// countLines is how many lines text has without its markers, empty lines around it, and the newline at the end.
func countLines(text string) int {
	return 1 + strings.Count(trimSpace(dropMarkers(text)), "\n")
}

// blockSize is the number of lines or of statements in a block, whichever is more.
func blockSize(text string) int {
	text = dropMarkers(text)
	if rest := trimLeft(text); strings.HasPrefix(rest, "{") {
		text = rest[1:]
	}
	if rest := trimRight(text); strings.HasSuffix(rest, "}") {
		text = rest[:len(rest)-1]
	}
	text = trimSpace(text)
	return max(1+strings.Count(text, "\n"), strings.Count(text, ";"))
}

// dropMarkers removes the first byte of each line.
func dropMarkers(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if line != "" {
			b.WriteString(line[1:])
		}
	}
	return b.String()
}

func isSpaceRune(r rune) bool { return r < 0x80 && isSpace(byte(r)) }

// readBlock reads raw lines from nr on up to the one that closes the first pair of open and shut that it sees. It
// returns how deep it still was where the lines ended; with outer, lines of deeper blocks are left out.
func (s *source) readBlock(nr, left int, outer bool, open, shut byte) (level int, lines []string) {
	stack := []int{0}
	left = s.limit(left)
	for i := nr - 1; left > 0 && i < len(s.raw); i++ {
		if strings.HasPrefix(s.raw[i], "-") {
			continue
		}
		left--
		text := s.text[i]
		s.scanned += len(text)
		level, stack = blockDirective(text, level, stack)
		if strings.IndexByte(text, open) >= 0 || strings.IndexByte(text, shut) >= 0 {
			for j := range len(text) {
				if text[j] == shut && level > 0 {
					if level--; level == 0 {
						break
					}
				} else if text[j] == open {
					level++
				}
			}
		}
		if !outer || level <= 1 {
			lines = append(lines, s.raw[i])
		}
		if level == 0 {
			break
		}
	}
	return level, lines
}

// blockDirective follows #if, #else and #endif in a line.
func blockDirective(text string, level int, stack []int) (int, []int) {
	if text == "" || strings.IndexByte(text, '#') < 0 {
		return level, stack
	}
	i := skipSpace(text, 1)
	if i >= len(text) || text[i] != '#' {
		return level, stack
	}
	i = skipSpace(text, i+1)
	end := wordEnd(text, i)
	switch text[i:end] {
	case "if", "ifdef", "ifndef":
		if end < len(text) && isSpace(text[end]) {
			stack = append(stack, level)
		}
	case "else", "elif":
		if len(stack) > 0 {
			level = stack[max(len(stack)-2, 0)]
		}
	case "endif":
		if len(stack) > 0 {
			level, stack = stack[len(stack)-1], stack[:len(stack)-1]
		}
	}
	return level, stack
}
