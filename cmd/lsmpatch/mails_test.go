// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// TestHostileMails puts spoiled mails, made of the pieces that mails have, through premerge on a tree of one commit. None
// may end in a panic or in an exit code that is none of ours, none may take long.
func TestHostileMails(t *testing.T) { hostileMails(t, runtest.Short(50, 300)) } // TestE2EHostileMails tries 2,000, TestLongHostileMails 10,000

func hostileMails(t *testing.T, count int) {
	t.Helper()
	tree := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(tree, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	plainGit(t, tree, "init", "-q")
	plainGit(t, tree, "add", "-A", "-f")
	plainGit(t, tree, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "base")
	seeds := seedMails(t)
	rng := rand.New(rand.NewPCG(1, 2))
	file := filepath.Join(t.TempDir(), "x.mbox")
	var slowest time.Duration
	var largest [3]struct {
		bytes uint64
		mail  []byte
	}
	var before, after runtime.MemStats
	for i := range count {
		mail := spoil(rng, seeds)
		if err := os.WriteFile(file, mail, 0o644); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		runtime.ReadMemStats(&before)
		start := runtest.CPUTime()
		code := run(t.Context(), []string{"premerge", "--tree", tree, "-q", file}, strings.NewReader(""), &stdout, &stderr)
		took := runtest.CPUTime() - start
		slowest = max(slowest, took)
		runtime.ReadMemStats(&after)
		for j := range largest {
			if n := after.TotalAlloc - before.TotalAlloc; n > largest[j].bytes {
				largest[j].bytes, largest[j].mail = n, mail
				break
			}
		}
		if code < exitClean || code > exitBroken || took > 2*time.Second {
			t.Errorf("mail %d: code %d after %v\n%s\n%.2000q", i, code, took, stderr.String(), mail)
		}
	}
	var most int64
	for _, l := range largest {
		if err := os.WriteFile(file, l.mail, 0o644); err != nil {
			t.Fatal(err)
		}
		most = max(most, peak(t, lsmpatch(t, "premerge", "--tree", tree, "-q", file)))
	}
	if most > 200 {
		t.Errorf("%d MB", most)
	}
	t.Logf("%d mails, the slowest in %v, the largest in %d MB", count, slowest, most)
}

// peak runs cmd and returns how much memory it held at most, in MB. It asks /proc while cmd runs: what
// wait4 tells counts the memory of the process that started it.
func peak(t *testing.T, cmd *exec.Cmd) (most int64) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the verdict is not what is looked at
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return most
		case <-time.After(time.Millisecond):
		}
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		var kb int64
		if _, high, ok := strings.Cut(string(status), "VmHWM:"); ok {
			if _, err := fmt.Sscan(high, &kb); err == nil {
				most = max(most, kb>>10)
			}
		}
	}
}

// seedMails are the carried mails, and those of the kinds that tests know.
func seedMails(t *testing.T) [][]byte {
	t.Helper()
	names, err := filepath.Glob("../../patchset/rustlsm/*.patch")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	var seeds [][]byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, data)
	}
	for _, f := range families() {
		if f.tree == nil {
			seeds = append(seeds, []byte(f.mail(5)))
		}
	}
	return seeds
}

// spoil returns a mail, or several, with pieces taken out, doubled, swapped with those of others, and bytes changed.
func spoil(rng *rand.Rand, seeds [][]byte) []byte {
	pick := func() []byte { return seeds[rng.IntN(len(seeds))] }
	mail := bytes.Clone(pick())
	for range 1 + rng.IntN(8) {
		if len(mail) < 2 {
			break
		}
		lines := bytes.SplitAfter(mail, []byte("\n"))
		at := rng.IntN(len(lines))
		switch other := bytes.SplitAfter(pick(), []byte("\n")); rng.IntN(8) {
		case 0:
			lines[at] = nil
		case 1:
			lines[at] = bytes.Repeat(lines[at], 1+rng.IntN(300))
		case 2:
			lines[at] = other[rng.IntN(len(other))]
		case 3:
			from := rng.IntN(len(other))
			lines[at] = bytes.Join(other[from:from+rng.IntN(len(other)-from)], nil)
		case 4:
			lines = lines[:at]
		case 5:
			mail[rng.IntN(len(mail))] = byte(rng.IntN(256))
			continue
		case 6:
			lines[at] = append(bytes.Repeat([]byte{byte(rng.IntN(256))}, rng.IntN(5000)), lines[at]...)
		case 7:
			lines = append(lines, pick())
		}
		mail = bytes.Join(lines, nil)
	}
	return mail[:min(len(mail), 1<<20)]
}
