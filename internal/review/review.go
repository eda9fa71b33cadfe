// SPDX-License-Identifier: GPL-2.0-only

// Package review is what a reviewer sees of a report in a terminal, and does there: without the terminal.
//
// For most uses, make a [Session] with [New], give it keys with [Session.Key] and show [Session.Screen]. A session is a view
// of a series and of its report: what it writes, it writes by the functions of [Options], and each of them is there as a
// verb as well.
//
// The text of a [Line] is safe for a terminal: it has gone through [report.Printable], and has neither colours nor tabs.
package review

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/columns"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/patchset/report/page"
)

// Options are what a session may do besides showing; nil functions are told as missing.
type Options struct {
	// Draft keeps the draft of a reply to a patch, and returns where.
	Draft func(patch int, mail []byte) (string, error)
	// Branch puts the series on a branch, and returns which.
	Branch func() (string, error)
	// From is who reviews, as "Name <address>"; "" is nobody, whose drafts have no Reviewed-by.
	From string
}

// A Style says what a line is.
type Style int

// The styles of lines.
const (
	Plain Style = iota
	Title
	Added
	Deleted
	Hunk
	Errors
	Warnings
	Notes
	Mine
	Bar
)

// A Line is one line of the screen.
type Line struct {
	Text  string
	Style Style
}

// A row is a line of a page, with what it stands for.
type row struct {
	Line
	// quote is the line of the mail's body, from 1, that a note on it is put below; 0 for none.
	quote int
	// finding is what the row tells, or nil.
	finding *report.Finding
}

// A note is what the reviewer says of a line of a mail.
type note struct {
	quote int
	text  string
}

// A Session is one review.
type Session struct {
	set  *patchset.Set
	rep  *report.Report
	opts Options
	// found are the findings of each patch, with 0 of the series; placed are those of them that stand at a line of the diff,
	// as page has it, and above are the others.
	found, above map[int][]report.Finding
	placed       map[int]map[place][]report.Finding

	width, height int
	// page is the index of the patch that is shown, from 1, 0 for the series; list shows all of them.
	list bool
	page int
	rows []row
	// cursor and top are rows of what is shown.
	cursor, top int
	accepted    map[int]bool
	notes       map[int][]note
	// typed is what is being typed behind asks: "/" for a search, "note: ".
	asks, typed string
	search      string
	status      string
	help        bool
	quit        bool
}

// New begins a review.
func New(set *patchset.Set, rep *report.Report, opts *Options) *Session {
	s := &Session{set: set.Own(), rep: rep, list: true, width: 80, height: 24, accepted: map[int]bool{}, notes: map[int][]note{},
		found: map[int][]report.Finding{}, above: map[int][]report.Finding{}, placed: map[int]map[place][]report.Finding{}}
	if opts != nil {
		s.opts = *opts
	}
	s.sort()
	s.show()
	return s
}

// sort sorts the findings by where they are shown.
func (s *Session) sort() {
	view := page.NewView(s.rep)
	for _, step := range view.Steps {
		for _, f := range step.Findings {
			s.found[f.Patch] = append(s.found[f.Patch], f.Finding)
			if f.Patch == 0 || f.Row == "" {
				s.above[f.Patch] = append(s.above[f.Patch], f.Finding)
			}
		}
	}
	for _, p := range view.Diffs {
		at := map[place][]report.Finding{}
		for _, file := range p.Files {
			for _, row := range file.Rows {
				for _, f := range row.Findings {
					if f.Patch == p.Index {
						key := place{file.Name, row.New}
						at[key] = append(at[key], f.Finding)
					}
				}
			}
		}
		s.placed[p.Index] = at
	}
}

// Resize says how large the terminal is.
func (s *Session) Resize(width, height int) {
	s.width, s.height = max(width, 20), max(height, 4)
	s.show()
}

// Done reports whether the reviewer has left.
func (s *Session) Done() bool { return s.quit }

// margin is how many lines are kept in sight below the cursor.
const margin = 2

// body is how many rows fit between the two bars.
func (s *Session) body() int { return s.height - 2 }

