// SPDX-License-Identifier: GPL-2.0-only

package page

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Two patches of which the second moves and changes lines of the first.
const (
	firstDiff = `---
diff --git a/security/a.c b/security/a.c
--- a/security/a.c
+++ b/security/a.c
@@ -1,3 +1,5 @@ int <a>;
 one
+two
+three
 four
-five
+fünf
`
	secondDiff = `---
diff --git a/security/a.c b/security/a.c
--- a/security/a.c
+++ b/security/a.c
@@ -1,2 +1,4 @@
+first
+second
 one
 two
@@ -5 +7 @@ one
-fünf
+sechs
diff --git a/b b/b
new file mode 100644
--- /dev/null
+++ b/b
@@ -0,0 +1 @@
+int b(struct very_long_name_of_a_type *very_long_name_of_a_parameter, unsigned long another_parameter_of_the_function);
`
)

// sample is a run with each status, each severity, a conflict, two versions, and what a build tells.
func sample() *report.Report {
	return &report.Report{
		Tool: "lsmpatch v1.2.3", Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), Seconds: 3.25,
		Tree:   report.Tree{Path: "linux", Base: "4ae12d8bd9a830799db335ee661d6cbc6597f838", Release: "7.3.4"},
		Series: report.Series{Name: "x.mbox", Title: "lsm: a <b>title</b>", Author: "A <a@example.org>", Version: 2, Patches: 2},
		Steps: []report.Step{
			{Name: "series", Status: report.Passed, Summary: "2 patches", Seconds: 0.01, Findings: []report.Finding{
				{Check: "series/subject-length", Severity: report.Warning, Patch: 2, Message: "the subject has 90 characters", Hint: "shorten it"}}},
			{Name: "apply", Status: report.Failed, Summary: "patch 2 of 2 does not apply", Findings: []report.Finding{
				{Check: "apply/hunk", Severity: report.Error, Patch: 2, File: "security/a.c", Line: 3, Message: "hunk 1 of security/a.c does not match", Detail: "unused",
					Sides: &report.Sides{Expected: "one\ntwo\nthree\n", ExpectedLine: 1, Found: "one\nzwei\nzwei und\nthree\n", FoundLine: 11}}}},
			{Name: "checkpatch", Status: report.Passed, Summary: "1 warning", Findings: []report.Finding{
				{Check: "checkpatch/LONG_LINE", Severity: report.Warning, Patch: 2, File: "b", Line: 1, Message: "line length of 120 exceeds 100 columns"},
				{Check: "checkpatch/BAD_SIGN_OFF", Severity: report.Error, Patch: 1, Message: "odd tag", Waived: "the tree's own document defines it"}}},
			{Name: "build", Status: report.Failed, Summary: "1 error", Seconds: 1, Findings: []report.Finding{
				{Check: "build/error", Severity: report.Error, Patch: 1, File: "security/a.c", Line: 5, Message: "unknown type three", Detail: "detail\n"}}},
			{Name: "kernel", Status: report.Broken, Summary: "no vmlinux", Hint: "build one"},
			{Name: "boot", Status: report.Skipped, Summary: "nothing was built"},
		},
		Patches: []report.Patch{
			{Index: 1, Title: "lsm: first", Author: "A <a@example.org>", MessageID: "1@example.org", Diff: firstDiff},
			{Index: 2, Title: "lsm: second", Author: "A <a@example.org>", MessageID: "2@example.org", Diff: secondDiff},
		},
		Marks: []report.Marks{{File: "security/a.c", Compiled: report.Lines{1, 4}, Macros: report.Lines{2}, Missing: []report.Missing{{Lines: report.Lines{5}, Why: "CONFIG_X leaves it out"}}}},
		Changes: &report.Changes{Old: 1, New: 2, Pairs: []report.ChangedOne{
			{Old: 1, New: 1, Status: "code changed", Title: "lsm: first", Notes: []string{"rebased"}, Code: "--- a\n+++ b\n-old\n+new\n", Message: "-a\n+b\n"},
			{New: 2, Status: "new", Title: "lsm: second"}}},
		Command:     "lsmpatch premerge --tree linux x.mbox\n",
		Attachments: []report.Attachment{{Title: "Log of the build", Text: "  CC      security/a.o\n", Omitted: 12}},
	}
}

