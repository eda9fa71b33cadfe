// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// coveredSource has a line of each fate under the command that the test says it was compiled by.
const coveredSource = `int a;
#ifdef CONFIG_ON
int on;
#else
int off;
#endif
/* a comment */
#define MACRO 1
#include "part.h"
`

// A build is asked which changed lines it compiled: in the source, in a header that it includes, and in
// files that no object was made of.
func TestWhichLinesWereCompiled(t *testing.T) {
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler")
	}
	fakeTools(t, nil)
	s := seriesOf(t, testCache(t), nil, patch{
		"security/cover.c": coveredSource, "security/part.h": "int part;\n#ifdef CONFIG_ON\nint more;\n#endif\n",
		"drivers/lost.c": "int lost;\n", "tools/x.c": "int tool;\n", "rust/a.rs": "// why\nfn a() {}\n", "Documentation/a.rst": "text\n"})
	r := buildSeries(t, s)
	defer r.Close()
	if !r.Built {
		t.Fatalf("not built: %v", r.Findings)
	}
	if err := os.MkdirAll(filepath.Join(r.Out, "security"), 0o755); err != nil {
		t.Fatal(err)
	}
	source := r.series.tc.SourcePath(r.src)
	write(t, filepath.Join(r.Out, "security/.cover.o.cmd"), "savedcmd_security/cover.o := cc -Wp,-MMD,security/.cover.o.d -DCONFIG_ON=1 -c -o security/cover.o "+
		source+"/security/cover.c ; objtool\n\ndeps_security/cover.o := \\\n  "+source+"/security/part.h \\\n  "+source+"/security/cover.c \\\n")
	names := []string{"security/cover.c", "security/part.h", "drivers/lost.c", "tools/x.c", "rust/a.rs", "Documentation/a.rst"}
	c, err := r.Cover(t.Context(), s.Base, s.States[0].Tree, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Summary(); got != "17 changed lines, 8 of code, 4 compiled" {
		t.Errorf("summary is %s", got)
	}
	var got []string
	for _, f := range c.Findings() {
		got = append(got, f.Severity.String()+" "+f.File+" "+f.Message)
	}
	want := []string{
		"warning drivers/lost.c 1 changed line of code not compiled (1): no object of this build was made of it",
		"warning rust/a.rs 1 changed line of code not compiled (2): no object of this build was made of it",
		"warning security/cover.c 1 changed line of code not compiled (5): line 4 leaves it out: #else",
		"note tools/x.c 1 changed line of code not compiled (1): no object of this build was made of it",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if report.AnyError(c.Findings()) {
		t.Error("what was not compiled is no error")
	}
}
