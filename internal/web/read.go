// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A page of a text has so many lines, a search finds so many, and a page that is a file has so many.
const (
	linesPerPage   = 2000
	maxFound       = 1000
	maxStaticLines = 20_000
)

// logSlug names the log of a job among its texts.
const logSlug = "log"

// A textName is a text that a job brought, and how a URL calls it.
type textName struct{ Title, Slug string }

// slugOf makes a word for a URL of a title.
func slugOf(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Join(words, "-")
}

// texts names what a job brought to read: its log, and what its report has attached.
func (e *Entry) texts() []textName {
	if e.Result == nil {
		return nil
	}
	names := []textName{{"Log of the job", logSlug}}
	for _, title := range e.Result.Texts {
		if slug := slugOf(title); slug != "" && slug != logSlug {
			names = append(names, textName{title, slug})
		}
	}
	return names
}

// A readText is one of these texts.
type readText struct {
	title   string
	lines   []string
	omitted int64
}

// text returns that of a slug. The error is [fleet.ErrNone] where there is none.
func (s *server) text(ctx context.Context, e *Entry, slug string) (*readText, error) {
	if e.Result == nil {
		return nil, fleet.ErrNone
	}
	if slug == logSlug {
		text, err := s.Reports.File(ctx, e.Key, fleet.LogText)
		return &readText{"Log of the job", linesIn(string(text)), 0}, err
	}
	file, err := s.Reports.File(ctx, e.Key, fleet.Attachments)
	if err != nil {
		return nil, err
	}
	attached, err := report.ReadAttachments(file)
	if err != nil {
		return nil, err
	}
	for _, a := range attached {
		if slugOf(a.Title) == slug {
			return &readText{a.Title, linesIn(a.Text), a.Omitted}, nil
		}
	}
	return nil, fleet.ErrNone
}

// linesIn splits a text as it came from a terminal or a console.
func linesIn(text string) []string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// A textView is a part of a text, or what a search finds in it.
type textView struct {
	Title, Query string
	// Total is how many lines there are, Found how many have what is searched, and More how many of these are not shown.
	Total, Found, More int
	Omitted            int64
	Lines              []textLine
	// Next is the link to the lines after these, or "".
	Next string
}

// A textLine is one with its number; Match is what was searched for, as it stands there.
type textLine struct {
	Number               int
	Link                 string
	Before, Match, After string
}

// pick returns a number of lines beginning with one, or those that have a text, whatever the case of its letters.
func (t *readText) pick(query string, from, most int) *textView {
	v := &textView{Title: t.title, Query: query, Total: len(t.lines), Omitted: t.omitted}
	if query == "" {
		from = max(0, min(from, len(t.lines)))
		end := min(from+most, len(t.lines))
		for i, line := range t.lines[from:end] {
			n := from + i + 1
			v.Lines = append(v.Lines, textLine{Number: n, Link: fmt.Sprintf("#L%d", n), Before: line})
		}
		if end < len(t.lines) {
			v.Next = "?" + url.Values{"from": {strconv.Itoa(end)}}.Encode()
		}
		return v
	}
	wanted := regexp.MustCompile("(?i)" + regexp.QuoteMeta(strings.ToValidUTF8(query, "\ufffd")))
	for i, line := range t.lines {
		at := wanted.FindStringIndex(line)
		if at == nil {
			continue
		}
		if v.Found++; v.Found > maxFound {
			v.More++
			continue
		}
		page := i / linesPerPage * linesPerPage
		v.Lines = append(v.Lines, textLine{i + 1, fmt.Sprintf("?from=%d#L%d", page, i+1), line[:at[0]], line[at[0]:at[1]], line[at[1]:]})
	}
	return v
}

// read shows a text that a job brought.
func (s *server) read(w http.ResponseWriter, r *http.Request) {
	e := s.Index.Get(r.PathValue("key"))
	form := r.URL.Query()
	if e == nil {
		http.NotFound(w, r)
		return
	}
	if len(form.Get("q")) > 1000 {
		http.Error(w, "the search is too long", http.StatusBadRequest)
		return
	}
	text, err := s.text(r.Context(), e, r.PathValue("name"))
	switch {
	case errors.Is(err, fleet.ErrNone):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, "the text cannot be read at the moment", http.StatusServiceUnavailable)
		return
	}
	from, _ := strconv.Atoi(form.Get("from"))
	s.show(w, "read", readView(e, text.pick(form.Get("q"), from, linesPerPage)))
}

func readView(e *Entry, text *textView) view {
	return view{Title: text.Title, At: "series", Root: "../../../../", Job: e, Text: text}
}
