// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bytes"
	"strings"
	"testing"
)

// TestPlacesShown: what is about a mode or the name of a file shows no line below its place, which says it already. The script
// names some of these at the line before; the line that is shown is their own.
func TestPlacesShown(t *testing.T) {
	asm, _ := (&ruleCase{place: "include/asm/a.h", text: "int b;"}).patch()
	mode, _ := (&ruleCase{place: "diff", text: "diff --git a/lib/x.c b/lib/x.c\nold mode 100644\nnew mode 100755"}).patch()
	gone, _ := (&ruleCase{place: "diff", text: "diff --git a/lib/x.c b/lib/x.c\ndeleted file mode 100644\n--- a/lib/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-int a;"}).patch()
	for want, tc := range map[string]struct {
		mail  string
		style Style
	}{
		"ERROR:MODIFIED_INCLUDE_ASM: WORDS\n#10: +++ b/include/asm/a.h\n\n":            {asm, Style{}},
		"include/asm/a.h:11: ERROR:MODIFIED_INCLUDE_ASM: WORDS\n\n":                    {asm, Style{ShowFile: true}},
		"a.patch:9: ERROR:MODIFIED_INCLUDE_ASM: WORDS\n#10: +++ b/include/asm/a.h\n\n": {asm, Style{Emacs: true}},
		"lib/x.c:1: WARNING:FILE_PATH_CHANGES: WORDS\ndeleted file mode 100644\n\n":    {gone, Style{ShowFile: true}},
		"ERROR:EXECUTE_PERMISSIONS: WORDS\n#10: FILE: lib/x.c\n\n":                     {mode, Style{}},
	} {
		r := NewChecker(&Options{Types: []string{"MODIFIED_INCLUDE_ASM", "EXECUTE_PERMISSIONS", "FILE_PATH_CHANGES"}}).Patch("a.patch", []byte(tc.mail))
		tc.style.ShowTypes, tc.style.NoSummary = true, true
		var out bytes.Buffer
		if _, err := Render(&out, []*Result{r}, tc.style); err != nil {
			t.Fatal(err)
		}
		head, words, _ := strings.Cut(want, "WORDS")
		if got := out.String(); !strings.HasPrefix(got, head) || !strings.Contains(got, words) {
			t.Errorf("%+v: %q has not %q", tc.style, got, want)
		}
	}
}

// TestSilentRuns: where nothing is to be said of an input, not even which types were left out is.
func TestSilentRuns(t *testing.T) {
	clean, _ := (&ruleCase{place: "include/linux/a.h", text: "int b;"}).patch()
	for name, tc := range map[string]struct {
		mail  string
		style Style
		said  bool
	}{
		"clean, for a mail":      {clean, Style{Mailback: true}, false},
		"clean, for a reader":    {clean, Style{}, true},
		"no patch, for a mail":   {"just\nwords\n", Style{Mailback: true}, false},
		"no patch, and none due": {"just\nwords\n", Style{NoPatch: true}, false},
	} {
		r := NewChecker(&Options{Ignore: []string{"MISSING_SIGN_OFF"}}).Patch("a.patch", []byte(tc.mail))
		var out bytes.Buffer
		if _, err := Render(&out, []*Result{r}, tc.style); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "NOTE: Ignored message types: MISSING_SIGN_OFF"); got != tc.said || !tc.said && out.Len() > 0 {
			t.Errorf("%s: %q", name, out.String())
		}
	}
}
