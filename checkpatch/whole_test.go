// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var scriptFile = flag.String("script", "", "a checkpatch.pl that rewrites the expectations in testdata/whole and testdata/rules")

var ruleLine = regexp.MustCompile(`(?m)^[^\n]*?:(\d+): ((?:ERROR|WARNING|CHECK):[A-Z0-9_]+): `)

// places reads findings in the terse form, as sorted lines "12 WARNING:TYPE", each once.
func places(terse string) []string {
	var list []string
	for _, m := range ruleLine.FindAllStringSubmatch(terse, -1) {
		list = append(list, fmt.Sprintf("%5s %s", m[1], m[2]))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestWholeFiles compares what the native engine finds in files that hold cases for the rules with what
// the script of Linux 7.3 found in them, without a tree.
func TestWholeFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/whole/*[^t]")
	if err != nil || len(names) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for mode, opts := range map[string]*Options{"strict": {Strict: true}, "plain": {}} {
			golden := name + "." + mode + ".want"
			c := NewChecker(opts)
			asFile := !strings.HasSuffix(name, ".patch")
			var r *Result
			if asFile {
				r = c.File(name, data)
			} else {
				r = c.Patch(name, data)
			}
			if *scriptFile != "" {
				writeGolden(t, golden, name, asFile, opts.Strict)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if _, err := Render(&out, []*Result{r}, Style{Terse: true, ShowTypes: true, NoSummary: true}); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(places(out.String()), "\n") + "\n"
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s, %s: -script +ours:\n%s", name, mode, diff)
			}
		}
	}
}

// writeGolden runs the script on one file.
func writeGolden(t *testing.T, golden, name string, asFile, strict bool) {
	args := []string{*scriptFile, "--no-tree", "--terse", "--show-types", "--no-summary"}
	if strict {
		args = append(args, "--strict")
	}
	if asFile {
		args = append(args, "-f")
	}
	cmd := exec.Command("perl", append(args, name)...)
	cmd.Env = append(os.Environ(), "GIT_DIR=/nonexistent")
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, []byte(strings.Join(places(string(out)), "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}
