// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What an input of 25 MB may cost a verb that builds nothing (docs/limits.md).
const (
	budgetTime   = 10 * time.Second
	budgetMemory = 300 << 20
)

// TestLongBudgets runs verbs as processes over inputs of 24 MB, and holds each to the budget.
func TestLongBudgets(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "lsmpatch")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const size = 24 << 20
	for name, text := range map[string]func(size int) string{
		"a long file": func(size int) string {
			return patchMail("", "Text.", newFile("security/a.c", strings.Repeat("int a_function_of_some_name(struct file *f, int a, int bb);\n", size/61)))
		},
		"many short lines": func(size int) string {
			return patchMail("", "Text.", newFile("security/a.c", strings.Repeat("x\n", size/3)))
		},
		"many files": func(size int) string { return patchMail("", "Text.", strings.Repeat(someDiff, size/len(someDiff))) },
		"a long message": func(size int) string {
			return patchMail("", strings.Repeat("a word of text in this line here\n", size/33), someDiff)
		},
	} {
		// Two versions are one input.
		file, v1, v2 := filepath.Join(dir, "x.mbox"), filepath.Join(dir, "v1.mbox"), filepath.Join(dir, "v2.mbox")
		for name, text := range map[string]string{file: text(size), v1: text(size / 16 * 7), v2: text(size / 2)} {
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, verb := range []string{"series check", "series info", "series diff", "apply --check --tree ../../testdata/minilinux", "premerge --tree ../../testdata/minilinux"} {
			args := append(strings.Fields(verb), file)
			if verb == "series diff" { // with one version there is nothing to compare, and it once ended there
				args = append(strings.Fields(verb), v1, v2)
			}
			cmd := exec.Command(binary, args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			_ = cmd.Run() // a series at fault is as good
			used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			spent, memory := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), used.Maxrss<<10
			t.Logf("%s, %s: %v, %d MB, exit code %d %s", name, verb, spent.Round(10*time.Millisecond), memory>>20, cmd.ProcessState.ExitCode(), bytes.TrimSpace(stderr.Bytes()))
			if spent > budgetTime || memory > budgetMemory || cmd.ProcessState.ExitCode() < 0 {
				t.Errorf("%s, %s: over the budget of %v and %d MB", name, verb, budgetTime, budgetMemory>>20)
			}
		}
	}
}
