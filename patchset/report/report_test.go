// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sample is a run with each status, each severity and a mail's hostile characters.
func sample() *Report {
	return &Report{
		Tool:    "lsmpatch v1.2.3",
		Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		Seconds: 3.25,
		Tree:    Tree{Path: "linux", Base: "4ae12d8bd9a830799db335ee661d6cbc6597f838", Release: "7.3.4"},
		Series:  Series{Name: "x.mbox", Title: "lsm: <b>a\x1b[31m title</b>", Author: "A <a@example.org>", Version: 2, Patches: 5},
		Steps: []Step{
			{Name: "series", Status: Passed, Summary: "5 patches", Seconds: 0.01, Findings: []Finding{
				{Check: "series/subject-length", Severity: Warning, Patch: 2, Message: "the subject has 90 characters", Hint: "shorten it"},
				{Check: "checkpatch/BAD_SIGN_OFF", Severity: Error, Patch: 1, Message: "odd tag", Waived: "the tree's own document defines it"},
			}},
			{Name: "hooks", Status: Failed, Summary: "1 of 3 hooks differs", Seconds: 0.2, Findings: []Finding{
				{Check: "hooks/type", Severity: Error, Patch: 3, File: "rust/kernel/lsm.rs", Line: 12, Column: 5,
					Message: "task_alloc takes unsigned long", Detail: "tree:   unsigned long\nseries: u64\n", Hint: "use c_ulong"},
				{Check: "hooks/note", Severity: Note, File: "include/linux/lsm_count.h", Message: "counted"},
			}},
			{Name: "build", Status: Broken, Summary: "no rustc", Hint: "install rustc", Seconds: 1},
			{Name: "boot", Status: Skipped, Summary: "nothing was built"},
		},
		Marks:   []Marks{{File: "security/a.c", Compiled: Lines{2, 3, 4, 9}, Missing: []Missing{{Lines: Lines{5}, Why: "line 1 leaves it out"}}}},
		Context: Context{URL: "https://ci.example.org/7", Judged: "3@example.org", Alone: true},
		Patches: []Patch{{Index: 3, Title: "c", MessageID: "3@example.org", SHA256: "ab", Diff: "+++ b/rust/kernel/lsm.rs\n"}, {Index: 1, MessageID: "1@example.org", Title: "a", Author: "A", Diff: "---\n", Moved: []Moved{{File: "security/a.c", Offsets: []int{0, 2}}}}},
		Changes: &Changes{Old: 1, New: 2, Pairs: []ChangedOne{{Old: 1, New: 1, Status: "unchanged", Title: "a"}}},
		Command: "lsmpatch premerge --tree linux x.mbox",
	}
}

func TestRenderers(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *Report) error{
		"report.txt":   func(w io.Writer, r *Report) error { return WriteText(w, r, nil) },
		"color.txt":    func(w io.Writer, r *Report) error { return WriteText(w, r, &TextOptions{Color: true}) },
		"report.json":  func(w io.Writer, r *Report) error { return WriteJSON(w, r) },
		"report.xml":   WriteJUnit,
		"report.sarif": WriteSARIF,
		"report.gcc":   WriteGCC, "report.github": WriteGitHub, "status.github.json": WriteGitHubStatus, "report.gitlab.json": WriteGitLab,
		"report.patchwork.json": WritePatchwork, "report.kcidb.json": WriteKCIDB, "report.b4.json": WriteB4,
	} {
		var got bytes.Buffer
		if err := write(&got, sample()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden := filepath.Join("testdata", name)
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
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The golden files are read by people; these say what a program needs of them.
func TestFormsAreWellFormed(t *testing.T) {
	var b bytes.Buffer
	for _, write := range []func(io.Writer, *Report) error{WriteSARIF, func(w io.Writer, r *Report) error { return WriteJSON(w, r) }} {
		b.Reset()
		if err := write(&b, sample()); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b.Bytes()) {
			t.Errorf("no JSON: %s", b.Bytes())
		}
	}
	b.Reset()
	if err := WriteJUnit(&b, sample()); err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Suite []struct {
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	var failures, errors, skipped int
	for _, s := range suites.Suite {
		failures += s.Failures
		errors += s.Errors
		skipped += s.Skipped
	}
	// The failed step and its one error; the waived error is none.
	if failures != 2 || errors != 1 || skipped != 1 {
		t.Errorf("failures %d, errors %d, skipped %d; want 2, 1, 1", failures, errors, skipped)
	}
}

func TestTextIsSafeForATerminal(t *testing.T) {
	var b strings.Builder
	hostile := []Finding{{Check: "x", Message: "a\x1b]0;owned\x07b\u202ec", Detail: "d\x9be\n", Hint: "\rf", File: "g\nh"}}
	if err := WriteFindings(&b, hostile, nil); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x9b || r == 0x202e }); i >= 0 {
		t.Errorf("control character at %d of %q", i, b.String())
	}
	if n := strings.Count(b.String(), "\n"); n != 3 {
		t.Errorf("%d lines, want 3: %q", n, b.String())
	}
}

func TestVerdict(t *testing.T) {
	for _, tc := range []struct {
		steps []Status
		want  Status
	}{
		{nil, Passed},
		{[]Status{Passed, Skipped}, Passed},
		{[]Status{Passed, Broken}, Broken},
		{[]Status{Broken, Failed}, Failed},
	} {
		var r Report
		for _, s := range tc.steps {
			r.Steps = append(r.Steps, Step{Status: s})
		}
		if got := r.Verdict(); got != tc.want {
			t.Errorf("%v: verdict %s, want %s", tc.steps, got, tc.want)
		}
	}
}

func TestSeverityRoundTrip(t *testing.T) {
	for _, s := range []Severity{Note, Warning, Error} {
		text, _ := s.MarshalText()
		var back Severity
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%v became %s, then %v (%v)", s, text, back, err)
		}
	}
	if err := new(Severity).UnmarshalText([]byte("fatal")); err == nil {
		t.Error("fatal is taken as a severity")
	}
}

func TestLines(t *testing.T) {
	for _, l := range []Lines{nil, {1}, {3, 4, 5, 9, 11, 12}} {
		text, _ := l.MarshalText()
		var back Lines
		if err := back.UnmarshalText(text); err != nil || !slices.Equal(back, l) {
			t.Errorf("%v became %s, then %v (%v)", l, text, back, err)
		}
	}
	for _, bad := range []string{"0", "5-3", "x", "1-99999999999", "1-9999999", ","} {
		if err := new(Lines).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
