// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// amDifferences are the tests of git am that do not pass where lsmpatch stands in for it, by script and title, and why.
// docs/am.md has the same list.
var amDifferences = map[string]string{
	`t4150-am: am newline in subject`:                                                    "it looks for a line of git's progress",
	`t4150-am: a message without a patch will be skipped when "--empty=drop" is given`:   "it looks for a line of git's progress",
	`t4150-am: record as an empty commit when meeting e-mail message that lacks a patch`: "it looks for a line of git's progress",
	`t3901-i18n-patch: am --no-utf8 (U/L)`:                                               "it looks for a warning of git commit-tree; the commits are the same",
}

// TestLongGitAmShim runs git's own tests of git am with a "git" that sends am to us, and holds the verdict on each test
// against the one with git alone. GIT names a source tree of git in place of the one that Debian has.
func TestLongGitAmShim(t *testing.T) {
	source := os.Getenv("GIT")
	if source == "" {
		source = e2e.Source(t, "git")
	}
	bin := buildCommand(t)
	refused := filepath.Join(t.TempDir(), "refused")
	differ, same := map[string]bool{}, 0
	for _, script := range []string{"t4150-am.sh", "t4151-am-abort.sh", "t4254-am-corrupt.sh", "t4258-am-quoted-cr.sh", "t3901-i18n-patch.sh"} {
		git, ours := runSuite(t, source, script), runSuite(t, source, script, "AM_BY="+bin, "REFUSED="+refused)
		for name, ok := range git {
			switch {
			case ok && !ours[name]:
				differ[name] = true
			case ok:
				same++
			}
		}
	}
	for name := range differ {
		if amDifferences[name] == "" {
			t.Errorf("passes with git, and not with us: %s", name)
		}
	}
	for name := range amDifferences {
		if !differ[name] {
			t.Errorf("no difference any more: %s", name)
		}
	}
	if said, err := os.ReadFile(refused); err == nil {
		t.Logf("%s", said)
	}
	t.Logf("%d tests pass with both, %d with git alone", same, len(differ))
	if same < 100 {
		t.Error("too few to tell")
	}
}

// runSuite runs one script of git's, and returns which of its tests pass.
func runSuite(t *testing.T, source, script string, env ...string) map[string]bool {
	t.Helper()
	work, results := t.TempDir(), filepath.Join(t.TempDir(), "results")
	here, err := filepath.Abs(filepath.Join("testdata", "gitsuite"))
	if err != nil {
		t.Fatal(err)
	}
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	copyAll := exec.Command("sh", "-c", `cd "$1/t" && cp -r "$4" $(ls -d t4150* t425* t3901* lib-terminal.sh test-lib-functions.sh lib-*.sh | sort -u) "$2/test-lib.sh" "$3"`,
		"sh", source, here, work, script)
	if out, err := copyAll.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command("sh", filepath.Join(work, script))
	cmd.Dir = work
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "GIT") }),
		"PATH="+here+":"+os.Getenv("PATH"), "REAL_GIT="+real, "RESULTS="+results)
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%.2000s", script, err, out)
	}
	data, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		code, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		passed[name] = code == "0"
	}
	return passed
}
