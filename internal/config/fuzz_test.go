// SPDX-License-Identifier: GPL-2.0-only

package config

import (
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// FuzzParse: a configuration that is taken changes findings only as it says, and says that it did.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "[checks]\n\"series/*\" = \"off\"\n", "[checks]\n\"**\" = \"note\"\n[[waive]]\ncheck = \"hooks/*\"\npath = \"security/**\"\nreason = \"x\"\n",
		"[[waive]]\ncheck = \"**\"\nmessage = \"m\"\nreason = '''x'''\n", "checks = 3", "[checks]\na.b = \"error\"",
	} {
		f.Add(text, "series/x", "security/a.c")
	}
	f.Fuzz(func(t *testing.T, text, check, file string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		before := []report.Finding{{Check: check, Severity: report.Error, File: file, Message: "m"}, {Check: "hooks/y", Severity: report.Warning, Message: "m"}}
		changed := false
		for _, finding := range before {
			judged, counts := c.Judge(finding)
			changed = changed || !counts || judged.Severity != finding.Severity || judged.Waived != finding.Waived
			if judged.Severity = finding.Severity; judged.Check != finding.Check || judged.File != finding.File {
				t.Errorf("%+v became %+v", finding, judged)
			}
		}
		if after := c.Apply(before); len(after) > len(before)+1 {
			t.Errorf("%d findings became %d", len(before), len(after))
		}
		if _, ok := c.Note(before); ok != changed {
			t.Errorf("a note: %v, something changed: %v", ok, changed)
		}
	})
}
