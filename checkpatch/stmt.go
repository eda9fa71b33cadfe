// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import "strings"

// rawStatement returns the raw lines of the statement at hand, joined by newlines.
func (c *checker) rawStatement() string {
	first, _ := c.src.rawAfter(c.line.nr, 0)
	lines := []string{first}
	for nr := c.line.nr + 1; nr <= c.line.nr+strings.Count(c.stmt.text, "\n"); nr++ {
		line, _ := c.src.rawAfter(nr, 0)
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// callIn matches p against the statement at hand, if name is in it.
func (c *checker) statementHas(name string) bool {
	return c.stmt.known && strings.Contains(c.stmt.text, name)
}

// stmtState is the statement that starts on the line at hand, if one does.
type stmtState struct {
	known bool
	// text and cond have a space for each line marker but the first.
	text, cond string
	next       cursor
	// following is the line that follows the statement.
	following int

	skipTo           int    // no statement starts before this line
	before           byte   // what the values of the last line ended with
	values, variants []byte // of the line at hand

	noBraces   map[int]bool // lines whose braces were looked at already
	noTrailers map[int]bool // lines whose while belongs to a do
	exports    map[int]bool // lines of EXPORT_SYMBOL; true: not where it should be
}

// startStatement reads the statement that starts on the line, and learns from it what names are types.
func (c *checker) startStatement() {
	s := &c.stmt
	s.known, s.following = false, 0
	if c.line.nr <= s.skipTo || c.line.left == 0 || len(c.line.plain) < 2 || trimSpace(c.line.plain[1:]) == "" {
		return
	}
	st := c.src.readStatement(cursor{c.line.nr, c.line.left, 0})
	s.known = true
	s.text = c.src.spacedText(st.from, st.text)
	s.cond = s.text[:len(st.cond)]
	s.next = st.next
	// Without a boundary in it, no statement starts before its end.
	frag := trimRight(s.text)
	frag = strings.TrimRight(frag, ";")
	if strings.IndexByte(frag, '{') < 0 && strings.IndexByte(frag, ';') < 0 {
		s.skipTo = st.next.nr
	}
	s.following = st.next.nr
	if line, ok := c.src.line(s.following); !ok || trimSpace(line[min(max(st.next.off, 0), len(line)):]) == "" {
		s.following++
	}
	head, _, _ := strings.Cut(s.text, "{")
	c.learnFrom(head)
}

// statementHere returns the statement that starts on the line, also where one that started before goes on.
func (c *checker) statementHere() (text, cond string) {
	if !c.stmt.known {
		st := c.src.readStatement(cursor{c.line.nr, c.line.left, 0})
		c.stmt.known = true
		c.stmt.text, c.stmt.cond, c.stmt.next = st.text, st.cond, st.next
	}
	return c.stmt.text, c.stmt.cond
}
