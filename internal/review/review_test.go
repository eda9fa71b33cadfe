// SPDX-License-Identifier: GPL-2.0-only

package review

import (
	"bytes"
	"io"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const body = `Why it is good.

Signed-off-by: A <a@example.org>
---
 a.c | 2 +-

diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -10,3 +10,4 @@ int f(void)
 	one;
-	two;
+	zwei;
+	drei;
 	four;
-- 
2.39.5
`

// example is a session over a patch with a finding at a line that the diff shows, one at a line that it does not, and one
// about the series.
func example(t *testing.T, change func(*patchset.Patch, *report.Report)) (*Session, *[]string) {
	t.Helper()
	p := &patchset.Patch{Index: 1, Title: "lsm: count", Mail: patchset.Mail{
		Subject: "[PATCH 1/1] lsm: count", Body: body, MessageID: "1@example.org", References: []string{"0@example.org"}, To: []string{"list@example.org"},
		Cc: []string{"Second <second@example.org>", "list@example.org"}, From: object.Signature{Name: "A", Email: "a@example.org", When: time.Unix(0, 0).UTC()},
	}}
	p.Author = p.From
	set := &patchset.Set{Version: 1, Total: 1, Patches: []*patchset.Patch{p}}
	rep := &report.Report{Series: report.Series{Title: p.Subject}, Steps: []report.Step{{Name: "hooks", Status: report.Failed, Findings: []report.Finding{
		{Check: "series/x", Message: "about the series"},
		{Check: "hooks/y", Severity: report.Error, Patch: 1, File: "a.c", Line: 12, Message: "the third is wrong", Hint: "write `three`"},
		{Check: "hooks/z", Severity: report.Warning, Patch: 1, File: "b.c", Line: 1, Message: "elsewhere"},
	}}}}
	rep.Patches = []report.Patch{{Index: 1, Diff: body[strings.Index(body, "---\n"):]}}
	if change != nil {
		change(p, rep)
	}
	var drafts []string
	s := New(set, rep, &Options{From: "Me <me@example.org>", Draft: func(_ int, mail []byte) (string, error) {
		drafts = append(drafts, string(mail))
		return "wrote it", nil
	}})
	return s, &drafts
}

func text(s *Session) string {
	var b strings.Builder
	for _, l := range s.Screen() {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

func keys(s *Session, names ...string) {
	for _, k := range names {
		s.Key(k)
	}
}

// at returns the text of the row below the cursor's mark.
func at(s *Session) string {
	for _, l := range s.Screen() {
		if rest, ok := strings.CutPrefix(l.Text, ">"); ok {
			return rest
		}
	}
	return ""
}

func TestFindingStandsBelowItsLine(t *testing.T) {
	s, _ := example(t, nil)
	s.Resize(80, 40)
	if got := text(s); !strings.Contains(got, "0/1    1N        failed") || !strings.Contains(got, "1/1    1E 1W") {
		t.Errorf("the list:\n%s", got)
	}
	keys(s, "j", "enter")
	if got := text(s); !strings.Contains(got, " +       drei;\n >> error: the third is wrong [hooks/y]\n    hint: write `three`\n         four;\n") ||
		!strings.Contains(got, ">> b.c:1: warning: elsewhere [hooks/z]") {
		t.Errorf("the patch:\n%s", got)
	}
	keys(s, "tab", "tab")
	if got := at(s); got != ">> error: the third is wrong [hooks/y]" {
		t.Errorf("the cursor is at %q", got)
	}
	keys(s, "g", "/", "D", "R", "E", "I", "enter")
	if got := at(s); got != "+       drei;" {
		t.Errorf("the search led to %q", got)
	}
	keys(s, "N")
	if s.status != "not found: DREI" {
		t.Errorf("backwards: %q", s.status)
	}
	keys(s, "K")
	if got := text(s); !strings.Contains(got, "about the series") || !strings.Contains(got, "verdict: failed") {
		t.Errorf("the series:\n%s", got)
	}
	keys(s, "q", "q")
	if !s.Done() {
		t.Error("q q did not leave")
	}
}

// TestFindingsOfOtherNumbers: what looks at the tree after the series counts its lines there, and an application those before it; both
// stood at the line that has such a number after the patch. A finding stood at the patch of a prerequisite that has its number.
func TestFindingsOfOtherNumbers(t *testing.T) {
	const first, second = "---\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -10,2 +10,3 @@\n one;\n+two;\n three;\n", "---\ndiff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,3 @@\n head;\n+more;\n head;\n"
	set := &patchset.Set{Version: 1, Total: 3, Patches: []*patchset.Patch{
		{Index: 1, Prerequisite: true, Title: "below", Mail: patchset.Mail{Body: first}}, {Index: 2, Title: "own one", Mail: patchset.Mail{Body: first}}, {Index: 3, Title: "own two", Mail: patchset.Mail{Body: second}}}}
	rep := &report.Report{Patches: []report.Patch{{Index: 1, Diff: first}, {Index: 2, Diff: second}}, Steps: []report.Step{
		{Name: "checkpatch", Findings: []report.Finding{{Check: "c", Message: "as the mail", Patch: 1, File: "a.c", Line: 11}}},
		{Name: "apply", Findings: []report.Finding{{Check: "a", Message: "as before", Patch: 1, File: "a.c", Line: 12}}},
		{Name: "hooks", Findings: []report.Finding{{Check: "h", Message: "as after", Patch: 1, File: "a.c", Line: 12}}}}}
	s := New(set, rep, nil)
	s.Resize(60, 30)
	keys(s, "j", "enter")
	want := "+two;\n >> note: as the mail [c]\n >> note: as after [h]\n  three;\n"
	if got := text(s); !strings.Contains(got, want) || !strings.Contains(got, ">> a.c:12: note: as before [a]") {
		t.Errorf("%s", got)
	}
}

func TestDraft(t *testing.T) {
	s, drafts := example(t, nil)
	s.Resize(80, 40)
	keys(s, "j", "R")
	if len(*drafts) != 0 || !strings.HasPrefix(s.status, "nothing to reply") {
		t.Errorf("an empty reply: %q", s.status)
	}
	keys(s, "enter", "tab", "tab", "f", "g", "/", "z", "w", "e", "i", "enter", "c", "W", "h", "y", "space", "x", "backspace", "z", "w", "e", "i", "?", "enter", "a", "R")
	if len(*drafts) != 1 || s.status != "wrote it" {
		t.Fatalf("%d drafts, %q", len(*drafts), s.status)
	}
	m, err := mail.ReadMessage(strings.NewReader((*drafts)[0]))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"From": `"Me" <me@example.org>`, "To": `"A" <a@example.org>`, "Cc": `<list@example.org>, "Second" <second@example.org>`,
		"Subject": "Re: [PATCH 1/1] lsm: count", "In-Reply-To": "<1@example.org>", "References": "<0@example.org> <1@example.org>",
	} {
		if got := m.Header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	text, _ := io.ReadAll(m.Body)
	want := `On Thu, 1 Jan 1970 00:00:00 +0000, A wrote:
> [...]
> --- a/a.c
> +++ b/a.c
> @@ -10,3 +10,4 @@ int f(void)
>  	one;
> -	two;
> +	zwei;

Why zwei?

> +	drei;

the third is wrong [hooks/y]
Write ` + "`three`" + `.


Reviewed-by: Me <me@example.org>
`
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// TestAcceptedByNobody: where git knows no name a draft had "Reviewed-by:" and nothing behind it.
func TestAcceptedByNobody(t *testing.T) {
	s, drafts := example(t, nil)
	s.opts.From = ""
	keys(s, "j", "a", "R")
	if len(*drafts) != 0 || !strings.HasPrefix(s.status, "git does not know") {
		t.Errorf("%d drafts, %q", len(*drafts), s.status)
	}
	keys(s, "a", "enter", "tab", "f", "R")
	if len(*drafts) != 1 || strings.Contains((*drafts)[0], "From:") || strings.Contains((*drafts)[0], "Reviewed-by") {
		t.Errorf("%d drafts, %q", len(*drafts), *drafts)
	}
}

// TestHostileMail: nothing of a mail or a finding reaches the terminal as a control, or begins a header of a draft.
func TestHostileMail(t *testing.T) {
	const evil = "\x1b]0;owned\x07\x1b[2J\u202e\xff\r\nBcc: evil@example.org\r\n"
	s, drafts := example(t, func(p *patchset.Patch, r *report.Report) {
		p.Subject, p.Title, p.Body = evil, evil, body+evil
		p.From.Name, p.From.Email, p.MessageID, p.References = evil, "a@example.org\nBcc: x@example.org", "1\n@x", []string{"0\r\nBcc: x"}
		p.Author, p.Cc = p.From, []string{evil, "b@example.org\nBcc: x@example.org"}
		p.Received = []patchset.ReceivedTrailer{{Trailer: patchset.Trailer{Key: evil, Value: evil}}}
		r.Series.Title, r.Steps[0].Summary = evil, evil
		for i := range r.Steps[0].Findings {
			f := &r.Steps[0].Findings[i]
			f.Message, f.Hint, f.Detail, f.Check, f.File = evil, evil, evil, evil, evil
		}
	})
	s.Resize(60, 60)
	for _, key := range []string{"j", "enter", "tab", "f", "a", "R", "K", "K", "q", "/", "\x1b[31m", "x", "enter", "?"} {
		s.Key(key)
		for _, l := range s.Screen() {
			if l.Text != report.Printable(l.Text) || strings.Contains(l.Text, "\t") {
				t.Fatalf("after %q: %q", key, l.Text)
			}
		}
	}
	if len(*drafts) != 1 {
		t.Fatalf("%d drafts", len(*drafts))
	}
	m, err := mail.ReadMessage(strings.NewReader((*drafts)[0]))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("In-Reply-To") != "" {
		t.Errorf("headers: %v", m.Header)
	}
	if head, _, _ := strings.Cut((*drafts)[0], "\n\n"); bytes.ContainsAny([]byte(head), "\x1b\x07\r\xff") {
		t.Errorf("the head of the draft: %q", head)
	}
}

func TestFitAndFold(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"abcd", 4, "abcd"}, {"abcde", 4, "abc…"}, {"日本語", 6, "日本語"}, {"日本語x", 6, "日本…"}, {"e\u0301abc", 4, "e\u0301abc"}} {
		if got := fit(c.text, c.n); got != c.want {
			t.Errorf("fit(%q, %d) = %q", c.text, c.n, got)
		}
	}
	if got := strings.Join(fold("one two three fourfivesix", 8), "|"); got != "one two|three|fourfive|six" {
		t.Errorf("fold: %q", got)
	}
}

// FuzzKeys: no keys and no size bring a session down, and it always fills its terminal.
func FuzzKeys(f *testing.F) {
	f.Add("j\nenter\ntab\nf\na\nR\nq", 80, 24)
	f.Add("G\nK\nK\nJ\nJ\nb\nspace", 1, 1)
	f.Fuzz(func(t *testing.T, typed string, width, height int) {
		s, _ := example(t, nil)
		s.Resize(width%500, height%200)
		for key := range strings.SplitSeq(typed, "\n") {
			s.Key(key)
			if got := len(s.Screen()); got != s.height {
				t.Fatalf("%d lines of %d", got, s.height)
			}
		}
	})
}
