// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestAssert generates the assertions of a series with one wrong shim and one wrong adapter, and
// plays the compiler.
func TestAssert(t *testing.T) {
	set, _, after := fixture(t,
		edit{shimC, "struct file *file", "const struct file *file"},
		edit{lsmRS, allocRS, "clone_flags: u32) -> c_int"})
	a, err := Assert(set, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Targets) != 3 || len(a.links) != 10 {
		t.Fatalf("%d targets, %d links", len(a.Targets), len(a.links))
	}
	var errors []report.Finding
	for _, as := range a.links {
		line := strings.Split(string(a.Files[as.file]), "\n")[as.line-1]
		if !strings.Contains(line, as.hook) {
			t.Errorf("%s:%d is not about %s: %s", as.file, as.line, as.hook, line)
		}
		bad := as.file == assertC && strings.Contains(line, "const struct file *") || strings.Contains(line, "_a1: u32")
		if bad == as.holds {
			t.Errorf("%v for %s", as.holds, line)
		}
		if bad {
			errors = append(errors, report.Finding{Severity: report.Error, File: as.file, Line: as.line})
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
