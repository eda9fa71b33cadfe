// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/series/thread"
)

// TestCounted: where threads and subjects differ, threads say what a series is, and what does not agree with them is told.
func TestCounted(t *testing.T) {
	const diff = "\nBecause.\n\nSigned-off-by: A U Thor <a@example.org>\n---\ndiff --git a/security/a.c b/security/a.c\nindex 1234567..89abcde 100644\n--- a/security/a.c\n+++ b/security/a.c\n@@ -1 +1 @@\n-a\n+b\n"
	mail := func(subject, id, parent, text string) string {
		return fmt.Sprintf("From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: A U Thor <a@example.org>\nDate: Tue, 10 Mar 2026 12:00:00 +0000\nSubject: %s\nMessage-ID: <%s>\nIn-Reply-To: <%s>\n\n%s\n",
			subject, id, parent, text)
	}
	for _, tt := range []struct {
		name, box, check string
		told             bool
	}{
		// It was the one patch of a series without any, and the patches were two other series.
		{"a cover letter over more patches than it counts", mail("[PATCH 0/1] c", "0@x", "", "All.") + mail("[PATCH] a", "1@x", "0@x", diff) + mail("[PATCH] b", "2@x", "0@x", diff),
			"series/wrong-total", true},
		{"one that counts right", mail("[PATCH 0/2] c", "0@x", "", "All.") + mail("[PATCH] a", "1@x", "0@x", diff) + mail("[PATCH] b", "2@x", "0@x", diff),
			"series/wrong-total", false},
		{"an answer to what is not here", mail("[PATCH v2] a", "2@x", "1@x", diff), "series/parent-not-here", true},
		// It was told to be missing.
		{"an answer to another version", mail("[PATCH] a", "1@x", "", diff) + mail("[PATCH v2] a", "2@x", "1@x", diff), "series/parent-not-here", false},
	} {
		sets, err := thread.Read(strings.NewReader(tt.box), tt.name, thread.Options{})
		if err != nil {
			t.Fatal(tt.name, err)
		}
		findings := found(t, sets[0], nil)
		told := false
		for _, f := range findings {
			told = told || f.Check == tt.check
		}
		if told != tt.told || len(sets[0].LeftOut) > 0 {
			t.Errorf("%s: %+v", tt.name, findings)
		}
	}
}
