// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func part(label string, steps ...Step) Part {
	return Part{label, &Report{Tool: "lsmpatch", Started: time.Unix(100, 0).UTC(), Seconds: 2, Tree: Tree{Path: label},
		Series: Series{Title: "a series", Version: 1, Patches: 2}, Steps: steps}}
}

// TestMerge: what all say stands there once, what one says has its label, and the verdict is the worst.
func TestMerge(t *testing.T) {
	style := Step{Name: "checkpatch", Status: Passed, Findings: []Finding{{Check: "checkpatch/LONG_LINE", Severity: Warning, Message: "long"}}}
	slow := style
	slow.Seconds = 9
	merged := Merge([]Part{
		part("arm64", style, Step{Name: "build", Status: Passed, Summary: "built"}),
		part("x86_64", slow, Step{Name: "build", Status: Failed, Summary: "no"}, Step{Name: "boot", Status: Skipped}),
	})
	var names []string
	for _, s := range merged.Steps {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"checkpatch", "arm64: build", "x86_64: build", "boot"}, names); diff != "" {
		t.Error(diff)
	}
	// What else a step brought, such as what was booted, is said for each: it once went with the second.
	found := func(result string) Part {
		return part("of "+result, Step{Name: "apply", Status: Passed, Result: map[string]string{"head": result}})
	}
	if steps := Merge([]Part{found("a"), found("b")}).Steps; len(steps) != 2 || Merge([]Part{found("a"), found("a")}).Steps[0].Name != "apply" {
		t.Errorf("%+v", steps)
	}
	if merged.Verdict() != Failed || merged.Seconds != 4 || merged.Series.Title != "a series" || merged.Tree.Path != "several trees" {
		t.Errorf("%+v", merged)
	}
	if other := Merge([]Part{part("a", style), {"b", &Report{Series: Series{Title: "another"}, Steps: []Step{slow}}}}); other.Series.Title != "several series" {
		t.Errorf("%+v", other.Series)
	}
	if empty := Merge(nil); empty.Verdict() != Passed {
		t.Errorf("%+v", empty)
	}
}

// TestReadIsWriteJSON: what is read and written again is the same text; what is no report is refused.
func TestReadIsWriteJSON(t *testing.T) {
	in := part("x", Step{Name: "apply", Status: Failed, Summary: "no", Result: map[string]any{"base": "0123"}, Findings: []Finding{
		{Check: "apply/hunk", Severity: Error, Patch: 1, File: "a.c", Line: 3, Message: "m", Detail: "d", Hint: "h"}}}).Report
	var text, again bytes.Buffer
	if err := WriteJSON(&text, in); err != nil {
		t.Fatal(err)
	}
	out, err := Read(bytes.NewReader(text.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&again, out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text.String(), again.String()); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "{}", "[]", `{"steps":[{"name":"a","status":"perhaps"}]}`, `{"steps":[{"status":"passed","findings":[{"severity":"x"}]}]}`} {
		if _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%s is a report", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"tool":"lsmpatch","steps":[{"name":"apply","status":"passed","findings":[{"check":"a/b","severity":"note","message":"m"}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if merged := Merge([]Part{{"a", r}, {"b", r}}); merged.Verdict() != r.Verdict() {
			t.Errorf("%s: %s and %s", text, merged.Verdict(), r.Verdict())
		}
	})
}
