// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// The rules of KCIDB 5.3 for what we write, as its schema has them; `make schemas` holds reports against the schema itself.
var (
	kcidbID     = regexp.MustCompile(`^[a-z0-9_]+:[^\x00]*$`)
	kcidbOrigin = regexp.MustCompile(`^[a-z0-9_]+$`)
	kcidbCommit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	kcidbSum    = regexp.MustCompile(`^([0-9a-f]{64})?$`)
	kcidbTests  = regexp.MustCompile(`^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$`)
	statuses    = []string{"FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"}
)

func parsesAsKCIDB(t *testing.T, out []byte, text string) {
	var k kcidb
	strict := json.NewDecoder(bytes.NewReader(out))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&k); err != nil && !strings.Contains(err.Error(), "severity") {
		t.Errorf("%q: %v", text, err)
		return
	}
	c, b := k.Checkouts[0], k.Builds[0]
	if !kcidbID.MatchString(c.ID) || !kcidbOrigin.MatchString(c.Origin) || c.Commit != "" && !kcidbCommit.MatchString(c.Commit) || !kcidbSum.MatchString(c.Patchset) || c.Message != "" && !strings.Contains(c.Message, "@") {
		t.Errorf("%q: the checkout %+v", text, c)
	}
	if b.Checkout != c.ID || !kcidbID.MatchString(b.ID) || !slices.Contains(statuses, b.Status) {
		t.Errorf("%q: the build %+v", text, b)
	}
	for _, test := range k.Tests {
		_, err := time.Parse(time.RFC3339, test.StartTime)
		if test.Build != b.ID || !kcidbID.MatchString(test.ID) || !kcidbTests.MatchString(test.Path) || !slices.Contains(statuses, test.Status) || err != nil {
			t.Errorf("%q: the test %+v", text, test)
		}
	}
	if bytes.Contains(out, []byte(`\u0000`)) && text != "a\x00b" {
		t.Errorf("%q: %s", text, out)
	}
}

// TestSARIFForGitHub: GitHub refuses a file of which one result has no location, and shows rules by their texts.
func TestSARIFForGitHub(t *testing.T) {
	r := sample()
	r.Rules = map[string]Rule{"hooks/type": {What: "a type that differs", Why: "the compiler says so late"}}
	r.Steps[0].Findings = append(r.Steps[0].Findings, r.Steps[0].Findings[0]) // the same twice
	var b bytes.Buffer
	if err := WriteSARIF(&b, r); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if run.Invocations[0].Successful || len(run.Invocations[0].Notifications) != 1 || run.Tool.Driver.Name != "lsmpatch" || run.Tool.Driver.Version != "v1.2.3" || run.Tool.Driver.URI == "" {
		t.Errorf("%+v %+v", run.Invocations, run.Tool.Driver)
	}
	seen := map[string]bool{}
	for _, res := range run.Results {
		rule := run.Tool.Driver.Rules[res.RuleIndex]
		if len(res.Locations) != 1 || res.Locations[0].Physical.Artifact.URI == "" || res.Locations[0].Physical.Region.StartLine < 1 || rule.ID != res.RuleID {
			t.Errorf("%+v", res)
		}
		if rule.Short.Text == "" || rule.Full.Text == "" || rule.Help.Text == "" || rule.Default.Level == "" || len(rule.Properties.Tags) == 0 {
			t.Errorf("%+v", rule)
		}
		print := res.Fingerprints["lsmpatch/v1"]
		if print == "" || seen[print] {
			t.Errorf("the fingerprint %q", print)
		}
		seen[print] = true
	}
	// Of the series: the first file of the first patch. A line that moved is the same finding.
	if uri := run.Results[0].Locations[0].Physical.Artifact.URI; uri != "rust/kernel/lsm.rs" {
		t.Errorf("at %s", uri)
	}
	moved := Finding{Check: "a", File: "f", Line: 3, Message: "line 3 of 4"}
	other := Finding{Check: "a", File: "f", Line: 9, Message: "line 9 of 10"}
	if (fingerprints{}).of(moved) != (fingerprints{}).of(other) {
		t.Error("a line that moved is another finding")
	}
}

