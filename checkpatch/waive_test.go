// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"testing"
	"testing/fstest"
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
