// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// reportsForAll runs premerge on a tree that the carried series does not fit, and returns the folder with a report in each form.
func reportsForAll(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tree := filepath.Join(dir, "linux")
	if err := os.CopyFS(tree, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	defs := filepath.Join(tree, "include/linux/lsm_hook_defs.h")
	text, err := os.ReadFile(defs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(defs, bytes.Replace(text, []byte("\t u64 clone_flags"), []byte("\t unsigned long clone_flags"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"premerge", "--tree", tree}
	for _, name := range []string{"r.sarif", "r.xml", "r.eml", "gcc=r.gcc", "kcidb=r.kcidb", "b4=r.b4"} {
		form, file, ok := strings.Cut(name, "=")
		if !ok {
			file = form
		}
		if name = filepath.Join(dir, file); ok {
			name = form + "=" + name
		}
		args = append(args, "--report", name)
	}
	var out bytes.Buffer
	if code := run(t.Context(), args, nil, &out, &out); code != exitFault {
		t.Fatalf("%d\n%s", code, out.String())
	}
	return dir
}

// TestE2EConsumers gives the reports to the programs that they are for.
func TestE2EConsumers(t *testing.T) {
	dir := reportsForAll(t)
	call := func(t *testing.T, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	t.Run("vim", func(t *testing.T) {
		call(t, "vim", "-es", "-u", "NONE", "-c", "cgetfile r.gcc", "-c", `call writefile([json_encode(map(getqflist(), {_, e -> extend(e, {"name": bufname(e.bufnr)})}))], "qf.json")`, "-c", "qa!")
		var list []struct {
			Valid, Lnum, Col int
			Text, Name       string
		}
		text, err := os.ReadFile(filepath.Join(dir, "qf.json"))
		if err == nil {
			err = json.Unmarshal(text, &list)
		}
		found := 0
		for _, e := range list {
			if e.Valid == 1 && e.Name == "rust/helpers/lsm.c" && e.Lnum == 24 && e.Col == 8 && strings.HasPrefix(e.Text, " error: ") && strings.HasSuffix(e.Text, "[hooks/shim-type] (patch 2)") {
				found++
			}
		}
		if err != nil || found != 1 {
			t.Errorf("%v\n%s", err, text)
		}
	})
	t.Run("sarif-multitool", func(t *testing.T) {
		tool := filepath.Join(e2e.NPM(t, "@microsoft/sarif-multitool-linux@5.7.0"), "Sarif.Multitool")
		if err := os.Chmod(tool, 0o755); err != nil { // npm left that to a script of the package
			t.Fatal(err)
		}
		// GitHub's own rules are among those of the tool.
		out := call(t, tool, "validate", "r.sarif", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--output", "valid.sarif", "--log", "ForceOverwrite")
		var log struct {
			Runs []struct {
				Results []struct {
					RuleID, Level string
					Message       struct{ Arguments []string }
				}
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "valid.sarif"))
		if err == nil {
			err = json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &log)
		}
		if err != nil || len(log.Runs) != 1 {
			t.Fatalf("%v\n%s\n%s", err, out, text)
		}
		for _, r := range log.Runs[0].Results {
			if r.Level == "error" || r.Level == "" {
				t.Errorf("%s: %+v", r.RuleID, r)
			} else {
				t.Logf("%s: %+v", r.RuleID, r)
			}
		}
	})
	t.Run("git send-email", func(t *testing.T) {
		gittest.Git(t, dir, "init", "-q", "repo")
		out := call(t, "git", "-C", "repo", "-c", "user.name=R", "-c", "user.email=r@example.org", "-c", "sendemail.from=R <r@example.org>", "send-email", "--dry-run", "--confirm=never", "--suppress-cc=self", "../r.eml")
		for _, want := range []string{"RCPT TO:<lsmpatch@example.org>", "\nIn-Reply-To: <lsmpatch-rust-lsm-v2-0@example.org>", "\nFrom: R <r@example.org>", "Result: OK"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q:\n%s", want, out)
			}
		}
	})
	t.Run("JUnit viewer", func(t *testing.T) {
		viewer := e2e.NPM(t, "xunit-viewer@10.6.1")
		out := call(t, "node", filepath.Join(viewer, "bin", "xunit-viewer.js"), "-r", "r.xml", "-c", "-n")
		if !strings.Contains(out, "hooks/shim-type") {
			t.Errorf("%s", out)
		}
	})
}