func TestWrite(t *testing.T) {
	var got bytes.Buffer
	if err := Write(&got, sample()); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/report.html"
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRows: a finding of the build is about the tree after the series, one of checkpatch about the mail.
func TestRows(t *testing.T) {
	v := NewView(sample())
	for _, tt := range []struct {
		patch, new, final int
		mark, finding     string
	}{
		{1, 1, 3, "", ""}, {1, 2, 4, "compiled", ""}, {1, 3, 5, "not compiled", "build/error"}, {1, 5, 0, "", ""},
		{2, 1, 1, "compiled", ""}, {2, 2, 2, "macro", ""}, {2, 7, 7, "", ""},
	} {
		var found *Row
		for i := range v.Diffs[tt.patch-1].Files[0].Rows {
			if row := &v.Diffs[tt.patch-1].Files[0].Rows[i]; row.New == tt.new {
				found = row
			}
		}
		if found == nil || found.final != tt.final || found.Mark != tt.mark || (tt.finding != "") != (len(found.Findings) == 1) {
			t.Errorf("%+v: %+v", tt, found)
		}
	}
	if row := v.Diffs[1].Files[1].Rows[1]; len(row.Findings) != 1 || v.Steps[2].Findings[0].Row != row.ID || v.Steps[1].Findings[0].Row != "" {
		t.Errorf("%+v", row)
	}
	if len(v.Reasons) != 3 || !strings.Contains(v.Reasons[0].Text, "no vmlinux") {
		t.Errorf("%+v", v.Reasons)
	}
}

// TestMovedRows: a hunk that went in elsewhere is counted there.
func TestMovedRows(t *testing.T) {
	r := sample()
	r.Patches[0].Moved = []report.Moved{{File: "security/a.c", Offsets: []int{10}}}
	v := NewView(r)
	if row := v.Diffs[0].Files[0].Rows[2]; row.New != 2 || row.final != 12+2 {
		t.Errorf("%+v", row)
	}
}

func TestSideRows(t *testing.T) {
	got := sideRows(&report.Sides{Expected: "a\nb\nc\nd\n", ExpectedLine: 5, Found: "a\nx\ny\nd\ne\n", FoundLine: 20})
	want := []SideRow{{"a", "a", 5, 20, false}, {"b", "x", 6, 21, true}, {"c", "y", 7, 22, true}, {"d", "d", 8, 23, false}, {"", "e", 0, 24, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// hostile are what a mail, a tree or a kernel may say to those who read a page.
var hostile = []string{
	"a\x1b]0;owned\x07b", "\u202egnp.exe", "\u2066x\u2069", "a\u2028b\u2029c", "\U000e0041\U000e007f", "a\rb", "a\x00b", "\xff\xfe", "\xc3", "\xed\xa0\x80",
	"<script>alert(1)</script>", "]]>", "</title></style>", `" onload="x`, "&#27;", "javascript:alert(1)", "{{.}}", "</pre><img src=x>",
}

// hostileReport has text in each place of a report.
func hostileReport(text string) *report.Report {
	f := report.Finding{Check: text, Patch: 1, File: text, Line: 1, Column: 4, Message: text, Detail: text, Hint: text, Severity: report.Error}
	sided := f
	sided.Waived, sided.Sides = text, &report.Sides{Expected: text, Found: text + "\n" + text}
	diff := "---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@ " + text + "\n-" + text + "\n+" + text + "\n"
	return &report.Report{
		Tool: text, Tree: report.Tree{Path: text, Base: text, Release: text}, Series: report.Series{Name: text, Title: text, Author: text},
		Steps: []report.Step{{Name: text, Status: report.Failed, Summary: text, Hint: text, Findings: []report.Finding{f, sided}}, {Name: text, Status: report.Broken, Summary: text, Hint: text}},
		Patches: []report.Patch{{Index: 1, Title: text, Author: text, MessageID: text, Diff: diff}, {Title: text, Diff: text + diff + text},
			{Title: text, Diff: "---\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\nbroken" + text}},
		Marks:   []report.Marks{{File: "f", Missing: []report.Missing{{Lines: report.Lines{1}, Why: text}}}},
		Changes: &report.Changes{Pairs: []report.ChangedOne{{Status: text, Title: text, Notes: []string{text}, Message: text, Code: text}}},
		Command: text, Attachments: []report.Attachment{{Title: text, Text: text}},
	}
}

func TestHostilePages(t *testing.T) {
	for _, text := range hostile {
		checkHostile(t, text)
	}
}

func FuzzPage(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(checkHostile)
}

// elements are those that the templates have.
const elements = " html head meta title style body main a h1 h2 h3 h4 p strong em table caption thead tbody tr th td code br pre span ul ol li dl div dt dd details summary ins del "

func checkHostile(t *testing.T, text string) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, hostileReport(text)); err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()
	if !utf8.Valid(out) || !bytes.Contains(out, []byte("Content-Security-Policy")) || report.PrintableText(b.String()) != b.String() {
		t.Errorf("%q: no UTF-8, no policy, or what nobody sees:\n%s", text, out)
	}
	z := html.NewTokenizer(bytes.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				t.Errorf("%q: %v", text, err)
			}
			return
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			if !strings.Contains(elements, " "+tag.Data+" ") {
				t.Errorf("%q brought the element %s", text, tag.Data)
			}
			for _, a := range tag.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%q brought the attribute %s=%s", text, a.Key, a.Val)
				}
			}
		}
	}
}
