// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/compare"
)

// TestChanges: what became of each patch since the last version, with a note for what no diff shows.
func TestChanges(t *testing.T) {
	got := Changes(&compare.Comparison{Old: compare.VersionSummary{Version: 1}, New: compare.VersionSummary{Version: 2}, Pairs: []compare.Pair{
		{OldIndex: 2, NewIndex: 1, Status: compare.MessageOnly, Title: "a", OldTitle: "A", Moved: true, Rebased: true, MessageDiff: "-x\n",
			Gained: []patchset.Trailer{{Key: "Acked-by", Value: "B"}}, Lost: []patchset.Trailer{{Key: "Fixes", Value: "1"}}},
		{NewIndex: 2, Status: compare.NewPatch, Title: "b", Interdiff: "+y\n"},
	}})
	want := &report.Changes{Old: 1, New: 2, Pairs: []report.ChangedOne{
		{Old: 2, New: 1, Status: "message only", Title: "a", Message: "-x\n",
			Notes: []string{"gained Acked-by: B", "in another place", "lost Fixes: 1", "rebased", "was called: A"}},
		{New: 2, Status: "new", Title: "b", Code: "+y\n"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAttachments: a report holds the tools, and the ends of the configuration, the log and the console, as valid text.
func TestAttachments(t *testing.T) {
	dir := t.TempDir()
	config, log := filepath.Join(dir, "config"), filepath.Join(dir, "log")
	if os.WriteFile(config, []byte("CONFIG_A=y\n"), 0o644) != nil || os.WriteFile(log, []byte("gone"+strings.Repeat("\xff", maxAttached)), 0o644) != nil {
		t.Fatal("no disk")
	}
	r := &run{built: &kbuild.SeriesResult{Result: kbuild.Result{Config: config, Log: log,
		Survey: &kbuild.Survey{Isolation: "bubblewrap", Tools: []kbuild.Tool{{Name: "gcc", Version: "14.2"}, {Name: "rustc", Version: "1.85", Minimum: "1.78"}}}}}}
	got := r.attachments(&report.Report{Steps: []report.Step{{Name: "build"}, {Name: "boot", Result: &boot.Result{Console: "up\n"}}}})
	var titles []string
	for _, a := range got {
		titles = append(titles, a.Title)
	}
	if diff := cmp.Diff([]string{"Toolchain", "Configuration", "Log of the build", "Console of the boot"}, titles); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if want := "isolation: bubblewrap\ngcc          14.2\nrustc        1.85 (at least 1.78)\n"; got[0].Text != want {
		t.Errorf("%q, want %q", got[0].Text, want)
	}
	if a := got[1]; a.Text != "CONFIG_A=y\n" || a.Omitted != 0 {
		t.Errorf("the configuration: %+v", a)
	}
	if a := got[2]; a.Omitted != 4 || a.Text != "\ufffd" {
		t.Errorf("the log: %d bytes left out, %.20q", a.Omitted, a.Text)
	}
	if a := got[3]; a.Text != "up\n" {
		t.Errorf("the console: %+v", a)
	}
	r.built = &kbuild.SeriesResult{}
	if got := r.attachments(&report.Report{}); len(got) != 1 || got[0].Text != "unknown\n" {
		t.Errorf("of a build that made nothing: %+v", got)
	}
}
