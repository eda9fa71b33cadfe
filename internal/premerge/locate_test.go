// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The function of a trace that the series defines names its patch, without line tables.
func TestLocate(t *testing.T) {
	r := &run{
		after: fstest.MapFS{
			"security/a/a.c":  {Data: []byte("int a_other(void);\nstatic int a_hook(struct task_struct *task,\n\t\t  u64 flags)\n{\n\treturn a_call(1);\n}\n")},
			"security/a/a.rs": {Data: []byte("impl Hooks for A {\n    fn task_alloc(task: &Task) -> Result {\n")},
			"security/b.c":    {Data: []byte("int b_hook(void)\n{\n}\n")},
		},
		applied: &apply.Result{Patches: []apply.PatchResult{
			{Index: 2, Files: []apply.FileResult{{Path: "security/a/a.c"}}},
			{Index: 3, Files: []apply.FileResult{{Path: "security/a/a.rs"}, {Path: "security/gone.c"}}},
		}},
	}
	for detail, want := range map[string]report.Finding{
		" foo+0x1/0x2\n a_hook.isra.0+0x1/0x2\n": {File: "security/a/a.c", Line: 2, Patch: 2},
		" a_call+0x1/0x2\n":                      {},
		" b_hook+0x1/0x2\n":                      {},
		" a_other+0x1/0x2\n":                     {},
		" _RNvXs_Cs1234_1aNtB4_1ANtNtCs5678_6kernel3lsm5Hooks10task_alloc+0x1/0x2\n x+0x1/0x2": {File: "security/a/a.rs", Line: 2, Patch: 3},
	} {
		got := r.blame(r.locate([]report.Finding{{Check: "boot/oops", Detail: detail}}))[0]
		if got.File != want.File || got.Line != want.Line || got.Patch != want.Patch {
			t.Errorf("%q: %s:%d of patch %d, want %s:%d of %d", detail, got.File, got.Line, got.Patch, want.File, want.Line, want.Patch)
		}
	}
}

// A finding is of the patch that wrote its line, where one alone did: the last that touches the file was named for all.
func TestWhoWroteALine(t *testing.T) {
	added := func(index int, lines ...string) *patchset.Patch {
		p := &patchset.Patch{Index: index, Files: []*gitdiff.File{{OldName: "a.c", NewName: "a.c", TextFragments: []*gitdiff.TextFragment{{}}}}}
		for _, line := range lines {
			p.Files[0].TextFragments[0].Lines = append(p.Files[0].TextFragments[0].Lines, gitdiff.Line{Op: gitdiff.OpAdd, Line: line + "\n"})
		}
		return p
	}
	r := &run{
		after: fstest.MapFS{"a.c": {Data: []byte("int first;\nint both;\nint base;\n")}},
		set:   &patchset.Set{Patches: []*patchset.Patch{added(1, "int first;", "int both;"), added(2, "int both;")}},
		applied: &apply.Result{Patches: []apply.PatchResult{
			{Index: 1, Files: []apply.FileResult{{Path: "a.c"}}}, {Index: 2, Files: []apply.FileResult{{Path: "a.c"}}}}},
	}
	for line, want := range map[int]int{0: 2, 1: 1, 2: 2, 3: 2, 9: 2} {
		if got := r.blame([]report.Finding{{File: "a.c", Line: line}})[0].Patch; got != want {
			t.Errorf("line %d: patch %d, want %d", line, got, want)
		}
	}
}
