// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// carried reads the series that the binary carries, after edits of its mails.
func carried(t *testing.T, edits ...string) *patchset.Set {
	t.Helper()
	set, ok := patchset.Builtin("rust-lsm")
	if !ok {
		t.Fatal("the series is gone")
	}
	text := string(set.Mbox())
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the series does not hold %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	sets, err := series.Read(strings.NewReader(text), "mbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	return sets[0]
}

// small opens the small tree.
func small(t *testing.T) *tree.Tree {
	t.Helper()
	tr, err := tree.Open("../../testdata/minilinux")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// ended tells how the steps ended: "series passed, apply failed".
func ended(rep *report.Report) string {
	var words []string
	for _, s := range rep.Steps {
		words = append(words, s.Name+" "+string(s.Status))
	}
	return strings.Join(words, ", ")
}

// TestRun takes the carried series through all steps that build nothing, right and spoiled.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		edits []string
		ended string
		check string // what must be among the findings
	}{
		{"right", nil, "series passed, apply passed, checkpatch passed, hooks passed", "series/no-recipients"},
		{"not signed", []string{"\nSigned-off-by: ", "\nSeen-by: "}, "series failed, apply passed, checkpatch failed, hooks passed", "series/missing-signoff"},
		{"a patch that does not fit", []string{"\n source \"security/lockdown/Kconfig\"", "\n source \"security/another/Kconfig\""}, "", "apply/"},
		{"style", []string{"\n+\t*hl = (struct", "\n+\t*hl=(struct"}, "", "checkpatch/SPACING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rep, err := Run(t.Context(), small(t), carried(t, tc.edits...), &Options{Tool: "test", Name: "a name"})
			if err != nil {
				t.Fatal(err)
			}
			if got := ended(rep); tc.ended != "" && got != tc.ended {
				t.Errorf("%s, want %s", got, tc.ended)
			}
			var ids []string
			for _, s := range rep.Steps {
				for _, f := range s.Findings {
					ids = append(ids, f.Check)
				}
			}
			if !slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, tc.check) }) {
				t.Errorf("found %q, want one of %s; %s", ids, tc.check, ended(rep))
			}
			if rep.Series.Name != "a name" || rep.Series.Patches != 5 || rep.Tree.Release == "" || rep.Tool != "test" || rep.Tree.Base != "" {
				t.Errorf("the report is about %+v, %+v", rep.Series, rep.Tree)
			}
		})
	}
}

// TestRunRefuses: what is no tree of Linux, or has no such revision, is an error and no report.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	tr, err := tree.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if rep, err := Run(t.Context(), tr, carried(t), nil); err == nil {
		t.Errorf("an empty folder gets a report: %+v", rep)
	}
	if rep, err := Run(t.Context(), small(t), carried(t), &Options{Base: "v7.2"}); err == nil {
		t.Errorf("a plain folder has revisions: %+v", rep)
	}
}

// TestRunWithConfiguration: the user's configuration changes severities before the steps are judged.
func TestRunWithConfiguration(t *testing.T) {
	t.Parallel()
	rep, err := Run(t.Context(), small(t), carried(t), &Options{Config: &config.Config{Checks: map[string]string{"series/no-recipients": "error"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := ended(rep); !strings.HasPrefix(got, "series failed") {
		t.Errorf("%s, though a finding counts as an error", got)
	}
}

// TestPlacement says in a line how the hunks found their places.
func TestPlacement(t *testing.T) {
	hunks := func(list ...apply.HunkResult) *apply.Result {
		return &apply.Result{Patches: []apply.PatchResult{{Index: 1, Files: []apply.FileResult{{Hunks: list}}}}}
	}
	for want, result := range map[string]*apply.Result{
		"1 patch, 0 hunks, all where they say":            hunks(),
		"1 patch, 2 hunks, all where they say":            hunks(apply.HunkResult{Line: 1}, apply.HunkResult{Line: 9}),
		"1 patch, 2 hunks, 1 with an offset":              hunks(apply.HunkResult{Offset: -3}, apply.HunkResult{}),
		"1 patch, 3 hunks, 2 with an offset, 1 with fuzz": hunks(apply.HunkResult{Offset: 1}, apply.HunkResult{Offset: 2, Fuzz: 1}, apply.HunkResult{}),
		"1 patch, 1 hunk, 0 with an offset, 1 with fuzz":  hunks(apply.HunkResult{Fuzz: 2}),
		"2 patches, 0 hunks, all where they say":          {Patches: make([]apply.PatchResult, 2)},
	} {
		if got := Placement(result); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestConflictFindings: a conflict is a finding with its place, and says which patches it waits for.
func TestConflictFindings(t *testing.T) {
	got := ConflictFindings([]apply.Conflict{
		{Kind: "context", Patch: 3, File: "a.c", Line: 7, Message: "hunk 1 does not apply", Hint: "rebase", Needs: []int{1, 2}},
		{Kind: "missing-file", Patch: 4, File: "b.c", Message: "b.c does not exist", Needs: []int{3}},
		{Kind: "exists", Patch: 5, File: "c.c", Hint: "it is there"},
	}, func(c *apply.Conflict) string { return "lines of " + c.File })
	hints := []string{"rebase; it may need patch 1, 2, which does not fit either", "it may need patch 3, which does not fit either", "it is there"}
	for i, f := range got {
		if f.Severity != report.Error || f.Patch != i+3 || f.Hint != hints[i] || f.Detail != "lines of "+f.File || !strings.HasPrefix(f.Check, "apply/") {
			t.Errorf("%+v, want the hint %q", f, hints[i])
		}
	}
	if len(got) != 3 || got[0].Line != 7 || got[0].Check != "apply/context" {
		t.Errorf("%+v", got)
	}
}

// TestPathsOfASeries are what the checks read of every tree and what the series touches, each once.
func TestPathsOfASeries(t *testing.T) {
	set := carried(t)
	paths := Paths(set)
	if !slices.IsSorted(paths) || len(slices.Compact(slices.Clone(paths))) != len(paths) {
		t.Errorf("not sorted, or twice: %q", paths)
	}
	want := append(slices.Clone(checkPaths), "security/*/rust_lsm.rs")
	for _, p := range set.Patches {
		for _, f := range p.Files {
			if f.OldName != "" && !f.IsNew {
				want = append(want, f.OldName)
			}
		}
	}
	for _, name := range want {
		if !slices.Contains(paths, name) {
			t.Errorf("%s is not fetched", name)
		}
	}
}
