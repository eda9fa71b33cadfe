// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/apply"
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
