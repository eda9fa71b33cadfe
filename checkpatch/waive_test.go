// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestDocumentedForm: the forms of two real trees differ, and each accepts its own.
func TestDocumentedForm(t *testing.T) {
	doc := func(form string) fstest.MapFS {
		text := "Contributions should include an Assisted-by tag in the following format::\n\n  " + form + "\n\nWhere:\n"
		return fstest.MapFS{assistantsDoc: {Data: []byte(text)}}
	}
	strict := documentedForm(doc("Assisted-by: AGENT_NAME:MODEL_VERSION [TOOL1] [TOOL2]"))
	free := documentedForm(doc("Assisted-by: LLM [TOOL1] [TOOL2]"))
	for _, tc := range []struct {
		value        string
		strict, free bool
	}{
		{"Agent:model-3 coccinelle sparse", true, true},
		{"Agent:model-3", true, true},
		{"LLM", false, true},
		{"LLM coccinelle", false, true},
		{"", false, false},
	} {
		if got := strict.value.MatchString(tc.value); got != tc.strict {
			t.Errorf("%q against %q: %v", tc.value, strict.form, got)
		}
		if got := free.value.MatchString(tc.value); got != tc.free {
			t.Errorf("%q against %q: %v", tc.value, free.form, got)
		}
	}
	if documentedForm(fstest.MapFS{}) != nil {
		t.Error("a form without a document")
	}
}

// TestUnknownCommits: a shallow tree cannot know that a commit does not exist.
func TestUnknownCommits(t *testing.T) {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a: b", Message: "a: b\n\nSee commit 0123456789ab (\"a\").\n"}}}
	unknown := func(string) (string, string, bool) { return "", "", false }
	for _, cut := range []bool{false, true} {
		findings, err := Check(t.Context(), set, &Options{Commits: unknown, HistoryCut: cut})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(findings, func(f report.Finding) bool { return f.Check == "checkpatch/UNKNOWN_COMMIT_ID" })
		if i < 0 || (findings[i].Waived != "") != cut {
			t.Errorf("cut %v: %+v", cut, findings)
		}
		for j, f := range findings {
			if j != i && f.Waived != "" {
				t.Errorf("waived as well: %+v", f)
			}
		}
	}
}
