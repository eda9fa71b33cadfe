// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// mission is one built binary at work on one kernel tree, in one work folder: each build after the
// first compiles only what the mails change.
type mission struct {
	bin, tree, toolchain, work string
}

// newMission has a work folder of the test's own, or that of LSMPATCH_WORK, in which bases that were built are found again.
func newMission(t *testing.T) *mission {
	work := os.Getenv("LSMPATCH_WORK")
	if work == "" {
		work = e2e.Scratch(t)
	}
	return &mission{bin: binary(t), tree: e2e.Tree(t, "7.3"), toolchain: e2e.Toolchain(t), work: work}
}

// lsmpatch runs the binary and returns its standard output and exit code.
func (m *mission) lsmpatch(t *testing.T, args ...string) (string, int) {
	t.Helper()
	start := time.Now()
	cmd := exec.Command(m.bin, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	code := cmd.ProcessState.ExitCode()
	t.Logf("lsmpatch %s: exit %d in %.1f s", strings.Join(args, " "), code, time.Since(start).Seconds())
	return string(out), code
}

// premerge runs premerge --build --boot on the mails in dir and returns its report.
func (m *mission) premerge(t *testing.T, dir string, flags ...string) (*report.Report, int) {
	t.Helper()
	args := []string{"premerge", "--tree", m.tree, "--toolchain", m.toolchain, "--out", m.work, "--format", "json"}
	out, code := m.lsmpatch(t, append(append(args, flags...), dir)...)
	r := new(report.Report)
	if err := json.Unmarshal([]byte(out), r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	var text strings.Builder
	if err := report.WriteText(&text, r, nil); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", text.String())
	return r, code
}

// mails writes the carried mails that keep accepts, each changed by edit, into a new folder.
func mails(t *testing.T, keep func(index int) bool, edit func(file, mail string) string) string {
	t.Helper()
	return builtin(t, "rust-lsm", keep, edit)
}

// builtin does so with the mails of any builtin series.
func builtin(t *testing.T, name string, keep func(index int) bool, edit func(file, mail string) string) string {
	t.Helper()
	set, ok := patchset.Builtin(name)
	if !ok {
		t.Fatal("no", name)
	}
	dir := t.TempDir()
	for i, mail := range set.Mails {
		if keep(i) {
			if err := os.WriteFile(filepath.Join(dir, mail.File), []byte(edit(mail.File, string(mail.Raw))), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func all(int) bool               { return true }
func same(_, mail string) string { return mail }

func step(t *testing.T, r *report.Report, name string) report.Step {
	t.Helper()
	i := slices.IndexFunc(r.Steps, func(s report.Step) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("the report has no step %s", name)
	}
	return r.Steps[i]
}

// finds fails the test where the step has no error of that check whose message or detail
// contains each of words.
func finds(t *testing.T, r *report.Report, stepName, check string, words ...string) {
	t.Helper()
	for _, f := range step(t, r, stepName).Findings {
		text := f.File + " " + f.Message + " " + f.Detail + " " + f.Hint
		missing := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		if f.Check == check && f.Severity == report.Error && !missing {
			return
		}
	}
	t.Errorf("step %s has no error %s with %q", stepName, check, words)
}

// TestE2EMission is the whole mission on Linux 7.3: the carried series, of which each patch builds, boots; a wrong
// type ends the build. The base is built once for both.
func TestE2EMission(t *testing.T) {
	m := newMission(t)

	r, exit := m.premerge(t, mails(t, all, same), "--build", "--boot", "--strict", "--test", "lsm")
	if exit != exitClean || r.Verdict() != report.Passed {
		t.Errorf("the carried series: exit %d, verdict %s", exit, r.Verdict())
	}
	for _, name := range []string{"apply", "checkpatch", "hooks", "build", "kernel", "boot"} {
		s := step(t, r, name)
		errors, warnings, _, waived := report.Tally(s.Findings) // a note says that a selftest is not built with the kernel
		if s.Status != report.Passed || errors+warnings+waived > 0 {
			t.Errorf("the carried series: step %s %s with %d errors, %d warnings", name, s.Status, errors, warnings)
		}
	}
	if s := step(t, r, "boot"); !strings.HasPrefix(s.Summary, "capability,rust_lsm_sample;") {
		t.Errorf("boot: %s", s.Summary)
	}
	if s := step(t, r, "kernel"); !strings.HasSuffix(s.Summary, "; LSMs: capability, rust_lsm_sample") {
		t.Errorf("kernel: %s", s.Summary)
	}

	wrongType := mails(t, all, func(file, mail string) string {
		return strings.Replace(mail, "+\t\t\t\t\t\t u64 clone_flags))", "+\t\t\t\t\t\t unsigned int clone_flags))", 1)
	})
	r, exit = m.premerge(t, wrongType, "--build", "--boot", "--each=false", "--test", "lsm")
	if exit != exitFault {
		t.Errorf("wrong type: exit %d", exit)
	}
	finds(t, r, "hooks", "hooks/shim-type", "rust/helpers/lsm.c", "unsigned int")
	finds(t, r, "build", "build/compiler", "rust/helpers/lsm.c", "incompatible")
	if s := step(t, r, "boot"); s.Status != report.Skipped {
		t.Errorf("wrong type: boot %s", s.Status)
	}
}

// TestLongUncounted boots the carried series without its line in lsm_count.h: the kernel drops the LSM, which is said
// before and after.
func TestLongUncounted(t *testing.T) {
	m := newMission(t)
	uncounted := mails(t, all, func(file, mail string) string {
		if !strings.HasPrefix(file, "0004") {
			return mail
		}
		before, rest, found := strings.Cut(mail, "diff --git a/include/linux/lsm_count.h ")
		_, after, more := strings.Cut(rest, "\ndiff --git ")
		if !found || !more {
			t.Fatal("patch 4 does not change lsm_count.h")
		}
		return before + "diff --git " + after
	})
	r, exit := m.premerge(t, uncounted, "--build", "--boot", "--each=false", "--test", "none")
	if exit != exitFault {
		t.Errorf("uncounted: exit %d", exit)
	}
	finds(t, r, "hooks", "hooks/not-counted", "lsm_count.h")
	finds(t, r, "boot", "boot/lsm-inactive", "exceeded maximum LSM count")
}

// TestCarriedLints builds the tree with the carried series once more, by clippy, and asks rustfmt and --compile: too
// long for each run of CI. `make lints` runs it.
func TestCarriedLints(t *testing.T) {
	m := newMission(t)
	dir := filepath.Join(m.work, "linux")
	if out, err := exec.Command("git", "clone", "-q", "--shared", m.tree, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, code := m.lsmpatch(t, "apply", "--tree", dir); code != exitClean {
		t.Fatalf("apply: exit %d\n%s", code, out)
	}
	if err := os.Chmod(m.work, 0o755); err != nil {
		t.Fatal(err)
	}
	obj := filepath.Join(m.work, "obj")
	for _, flags := range [][]string{{"--target", "rustfmtcheck"}, {"--make-var", "CLIPPY=1"}} {
		out, code := m.lsmpatch(t, append([]string{"build", "--tree", dir, "--out", obj, "--toolchain", m.toolchain}, flags...)...)
		if code != exitClean || !strings.Contains(out, "no findings") {
			t.Errorf("%v: exit %d\n%s", flags, code, out)
		}
	}
	out, code := m.lsmpatch(t, "hooks", "check", "--compile", "--tree", m.tree, "--toolchain", m.toolchain, "--out", filepath.Join(m.work, "compile"))
	if code != exitClean || !strings.Contains(out, "no findings") {
		t.Errorf("hooks check --compile: exit %d\n%s", code, out)
	}
}

// On 6.12 the verdict is no, with the reasons.
func TestE2EOldTree(t *testing.T) {
	m := newMission(t)
	m.tree = e2e.Tree(t, "6.12")
	r, code := m.premerge(t, "builtin:rust-lsm")
	if code != exitFault {
		t.Errorf("exit %d", code)
	}
	finds(t, r, "hooks", "hooks/shim-type", "task_alloc", "unsigned long clone_flags", "u64", "include/linux/lsm_hook_defs.h:", "rust/helpers/lsm.c")
	if s := step(t, r, "apply"); s.Status != report.Failed {
		t.Errorf("apply %s: %s", s.Status, s.Summary)
	}
}

// On 7.2 it applies with offsets only.
func TestE2EOffsets(t *testing.T) {
	m := newMission(t)
	out, code := m.lsmpatch(t, "apply", "--check", "--tree", e2e.Tree(t, "7.2"))
	if code != exitClean || !strings.Contains(out, "with an offset") || strings.Contains(out, "fuzz") {
		t.Errorf("exit %d\n%s", code, out)
	}
	out, code = m.lsmpatch(t, "hooks", "check", "--tree", e2e.Tree(t, "7.2"))
	if code != exitClean || !strings.Contains(out, "no findings") {
		t.Errorf("hooks: exit %d\n%s", code, out)
	}
}

// The commits that apply makes of the carried series on 7.3 are those of git am.
func TestE2ECommitsOfGitAm(t *testing.T) {
	m := newMission(t)
	t.Setenv("GIT_COMMITTER_NAME", "C O Mitter")
	t.Setenv("GIT_COMMITTER_EMAIL", "committer@example.org")
	t.Setenv("GIT_COMMITTER_DATE", "2026-11-24T12:00:00Z")
	repos := filepath.Join(e2e.Scratch(t), "repos")
	files, err := filepath.Glob(filepath.Join(mails(t, func(i int) bool { return i > 0 }, same), "*.patch"))
	if err != nil || len(files) != 5 {
		t.Fatalf("%v %v", files, err)
	}
	git := func(dir string, args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	heads := map[string]string{}
	for _, who := range []string{"git", "lsmpatch"} {
		dir := filepath.Join(repos, who)
		git(".", "clone", "-q", "--shared", m.tree, dir)
		if who == "git" {
			git(dir, append([]string{"am", "-q"}, files...)...)
		} else if out, code := m.lsmpatch(t, "apply", "--tree", dir); code != exitClean {
			t.Fatalf("exit %d\n%s", code, out)
		}
		heads[who] = git(dir, "rev-parse", "HEAD")
		if status := git(dir, "status", "--porcelain"); status != "" {
			t.Errorf("%s leaves\n%s", who, status)
		}
	}
	if heads["git"] != heads["lsmpatch"] {
		t.Errorf("git am makes %s, lsmpatch apply %s", heads["git"], heads["lsmpatch"])
	}
	git(filepath.Join(repos, "lsmpatch"), "fsck", "--strict", "--connectivity-only", "--no-dangling")
	t.Logf("HEAD of both: %s", heads["git"])
}
