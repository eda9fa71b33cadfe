// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestSabotagedSeries breaks the embedded series in one place each, and wants just the finding that
// says so.
func TestSabotagedSeries(t *testing.T) {
	for _, tt := range []struct {
		name     string
		file     int    // 0 is the cover letter
		old, new string // old "" drops the mail
		want     string
	}{
		{"a patch is missing", 3, "", "", "missing-patch"},
		{"the cover letter is missing", 0, "", "", "parent-not-here"},
		{"no sign-off", 2, "Signed-off-by: lsmpatch developers <lsmpatch@example.org>\n", "", "missing-signoff"},
		{"sign-off of another", 2, "Signed-off-by: lsmpatch developers <lsmpatch@example.org>", "Signed-off-by: Some Body <body@example.org>", "author-signoff"},
		{"sign-off below the dashes", 2, "\nSigned-off-by: lsmpatch developers <lsmpatch@example.org>\n---\n",
			"\n---\nSigned-off-by: lsmpatch developers <lsmpatch@example.org>\n", "missing-signoff trailer-below-dashes"},
		{"a count in the diffstat", 0, " security/Kconfig                |   1 +", " security/Kconfig                |   2 ++", "diffstat-count"},
		{"a file too many", 0, " security/Kconfig                |   1 +\n", " security/Kconfig                |   1 +\n security/Kconfug                |   1 +\n", "diffstat-files"},
		{"a file too few", 0, " security/Kconfig                |   1 +\n", "", "diffstat-files"},
		{"number of files", 0, "14 files changed", "13 files changed", "diffstat-total"},
		{"deletions", 0, ", 1 deletion(-)", ", 2 deletions(-)", "diffstat-total"},
		{"no deletions", 0, ", 1 deletion(-)", "", "diffstat-total"},
		{"a create line too few", 0, " create mode 100644 rust/kernel/lsm.rs\n", "", "diffstat-summary"},
		{"a create line too many", 0, " create mode 100644 rust/kernel/lsm.rs\n", " create mode 100644 rust/kernel/lsm.rs\n create mode 100644 rust/kernel/lib.rs\n", "diffstat-summary"},
		{"shortlog title", 0, "  rust: kernel: add LSM abstraction layer\n", "  rust: kernel: add LSM layer\n", "shortlog"},
		{"shortlog count", 0, "lsmpatch developers (5):", "lsmpatch developers (4):", "shortlog"},
		{"shortlog author", 0, "lsmpatch developers (5):", "Jamie Lindsey (5):", "shortlog-author"},
		{"version of one", 4, "Subject: [PATCH 4/5]", "Subject: [PATCH v2 4/5]", "mixed-versions no-changelog"},
		{"a number twice", 4, "Subject: [PATCH 4/5]", "Subject: [PATCH 5/5]", "mail-order"},
		{"thread", 4, "In-Reply-To: <lsmpatch-rust-lsm-v1-0@example.org>\nReferences: <lsmpatch-rust-lsm-v1-0@example.org>\n", "", "broken-thread"},
		{"a line of code", 3, "\n+//! ", "\n+//!  more ", ""},
		{"a line of code lost", 3, "\n+// SPDX-License-Identifier: GPL-2.0\n", "\n", "damaged-diff"},
		{"title", 1, "Subject: [PATCH 1/5] rust: bindings: include", "Subject: [PATCH 1/5] rust: bindings: Include", "shortlog"},
	} {
		mails, err := filepath.Glob(filepath.Join("..", "patchset", "rustlsm", "v1", "000*.patch"))
		if err != nil || len(mails) != 6 {
			t.Fatalf("got %d mails, %v", len(mails), err)
		}
		var mbox strings.Builder
		for i, name := range mails {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			mail := string(text)
			if i == tt.file {
				if !strings.Contains(mail, tt.old) {
					t.Fatalf("%s: the mail has no %q", tt.name, tt.old)
				}
				mail = strings.Replace(mail, tt.old, tt.new, 1)
				if tt.old == "" {
					continue
				}
			}
			mbox.WriteString(mail)
		}
		sets, err := Read(strings.NewReader(mbox.String()), tt.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range judged(t, &check.View{Set: sets[0]}) {
			if id := strings.TrimPrefix(f.Check, "series/"); !slices.Contains(got, id) {
				got = append(got, id)
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, s, tt.want)
			for _, f := range judged(t, &check.View{Set: sets[0]}) {
				t.Logf("%s %s", f.Check, f.Message)
			}
		}
	}
}

// TestBuiltinSeriesIsClean: what the binary carries gives no reason for complaint.
func TestBuiltinSeriesIsClean(t *testing.T) {
	set, err := Open(t.Context(), []string{"builtin:rust-lsm"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range judged(t, &check.View{Set: set[0]}) {
		t.Errorf("%s %s: %s", f.Severity, f.Check, f.Message)
	}
}

// judged returns what the checks say of a view.
func judged(tb testing.TB, v *check.View) []report.Finding {
	tb.Helper()
	findings, err := Check(v)
	if err != nil {
		tb.Fatal(err)
	}
	return findings
}
