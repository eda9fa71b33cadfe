// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestBenchProcess starts the program as its user does, and tells from start to end what `hooks check` takes: of the carried
// series, and of one that touches all of security/. Beside them is the program that does nothing.
func TestBenchProcess(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "lsmpatch")
	build := exec.Command("go", "build", "-o", bin, "../../cmd/lsmpatch")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tree := e2e.Tree(t, "7.3")
	all := filepath.Join(dir, "all.mbox")
	text, files := touchingSecurity(t, os.DirFS(tree))
	if err := os.WriteFile(all, text, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		what string
		args []string
		aim  string
	}{
		{"the program alone", []string{"--version"}, "none"},
		{"the carried series", []string{"hooks", "check", "--tree", tree}, "15 ms"},
		{fmt.Sprintf("all %d files of security/", files), []string{"hooks", "check", "--tree", tree, all}, "200 ms, 60 MB"},
	} {
		wall, cpu, peak := measured(t, bin, run.args)
		t.Logf("%s: %d ms, %d ms of CPU, %d MB (the median of 10; aim: %s)", run.what, wall.Milliseconds(), cpu.Milliseconds(), peak/1024, run.aim)
		if peak > 200*1024 {
			t.Errorf("%s: %d MB, more than 200", run.what, peak/1024)
		}
	}
}

// measured runs a command ten times, and returns the medians of its time and its CPU, and its peak memory in KiB.
func measured(t *testing.T, bin string, args []string) (wall, cpu time.Duration, peak int64) {
	t.Helper()
	const runs = 10
	var walls, cpus []time.Duration
	for range runs {
		cmd := exec.Command(bin, args...)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		start := time.Now()
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out.Bytes())
		}
		walls = append(walls, time.Since(start))
		cpus = append(cpus, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, usage.Maxrss)
		}
	}
	slices.Sort(walls)
	slices.Sort(cpus)
	return walls[runs/2], cpus[runs/2], peak
}

// touchingSecurity returns a mail that puts a comment into the second line of each file of C below security/, and how many
// these are.
func touchingSecurity(t *testing.T, tree fs.FS) (mail []byte, files int) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("From: A B <a@example.org>\nDate: Mon, 1 Jan 2026 10:00:00 +0000\nSubject: [PATCH] security: touch all\nMessage-ID: <all@example.org>\n\nTouch all.\n\nSigned-off-by: A B <a@example.org>\n---\n")
	err := fs.WalkDir(tree, "security", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path.Ext(name) != ".c" && path.Ext(name) != ".h" {
			return err
		}
		data, err := fs.ReadFile(tree, name)
		lines := bytes.SplitN(data, []byte("\n"), 4)
		if err != nil || len(lines) < 4 {
			return err
		}
		fmt.Fprintf(&b, "diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -1,3 +1,4 @@\n %[2]s\n+/* touched */\n %[3]s\n %[4]s\n", name, lines[0], lines[1], lines[2])
		files++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("-- \nlsmpatch\n")
	return b.Bytes(), files
}
