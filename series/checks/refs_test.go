// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// setOf returns a set with one patch of that message.
func setOf(message string) *patchset.Set {
	p := &patchset.Patch{Index: 1, Message: message, Trailers: mail.ParseTrailers(message)}
	p.Title, _, _ = strings.Cut(message, "\n")
	return &patchset.Set{Version: 1, Total: 1, Patches: []*patchset.Patch{p}}
}

// TestReferencesFound: what running text and trailers may say of commits.
func TestReferencesFound(t *testing.T) {
	const full = "4ae12d8bd9a830799db335ee661d6cbc6597f838"
	for _, tt := range []struct{ text, want string }{
		{"Since commit 4ae12d8bd9a8 (\"a subject\") it fails.", `4ae12d8bd9a8 "a subject" true`},
		{"Since commit\n4ae12d8bd9a8 (\"a subject\nthat goes on\") it fails.", `4ae12d8bd9a8 "a subject that goes on" true`},
		{"See commit 4ae12d8bd9a8 (\"Revert \"a subject\"\").", `4ae12d8bd9a8 "Revert \"a subject\"" true`},
		{"Since commit 4ae12d8bd9a8 it fails.", `4ae12d8bd9a8 "" false`},
		{"Commit 4ae12d8bd9a8 (\"a subject\") broke it. Commit 4ae12d8bd9a8 is old.", `4ae12d8bd9a8 "a subject" true; 4ae12d8bd9a8 "" true`},
		{"This reverts commit " + full + ".", full + ` "" true`},
		{"[ Upstream commit " + full + " ]", full + ` "" true`},
		{"commit " + full + " upstream.", full + ` "" true`},
		{"As said, (cherry picked from commit " + full + ")\nand changed.", full + ` "" true`},
		{"commit " + full + "\nAuthor: A <a@example.org>", ``}, // a log that is quoted
		{"> commit 4ae12d8bd9a8 is quoted", ``},
		{"They commit defaced pages, 1234567 of them.", ``},
		{"Never commit 20260311 lines.", ``},
	} {
		var got []string
		x := newExam(&check.View{Set: setOf("x: y\n\n" + tt.text + "\n")})
		for _, ref := range x.references() {
			got = append(got, fmt.Sprintf("%s %q %v", ref.hash, ref.subject, ref.formOK))
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
			t.Errorf("%q: -want +got:\n%s", tt.text, diff)
		}
	}
}

func TestFixesForms(t *testing.T) {
	for value, ok := range map[string]bool{
		`4ae12d8bd9a8 ("a subject")`:            true,
		`4ae12d8bd9a8 ("Revert "a subject"")`:   true,
		`4AE12D8BD9A8 ("a subject")`:            true,
		`4ae12d8bd9a8 (a subject)`:              false,
		`4ae12d8bd9a8 "a subject"`:              false,
		`4ae12d8bd9a8`:                          false,
		`commit 4ae12d8bd9a8 ("a subject")`:     false,
		`https://bugzilla.example.org/1`:        false,
		`4ae12d8bd9a8 ("a subject") # since v6`: false,
	} {
		x := newExam(&check.View{Set: setOf("x: y\n\nText.\n\nFixes: " + value + "\nSigned-off-by: A <a@example.org>\n")})
		refs := x.references()
		if len(refs) != 1 || refs[0].kind != refFixes || refs[0].formOK != ok {
			t.Errorf("%s: got %+v", value, refs)
		}
	}
}

// brokenHistory cannot answer.
type brokenHistory struct{ asked int }

func (h *brokenHistory) Commit(string) (string, bool, error) {
	h.asked++
	return "", false, errors.New("disk on fire")
}

