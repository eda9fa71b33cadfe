// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
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
	for name, text := range map[string]string{
		"a long file":      patchMail("", "Text.", newFile("security/a.c", strings.Repeat("int a_function_of_some_name(struct file *f, int a, int bb);\n", size/61))),
		"many short lines": patchMail("", "Text.", newFile("security/a.c", strings.Repeat("x\n", size/3))),
		"many files":       patchMail("", "Text.", strings.Repeat(someDiff, size/len(someDiff))),
		"a long message":   patchMail("", strings.Repeat("a word of text in this line here\n", size/33), someDiff),
	} {
		file := filepath.Join(dir, "x.mbox")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"series check", "series info", "series diff", "apply --check --tree ../../testdata/minilinux"} {
			cmd := exec.Command(binary, append(strings.Fields(verb), file)...)
			_ = cmd.Run() // a series at fault is as good
			used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			spent, memory := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), used.Maxrss<<10
			t.Logf("%s, %s: %v, %d MB, exit code %d", name, verb, spent.Round(10*time.Millisecond), memory>>20, cmd.ProcessState.ExitCode())
			if spent > budgetTime || memory > budgetMemory || cmd.ProcessState.ExitCode() < 0 {
				t.Errorf("%s, %s: over the budget of %v and %d MB", name, verb, budgetTime, budgetMemory>>20)
			}
		}
	}
}
