// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// TestLongLines: what may be longer than 75 characters.
func TestLongLines(t *testing.T) {
	words := strings.Repeat("word ", 20)
	for line, want := range map[string]string{
		words:                                     "long-line",
		strings.Repeat("ä", 75):                   "",
		strings.Repeat("ä ", 38):                  "long-line",
		"  " + words:                              "",
		"> " + words:                              "",
		"See https://example.org/ for " + words:   "",
		"[   12.345678] " + words:                 "",
		"| a table | " + words:                    "",
		"drivers/net/a.c:12:3: error: " + words:   "",
		"Since commit 4ae12d8bd9a8 (\"" + words:   "",
		strings.Repeat("x/", 50):                  "",
		"Call Trace: " + words:                    "",
		"[1] " + words:                            "",
		"A short line.":                           "",
		"Fixed in " + strings.Repeat("long/", 14): "",
	} {
		set := setOf("x: y\n\nText.\n" + line + "\n\nSigned-off-by: X Y <x@example.org>\n")
		if got := firing(set, textRules); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestSubjects(t *testing.T) {
	for title, want := range map[string]string{
		"net: foo: do that":                "",
		"drm/i915/gt: use spin_lock_irq()": "",
		"Revert \"net: foo: do that\"":     "",
		"KVM: x86: mmu, again":             "",
		"dt-bindings: net: add foo":        "",
		"net: do that...":                  "",
		"net: do that.":                    "subject-form",
		"do that":                          "subject-form",
		"fixup! net: do that":              "fixup",
		"net: " + strings.Repeat("a", 70):  "",
		"net: " + strings.Repeat("a", 71):  "subject-length",
		"net: EDITME":                      "",
		"*** SUBJECT HERE ***":             "placeholder subject-form",
	} {
		set := setOf(title + "\n\nText.\n\nSigned-off-by: X Y <x@example.org>\n")
		if got := firing(set, textRules); got != want {
			t.Errorf("%q: got %q, want %q", title, got, want)
		}
	}
}

func TestMangled(t *testing.T) {
	for value, want := range map[string]bool{
		"A Uthor <a@example.org>":                                 false,
		"A Uthor via lsm <lsm@lists.example.org>":                 true,
		"A Uthor via B4 Relay <devnull+a.example.org@kernel.org>": true,
		"linux-kernel@vger.kernel.org":                            true,
		"Olivia Via <o@example.org>":                              false,
		"A Uthor <a@lists.linux.dev>":                             true,
		"Via Uthor <via@example.org>":                             false,
		"A Uthor <a@example.org.dmarc.invalid>":                   true,
		"A Uthor <a=40example.org@dmarc.lists.example>":           true,
		"A Uthor (by way of the list) <list@example.org>":         true,
	} {
		who, _, ok := mail.ParsePerson(value)
		if !ok || mangled(who) != want {
			t.Errorf("%s: got %v", value, mangled(who))
		}
	}
}

// TestCharacters: what may stand in code, and what in text.
func TestCharacters(t *testing.T) {
	for _, tt := range []struct{ text, inMessage, inCode string }{
		{"plain", "", ""},
		{"Grüße, 5 μs, Ω, naïve", "", ""},
		{"Привет, мир", "", ""},
		{"α and β", "", ""},
		{"内核 Linux内核", "", ""},
		{"שלום", "", ""},
		{"p\u0430ssword", "look-alike", "look-alike"},
		{"\u03bfpen", "look-alike", "look-alike"},
		{"\uff49\uff46 x", "", ""},
		{"a\uff42c", "look-alike", "look-alike"},
		{"x = 1\u037e", "", "look-alike"},
		{"a\u202eb", "bidi-control", "bidi-control"},
		{"a\u2066b", "bidi-control", "bidi-control"},
		{"a\u200bb", "invisible-character", "invisible-character"},
		{"a\u200db", "", "invisible-character"},
		{"\ufeffint", "invisible-character", "invisible-character"},
		{"\x1b[31mred", "invisible-character", "invisible-character"},
		{"a\u00adb", "invisible-character", "invisible-character"},
		{"tab\tand\fform feed", "", ""},
		{"\xff\xfe", "", ""}, // no UTF-8: the mail's business
	} {
		message := setOf("x: y\n\n" + tt.text + "\n")
		if got := firing(message, unicodeRules); got != tt.inMessage {
			t.Errorf("%+q in a message: got %q, want %q", tt.text, got, tt.inMessage)
		}
		code := setOf("x: y\n\nText.\n")
		code.Patches[0].Files = []*gitdiff.File{{NewName: "a.c", TextFragments: []*gitdiff.TextFragment{{
			NewPosition: 10, Lines: []gitdiff.Line{
				{Op: gitdiff.OpContext, Line: "p\u0430ssword of before\n"}, {Op: gitdiff.OpDelete, Line: "a\u202eb\n"},
				{Op: gitdiff.OpAdd, Line: tt.text + "\n"}},
		}}}}
		if got := firing(code, unicodeRules); got != tt.inCode {
			t.Errorf("%+q in code: got %q, want %q", tt.text, got, tt.inCode)
		}
		for _, f := range found(t, code, nil) {
			if f.File != "" && (f.File != "a.c" || f.Line != 11) {
				t.Errorf("%+q: told of %s:%d, want a.c:11", tt.text, f.File, f.Line)
			}
		}
	}
}

// TestCharactersBounded: a patch full of them is told of, not listed.
func TestCharactersBounded(t *testing.T) {
	set := setOf("x: y\n\n" + strings.Repeat("a\u202eb\n", 10000))
	n := 0
	checkBidi(newExam(&check.View{Set: set}), func(report.Finding) { n++ })
	if n != maxUnicode {
		t.Errorf("got %d findings, want %d", n, maxUnicode)
	}
}