// show makes the rows of what is shown anew, and keeps the cursor within.
func (s *Session) show() {
	if s.list {
		s.rows = s.index()
	} else {
		s.rows = s.patchPage()
	}
	s.cursor = min(max(s.cursor, 0), len(s.rows)-1)
	// What a note or a finding adds below the cursor is to be seen.
	below := min(margin, len(s.rows)-1-s.cursor, s.body()-1)
	s.top = min(max(s.top, s.cursor+below-s.body()+1), s.cursor)
}

// Screen returns the lines of the terminal, as many as it has.
func (s *Session) Screen() []Line {
	lines := []Line{{s.bar(), Bar}}
	if s.help {
		for _, l := range strings.Split(helpText, "\n") {
			lines = append(lines, s.cut(Line{l, Plain}))
		}
	} else {
		for i := s.top; i < min(s.top+s.body(), len(s.rows)); i++ {
			l := s.rows[i].Line
			l.Text = " " + l.Text
			if i == s.cursor {
				l.Text = ">" + l.Text[1:]
			}
			lines = append(lines, s.cut(l))
		}
	}
	lines = lines[:min(len(lines), s.height-1)]
	for len(lines) < s.height-1 {
		lines = append(lines, Line{})
	}
	last := s.status
	if s.asks != "" {
		last = s.asks + s.typed + "_"
	}
	return append(lines, s.cut(Line{report.Printable(last), Bar}))
}

// cut makes a line fit the terminal; wide characters take two columns.
func (s *Session) cut(l Line) Line {
	l.Text = fit(l.Text, s.width)
	return l
}

func (s *Session) bar() string {
	if s.list {
		return fit("q:quit  Enter:open  a:accept  R:reply  B:branch  /:search  ?:help", s.width)
	}
	return fit(fmt.Sprintf("q:back  J/K:patch  Tab:finding  a:accept  c:note  f:finding as note  R:reply  ?:help  %d%%",
		(s.cursor+1)*100/max(len(s.rows), 1)), s.width)
}

const helpText = `
  j k, arrows    a line down, up          g G     first, last line
  space b        a screen down, up        Enter   open a patch
  J K            next, previous patch     q       back, quit
  Tab            next finding             / n N   search, again, backwards
  a              accept the patch (again: not), its draft says Reviewed-by
  c              note on this line, for the draft of a reply
  f              take the finding on this line as a note
  R              write the draft of a reply to the patch: an .eml, sent by nobody
  B              put the series on a branch, as lsmpatch apply --branch does
  ?              this help

  What is shown is the report of lsmpatch premerge.`

// index is the list of the patches.
func (s *Session) index() []row {
	rows := []row{{Line: s.entry(0, s.rep.Series.Title, "")}}
	for _, p := range s.set.Patches {
		added, deleted := 0, 0
		for _, f := range p.Files {
			a, d := patchset.Count(f)
			added, deleted = added+a, deleted+d
		}
		rows = append(rows, row{Line: s.entry(p.Index, p.Title, fmt.Sprintf("+%d -%d", added, deleted))})
	}
	return rows
}

// entry is a line of the list: number, flags, findings, size, title.
func (s *Session) entry(patch int, title, size string) Line {
	flags := []byte("  ")
	if s.accepted[patch] {
		flags[0] = 'A'
	}
	if len(s.notes[patch]) > 0 {
		flags[1] = 'r'
	}
	errors, warnings, notes, _ := report.Tally(s.found[patch])
	style, tally := Plain, ""
	for _, c := range []struct {
		n     int
		sign  string
		style Style
	}{{notes, "N", Plain}, {warnings, "W", Warnings}, {errors, "E", Errors}} {
		if c.n > 0 {
			style, tally = c.style, fmt.Sprintf("%d%s ", c.n, c.sign)+tally
		}
	}
	if patch == 0 {
		size = string(s.rep.Verdict())
	}
	return Line{clean(fmt.Sprintf("%2d/%d %s %-9s %-12s %s", patch, s.set.Total, flags, tally, size, title)), style}
}

// clean makes text one line that a terminal shows as it stands.
func clean(text string) string {
	text = report.Printable(text)
	if !strings.Contains(text, "\t") {
		return text
	}
	var b strings.Builder
	column := 0
	for _, r := range text {
		if r != '\t' {
			b.WriteRune(r)
			column += columns.Of(r)
			continue
		}
		n := 8 - column%8
		b.WriteString(strings.Repeat(" ", n))
		column += n
	}
	return b.String()
}