// TestManyReferences: a hostile message does not make us ask without end, and what was not asked is
// told.
func TestManyReferences(t *testing.T) {
	set := setOf("x: y\n\nText.\n")
	set.Patches = nil
	for n := range 40 {
		var text strings.Builder
		for i := range 300 {
			fmt.Fprintf(&text, "commit %012xa (\"x\")\n", n*1000+i)
		}
		p := setOf("x: y\n\n" + text.String()).Patches[0]
		p.Index = n + 1
		set.Patches = append(set.Patches, p)
	}
	h := &brokenHistory{}
	var reasons []string
	for _, f := range found(t, set, &check.View{Commits: h}) {
		if f.Check == "series/not-checked" {
			_, reason, _ := strings.Cut(f.Message, "could not be checked: ")
			reasons = append(reasons, reason)
		}
	}
	if h.asked != maxLookups {
		t.Errorf("asked for %d commits, want %d", h.asked, maxLookups)
	}
	if diff := cmp.Diff([]string{"disk on fire", errManyInMessage.Error(), errTooMany.Error()}, reasons); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// shallowHistory has the commit, but not all that is before it.
type shallowHistory struct{}

func (shallowHistory) Commit(string) (string, bool, error) {
	return "a subject", false, check.ErrShallow
}

// TestShallowStillComparesSubjects: where the commit is there its subject is, ancestor or not.
func TestShallowStillComparesSubjects(t *testing.T) {
	const message = "x: y\n\nText.\n\nFixes: 4ae12d8bd9a8 (%q)\nSigned-off-by: A <a@example.org>\n"
	for subject, want := range map[string]string{
		"a subject":      "series/not-checked",
		"a long subject": "series/fixes-subject series/not-checked",
	} {
		var got []string
		for _, f := range found(t, setOf(fmt.Sprintf(message, subject)), &check.View{Commits: shallowHistory{}}) {
			if strings.Contains(f.Check, "fixes") || strings.Contains(f.Check, "not-checked") {
				got = append(got, f.Check)
			}
		}
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: got %s, want %s", subject, s, want)
		}
	}
}

func TestWrongLink(t *testing.T) {
	for value, want := range map[string]string{
		"https://lore.kernel.org/r/20260311050901.1-1-a@example.org":        "",
		"https://lore.kernel.org/all/20260311050901.1-1-a@example.org/T/":   "",
		"https://lore.kernel.org/all/20260311050901.1-1-a%40example.org/":   "",
		"https://patch.msgid.link/20260311050901.1-1-a@example.org":         "",
		"https://lore.kernel.org/linux-security-module/":                    "",
		"https://lkml.kernel.org/r/20260311050901.1-1-a@example.org":        "",
		"https://bugs.debian.org/1 [1]":                                     "",
		"https://github.com/Rust-for-Linux/linux/issues/1 # the whole list": "",
		"https://lore.kernel.org/r/20260311":                                "names no Message-ID",
		"https://patch.msgid.link/20260311":                                 "names no Message-ID",
		"20260311050901.1-1-a@example.org":                                  "is no URL",
		"see https://example.org/":                                          "is no URL",
		"ftp://example.org/x":                                               "is no URL",
		"https://example.org/ and more":                                     "has more than a URL",
	} {
		if got := wrongLink(value); got != want {
			t.Errorf("%s: got %q, want %q", value, got, want)
		}
	}
}

// TestHostileMessage: megabytes of what looks like the start of a reference are read in no time. They
// took minutes once: each looked for its end through all the rest.
func TestHostileMessage(t *testing.T) {
	for name, text := range map[string]string{
		"open quotes": strings.Repeat("commit 1234567a (\"", 100_000),
		"scissors":    strings.Repeat("-- >8 --\n", 100_000),
		"trailers":    strings.Repeat("Reviewed-by: A <a@example.org>\n", 50_000),
		"brackets":    "Signed-off-by: " + strings.Repeat("(", 1_000_000) + " <a@example.org>",
		"one line":    strings.Repeat("v2 no code changes ", 100_000),
		"patches":     strings.Repeat("this series of two patches ", 50_000),
	} {
		set := setOf("x: y\n\n" + text + "\n")
		set.Cover = &patchset.Mail{Subject: "[PATCH 0/1] x", Body: text}
		start := runtest.CPUTime()
		found(t, set, nil)
		if took := runtest.CPUTime() - start; took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
