// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostileTexts are what a mail, a tree or a kernel may say to those who read a report.
var hostileTexts = []string{
	"a\x1b]0;owned\x07b", "a\x1b[2J\x1b[1;1H", "\x9b31m", "a\u009bb\u0085c", "\u202egnp.exe", "\u2066x\u2069", "\u061c", "a\u2028b\u2029c",
	"\U000e0041\U000e007f", "a\rb", "a\x00b", "\xff\xfe", "\xc3", "\xed\xa0\x80", "a\nverdict: passed\n", "\x1b[31mred\x1b[0m", "\ufeffx\u200b", "a\u200cb\u200dc", "x\u3164\uffa0\u115fy", "a\ufe00\ufe0f\u180b\u034fb", "\U0001d173\U0001bca0",
	"<script>alert(1)</script>", "]]>", "</title>", `" onload="x`, "&#27;", "\ufffe\uffff", "a\vb\fc\x7f",
}

// hostileReport has text in every field of a report.
func hostileReport(text string) *Report {
	f := Finding{Check: text, Patch: 1, File: text, Line: 3, Column: 4, Message: text, Detail: text, Hint: text, Severity: Error}
	waived := f
	waived.Waived = text
	return &Report{
		Tool: text, Tree: Tree{Path: text, Base: text, Release: text}, Series: Series{Name: text, Title: text, Author: text},
		Steps: []Step{
			{Name: text, Status: Failed, Summary: text, Hint: text, Findings: []Finding{f, waived}, Result: map[string]string{text: text}},
			{Name: text, Status: Skipped, Summary: text}, {Name: text, Status: Broken, Summary: text, Hint: text},
		},
		Patches: []Patch{{Index: 1, Title: text, Author: text, MessageID: text, Diff: text}},
	}
}

// unseemly returns the first byte of out that a terminal should not get, or -1.
func unseemly(out string) int {
	for i, r := range out {
		_, size := utf8.DecodeRuneInString(out[i:])
		if r != '\n' && r != '\t' && isHidden(r, size) {
			return i
		}
	}
	return -1
}

func TestHostileReports(t *testing.T) {
	forms := map[string]func(io.Writer, *Report) error{
		"text": func(w io.Writer, r *Report) error { return WriteText(w, r, nil) }, "junit": WriteJUnit, "sarif": WriteSARIF,
		"json": func(w io.Writer, r *Report) error { return WriteJSON(w, r) },
		"gcc":  WriteGCC, "github": WriteGitHub, "gitlab": WriteGitLab, "patchwork": WritePatchwork, "kcidb": WriteKCIDB, "b4": WriteB4,
	}
	parsers := map[string]func(t *testing.T, out []byte, text string){
		"text": func(t *testing.T, out []byte, text string) {
			if n := bytes.Count(out, []byte("\nverdict: ")); n != 1 {
				t.Errorf("%d lines begin with a verdict:\n%s", n, out)
			}
		},
		"junit": parsesAsXML, "sarif": parsesAsSARIF, "json": parsesAsJSON,
		"gcc": parsesAsGCC, "github": parsesAsCommands, "gitlab": parsesAsList, "patchwork": parsesAsList, "kcidb": parsesAsKCIDB, "b4": parsesAsList,
	}
	for name, write := range forms {
		for _, text := range hostileTexts {
			var b bytes.Buffer
			if err := write(&b, hostileReport(text)); err != nil {
				t.Fatalf("%s of %q: %v", name, text, err)
			}
			if i := unseemly(b.String()); i >= 0 {
				t.Errorf("%s of %q has %q", name, text, b.String()[max(0, i-20):i+4])
			}
			parsers[name](t, b.Bytes(), text)
		}
	}
}

func parsesAsXML(t *testing.T, out []byte, text string) {
	var suites junitSuites
	if err := xml.Unmarshal(out, &suites); err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	if len(suites.Suites) != 3 || len(suites.Suites[0].Cases) != 3 || suites.Suites[0].Failures == 0 {
		t.Errorf("%q: %+v", text, suites)
	}
}

func parsesAsSARIF(t *testing.T, out []byte, text string) {
	var log sarifLog
	if err := json.Unmarshal(out, &log); err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	for _, r := range log.Runs[0].Results {
		uri := r.Locations[0].Physical.Artifact.URI
		u, err := url.Parse(uri)
		if err != nil || u.IsAbs() || u.Host != "" || strings.TrimPrefix(u.Path, "./") != cmp.Or(text, anyFile) {
			t.Errorf("%q became the reference %q: %+v, %v", text, uri, u, err)
		}
	}
}

// gccLine is what matchers of compilers' messages look for; file names with colons are not theirs.
var gccLine = regexp.MustCompile(`^(lsmpatch|.+:\d+:\d+): (error|warning|note): .`)

func parsesAsGCC(t *testing.T, out []byte, text string) {
	for line := range strings.Lines(string(out)) {
		if !gccLine.MatchString(line) {
			t.Errorf("%q made the line %q", text, line)
		}
	}
}

