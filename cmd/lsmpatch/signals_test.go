// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// lsmpatch returns the command line of this very command; see TestMain.
func lsmpatch(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "lsmpatch", args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	return cmd
}

// TestSignalsEndEveryVerb: a verb that waited for a FIFO, or for standard input, heard of no signal, and of the
// end of its terminal it did not hear anyway. Later it heard, and left its folder for what is temporary.
func TestSignalsEndEveryVerb(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o666); err != nil {
		t.Fatal(err)
	}
	files := map[string][]string{"FIFO": {fifo}, "TREE": {"../../testdata/minilinux"}, "DIR": {t.TempDir()}}
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	lines := [][]string{{"series", "check", "-"}, {"checkpatch", "--tree", "../../testdata/minilinux", "-"}, {"--config", fifo, "series", "check"}}
	for _, name := range slices.Sorted(maps.Keys(verbs)) {
		if v := verbs[name]; v.waits != "" {
			lines = append(lines, commandLine(name, v.waits, files))
		}
	}
	for i, args := range lines {
		t.Run(args[0], func(t *testing.T) { endsBy(t, signals[i%len(signals)], args) })
	}
}

// endsBy starts a command that has to wait, and ends it. On a busy machine it takes a while until it hears of signals.
func endsBy(t *testing.T, signal syscall.Signal, args []string) {
	t.Parallel()
	for wait := time.Second; ; wait *= 3 {
		status := endedBy(t, signal, args, wait)
		if status.Signaled() && wait < 20*time.Second {
			continue
		}
		if status.ExitStatus() != exitBroken {
			t.Errorf("%q: %v", args, status)
		}
		return
	}
}

// endedBy sends the signal after a time, and returns how the command ended.
func endedBy(t *testing.T, signal syscall.Signal, args []string, wait time.Duration) syscall.WaitStatus {
	t.Helper()
	cmd, temp := lsmpatch(t, args...), t.TempDir()
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	start := time.Now()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Errorf("%q did not wait: %v", args, err)
	}
	err = cmd.Wait()
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("%q: %v after %v", args, err, took)
	}
	stdin.Close()
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%q leaves %v, %v", args, left, err)
	}
	return cmd.ProcessState.Sys().(syscall.WaitStatus)
}
