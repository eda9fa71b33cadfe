// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"encoding/json"
	"flag"
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
	d.locate = func(symbol string) (string, int) { return "at/" + symbol, 1 }
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
