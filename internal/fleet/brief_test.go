// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/series"
)

// TestLongHeaders: a subject, a name or a Message-ID of half a megabyte made a job that no queue takes, and the list stopped there.
func TestLongHeaders(t *testing.T) {
	long := strings.Repeat("<", 200_000)
	ids := map[string]bool{}
	for _, last := range []string{"1", "2"} {
		set, err := readMailbox(t.Context(), []byte("From: "+long+" <a@example.org>\nMessage-ID: <"+strings.Repeat("i", 200_000)+last+"@example.org>\nDate: Sun, 29 Nov 2026 10:00:00 +0000\nSubject: [PATCH] "+long+
			"\n\nx\n\n---\ndiff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n"), &series.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := describe(set, "")
		if err != nil {
			t.Fatal(err)
		}
		if text, err := json.Marshal(s); err != nil || len(text) > 10_000 {
			t.Errorf("%d bytes, %v", len(text), err)
		}
		ids[s.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("%v", ids)
	}
}

// TestInBrief: of conflicts there is what people read of them.
func TestInBrief(t *testing.T) {
	all := make([]apply.Conflict, 1000)
	for i := range all {
		all[i] = apply.Conflict{File: "a", Expected: strings.Repeat("é", 100_000), Found: strings.Repeat("line\n", 100_000), Merged: "all", Message: "m"}
	}
	short := inBrief(all)
	if text, err := json.Marshal(short); err != nil || len(text) > 40_000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if c := short[0]; c.Expected != strings.Repeat("é", 500) || c.Found != strings.Repeat("line\n", 200) || c.Message != "m" || all[0].Merged != "all" {
		t.Errorf("%+v", c)
	}
	if same := inBrief([]apply.Conflict{{Expected: "x"}}); len(same) != 1 || same[0].Expected != "x" {
		t.Errorf("%+v", same)
	}
}
