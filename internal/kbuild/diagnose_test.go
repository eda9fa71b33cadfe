// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// diagnose returns the findings on a captured output of make, whose tree was /src.
func diagnose(output []byte) (*diagnoser, []report.Finding) {
	d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, inTree: func(name string) bool {
		top, _, found := strings.Cut(name, "/")
		return found && strings.Contains(" arch include kernel rust scripts security ", " "+top+" ")
	}}
	d.locate = func(symbol string, _ bool, _ []string) place { return place{"at/" + symbol, 1} }
	d.full = func() bool { return false }
	lines := &lineWriter{line: d.line}
	d.end = lines.end
	lines.Write(output)
	return d, findingsOf(d.finish())
}

// TestDiagnose holds the findings on outputs of real builds of Linux 7.3, each with one part of
// the series sabotaged, against golden files.
func TestDiagnose(t *testing.T) {
	logs, err := filepath.Glob("testdata/make/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatal("no outputs", err)
	}
	for _, name := range logs {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".log"), func(t *testing.T) {
			output, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, findings := diagnose(output)
			data, err := json.MarshalIndent(findings, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".log")+".json", string(data)+"\n")
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// FuzzDiagnose holds that what comes out is bounded, sorted and placed in the tree, whatever a build
// writes.
func FuzzDiagnose(f *testing.F) {
	logs, _ := filepath.Glob("testdata/make/*.log")
	for _, name := range logs {
		output, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(output)
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		_, findings := diagnose(output)
		if len(findings) > maxFindings+1 {
			t.Errorf("%d findings", len(findings))
		}
		for _, finding := range findings {
			if !strings.HasPrefix(finding.Check, "build/") || finding.Message == "" && finding.Detail == "" {
				t.Errorf("finding %+v", finding)
			}
			if strings.HasPrefix(finding.File, "/") || strings.HasPrefix(finding.File, "../") {
				t.Errorf("file %q is not in the tree", finding.File)
			}
			if n := strings.Count(finding.Detail, "\n"); n > 2*maxDetail+maxTail {
				t.Errorf("%d lines of detail", n)
			}
		}
	})
}

// TestProgramsOfAllKinds holds what is a complaint by the forms of programs that are no compilers: make goes on
// after most of these.
func TestProgramsOfAllKinds(t *testing.T) {
	for line, want := range map[string]string{
		"/src/arch/arm64/boot/dts/a/b.dts:12.10-15.5: Warning (unit_address_vs_reg): /soc/x@1: no reg": "arch/arm64/boot/dts/a/b.dts:12 build/compiler warning (unit_address_vs_reg): /soc/x@1: no reg",
		"arch/arm64/boot/dts/a/b.dtsi:12.10-20: ERROR (phandle_references): no such node":              "arch/arm64/boot/dts/a/b.dtsi:12 build/compiler error (phandle_references): no such node",
		"Error: /src/arch/arm64/boot/dts/a/b.dts:12.10-11 syntax error":                                "arch/arm64/boot/dts/a/b.dts:12 build/compiler error syntax error",
		"/src/scripts/dtc/p.y:12.3-5: warning: unused value: $1 [-Wother]":                             "scripts/dtc/p.y:12 build/compiler warning unused value: $1 [-Wother]",
		"/src/scripts/dtc/p.y: warning: 1 shift/reduce conflict [-Wconflicts-sr]":                      "scripts/dtc/p.y:0 build/tool warning 1 shift/reduce conflict [-Wconflicts-sr]",
		"clang-19: warning: argument unused during compilation: '-x' [-Wunused]":                       ":0 build/tool warning argument unused during compilation: '-x' [-Wunused]",
		"Warning: Kernel ABI header at 'tools/a.h' differs from latest version at 'a.h'":               ":0 build/tool warning Kernel ABI header at 'tools/a.h' differs from latest version at 'a.h'",
		"WARN: resolve_btfids: unresolved symbol bpf_nothing":                                          ":0 build/tool warning resolve_btfids: unresolved symbol bpf_nothing",
		`awk: cmd. line:1: warning: escape sequence "\d" treated as plain "d"`:                         `:0 build/tool warning escape sequence "\d" treated as plain "d"`,
		"/src/security/t.py:3: SyntaxWarning: invalid escape sequence":                                 "security/t.py:3 build/script warning SyntaxWarning: invalid escape sequence",
		"SyntaxError: '(' was never closed":                                                            ":0 build/script warning SyntaxError: '(' was never closed",
		"Use of uninitialized value $x in addition (+) at /src/scripts/t.pl line 7, <STDIN> line 1.":   "scripts/t.pl:7 build/script warning Use of uninitialized value $x in addition (+)",
		"/src/scripts/t.sh: 7: nothing: not found":                                                     "scripts/t.sh:7 build/make warning nothing: not found",
		"scripts/t.sh: line 7: syntax error near unexpected token":                                     "scripts/t.sh:7 build/make warning syntax error near unexpected token",
		"/src/security/yama/Makefile:7: this is odd":                                                   "security/yama/Makefile:7 build/make warning this is odd",
		"make[2]: Circular a.o <- b.o dependency dropped.":                                             ":0 build/make warning Circular a.o <- b.o dependency dropped.",
		"make: /src/t.sh: Permission denied":                                                           ":0 build/make warning /src/t.sh: Permission denied",
		"python3: can't open file '/src//src/t.py': [Errno 2] No such file or directory":               ":0 build/make warning python3: can't open file '/src//src/t.py': [Errno 2] No such file or directory",
		"cat: t.txt: No such file or directory":                                                        ":0 build/make warning cat: t.txt: No such file or directory",
		"sed: -e expression #1, char 3: unknown command":                                               ":0 build/make warning sed: -e expression #1, char 3: unknown command",
		"make[1]: Warning: File 'x' has modification time 0.5 s in the future":                         "",
		"make: warning: Clock skew detected. Your build may be incomplete.":                            "",
		"warning: 2 warnings emitted":                                                                  "",
		"  12 | a: warning: b":                                                                         "",
		"  CC      security/warning.o":                                                                 "",
		"#   make[1]: warning":                                                                         "",
	} {
		_, findings := diagnose([]byte(line + "\n"))
		got := ""
		for _, f := range findings {
			got += fmt.Sprintf("%s:%d %s %s %s", f.File, f.Line, f.Check, f.Severity, f.Message)
		}
		if got != want {
			t.Errorf("%s\nis   %q\nwant %q", line, got, want)
		}
	}
}
