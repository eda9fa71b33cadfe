// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
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
	runtest.Deep(t)
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler")
	}
	fakeTools(t, nil)
	s := seriesOf(t, testCache(t), patch{"drivers/less.c": "int a;\nint b;\nint c;\n"}, patch{
		"drivers/less.c": "int a;\nint c;\n", "security/cover.c": coveredSource, "security/part.h": "int part;\n#ifdef CONFIG_ON\nint more;\n#endif\n",
		"drivers/lost.c": "int lost;\n", "tools/x.c": "int tool;\n", "rust/a.rs": "// why\nfn a() {}\n", "Documentation/a.rst": "text\n",
		"security/board.dts": "/ {\n\t#size-cells = <1>;\n};\n", "security/board.dtsi": "/ {\n};\n", "security/other.dts": "/* none */\n/ {\n};\n"})
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
	write(t, filepath.Join(r.Out, "security/.board.dtb.cmd"), "savedcmd_security/board.dtb := dtc\n\nsource_security/board.dtb := "+source+"/security/board.dts\n\n"+
		"deps_security/board.dtb := \\\n  "+source+"/security/board.dtsi \\\n")
	names := []string{"security/board.dts", "security/board.dtsi", "security/other.dts", "security/cover.c", "security/part.h", "drivers/less.c", "drivers/lost.c", "tools/x.c", "rust/a.rs", "Documentation/a.rst"}
	c, err := r.Cover(t.Context(), s.Base, s.States[0].Tree, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Summary(); got != "26 changed lines, 16 of code, 9 compiled" {
		t.Errorf("summary is %s", got)
	}
	var got []string
	for _, f := range c.Findings() {
		got = append(got, f.Severity.String()+" "+f.File+" "+f.Message)
	}
	want := []string{
		"warning drivers/less.c 1 changed line of code not compiled (2): no object of this build was made of it", // where one was removed
		"warning drivers/lost.c 1 changed line of code not compiled (1): no object of this build was made of it",
		"warning rust/a.rs 1 changed line of code not compiled (2): no object of this build was made of it",
		"warning security/cover.c 1 changed line of code not compiled (5): line 4 leaves it out: #else",
		"warning security/other.dts 2 changed lines of code not compiled (2-3): no object of this build was made of it",
		"note tools/x.c 1 changed line of code not compiled (1): no object of this build was made of it",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if report.AnyError(c.Findings()) {
		t.Error("what was not compiled is no error")
	}
}

// A file that moved has the lines by which it differs from what it was, and one that shows that it is compiled where it is.
func TestLinesOfAMovedFile(t *testing.T) {
	text := "int a;\nint b;\nint c;\n"
	before, after := fstest.MapFS{"old/a.c": {Data: []byte(text)}}, fstest.MapFS{"new/a.c": {Data: []byte(text + "int d;\n")}}
	for want, moves := range map[string]changed.Moves{"[1 2 3 4]": nil, "[1 4]": {"new/a.c": "old/a.c"}} {
		if got := fmt.Sprint(readSource(before, after, moves, "new/a.c").code); got != want {
			t.Errorf("with %v: %s, want %s", moves, got, want)
		}
	}
}

// A public header that no object includes is compiled alone: its lines count, and where only the series
// breaks it, that is told.
func TestHeadersThatNothingIncludes(t *testing.T) {
	runtest.Deep(t)
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler")
	}
	fakeTools(t, nil)
	good := "int good;\n"
	s := seriesOf(t, testCache(t), patch{"include/breaks.h": good, "include/never.h": "struct x a;\n"}, patch{
		"include/alone.h":  "int alone;\n#ifdef CONFIG_ON\nint on;\n#else\nint off;\n#endif\n",
		"include/breaks.h": good + "struct nowhere b;\n", "include/never.h": "struct x a;\nint more;\n"})
	r := buildSeries(t, s)
	defer r.Close()
	if !r.Built {
		t.Fatalf("not built: %v", r.Findings)
	}
	source := r.series.tc.SourcePath(r.src)
	write(t, filepath.Join(r.Out, "init/.main.o.cmd"), "savedcmd_init/main.o := cc -Wp,-MMD,init/.main.o.d -DCONFIG_ON=1 -c -o init/main.o "+source+"/init/main.c ; objtool\n")
	c, err := r.Cover(t.Context(), s.Base, s.States[0].Tree, []string{"include/alone.h", "include/breaks.h", "include/never.h"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range c.Findings() {
		got = append(got, f.Check+" "+f.File+" "+f.Message)
	}
	for i, want := range []string{"build/header include/breaks.h included alone, it compiles without the series", "build/not-compiled include/alone.h 1 changed line of code not compiled (5): line 4 leaves it out",
		"build/not-compiled include/breaks.h 1 changed line", "build/not-compiled include/never.h 1 changed line of code not compiled (2): nothing in this build includes it, and included alone"} {
		if i >= len(got) || !strings.HasPrefix(got[i], want) {
			t.Errorf("finding %d: want %s, all are\n%s", i, want, strings.Join(got, "\n"))
		}
	}
}

// What a second configuration compiles is no longer missing.
func TestCoverageOfTwoConfigurations(t *testing.T) {
	first := &Coverage{Code: 5, Compiled: 2, Files: []FileCoverage{
		{Path: "a.c", Code: 3, Compiled: 1, Missing: []NotCompiled{{[]int{4}, "#else"}, {[]int{7}, "ARM"}}},
		{Path: "b.c", Code: 2, Compiled: 1, Missing: []NotCompiled{{[]int{1}, "why"}}}}}
	first.Add(&Coverage{Files: []FileCoverage{{Path: "a.c", Missing: []NotCompiled{{[]int{2}, "#if"}, {[]int{7}, "ARM"}}}}})
	if m := first.Missing(); first.Compiled != 3 || len(m["a.c"]) != 1 || m["a.c"][0] != 7 || len(m["b.c"]) != 1 {
		t.Errorf("%+v", first)
	}
}

// Rust is asked for by what a series touches.
func TestDefaultFragments(t *testing.T) {
	sample := fstest.MapFS{"security/rust_lsm/Kconfig": {Data: []byte("config SECURITY_RUST_LSM\n\tbool\n")}}
	for _, c := range []struct {
		tree    fstest.MapFS
		touched []string
		rust    bool
		lsm     bool
	}{
		{sample, nil, true, true}, {fstest.MapFS{}, nil, false, false},
		{sample, []string{"kernel/panic.c"}, false, false}, {sample, []string{"security/rust_lsm/Makefile"}, true, true},
		{sample, []string{"rust/kernel/lsm.rs"}, true, true}, {fstest.MapFS{}, []string{"drivers/x.rs"}, true, false},
		{fstest.MapFS{}, []string{"scripts/generate_rust_target.rs"}, false, false},
	} {
		f := DefaultFragments(c.tree, c.touched, "")
		if got := wantsRust(f); got != c.rust || strings.Contains(f[0].Text, "SECURITY_RUST_LSM=y") != c.lsm {
			t.Errorf("%v with %v: Rust %v, %s", c.touched, c.tree, got, f[0].Name)
		}
	}
}
