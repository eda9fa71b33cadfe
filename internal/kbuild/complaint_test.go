// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func warning(file string, line int, function, message string) Complaint {
	return Complaint{Function: function, Finding: report.Finding{Check: "build/compiler", Severity: report.Warning,
		File: file, Line: line, Message: message}}
}

// node returns what dtc says of a node.
func node(message string) Complaint {
	return Complaint{Finding: report.Finding{Check: "build/dtc", Severity: report.Warning, File: "a.dts", Message: message}}
}

func TestCompare(t *testing.T) {
	old := warning("a.c", 10, "f", "unused variable 'x'")
	for name, c := range map[string]struct {
		before, after    []Complaint
		new, moved, gone int
	}{
		"the same":                 {[]Complaint{old}, []Complaint{old}, 0, 0, 0},
		"another line":             {[]Complaint{old}, []Complaint{warning("a.c", 99, "f", "unused variable 'x'")}, 0, 0, 0},
		"more often":               {[]Complaint{old}, []Complaint{old, old}, 0, 0, 0},
		"other numbers":            {[]Complaint{warning("a.c", 1, "f", "frame of 2048 bytes, a.h:3:4")}, []Complaint{warning("a.c", 1, "f", "frame of 2064 bytes, a.h:5:4")}, 0, 0, 0},
		"swapped for one like":     {[]Complaint{old}, []Complaint{warning("a.c", 10, "f", "unused variable 'y'")}, 1, 0, 1},
		"in another function":      {[]Complaint{old}, []Complaint{old, warning("a.c", 20, "g", "unused variable 'x'")}, 1, 0, 0},
		"another tool":             {[]Complaint{old}, []Complaint{{Finding: report.Finding{Check: "build/sparse", File: "a.c", Message: old.Message}, Function: "f"}}, 1, 0, 1},
		"moved to another file":    {[]Complaint{old}, []Complaint{warning("b.c", 1, "f", "unused variable 'x'")}, 0, 1, 0},
		"a file in another folder": {[]Complaint{warning("a/x.c", 1, "", "unused variable 'x'")}, []Complaint{warning("b/x.c", 1, "", "unused variable 'x'")}, 0, 1, 0},
		"in no function":           {[]Complaint{warning("a/x.c", 1, "", "unused variable 'x'")}, []Complaint{warning("b/y.c", 1, "", "unused variable 'x'")}, 1, 0, 1},
		"another node":             {[]Complaint{node("/soc/x@1: no reg, see a.dts:7.3-5")}, []Complaint{node("/soc/x@1: no reg, see a.dts:9.3-5"), node("/soc/x@2: no reg, see a.dts:7.3-5")}, 1, 0, 0},
		"copied":                   {[]Complaint{old}, []Complaint{old, warning("b.c", 1, "f", "unused variable 'x'")}, 1, 0, 0},
		"gone":                     {[]Complaint{old}, nil, 0, 0, 1},
		"twice new":                {nil, []Complaint{old, old}, 1, 0, 0},
	} {
		got := Compare(c.before, c.after)
		if len(got.New) != c.new || len(got.Moved) != c.moved || len(got.Gone) != c.gone {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestFunctionAt(t *testing.T) {
	const c = `#define X(a) \
	a
static int first(int a)
{
	return a;
}

int outside;
SYSCALL_DEFINE2(second, int, fd)
{
	if (fd)
label:
		return 1;
}
`
	for line, want := range map[int]string{3: "first", 5: "first", 8: "", 12: "SYSCALL_DEFINE2(second", 13: "SYSCALL_DEFINE2(second", 99: ""} {
		if got := functionAt("a.c", c, line); got != want {
			t.Errorf("line %d: %q, want %q", line, got, want)
		}
	}
	const rust = "impl X {\n    /// fn not_this\n    pub fn name(&self) {\n        let x = 1;\n    }\n}\n"
	if got := functionAt("a.rs", rust, 4); got != "name" {
		t.Errorf("%q", got)
	}
}

// A compiler's quotation of a source is no word about this machine: a pr_err with "out of memory" in
// it made a broken series an exhausted machine.
func TestWhoseFault(t *testing.T) {
	for _, c := range []struct {
		output, ours, limit string
	}{
		{"  CC      a.o\n/src/security/a.c:7:38: error: use of undeclared identifier 'x'\n    7 |         pr_err(\"%d: out of memory\\n\", x);\n      |                                          ^\n1 error generated.\n", "", ""},
		{"  CC      a.o\n/src/security/a.c:7:1: error: \"No space left on device\"\n", "", ""},
		{"error: No space left on device in a macro\n --> /src/rust/a.rs:1:2\n  |\n1 | sh: 1: x: not found\n", "", ""},
		{"/src/security/a.c:1:10: fatal error: 'elf.h' file not found\n", "", ""},
		{"/src/security/a.c:7:9: error: use of undeclared identifier 'x'\n    7 |         pr_err(\"lld terminated with signal 9\", x);\n", "", ""},
		{"/src/security/a.c:7:2: warning: \"clang: unable to execute command: Killed\" [-W#warnings]\n    7 | #warning \"clang: unable to execute command: Killed\"\n", "", ""},
		{"error: it stops here\n --> /src/rust/a.rs:1:2\n  |\n1 | compile_error!(\"process didn't exit (signal: 9, SIGKILL: kill)\");\n", "", ""},
		{"/src/security/Makefile:3: *** rustc: signal: 9, SIGKILL.  Stop.\n", "", ""},
		{"/src/security/Makefile:3: *** LLVM ERROR: out of memory.  Stop.\n", "", ""},
		{"/src/tools/objtool/elf.c:1:10: fatal error: gelf.h: No such file or directory\n", "install libelf-dev", ""},
		{"make[2]: *** [Makefile:9: a.o] Killed\n", "ran out of memory", ""},
		{"clang-19: error: unable to execute command: Killed\n", "ran out of memory", ""},
		{"sh: 1: flex: not found\n", "mmdebstrap", ""},
		{"sh: 1: /src/security/x.sh: not found\n", "", ""},
		{"LLVM ERROR: out of memory\n", "", "memory"},
		{"make[2]: vfork: Resource temporarily unavailable\n", "", "processes"},
		{"File size limit exceeded (core dumped)\n", "", "file size"},
		{"cp: error writing '/tmp/x': No space left on device\n", "", "temporary files"},
	} {
		d, _ := diagnose([]byte(c.output))
		var ours, limit string
		if d.mine != nil {
			ours = d.mine.hint
		}
		if d.met != nil {
			limit = d.met.Limit
		}
		if !strings.Contains(ours, c.ours) || (ours != "") != (c.ours != "") || limit != c.limit {
			t.Errorf("%q: ours %q, limit %q; want %q and %q", c.output, ours, limit, c.ours, c.limit)
		}
	}
}

// Where a target is made again, what it said before is forgotten; what make has no reason to make again is
// kept, as long as it is there.
func TestMemory(t *testing.T) {
	out := t.TempDir()
	for _, name := range []string{"a.o", "b.o"} {
		write(t, out+"/"+name, "")
	}
	dir, err := Folder{Dir: out}.open(-1)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.close()
	about := func(target string) Complaint {
		return Complaint{Target: target, Finding: report.Finding{Severity: report.Warning, Message: target}}
	}
	m := memory{}
	m.learn(map[string]bool{"a.o": true, "b.o": true, "c.o": true}, []Complaint{about("a.o"), about("b.o"), about("c.o")})
	m.learn(map[string]bool{"b.o": true}, nil)
	if got := m.rest(dir, dir); len(got) != 1 || got[0].Message != "a.o" {
		t.Errorf("%+v", got)
	}
}
