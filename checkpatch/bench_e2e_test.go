// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package checkpatch

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestBenchScript times both engines side by side on one core. It is no test of speed by itself: make bench prints it.
func TestBenchScript(t *testing.T) {
	tree := e2e.Tree(t, "7.3")
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	small, err := os.ReadFile("testdata/printk.mbox")
	if err != nil {
		t.Fatal(err)
	}
	core := "kernel/sched/core.c"
	data, err := os.ReadFile(filepath.Join(tree, core))
	if err != nil {
		t.Fatal(err)
	}
	c := NewChecker(&Options{Root: tree})
	script := func(stdin string, args ...string) time.Duration {
		cmd := exec.Command("perl", append([]string{"scripts/checkpatch.pl", "--terse"}, args...)...)
		cmd.Dir = tree
		cmd.Stdin = strings.NewReader(stdin)
		start := time.Now()
		_, _ = cmd.Output() // exits with 1 where it finds anything
		return time.Since(start)
	}
	best := func(f func()) time.Duration {
		least := time.Hour
		for range 5 {
			start := time.Now()
			f()
			least = min(least, time.Since(start))
		}
		return least
	}
	show := func(what string, theirs, ours time.Duration) {
		t.Logf("%-28s script %8.1f ms   native %8.2f ms   %5.0f times", what, ms(theirs), ms(ours), ms(theirs)/ms(ours))
	}
	show("a small patch", script(string(small), "-"), best(func() { c.Patch("-", small) }))
	show(core+" -f", script("", "-f", core), best(func() { c.File(core, data) }))
	start := time.Now()
	NewChecker(&Options{Root: tree})
	t.Logf("reading the tree's lists: %.1f ms", ms(time.Since(start)))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
