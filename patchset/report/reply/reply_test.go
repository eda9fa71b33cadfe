// SPDX-License-Identifier: GPL-2.0-only

package reply

import (
	"bytes"
	"io"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const diff = `---
diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -1,2 +1,7 @@ int f(void)
 one
+two
+three
+four
+five
+six
 seven
`

func sample() *report.Report {
	mailOf := func(id string) report.Mail {
		return report.Mail{MessageID: id, References: []string{"0@x"}, From: "Jürgen A <a@example.org>", To: []string{"list@example.org", "no address"},
			Cc: []string{"B <b@example.org>", "a@example.org"}, Date: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Subject: "[PATCH 1/2] lsm: ü"}
	}
	cover := mailOf("0@x")
	return &report.Report{Tool: "lsmpatch v1", Cover: &cover, Series: report.Series{Title: "lsm"},
		Patches: []report.Patch{{Index: 1, Title: "first", Diff: diff, Mail: mailOf("1@x")}, {Index: 2, Title: "second", Diff: diff, Mail: mailOf("2@x")}},
		Steps: []report.Step{{Name: "checkpatch", Findings: []report.Finding{
			{Check: "checkpatch/A", Severity: report.Error, Patch: 1, File: "a.c", Line: 6, Message: "six is odd", Hint: "five", Detail: "why\nso\n"},
			{Check: "checkpatch/B", Severity: report.Note, Patch: 1, Message: "a note"},
			{Check: "checkpatch/C", Severity: report.Error, Patch: 1, Message: "waived", Waived: "so"}}}}}
}

func write(t *testing.T, r *report.Report) (*mail.Message, string) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(&b)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	return m, string(body)
}

func TestReply(t *testing.T) {
	m, body := write(t, sample())
	for name, want := range map[string]string{"In-Reply-To": "<1@x>", "References": "<0@x> <1@x>", "Subject": "=?UTF-8?q?Re:_[PATCH_1/2]_lsm:_=C3=BC?=",
		"To": "=?utf-8?q?J=C3=BCrgen_A?= <a@example.org>", "Cc": `<list@example.org>, "B" <b@example.org>`} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	want := `On Tue, 24 Nov 2026 12:00:00 +0000, Jürgen A <a@example.org> wrote:

Patch 1, first:

> +++ b/a.c
> @@ -1,2 +1,7 @@ int f(void)
> +two
> +three
> +four
> +five
> +six

error: six is odd [checkpatch/A]
    why
    so
Hint: five

-- 
lsmpatch v1
`
	if body != want {
		t.Errorf("%s", body)
	}
}

// TestNobodyIsCopied: where a line of a finding was broken, or a file had such a name, text of the series became a line that
// git send-email takes an address from.
func TestNobodyIsCopied(t *testing.T) {
	r := sample()
	r.Steps[0].Findings = nil
	for i := range columns {
		text := strings.Repeat("x", i+1) + " Cc: victim@example.net Signed-off-by: V <victim@example.net> end"
		r.Steps[0].Findings = append(r.Steps[0].Findings, report.Finding{Check: "a/b", Patch: 1, Severity: report.Error, File: "Cc", Message: text, Hint: "Acked-by: " + text})
	}
	_, body := write(t, r)
	taken := regexp.MustCompile(`(?im)^([a-z][a-z-]*-by|Cc): .*`)
	if lines := taken.FindAllString(body, -1); len(lines) > 0 {
		t.Errorf("git send-email would copy to %q", lines)
	}
}

// TestWhomToAnswer: the patch that all is about, else the cover letter, else the first patch.
func TestWhomToAnswer(t *testing.T) {
	r := sample()
	r.Steps[0].Findings = append(r.Steps[0].Findings, report.Finding{Patch: 2, Severity: report.Warning, Message: "more"})
	if m, body := write(t, r); m.Header.Get("In-Reply-To") != "<0@x>" || !strings.Contains(body, "\nPatch 2, second:\n\nwarning: more") {
		t.Errorf("%v\n%s", m.Header, body)
	}
	r.Cover = nil
	if m, _ := write(t, r); m.Header.Get("In-Reply-To") != "<1@x>" {
		t.Errorf("%v", m.Header)
	}
	r.Steps = nil
	if _, body := write(t, r); !strings.Contains(body, "No errors and no warnings") {
		t.Errorf("%s", body)
	}
	if m, _ := write(t, &report.Report{}); m.Header.Get("In-Reply-To") != "" {
		t.Errorf("%v", m.Header)
	}
}

// TestNamesOfRecipients: a name that a header has in quotes stands in a mail's From without them, and its owner was left out of
// the answer. One that hides something lost the recipient as well.
func TestNamesOfRecipients(t *testing.T) {
	for from, want := range map[string]string{
		"Smith, John (ACME) <j@example.org>": `"Smith, John (ACME)" <j@example.org>`,
		"J. Doe via Lists <j@example.org>":   `"J. Doe via Lists" <j@example.org>`,
		"J\u202e Doe <j@example.org>":        "<j@example.org>",
		"<a@example.org> <j@example.org>":    "",
		"J, D <j@example.org\nBcc: x@y>":     "",
		"J, D <>":                            "",
	} {
		r := sample()
		r.Patches[0].Mail.From = from
		if m, _ := write(t, r); m.Header.Get("To") != want {
			t.Errorf("%q: To: %q, want %q", from, m.Header.Get("To"), want)
		}
	}
}

// TestFill: a line was 72 bytes long, whatever its characters, and a command to be copied was broken.
func TestFill(t *testing.T) {
	long := strings.Repeat("ä", 35)
	for text, want := range map[string]string{
		long + " " + long + " x":                           long + " " + long + "\nx",
		long + " " + long + " `git am  x` y":               long + " " + long + "\n`git am x` y",
		strings.Repeat("x", 65) + " `git am --3way`, then": strings.Repeat("x", 65) + "\n`git am --3way`, then",
		" ": "-",
	} {
		if got := fill(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestHostileReply: nothing of a mail makes a header, a recipient or an end of the body of its own.
func TestHostileReply(t *testing.T) {
	for _, text := range []string{"a\nBcc: evil@example.org", "a\r\n\r\nbody", "x\x1b[2J", "\u202e", "a@b>\nTo: c@d", "<a@b> <c@d>", "\xff\xfe", strings.Repeat("long ", 500)} {
		r := sample()
		hostile := report.Mail{MessageID: text, References: []string{text}, From: text, To: []string{text}, Cc: []string{text}, Subject: text}
		r.Cover, r.Patches[0].Mail = &hostile, hostile
		r.Patches[0].Title, r.Tool, r.Patches[0].Diff = text, text, strings.ReplaceAll(diff, "two", text)
		r.Steps[0].Findings[0].Message, r.Steps[0].Findings[0].Hint, r.Steps[0].Findings[0].Detail, r.Steps[0].Findings[0].Check = text, text, text, text
		m, body := write(t, r)
		for name := range m.Header {
			if !strings.Contains(" To Cc Subject In-Reply-To References Mime-Version Content-Type Content-Transfer-Encoding ", " "+name+" ") {
				t.Errorf("%q made the header %s", text, name)
			}
		}
		if to, err := m.Header.AddressList("To"); err == nil && len(to) > 1 {
			t.Errorf("%q made the recipients %v", text, to)
		}
		if !strings.HasSuffix(body, "\n") || report.PrintableText(body) != body {
			t.Errorf("%q: %q", text, body)
		}
	}
}