// TestPlaces: what names no file stands at its patch's first one, by the name that it has there. Of a file that is renamed it was the
// one before, which is in no tree that a finding is shown beside.
func TestPlaces(t *testing.T) {
	r := &Report{Patches: []Patch{
		{Index: 1, Diff: "---\n a.c | 0\n"},
		{Index: 2, Diff: "---\ndiff --git a/old.c b/new.c\n--- a/old.c\n+++ b/new.c\n@@ -1 +1 @@\n"},
		{Index: 3, Diff: "---\n--- a/gone one.c\t\n+++ /dev/null\n--- a/x\n+++ b/x\n"},
		{Index: 4, Diff: "---\n--- /dev/null\n+++ b/made.c\r\n"},
	}}
	places := r.places()
	for patch, want := range map[int]string{0: "new.c", 1: "new.c", 2: "new.c", 3: "gone one.c", 4: "made.c", 5: "new.c"} {
		if got := places.of(Finding{Patch: patch}); got != (place{want, 1}) {
			t.Errorf("patch %d: %v, want %s", patch, got, want)
		}
	}
	if got := (&Report{}).places().of(Finding{Patch: 1}); got != (place{anyFile, 1}) {
		t.Errorf("of no patch: %v", got)
	}
}

func TestJUnitTotals(t *testing.T) {
	var b strings.Builder
	if err := WriteJUnit(&b, sample()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `tests="8" failures="2" errors="1" skipped="1" time="3.250">`) || !strings.Contains(b.String(), `timestamp="2026-11-24T12:00:00"`) {
		t.Errorf("%.400s", b.String())
	}
}

// TestPatchwork: a patch has the state of its worst finding, and nothing is known of any where a step could not be done.
func TestPatchwork(t *testing.T) {
	r := &Report{Patches: []Patch{{Index: 1, MessageID: "1@x"}, {Index: 2, MessageID: "2@x"}, {Index: 3}},
		Steps: []Step{{Findings: []Finding{{Severity: Error, Message: strings.Repeat("ä", 300)}, {Severity: Error, Patch: 2, Waived: "so"}}}}}
	got := r.PatchChecks()
	if len(got) != 2 || got[0].State != "fail" || got[1].State != "success" || utf8.RuneCountInString(got[0].Description) != maxDescription {
		t.Errorf("%+v", got)
	}
	r.Steps = append(r.Steps, Step{Name: "build", Status: Broken, Summary: "no compiler"})
	if got := r.PatchChecks(); got[0].State != "fail" || got[1].State != "warning" || got[1].Description != "build could not be done: no compiler" {
		t.Errorf("%+v", got)
	}
}

// TestB4FirstPatch: a series without a cover letter has nobody but its first patch to be told by that its kernel does not boot.
func TestB4FirstPatch(t *testing.T) {
	boot := Step{Name: "boot", Status: Failed, Findings: []Finding{{Check: "boot/lsm-inactive", Severity: Error, Message: "not active"}}}
	for _, c := range []struct {
		judged string
		cover  *Mail
		want   string
	}{{"1@x", nil, "fail"}, {"2@x", nil, "pass"}, {"1@x", &Mail{MessageID: "0@x"}, "pass"}, {"0@x", &Mail{MessageID: "0@x"}, "fail"}} {
		r := &Report{Patches: []Patch{{Index: 1, MessageID: "1@x"}, {Index: 2, MessageID: "2@x"}}, Steps: []Step{boot}, Cover: c.cover}
		r.Context.Judged = c.judged
		var b bytes.Buffer
		var checks []b4Check
		if err := errors.Join(WriteB4(&b, r), json.Unmarshal(b.Bytes(), &checks)); err != nil || len(checks) != 1 || checks[0].Status != c.want {
			t.Errorf("%s, cover letter %v: %v, %+v, want %s", c.judged, c.cover, err, checks, c.want)
		}
	}
}
