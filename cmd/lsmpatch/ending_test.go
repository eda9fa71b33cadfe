// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/rights"
)

// saysWhy reports whether out is one JSON object that says what failed.
func saysWhy(out []byte) bool {
	var failed struct{ Error, Verdict string }
	dec := json.NewDecoder(bytes.NewReader(out))
	return dec.Decode(&failed) == nil && failed.Error != "" && !dec.More()
}

// TestJSONOfEveryFailure: a verb that could not do its work left standard output empty, so that a program which had
// asked for JSON learned nothing.
func TestJSONOfEveryFailure(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	files := hostileFiles(t, hostile[0]) // no name of a toolchain, as another would be
	seen := 0
	for _, name := range slices.Sorted(maps.Keys(verbs)) {
		if name == "help" || strings.HasPrefix(name, "completion") {
			continue
		}
		lines := append([]string{"--no-such-flag"}, verbs[name].hostile...)
		if name == "doctor" {
			lines = lines[:1] // it looks at the whole machine
		}
		for _, line := range lines {
			args := append([]string{"--format", "json"}, commandLine(name, line, files)...) // before any "--"
			var stdout, stderr bytes.Buffer
			if run(t.Context(), args, strings.NewReader(""), &stdout, &stderr) != exitBroken {
				continue
			}
			seen++
			if !saysWhy(stdout.Bytes()) {
				t.Errorf("%q\n%s\n%s", args, stdout.String(), stderr.String())
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d runs failed", seen)
	}
	for _, args := range [][]string{{"nonsense", "--format=json"}, {"--format", "json", "premerge"}, {"--color", "mauve", "--format", "json", "doctor"}} {
		var stdout bytes.Buffer
		if code := run(t.Context(), args, nil, &stdout, new(bytes.Buffer)); code != exitBroken || !saysWhy(stdout.Bytes()) {
			t.Errorf("%q: %d %s", args, code, stdout.String())
		}
	}
}

// endings are ways in which premerge ends without a verdict on the series.
var endings = map[string][]string{
	"no such tree":     {"--tree", "nowhere"},
	"no such revision": {"--tree", "../../testdata/minilinux", "--base", "none"},
	"no such series":   {"--tree", "../../testdata/minilinux", "nothing.mbox"},
	"no such flag":     {"--tree", "../../testdata/minilinux", "--nonsense"},
	"no such form":     {"--tree", "../../testdata/minilinux", "--format", "jsn"},
	"no such colour":   {"--tree", "../../testdata/minilinux", "--color", "mauve"},
	"no tree":          {},
	"two trees":        {"--tree", "../../testdata/minilinux", "--remote", "x"},
}

// TestReportsOfEveryEnd: where the set-up was refused, files of an earlier run stayed and passed for this one's.
func TestReportsOfEveryEnd(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for name, args := range endings {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			args := append(append([]string{"premerge"}, args...), reportArgs(t, dir)...)
			if code := run(t.Context(), args, nil, new(bytes.Buffer), new(bytes.Buffer)); code != exitBroken {
				t.Fatalf("exit %d", code)
			}
			checkFailedReports(t, dir)
		})
	}
}

