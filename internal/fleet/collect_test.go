// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestCollect: of a build the outcome has the attachments, and how many of the lines a compiler saw; of checks alone neither.
func TestCollect(t *testing.T) {
	for _, built := range []bool{true, false} {
		r := &report.Report{Steps: []report.Step{{Name: "apply", Status: report.Passed}}}
		if built {
			r.Marks = []report.Marks{{File: "a.c", Compiled: report.Lines{1, 2}, Macros: report.Lines{3}, Missing: []report.Missing{{Lines: report.Lines{7, 8}, Why: "CONFIG_X"}}}}
			r.Attachments = []report.Attachment{{Title: "Console of the boot", Text: "[    0.1] Linux\n", Omitted: 5}}
		}
		dir := t.TempDir()
		for name, write := range map[string]func(*bytes.Buffer) error{
			ReportJSON:  func(b *bytes.Buffer) error { return report.WriteJSON(b, r) },
			Attachments: func(b *bytes.Buffer) error { return report.WriteAttachments(b, r) },
		} {
			var text bytes.Buffer
			if err := write(&text); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out := &Outcome{Files: map[string][]byte{}}
		out.collect(dir, nil)
		if !built {
			if out.Lines != nil || out.Files[Attachments] != nil || out.Verdict != report.Passed {
				t.Errorf("without a build: %+v", out)
			}
			continue
		}
		if out.Lines == nil || out.Lines.Compiled != 3 || out.Lines.Missing != 2 || out.Lines.Of() != 5 {
			t.Errorf("lines: %+v", out.Lines)
		}
		if !slices.Equal(out.Texts, []string{"Console of the boot"}) {
			t.Errorf("texts: %q", out.Texts)
		}
		if list, err := report.ReadAttachments(out.Files[Attachments]); err != nil || len(list) != 1 || list[0] != r.Attachments[0] {
			t.Errorf("attachments: %+v, %v", list, err)
		}
	}
}
