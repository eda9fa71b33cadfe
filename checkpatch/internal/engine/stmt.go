// SPDX-License-Identifier: GPL-2.0-only

package engine

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
)

// RawStatement returns the raw lines of the statement at hand, joined by newlines.
func (c *Checker) RawStatement() string {
	first, _ := c.Src.RawAfter(c.Line.Nr, 0)
	lines := []string{first}
	for nr := c.Line.Nr + 1; nr <= c.Line.Nr+strings.Count(c.Stmt.Text, "\n"); nr++ {
		line, _ := c.Src.RawAfter(nr, 0)
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// callIn matches p against the statement at hand, if name is in it.
func (c *Checker) StatementHas(name string) bool {
	return c.Stmt.Known && strings.Contains(c.Stmt.Text, name)
}

// stmtState is the statement that starts on the line at hand, if one does.
type stmtState struct {
	Known bool
	// Text and cond have a space for each line marker but the first.
	Text, Cond string
	Next       lines.Cursor
	// Following is the line that follows the statement.
	Following int

	skipTo           int    // no statement starts before this line
	Before           byte   // what the values of the last line ended with
	Values, Variants []byte // of the line at hand

	NoBraces   map[int]bool // lines whose braces were looked at already
	NoTrailers map[int]bool // lines whose while belongs to a do
	Exports    map[int]bool // lines of EXPORT_SYMBOL; true: not where it should be
}

// StartStatement reads the statement that starts on the line, and learns from it what names are types.
func (c *Checker) StartStatement() {
	s := &c.Stmt
	s.Known, s.Following = false, 0
	if c.Line.Nr <= s.skipTo || c.Line.Left == 0 || len(c.Line.Plain) < 2 || lines.TrimSpace(c.Line.Plain[1:]) == "" {
		return
	}
	st := c.Src.ReadStatement(lines.Cursor{Nr: c.Line.Nr, Left: c.Line.Left, Off: 0})
	s.Known = true
	s.Text = c.Src.SpacedText(st.From, st.Text)
	s.Cond = s.Text[:len(st.Cond)]
	s.Next = st.Next
	// Without a boundary in it, no statement starts before its end.
	frag := lines.TrimRight(s.Text)
	frag = strings.TrimRight(frag, ";")
	if strings.IndexByte(frag, '{') < 0 && strings.IndexByte(frag, ';') < 0 {
		s.skipTo = st.Next.Nr
	}
	s.Following = st.Next.Nr
	if line, ok := c.Src.Line(s.Following); !ok || lines.TrimSpace(line[min(max(st.Next.Off, 0), len(line)):]) == "" {
		s.Following++
	}
	head, _, _ := strings.Cut(s.Text, "{")
	c.learnFrom(head)
}

// StatementHere returns the statement that starts on the line, also where one that started before goes on.
func (c *Checker) StatementHere() (text, cond string) {
	if !c.Stmt.Known {
		st := c.Src.ReadStatement(lines.Cursor{Nr: c.Line.Nr, Left: c.Line.Left, Off: 0})
		c.Stmt.Known = true
		c.Stmt.Text, c.Stmt.Cond, c.Stmt.Next = st.Text, st.Cond, st.Next
	}
	return c.Stmt.Text, c.Stmt.Cond
}