// reportArgs asks for a report in each form in dir, where old ones stand.
func reportArgs(t *testing.T, dir string) []string {
	t.Helper()
	var args []string
	for _, ext := range []string{"json", "xml", "sarif", "html", "txt"} {
		file := filepath.Join(dir, "r."+ext)
		if err := os.WriteFile(file, []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--report", file)
	}
	return args
}

// checkFailedReports holds the files of [reportArgs] against what a run leaves that failed.
func checkFailedReports(t *testing.T, dir string) {
	t.Helper()
	read := func(ext string) []byte {
		text, err := os.ReadFile(filepath.Join(dir, "r."+ext))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if !saysWhy(read("json")) {
		t.Errorf("%s", read("json"))
	}
	var suites struct {
		Suite []struct {
			Errors int `xml:"errors,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(read("xml"), &suites); err != nil || len(suites.Suite) != 1 || suites.Suite[0].Errors != 1 {
		t.Errorf("%v\n%s", err, read("xml"))
	}
	if !json.Valid(read("sarif")) || !bytes.HasSuffix(read("html"), []byte("</html>\n")) || !bytes.Contains(read("txt"), []byte("\nverdict: error")) {
		t.Errorf("%s\n%s\n%s", read("sarif"), read("html"), read("txt"))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 5 {
		t.Errorf("%v, %v", left, err)
	}
	for _, f := range left {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s has the mode %v: %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestReportsOfASignal ends a run by each signal: one that waits for its series for ever, in the end without a word.
func TestReportsOfASignal(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			args := append([]string{"premerge", "--tree", "../../testdata/minilinux", "--format", "json", fifo}, reportArgs(t, dir)...)
			cmd := lsmpatch(t, args...)
			var stdout bytes.Buffer
			cmd.Stdout = &stdout
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return hasMover(cmd.Process.Pid) })
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if signal == syscall.SIGKILL {
				waitFor(t, func() bool { // for the mover to sweep
					left, _ := os.ReadDir(dir)
					return len(left) == 5
				})
			} else if !saysWhy(stdout.Bytes()) {
				t.Errorf("%s", stdout.String())
			}
			checkFailedReports(t, dir)
		})
	}
}

// hasMover reports whether a process has started its mover, which it does when all files say that the run has not ended.
// What was forked and has not executed the shell yet can end with its parent.
func hasMover(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, thread := range threads {
		children, _ := os.ReadFile(thread)
		for child := range strings.FieldsSeq(string(children)) {
			if line, _ := os.ReadFile("/proc/" + child + "/cmdline"); strings.HasPrefix(string(line), "/bin/sh\x00") {
				return true
			}
		}
	}
	return false
}

// waitFor waits until something is so, a minute at most.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for range 1200 {
		if so() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not come")
}

// TestReportThatCannotBeWritten: the others are written, and the verdict is told.
func TestReportThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.json")
	var stdout, stderr bytes.Buffer
	args := []string{"premerge", "--tree", "../../testdata/minilinux", "--format", "json", "--report", good, "--report", "full.txt"}
	if err := os.Symlink("/dev/full", filepath.Join(dir, "full.txt")); err != nil {
		t.Fatal(err)
	}
	args[len(args)-1] = filepath.Join(dir, "full.txt")
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitBroken || !saysWhy(stdout.Bytes()) || !strings.Contains(stderr.String(), "full.txt") {
		t.Errorf("%d\n%s\n%s", code, stdout.String(), stderr.String())
	}
	if text, err := os.ReadFile(good); err != nil || !bytes.Contains(text, []byte(`"verdict": "passed"`)) {
		t.Errorf("%v %s", err, text)
	}
	for _, bad := range []string{dir + "/", filepath.Join(dir, "none", "r.json"), filepath.Join(dir, "r.doc")} {
		stdout.Reset()
		args[len(args)-1] = bad
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitBroken || !saysWhy(stdout.Bytes()) {
			t.Errorf("%s: %d\n%s", bad, code, stdout.String())
		}
		if text, err := os.ReadFile(good); err != nil || !saysWhy(text) { // it stayed the one of the run before
			t.Errorf("beside %s: %v %s", bad, err, text)
		}
		if err := os.WriteFile(good, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

// TestBrokenVerb: what breaks in this program is told in the forms that programs read before it ends.
func TestBrokenVerb(t *testing.T) {
	dir := t.TempDir()
	var stdout bytes.Buffer
	defer func() {
		if p := recover(); p == nil || !saysWhy(stdout.Bytes()) {
			t.Errorf("%v: %s", p, stdout.String())
		}
		checkFailedReports(t, dir)
	}()
	a := newApp(nil, &stdout, new(bytes.Buffer))
	a.giveUp = func(rights.Needs) error { panic("a mistake of ours") }
	a.run(t.Context(), append([]string{"premerge", "--format", "json", "--tree", "../../testdata/minilinux"}, reportArgs(t, dir)...))
}

// TestAgain: the command that makes a run again took what stands behind "--" for flags, and named the base there.
func TestAgain(t *testing.T) {
	for line, want := range map[string]string{
		"premerge --report a.html --tree t s.mbox --report=b.xml":       "lsmpatch premerge --tree t s.mbox --base 12\n",
		"premerge --base v7.2 --tree it's --base=HEAD":                  `lsmpatch premerge --tree 'it'\''s' --base 12` + "\n",
		"premerge --tree t --report a.html -- --report --base=x s.mbox": "lsmpatch premerge --tree t --base 12 -- --report --base=x s.mbox\n",
	} {
		a := newApp(nil, nil, nil)
		a.args = strings.Fields(line)
		if got := a.again("12"); got != want {
			t.Errorf("%s:\n%s, want\n%s", line, got, want)
		}
	}
	a := newApp(nil, nil, nil)
	a.args = []string{"premerge", "--base", "v7.2"}
	if got := a.again(""); got != "lsmpatch premerge --base v7.2\n" {
		t.Errorf("of a folder: %s", got)
	}
}