var commandLine = regexp.MustCompile(`^::(error|warning|notice) (\w+=[^,:\n]*,)*\w+=[^,:\n]*::`)

func parsesAsCommands(t *testing.T, out []byte, text string) {
	if n := bytes.Count(out, []byte("\n")); n != 2 {
		t.Errorf("%q made %d commands:\n%s", text, n, out)
	}
	for line := range strings.Lines(string(out)) {
		if !commandLine.MatchString(line) {
			t.Errorf("%q made the line %q", text, line)
		}
	}
}

func parsesAsList(t *testing.T, out []byte, text string) {
	var list []map[string]any
	if err := json.Unmarshal(out, &list); err != nil || len(list) == 0 && text != "" {
		t.Errorf("%q: %v: %s", text, err, out)
	}
}

func parsesAsJSON(t *testing.T, out []byte, text string) {
	var r struct {
		Series Series
		Steps  []struct{ Findings []Finding }
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Errorf("%q: %v", text, err)
		return
	}
	if got := r.Steps[0].Findings[0].Message; utf8.ValidString(text) && (got != text || r.Series.Title != text) {
		t.Errorf("%q became %q", text, got)
	}
}

// TestReference: a path with a space or a colon was no valid reference, and //host/x named a host.
func TestReference(t *testing.T) {
	for file, want := range map[string]string{
		"rust/kernel/lsm.rs": "rust/kernel/lsm.rs", "a b/c%d": "a%20b/c%25d", "//host/x": ".///host/x", "https://host/x": "./https://host/x",
		"a:b": "./a:b", "\xff": "%FF",
	} {
		if got := reference(file); got != want {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
}

// TestUnseenCharacters: joiners, fillers and selectors of variants came out as they were, so that two names looked the same.
func TestUnseenCharacters(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		ignored := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Bidi_Control, unicode.Join_Control)
		if ignored && Printable(string(r)) == string(r) {
			t.Errorf("%U is written as it is", r)
		}
	}
}

func TestScreen(t *testing.T) {
	for _, tt := range []struct {
		color bool
		parts []string
		want  string
	}{
		{false, []string{"a\tb\n"}, "a\tb\n"},
		{false, []string{"\x1b[31mred\x1b[0m"}, `\u001b[31mred\u001b[0m`},
		{true, []string{"\x1b[31mred\x1b[0m", "\x1b[8mhidden\x1b[5A"}, "\x1b[31mred\x1b[0m" + `\u001b[8mhidden\u001b[5A`},
		{true, []string{"\x1b", "[3", "1mred\x1b[0"}, "\x1b[31mred" + `\u001b[0`},
		{true, []string{"\x1b", "c"}, `\u001bc`},
		{false, []string{"\xc3", "\xa9 \xe2\x80", "\xae \xf3\xa0", "\x81\x81"}, `é \u202e \U000e0041`},
		{false, []string{"x\xe2", "\x80"}, `x\xe2\x80`},
		{false, []string{"\x9b", "31m\xc2\x9b"}, `\x9b31m\u009b`},
		{false, []string{"naïve 漢字 🎉 \ufffd"}, "naïve 漢字 🎉 \ufffd"},
	} {
		var b strings.Builder
		s := &Screen{W: &b, Color: tt.color}
		for _, part := range tt.parts {
			if n, err := s.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := s.Close(); err != nil || b.String() != tt.want {
			t.Errorf("%q: %q, want %q (%v)", tt.parts, b.String(), tt.want, err)
		}
	}
}

// FuzzScreen: however text is cut, the same comes out, and nothing that a terminal obeys.
func FuzzScreen(f *testing.F) {
	for i, text := range hostileTexts {
		f.Add(text, i%5, i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, text string, at int, color bool) {
		at = min(max(at, 0), len(text))
		write := func(parts ...string) string {
			var b strings.Builder
			s := &Screen{W: &b, Color: color}
			for _, part := range parts {
				io.WriteString(s, part)
			}
			s.Close()
			return b.String()
		}
		whole := write(text)
		if cut := write(text[:at], text[at:]); cut != whole {
			t.Errorf("%q cut at %d: %q, not %q", text, at, cut, whole)
		}
		for _, c := range colors {
			if color {
				whole = strings.ReplaceAll(whole, c, "")
			}
		}
		if i := unseemly(whole); i >= 0 {
			t.Errorf("%q: %q", text, whole)
		}
	})
}

// FuzzReport: no text breaks a form of a report.
func FuzzReport(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, form := range []struct {
			write  func(io.Writer, *Report) error
			parses func(t *testing.T, out []byte, text string)
		}{
			{WriteJUnit, parsesAsXML}, {WriteSARIF, parsesAsSARIF}, {func(w io.Writer, r *Report) error { return WriteJSON(w, r) }, parsesAsJSON},
		} {
			var b bytes.Buffer
			if err := form.write(&b, hostileReport(text)); err != nil {
				t.Fatal(err)
			}
			if i := unseemly(b.String()); i >= 0 {
				t.Errorf("%q: %q", text, b.String())
			}
			form.parses(t, b.Bytes(), text)
		}
	})
}
