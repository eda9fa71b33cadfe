// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/proof"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestAssert generates the assertions of a series with one wrong shim and one wrong adapter, and
// plays the compiler.
func TestAssert(t *testing.T) {
	set, _, after := fixture(t,
		edit{shimC, "struct file *file", "const struct file *file"},
		edit{lsmRS, allocRS, "clone_flags: u32) -> c_int"})
	a, err := proof.Assert(set, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Targets) != 5 || len(a.Links) != 10 { // two objects of the series
		t.Fatalf("%d targets, %d links", len(a.Targets), len(a.Links))
	}
	var errors []report.Finding
	for _, as := range a.Links {
		line := strings.Split(string(a.Files[as.File]), "\n")[as.Line-1]
		if !strings.Contains(line, as.Hook) {
			t.Errorf("%s:%d is not about %s: %s", as.File, as.Line, as.Hook, line)
		}
		bad := as.File == proof.AssertC && strings.Contains(line, "const struct file *") || strings.Contains(line, "_a1: u32")
		if bad == as.Holds {
			t.Errorf("%v for %s", as.Holds, line)
		}
		if bad {
			errors = append(errors, report.Finding{Severity: report.Error, File: as.File, Line: as.Line})
		}
	}
	if got := a.Judge(errors); len(got) != 0 {
		t.Errorf("disagreement where there is none: %+v", got)
	}
	if got := a.Judge([]report.Finding{{Severity: report.Error, File: "rust/kernel/lib.rs", Line: 1}}); len(got) != 0 {
		t.Errorf("nothing was compiled, and still: %+v", got)
	}
	errors[0].Line++
	if got := a.Judge(errors); len(got) != 2 || got[0].Check != "hooks/compiler-disagrees" {
		t.Errorf("two lines differ, found %+v", got)
	}
}
