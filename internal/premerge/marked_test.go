// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func TestMarks(t *testing.T) {
	far := strings.Repeat("x;\n", 10)
	before := fstest.MapFS{"a.c": {Data: []byte("int a;\n" + far + "int gone;\n")}}
	after := fstest.MapFS{"a.c": {Data: []byte("int a;\nint b;\n/* why */\n#define C 1\nint d;\n" + far)}}
	got := marks(before, after, nil, &kbuild.Coverage{Files: []kbuild.FileCoverage{
		{Path: "a.c", Missing: []kbuild.NotCompiled{{Lines: []int{5}, Why: "ARM"}}}, {Path: "gone.c"}}})
	// Of a file that moved one line shows that it compiles where it is now.
	moved := marks(before, fstest.MapFS{"b.c": before["a.c"]}, changed.Moves{"b.c": "a.c"}, &kbuild.Coverage{Files: []kbuild.FileCoverage{{Path: "b.c"}}})
	if diff := cmp.Diff([]report.Marks{{File: "b.c", Compiled: report.Lines{1}}}, moved); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	// Line 15 stands for the one that is gone behind it.
	want := []report.Marks{{File: "a.c", Compiled: report.Lines{2, 15}, Macros: report.Lines{4}, Missing: []report.Missing{{Lines: report.Lines{5}, Why: "ARM"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
